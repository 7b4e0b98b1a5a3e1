import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import type { ConsentsTable, ChannelMode } from '../db/schema.ts';
import type { Metrics } from '../observability/metrics.ts';
import { atMost } from './at-most.ts';
import type { ChannelState, Gateway, OutboundAnswer, Reason, TelemetryChannel } from './channels.ts';
import type { ConsentStore } from './consent-store.ts';
import { createConsentStore } from './consent-store.ts';
import { createDelivery } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { ErrorReporter } from './error-reporter.ts';
import { createErrorReporter } from './error-reporter.ts';
import { createGateway } from './gateway.ts';
import type { Installation } from './installation.ts';
import { createInstallation } from './installation.ts';
import type { Leave } from './leave.ts';
import { createLeave } from './leave.ts';
import type { Ledger } from './ledger.ts';
import { createLedger } from './ledger.ts';
import { keepSinks, openSink } from './open-sink.ts';
import type { Outbox } from './outbox.ts';
import { createOutbox } from './outbox.ts';
import { carryReleased } from './outbox.queries.ts';
import { pseudonym } from './pseudonym.ts';
import type { Actor, Change, RecordEvent } from './record.ts';
import { createChange, createRecord } from './record.ts';
import type { Preview } from './trial.ts';
import { createTrial } from './trial.ts';

/** Everything that could leave this server, behind one gate. Nothing here waits for a network, except `sendTest`. */
export interface Telemetry {
  consents: ConsentStore;
  outbox: Outbox;
  ledger: Ledger;
  gateway: Gateway;
  delivery: Delivery;
  installation: Installation;
  errors: ErrorReporter;
  record: RecordEvent;
  change: Change;
  /** What a channel may do now, and why. */
  state(channel: TelemetryChannel): ChannelState;
  /**
   * Decides about a channel, at once: off drops what waits with the decision itself and cuts what is on its way, review
   * holds what waits.
   */
  switchChannel(
    actor: Actor,
    channel: TelemetryChannel,
    mode: ChannelMode,
    source: Exclude<ConsentsTable['source'], 'environment'>,
  ): Promise<void>;
  /** A person has said no to product events: cuts those on their way, and drops those that wait. */
  objected(user_id: number): Promise<void>;
  /** Resolves when all that was recorded so far is in the outbox: page views wait a moment for each other. Never rejects. */
  queued(): Promise<void>;
  /** What would leave next, or a sample while nothing waits; undefined without a destination. */
  preview(channel: TelemetryChannel): Promise<Preview | undefined>;
  /** Sends a sample and waits for its answer, for five seconds at most. */
  sendTest(channel: TelemetryChannel): Promise<OutboundAnswer | { refused: Reason }>;
  /** Begins to deliver. Only the server does; a command leaves what it queued to it. */
  start(): void;
  /** Ends deliveries and queues what is in memory; takes two seconds at most. What is recorded later is still queued. */
  stop(): Promise<void>;
  /** The same, and nothing is recorded any more. */
  close(): Promise<void>;
}

interface Parts {
  config: Readonly<Config>;
  db: Db;
  now: () => number;
  logger: Logger;
  metrics: Metrics;
  /** Folder of the repository. */
  root: string;
  /** Random text of this installation: key of its pseudonyms. */
  secret: () => Promise<string>;
  /** True while an administrator exists. */
  isSetUp: () => Promise<boolean>;
}

