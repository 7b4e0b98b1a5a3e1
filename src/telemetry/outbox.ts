import type { Db } from '../db/connect.ts';
import type { OutboxTable } from '../db/schema.ts';
import type { OutboxRow, Payload, TelemetryChannel } from './channels.ts';
import { telemetryChannels } from './channels.ts';
import { longestPauseMs } from './backoff.ts';
import type { ConsentStore } from './consent-store.ts';
import type { Chosen } from './outbox.queries.ts';
import {
  countPayloads,
  deleteHeld,
  deleteOfChannel,
  deleteOfObjectors,
  deleteOfPerson,
  deleteOldest,
  deleteQueuedBefore,
  findNewestHeld,
  findNextAttempt,
  holdQueued,
  insertPayloads,
  listPayloads,
  redateFuture,
  releaseHeld,
} from './outbox.queries.ts';

/** What waits to leave: in the database, so that a crash loses nothing; bounded, so that a dead destination fills nothing. */
export interface Outbox {
  /** Queues payloads, or holds them in review mode; those of a channel that is off are left out. `db` may be a change's transaction. */
  enqueue(db: Db, payloads: readonly Payload[]): Promise<void>;
  /** Deletes all that waits for a channel; gives how much that was. */
  drop(db: Db, channel: TelemetryChannel): Promise<number>;
  /** Deletes what waits for analytics and is about a person. */
  dropPerson(db: Db, user_id: number): Promise<number>;
  /** Deletes what waits for analytics and is about people who object: a request may have queued it after their no. */
  dropObjectors(db: Db): Promise<number>;
  /** Makes what is queued wait for an administrator, except what was released under the current agreement. */
  hold(db: Db, channel: TelemetryChannel): Promise<void>;
  /** Fifty a page, from 1, the oldest first. */
  list(
    channel: TelemetryChannel,
    options: { state?: OutboxTable['state']; page: number },
  ): Promise<OutboxPage>;
  /** Lets held payloads go; gives how many. `trx` may be a change's transaction. */
  release(channel: TelemetryChannel, ids: Chosen['ids'], trx?: Db): Promise<number>;
  /** Deletes held payloads; gives how many. */
  discard(channel: TelemetryChannel, ids: Chosen['ids'], trx?: Db): Promise<number>;
  /** The newest payload that waits for an administrator; null when none does. */
  newestHeld(channel: TelemetryChannel): Promise<number | null>;
  /** When what failed before is tried next, in epoch milliseconds; null when nothing that waits has failed. */
  nextAttemptAt(channel: TelemetryChannel): Promise<number | null>;
  /** How much waits, per channel. */
  depth(): Promise<Map<TelemetryChannel, Depth>>;
  /** How long the oldest payload that may leave has waited, in seconds, by channel; what is held is not counted. */
  oldestAgesSeconds(): Promise<Map<TelemetryChannel, number>>;
  /** Deletes what has waited for more than seven days; what a clock that ran ahead has dated begins to count now. */
  expire(): Promise<void>;
}

export interface OutboxPage {
  rows: OutboxRow[];
  total: number;
  total_pages: number;
}

export type Depth = Record<OutboxTable['state'], number>;

interface Parts {
  db: Db;
  consents: Pick<ConsentStore, 'state' | 'current'>;
  /** Rows per channel at most. */
  maxRows: number;
  now: () => number;
  countDropped: (purpose: string, count: number) => void;
  /** Told when something may have become due. */
  onQueued: (channel: TelemetryChannel) => void;
  /** Told when the bound could not be kept. */
  onError: (error: unknown) => void;
}

export const outboxPageRows = 50;
const keptMs = 7 * 24 * 3_600_000;

