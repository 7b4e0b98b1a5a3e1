import type { Expression, ExpressionBuilder, Insertable, SqlBool } from 'kysely';
import type { Db } from '../db/connect.ts';
import { prepare } from '../db/prepared.ts';
import type { Database, OutboxTable } from '../db/schema.ts';
import type { OutboxRow, TelemetryChannel } from './channels.ts';

/** Eleven columns each, and SQLite takes 32,766 values in a statement. */
const rowsPerInsert = 500;

/** A payload whose key is there already is left out: it was queued before. */
export async function insertPayloads(db: Db, rows: Insertable<OutboxTable>[]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerInsert) {
    await db
      .insertInto('outbox')
      .values(rows.slice(start, start + rowsPerInsert))
      .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
      .execute();
  }
}

const listFresh = prepare<{ channel: TelemetryChannel; tired_after: number; limit: number }, OutboxRow>(
  (db, parameter) =>
    db
      .selectFrom('outbox')
      .selectAll()
      .where('channel', '=', parameter('channel'))
      .where('state', '=', 'queued')
      .where('attempts', '<', parameter('tired_after'))
      .orderBy('id')
      .limit(parameter('limit')),
);

/** What is to be sent next, in the order it was queued, due or not; without what failed `tired_after` times. */
export async function listNextPayloads(
  db: Db,
  { channel, tired_after, limit }: { channel: TelemetryChannel; tired_after: number; limit: number },
): Promise<OutboxRow[]> {
  return listFresh(db, { channel, tired_after, limit });
}

/** What failed often, the soonest due first. */
export async function listTiredPayloads(
  db: Db,
  { channel, tired_after, limit }: { channel: TelemetryChannel; tired_after: number; limit: number },
): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('channel', '=', channel)
    .where('state', '=', 'queued')
    .where('attempts', '>=', tired_after)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** When what failed before is tried next, in epoch milliseconds; null when nothing that waits has failed. */
export async function findNextAttempt(db: Db, channel: TelemetryChannel): Promise<number | null> {
  const row = await db
    .selectFrom('outbox')
    .select('next_attempt_at')
    .where('channel', '=', channel)
    .where('state', '=', 'queued')
    .where('attempts', '>', 0)
    .orderBy('next_attempt_at')
    .limit(1)
    .executeTakeFirst();
  return row?.next_attempt_at ?? null;
}

