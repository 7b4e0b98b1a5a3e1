import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { TaskStatus } from '../../db/schema.ts';

/** Between the places of two neighbours to begin with: room for ten halvings, then the column is spread again. */
const gap = 1024;

interface PlacedTask {
  id: number;
  board_place: number;
}

/** The place above everything in a column. */
export async function findTopPlace(db: Db, status: TaskStatus): Promise<number> {
  const first = await db
    .selectFrom('tasks')
    .select('board_place')
    .where('status', '=', status)
    .orderBy('board_place')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return (first?.board_place ?? gap) - gap;
}

/** The task of a column that another one is to be put beside. */
export async function findPlaced(
  db: Db,
  { id, status }: { id: number; status: TaskStatus },
): Promise<PlacedTask | undefined> {
  return db
    .selectFrom('tasks')
    .select(['id', 'board_place'])
    .where('id', '=', id)
    .where('status', '=', status)
    .executeTakeFirst();
}

/** What stands right before or after a task in its column, whoever sees it; `without` the task that is moved. */
async function findBeside(
  db: Db,
  { id, board_place }: PlacedTask,
  { status, side, without }: { status: TaskStatus; side: 'before' | 'after'; without: number },
): Promise<PlacedTask | undefined> {
  const [compare, order] = side === 'before' ? (['<', 'desc'] as const) : (['>', 'asc'] as const);
  return db
    .selectFrom('tasks')
    .select(['id', 'board_place'])
    .where('status', '=', status)
    .where('id', '<>', without)
    .where((where) =>
      where.or([
        where('board_place', compare, board_place),
        where.and([where('board_place', '=', board_place), where('id', compare, id)]),
      ]),
    )
    .orderBy('board_place', order)
    .orderBy('id', order)
    .limit(1)
    .executeTakeFirst();
}

/**
 * A place in a column right before or after one of its tasks. Where no number is left between the two, everything from
 * there on moves down.
 */
export async function makePlace(
  db: Db,
  beside: PlacedTask,
  at: { status: TaskStatus; side: 'before' | 'after'; without: number },
): Promise<number> {
  const other = await findBeside(db, beside, at);
  const [above, below] = at.side === 'before' ? [other, beside] : [beside, other];
  if (!below) return (above?.board_place ?? 0) + gap;
  if (!above) return below.board_place - gap;
  const between = Math.floor((above.board_place + below.board_place) / 2);
  if (between > above.board_place && between < below.board_place) return between;
  await spread(db, below, at.status);
  return below.board_place + gap;
}

async function spread(db: Db, from: PlacedTask, status: TaskStatus): Promise<void> {
  await db
    .updateTable('tasks')
    .set({ board_place: sql<number>`board_place + ${2 * gap}` })
    .where('status', '=', status)
    .where((where) =>
      where.or([
        where('board_place', '>', from.board_place),
        where.and([where('board_place', '=', from.board_place), where('id', '>=', from.id)]),
      ]),
    )
    .execute();
}
