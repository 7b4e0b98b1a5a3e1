import { setImmediate as nextTurn } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import { atMost } from './at-most.ts';
import { backoffMs, longestPauseMs } from './backoff.ts';
import type { ChannelState, DeliveryOutcome, OutboxRow, Reason, Sink, TelemetryChannel } from './channels.ts';
import type { ConsentStore } from './consent-store.ts';
import { DeliveryLease } from './delivery-lease.ts';
import type { Outbox } from './outbox.ts';
import {
  countSendable,
  deletePayloads,
  listNextPayloads,
  listTiredPayloads,
  postponePayloads,
} from './outbox.queries.ts';

export interface DeliveryParts {
  db: Db;
  consents: Pick<ConsentStore, 'state' | 'current' | 'refresh' | 'onChange'>;
  outbox: Pick<Outbox, 'drop' | 'dropObjectors' | 'hold'>;
  sinks: {
    /** The channel's sink, made when there is none. */
    open: (channel: TelemetryChannel) => Promise<Sink>;
    close: (channel: TelemetryChannel) => Promise<void>;
  };
  logger: Logger;
  now: () => number;
  /** 0 to 1, for the length of pauses. */
  random: () => number;
  /** What a destination refused for good. */
  countRejected: (purpose: string, count: number) => void;
}

export interface DeliveryProblem {
  /** A code: the gateway's, 'http_503', or 'sink' when the sink itself failed. */
  problem: string;
  /** Epoch milliseconds. */
  at: number;
  /** When the next attempt may be; null when what it was about was dropped. */
  next_attempt_at: number | null;
}

/** Events come in bursts: what comes within this time goes in one call. */
const gatherMs = 200;
/** Where they never cease, a call has what came in this time. */
const steadyMs = 1_000;
/** What another process queued, which then died, is seen after this time. */
const lookMs = 5_000;
const leaseTakenMs = 1_000;
/** While a call is out, this often is asked whether it still may be. */
const heartbeatMs = 400;
/** After so many attempts a payload lets the others pass: it may be what the destination stumbles over. */
const tiredAfter = 6;
const readAtOnce = 100;
/** When the server stops, a call that is out has this long to come back, and then this long to notice that it is cut. */
const graceMs = 1_000;
const cutMs = 500;

/** Reasons under which what waits shall not leave later either. The others only say that nothing can be sent now. */
const finalReasons: ReadonlySet<Reason> = new Set([
  'do_not_track',
  'enable_telemetry_false',
  'switched_off',
  'not_chosen',
]);

/**
 * How long a payload has to wait yet. What never failed waits for nothing, and what waits for longer than any pause is
 * dated by a clock that ran ahead.
 */
function msUntilDue({ attempts, next_attempt_at }: OutboxRow, now: number): number {
  const ms = next_attempt_at - now;
  return attempts === 0 || ms > longestPauseMs ? 0 : ms;
}

/** The delivery of one channel. */
export class ChannelDelivery {
  problem: DeliveryProblem | undefined;
  readonly #channel: TelemetryChannel;
  readonly #parts: DeliveryParts;
  readonly #lease: DeliveryLease;
  /** Runs something as if nobody had asked for it: what is logged must not name the request that happened to wake. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #life: 'new' | 'started' | 'stopping' = 'new';
  #timer: { handle: NodeJS.Timeout; at: number } | undefined;
  #running: Promise<void> | undefined;
  /** Woken during a pass, which may have looked already. */
  #isWokenAgain = false;
  /** The last pass failed, and the log says so. */
  #isBroken = false;
  /** What is out, or about to be. */
  #call: { cut: AbortController; rows: OutboxRow[] } | undefined;
  /** When the last pass ended, by the clock of timers. */
  #endedAt = -steadyMs;
  /** Failed calls in a row. */
  #failures = 0;
  #pausedUntil = 0;
  /** Up to this id payloads go one by one, because a call with several was refused. */
  #singlyUntil = 0;
  #refusedInARow = 0;

  constructor(channel: TelemetryChannel, parts: DeliveryParts) {
    this.#channel = channel;
    this.#parts = parts;
    this.#lease = new DeliveryLease(parts.db, `deliver_${channel}`, parts.now);
  }

  start(): void {
    const { mode, reason } = this.#parts.consents.state(this.#channel);
    this.#life = 'started';
    // What has no destination asks nobody for anything.
    if (mode !== 'off' || (reason !== 'not_configured' && reason !== 'host_missing')) void this.run();
  }

