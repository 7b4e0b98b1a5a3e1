import { randomBytes } from 'node:crypto';
import type { Event, EventHint, NodeOptions } from '@sentry/node';
import type { DeliveryOutcome, Gateway, OutboxRow, Sink } from '../channels.ts';
import type { Report, Reporter } from '../error-report.ts';
import { problemOf, verdictOf } from './answers.ts';

/** Name and version of the library, as it tells them itself; a test holds them against the package. */
export const sdk = { name: 'sentry.javascript.node', version: '11.12.0' } as const;

/** A payload as it will be on the wire. */
export interface Envelope {
  event_id: string;
  purpose: 'error' | 'trace';
  text: string;
  /** Whom it is about; not part of the text. */
  user_id: number | null;
}

interface Captured {
  report: Report;
  user_id: number | null;
}
/** What may leave, by the event that stands for it in the SDK. */
type Cleared = WeakMap<object, Captured>;
type Transport = ReturnType<NonNullable<NodeOptions['transport']>>;
type BeforeSend = NonNullable<NodeOptions['beforeSend']>;
type BeforeSendTransaction = NonNullable<NodeOptions['beforeSendTransaction']>;

interface ClientOptions {
  dsn: string;
  reporter: Reporter;
  /** Takes what the SDK would have sent. */
  keep: (envelope: Envelope) => void;
}

/** The SDK, which makes envelopes and sends nothing. */
export interface SentryClient {
  capture: (report: Report, user_id: number | null) => void;
  /** Resolves when everything captured was kept. */
  close: () => Promise<void>;
}

/**
 * Loads the SDK and makes a client of it. It is no global client, so nothing instruments, patches or listens, and the
 * variables that `init` would read (SENTRY_RELEASE, SENTRY_SPOTLIGHT, …) are not read. The SDK never sees an error:
 * it gets a finished report.
 */
export async function openSentryClient({ dsn, reporter, keep }: ClientOptions): Promise<SentryClient> {
  const { NodeClient, Scope } = await import('@sentry/node');
  const cleared: Cleared = new WeakMap();
  const clear = ({ event_id }: Event, { data }: EventHint): Event | null => {
    const captured = data as Captured | undefined;
    if (!captured || event_id === undefined) return null;
    const stand = { event_id, ...seen(captured.report) };
    cleared.set(stand, captured);
    return stand;
  };
  const client = new NodeClient({
    dsn,
    ...{ release: reporter.release, environment: reporter.environment },
    // Spans are made by hand (see traceReport): a rate, even 0, would arm the SDK's own. `static` keeps it from streaming.
    ...{ integrations: [], traceLifecycle: 'static', tracePropagationTargets: [] },
    ...{ sendClientReports: false, maxBreadcrumbs: 0, includeServerName: false, attachStacktrace: false },
    // Off as well, though nothing of it could pass `clear`.
    dataCollection: nothingCollected,
    ...{
      enableRuntimeChannelInjection: false,
      enableOpenTelemetrySetup: false,
      spotlight: false,
      debug: false,
    },
    stackParser: () => [],
    beforeSend: clear as BeforeSend,
    beforeSendTransaction: clear as BeforeSendTransaction,
    transport: () => keepingTransport(cleared, keep),
  });
  const scope = new Scope();
  scope.setClient(client);
  client.init();
  return {
    capture: (report, user_id) => {
      const data: Captured = { report, user_id };
      client.captureEvent(seen(report), { data }, scope);
    },
    close: async () => {
      await client.close(closeWithinMs);
      client.dispose();
    },
  };
}

const closeWithinMs = 500;

/** As much of a report as the SDK sees: whether it is an error or a transaction. */
const seen = ({ type }: Report): Event => (type === undefined ? {} : { type });

