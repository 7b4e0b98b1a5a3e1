import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import type { Config, Environment } from '../../src/config/config.ts';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import type { Deps } from '../../src/deps.ts';
import { buildDeps } from '../../src/deps.ts';
import { outwardFields } from '../../src/telemetry/catalogue.ts';
import { insertConsent } from '../../src/telemetry/consents.queries.ts';
import type { SentPing } from '../../src/telemetry/ping.ts';
import { agreementWithout } from '../support/agreement.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import { newInstallation, startServerProcess } from '../support/server-process.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let receiver: Destination;
beforeEach(async () => {
  receiver = await openDestination();
  opened.push(receiver);
});

/** A server that was set up and agreed to installation telemetry, unless told otherwise. */
const start = (environment: Environment = {}): Promise<TestApp> =>
  createTestApp({
    environment: {
      TELE_URL: `${receiver.url}/pings`,
      TELE_SALT: 'salt of this test',
      APP_VERSION: '1.0.0',
      ENABLE_TELEMETRY: 'true',
      ...environment,
    },
  });

/** Another instance, or the same after a restart: the same database, with some options changed. */
async function startAgain(app: TestApp, changed: Partial<Config>): Promise<Deps> {
  const deps = await buildDeps({ ...app.deps.config, ...changed }, { now: () => app.clock.now });
  opened.push({ close: deps.close });
  return deps;
}

/** What the hourly job and the delivery after it do. */
async function check({ telemetry }: Deps): Promise<void> {
  await telemetry.installation.checkAndSendTelemetry();
  await telemetry.delivery.run('installation');
}

const received = () =>
  receiver.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
const receivedKinds = () => received().map(({ kind }) => kind);
const markerFile = (app: TestApp, kind: string) =>
  join(app.deps.config.data_dir, 'telemetry', `${kind}.json`);
const markerOf = (app: TestApp, kind: string) =>
  JSON.parse(readFileSync(markerFile(app, kind), 'utf8')) as SentPing;
const warnings = (app: TestApp) =>
  app.logLines().filter((line) => line['level'] === 'warn' && String(line['msg']).startsWith('telemetry '));

