import type { EventMessage, PostHogOptions } from 'posthog-node';
import type { DeliveryOutcome, Gateway, OutboundAnswer, OutboxRow, Sink } from '../channels.ts';
import type { Verdict } from './answers.ts';
import { problemOf, verdictOf, verdicts } from './answers.ts';

interface PosthogSinkOptions {
  channel: 'analytics' | 'installation';
  apiKey: string;
  /** Ingestion address of the operator's project. */
  host: string;
  gateway: Gateway;
  /** Told what PostHog said about some rows, before they leave the outbox. */
  onSettled?: (rows: OutboxRow[], verdict: Verdict) => Promise<void>;
}

type SdkFetch = NonNullable<PostHogOptions['fetch']>;
/** One request of the SDK: the bytes, and what to answer it. */
type Send = (request: { headers: Record<string, string>; body: string }) => Promise<OutboundAnswer>;

const answerWithinMs = 10_000;

/**
 * Product events to the operator's PostHog project. The outbox is the queue, so the SDK is only asked to make the bytes
 * of one batch: it has a client per batch, which keeps nothing, retries nothing and owns no timer. Its own account of
 * what happened is not used (it drops a batch after a 503); the gateway's answer decides.
 */
export function createPosthogSink(options: PosthogSinkOptions): Sink {
  const host = options.host.replace(/\/+$/, '');
  return {
    channel: options.channel,
    maxBatch: 100,
    deliver: (rows, context) => deliver({ ...options, host }, rows, context),
    preview: async (rows) => {
      let bytes = new Uint8Array();
      await flushRows({ ...options, host }, rows, async ({ body }) => {
        bytes = Buffer.from(body);
        return taken;
      });
      return { host: new URL(host).host, bytes };
    },
    // Between two batches nothing of the SDK is alive.
    close: async () => undefined,
  };
}

const taken: OutboundAnswer = {
  ledger_id: 0,
  status: 200,
  problem: null,
  body: new Uint8Array(),
  retry_after_seconds: null,
};

async function deliver(
  options: PosthogSinkOptions,
  rows: OutboxRow[],
  { signal, consent_id }: Parameters<Sink['deliver']>[1],
): Promise<DeliveryOutcome> {
  const account = openAccount(rows);
  const unreadable = await flushRows(options, rows, async ({ headers, body }) => {
    const sent = account.rowsOf(body);
    account.give(sent, 'retry');
    const answer = await options.gateway({
      channel: options.channel,
      purpose: purposeOf(sent),
      consent_id,
      url: `${options.host}/batch/`,
      method: 'POST',
      headers,
      body: Buffer.from(body),
      people: [...new Set(sent.flatMap(({ user_id }) => user_id ?? []))],
      timeoutMs: answerWithinMs,
      signal,
    });
    account.answered(sent, answer);
    return answer;
  });
  account.give(unreadable, 'rejected');
  for (const verdict of verdicts) await options.onSettled?.(account.with(verdict), verdict);
  return account.outcome();
}

/** Keeps what became of each row, over all requests of one batch. */
function openAccount(rows: OutboxRow[]) {
  const byUuid = new Map(rows.map((row) => [row.idempotency_key, row]));
  const given = new Map<OutboxRow, Verdict>();
  let problem: string | null = null;
  let retry_after_seconds: number | null = null;
  const give = (some: OutboxRow[], verdict: Verdict) => some.forEach((row) => given.set(row, verdict));
  const withVerdict = (wanted: Verdict) => rows.filter((row) => (given.get(row) ?? 'retry') === wanted);
  const ids = (wanted: Verdict) => withVerdict(wanted).map(({ id }) => id);
  return {
    give,
    with: withVerdict,
    rowsOf: (body: string) => uuidsOf(body).flatMap((uuid) => byUuid.get(uuid) ?? []),
    answered: (sent: OutboxRow[], answer: OutboundAnswer) => {
      // Too large as a whole: the SDK sends the halves next, so that only a row too large by itself is given up.
      give(sent, answer.status === 413 && sent.length > 1 ? 'retry' : verdictOf(answer));
      problem = problemOf(answer) ?? problem;
      retry_after_seconds = answer.retry_after_seconds ?? retry_after_seconds;
    },
    outcome: (): DeliveryOutcome => ({
      delivered: ids('delivered'),
      rejected: ids('rejected'),
      retry: ids('retry'),
      retry_after_seconds,
      problem,
    }),
  };
}

const uuidsOf = (body: string): string[] =>
  (JSON.parse(body) as { batch: { uuid: string }[] }).batch.map(({ uuid }) => uuid);

