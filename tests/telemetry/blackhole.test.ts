import { beforeAll, describe, expect, it } from 'vitest';
import { opened } from '../support/each-file.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { ServerWorld } from './server-world.ts';
import { createServerWorld } from './server-world.ts';

/** A real server whose destinations take everything and never answer. */

let blackholes: Record<'sentry' | 'posthog' | 'tele', Destination>;
let world: ServerWorld;
let server: ServerProcess;
let cookie: string;

beforeAll(async () => {
  const silent = () => openDestination({ kind: 'silence' });
  blackholes = { sentry: await silent(), posthog: await silent(), tele: await silent() };
  opened.push(...Object.values(blackholes));
  world = await createServerWorld({
    SENTRY_DSN: `http://0123456789abcdef@${blackholes.sentry.host}/1`,
    SENTRY_TRACES_RATE: '1.0',
    POSTHOG_API_KEY: 'phc_12345678',
    POSTHOG_HOST: blackholes.posthog.url,
    ENABLE_TELEMETRY: 'true',
    TELE_URL: `${blackholes.tele.url}/ping`,
    OUTBOX_MAX_ROWS: '50',
  });
  cookie = await world.cookieOf('alice');
  server = await world.start();
});

const get = (path: string) => fetch(`${server.address}${path}`, { headers: { cookie } });
const waiting = () =>
  world.app.deps.db
    .selectFrom('outbox')
    .select('channel')
    .select((q) => q.fn.countAll<number>().as('n'))
    .groupBy('channel')
    .execute();

describe('destinations that never answer', () => {
  it('hold up no page, also while a call to each of them is out', async () => {
    for (const { until } of Object.values(blackholes)) {
      // Pages go on until every destination has a call that it does not answer.
      const called = until(1);
      let isCalled = false;
      void called.then(() => (isCalled = true));
      while (!isCalled) expect((await get('/clients')).status).toBe(200);
      await called;
    }
    for (let page = 0; page < 40; page += 1) expect((await get('/projects')).status).toBe(200);
    for (const { requests } of Object.values(blackholes))
      expect(new Set(requests.map(({ status }) => status))).toEqual(new Set([undefined]));
  });

  it('leave no more behind than the bound of the outbox', async () => {
    for (let page = 0; page < 80; page += 1) await get('/clients');
    await expect
      .poll(async () => Math.max(...(await waiting()).map(({ n }) => n)), { timeout: 5_000 })
      .toBeLessThanOrEqual(50);
  });

  it('do not keep the server from ending by itself', async () => {
    const asked = performance.now();
    server.kill('SIGTERM');
    // Null would be a signal: that of a supervisor which lost its patience.
    expect(await server.ended).toBe(0);
    console.info(`ended ${Math.round(performance.now() - asked)} ms after SIGTERM`);
    for (const { open } of Object.values(blackholes)) await expect.poll(open).toBe(0);
    expect((await waiting()).length).toBeGreaterThan(0);
    expect(await world.app.deps.telemetry.ledger.verify()).toMatchObject({ ok: true });
  });
});
