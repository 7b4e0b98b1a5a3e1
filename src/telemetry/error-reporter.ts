import type { Logger } from 'pino';
import { atMost } from './at-most.ts';
import type { Payload } from './channels.ts';
import type { ConsentStore } from './consent-store.ts';
import type { ErrorReport, FinishedRequest, Report, Reporter } from './error-report.ts';
import { coveredError, errorReport, fingerprintOf, isTraceCovered, traceReport } from './error-report.ts';
import type { Envelope, SentryClient } from './sinks/sentry.ts';
import { envelopeOf, newIds, openSentryClient } from './sinks/sentry.ts';
import { createStormLimit } from './storm-limit.ts';

/** Where an error came up, and whose request it was. */
export interface ErrorOrigin {
  request_id?: string | undefined;
  /** Route pattern, or a constant such as `(middleware)`. */
  endpoint?: string | undefined;
  user_id?: number | null | undefined;
  /** False when it ends the process. */
  handled: boolean;
}

/** What goes wrong here, and how long it takes, on its way to the outbox of the channel `errors`. */
export interface ErrorReporter {
  /** Never throws, never waits. */
  reportError: (error: unknown, origin: ErrorOrigin) => void;
  /** Only for requests that were chosen to be traced. */
  reportTrace: (request: FinishedRequest) => void;
  /** Loads the SDK when the channel may send, so that the first error does not wait half a second for it. */
  warmUp: () => void;
  /**
   * What a report of this server looks like, made up, of the fields that are agreed to; undefined when what is agreed to
   * makes no report. Without the SDK, so also while the channel is off.
   */
  sample: () => string | undefined;
  /** Resolves when everything reported is in the outbox, or after so long. */
  flush: (timeoutMs: number) => Promise<void>;
  /** Ends the SDK after a flush. */
  close: (timeoutMs: number) => Promise<void>;
}

interface Parts {
  /** Undefined where none is configured: the channel is off then. */
  dsn: string | undefined;
  reporter: Reporter;
  consents: Pick<ConsentStore, 'state' | 'covers'>;
  pseudonymOf: (user_id: number) => Promise<string>;
  enqueue: (payloads: Payload[]) => Promise<void>;
  countEvent: (
    event: 'error' | 'trace',
    outcome: 'recorded' | 'withheld' | 'queued' | 'dropped',
    count?: number,
  ) => void;
  logger: Logger;
  now: () => number;
}

const limits = { perKind: 5, total: 100, windowMs: 5 * 60_000 };
/** Payloads in memory at most, while the database takes none. */
const waitingMax = 1_000;

/**
 * Everything that was thrown is made into a report at once, of the listed fields only, so that nothing holds on to the
 * error; the SDK gets the report, and the outbox what the SDK makes of it.
 */