/** The event's name where there is one, 'events' for a mixture. */
function purposeOf(rows: OutboxRow[]): string {
  const [first, ...others] = new Set(rows.map(({ purpose }) => purpose));
  return first !== undefined && others.length === 0 ? first : 'events';
}

/**
 * Gives rows to the SDK and lets it send them through `send`.
 *
 * @returns the rows that no request can carry.
 * @throws what `send` threw; answers of the destination, good or bad, are no errors here.
 */
async function flushRows(
  { apiKey, host }: PosthogSinkOptions,
  rows: OutboxRow[],
  send: Send,
): Promise<OutboxRow[]> {
  const failures: unknown[] = [];
  const client = await openClient(apiKey, host, (request) =>
    send(request).catch((error: unknown) => {
      failures.push(error);
      throw error;
    }),
  );
  const unreadable: OutboxRow[] = [];
  for (const row of rows) {
    const message = messageOf(row);
    if (message) client.capture(message);
    else unreadable.push(row);
  }
  // It rejects for every answer but 2xx; `send` has seen the answer, and knows better what it means.
  await client.flush().catch(() => undefined);
  if (failures.length > 0) throw failures[0];
  return unreadable;
}

/** The event that a row holds. The uuid is the row's, so that PostHog drops the second copy of a retry. */
function messageOf(row: OutboxRow): EventMessage | undefined {
  let body: unknown;
  try {
    body = JSON.parse(row.body);
  } catch {
    return undefined;
  }
  if (!isEventBody(body) || body.uuid !== row.idempotency_key) return undefined;
  return {
    distinctId: body.distinct_id,
    event: body.event,
    uuid: body.uuid,
    timestamp: new Date(body.timestamp),
    properties: { ...body.properties, $process_person_profile: false },
  };
}

interface EventBody {
  event: string;
  distinct_id: string;
  timestamp: string;
  uuid: string;
  properties: Record<string, string | number | boolean | null>;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function isEventBody(body: unknown): body is EventBody {
  if (typeof body !== 'object' || body === null) return false;
  const { event, distinct_id, timestamp, uuid, properties } = body as Record<string, unknown>;
  const areWords = [event, distinct_id].every((value) => typeof value === 'string' && value !== '');
  return (
    areWords &&
    typeof properties === 'object' &&
    !Number.isNaN(Date.parse(String(timestamp))) &&
    uuidPattern.test(String(uuid))
  );
}

/** A client that can do one thing: hand a batch to `send`. */
async function openClient(apiKey: string, host: string, send: Send) {
  const { PostHog } = await import('posthog-node');
  /** Says nothing about itself in each event: the name of a library is 60 bytes that answer nobody's question. */
  class Client extends PostHog {
    protected override getCommonEventProperties() {
      return {};
    }
  }
  const client = new Client(apiKey, {
    host,
    fetch: fetchThrough(`${host}/batch/`, send),
    // No timer, and no flush of its own accord: all rows go in one batch.
    flushInterval: 0,
    flushAt: 1_000_000,
    // The outbox retries, and the gateway has the shorter timeout.
    fetchRetryCount: 0,
    requestTimeout: 6 * answerWithinMs,
    // Readable bytes in the ledger.
    disableCompression: true,
    // The defaults of today, said so that other defaults change nothing.
    disableGeoip: true,
    historicalMigration: false,
    enableExceptionAutocapture: false,
    enableLocalEvaluation: false,
    preloadFeatureFlags: false,
    sendFeatureFlagEvent: false,
  });
  // It reads POSTHOG_CAPTURE_MODE from the environment, and would send another format to another path.
  Reflect.set(client, 'captureMode', 'v0');
  return client;
}

/**
 * The SDK dates each batch anew. Without that, an administrator can compare what was shown with what left, byte for byte,
 * and PostHog takes the events' own times as they are: it would move those that waited for long.
 */
function withoutSendingTime(body: string): string {
  const { sent_at: _sent_at, ...batch } = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(batch);
}

/** Lets the one request through that this sink makes; any other is refused without a byte. */
function fetchThrough(allowedUrl: string, send: Send): SdkFetch {
  return async (url, { body, headers, method }) => {
    if (url !== allowedUrl || method !== 'POST' || typeof body !== 'string')
      throw new Error('not a request of this sink');
    const answer = await send({ headers, body: withoutSendingTime(body) });
    if (answer.status === null) throw new Error(answer.problem ?? 'no answer');
    return {
      status: answer.status,
      headers: { get: () => null },
      body: null,
      text: async () => '',
      json: async () => ({}),
    };
  };
}
