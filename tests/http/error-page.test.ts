import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

describe('an error', () => {
  it('is a page with a sentence and the request id', async () => {
    const answer = await app.as('alice').get('/no-such-page');
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('Nothing here');
    expect(answer.text).toContain(answer.headers['x-request-id']);
  });

  it('speaks the language of the browser when nobody is signed in', async () => {
    const answer = await app.stranger
      .post('/login', {})
      .set('Sec-Fetch-Site', 'cross-site')
      .set('Accept-Language', 'de-AT,de;q=0.9');
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('lang="de"');
    expect(answer.text).toContain('Das ist nicht erlaubt');
  });

  it('is a problem document for a JSON client', async () => {
    const answer = await app.as('alice').get('/no-such-page').set('Accept', 'application/json');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'no_route',
      request_id: answer.headers['x-request-id'],
    });
  });

  it('of a signed-out JSON client is 401 without a redirect', async () => {
    const answer = await app.stranger.get('/timer').set('Accept', 'application/json');
    expect(answer.status).toBe(401);
    expect(answer.headers['location']).toBeUndefined();
  });

  it('keeps its text on the server when it is unknown, and is logged with the request id', async () => {
    const broken = await createTestApp();
    broken.expectErrors();
    await broken.deps.db.schema.alterTable('entries').renameTo('entries_gone').execute();
    const answer = await broken.as('bob').get('/timer');
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('Something went wrong');
    expect(answer.text).not.toContain('entries_gone');
    expect(answer.text).not.toMatch(/no such table|does not exist|at .*\.ts/);
    const line = broken.logLines().find((entry) => entry['level'] === 'error' && entry['err']);
    expect(line?.['request_id']).toBe(answer.headers['x-request-id']);
  });

  it.each([
    [
      'a body that is not a form',
      415,
      (test: TestApp) => test.stranger.post('/login').type('application/json').send('{}'),
    ],
    [
      'a body that is too large',
      413,
      (test: TestApp) => test.stranger.post('/login', { email: 'x'.repeat(1_000_000) }),
    ],
    [
      'too many fields',
      413,
      (test: TestApp) =>
        test.stranger.post(
          '/login',
          Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, '1'])),
        ),
    ],
    ['a path that cannot be decoded', 400, (test: TestApp) => test.as('alice').get('/entries/%E0%A4%A')],
    [
      'an unknown charset',
      415,
      (test: TestApp) =>
        test.stranger.post('/login').type('application/x-www-form-urlencoded; charset=nonsense').send('a=b'),
    ],
  ])('of %s has its status and a page', async (_name, status, send) => {
    const answer = await send(app);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('<h1');
  });
});

describe('security headers', () => {
  it('refuse everything that pages do not use, with a fresh nonce each time', async () => {
    const first = await app.stranger.get('/login');
    const second = await app.stranger.get('/login');
    const policy = first.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const nonces = [first, second].map(
      (answer) => /'nonce-([^']+)'/.exec(answer.headers['content-security-policy'] ?? '')?.[1],
    );
    expect(nonces[0]).toHaveLength(24);
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    expect(first.headers['x-frame-options']).toBe('DENY');
    expect(first.headers['x-powered-by']).toBeUndefined();
  });

  it('are kept by pages: no inline script, style or handler anywhere', async () => {
    for (const page of ['/login', '/timer', '/projects', '/reports/summary', '/account']) {
      const { text } = await app.as('alice').get(page);
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
      expect(text).not.toMatch(/\sstyle=/);
      expect(text).not.toMatch(/\son[a-z]+=/);
    }
  });
});
