import express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import { request } from 'node:http';
import type { RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { startTinyApp } from './tiny-app.ts';
import type { TinyApp } from './tiny-app.ts';

const answerError: ErrorRequestHandler = (_error, _req, res, _next) => {
  res.status(500).end('failed');
};

function addRoutes(app: Express): void {
  app.use((_req, res, next) => {
    res.locals.context.user_id = 42;
    next();
  });
  app.use('/wall', (_req, res) => void res.redirect(303, '/login'));
  app.use('/assets', (_req, res) => {
    res.locals.endpoint = '(static)';
    res.end('body {}');
  });
  const router = express.Router();
  router.get('/projects/:id', (_req, res) => void res.end('project'));
  router.get('/projects/:id/fails', async () => {
    await Promise.resolve();
    throw new Error('inside a router');
  });
  router.get('/projects/:id/throws', () => {
    throw new Error('inside a router');
  });
  router.get('/slow', (_req, res) => {
    res.write('some of it');
  });
  router.get('/silent', () => {});
  router.get(['/either', '/or'], (_req, res) => void res.end());
  router.get(/^\/pattern/, (_req, res) => void res.end());
  router.post('/projects', (_req, res) => void res.status(201).end());
  app.use(router);
  app.use((_req, res) => void res.status(404).end());
  app.use(answerError);
}

let app: TinyApp;
beforeEach(async () => {
  app = await startTinyApp({ routes: addRoutes });
});
afterEach(() => app.stop());

/** Sends a request as it is, with any method and host, and waits for the answer's end. */
function send(path: string, options: RequestOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: app.port, path, ...options }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Requests counted, as `METHOD endpoint status` to count. */
async function counted(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [series, count] of await app.samples()) {
    const labels = /^tt_requests_total\{method="(.*)",endpoint="(.*)",http_status="(.*)"\}$/.exec(series);
    if (labels !== null) counts[labels.slice(1).join(' ')] = count;
  }
  return counts;
}

async function inFlight(): Promise<number | undefined> {
  return (await app.samples()).get('tt_requests_in_flight');
}

describe('the count of requests', () => {
  it.each([
    ['GET', '/projects/17?name=acme', 'GET /projects/:id 200'],
    ['HEAD', '/projects/17', 'HEAD /projects/:id 200'],
    ['POST', '/projects', 'POST /projects 201'],
    ['GET', '/projects/17/throws', 'GET /projects/:id/throws 500'],
    ['GET', '/projects/17/fails', 'GET /projects/:id/fails 500'],
    ['GET', '/nothing/here', 'GET (unmatched) 404'],
    ['GET', '/wall/secret', 'GET (middleware) 303'],
    ['GET', '/assets/a.css', 'GET (static) 200'],
    ['GET', '/either', 'GET (unnamed) 200'],
    ['GET', '/pattern/acme', 'GET (unnamed) 200'],
    ['PURGE', '/nothing', 'OTHER (unmatched) 404'],
    ['GET', '/livez', 'GET /livez 200'],
  ])('files %s %s under %s, once', async (method, path, expected) => {
    await send(path, { method });
    await expect.poll(counted).toEqual({ [expected]: 1 });
    expect(await inFlight()).toBe(0);
  });

  it.each(['/slow', '/silent'])('files a request the client gave up on under 499, once: %s', async (path) => {
    const client = connect(app.port, '127.0.0.1');
    client.write(`GET ${path} HTTP/1.1\r\nHost: example.com\r\n\r\n`);
    await expect.poll(inFlight).toBe(1);
    client.destroy();
    await expect.poll(counted).toEqual({ [`GET ${path} 499`]: 1 });
    expect(await inFlight()).toBe(0);
    expect((await app.samples()).get(`tt_request_latency_seconds_count{endpoint="${path}"}`)).toBe(1);
  });

  it('adds no series for 10,000 random URLs, methods and hosts', async () => {
    const word = (): string => Math.random().toString(36).slice(2);
    const methods = [
      'GET',
      'POST',
      'PUT',
      'DELETE',
      'PATCH',
      'OPTIONS',
      'HEAD',
      'PURGE',
      'REPORT',
      'MKCOL',
      'LOCK',
    ];
    const sendBatch = (count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          send(`/${word()}/${word()}?${word()}=${word()}`, {
            method: methods[index % methods.length],
            headers: { host: `${word()}.example.com`, 'x-request-id': word() },
          }),
        ),
      );
    await sendBatch(22);
    const before = (await app.samples()).size;
    for (let batch = 0; batch < 100; batch += 1) await sendBatch(100);
    const series = await app.samples();
    expect(series.size).toBe(before);
    const total = Object.values(await counted()).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(10_022);
  });
});