export function createOutbox(parts: Parts): Outbox {
  const { db, consents, now, onQueued } = parts;
  const counted = (dropped: Map<string, number>): number => {
    for (const [purpose, count] of dropped) parts.countDropped(purpose, count);
    return [...dropped.values()].reduce((sum, count) => sum + count, 0);
  };
  const keepBound = createBound(parts, counted);
  return {
    enqueue: async (trx, payloads) => {
      for (const channel of new Set(payloads.map((payload) => payload.channel))) {
        const { mode } = consents.state(channel);
        if (mode === 'off') continue;
        const ofChannel = payloads.filter((payload) => payload.channel === channel);
        await insertPayloads(trx, ofChannel, {
          ...{ channel, state: mode === 'review' ? 'held' : 'queued', created_at: now() },
          consent_id: consents.current(channel)?.id ?? null,
        });
        keepBound(channel, ofChannel.length);
        onQueued(channel);
      }
    },
    drop: async (trx, channel) => counted(await deleteOfChannel(trx, channel)),
    dropPerson: async (trx, user_id) => counted(await deleteOfPerson(trx, 'analytics', user_id)),
    dropObjectors: async (trx) => counted(await deleteOfObjectors(trx)),
    hold: (trx, channel) => holdQueued(trx, channel, consents.current(channel)?.id ?? null),
    list: async (channel, { state, page }) => {
      const depth = (await depthOf(db)).get(channel) ?? { held: 0, queued: 0 };
      const total = state === undefined ? depth.held + depth.queued : depth[state];
      const position = { limit: outboxPageRows, offset: (page - 1) * outboxPageRows };
      const rows = await listPayloads(db, { channel, state }, position);
      return { rows, total, total_pages: Math.max(1, Math.ceil(total / outboxPageRows)) };
    },
    release: async (channel, ids, trx = db) => {
      const consent_id = consents.current(channel)?.id ?? null;
      const count = await releaseHeld(trx, { channel, ids }, { consent_id, next_attempt_at: now() });
      onQueued(channel);
      return count;
    },
    discard: async (channel, ids, trx = db) => counted(await deleteHeld(trx, { channel, ids })),
    newestHeld: (channel) => findNewestHeld(db, channel),
    nextAttemptAt: (channel) => findNextAttempt(db, channel),
    depth: () => depthOf(db),
    oldestAgesSeconds: () => oldestAgesOf(db, now()),
    expire: async () => {
      await redateFuture(db, now(), now() + longestPauseMs);
      counted(await deleteQueuedBefore(db, now() - keptMs));
    },
  };
}

async function depthOf(db: Db): Promise<Map<TelemetryChannel, Depth>> {
  const depth = new Map<TelemetryChannel, Depth>(
    telemetryChannels.map((channel) => [channel, { held: 0, queued: 0 }]),
  );
  for (const { channel, state, total } of await countPayloads(db)) {
    const found = depth.get(channel as TelemetryChannel);
    if (found) found[state] = total;
  }
  return depth;
}

async function oldestAgesOf(db: Db, at: number): Promise<Map<TelemetryChannel, number>> {
  const ages = new Map<TelemetryChannel, number>(telemetryChannels.map((channel) => [channel, 0]));
  for (const { channel, state, oldest_at } of await countPayloads(db)) {
    if (state === 'queued') ages.set(channel as TelemetryChannel, Math.max(0, at - oldest_at) / 1000);
  }
  return ages;
}

/** To look is to count all that waits: every twentieth of the bound is soon enough, and seldom enough to cost nothing. */
const checksPerBound = 20;

/**
 * Keeps a channel's rows below the bound by deleting the oldest. Not in the transaction that queued the last one, which
 * is somebody's request.
 */
function createBound(
  { db, maxRows, onError }: Parts,
  counted: (dropped: Map<string, number>) => number,
): (channel: TelemetryChannel, added: number) => void {
  const step = Math.max(1, Math.floor(maxRows / checksPerBound));
  const unchecked = new Map<TelemetryChannel, number>();
  const checking = new Set<TelemetryChannel>();
  const check = async (channel: TelemetryChannel): Promise<void> => {
    checking.add(channel);
    try {
      while ((unchecked.get(channel) ?? 0) >= step) {
        unchecked.set(channel, 0);
        counted(await deleteOldest(db, channel, maxRows - (step - 1)));
      }
    } catch (error) {
      onError(error);
    } finally {
      checking.delete(channel);
    }
  };
  return (channel, added) => {
    // Unknown at first: others, and this server before its restart, have queued too.
    unchecked.set(channel, (unchecked.get(channel) ?? step) + added);
    if (!checking.has(channel)) void check(channel);
  };
}