/** How many of these may leave at this moment: still there, not held, and about nobody who objects by now. */
export async function countSendable(db: Db, ids: readonly number[]): Promise<number> {
  const { total } = await db
    .selectFrom('outbox')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('id', 'in', ids)
    .where('state', '=', 'queued')
    .where((where) =>
      where.or([
        where('channel', '!=', 'analytics'),
        where('user_id', 'is', null),
        where('user_id', 'not in', (users) =>
          users.selectFrom('users').select('users.id').where('analytics_choice', '=', 'out'),
        ),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(total);
}

export async function deletePayloads(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('outbox').where('id', 'in', ids).execute();
}

/** Counts one more attempt, and says when the next one may be. */
export async function postponePayloads(
  db: Db,
  ids: readonly number[],
  next_attempt_at: number,
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('outbox')
    .set((set) => ({ attempts: set('attempts', '+', 1), next_attempt_at }))
    .where('id', 'in', ids)
    .execute();
}

/** Which payloads of a channel an order is about. */
export interface Chosen {
  channel: TelemetryChannel;
  /** Some by their ids, or all up to one: what a page showed, and not what came after it. */
  ids: readonly number[] | { up_to: number };
}

/** Lets held payloads go under the agreement that holds now. */
export async function releaseHeld(
  db: Db,
  { channel, ids }: Chosen,
  set: { consent_id: number | null; next_attempt_at: number },
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ ...set, state: 'queued' })
    .where('channel', '=', channel)
    .where('state', '=', 'held')
    .where((where) => ('up_to' in ids ? where('id', '<=', ids.up_to) : where('id', 'in', ids)))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Keeps released what was released under an earlier agreement of review mode, when another one follows it. */
export async function carryReleased(db: Db, channel: TelemetryChannel, consent_id: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set((set) => ({
      consent_id: set
        .selectFrom('consents')
        .select((select) => select.fn.max('consents.id').as('id'))
        .where('consents.channel', '=', channel),
    }))
    .where('channel', '=', channel)
    .where('state', '=', 'queued')
    .where('consent_id', '=', consent_id)
    .execute();
}

/** The newest payload that waits for an administrator; null when none does. */
export async function findNewestHeld(db: Db, channel: TelemetryChannel): Promise<number | null> {
  const row = await db
    .selectFrom('outbox')
    .select((select) => select.fn.max('id').as('id'))
    .where('channel', '=', channel)
    .where('state', '=', 'held')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Holds what was queued under another agreement than the one of review mode that holds now. */
export async function holdQueued(
  db: Db,
  channel: TelemetryChannel,
  consent_id: number | null,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ state: 'held' })
    .where('channel', '=', channel)
    .where('state', '=', 'queued')
    .where((where) => where.or([where('consent_id', 'is', null), where('consent_id', '!=', consent_id ?? 0)]))
    .execute();
}

type Where = (where: ExpressionBuilder<Database, 'outbox'>) => Expression<SqlBool>;

/** Deletes payloads; gives how many there were of each purpose. */
async function deleteWhere(db: Db, where: Where): Promise<Map<string, number>> {
  // Not "returning": a queue may hold a million rows.
  const counts = await db
    .selectFrom('outbox')
    .select(['purpose', (select) => select.fn.countAll<number>().as('total')])
    .where(where)
    .groupBy('purpose')
    .execute();
  if (counts.length > 0) await db.deleteFrom('outbox').where(where).execute();
  return new Map(counts.map(({ purpose, total }) => [purpose, total]));
}

export const deleteOfChannel = (db: Db, channel: TelemetryChannel): Promise<Map<string, number>> =>
  deleteWhere(db, (where) => where('channel', '=', channel));

export const deleteOfPerson = (
  db: Db,
  channel: TelemetryChannel,
  user_id: number,
): Promise<Map<string, number>> => deleteWhere(db, (where) => where.and({ channel, user_id }));

/** What is about people who object to product analytics by now. */
export const deleteOfObjectors = (db: Db): Promise<Map<string, number>> =>
  deleteWhere(db, (where) =>
    where.and([
      where('channel', '=', 'analytics'),
      where('user_id', 'in', (users) =>
        users.selectFrom('users').select('users.id').where('analytics_choice', '=', 'out'),
      ),
    ]),
  );

export const deleteHeld = (db: Db, { channel, ids }: Chosen): Promise<Map<string, number>> =>
  deleteWhere(db, (where) =>
    where.and([
      where.and({ channel, state: 'held' }),
      'up_to' in ids ? where('id', '<=', ids.up_to) : where('id', 'in', ids),
    ]),
  );

/** Dates payloads that claim to come from after `from`, which no right clock can have written, as queued now. */
export async function redateFuture(db: Db, now: number, from: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ created_at: now, next_attempt_at: now })
    .where('created_at', '>', from)
    .execute();
}

export const deleteQueuedBefore = (db: Db, before: number): Promise<Map<string, number>> =>
  deleteWhere(db, (where) => where('created_at', '<', before));

/** Deletes the oldest payloads of a channel, so that `keep` are left. */
export async function deleteOldest(
  db: Db,
  channel: TelemetryChannel,
  keep: number,
): Promise<Map<string, number>> {
  const edge = await db
    .selectFrom('outbox')
    .select('id')
    .where('channel', '=', channel)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(keep)
    .executeTakeFirst();
  if (edge === undefined) return new Map();
  return deleteWhere(db, (where) => where.and([where('channel', '=', channel), where('id', '<=', edge.id)]));
}

interface OutboxFilter {
  channel: TelemetryChannel;
  state?: OutboxTable['state'] | undefined;
}

/** In the order in which they were queued. */
export async function listPayloads(
  db: Db,
  { channel, state }: OutboxFilter,
  page: { limit: number; offset: number },
): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('channel', '=', channel)
    .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'held'))
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

/** Payloads by channel and state, and when the oldest of them was queued. */
export async function countPayloads(db: Db) {
  return db
    .selectFrom('outbox')
    .select(['channel', 'state'])
    .select((select) => [
      select.fn.countAll<number>().as('total'),
      select.fn.min<number>('created_at').as('oldest_at'),
    ])
    .groupBy(['channel', 'state'])
    .execute();
}
