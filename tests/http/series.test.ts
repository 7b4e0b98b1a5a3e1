import { Agent, METHODS, request } from 'node:http';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { seedDemo } from '../../src/features/demo/demo.ts';
import { randomOf } from '../../src/features/demo/random.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp, testNow } from '../support/app.ts';

/** What the whole application counts about requests: the series of /metrics. */

let app: TestApp;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
}

function send({ method, path, headers }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.address);
    const sent = request({ hostname, port, method, path, headers, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

/** Series of /metrics with their values. */
async function series(): Promise<Map<string, number>> {
  const text = await (await fetch(`${app.address}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

/** Counted requests of a route, as `METHOD status` to number. */
async function counted(endpoint: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, value] of await series()) {
    const labels = /^tt_requests_total\{method="(.*)",endpoint="(.*)",http_status="(.*)"\}$/.exec(name);
    if (labels?.[2] === endpoint) counts[`${labels[1]} ${labels[3]}`] = value;
  }
  return counts;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  app = await createTestApp();
});

const random = randomOf('series', 1);
const word = () => Math.floor(random.next() * 2 ** 48).toString(36);
// CONNECT asks for a tunnel and never reaches a route.
const methods = METHODS.filter((method) => method !== 'CONNECT');
/** Addresses that no route has, each kind answered by another part of the chain. */
const kinds = [
  () => `/${word()}`,
  () => `/${word()}/${word()}?q=${word()}&${word()}`,
  () => `/projects/${word()}/${word()}`,
  () => `/assets/${word()}.css`,
  () => `/%E0%A4%A/${word()}`,
  () => `/..%2f${word()}`,
  () => `//${word()}.example.com/`,
  () => `/metrics/${word()}`,
  () => `/${'x'.repeat(random.between(1, 3000))}`,
];

function aRequest(method: string, kind: () => string, cookie: string, origin: string): Sent {
  const host = `${word()}.example.com`;
  const headers = {
    host,
    cookie,
    origin,
    'user-agent': word(),
    'x-forwarded-host': word(),
    'x-request-id': word(),
  };
  return { method, path: kind(), headers };
}

describe('the series of requests', () => {
  test('are no more after 10,000 random addresses, methods and hosts', { timeout: 120_000 }, async () => {
    const cookies = ['', app.cookies.alice];
    const origins = ['https://elsewhere.example.com', ''];
    const every = methods.flatMap((method) =>
      kinds.flatMap((kind) =>
        cookies.flatMap((cookie) => origins.map((origin) => aRequest(method, kind, cookie, origin))),
      ),
    );
    for (const sent of every) await send(sent);
    // The scrape is counted as well, from the second one on.
    await series();
    const before = [...(await series()).keys()].sort();
    let left = 10_000;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        const sent = aRequest(
          random.pick(methods),
          random.pick(kinds),
          random.pick(cookies),
          random.pick(origins),
        );
        await send(sent);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect([...(await series()).keys()].sort()).toEqual(before);
    const endpoints = new Set(before.flatMap((name) => /endpoint="([^"]*)"/.exec(name)?.[1] ?? []));
    expect([...endpoints].sort()).toEqual(['(middleware)', '(static)', '(unmatched)', '/metrics'].sort());
  });

  test('count a request that was given up as 499, once, under its route', async () => {
    const { deps } = app;
    const request_of_a_year = { seed: 1, people: 1, entries: 20_000, until: '2026-03-04', moment: testNow };
    await seedDemo(deps, { ...request_of_a_year, running: false, force: false }, () => undefined);
    const path = '/reports/export.csv?from=2020-01-01&to=2026-03-04';
    await new Promise<void>((resolve, reject) => {
      const sent = request(app.address + path, { headers: { cookie: app.cookies.alice } }, (answer) => {
        answer.once('data', () => {
          sent.destroy();
          resolve();
        });
        answer.on('error', () => undefined);
      });
      sent.on('error', reject).end();
    });
    await until(async () => (await counted('/reports/export.csv'))['GET 499'] !== undefined);
    expect(await counted('/reports/export.csv')).toEqual({ 'GET 499': 1 });
    // The scrape that asks is itself under way.
    expect((await series()).get('tt_requests_in_flight')).toBe(1);
    expect(app.logLines()).toContainEqual(
      expect.objectContaining({ endpoint: '/reports/export.csv', http_status: 499, level: 'info' }),
    );
  });

  test('count a handler that fails under its own route, and the page says no more than an id', async () => {
    app.expectErrors();
    await sql`alter table tags rename to tags_gone`.execute(app.deps.db);
    const answer = await app.as('alice').get('/tags');
    const change = await app.as('alice').post('/tags', { name: 'one' });
    await sql`alter table tags_gone rename to tags`.execute(app.deps.db);
    expect([answer.status, change.status]).toEqual([500, 500]);
    expect(await counted('/tags')).toEqual({ 'GET 500': 1, 'POST 500': 1 });
    const id = answer.headers['x-request-id'] ?? '';
    expect(id).not.toBe('');
    expect(answer.text).toContain(id);
    expect(answer.text).not.toMatch(/tags_gone|no such table|does not exist|sqlite|select/i);
    const failed = app.logLines().filter(({ request_id, level }) => request_id === id && level === 'error');
    expect(failed.map(({ msg }) => msg).sort()).toEqual(['request', 'request failed']);
    expect((await app.as('alice').get('/tags')).status).toBe(200);
  });

  test('count what fails before a route, while probes still answer', async () => {
    app.expectErrors();
    await sql`alter table sessions rename to sessions_gone`.execute(app.deps.db);
    const answer = await app.as('alice').get('/timer');
    const alive = await app.stranger.get('/livez');
    await sql`alter table sessions_gone rename to sessions`.execute(app.deps.db);
    expect([answer.status, alive.status]).toEqual([500, 200]);
    expect(answer.text).toContain('<h1');
    expect((await counted('(middleware)'))['GET 500']).toBe(1);
    expect(await counted('/timer')).toEqual({});
  });
});
