import { parseEnvelope } from '@sentry/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { sdk } from '../../src/telemetry/sinks/sentry.ts';
import type { ErrorReport, TraceReport } from '../../src/telemetry/error-report.ts';
import { surroundings } from '../../src/telemetry/catalogue.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import { logOf, newInstallation, startServerProcess } from '../support/server-process.ts';

const key = '0123456789abcdef0123456789abcdef';
const dsnOf = ({ host }: Destination): string => `http://${key}@${host}/inside/a/path/7`;
const root = join(import.meta.dirname, '../..');

let sentry: Destination;
beforeEach(async () => {
  sentry = await openDestination({ kind: 'answer', body: '{"id":"1"}' });
});
afterEach(() => sentry.close());

/** The application with the channel on, delivering. */
async function startApp(environment: Record<string, string> = {}): Promise<TestApp> {
  const app = await createTestApp({ environment: { SENTRY_DSN: dsnOf(sentry), ...environment } });
  app.expectErrors();
  app.deps.telemetry.start();
  await app.deps.telemetry.consents.refresh();
  return app;
}

/** Makes the page of the timer fail for everybody. */
const breakTimer = ({ deps }: TestApp): Promise<void> =>
  deps.db.schema.alterTable('entries').renameTo('entries_gone').execute();

interface Received {
  header: Record<string, unknown>;
  type: string;
  event: (ErrorReport | TraceReport) & { event_id: string; sdk: unknown };
  bytes: number;
}

/** Every item that arrived, read as Sentry's own code reads it. */
function receivedBy({ requests }: Destination): Received[] {
  return requests.flatMap(({ body }) => {
    const [header, items] = parseEnvelope(body);
    return (items as [{ type: string }, Received['event']][]).map(([{ type }, event]) => ({
      ...{ header, type, event, bytes: body.length },
    }));
  });
}

