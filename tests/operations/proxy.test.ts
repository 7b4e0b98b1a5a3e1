import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { get as getPlain } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { newInstallation } from '../support/server-process.ts';

/** The examples of docs/operations.md, as they are printed there, in front of a real server. */

const root = join(import.meta.dirname, '..', '..');
const document = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const certificate = join(root, 'tests/telemetry/fixtures/loopback-cert.pem');
const key = join(root, 'tests/telemetry/fixtures/loopback-key.pem');

/** Code blocks of a language. */
const examples = (language: string): string[] =>
  [...document.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text]) => text ?? '',
  );

interface Ports {
  app: number;
  plain: number;
  tls: number;
}

/** The example with this machine's ports and certificate; everything else stays as it is printed. */
function replaced(text: string, pairs: readonly (readonly [from: string, to: string])[]): string {
  return pairs.reduce((sum, [from, to]) => {
    if (!sum.includes(from)) throw new Error(`the example does not say "${from}"`);
    return sum.replaceAll(from, to);
  }, text);
}

function nginx(folder: string, { app, plain, tls }: Ports): ChildProcess {
  const [example = ''] = examples('nginx');
  const site = replaced(example, [
    ['127.0.0.1:8000', `127.0.0.1:${app}`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen 443 ssl', `listen 127.0.0.1:${tls} ssl`],
    ['/etc/letsencrypt/live/time.example.com/fullchain.pem', certificate],
    ['/etc/letsencrypt/live/time.example.com/privkey.pem', key],
  ]);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = [
    // Its workers could not enter this folder as somebody else.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;`,
    'events {}',
    `http { access_log off; ${places.map((place) => `${place}_temp_path ${folder}/${place};`).join(' ')}`,
    `${site}}`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), main.join('\n'));
  return spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')]);
}