describe('the fingerprint', () => {
  it('is SHA-256 of host name and TELE_SALT, and no file is made', async () => {
    const app = await start();
    const fingerprint = await app.deps.telemetry.installation.getTelemetryFingerprint();
    expect(fingerprint).toBe(sha256(`${hostname()}salt of this test`));
    expect(existsSync(join(app.deps.config.data_dir, 'telemetry', 'salt'))).toBe(false);
  });

  it.each(['', 'change-me-to-random-string'])(
    'with TELE_SALT=%j has a salt of its own',
    async (TELE_SALT) => {
      const app = await start({ TELE_SALT });
      const fingerprint = await app.deps.telemetry.installation.getTelemetryFingerprint();
      const file = join(app.deps.config.data_dir, 'telemetry', 'salt');
      const salt = readFileSync(file, 'utf8').trim();
      expect(salt).toMatch(/^[0-9a-f]{64}$/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(fingerprint).toBe(sha256(hostname() + salt));
      const other = await start({ TELE_SALT });
      expect(await other.deps.telemetry.installation.getTelemetryFingerprint()).not.toBe(fingerprint);
    },
  );

  it('stays when the data folder is another one, and changes with TELE_SALT', async () => {
    const app = await start({ TELE_SALT: '' });
    const first = await app.deps.telemetry.installation.getTelemetryFingerprint();
    const data_dir = mkdtempSync(join(inject('folder'), 'other-'));
    const elsewhere = await startAgain(app, { data_dir });
    expect(await elsewhere.telemetry.installation.getTelemetryFingerprint()).toBe(first);
    const salted = await startAgain(app, { tele_salt: 'another' });
    const changed = sha256(`${hostname()}another`);
    expect(await salted.telemetry.installation.getTelemetryFingerprint()).toBe(changed);
  });
});

describe('what is sent', () => {
  it('is declared, true, and nothing else', async () => {
    const app = await start();
    await check(app.deps);
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/pings' });
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
      'idempotency-key',
    ]);
    const [ping] = received();
    expect(ping).toEqual({
      id: request?.headers['idempotency-key'],
      kind: 'install',
      fingerprint: sha256(`${hostname()}salt of this test`),
      timestamp: '2026-03-04T09:00:00Z',
      app_version: '1.0.0',
      previous_version: null,
      installed_at: '2026-03-04T09:00:00Z',
      updated_at: null,
      platform: process.platform,
      // Odd versions count as the even one before them.
      node_major: 2 * Math.floor(Number.parseInt(process.versions.node, 10) / 2),
    });
    const declared = new Set(outwardFields('installation').map((field) => field.split('.').at(-1)));
    expect(Object.keys(ping ?? {}).filter((field) => !declared.has(field))).toEqual([]);
  });

  it('leaves out what the agreement does not cover', async () => {
    const app = await start();
    const missing = ['ping.installed_at', 'telemetry.install.platform', 'telemetry.health'];
    await insertConsent(app.deps.db, {
      channel: 'installation',
      mode: 'auto',
      catalogue_version: 1,
      covered: agreementWithout('installation', ...missing),
      decided_at: app.clock.now,
      user_id: app.ids.alice,
      source: 'panel',
    });
    await check(app.deps);
    expect(received()[0]).not.toHaveProperty('installed_at');
    expect(received()[0]).not.toHaveProperty('platform');
    app.clock.now += 2 * dayMs;
    await check(app.deps);
    expect(receivedKinds()).toEqual(['install']);
  });

  it.each([
    ...['ping.id', 'ping.kind', 'ping.fingerprint', 'ping.timestamp'],
    ...['ping.$process_person_profile', 'ping.$geoip_disable'],
  ])('is nothing when %s, which every ping to PostHog has, is not agreed to', async (missing) => {
    const app = await start({ TELE_URL: '', POSTHOG_API_KEY: 'phc_12345678', POSTHOG_HOST: receiver.url });
    await insertConsent(app.deps.db, {
      ...{ channel: 'installation', mode: 'auto', catalogue_version: 1, decided_at: app.clock.now },
      ...{ user_id: app.ids.alice, source: 'panel' },
      covered: agreementWithout('installation', missing),
    });
    await check(app.deps);
    expect(receiver.connections()).toBe(0);
  });

  it('goes to the PostHog project where TELE_URL is not set, without a profile', async () => {
    const app = await start({
      TELE_URL: '',
      POSTHOG_API_KEY: 'phc_12345678',
      POSTHOG_HOST: receiver.url,
    });
    await check(app.deps);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/batch/']);
    const [{ batch = [] } = {}] = received() as { batch?: Record<string, unknown>[] }[];
    expect(batch).toHaveLength(1);
    expect(batch[0]).toMatchObject({
      event: 'telemetry.install',
      distinct_id: sha256(`${hostname()}salt of this test`),
      properties: { app_version: '1.0.0', $process_person_profile: false, $geoip_disable: true },
    });
    expect(markerOf(app, 'install').destination).toBe(receiver.host);
  });

  it('is told in the log and counted, and is in the ledger byte for byte', async () => {
    const app = await start();
    await check(app.deps);
    const events = app.logLines().filter(({ event }) => String(event).startsWith('telemetry.'));
    expect(events).toMatchObject([{ event: 'telemetry.install', platform: process.platform }]);
    const { entries } = await app.deps.telemetry.ledger.list({ channel: 'installation' });
    expect(entries.map(({ request }) => request.body)).toEqual([receiver.requests[0]?.body.toString()]);
    expect(entries[0]?.request.purpose).toBe('telemetry.install');
  });

  it('never goes over plain HTTP to another machine', () => {
    expect(() => loadConfig({ TELE_URL: 'http://telemetry.example.com/pings' })).toThrow(ConfigError);
    expect(loadConfig({ TELE_URL: 'https://telemetry.example.com/pings' }).tele_url).toBeDefined();
    expect(loadConfig({ TELE_URL: 'http://127.0.0.1:9/pings' }).tele_url).toBeDefined();
  });
});