async function countOf(app: TestApp, event: string, outcome: string): Promise<number> {
  const line = new RegExp(`^tt_events_total\\{event="${event}",outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await app.deps.metrics.render())?.[1] ?? 0);
}

const canaries = {
  query: 'CanaryQuery',
  cookie: 'CanaryCookie',
  header: 'CanaryHeader',
  agent: 'CanaryAgent',
  requestId: 'CanaryRequest',
};

describe('an error of a page', () => {
  it('arrives as one event with nothing but the listed fields', async () => {
    const app = await startApp();
    await breakTimer(app);
    const answer = await app
      .as('bob')
      .get(`/timer?search=${canaries.query}`)
      .set('User-Agent', canaries.agent)
      .set('X-Forwarded-For', '203.0.113.77')
      .set('X-Something', canaries.header)
      .set('Cookie', `${app.cookies.bob}; other=${canaries.cookie}`);
    expect(answer.status).toBe(500);
    await sentry.until(1);
    const [received] = receivedBy(sentry);
    const { header, type, event, bytes } = received as Received;
    expect(Object.keys(header).sort()).toEqual(['event_id']);
    expect(type).toBe('event');
    expect(bytes).toBeLessThanOrEqual(2_500);
    expect(event).toEqual({
      event_id: header['event_id'],
      ...{ level: 'error', platform: 'node', timestamp: app.clock.now / 1000 },
      ...{ release: app.deps.config.version, environment: 'production', transaction: '/timer' },
      tags: { request_id: answer.headers['x-request-id'] },
      user: { id: expect.stringMatching(/^[\w-]{12,32}$/) as unknown },
      exception: { values: expect.any(Array) as unknown },
      sdk: { ...sdk, settings: { infer_ip: 'never' } },
    });
    const { exception } = event as ErrorReport;
    expect(exception.values.at(-1)?.stacktrace?.frames.some(({ filename }) => /^src\//.test(filename))).toBe(
      true,
    );
    const words = sentry.bytes().toString('utf8').toLowerCase();
    for (const canary of [
      ...Object.values(canaries),
      'entries_gone',
      'bob@example.com',
      '203.0.113.77',
      root,
    ])
      expect(words).not.toContain(canary.toLowerCase());
    await app.close();
  });

  it('names an id of this server where a proxy gave the request one, and the log has both', async () => {
    const app = await startApp({ TRUST_PROXY: '127.0.0.1, ::1' });
    await breakTimer(app);
    const answer = await app.as('bob').get('/timer').set('X-Request-Id', canaries.header);
    expect(answer.headers['x-request-id']).toBe(canaries.header);
    await sentry.until(1);
    const { tags } = receivedBy(sentry)[0]?.event as ErrorReport;
    expect(tags?.request_id).toMatch(/^[0-9a-f]{12}-\w+$/);
    expect(sentry.bytes().toString('utf8')).not.toContain(canaries.header);
    const lines = app.logLines().filter((line) => line['own_request_id'] === tags?.request_id);
    expect(lines.map(({ msg, request_id }) => [msg, request_id])).toEqual([
      ['request failed', canaries.header],
      ['request', canaries.header],
    ]);
    await app.close();
  });

  it('is posted with the key in a header, and no header of a trace', async () => {
    const app = await startApp();
    await breakTimer(app);
    await app.as('bob').get('/timer');
    await sentry.until(1);
    const { method, path, headers, body } = sentry.requests[0] ?? {};
    expect([method, path]).toEqual(['POST', '/inside/a/path/api/7/envelope/']);
    expect(headers?.['x-sentry-auth']).toBe(
      `Sentry sentry_version=7, sentry_client=${sdk.name}/${sdk.version}, sentry_key=${key}`,
    );
    expect(headers?.['content-type']).toBe('application/x-sentry-envelope');
    expect(Object.keys(headers ?? {})).not.toEqual(expect.arrayContaining(['sentry-trace']));
    for (const name of ['sentry-trace', 'baggage', 'traceparent', 'cookie', 'referer'])
      expect(headers?.[name]).toBeUndefined();
    expect(body?.toString('utf8')).not.toContain(key);
    await app.close();
  });

  it('of a stranger has no person, and of two people two pseudonyms that stay', async () => {
    const app = await startApp();
    await app.deps.db.schema.alterTable('clients').renameTo('clients_gone').execute();
    for (const name of ['alice', 'bob'] as const) await app.as(name).get('/clients');
    await app.deps.db.schema.alterTable('sessions').renameTo('sessions_gone').execute();
    await app.as('alice').get('/account');
    await sentry.until(3);
    const pseudonyms = receivedBy(sentry).map(({ event }) => (event as ErrorReport).user?.id);
    const known = pseudonyms.filter((id) => id !== undefined);
    expect(known).toHaveLength(2);
    expect(new Set(known).size).toBe(2);
    await app.close();
  });

  it('is in the ledger as it left, and says of whom it was', async () => {
    const app = await startApp();
    await breakTimer(app);
    await app.as('bob').get('/timer');
    await sentry.until(1);
    const row = await app.deps.db
      .selectFrom('ledger')
      .innerJoin('ledger_people', 'ledger_people.ledger_id', 'ledger.id')
      .select(['body', 'purpose', 'channel', 'host', 'ledger_people.user_id'])
      .executeTakeFirstOrThrow();
    expect(row).toEqual({
      ...{ channel: 'errors', purpose: 'error', host: sentry.host, user_id: app.ids.bob },
      body: sentry.requests[0]?.body.toString('utf8'),
    });
    await app.close();
  });

  it('expected by the rules is none', async () => {
    const app = await startApp();
    expect((await app.as('bob').get('/no-such-page')).status).toBe(404);
    expect((await app.as('bob').post('/entries', {})).status).toBeLessThan(500);
    expect(await countOf(app, 'error', 'recorded')).toBe(0);
    await app.close();
  });

  it('a thousand times over is five reports, and all are counted', async () => {
    const app = await startApp();
    const { errors } = app.deps.telemetry;
    const fail = (): Error => new Error('the same');
    for (let time = 0; time < 1_000; time += 1) errors.reportError(fail(), { handled: true });
    await errors.flush(20_000);
    await sentry.until(5);
    expect(await countOf(app, 'error', 'recorded')).toBe(1_000);
    expect(await countOf(app, 'error', 'queued')).toBe(5);
    expect(await countOf(app, 'error', 'dropped')).toBe(995);
    app.clock.now += 10 * 60_000;
    errors.reportError(fail(), { handled: true });
    await sentry.until(6);
    await app.close();
  });

  it('reported by a proxy that cannot be looked at is dropped and hurts nobody', async () => {
    const app = await startApp();
    const trap = new Proxy(new Error('x'), {
      getPrototypeOf: () => {
        throw new Error('no');
      },
    });
    app.deps.telemetry.errors.reportError(trap, { handled: true });
    expect(await countOf(app, 'error', 'dropped')).toBe(1);
    await app.close();
  });
});

describe('what Sentry answers', () => {
  async function outcomeOf(status: number): Promise<{ waiting: number; arrived: number }> {
    sentry.behave({ kind: 'answer', status, headers: status === 429 ? { 'retry-after': '60' } : {} });
    const app = await startApp();
    app.deps.telemetry.errors.reportError(new Error('x'), { handled: true });
    await sentry.until(1);
    let waiting = 1;
    // A row goes, or is put off, a moment after the answer.
    for (let turn = 0; turn < 200 && waiting > 0; turn += 1) {
      const rows = await app.deps.db.selectFrom('outbox').select('attempts').execute();
      waiting = rows.length;
      if (rows.some(({ attempts }) => attempts > 0)) break;
      await sleep(10);
    }
    await app.close();
    return { waiting, arrived: sentry.requests.length };
  }

  it.each([
    [200, 0],
    [400, 0],
    [413, 0],
    [429, 1],
    [401, 1],
    [503, 1],
  ])('with %i leaves %i waiting', async (status, waiting) => {
    expect(await outcomeOf(status)).toEqual({ waiting, arrived: 1 });
  });
});

describe('the SDK', () => {
  it('is the version that is told to Sentry', () => {
    const { version } = JSON.parse(
      readFileSync(join(root, 'node_modules/@sentry/node/package.json'), 'utf8'),
    ) as { version: string };
    expect(sdk.version).toBe(version);
  });

  it('leaves nothing behind in the process, however often the channel is switched', async () => {
    const app = await startApp();
    const { telemetry } = app.deps;
    telemetry.errors.reportError(new Error('first'), { handled: true });
    await sentry.until(1);
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = listeners();
    const actor = { user_id: app.ids.alice };
    for (let time = 0; time < 20; time += 1) {
      await telemetry.switchChannel(actor, 'errors', 'off', 'panel');
      telemetry.errors.reportError(new Error(`off ${time}`), { handled: true });
      await telemetry.switchChannel(actor, 'errors', 'auto', 'panel');
    }
    expect(listeners()).toEqual(before);
    telemetry.errors.reportError(new Error('last'), { handled: true });
    await sentry.until(2);
    await telemetry.errors.flush(5_000);
    expect(sentry.requests).toHaveLength(2);
    expect(await countOf(app, 'error', 'withheld')).toBe(20);
    await app.close();
  });

  it('is not there for anybody else: no client answers to the global functions', async () => {
    const app = await startApp();
    app.deps.telemetry.errors.reportError(new Error('x'), { handled: true });
    await sentry.until(1);
    const { captureException, getClient } = await import('@sentry/core');
    expect(getClient()).toBeUndefined();
    captureException(new Error('Canary'));
    await app.deps.telemetry.errors.flush(5_000);
    expect(sentry.requests).toHaveLength(1);
    await app.close();
  });

  it('makes nothing that leaves when the channel is switched off in the same moment', async () => {
    const app = await startApp();
    const { telemetry, db } = app.deps;
    telemetry.errors.reportError(new Error('x'), { handled: true });
    await telemetry.switchChannel({ user_id: null }, 'errors', 'off', 'command');
    await telemetry.errors.flush(20_000);
    const waiting = () => db.selectFrom('outbox').selectAll().where('channel', '=', 'errors').execute();
    // Delivery takes away what a slow insert left behind.
    for (let turn = 0; turn < 100 && (await waiting()).length > 0; turn += 1) await sleep(50);
    expect(await waiting()).toEqual([]);
    expect(sentry.requests).toEqual([]);
    await app.close();
  });
});

describe('the sample', () => {
  it('is an envelope of a made-up error, as long as nobody agreed to anything', async () => {
    const app = await createTestApp();
    const [header, [item]] = parseEnvelope(app.deps.telemetry.errors.sample() ?? '');
    expect(Object.keys(header).sort()).toEqual(['event_id']);
    const [{ type }, event] = item as unknown as [{ type: string }, ErrorReport];
    expect(type).toBe('event');
    expect(event.exception.values[0]?.type).toBe('TypeError');
    await app.close();
  });

  it('has a place for every field of the catalogue', async () => {
    const app = await createTestApp();
    const text = app.deps.telemetry.errors.sample() ?? '';
    const event = JSON.parse(text.split('\n')[2] ?? '') as Record<string, unknown>;
    // The keys of an event, by the words that the catalogue has for them.
    const words: Record<string, string> = { exception: 'type', transaction: 'endpoint', tags: 'request_id' };
    const told = Object.keys(event).map((name) => `error.${words[name] ?? name}`);
    const constant = ['error.event_id', 'error.platform', 'error.sdk'];
    expect(told.filter((name) => !(name in surroundings.errors) && !constant.includes(name))).toEqual([]);
    await app.close();
  });
});

describe('traces', () => {
  it('are transactions of pattern, method, status, time and a count of statements', async () => {
    const app = await startApp({ SENTRY_TRACES_RATE: '1' });
    await app
      .as('bob')
      .get('/reports/summary?q=Canary')
      .set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    await sentry.until(1);
    const [received] = receivedBy(sentry);
    const { type, event, header, bytes } = received as Received;
    expect(type).toBe('transaction');
    expect(Object.keys(header).sort()).toEqual(['event_id']);
    expect(bytes).toBeLessThanOrEqual(2_500);
    expect(event).toEqual({
      ...{ event_id: header['event_id'], type: 'transaction', platform: 'node', spans: [] },
      ...{ transaction: '/reports/summary', transaction_info: { source: 'route' } },
      ...{ release: app.deps.config.version, environment: 'production' },
      ...{ start_timestamp: expect.any(Number) as unknown, timestamp: expect.any(Number) as unknown },
      contexts: {
        trace: {
          trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
          span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
          ...{ op: 'http.server', status: 'ok' },
          data: { 'http.request.method': 'GET', 'http.response.status_code': 200 },
        },
      },
      measurements: { 'db.statements': { value: expect.any(Number) as unknown, unit: 'none' } },
      sdk: { ...sdk, settings: { infer_ip: 'never' } },
    });
    const trace = event as TraceReport;
    expect(trace.measurements['db.statements'].value).toBeGreaterThan(2);
    expect(trace.timestamp).toBeGreaterThan(trace.start_timestamp);
    // The caller's trace is not continued: it would tie our requests to somebody else's.
    expect(sentry.bytes().toString('utf8')).not.toMatch(/0af7651916cd43dd|canary/i);
    await app.close();
  });

  it('are not made of probes and files', async () => {
    const app = await startApp({ SENTRY_TRACES_RATE: '1' });
    await app.stranger.get('/livez');
    await app.stranger.get(app.deps.assets.path('css/app.css'));
    expect(await countOf(app, 'trace', 'recorded')).toBe(0);
    await app.close();
  });

  it('are none at rate 0, and a share of the requests at a rate between', async () => {
    const app = await startApp();
    for (let time = 0; time < 20; time += 1) await app.stranger.get('/login');
    expect(await countOf(app, 'trace', 'recorded')).toBe(0);
    await app.close();
    const sampled = await startApp({ SENTRY_TRACES_RATE: '0.5' });
    for (let time = 0; time < 100; time += 1) await sampled.stranger.get('/login');
    const count = await countOf(sampled, 'trace', 'recorded');
    expect(count).toBeGreaterThan(15);
    expect(count).toBeLessThan(85);
    await sampled.close();
  });
});

const failingServer = { file: 'tests/telemetry/fixtures/failing-server.ts', until: 'ready to fail' };
const tellLoaded = ['--import', join(root, 'tests/telemetry/fixtures/tell-loaded.ts')];

/** Variables that `Sentry.init` would obey. */
const temptations = {
  SENTRY_RELEASE: 'canary-release',
  SENTRY_ENVIRONMENT: 'canary-environment',
  SENTRY_NAME: 'canary-host',
  SENTRY_TRACES_SAMPLE_RATE: '1',
  SENTRY_TRACE_LIFECYCLE: 'stream',
  SENTRY_TRACE: '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1',
  SENTRY_BAGGAGE: 'sentry-release=canary',
  SENTRY_DEBUG: '1',
};

describe('a server', () => {
  it.each([
    ['throw', 'failOnPurpose'],
    ['reject', undefined],
    ['string', undefined],
  ])('that fails by %s ends with 1, and the report arrives after the restart', async (way, place) => {
    const folder = await newInstallation();
    // Sentry is down at first: what arrives came through the outbox.
    await sentry.shut();
    const environment = {
      ...temptations,
      SENTRY_DSN: dsnOf(sentry),
      SENTRY_SPOTLIGHT: `${sentry.url}/stream`,
    };
    const failing = await startServerProcess(folder, { ...failingServer, environment, args: [way] });
    failing.kill('SIGUSR2');
    expect(await failing.ended).toBe(1);
    expect(failing.stderr()).toContain('stopped after an unexpected error');
    expect(logOf(folder).some(({ level, msg }) => level === 'fatal' && msg === 'uncaught exception')).toBe(
      true,
    );

    await sentry.reopen();
    const restarted = await startServerProcess(folder, { environment });
    await sentry.until(1);
    restarted.kill('SIGTERM');
    expect(await restarted.ended).toBe(0);
    const received = receivedBy(sentry);
    expect(received).toHaveLength(1);
    const event = received[0]?.event as ErrorReport;
    expect(event).toMatchObject({ level: 'fatal', transaction: '(process)', environment: 'production' });
    expect(event.exception.values[0]?.mechanism.handled).toBe(false);
    if (place !== undefined)
      expect(event.exception.values[0]?.stacktrace?.frames.map((frame) => frame.function)).toContain(place);
    expect(sentry.bytes().toString('utf8')).not.toMatch(/canary|0af7651916cd43dd/i);
  });

  it.each<[string, Record<string, string>, boolean]>([
    ['without a DSN', {}, false],
    ['with a veto', { DO_NOT_TRACK: '1', SENTRY_DSN: 'here' }, false],
    ['with the channel switched off', { SENTRY_DSN: 'here' }, false],
    // The test of the test.
    ['with the channel on', { SENTRY_DSN: 'here' }, true],
  ])('%s: the SDK is loaded only while the channel is on', async (name, options, isLoaded) => {
    const folder = await newInstallation();
    if (name.includes('switched off')) await switchOff(folder);
    const environment = Object.fromEntries(
      Object.entries(options).map(([option, value]) => [option, value === 'here' ? dsnOf(sentry) : value]),
    );
    const server = await startServerProcess(folder, { ...failingServer, environment, execArgv: tellLoaded });
    if (isLoaded) while (!server.stderr().includes('loaded ')) await sleep(20);
    // Longer than a start takes to look at the channels, and an error on top of it.
    else await sleep(700);
    server.kill('SIGUSR2');
    expect(await server.ended).toBe(1);
    expect(/loaded .*@sentry\/node\//.test(server.stderr())).toBe(isLoaded);
    if (!isLoaded) expect(sentry.connections()).toBe(0);
  });

  it.each([
    ['fails', 'fatal', 1],
    ['is stopped', 'error', 0],
  ])('that %s while the SDK is still loading keeps its report', async (how, level, code) => {
    const folder = await newInstallation();
    await sentry.shut();
    const server = await startServerProcess(folder, {
      ...failingServer,
      environment: { SENTRY_DSN: dsnOf(sentry) },
      execArgv: ['--import', join(root, 'tests/telemetry/fixtures/sdk-never-loads.ts')],
    });
    const { db } = await databaseOf(folder);
    if (how === 'is stopped') {
      await db.schema.alterTable('sessions').renameTo('sessions_gone').execute();
      const answer = await request(server.address)
        .get('/timer')
        .set('Cookie', `tt_session=${'a'.repeat(43)}`);
      expect(answer.status).toBe(500);
    }
    server.kill(how === 'fails' ? 'SIGUSR2' : 'SIGTERM');
    expect(await server.ended).toBe(code);
    const rows = await db.selectFrom('outbox').select(['channel', 'purpose', 'body']).execute();
    await db.destroy();
    expect(rows.map(({ channel, purpose }) => [channel, purpose])).toEqual([['errors', 'error']]);
    const [, [item]] = parseEnvelope(rows[0]?.body ?? '');
    expect((item as unknown as [unknown, ErrorReport])[1]).toMatchObject({ level, platform: 'node' });
  });

  it('before its setup loads nothing and sends nothing', async () => {
    const folder = await newInstallation();
    const server = await startServerProcess(folder, {
      environment: { DATA_DIR: join(folder, 'another'), SENTRY_DSN: dsnOf(sentry) },
      ...failingServer,
      execArgv: tellLoaded,
    });
    await sleep(300);
    server.kill('SIGUSR2');
    expect(await server.ended).toBe(1);
    expect(server.stderr()).not.toContain('loaded ');
    expect(sentry.connections()).toBe(0);
  });
});

/** The database of a server process. */
const databaseOf = (folder: string) =>
  connect({
    ...{ databaseUrl: undefined, sqliteSynchronous: 'normal', poolSize: 1 },
    sqliteFile: join(folder, 'data', 'timetracker.sqlite'),
  });

async function switchOff(folder: string): Promise<void> {
  const { db } = await databaseOf(folder);
  await db
    .insertInto('consents')
    .values({
      ...{ channel: 'errors', mode: 'off', catalogue_version: 1, covered: '[]', decided_at: 0 },
      ...{ user_id: null, source: 'command' },
    })
    .execute();
  await db.destroy();
}
