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

/** A stretch of the chain; neither end is part of it. */
export interface Stretch {
  after_id: number;
  before_id: number;
}

/** Whether a request, called `q`, is one that the filter lets through. */
function matches({ channel, host, from, to, outcome, user_id }: LedgerFilter) {
  const conditions = [sql`q.kind = 'request'`];
  if (channel !== undefined) conditions.push(sql`q.channel = ${channel}`);
  if (host !== undefined) conditions.push(sql`q.host = ${host}`);
  if (from !== undefined) conditions.push(sql`q.at >= ${from}`);
  if (to !== undefined) conditions.push(sql`q.at < ${to}`);
  if (user_id !== undefined)
    conditions.push(
      sql`exists (select 1 from ledger_people as p where p.ledger_id = q.id and p.user_id = ${user_id})`,
    );
  if (outcome !== undefined) conditions.push(outcomeIs(outcome));
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function outcomeIs(outcome: LedgerOutcome) {
  const answered = sql`select 1 from ledger as a where a.request_id = q.id`;
  const delivered = sql`${answered} and a.status between 200 and 299`;
  switch (outcome) {
    case 'delivered':
      return sql<boolean>`exists (${delivered})`;
    case 'failed':
      return sql<boolean>`(exists (${answered}) and not exists (${delivered}))`;
    case 'unanswered':
      return sql<boolean>`not exists (${answered})`;
  }
}

/** Ids of requests of a stretch, from its older or its newer end. Costs no more than the stretch is long. */
export async function listRequestIds(
  db: Handle,
  filter: LedgerFilter,
  { after_id, before_id, from_end, limit }: Stretch & { from_end: 'older' | 'newer'; limit: number },
): Promise<number[]> {
  const direction = from_end === 'older' ? 'asc' : 'desc';
  const { user_id, ...others } = filter;
  // From the person to their records, not the other way: everybody may ask this, of a ledger of any length.
  const rows =
    user_id === undefined
      ? await db
          .selectFrom('ledger as q')
          .select('q.id')
          .where('q.id', '>', after_id)
          .where('q.id', '<', before_id)
          .where(matches(others))
          .orderBy('q.id', direction)
          .limit(limit)
          .execute()
      : await db
          .selectFrom('ledger_people as p')
          .select('p.ledger_id as id')
          .where('p.user_id', '=', user_id)
          .where('p.ledger_id', '>', after_id)
          .where('p.ledger_id', '<', before_id)
          .where(
            sql<boolean>`exists (select 1 from ledger as q where q.id = p.ledger_id and ${matches(others)})`,
          )
          .orderBy('p.ledger_id', direction)
          .limit(limit)
          .execute();
  return rows.map(({ id }) => id);
}

/** Everything there is; empty when there is nothing. */
export async function findWholeStretch(db: Handle): Promise<Stretch> {
  const { smallest, largest } = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('ledger')
        .select(({ fn }) => fn.min('id').as('id'))
        .as('smallest'),
      eb
        .selectFrom('ledger')
        .select(({ fn }) => fn.max('id').as('id'))
        .as('largest'),
    ])
    .executeTakeFirstOrThrow();
  return { after_id: (smallest ?? 1) - 1, before_id: (largest ?? 0) + 1 };
}

export async function listRecords(db: Handle, ids: readonly number[]): Promise<LedgerRow[]> {
  if (ids.length === 0) return [];
  return db.selectFrom('ledger').selectAll().where('id', 'in', ids).orderBy('id').execute();
}

export async function listAnswers(db: Handle, request_ids: readonly number[]): Promise<LedgerRow[]> {
  if (request_ids.length === 0) return [];
  return db.selectFrom('ledger').selectAll().where('request_id', 'in', request_ids).orderBy('id').execute();
}

/** Ids of the filter's requests and of answers to them that lie in the stretch, in the order of the chain. */
export async function listFilteredIds(
  db: Handle,
  filter: LedgerFilter,
  { after_id, before_id }: Stretch,
): Promise<number[]> {
  // From the answers of the stretch to their requests: a join might begin with all requests there are.
  const answers = db
    .selectFrom('ledger as r')
    .select('r.id')
    .where('r.kind', '=', 'answer')
    .where('r.id', '>', after_id)
    .where('r.id', '<', before_id)
    .where(sql<boolean>`exists (select 1 from ledger as q where q.id = r.request_id and ${matches(filter)})`);
  const rows = await db
    .selectFrom('ledger as q')
    .select('q.id')
    .where('q.id', '>', after_id)
    .where('q.id', '<', before_id)
    .where(matches(filter))
    .unionAll(answers)
    .execute();
  return rows.map(({ id }) => id).sort((one, other) => one - other);
}

/** Hosts that anything was sent to, for the filter: from one to the next, without reading what was sent to each. */
export async function listHosts(db: Handle): Promise<string[]> {
  const { rows } = await sql<{ host: string }>`
    with recursive hosts(host) as (
      select min(host) from ledger where host > ''
      union all
      select (select min(later.host) from ledger as later where later.host > hosts.host)
      from hosts where hosts.host is not null
    )
    select host from hosts where host is not null`.execute(db);
  return rows.map(({ host }) => host).sort();
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

/** Reads three rows, however long the ledger is. */
export async function findTotals(db: Handle, channel: Channel): Promise<LedgerTotals> {
  const sums = await db
    .selectFrom('ledger_totals')
    .select(['requests', 'bytes', 'delivered', 'failed'])
    .where('channel', '=', channel)
    .executeTakeFirst();
  const asked = await findNewest(db, channel, 'request');
  const answered = await findNewest(db, channel, 'answer');
  return {
    ...(sums ?? { requests: 0, bytes: 0, delivered: 0, failed: 0 }),
    last_at: asked?.at ?? null,
    last_problem: answered ? problemOf(answered) : null,
  };
}

const findNewest = (db: Handle, channel: Channel, kind: 'request' | 'answer') =>
  db
    .selectFrom('ledger')
    .select(['at', 'status', 'problem'])
    .where('channel', '=', channel)
    .where('kind', '=', kind)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

const problemOf = ({ status, problem }: Pick<LedgerRow, 'status' | 'problem'>): string | null =>
  problem ?? (status !== null && status >= 200 && status < 300 ? null : String(status));