describe('the gate', () => {
  it.each([
    ['nobody agreed', { ENABLE_TELEMETRY: '' }],
    ['the environment forbids it', { ENABLE_TELEMETRY: 'false' }],
    ['DO_NOT_TRACK is set', { DO_NOT_TRACK: '1' }],
    ['no destination is set', { TELE_URL: '' }],
  ])('lets nothing out while %s', async (_why, environment) => {
    const app = await start(environment);
    await check(app.deps);
    const { installation } = app.deps.telemetry;
    expect(installation.isTelemetryEnabled()).toBe(false);
    expect(await installation.sendInstallPing()).toBe(false);
    expect(await app.deps.db.selectFrom('outbox').select('id').execute()).toEqual([]);
    expect(receiver.connections()).toBe(0);
    expect(existsSync(join(app.deps.config.data_dir, 'telemetry'))).toBe(false);
  });

  it('lets nothing out before setup', async () => {
    const app = await createTestApp({
      empty: true,
      environment: { TELE_URL: receiver.url, ENABLE_TELEMETRY: 'true' },
    });
    await check(app.deps);
    expect(receiver.connections()).toBe(0);
  });

  it('opens with the click of an administrator and closes with the next, dropping what waits', async () => {
    const app = await start({ ENABLE_TELEMETRY: '' });
    const { telemetry, db } = app.deps;
    const actor = { user_id: app.ids.alice };
    await telemetry.switchChannel(actor, 'installation', 'auto', 'panel');
    expect(await telemetry.installation.sendInstallPing()).toBe(true);
    await telemetry.switchChannel(actor, 'installation', 'off', 'panel');
    expect(await db.selectFrom('outbox').select('id').execute()).toEqual([]);
    await check(app.deps);
    expect(receiver.connections()).toBe(0);
    // What was dropped was never sent, so it is due when somebody agrees again.
    await telemetry.switchChannel(actor, 'installation', 'auto', 'panel');
    await check(app.deps);
    expect(receivedKinds()).toEqual(['install']);
  });

  it('holds pings in review mode, each of them once', async () => {
    const app = await start();
    const { telemetry } = app.deps;
    await telemetry.switchChannel({ user_id: app.ids.alice }, 'installation', 'review', 'panel');
    await check(app.deps);
    await check(app.deps);
    const held = await telemetry.outbox.list('installation', { state: 'held', page: 1 });
    expect(held.rows.map(({ purpose }) => purpose)).toEqual(['telemetry.install']);
    expect(receiver.connections()).toBe(0);
    await telemetry.outbox.release('installation', { up_to: 1_000_000 });
    await telemetry.delivery.run('installation');
    expect(receivedKinds()).toEqual(['install']);
  });
});

describe('each ping', () => {
  it('goes out when it is due: install once, update once a version, health once a day', async () => {
    const app = await start();
    for (let hours = 0; hours < 20; hours += 1) {
      await check(app.deps);
      app.clock.now += hourMs;
    }
    expect(receivedKinds()).toEqual(['install']);
    const updated = await startAgain(app, { version: '1.1.0' });
    await check(updated);
    await check(updated);
    expect(receivedKinds()).toEqual(['install', 'update']);
    expect(received()[1]).toMatchObject({
      app_version: '1.1.0',
      previous_version: '1.0.0',
      updated_at: '2026-03-05T05:00:00Z',
    });
    for (let hours = 0; hours < 76; hours += 1) {
      await check(updated);
      app.clock.now += hourMs;
    }
    expect(receivedKinds()).toEqual(['install', 'update', 'health', 'health', 'health']);
    const instants = received().map(({ timestamp }) => Date.parse(String(timestamp)));
    const pauses = instants.slice(2).map((instant, index) => instant - (instants[index + 1] ?? 0));
    expect(pauses.filter((pause) => pause < dayMs)).toEqual([]);
    expect(received()[4]).toMatchObject({ previous_version: null, updated_at: '2026-03-05T05:00:00Z' });
    expect(new Set(received().map(({ id }) => id)).size).toBe(5);
  });

  it('has the functions that say so', async () => {
    const app = await start();
    const { installation, delivery } = app.deps.telemetry;
    await installation.checkAndSendTelemetry();
    await delivery.run('installation');
    expect(await installation.sendInstallPing()).toBe(false);
    expect(await installation.sendUpdatePing()).toBe(false);
    expect(await installation.sendHealthPing()).toBe(false);
    app.clock.now += dayMs + hourMs;
    expect(await installation.sendTelemetryPing('health')).toBe(true);
    expect(await installation.sendHealthPing()).toBe(false);
  });

  it('is one of several instances on one database, whoever asks first', async () => {
    const app = await start({ TELE_SALT: '' });
    const instances = [app.deps];
    for (let count = 0; count < 3; count += 1) {
      const data_dir = mkdtempSync(join(inject('folder'), 'instance-'));
      instances.push(await startAgain(app, { data_dir }));
    }
    await Promise.all(instances.map((deps) => deps.telemetry.installation.checkAndSendTelemetry()));
    await Promise.all(instances.map((deps) => deps.telemetry.delivery.run('installation')));
    for (const deps of instances) await check(deps);
    expect(receivedKinds()).toEqual(['install']);
    // Every instance's folder shows it.
    for (const { config } of instances)
      expect(existsSync(join(config.data_dir, 'telemetry', 'install.json'))).toBe(true);
  });

  it('that its destination refuses is not offered every hour', async () => {
    receiver.behave({ kind: 'answer', status: 400 });
    const app = await start();
    await check(app.deps);
    app.clock.now += hourMs;
    await check(app.deps);
    expect(receiver.requests).toHaveLength(1);
    expect(existsSync(markerFile(app, 'install'))).toBe(false);
    app.clock.now += dayMs;
    receiver.behave({ kind: 'answer' });
    await check(app.deps);
    expect(receiver.requests).toHaveLength(2);
    expect(existsSync(markerFile(app, 'install'))).toBe(true);
  });
});