/** Builds the outward half; opens, reads and starts nothing. */
export function createTelemetry(parts: Parts): Telemetry {
  const { config, db, now, logger, metrics, secret } = parts;
  const consents = createConsentStore({ db, config, isSetUp: parts.isSetUp, now });
  const ledger = createLedger({ db, now });
  const gateway = createGateway({ ledger, metrics, now });
  const countDropped = (purpose: string, count: number): void => metrics.events(purpose, 'dropped', count);
  const outbox = createOutbox({
    ...{ db, consents, now, countDropped, maxRows: config.outbox_max_rows },
    onQueued: (channel) => delivery.wake(channel),
    onError: (error) => logger.warn({ err: error }, 'the outbox was not cut to its bound'),
  });
  const leave = createLeave({
    config,
    consents,
    outbox,
    db,
    now,
    logger,
    secret,
    countEvent: metrics.events,
  });
  const events = { logger, startedAt: now(), countEvent: metrics.events, leave };
  const record = createRecord(events);
  const change = createChange(db, events);
  const errors = createErrors(parts, { consents, outbox });
  const installation = createInstallation({ config, db, consents, outbox, record, logger, now });
  const open = (channel: TelemetryChannel, through: Gateway) =>
    openSink(channel, through, { config, installation });
  const checked =
    (channel: TelemetryChannel): Gateway =>
    async (request) => {
      await delivery.check(channel);
      return gateway(request);
    };
  const sinks = keepSinks((channel) => open(channel, checked(channel)));
  const delivery: Delivery = createDelivery({
    ...{ db, consents, outbox, sinks, logger, now },
    countRejected: (purpose, count) => metrics.events(purpose, 'rejected', count),
    random: Math.random,
  });
  const trial = createTrial({
    ...{ config, db, now, consents, gateway, errors, installation, secret },
    openSink: open,
  });
  return {
    ...{ consents, outbox, ledger, gateway, delivery, installation, errors, record, change, ...trial },
    state: (channel) => consents.state(channel),
    queued: () => leave.settled(),
    switchChannel: switcher({ db, consents, outbox, change }),
    objected: async (user_id) => {
      delivery.objected(user_id);
      // What a request that was already under way has queued meanwhile.
      await outbox.dropPerson(db, user_id);
    },
    start: () => {
      consents.onChange((channel, { mode }) => {
        if (mode === 'off') return;
        if (channel === 'errors') errors.warmUp();
        if (channel === 'installation') void installation.checkAndSendTelemetry();
      });
      delivery.start();
    },
    stop: () => stop({ leave, errors, delivery }),
    close: async () => {
      await stop({ leave, errors, delivery });
      await errors.close(flushMs);
    },
  };
}

function createErrors(
  { config, db, now, logger, metrics, root, secret }: Parts,
  { consents, outbox }: Pick<Telemetry, 'consents' | 'outbox'>,
): ErrorReporter {
  return createErrorReporter({
    dsn: config.sentry_dsn,
    reporter: { root, release: config.version, environment: config.app_environment },
    ...{ consents, logger, now, countEvent: metrics.events },
    pseudonymOf: async (id) => pseudonym(await secret(), { namespace: 'errors', kind: 'user', id }),
    enqueue: (payloads) => outbox.enqueue(db, payloads),
  });
}

function switcher({
  db,
  consents,
  outbox,
  change,
}: Pick<Telemetry, 'consents' | 'outbox' | 'change'> & { db: Db }): Telemetry['switchChannel'] {
  return async (actor, channel, mode, source) => {
    await consents.refresh();
    const wasOff = consents.state(channel).mode === 'off';
    const before = consents.current(channel);
    const decided = await change(actor, async (trx, record) => {
      const row = await consents.decide(trx, { channel, mode, user_id: actor.user_id, source });
      // Also when it was off: what a slow request left behind belongs to an agreement that has ended.
      if (mode === 'off' || wasOff) await outbox.drop(trx, channel);
      // Said again, review mode does not take back what was released.
      if (mode === 'review' && before?.mode === mode) await carryReleased(trx, channel, before.id);
      record('admin.telemetry_toggled', { channel, mode, source });
      return row;
    });
    // Before anything is waited for: cuts what is on its way, through the listeners, and queues nothing more.
    consents.committed(decided);
    // What requests queued between the decision and now, this change's own event among it.
    if (mode === 'off') await outbox.drop(db, channel);
    if (mode === 'review') await outbox.hold(db, channel);
    // Others may have decided meanwhile.
    await consents.refresh();
  };
}

const flushMs = 500;

async function stop({
  leave,
  errors,
  delivery,
}: {
  leave: Leave;
  errors: ErrorReporter;
  delivery: Delivery;
}): Promise<void> {
  await Promise.all([delivery.stop(), errors.flush(flushMs), atMost(flushMs, leave.settled())]);
}