export function createErrorReporter(parts: Parts): ErrorReporter {
  const { consents, countEvent, reporter, now } = parts;
  const mayPass = createStormLimit(limits);
  const covers = (field: string): boolean => consents.covers('errors', field);
  const isOff = (): boolean => consents.state('errors').mode === 'off';
  const inbox = createInbox(parts);
  let client: Promise<SentryClient> | undefined;
  let loaded: SentryClient | undefined;
  const open = async (dsn: string): Promise<SentryClient> => {
    loaded = await openSentryClient({ dsn, reporter, keep: inbox.keep });
    return loaded;
  };
  /** One for the life of the process: every further one would leave listeners behind. A switch is asked at each report. */
  const load = (): Promise<SentryClient> => {
    client ??= open(parts.dsn ?? '');
    return client;
  };

  const reportError = (error: unknown, origin: ErrorOrigin): void => {
    countEvent('error', 'recorded');
    if (isOff()) return countEvent('error', 'withheld');
    try {
      take(error, origin);
    } catch {
      // Only what is no honest error gets here, such as a proxy that throws when it is looked at.
      countEvent('error', 'dropped');
    }
  };
  const take = (error: unknown, origin: ErrorOrigin): void => {
    const context = { endpoint: undefined, request_id: undefined, ...origin, at: now() };
    const whole = errorReport(error, context, reporter);
    const report = coveredError(whole, covers);
    if (!report) countEvent('error', 'withheld');
    else if (!mayPass(fingerprintOf(whole), now())) countEvent('error', 'dropped');
    else inbox.track('error', capture(report, origin));
    if (!origin.handled) ending.resolve(undefined);
  };
  const capture = async (report: ErrorReport, { user_id = null }: ErrorOrigin): Promise<void> => {
    const id = user_id === null || !covers('error.user') ? undefined : await parts.pseudonymOf(user_id);
    await pass({ ...report, ...(id === undefined ? undefined : { user: { id } }) }, user_id);
  };
  const ending = Promise.withResolvers<undefined>();
  /** A process that ends does not wait for the SDK to load: its reports get the same envelope without it. */
  const pass = async (report: Report, user_id: number | null): Promise<void> => {
    const client = await Promise.race([load(), ending.promise]);
    if (client) client.capture(report, user_id);
    else inbox.keep(envelopeOf(report, newIds().trace_id, user_id));
  };

  return {
    reportError,
    reportTrace: (request) => {
      countEvent('trace', 'recorded');
      if (isOff() || !isTraceCovered(covers)) countEvent('trace', 'withheld');
      else inbox.track('trace', pass(traceReport(request, reporter, newIds()), null));
    },
    warmUp: () => {
      if (!isOff())
        load().catch((error: unknown) => parts.logger.error({ err: error }, 'error reports failed'));
    },
    sample: () => sampleOf(reporter, covers, now()),
    flush: inbox.flush,
    close: async (timeoutMs) => {
      ending.resolve(undefined);
      await inbox.flush(timeoutMs);
      // One that is still loading has nothing to lose, and is not waited for.
      await loaded?.close();
    },
  };
}

interface Inbox {
  keep: (envelope: Envelope) => void;
  /** Counts a report that could not be made. */
  track: (purpose: Envelope['purpose'], work: Promise<void>) => void;
  flush: (timeoutMs: number) => Promise<void>;
}

/** Between the SDK and the outbox: what comes up in one turn of the loop is one insert. */
function createInbox({ consents, enqueue, countEvent, logger }: Parts): Inbox {
  let waiting: Envelope[] = [];
  const pending = new Set<Promise<unknown>>();
  const follow = (work: Promise<unknown>): void => {
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };
  const count = (envelopes: Envelope[], outcome: 'withheld' | 'queued' | 'dropped'): void => {
    for (const { purpose } of envelopes) countEvent(purpose, outcome);
  };
  const write = async (): Promise<void> => {
    const envelopes = waiting;
    waiting = [];
    // Asked again: somebody may have said no while the SDK was loading.
    if (consents.state('errors').mode === 'off') return count(envelopes, 'withheld');
    try {
      await enqueue(envelopes.map(payloadOf));
      count(envelopes, 'queued');
    } catch (error) {
      count(envelopes, 'dropped');
      logger.warn({ err: error }, 'error reports were not queued');
    }
  };
  return {
    keep: (envelope) => {
      if (waiting.length >= waitingMax) return count([envelope], 'dropped');
      waiting.push(envelope);
      if (waiting.length === 1) follow(new Promise<void>((resolve) => setImmediate(resolve)).then(write));
    },
    track: (purpose, work) =>
      follow(
        work.catch((error: unknown) => {
          countEvent(purpose, 'dropped');
          logger.warn({ err: error }, 'an error report was not made');
        }),
      ),
    flush: async (timeoutMs) => {
      const settled = async (): Promise<void> => {
        while (pending.size > 0) await Promise.all(pending);
      };
      await atMost(timeoutMs, settled());
    },
  };
}

const payloadOf = ({ event_id, purpose, text, user_id }: Envelope): Payload => ({
  ...{ channel: 'errors', purpose, idempotency_key: event_id, user_id, body: text },
});

/** An error of nobody: what the page about the channel shows. */
function sampleOf(reporter: Reporter, covers: (field: string) => boolean, at: number): string | undefined {
  const error = new TypeError("Cannot read properties of undefined (reading 'an example')");
  const report = errorReport(
    error,
    { ...{ endpoint: '/projects/:id', handled: true, at }, request_id: undefined },
    reporter,
  );
  const covered = coveredError(report, covers);
  return covered && envelopeOf(covered, newIds().trace_id, null).text;
}
