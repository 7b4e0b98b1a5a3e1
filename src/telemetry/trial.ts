import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import type { Gateway, OutboundAnswer, OutboxRow, Reason, Sink, TelemetryChannel } from './channels.ts';
import { obstacleOf } from './consent.ts';
import type { ConsentStore } from './consent-store.ts';
import type { ErrorReporter } from './error-reporter.ts';
import type { Installation } from './installation.ts';
import { eventUuid, outwardEvent } from './outward.ts';
import { listPayloads } from './outbox.queries.ts';

interface Parts {
  config: Readonly<Config>;
  db: Db;
  now: () => number;
  consents: Pick<ConsentStore, 'state' | 'covers' | 'current' | 'onChange' | 'refresh'>;
  gateway: Gateway;
  openSink: (channel: TelemetryChannel, gateway: Gateway) => Promise<Sink>;
  errors: Pick<ErrorReporter, 'sample'>;
  installation: Pick<Installation, 'sample'>;
  secret: () => Promise<string>;
}

/** What the next call of a channel would be. */
export interface Preview {
  host: string;
  /** Exactly what would leave, as text. */
  bytes: string;
  /** True when nothing waits: then it is what a payload of this server looks like. */
  is_sample: boolean;
}

/** An administrator waits for it, so not as long as delivery would. */
const testWithinMs = 5_000;

/** Looks at a channel before anything is sent, and tries it out: for the pages. */
export function createTrial(parts: Parts) {
  return {
    /** Undefined when the channel has no destination, and when nothing waits and what is agreed to makes no payload. */
    preview: async (channel: TelemetryChannel): Promise<Preview | undefined> => {
      const obstacle = obstacleOf(channel, parts.config);
      if (obstacle === 'not_configured' || obstacle === 'host_missing') return undefined;
      const sink = await parts.openSink(channel, refusingGateway);
      const waiting = await nextRows(parts.db, channel, sink.maxBatch);
      const sample = waiting.length > 0 ? undefined : await sampleRow(channel, parts);
      const rows = sample ? [sample] : waiting;
      const shown = rows.length > 0 ? await sink.preview(rows) : undefined;
      await sink.close();
      if (!shown) return undefined;
      const { host, bytes } = shown;
      return { host, bytes: Buffer.from(bytes).toString('utf8'), is_sample: waiting.length === 0 };
    },
    /**
     * Sends a sample at once, past the outbox, through gate, gateway and ledger; answers with what came back. It has the
     * fields that are agreed to, and is not sent when they make no payload.
     */
    sendTest: async (channel: TelemetryChannel): Promise<OutboundAnswer | { refused: Reason }> => {
      await parts.consents.refresh();
      const { mode, reason } = parts.consents.state(channel);
      if (mode === 'off') return { refused: reason };
      const row = await sampleRow(channel, parts);
      return row ? sendSample(channel, row, parts) : { refused: 'not_covered' };
    },
  };
}

/** A preview that sends is a mistake of ours, and does not leave. */
const refusingGateway: Gateway = () => Promise.reject(new Error('a preview sends nothing'));

async function nextRows(db: Db, channel: TelemetryChannel, limit: number): Promise<OutboxRow[]> {
  const page = { limit, offset: 0 };
  const queued = await listPayloads(db, { channel, state: 'queued' }, page);
  return queued.length > 0 ? queued : listPayloads(db, { channel, state: 'held' }, page);
}

async function sendSample(channel: TelemetryChannel, row: OutboxRow, parts: Parts): Promise<OutboundAnswer> {
  const { consents, gateway } = parts;
  const cut = new AbortController();
  const end = consents.onChange((changed, { mode }) => {
    if (changed === channel && mode === 'off') cut.abort();
  });
  let answer: OutboundAnswer | undefined;
  try {
    const sink = await parts.openSink(channel, async (request) => {
      answer = await gateway({ ...request, purpose: 'test', timeoutMs: testWithinMs });
      return answer;
    });
    const consent_id = consents.current(channel)?.id ?? null;
    await sink.deliver([row], { signal: cut.signal, consent_id });
    await sink.close();
  } finally {
    end();
  }
  if (!answer) throw new Error(`the sink of ${channel} sent nothing`);
  return answer;
}

/** A payload that says something true about this server and nothing about anybody, as a row of the outbox. */
async function sampleRow(channel: TelemetryChannel, parts: Parts): Promise<OutboxRow | undefined> {
  const now = parts.now();
  const idempotency_key = eventUuid(now);
  const body = await sampleBody(channel, parts, idempotency_key);
  return body === undefined
    ? undefined
    : {
        ...{ id: 0, channel, purpose: 'test', idempotency_key, user_id: null, consent_id: null },
        body,
        ...{ state: 'queued', attempts: 0, next_attempt_at: now, created_at: now },
      };
}

async function sampleBody(
  channel: TelemetryChannel,
  { config, consents, errors, installation, now, secret }: Parts,
  uuid: string,
): Promise<string | undefined> {
  if (channel === 'errors') return errors.sample();
  if (channel === 'installation') {
    const ping = await installation.sample();
    return ping && JSON.stringify({ ...ping, uuid });
  }
  const { event } = outwardEvent(
    {
      ...{ name: 'admin.telemetry_viewed', user_id: null, at: now(), uuid },
      properties: { page: 'channels' },
    },
    {
      secret: await secret(),
      app_version: config.version,
      covers: (field) => consents.covers('analytics', field),
    },
  );
  return event && JSON.stringify(event);
}