describe('the line of a request', () => {
  it('says what happened, and nothing of what was sent', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-request-id': 'proxy.id-1', traceparent, cookie: 'secret=1', 'user-agent': 'secret' };
    await send('/projects/17?name=secret', { headers });
    await expect.poll(() => app.lines().length).toBe(1);
    const [line = {}] = app.lines();
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      method: 'GET',
      endpoint: '/projects/:id',
      http_status: 200,
      duration_ms: expect.any(Number) as number,
      request_id: 'proxy.id-1',
      own_request_id: expect.stringMatching(/^[0-9a-f]{12}-\w+$/) as string,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      user_id: 42,
      msg: 'request',
    });
  });

  it.each([
    ['/projects/1', 'info'],
    ['/nothing', 'info'],
    ['/projects/1/fails', 'error'],
    ['/assets/a.css', 'debug'],
    ['/livez', 'debug'],
  ])('of %s has level %s', async (path, level) => {
    await send(path);
    await expect.poll(() => app.lines().map((line) => line['level'])).toEqual([level]);
  });

  it('keeps id and person when the client gave up', async () => {
    const client = connect(app.port, '127.0.0.1');
    client.write('GET /slow HTTP/1.1\r\nHost: example.com\r\nX-Request-Id: gone\r\n\r\n');
    await expect.poll(inFlight).toBe(1);
    client.destroy();
    await expect
      .poll(() => app.lines())
      .toMatchObject([{ request_id: 'gone', user_id: 42, http_status: 499 }]);
  });
});

describe('the request id', () => {
  const idOf = async (headers: Record<string, string> = {}): Promise<string | null> =>
    (await fetch(`${app.url}/nothing`, { headers })).headers.get('x-request-id');

  it('is new for every request and the same in answer and line', async () => {
    const ids = [await idOf(), await idOf()];
    expect(new Set(ids).size).toBe(2);
    await expect.poll(() => app.lines().map((line) => line['request_id'])).toEqual(ids);
  });

  it.each(['a', 'A-Za_z0.9', 'x'.repeat(64)])(
    'is the one a proxy gave when short and clean: %s',
    async (id) => {
      expect(await idOf({ 'x-request-id': id })).toBe(id);
    },
  );

  it.each(['', 'x'.repeat(65), 'with space', 'a"b', 'a{b}', '<script>', 'ä'])(
    'is never an unclean one: %s',
    async (id) => {
      expect(await idOf({ 'x-request-id': id })).toMatch(/^[a-z0-9]+-[a-z0-9]+$/);
    },
  );

  it('is never the one of a caller that is not trusted', async () => {
    await app.stop();
    app = await startTinyApp({ trustInboundId: false });
    expect(await idOf({ 'x-request-id': 'mine' })).not.toBe('mine');
  });

  it.each([
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    'secret',
  ])('stands alone when the traceparent is not valid: %s', async (traceparent) => {
    await idOf({ traceparent });
    await expect.poll(() => app.lines().length).toBe(1);
    expect(app.lines()[0]).not.toHaveProperty('trace_id');
  });
});

describe('the id of a request to the application', () => {
  it.each([
    ['', false],
    ['10.0.0.0/8', false],
    ['loopback', true],
  ])('is the one a neighbour sent only where TRUST_PROXY names it: "%s"', async (TRUST_PROXY, isTaken) => {
    const { stranger } = await createTestApp({ environment: { TRUST_PROXY } });
    const answer = await stranger.get('/login').set('X-Request-Id', '4111111111111111');
    expect(answer.headers['x-request-id'] === '4111111111111111').toBe(isTaken);
  });
});