  wake(): void {
    // The timer is set for the end of the pause.
    if (this.#pauseMs(this.#parts.now()) > 0) return;
    if (this.#running) this.#isWokenAgain = true;
    else this.#soon();
  }

  changed({ mode }: ChannelState): void {
    // Under review nothing leaves that was not released: what is out by an earlier agreement is held like the rest.
    if (mode !== 'auto') this.#call?.cut.abort();
    if (mode === 'off') void this.#parts.sinks.close(this.#channel);
    [this.#pausedUntil, this.#failures] = [0, 0];
    if (this.#running) this.#isWokenAgain = true;
    else this.#within(0);
  }

  /** Cuts the call that is out when something of this person is in it; the rest of it goes again. */
  objected(user_id: number): void {
    if (this.#call?.rows.some((row) => row.user_id === user_id)) this.#call.cut.abort();
  }

  /**
   * Asks once more, with a request about to leave, and cuts the call when one of its payloads may not: somebody, on any
   * instance, may have withdrawn since it was read. A database that does not answer cuts it too, since nobody can tell.
   */
  async check(): Promise<void> {
    const call = this.#call;
    if (!call || call.cut.signal.aborted) return;
    const isFree = await this.#areSendable(call.rows).catch(() => false);
    if (!isFree) call.cut.abort();
  }

  async #areSendable(rows: OutboxRow[]): Promise<boolean> {
    const { consents, outbox, db } = this.#parts;
    await consents.refresh();
    const { mode } = consents.state(this.#channel);
    if (mode === 'off') return false;
    if (mode === 'review') await outbox.hold(db, this.#channel);
    const ids = rows.map(({ id }) => id);
    return (await countSendable(db, ids)) === ids.length && (await this.#lease.keep());
  }

  async stop(): Promise<void> {
    this.#life = 'stopping';
    clearTimeout(this.#timer?.handle);
    if (this.#running) await atMost(graceMs, this.#running);
    this.#call?.cut.abort();
    await atMost(cutMs, Promise.all([this.#running, this.#parts.sinks.close(this.#channel)]));
  }

  run(): Promise<void> {
    this.#running ??= this.#outside(() => this.#runOnce());
    return this.#running;
  }

  #runOnce(): Promise<void> {
    return this.#pass()
      .catch((error: unknown) => {
        // Most likely the database; what waits is still in it.
        if (!this.#isBroken && this.#life !== 'stopping')
          this.#parts.logger.error({ err: error, channel: this.#channel }, 'telemetry cannot be delivered');
        this.#isBroken = true;
        return lookMs;
      })
      .then((nextMs) => {
        this.#running = undefined;
        this.#endedAt = performance.now();
        if (this.#isWokenAgain) this.#soon();
        else if (nextMs !== null) this.#within(nextMs);
        this.#isWokenAgain = false;
      });
  }

  #soon(): void {
    this.#within(Math.max(gatherMs, this.#endedAt + steadyMs - performance.now()));
  }

  #within(ms: number): void {
    if (this.#life !== 'started') return;
    const at = performance.now() + ms;
    if (this.#timer && this.#timer.at <= at) return;
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => {
      this.#timer = undefined;
      void this.run();
    }, ms);
    handle.unref();
    this.#timer = { handle, at };
  }

  /** Sends until nothing is due. Gives the milliseconds until the next look; null when there is nothing to look for. */
  async #pass(): Promise<number | null> {
    try {
      for (;;) {
        // Statements of the embedded database never wait, so without a turn in between a whole pass would hold up pages.
        await nextTurn();
        if (!(await this.#maySend())) return null;
        this.#isBroken = false;
        await nextTurn();
        const waitMs = await this.#sendNext();
        if (waitMs > 0) return waitMs;
      }
    } finally {
      await this.#lease.release();
    }
  }

  /** Asks again what was agreed to, and makes what waits follow it. */
  async #maySend(): Promise<boolean> {
    const { consents, outbox, db } = this.#parts;
    if (this.#life === 'stopping') return false;
    await consents.refresh();
    const { mode, reason } = consents.state(this.#channel);
    if (mode === 'off' && finalReasons.has(reason)) await outbox.drop(db, this.#channel);
    if (this.#channel === 'analytics' && mode !== 'off') await outbox.dropObjectors(db);
    if (mode === 'review') await outbox.hold(db, this.#channel);
    return mode !== 'off';
  }

  /** Sends what is due; gives how long to wait before more, 0 for not at all. */
  async #sendNext(): Promise<number> {
    const now = this.#parts.now();
    const pauseMs = this.#pauseMs(now);
    if (pauseMs > 0) return Math.min(lookMs, pauseMs);
    const rows = await this.#nextRows();
    const head = rows[0];
    if (head === undefined) return lookMs;
    const waitMs = msUntilDue(head, now);
    if (waitMs > 0) return Math.min(lookMs, waitMs);
    const wasHeld = this.#lease.isHeld;
    if (!(await this.#lease.keep())) return leaseTakenMs;
    // Whoever had the lease a moment ago may have sent these rows.
    if (wasHeld) await this.#send(rows.filter((row) => msUntilDue(row, now) <= 0));
    return 0;
  }

  /** Milliseconds left of the pause after a failure; a clock that was set back does not make it longer than any is. */
  #pauseMs(now: number): number {
    const ms = this.#pausedUntil - now;
    return ms > longestPauseMs ? 0 : ms;
  }

  /** In the order in which they were queued: one that waits for its next attempt holds up those behind it. */
  async #nextRows(): Promise<OutboxRow[]> {
    const filter = { channel: this.#channel, tired_after: tiredAfter };
    const rows = await listNextPayloads(this.#parts.db, { ...filter, limit: readAtOnce });
    return rows.length > 0 ? rows : listTiredPayloads(this.#parts.db, { ...filter, limit: 1 });
  }

  async #send(due: OutboxRow[]): Promise<void> {
    const { sinks, db } = this.#parts;
    const cut = new AbortController();
    const call = { cut, rows: due };
    this.#call = call;
    const endHeartbeat = this.#startHeartbeat();
    let outcome: DeliveryOutcome | undefined;
    try {
      const sink = await sinks.open(this.#channel);
      call.rows = due.slice(0, this.#batchRows(due, sink.maxBatch));
      if (!cut.signal.aborted) outcome = await sink.deliver(call.rows, this.#contextOf(cut));
    } catch (error) {
      this.#parts.logger.error({ err: error, channel: this.#channel }, 'a telemetry sink failed');
      outcome = { delivered: [], rejected: [], retry: [], retry_after_seconds: null, problem: 'sink' };
    } finally {
      await endHeartbeat();
      this.#call = undefined;
    }
    await nextTurn();
    await deletePayloads(db, outcome?.delivered ?? []);
    // Cut by us: what was not taken stays as it was.
    if (outcome && !cut.signal.aborted) await this.#settle(call.rows, outcome);
  }

  #contextOf({ signal }: AbortController): { signal: AbortSignal; consent_id: number | null } {
    return { signal, consent_id: this.#parts.consents.current(this.#channel)?.id ?? null };
  }

  /** Smaller calls after failures: kinder to who is unwell, and they find the payload that makes a destination stumble. */
  #batchRows(rows: OutboxRow[], maxBatch: number): number {
    const head = rows[0];
    if (head === undefined || head.id <= this.#singlyUntil) return 1;
    return Math.max(1, maxBatch >> head.attempts);
  }

  /** Asks on, while a call is out, whether it still may be. */
  #startHeartbeat(): () => Promise<void> {
    let last = Promise.resolve();
    const timer = setInterval(() => {
      last = this.check();
    }, heartbeatMs);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await last;
    };
  }

  async #settle(rows: OutboxRow[], outcome: DeliveryOutcome): Promise<void> {
    const settled = new Set([...outcome.delivered, ...outcome.rejected]);
    const retry = rows.filter(({ id }) => !settled.has(id));
    if (outcome.delivered.length > 0) [this.#failures, this.#refusedInARow] = [0, 0];
    if (outcome.rejected.length > 0) await this.#refuse(rows, outcome);
    if (retry.length > 0) await this.#postpone(retry, outcome);
    if (retry.length === 0 && outcome.rejected.length === 0) this.problem = undefined;
  }

  /** One bad payload shall not take the others of its call with it, unless the destination refuses everything. */
  async #refuse(rows: OutboxRow[], { rejected, problem }: DeliveryOutcome): Promise<void> {
    this.#note(problem, null);
    if (rows.length > 1 && rejected.length === rows.length && this.#refusedInARow < 2) {
      this.#singlyUntil = rows.at(-1)?.id ?? 0;
      return;
    }
    await deletePayloads(this.#parts.db, rejected);
    const refused = new Set(rejected);
    for (const { id, purpose } of rows) if (refused.has(id)) this.#parts.countRejected(purpose, 1);
    this.#refusedInARow += 1;
    if (this.#refusedInARow >= 2) this.#singlyUntil = 0;
  }

  async #postpone(rows: OutboxRow[], { retry_after_seconds, problem }: DeliveryOutcome): Promise<void> {
    const { db, now, random } = this.#parts;
    this.#failures = Math.max(this.#failures, ...rows.map(({ attempts }) => attempts)) + 1;
    const next_attempt_at = now() + backoffMs(this.#failures, random(), retry_after_seconds);
    this.#pausedUntil = next_attempt_at;
    await postponePayloads(
      db,
      rows.map(({ id }) => id),
      next_attempt_at,
    );
    this.#note(problem, next_attempt_at);
  }

  #note(problem: string | null, next_attempt_at: number | null): void {
    this.problem = { problem: problem ?? 'unknown', at: this.#parts.now(), next_attempt_at };
    this.#parts.logger.warn(
      { channel: this.#channel, problem: this.problem.problem, next_attempt_at },
      next_attempt_at === null ? 'telemetry was refused' : 'telemetry is tried again later',
    );
  }
}
