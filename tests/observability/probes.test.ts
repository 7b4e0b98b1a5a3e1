import { afterEach, describe, expect, it } from 'vitest';
import { metricsAccess } from '../../src/observability/metrics-access.ts';
import type { MetricsReader } from '../../src/observability/metrics-access.ts';
import { startTinyApp } from './tiny-app.ts';
import type { TinyApp, TinyAppOptions } from './tiny-app.ts';

let app: TinyApp | undefined;
afterEach(() => app?.stop());

async function start(options: TinyAppOptions = {}): Promise<string> {
  app = await startTinyApp(options);
  return app.url;
}

const READY = { status: 'ok', checks: { database: 'ok', log: 'ok' } };

describe('health', () => {
  it.each([
    ['/livez', { status: 'ok' }],
    ['/readyz', READY],
    ['/healthz', READY],
  ])('%s answers', async (path, body) => {
    const answer = await fetch(`${await start()}${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await answer.json()).toEqual(body);
  });

  it('answers HEAD without a body and leaves other methods to the routes', async () => {
    const url = await start();
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/livez/x`)).status).toBe(404);
  });

  it.each<[string, NonNullable<TinyAppOptions['health']>, object]>([
    ['the database says no', { databaseReady: async () => false }, { database: 'failed', log: 'ok' }],
    [
      'the database throws',
      { databaseReady: () => Promise.reject(new Error('postgres://name:secret@db.example.com')) },
      { database: 'failed', log: 'ok' },
    ],
    [
      'the database never answers',
      { databaseReady: () => new Promise(() => {}), timeoutMs: 50 },
      { database: 'failed', log: 'ok' },
    ],
    ['the log cannot be written', { logWritable: () => false }, { database: 'ok', log: 'failed' }],
  ])('is 503, without a reason that tells secrets, when %s', async (_name, health, checks) => {
    const url = await start({ health });
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: 'failed', checks });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('is 200 while the log waits for room on the disk: people can read', async () => {
    const url = await start({ health: { logWritable: () => false, logFull: () => true } });
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ok', checks: { database: 'ok', log: 'full' } });
  });

  it('asks a database that hangs once, however often it is probed', async () => {
    let asked = 0;
    const databaseReady = (): Promise<boolean> => {
      asked += 1;
      return new Promise(() => {});
    };
    const url = await start({ health: { databaseReady, timeoutMs: 20 } });
    for (let probe = 0; probe < 5; probe += 1) await fetch(`${url}/readyz`);
    expect(asked).toBe(1);
  });
});

describe('/metrics', () => {
  it('is OpenMetrics for whoever asks for it, and the text format for all others, also afterwards', async () => {
    const url = await start();
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5';
    for (const [headers, type, family] of [
      [{ accept }, 'application/openmetrics-text; version=1.0.0; charset=utf-8', 'tt_log_lines'],
      [{ accept: 'text/plain' }, 'text/plain; version=0.0.4; charset=utf-8', 'tt_log_lines_total'],
      [{}, 'text/plain; version=0.0.4; charset=utf-8', 'tt_log_lines_total'],
      [{ accept }, 'application/openmetrics-text; version=1.0.0; charset=utf-8', 'tt_log_lines'],
    ] as const) {
      const answer = await fetch(`${url}/metrics`, { headers });
      const text = await answer.text();
      expect(answer.headers.get('content-type')).toBe(type);
      expect(text).toContain(`# TYPE ${family} counter\ntt_log_lines_total{level="trace"} 0\n`);
      expect(text.endsWith('\n# EOF\n')).toBe(family === 'tt_log_lines');
    }
  });

  it('is an ordinary 404 to a caller from outside, and opens with the token', async () => {
    const url = await start({ token: 'correct horse' });
    const outside = { 'x-forwarded-for': '203.0.113.9' };
    const get = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers })).status;
    expect(await get(outside)).toBe(404);
    expect(await get({ ...outside, authorization: 'Bearer wrong' })).toBe(404);
    expect(await get({ ...outside, authorization: 'Bearer correct horse' })).toBe(200);
    expect(await get({})).toBe(200);
  });

  it('follows the address Express computed when a proxy is trusted', async () => {
    const url = await start({ trustProxy: true });
    const get = async (forwarded: string): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': forwarded } })).status;
    expect(await get('203.0.113.9')).toBe(404);
    expect(await get('10.0.0.7')).toBe(200);
  });
});

