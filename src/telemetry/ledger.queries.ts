import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../db/connect.ts';
import type { Channel, Database, LedgerTable } from '../db/schema.ts';

/** A record as the database gives it. */
export type LedgerRow = { [Column in keyof Omit<LedgerTable, 'id'>]: LedgerTable[Column] } & { id: number };

/** Place and hash of a record: what the next one stands on. */
export interface Link {
  ledger_id: number;
  hash: string;
}

/** What stands before the first record of all. */
export const beginning: Link = { ledger_id: 0, hash: '0'.repeat(64) };

/** What became of a request: `unanswered` is on its way, or its server was killed meanwhile. */
export const ledgerOutcomes = ['delivered', 'failed', 'unanswered'] as const;
export type LedgerOutcome = (typeof ledgerOutcomes)[number];

/** Undefined fields do not filter. */
export interface LedgerFilter {
  channel?: Channel | undefined;
  host?: string | undefined;
  /** Epoch milliseconds, from the first one to before the second one. */
  from?: number | undefined;
  to?: number | undefined;
  outcome?: LedgerOutcome | undefined;
  /** Only what is about this person. */
  user_id?: number | undefined;
}

type Handle = Db | Transaction<Database>;

/**
 * Takes the end of the chain for this transaction: whoever appends meanwhile, in any process, waits for its commit. One
 * statement that also makes the row, so that two first appends wait for each other too.
 */
export async function lockLastLink(trx: Transaction<Database>): Promise<Link> {
  return trx
    .insertInto('ledger_ends')
    .values({ name: 'last', ...beginning })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ name: 'last' }))
    .returning(['ledger_ends.ledger_id', 'ledger_ends.hash'])
    .executeTakeFirstOrThrow();
}

export async function insertRecord(
  trx: Transaction<Database>,
  row: LedgerRow,
  people: readonly number[],
): Promise<void> {
  await trx.insertInto('ledger').values(row).execute();
  await trx
    .updateTable('ledger_ends')
    .set({ ledger_id: row.id, hash: row.hash })
    .where('name', '=', 'last')
    .execute();
  if (people.length === 0) return;
  await trx
    .insertInto('ledger_people')
    .values(people.map((user_id) => ({ ledger_id: row.id, user_id })))
    .execute();
}

