import type { Gateway, OutboxRow, Sink } from '../channels.ts';
import type { PingBody } from '../ping.ts';
import type { Verdict } from './answers.ts';
import { problemOf, verdictOf } from './answers.ts';

interface TeleSinkOptions {
  /** TELE_URL. */
  url: string;
  gateway: Gateway;
  /** Told what the destination said, before the row leaves the outbox. */
  onSettled: (rows: OutboxRow[], verdict: Verdict) => Promise<void>;
}

const answerWithinMs = 10_000;

/**
 * Installation telemetry to an address of its own: one POST a ping, one flat JSON object, and the id once more as
 * `Idempotency-Key`, the same at every attempt.
 */
export function createTeleSink({ url, gateway, onSettled }: TeleSinkOptions): Sink {
  return {
    channel: 'installation',
    maxBatch: 1,
    deliver: async (rows, { signal, consent_id }) => {
      const [row] = rows;
      const outcome = { delivered: [], rejected: [], retry: [], retry_after_seconds: null, problem: null };
      if (!row) return outcome;
      const answer = await gateway({
        channel: 'installation',
        purpose: row.purpose,
        consent_id,
        url,
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': row.idempotency_key },
        body: bytesOf(row),
        people: [],
        timeoutMs: answerWithinMs,
        signal,
      });
      const verdict = verdictOf(answer);
      await onSettled([row], verdict);
      return {
        ...outcome,
        [verdict]: [row.id],
        retry_after_seconds: answer.retry_after_seconds,
        problem: problemOf(answer),
      };
    },
    preview: async ([row]) => ({
      host: new URL(url).host,
      bytes: row ? bytesOf(row) : new Uint8Array(),
    }),
    close: async () => undefined,
  };
}

/** `{"id", "kind", "fingerprint", "timestamp", …properties}`. */
function bytesOf(row: OutboxRow): Uint8Array {
  const { event, distinct_id, timestamp, properties } = JSON.parse(row.body) as PingBody;
  const kind = event.replace('telemetry.', '');
  return Buffer.from(
    JSON.stringify({ id: row.idempotency_key, kind, fingerprint: distinct_id, timestamp, ...properties }),
  );
}
