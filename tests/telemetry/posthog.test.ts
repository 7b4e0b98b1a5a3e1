import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow, Sink } from '../../src/telemetry/channels.ts';
import { declarationOf, eventNames } from '../../src/telemetry/catalogue.ts';
import type { EventName } from '../../src/telemetry/catalogue.ts';
import { createGateway } from '../../src/telemetry/gateway.ts';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { createLedger } from '../../src/telemetry/ledger.ts';
import { outwardEvent } from '../../src/telemetry/outward.ts';
import { createPosthogSink } from '../../src/telemetry/sinks/posthog.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import { newInstallation, startServerProcess } from '../support/server-process.ts';

let app: TestApp;
let posthog: Destination;
let ledger: Ledger;
let sink: Sink;
const context = { signal: new AbortController().signal, consent_id: 7 };

beforeAll(async () => {
  app = await createTestApp();
  posthog = await openDestination();
  opened.push(posthog);
  const { db, metrics } = app.deps;
  ledger = createLedger({ db, now: () => app.clock.now });
  const gateway = createGateway({ ledger, metrics, now: () => app.clock.now });
  sink = createPosthogSink({
    channel: 'analytics',
    apiKey: 'phc_12345678',
    host: `${posthog.url}/`,
    gateway,
  });
});
beforeEach(() => {
  posthog.behave({ kind: 'answer' });
  posthog.requests.splice(0);
});

let lastId = 0;
/** An outbox row as the gate makes it. */
function rowOf(name: EventName, properties: Record<string, unknown>, user_id: number | null = 1): OutboxRow {
  const uuid = randomUUID();
  const local = { name, user_id, at: app.clock.now, uuid, properties };
  const rules = { secret: 'a'.repeat(64), app_version: '10.20.30', covers: () => true };
  const { event } = outwardEvent(local, rules);
  lastId += 1;
  return {
    id: lastId,
    channel: 'analytics',
    purpose: name,
    idempotency_key: uuid,
    user_id,
    body: JSON.stringify(event),
    consent_id: 7,
    state: 'queued',
    attempts: 0,
    next_attempt_at: 0,
    created_at: app.clock.now,
  };
}
const stopped = (user_id: number | null = 1) =>
  rowOf('timer.stopped', { duration_seconds: 3600, project_id: 12 }, user_id);

interface Batch {
  api_key: string;
  sent_at: string;
  batch: { uuid: string; event: string; distinct_id: string; timestamp: string; properties: object }[];
}
const batchOf = (body: Uint8Array) => JSON.parse(Buffer.from(body).toString()) as Batch;
const received = () => posthog.requests.map(({ body }) => batchOf(body));

