import type { Db } from '../../db/connect.ts';
import { unconnectedProblems } from '../../telemetry/channels.ts';

/** What is recorded about a person, in figures. */
export interface RecordedCounts {
  created_at: number;
  entries: number;
  /** Local dates; null without entries. */
  first_date: string | null;
  last_date: string | null;
  comments: number;
  notices: number;
  /** Records of the audit log that they made or that are about them. */
  audit: number;
  deleted: number;
  waiting: number;
  /** Requests in the ledger that had something about them and may have left. */
  left: number;
  /** Requests that reached nobody: no connection to their destination came about. */
  tried: number;
  /** Only the newest were counted: there are more. */
  is_more: boolean;
}

export async function findRecordedCounts(db: Db, user_id: number): Promise<RecordedCounts> {
  const { created_at } = await db
    .selectFrom('users')
    .select('created_at')
    .where('id', '=', user_id)
    .executeTakeFirstOrThrow();
  const entries = await db
    .selectFrom('entries')
    .select(({ fn }) => [
      fn.countAll<number>().as('count'),
      fn.min('local_date').as('first_date'),
      fn.max('local_date').as('last_date'),
    ])
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow();
  return {
    created_at,
    entries: Number(entries.count),
    first_date: entries.first_date,
    last_date: entries.last_date,
    comments: await countOf(db, 'task_comments', user_id),
    notices: await countOf(db, 'notices', user_id),
    audit: await countAudit(db, user_id),
    deleted: await countOf(db, 'deleted_items', user_id),
    waiting: await countOf(db, 'outbox', user_id),
    ...(await countRequestsAbout(db, user_id)),
  };
}

const countedRequests = 1_000;

/** Of the newest only: everybody may ask this, of a ledger of any length. */
async function countRequestsAbout(
  db: Db,
  user_id: number,
): Promise<Pick<RecordedCounts, 'left' | 'tried' | 'is_more'>> {
  const found = await db
    .selectFrom('ledger_people')
    .select('ledger_id')
    .where('user_id', '=', user_id)
    .orderBy('ledger_id', 'desc')
    .limit(countedRequests + 1)
    .execute();
  const ids = found.slice(0, countedRequests).map(({ ledger_id }) => ledger_id);
  const tried = ids.length === 0 ? 0 : await countUnconnected(db, ids);
  return { left: ids.length - tried, tried, is_more: found.length > countedRequests };
}

async function countUnconnected(db: Db, request_ids: readonly number[]): Promise<number> {
  const row = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('request_id', 'in', request_ids)
    .where('problem', 'in', unconnectedProblems)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

async function countOf(
  db: Db,
  table: 'task_comments' | 'notices' | 'deleted_items' | 'outbox',
  user_id: number,
): Promise<number> {
  const row = await db
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

async function countAudit(db: Db, user_id: number): Promise<number> {
  const row = await db
    .selectFrom('audit')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where((where) => where.or([where('actor_id', '=', user_id), where('user_id', '=', user_id)]))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** How many people each of the records is about, by id. */
export async function countPeopleOf(db: Db, ledger_ids: readonly number[]): Promise<Map<number, number>> {
  if (ledger_ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('ledger_people')
    .select(({ fn }) => ['ledger_id', fn.countAll<number>().as('count')])
    .where('ledger_id', 'in', ledger_ids)
    .groupBy('ledger_id')
    .execute();
  return new Map(rows.map(({ ledger_id, count }) => [ledger_id, Number(count)]));
}