function caddy(folder: string, { app, plain, tls }: Ports): ChildProcess {
  const [example = ''] = examples('caddy');
  const site = replaced(example, [
    ['127.0.0.1:8000', `127.0.0.1:${app}`],
    ['time.example.com {', `localhost:${tls} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`],
  ]);
  const options = `{\n\tadmin off\n\thttp_port ${plain}\n\tauto_https disable_redirects\n\tstorage file_system ${folder}\n}\n`;
  writeFileSync(join(folder, 'Caddyfile'), options + site);
  const environment = { PATH: process.env['PATH'], HOME: folder };
  return spawn('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: environment,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

function ask(
  port: number,
  path: string,
  { headers = {}, form }: { headers?: OutgoingHttpHeaders; form?: Record<string, string> } = {},
): Promise<Answer> {
  const body = form ? new URLSearchParams(form).toString() : undefined;
  const sent = {
    ...{ host: `localhost:${port}`, ...headers },
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const options = { method: body === undefined ? 'GET' : 'POST', headers: sent, rejectUnauthorized: false };
    const address = `https://127.0.0.1:${port}${path}`;
    const asked = request(address, { ...options, servername: 'localhost', agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => (text += part));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    asked.on('error', reject).end(body);
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 25_000;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error('it did not come up');
    await sleep(100);
  }
}

const plainStatus = (port: number, path: string): Promise<{ status: number; location: string | undefined }> =>
  new Promise((resolve, reject) => {
    getPlain(`http://127.0.0.1:${port}${path}`, { agent: false }, (res) => {
      res.resume();
      resolve({ status: res.statusCode ?? 0, location: res.headers.location });
    }).on('error', reject);
  });

const proxies = [
  ['nginx', nginx, ['-v'], true],
  ['caddy', caddy, ['version'], false],
] as const;

describe.each(proxies)('behind %s', (name, start, version, leadsToTls) => {
  const isThere = spawnSync(name, [...version]).error === undefined;
  if (!isThere) console.warn(`skipped "behind ${name}": there is no ${name} on this machine`);

  describe.skipIf(!isThere)('as docs/operations.md has it', () => {
    const ports: Ports = { app: 0, plain: 0, tls: 0 };
    const children: ChildProcess[] = [];
    let folder = '';
    let origin = '';

    beforeAll(async () => {
      for (const port of ['app', 'plain', 'tls'] as const) ports[port] = await freePort();
      origin = `https://localhost:${ports.tls}`;
      folder = await newInstallation();
      const server = spawn(process.execPath, [join(root, 'src/main.ts')], {
        cwd: folder,
        env: {
          PORT: String(ports.app),
          HOST: '127.0.0.1',
          PUBLIC_URL: origin,
          TRUST_PROXY: 'loopback',
          LOGIN_ATTEMPTS: '1',
        },
      });
      const place = mkdtempSync(join(inject('folder'), `${name}-`));
      children.push(server, start(place, ports));
      await until(async () => (await ask(ports.tls, '/readyz')).status === 200);
    });
    afterAll(async () => {
      for (const child of children) {
        const ended = new Promise((resolve) => child.once('close', resolve));
        if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      }
    });

    test('somebody signs in, and the cookie is for TLS only', async () => {
      const form = { email: 'ada@example.com', password: 'correct horse battery' };
      const signedIn = await ask(ports.tls, '/login', { headers: { origin }, form });
      expect(signedIn.status).toBe(303);
      const cookie = signedIn.headers['set-cookie']?.find((one) => one.startsWith('tt_session=')) ?? '';
      expect(cookie).toMatch(/; Secure/);
      const page = await ask(ports.tls, '/timer', { headers: { cookie: cookie.split(';')[0] } });
      expect(page.status).toBe(200);
      expect(page.text).toContain('Ada Lovelace');
    });

    test('a form of another site is refused', async () => {
      const form = { email: 'ada@example.com', password: 'correct horse battery' };
      const headers = { origin: 'https://elsewhere.example.com' };
      expect((await ask(ports.tls, '/login', { headers, form })).status).toBe(403);
    });

    test('the address of the client is the one the proxy saw, not the one it claims', async () => {
      // Addresses that pause are counted by the application: a client that could choose its own would never pause.
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 15; attempt += 1) {
        const headers = { origin, 'x-forwarded-for': `198.51.100.${attempt}` };
        const form = { email: `nobody${attempt}@example.com`, password: 'a wrong password' };
        statuses.push((await ask(ports.tls, '/login', { headers, form })).status);
        if (statuses.at(-1) === 429) break;
      }
      expect(statuses.at(-1)).toBe(429);
    });

    test('metrics stay inside, health and TLS only are for everybody', async () => {
      expect((await ask(ports.tls, '/metrics')).status).toBe(404);
      expect((await plainStatus(ports.app, '/metrics')).status).toBe(200);
      const { headers, text } = await ask(ports.tls, '/readyz');
      expect(JSON.parse(text)).toMatchObject({ status: 'ok' });
      expect(headers['strict-transport-security']).toBe('max-age=31536000');
    });

    test('one request has one id on both sides', async () => {
      const { headers } = await ask(ports.tls, '/login');
      const id = String(headers['x-request-id']);
      expect(id).toMatch(/^[0-9a-f-]{32,36}$/);
      const log = join(folder, 'logs/app.jsonl');
      await until(async () => readFileSync(log, 'utf8').includes(`"request_id":"${id}"`));
    });

    test('a connection that was idle for longer than the application waits is none that a form meets', async () => {
      await ask(ports.tls, '/login');
      await sleep(5_200);
      const form = { email: 'ada@example.com', password: 'a wrong password' };
      const { status } = await ask(ports.tls, '/login', { headers: { origin }, form });
      expect([422, 429]).toContain(status);
    });

    if (leadsToTls) {
      test('plain HTTP leads to TLS', async () => {
        expect(await plainStatus(ports.plain, '/timer')).toEqual({
          status: 301,
          location: 'https://127.0.0.1/timer',
        });
      });
    }
  });
});

describe('the examples that cannot run here', () => {
  test('for Traefik are YAML whose parts refer to each other', () => {
    const [main, routing] = examples('yaml').map((text) => parse(text) as unknown) as [
      { entryPoints: Record<string, unknown>; certificatesResolvers: Record<string, unknown> },
      { http: TraefikRouting },
    ];
    const { routers, middlewares, services, serversTransports } = routing.http;
    for (const router of Object.values(routers)) {
      expect(Object.keys(main.entryPoints)).toEqual(expect.arrayContaining(router.entryPoints));
      expect(Object.keys(main.certificatesResolvers)).toContain(router.tls.certResolver);
      expect(Object.keys(middlewares)).toEqual(expect.arrayContaining(router.middlewares));
      expect(Object.keys(services)).toContain(router.service);
    }
    for (const { loadBalancer } of Object.values(services))
      expect(Object.keys(serversTransports)).toContain(loadBalancer.serversTransport);
  });
});

interface TraefikRouting {
  routers: Record<
    string,
    { entryPoints: string[]; middlewares: string[]; service: string; tls: { certResolver: string } }
  >;
  middlewares: Record<string, unknown>;
  services: Record<string, { loadBalancer: { serversTransport: string } }>;
  serversTransports: Record<string, unknown>;
}
