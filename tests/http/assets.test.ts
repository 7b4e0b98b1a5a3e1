import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const css = () => app.deps.assets.path('css/app.css');

describe('assets', () => {
  it('serves a fingerprinted file for ever, without session or cookie', async () => {
    const answer = await app.stranger.get(css());
    expect(answer.status).toBe(200);
    expect(css()).toMatch(/^\/assets\/css\/app\.[0-9a-f]{12}\.css$/);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('compresses with what the browser accepts, and the bytes are the file', async () => {
    const plain = await app.stranger.get(css()).set('Accept-Encoding', 'identity');
    // The client decodes what it declares, so equal text means that the bytes were sound.
    const brotli = await app.stranger.get(css()).set('Accept-Encoding', 'gzip, br');
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotli.headers['vary']).toBe('Accept-Encoding');
    expect(brotli.text).toBe(plain.text);
    const gzip = await app.stranger.get(css()).set('Accept-Encoding', 'gzip');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gzip.text).toBe(plain.text);
    const refused = await app.stranger.get(css()).set('Accept-Encoding', 'br;q=0, gzip;q=0');
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('gives an older fingerprint the current file, uncached', async () => {
    const answer = await app.stranger.get('/assets/css/app.000000000000.css');
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, no-cache');
  });

  it('answers a short 404 for what is not there, also for paths that climb', async () => {
    for (const path of [
      '/assets/nothing.css',
      '/assets/../package.json',
      '/assets/%2e%2e/%2e%2e/package.json',
    ]) {
      const answer = await app.stranger.get(path);
      expect([404, 303]).toContain(answer.status);
      expect(answer.text).not.toContain('dependencies');
    }
  });

  it('rewrites imports between modules to fingerprinted addresses that exist', async () => {
    const modules = app.deps.assets.files().filter((file) => file.startsWith('js/'));
    expect(modules.length).toBeGreaterThan(1);
    for (const file of modules) {
      const { text } = await app.stranger.get(app.deps.assets.path(file)).buffer(true);
      for (const [, target] of text.matchAll(/\bfrom\s*['"]([^'"]+)['"]/g)) {
        expect(target).toMatch(/^\/assets\//);
        expect((await app.stranger.get(target as string)).status).toBe(200);
      }
    }
  });
});
