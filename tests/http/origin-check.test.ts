import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
let proxied: TestApp;

beforeAll(async () => {
  app = await createTestApp();
  proxied = await createTestApp({ environment: { PUBLIC_URL: 'https://time.example.com' } });
});

/** Signs bob out with the given headers; supertest would not let the Host be chosen. */
function signOut(target: TestApp, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${target.address}/logout`,
      { method: 'POST', headers: { cookie: target.cookies.alice, ...headers } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** A request that gets through ends alice's session; a new answer to it is 303 to /login all the same. */
const allowed = 303;

describe('a form that another site made the browser send', () => {
  it('is refused by what the browser says about the site', async () => {
    for (const site of ['cross-site', 'same-site', 'something-new']) {
      expect(await signOut(app, { 'sec-fetch-site': site }), site).toBe(403);
    }
  });

  it('is refused by its origin where the browser says nothing', async () => {
    const foreign = ['https://evil.example.com', 'null', 'http://127.0.0.1:1', 'file://', 'nonsense'];
    for (const origin of foreign) expect(await signOut(app, { origin }), origin).toBe(403);
  });

  it('is refused although a header claims that the host is another one', async () => {
    const headers = { origin: 'https://evil.example.com', 'x-forwarded-host': 'evil.example.com' };
    expect(await signOut(app, headers)).toBe(403);
  });

  it('is refused on a plain-http address of the local network', async () => {
    expect(await signOut(app, { host: '192.168.1.20:8000', origin: 'http://192.168.1.21:8000' })).toBe(403);
  });

  it('is refused before anything happened, with a page that says so', async () => {
    const answer = await app.as('bob').post('/account').set('Origin', 'https://evil.example.com');
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('or the request did not come from this site.');
  });

  it('is refused behind a proxy although it names the public host by http', async () => {
    expect(await signOut(proxied, { origin: 'http://time.example.com' })).toBe(403);
    expect(await signOut(proxied, { origin: 'https://time.example.com.evil.example' })).toBe(403);
  });
});

describe('our own form', () => {
  it('passes by what the browser says about the site', async () => {
    expect(await signOut(app, { 'sec-fetch-site': 'same-origin' })).toBe(allowed);
    expect(await signOut(app, { 'sec-fetch-site': 'none' })).toBe(allowed);
  });

  it('passes by its origin on a plain-http address of the local network', async () => {
    expect(await signOut(app, { host: 'nas.local:8000', origin: 'http://nas.local:8000' })).toBe(allowed);
    expect(await signOut(app, { host: '192.168.1.20', origin: 'http://192.168.1.20' })).toBe(allowed);
  });

  it('passes by PUBLIC_URL behind a proxy that changes the Host', async () => {
    expect(await signOut(proxied, { host: '127.0.0.1:8000', origin: 'https://time.example.com' })).toBe(
      allowed,
    );
  });

  it('passes without any of these headers: then it is no browser', async () => {
    expect(await signOut(app, {})).toBe(allowed);
  });

  it('passes with GET from anywhere, which changes nothing', async () => {
    const answer = await app.stranger.get('/login').set('Sec-Fetch-Site', 'cross-site');
    expect(answer.status).toBe(200);
  });
});
