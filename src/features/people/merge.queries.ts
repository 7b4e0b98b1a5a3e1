import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';

/** What a merge moves, counted. */
export interface MergeCounts {
  entries: number;
  seconds: number;
  memberships: number;
  comments: number;
  tasks: number;
}

/** What there is of a person, in one statement. */
export async function countOfPerson(db: Db, id: number): Promise<MergeCounts> {
  const count = (table: string, column: string) =>
    sql<number>`(select count(*) from ${sql.table(table)} where ${sql.ref(column)} = ${id})`;
  return db
    .selectFrom('users')
    .select([
      count('entries', 'user_id').as('entries'),
      sql<number>`(select coalesce(sum((ended_at - started_at) / 1000), 0) from entries where user_id = ${id})`.as(
        'seconds',
      ),
      count('project_members', 'user_id').as('memberships'),
      count('task_comments', 'user_id').as('comments'),
      count('tasks', 'assignee_id').as('tasks'),
    ])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** Gives everything of one person to another. What both have (a membership, a favourite, a rate) the other keeps. */
export async function updateOwner(db: Db, from_id: number, to_id: number): Promise<void> {
  for (const table of ['entries', 'task_comments', 'deleted_items'] as const)
    await db.updateTable(table).set({ user_id: to_id }).where('user_id', '=', from_id).execute();
  for (const column of ['created_by', 'updated_by'] as const)
    await db
      .updateTable('entries')
      .set({ [column]: to_id })
      .where(column, '=', from_id)
      .execute();
  await db.updateTable('clients').set({ created_by: to_id }).where('created_by', '=', from_id).execute();
  await db.updateTable('tasks').set({ updated_by: to_id }).where('updated_by', '=', from_id).execute();
  await db.updateTable('tasks').set({ assignee_id: to_id }).where('assignee_id', '=', from_id).execute();
  await updateShared(db, from_id, to_id);
  await updateRates(db, from_id, to_id);
}

async function updateShared(db: Db, from_id: number, to_id: number): Promise<void> {
  // Who managed a project in either shape still does.
  await sql`update project_members set is_manager = 1 where user_id = ${to_id} and project_id in (select project_id from project_members where user_id = ${from_id} and is_manager = 1)`.execute(
    db,
  );
  for (const table of ['project_members', 'favourites'] as const) {
    const name = sql.table(table);
    await sql`delete from ${name} where user_id = ${from_id} and project_id in (select project_id from ${name} where user_id = ${to_id})`.execute(
      db,
    );
    await db.updateTable(table).set({ user_id: to_id }).where('user_id', '=', from_id).execute();
  }
}

interface MovedRate {
  id: number;
  /** As it is to be called. */
  scope: string;
  /** The other has one there, which stays. */
  is_taken: boolean;
}

/** Rates name people in their scope: 'person:7' and 'member:3:7'. */
async function listMovedRates(db: Db, from_id: number, to_id: number): Promise<MovedRate[]> {
  const rows = await db
    .selectFrom('rates')
    .select(['id', 'kind', 'scope'])
    .where((where) =>
      where.or([where('scope', '=', `person:${from_id}`), where('scope', 'like', `member:%:${from_id}`)]),
    )
    .execute();
  if (rows.length === 0) return [];
  const moved = rows.map((row) => ({ ...row, scope: row.scope.replace(/\d+$/, String(to_id)) }));
  const taken = await db
    .selectFrom('rates')
    .select(['kind', 'scope'])
    .where(
      'scope',
      'in',
      moved.map(({ scope }) => scope),
    )
    .execute();
  return moved.map(({ id, kind, scope }) => ({
    ...{ id, scope },
    is_taken: taken.some((row) => row.kind === kind && row.scope === scope),
  }));
}

/** Rates of a person that go, because the other has one there. */
export const countLostRates = async (db: Db, from_id: number, to_id: number): Promise<number> =>
  (await listMovedRates(db, from_id, to_id)).filter(({ is_taken }) => is_taken).length;

/** Entries keep the rate that was fixed. */
async function updateRates(db: Db, from_id: number, to_id: number): Promise<void> {
  for (const { id, scope, is_taken } of await listMovedRates(db, from_id, to_id))
    if (is_taken) await db.deleteFrom('rates').where('id', '=', id).execute();
    else await db.updateTable('rates').set({ scope }).where('id', '=', id).execute();
}
