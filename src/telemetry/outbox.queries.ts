import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../db/connect.ts';
import { jsonRows, prepare, prepareKept, prepareWrite } from '../db/prepared.ts';
import type { Channel, Database, OutboxTable } from '../db/schema.ts';
import type { OutboxRow, Payload, TelemetryChannel } from './channels.ts';

/** What the payloads of one insert have in common. */
type Shared = Pick<OutboxRow, 'channel' | 'consent_id' | 'state' | 'created_at'>;

const insertJson = prepareWrite<Shared & { payloads: string }>((db, parameter) =>
  db
    .insertInto('outbox')
    .columns([
      ...(['channel', 'consent_id', 'state', 'attempts', 'next_attempt_at', 'created_at'] as const),
      ...(['purpose', 'idempotency_key', 'user_id', 'body'] as const),
    ])
    .expression(
      db
        .selectFrom(jsonRows(db, parameter('payloads')).as('payload'))
        .select([
          sql<Channel>`cast(${parameter('channel')} as text)`.as('channel'),
          sql<number | null>`cast(${parameter('consent_id')} as bigint)`.as('consent_id'),
          sql<OutboxTable['state']>`cast(${parameter('state')} as text)`.as('state'),
          sql<number>`0`.as('attempts'),
          sql<number>`cast(${parameter('created_at')} as bigint)`.as('next_attempt_at'),
          sql<number>`cast(${parameter('created_at')} as bigint)`.as('created_at'),
          sql<string>`value ->> 'purpose'`.as('purpose'),
          sql<string>`value ->> 'idempotency_key'`.as('idempotency_key'),
          sql<number | null>`cast(value ->> 'user_id' as bigint)`.as('user_id'),
          sql<string>`value ->> 'body'`.as('body'),
        ])
        // Somebody who was deleted a moment ago must not take the others along. (SQLite needs a WHERE here: it would take
        // ON CONFLICT for the ON of a join.)
        .where(
          sql<boolean>`(value ->> 'user_id' is null or exists (
            select 1 from users where users.id = cast(value ->> 'user_id' as bigint)))`,
        ),
    )
    .onConflict((conflict) => conflict.column('idempotency_key').doNothing()),
);

/** A payload whose key is there already is left out, for it was queued before; so is one about somebody who is gone. */
export async function insertPayloads(db: Db, payloads: readonly Payload[], shared: Shared): Promise<void> {
  await insertJson(db, { ...shared, payloads: JSON.stringify(payloads) });
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
  const [counted] = await countFree(db, { ids: JSON.stringify(ids) });
  return Number(counted?.total);
}

/** While a call is out this is asked every few hundred milliseconds. */
const countFree = prepare<{ ids: string }, { total: number }>((db, parameter) =>
  db
    .selectFrom('outbox')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('id', 'in', idsOf(db, parameter('ids')))
    .where('state', '=', 'queued')
    .where((where) =>
      where.or([
        where('channel', '!=', 'analytics'),
        where('user_id', 'is', null),
        where('user_id', 'not in', (users) =>
          users.selectFrom('users').select('users.id').where('analytics_choice', '=', 'out'),
        ),
      ]),
    ),
);

const deleteIds = prepareWrite<{ ids: string }>((db, parameter) =>
  db.deleteFrom('outbox').where('id', 'in', idsOf(db, parameter('ids'))),
);

export async function deletePayloads(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await deleteIds(db, { ids: JSON.stringify(ids) });
}

/** The ids of a JSON array. */
const idsOf = (db: Db, json: string) =>
  db
    .selectFrom(jsonRows(db, json).as('row'))
    .select(sql<number>`cast(cast(value as text) as bigint)`.as('id'));

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

const findObjector = prepareKept<object, { id: number }>((db) =>
  db.selectFrom('users').select('id').where('analytics_choice', '=', 'out').limit(1),
);

/** What is about people who object to product analytics by now. Looks through all that waits when there is one. */
export async function deleteOfObjectors(db: Db): Promise<Map<string, number>> {
  const objectors = await findObjector(db, {});
  if (objectors.length === 0) return new Map();
  return deleteWhere(db, (where) =>
    where.and([
      where('channel', '=', 'analytics'),
      where('user_id', 'in', (users) =>
        users.selectFrom('users').select('users.id').where('analytics_choice', '=', 'out'),
      ),
    ]),
  );
}

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