const nothingCollected = {
  ...{ userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
  ...{ databaseQueryData: false, queues: false, stackFrameVariables: false, frameContextLines: 0 },
  graphQL: { document: false, variables: false },
  genAI: { inputs: false, outputs: false },
  mcp: { inputs: false, outputs: false },
};

/**
 * The end of the SDK's way. `beforeSend` is not: metadata is added after it, and an error inside the SDK goes round it.
 * So an item passes only if it stands for a cleared report, and it is that report which is written down.
 */
function keepingTransport(cleared: Cleared, keep: ClientOptions['keep']): Transport {
  return {
    send: async ([headers, items]) => {
      for (const [, payload] of items as Iterable<[unknown, unknown]>) {
        const captured = typeof payload === 'object' && payload !== null ? cleared.get(payload) : undefined;
        const { event_id } = headers as { event_id?: string };
        if (captured && event_id !== undefined) keep(envelopeOf(captured.report, event_id, captured.user_id));
      }
      return {};
    },
    flush: async () => true,
  };
}

/**
 * The wire form. Its header names no key, no sampling and no trace, and no time of sending either: Sentry would take an
 * envelope that waited in the outbox for one of a clock that is wrong, and move the event to when it arrived.
 */
export function envelopeOf(report: Report, event_id: string, user_id: number | null): Envelope {
  const type = report.type ?? 'event';
  // `infer_ip`: the destination must not write down the address that it sees as that of the person.
  const event = { event_id, ...report, sdk: { ...sdk, settings: { infer_ip: 'never' } } };
  return {
    event_id,
    purpose: report.type === undefined ? 'error' : 'trace',
    text: [{ event_id }, { type }, event].map((part) => JSON.stringify(part)).join('\n'),
    user_id,
  };
}

export const newIds = (): { trace_id: string; span_id: string } => ({
  trace_id: randomBytes(16).toString('hex'),
  span_id: randomBytes(8).toString('hex'),
});

interface SinkOptions {
  dsn: string;
  gateway: Gateway;
}

const answerWithinMs = 10_000;

/** Posts envelopes as they lie in the outbox, one a request: an envelope carries one event, whose id makes it unique. */
export function createSentrySink({ dsn, gateway }: SinkOptions): Sink {
  const { url, host, auth } = endpointOf(dsn);
  const headers = { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth };
  return {
    channel: 'errors',
    maxBatch: 1,
    deliver: async (rows, context) => {
      const outcome: DeliveryOutcome = {
        ...{ delivered: [], rejected: [], retry: [], retry_after_seconds: null, problem: null },
      };
      for (const { id, purpose, body, user_id } of rows) {
        const answer = await gateway({
          ...{
            channel: 'errors',
            purpose,
            url,
            method: 'POST',
            headers,
            body: Buffer.from(body),
            ...context,
          },
          ...{ people: user_id === null ? [] : [user_id], timeoutMs: answerWithinMs },
        });
        const verdict = verdictOf(answer);
        outcome[verdict].push(id);
        outcome.problem = problemOf(answer) ?? outcome.problem;
        outcome.retry_after_seconds = answer.retry_after_seconds ?? outcome.retry_after_seconds;
        // What said no to one says no to the next.
        if (verdict === 'retry') break;
      }
      return outcome;
    },
    preview: async ([row]: OutboxRow[]) => ({ host, bytes: Buffer.from(row?.body ?? '') }),
    close: async () => undefined,
  };
}

/** `https://key@host/path/7` posts to `https://host/path/api/7/envelope/`. The key is in a header, not in what is kept. */
function endpointOf(dsn: string): { url: string; host: string; auth: string } {
  const { origin, host, username, pathname } = new URL(dsn);
  const [, path = '', project = ''] = /^(.*)\/(\d+)$/.exec(pathname) ?? [];
  return {
    url: `${origin}${path}/api/${project}/envelope/`,
    host,
    auth: `Sentry sentry_version=7, sentry_client=${sdk.name}/${sdk.version}, sentry_key=${username}`,
  };
}