describe('a marker', () => {
  it('is written when the destination took the ping, not before', async () => {
    receiver.behave({ kind: 'answer', status: 503 });
    const app = await start();
    await check(app.deps);
    expect(receiver.requests).toHaveLength(1);
    expect(existsSync(markerFile(app, 'install'))).toBe(false);
    receiver.behave({ kind: 'answer', status: 202 });
    app.clock.now += hourMs;
    await check(app.deps);
    const [first, second] = received();
    expect(second).toEqual(first);
    expect(markerOf(app, 'install')).toMatchObject({
      sent_at: '2026-03-04T10:00:00.000Z',
      app_version: '1.0.0',
      destination: receiver.host,
      payload: { event: 'telemetry.install', uuid: first?.['id'] },
    });
    expect(statSync(markerFile(app, 'install')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['lost', () => undefined],
    ['cut short', (text: string) => text.slice(0, 40)],
    ['edited by hand', () => '{"sent_at": "2026-03-04T09:00:00.000Z", "app_version": "1.0.0"}'],
    ['no record at all', () => '[]'],
  ] as [string, (text: string) => string | undefined][])(
    'that is %s sends nothing again, and is mended',
    async (_what, damage) => {
      const app = await start();
      await check(app.deps);
      const file = markerFile(app, 'install');
      const good = readFileSync(file, 'utf8');
      const bad = damage(good);
      if (bad === undefined) rmSync(file);
      else writeFileSync(file, bad);
      await check(app.deps);
      expect(receivedKinds()).toEqual(['install']);
      expect(readFileSync(file, 'utf8')).toBe(good);
    },
  );

  it('is believed where the database lost the record', async () => {
    const app = await start();
    await check(app.deps);
    await app.deps.db.deleteFrom('settings').where('name', '=', 'telemetry_install').execute();
    await check(app.deps);
    expect(receivedKinds()).toEqual(['install']);
  });

  it('of a wrong clock, years ahead, does not silence the server', async () => {
    const app = await start();
    await check(app.deps);
    const sent = { ...markerOf(app, 'install'), sent_at: '2031-01-01T00:00:00.000Z' };
    writeFileSync(markerFile(app, 'install'), JSON.stringify(sent));
    await check(app.deps);
    app.clock.now += dayMs + hourMs;
    await check(app.deps);
    expect(receivedKinds()).toEqual(['install', 'health']);
  });

  it('that cannot be written is logged once, and the ping is sent once all the same', async () => {
    const app = await start({ TELE_SALT: '' });
    // A file where the folder should be refuses everybody, whatever their rights.
    writeFileSync(join(app.deps.config.data_dir, 'telemetry'), '');
    for (let hours = 0; hours < 5; hours += 1) {
      await check(app.deps);
      app.clock.now += hourMs;
    }
    expect(receivedKinds()).toEqual(['install']);
    expect(warnings(app).map(({ msg }) => msg)).toEqual(['telemetry folder cannot be used']);
    const again = await startAgain(app, {});
    await check(again);
    expect(received()).toHaveLength(1);
    expect(await again.telemetry.installation.getTelemetryFingerprint()).toBe(received()[0]?.['fingerprint']);
  });
});

describe('a server', () => {
  it('tells of itself after it started, and of its update after the next start', async () => {
    const folder = await newInstallation();
    const environment = { TELE_URL: receiver.url, ENABLE_TELEMETRY: 'true' };
    for (const APP_VERSION of ['1.0.0', '1.0.0', '1.1.0']) {
      const server = await startServerProcess(folder, { environment: { ...environment, APP_VERSION } });
      await receiver.until(APP_VERSION === '1.0.0' ? 1 : 2);
      // It tells its address a moment before it listens to signals.
      expect((await fetch(`${server.address}/login`)).status).toBe(200);
      server.kill('SIGTERM');
      expect(await server.ended).toBe(0);
    }
    expect(received()).toMatchObject([
      { kind: 'install', app_version: '1.0.0' },
      { kind: 'update', app_version: '1.1.0', previous_version: '1.0.0' },
    ]);
    const marker = readFileSync(join(folder, 'data', 'telemetry', 'update.json'), 'utf8');
    expect(JSON.parse(marker)).toMatchObject({ app_version: '1.1.0', destination: receiver.host });
  });
});