export async function findRecord(db: Handle, id: number): Promise<LedgerRow | undefined> {
  return db.selectFrom('ledger').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Both ends of the chain as they are at one moment. */
export async function findEnds(db: Handle): Promise<{ first: Link; last: Link }> {
  const rows = await db.selectFrom('ledger_ends').selectAll().execute();
  const end = (name: 'first' | 'last'): Link => rows.find((row) => row.name === name) ?? beginning;
  return { first: end('first'), last: end('last') };
}

export async function findSmallestId(db: Handle): Promise<number | null> {
  const row = await db
    .selectFrom('ledger')
    .select((eb) => eb.fn.min('id').as('id'))
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Records in the order of the chain, after the given one. */
export async function listChain(db: Handle, after_id: number, limit: number): Promise<LedgerRow[]> {
  return db.selectFrom('ledger').selectAll().where('id', '>', after_id).orderBy('id').limit(limit).execute();
}

/** Whom the records are about, by record, in the order of their ids. */
export async function listPeopleOf(
  db: Handle,
  ledger_ids: readonly number[],
): Promise<Map<number, number[]>> {
  if (ledger_ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('ledger_people')
    .selectAll()
    .where('ledger_id', 'in', ledger_ids)
    .orderBy('user_id')
    .execute();
  const found = new Map<number, number[]>();
  for (const { ledger_id, user_id } of rows) found.set(ledger_id, [...(found.get(ledger_id) ?? []), user_id]);
  return found;
}

/** The newest of the oldest records: everything up to it is older than the moment, at most `limit` of them. */
export async function findLastOlder(
  db: Handle,
  { before, now }: { before: number; now: number },
  limit: number,
): Promise<LedgerRow | undefined> {
  const older = await db
    .selectFrom('ledger')
    .select(['id', 'at'])
    // A removal goes together with what stands behind it: else each would be replaced by another one for ever.
    .where('kind', '!=', 'removal')
    .orderBy('id')
    .limit(limit)
    .execute();
  // A clock may have jumped: only what stands before every younger record goes. One of the future tells no age, and goes
  // with what stands behind it.
  const firstYounger = older.findIndex(({ at }) => at >= before && at <= now);
  const passed = firstYounger < 0 ? older : older.slice(0, firstYounger);
  const last = passed.findLast(({ at }) => at < before);
  const isAllFuture = last === undefined && firstYounger < 0 && older.length === limit;
  if (isAllFuture) return findLastOlder(db, { before, now }, 10 * limit);
  return last && findRecord(db, last.id);
}

/** Removes everything up to the record, which the rest of the chain then begins behind. Gives their number. */
export async function deleteUpTo(trx: Transaction<Database>, { id, hash }: LedgerRow): Promise<number> {
  await trx.deleteFrom('ledger_people').where('ledger_id', '<=', id).execute();
  const { numDeletedRows } = await trx.deleteFrom('ledger').where('id', '<=', id).executeTakeFirst();
  const end = { name: 'first' as const, ledger_id: id, hash };
  await trx
    .insertInto('ledger_ends')
    .values(end)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(end))
    .execute();
  return Number(numDeletedRows);
}

/** Requests, called `q`, that the filter lets through. */
function requestsOf(db: Handle, filter: LedgerFilter) {
  const { channel, host, from, to, outcome, user_id } = filter;
  let narrowed = db.selectFrom('ledger as q').where('q.kind', '=', 'request');
  if (channel !== undefined) narrowed = narrowed.where('q.channel', '=', channel);
  if (host !== undefined) narrowed = narrowed.where('q.host', '=', host);
  if (from !== undefined) narrowed = narrowed.where('q.at', '>=', from);
  if (to !== undefined) narrowed = narrowed.where('q.at', '<', to);
  if (user_id !== undefined)
    // From the person to their records, not the other way: everybody may ask this, of a ledger of any length.
    narrowed = narrowed.where('q.id', 'in', (eb) =>
      eb.selectFrom('ledger_people').select('ledger_id').where('user_id', '=', user_id),
    );
  return outcome === undefined ? narrowed : narrowed.where(outcomeIs(outcome));
}

function outcomeIs(outcome: LedgerOutcome) {
  const answered = sql`select 1 from ledger as a where a.request_id = q.id`;
  const delivered = sql`${answered} and a.status between 200 and 299`;
  switch (outcome) {
    case 'delivered':
      return sql<boolean>`exists (${delivered})`;
    case 'failed':
      return sql<boolean>`exists (${answered}) and not exists (${delivered})`;
    case 'unanswered':
      return sql<boolean>`not exists (${answered})`;
  }
}

/** Requests, newest first. */
export async function listRequests(
  db: Handle,
  filter: LedgerFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<LedgerRow[]> {
  return requestsOf(db, filter).selectAll('q').orderBy('q.id', 'desc').limit(limit).offset(offset).execute();
}

export async function countRequests(db: Handle, filter: LedgerFilter): Promise<number> {
  const row = await requestsOf(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function listAnswers(db: Handle, request_ids: readonly number[]): Promise<LedgerRow[]> {
  if (request_ids.length === 0) return [];
  return db.selectFrom('ledger').selectAll().where('request_id', 'in', request_ids).orderBy('id').execute();
}

/** Requests of the filter and their answers, in the order of the chain, after the given record. */
export async function listFiltered(
  db: Handle,
  filter: LedgerFilter,
  { after_id, limit }: { after_id: number; limit: number },
): Promise<LedgerRow[]> {
  if (Object.values(filter).every((value) => value === undefined)) return listChain(db, after_id, limit);
  const matching = requestsOf(db, filter)
    .select('q.id')
    .where('q.id', '=', sql<number>`coalesce(r.request_id, r.id)`);
  return db
    .selectFrom('ledger as r')
    .selectAll('r')
    .where('r.id', '>', after_id)
    .where((eb) => eb.exists(matching))
    .orderBy('r.id')
    .limit(limit)
    .execute();
}

/** Hosts that anything was sent to, for the filter. */
export async function listHosts(db: Handle): Promise<string[]> {
  const rows = await db
    .selectFrom('ledger')
    .select('host')
    .distinct()
    .where('kind', '=', 'request')
    .orderBy('host')
    .execute();
  return rows.map(({ host }) => host);
}

export interface LedgerTotals {
  requests: number;
  /** Bytes of bodies. */
  bytes: number;
  delivered: number;
  failed: number;
  /** Epoch milliseconds of the last request; null when there is none. */
  last_at: number | null;
  /** Code or HTTP status of the last answer when it was no success. */
  last_problem: string | null;
}

export async function findTotals(db: Handle, channel: Channel): Promise<LedgerTotals> {
  const sums = await db
    .selectFrom('ledger')
    .select(({ fn }) => [
      'kind',
      fn.countAll<number>().as('count'),
      fn.sum<number>('byte_count').as('bytes'),
      fn.max('at').as('last_at'),
      sql<number>`sum(case when status between 200 and 299 then 1 else 0 end)`.as('delivered'),
    ])
    .where('channel', '=', channel)
    .groupBy('kind')
    .execute();
  const [asked, answered] = ['request', 'answer'].map((kind) => sums.find((row) => row.kind === kind));
  const delivered = Number(answered?.delivered ?? 0);
  return {
    requests: Number(asked?.count ?? 0),
    bytes: Number(asked?.bytes ?? 0),
    delivered,
    failed: Number(answered?.count ?? 0) - delivered,
    last_at: asked?.last_at ?? null,
    last_problem: await findLastProblem(db, channel),
  };
}

async function findLastProblem(db: Handle, channel: Channel): Promise<string | null> {
  const last = await db
    .selectFrom('ledger')
    .select(['status', 'problem'])
    .where('channel', '=', channel)
    .where('kind', '=', 'answer')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return null;
  const { status, problem } = last;
  return problem ?? (status !== null && status >= 200 && status < 300 ? null : String(status));
}