describe('who may read the metrics', () => {
  const reader = (
    address: string | undefined,
    headers: MetricsReader['headers'] = {},
    ip = address,
  ): MetricsReader => ({
    ip,
    socket: { remoteAddress: address },
    httpVersion: '1.1',
    headers: { host: 'localhost:8000', ...headers },
  });
  const mayRead = (who: MetricsReader, token?: string): boolean => metricsAccess({ token })(who);

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '::1',
    '::ffff:10.0.0.1',
    '::FFFF:192.168.0.1',
    'fd12:3456::1',
    'fe80::1%eth0',
  ])('%s may', (address) => {
    expect(mayRead(reader(address))).toBe(true);
  });

  it('a token closes it for private networks, behind which everybody may be, and not for this machine', () => {
    const withToken = { authorization: 'Bearer secret-token' };
    for (const address of ['172.17.0.1', '10.1.2.3', 'fd12:3456::1']) {
      expect(mayRead(reader(address), 'secret-token')).toBe(false);
      expect(mayRead(reader(address, withToken), 'secret-token')).toBe(true);
    }
    expect(mayRead(reader('127.0.0.1'), 'secret-token')).toBe(true);
    expect(mayRead(reader('127.0.0.1', { 'x-real-ip': '10.1.2.3' }), 'secret-token')).toBe(false);
  });

  it.each([
    { host: 'time.example.com' },
    { via: '1.1 proxy' },
    { 'x-forwarded-host': 'time.example.com' },
    { origin: 'https://time.example.com' },
  ])('a proxy on this machine that nobody configured may not: %j', (headers) => {
    expect(mayRead(reader('127.0.0.1', headers))).toBe(false);
    expect(mayRead({ ...reader('127.0.0.1'), httpVersion: '1.0' })).toBe(false);
    expect(
      mayRead(reader('127.0.0.1', { ...headers, authorization: 'Bearer secret-token' }), 'secret-token'),
    ).toBe(true);
    expect(mayRead(reader('10.0.0.5', { host: 'app:8000' }))).toBe(true);
  });

  it.each([
    '203.0.113.9',
    '172.32.0.1',
    '11.0.0.1',
    '192.169.0.1',
    '2001:db8::1',
    '::ffff:203.0.113.9',
    '::2',
    '',
    'localhost',
    undefined,
  ])('%s may not', (address) => {
    expect(mayRead(reader(address))).toBe(false);
  });

  it.each([
    ['an address from outside behind a proxy nobody configured', { 'x-forwarded-for': '203.0.113.9' }],
    ['a forged private address in front of it', { 'x-forwarded-for': '10.0.0.1, 203.0.113.9' }],
    ['nonsense', { 'x-forwarded-for': 'unknown' }],
    ['an empty entry', { 'x-forwarded-for': '' }],
    ['X-Real-IP', { 'x-real-ip': '203.0.113.9' }],
    ['Forwarded', { forwarded: 'for=10.0.0.1' }],
  ])('loopback may not when the headers say %s', (_name, headers) => {
    expect(mayRead(reader('127.0.0.1', headers))).toBe(false);
  });

  it('a caller from outside may not by saying it is inside', () => {
    expect(mayRead(reader('203.0.113.9', { 'x-forwarded-for': '10.0.0.1' }, '10.0.0.1'))).toBe(false);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic secret', 'secret', 'Bearer secre', 'Bearer secret1'])(
    'the token is not: %s',
    (authorization) => {
      expect(mayRead(reader('203.0.113.9', { authorization }), 'secret')).toBe(false);
      expect(mayRead(reader('203.0.113.9', { authorization }), '')).toBe(false);
      expect(mayRead(reader('203.0.113.9', { authorization }))).toBe(false);
    },
  );

  it('the token opens from anywhere', () => {
    expect(mayRead(reader('203.0.113.9', { authorization: 'bearer secret' }), 'secret')).toBe(true);
  });
});