describe('a batch', () => {
  it('is one POST to /batch/ with nothing in it but the rows and the key', async () => {
    const rows = [stopped(1), rowOf('timer.discarded', { duration_seconds: 60 }, 2)];
    const outcome = await sink.deliver(rows, context);
    expect(outcome).toEqual({
      delivered: rows.map(({ id }) => id),
      rejected: [],
      retry: [],
      retry_after_seconds: null,
      problem: null,
    });
    const [request, ...others] = posthog.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/batch/' });
    const [batch] = received();
    expect(Object.keys(batch ?? {}).sort()).toEqual(['api_key', 'batch']);
    expect(batch?.api_key).toBe('phc_12345678');
    for (const [index, row] of rows.entries()) {
      const stored = JSON.parse(row.body) as { timestamp: string };
      // Nothing is added to what was queued; only the time is written with its milliseconds.
      const timestamp = stored.timestamp.replace('Z', '.000Z');
      expect(batch?.batch[index]).toEqual({ ...stored, timestamp, uuid: row.idempotency_key });
    }
  });

  it('makes no profile, looks up no place and names no library', async () => {
    await sink.deliver([stopped()], context);
    const properties = received()[0]?.batch[0]?.properties;
    expect(properties).toMatchObject({ $process_person_profile: false, $geoip_disable: true });
    expect(Object.keys(properties ?? {}).sort()).toEqual(
      ['$geoip_disable', '$process_person_profile', 'app_version', 'duration_seconds', 'project_id'].sort(),
    );
  });

  it('tells of the sender by the name of the SDK only', async () => {
    await sink.deliver([stopped()], context);
    const headers = posthog.requests[0]?.headers ?? {};
    expect(Object.keys(headers).sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ]);
    expect(headers['user-agent']).toMatch(/^posthog-node\/[\d.]+$/);
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it('is in the ledger byte for byte, with the people it is about', async () => {
    await sink.deliver([stopped(app.ids.bob), stopped(app.ids.bob), stopped(null)], context);
    const { entries } = await ledger.list({ channel: 'analytics' });
    const newest = entries[0]?.request;
    expect(newest?.body).toBe(posthog.requests[0]?.body.toString());
    expect(newest).toMatchObject({ purpose: 'timer.stopped', consent_id: 7, host: posthog.host });
    const people = await app.deps.db
      .selectFrom('ledger_people')
      .select('user_id')
      .where('ledger_id', '=', newest?.id ?? 0)
      .execute();
    expect(people).toEqual([{ user_id: app.ids.bob }]);
  });

  it('of the widest events stays below 350 bytes an event, with all that the SDK adds', async () => {
    const widest = eventNames
      .filter((name) => declarationOf(name).channels.includes('analytics'))
      .map((name) => rowOf(name, widestProperties(name)));
    await sink.deliver(widest, context);
    const sizes = received().flatMap(({ batch }) =>
      batch.map((event) => [event.event, Buffer.byteLength(JSON.stringify(event))] as const),
    );
    expect(sizes).toHaveLength(widest.length);
    expect(sizes.filter(([, bytes]) => bytes > 350)).toEqual([]);
  });
});

/** The longest value of everything that an event declares. */
function widestProperties(name: EventName): Record<string, unknown> {
  const { properties } = declarationOf(name);
  return Object.fromEntries(
    Object.entries(properties).map(([key, property]): [string, unknown] => {
      if (property.kind === 'choice')
        return [key, property.values.toSorted((a, b) => b.length - a.length)[0]];
      if (property.kind === 'bucket') return [key, property.edges.at(-1)];
      if (property.kind === 'route') return [key, '/projects/:id/members/:user_id/delete'];
      return [key, property.kind === 'id' ? Number.MAX_SAFE_INTEGER : false];
    }),
  );
}

describe('the preview', () => {
  it('is what is sent then, but for the time of sending', async () => {
    const rows = [stopped(), stopped(2)];
    const preview = await sink.preview(rows);
    expect(posthog.requests).toEqual([]);
    expect(preview.host).toBe(posthog.host);
    await sink.deliver(rows, context);
    const sent = posthog.requests[0]?.body ?? Buffer.alloc(0);
    const withoutTime = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString()
        .replace(/"sent_at":"[^"]*"/, '');
    expect(withoutTime(preview.bytes)).toBe(withoutTime(sent));
    expect(preview.bytes.byteLength).toBe(sent.byteLength);
  });
});

describe('an answer', () => {
  it.each([
    [503, 'retry'],
    [500, 'retry'],
    [429, 'retry'],
    [401, 'retry'],
    [302, 'retry'],
    [400, 'rejected'],
    [413, 'rejected'],
    [422, 'rejected'],
    [204, 'delivered'],
  ] as const)('%i means %s, after one request', async (status, verdict) => {
    posthog.behave({ kind: 'answer', status });
    const row = stopped();
    const outcome = await sink.deliver([row], context);
    expect(outcome[verdict]).toEqual([row.id]);
    expect([...outcome.delivered, ...outcome.rejected, ...outcome.retry]).toEqual([row.id]);
    expect(outcome.problem).toBe(verdict === 'delivered' ? null : `http_${status}`);
    expect(posthog.requests).toHaveLength(1);
  });

  it('with Retry-After is handed on', async () => {
    posthog.behave({ kind: 'answer', status: 429, headers: { 'retry-after': '120' } });
    const outcome = await sink.deliver([stopped()], context);
    expect(outcome).toMatchObject({ retry_after_seconds: 120, problem: 'http_429' });
  });

  it('that does not come leaves the rows waiting, and a later attempt carries the same uuid and time', async () => {
    posthog.behave({ kind: 'cut', at: 'answer' });
    const row = stopped();
    expect(await sink.deliver([row], context)).toMatchObject({ retry: [row.id], problem: 'reset' });
    posthog.behave({ kind: 'answer' });
    app.clock.now += 3_600_000;
    expect(await sink.deliver([row], context)).toMatchObject({ delivered: [row.id], problem: null });
    const [first, second] = received();
    expect(first?.batch).toEqual(second?.batch);
  });

  it('413 for many makes halves of them, and gives up only what is too large by itself', async () => {
    // Two events fit, three do not.
    posthog.behave(({ headers }) => ({
      kind: 'answer',
      status: Number(headers['content-length']) > 862 ? 413 : 200,
    }));
    const rows = Array.from({ length: 7 }, () => stopped());
    const outcome = await sink.deliver(rows, context);
    expect(outcome).toMatchObject({ delivered: rows.map(({ id }) => id), rejected: [], retry: [] });
    const accepted = received().filter(({ batch }) => batch.length <= 2);
    expect(accepted.flatMap(({ batch }) => batch.map(({ uuid }) => uuid))).toEqual(
      rows.map(({ idempotency_key }) => idempotency_key),
    );
  });

  it('to an aborted call is none: the row waits', async () => {
    posthog.behave({ kind: 'silence' });
    const abort = new AbortController();
    const row = stopped();
    const outcome = sink.deliver([row], { ...context, signal: abort.signal });
    await posthog.until(1);
    abort.abort();
    expect(await outcome).toMatchObject({ retry: [row.id], problem: 'aborted' });
  });
});

describe('the SDK', () => {
  it('is given no row that it could not send as it is', async () => {
    const good = stopped();
    const broken = ['{', '[]', '{"event":"timer.stopped"}', good.body].map((body) => ({
      ...stopped(),
      body,
    }));
    const outcome = await sink.deliver([good, ...broken], context);
    expect(outcome.delivered).toEqual([good.id]);
    expect(outcome.rejected).toEqual(broken.map(({ id }) => id));
    expect(received().flatMap(({ batch }) => batch)).toHaveLength(1);
  });

  it('cannot be told by the environment to send something else', async () => {
    process.env['POSTHOG_CAPTURE_MODE'] = 'v1';
    try {
      await sink.deliver([stopped()], context);
    } finally {
      delete process.env['POSTHOG_CAPTURE_MODE'];
    }
    expect(posthog.requests.map(({ path }) => path)).toEqual(['/batch/']);
  });

  it('says nothing on the console, whatever goes wrong', async () => {
    const said: unknown[][] = [];
    const original = { ...console };
    for (const level of ['log', 'warn', 'error', 'info', 'debug'] as const)
      console[level] = (...words: unknown[]) => void said.push(words);
    try {
      posthog.behave({ kind: 'answer', status: 500 });
      await sink.deliver([stopped()], context);
      posthog.behave({ kind: 'cut', at: 'head' });
      await sink.deliver([stopped()], context);
    } finally {
      Object.assign(console, original);
    }
    expect(said).toEqual([]);
  });

  it('does nothing more after a batch: no other request, no timer that brings one', async () => {
    posthog.behave({ kind: 'answer', status: 503 });
    await sink.deliver([stopped()], context);
    // More than twice the three seconds after which the SDK would try again.
    await sleep(6_500);
    expect(posthog.requests).toHaveLength(1);
    expect(posthog.requests.map(({ path }) => path)).toEqual(['/batch/']);
  });
});

describe('a server', () => {
  const tellLoaded = ['--import', join(import.meta.dirname, 'fixtures/tell-loaded.ts')];

  it.each([
    ['while the channel is on', {}, true],
    ['with a veto', { DO_NOT_TRACK: '1' }, false],
    ['without a key', { POSTHOG_API_KEY: '' }, false],
  ])('loads the SDK and calls out %s', async (_when, changed: Record<string, string>, isOn) => {
    const folder = await newInstallation();
    const environment = { POSTHOG_API_KEY: 'phc_12345678', POSTHOG_HOST: posthog.url, ...changed };
    const connections = posthog.connections();
    const server = await startServerProcess(folder, { environment, execArgv: tellLoaded });
    for (let views = 0; views < 3; views += 1)
      expect((await fetch(`${server.address}/login`)).status).toBe(200);
    if (isOn) await posthog.until(1);
    else await sleep(1_000);
    server.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(/loaded .*posthog-node/.test(server.stderr())).toBe(isOn);
    expect(posthog.connections() > connections).toBe(isOn);
    expect(posthog.requests.filter(({ path }) => path !== '/batch/')).toEqual([]);
    if (isOn) expect(received()[0]?.batch[0]?.properties).toMatchObject({ endpoint: '/login' });
  });
});
