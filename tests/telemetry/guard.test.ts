import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { createSocket } from 'node:dgram';
import dns, { lookup as lookupByName } from 'node:dns';
import { connect as connectHttp2 } from 'node:http2';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect as connectTcp, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import type { ConnectOptions } from '../../src/db/connect.ts';
import type { Blocked } from '../../src/telemetry/guard.ts';
import {
  installGuard,
  throughDatabasePassage,
  throughListeningPassage,
  throughPassage,
} from '../../src/telemetry/guard.ts';
import { createTestDatabase } from '../support/database.ts';
import { opened } from '../support/each-file.ts';
import { openDestination } from '../support/internet.ts';
import type { Destination } from '../support/internet.ts';

const root = join(import.meta.dirname, '../..');

let destination: Destination;
const blocked: Blocked[] = [];
let uninstall: (() => void) | undefined;
beforeEach(async () => {
  destination ??= await openDestination();
  if (!opened.includes(destination)) opened.push(destination);
  blocked.length = 0;
  uninstall = installGuard({ onBlocked: (one) => blocked.push(one) });
});
afterEach(() => uninstall?.());

interface Emitter {
  once: (event: 'error', listener: (error: Error) => void) => unknown;
}
/** The code of the first error. */
const errorOf = (emitter: Emitter): Promise<unknown> =>
  new Promise((resolve) =>
    emitter.once('error', (error) => resolve((error as Error & { code: unknown }).code)),
  );

const portOf = (): number => Number(new URL(destination.url).port);

/** Every way of Node to open a connection; each gives the code of the error it ends with. */
const ways = {
  'net.connect': () => errorOf(connectTcp({ port: portOf(), host: '127.0.0.1' })),
  'net.connect by name': () => errorOf(connectTcp({ port: portOf(), host: 'localhost' })),
  'new Socket': () => errorOf(new Socket().connect(portOf(), '127.0.0.1')),
  'a socket that writes at once': () => {
    const socket = connectTcp({ port: portOf(), host: '127.0.0.1' });
    socket.write('secret');
    return errorOf(socket);
  },
  tls: () => errorOf(connectTls({ port: portOf(), host: '127.0.0.1', rejectUnauthorized: false })),
  http: () => errorOf(getHttp(destination.url)),
  https: () => errorOf(getHttps(destination.url.replace('http:', 'https:'))),
  http2: () => errorOf(connectHttp2(destination.url)),
  fetch: (): Promise<unknown> =>
    fetch(destination.url).then(
      () => 'answered',
      (error: Error) => (error.cause as { code?: unknown }).code,
    ),
  WebSocket: (): Promise<unknown> =>
    new Promise((resolve) => {
      new WebSocket(destination.url.replace('http:', 'ws:')).addEventListener('error', () =>
        resolve('ERR_EGRESS_BLOCKED'),
      );
    }),
};

describe('without a channel', () => {
  it.each(Object.entries(ways))('%s opens nothing, fails and is counted', async (_name, open) => {
    const before = destination.connections();
    expect(await open()).toBe('ERR_EGRESS_BLOCKED');
    await sleep(20);
    expect(destination.connections()).toBe(before);
    expect(blocked.map(({ protocol }) => protocol)).toEqual(['tcp']);
  });

  it('a pipe carries nothing', async () => {
    const path = join(mkdtempSync(join(inject('folder'), 'guard-')), 'socket');
    let bytes = 0;
    const server = createServer((socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.length)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const socket = connectTcp(path);
    socket.write('secret');
    expect(await errorOf(socket)).toBe('ERR_EGRESS_BLOCKED');
    await sleep(20);
    server.close();
    expect([bytes, blocked.length]).toEqual([0, 1]);
  });

  it('udp sends nothing', async () => {
    uninstall?.();
    const server = createSocket('udp4');
    let messages = 0;
    server.on('message', () => (messages += 1));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const { port } = server.address();
    uninstall = installGuard({ onBlocked: (one) => blocked.push(one) });
    const socket = createSocket('udp4');
    expect(() => socket.send('secret', port, '127.0.0.1')).toThrow(/not running/i);
    expect(() => createSocket('udp6').connect(port, '::1')).toThrow(/not running/i);
    await sleep(20);
    server.close();
    expect(messages).toBe(0);
    expect(blocked.map(({ protocol }) => protocol)).toEqual(['udp', 'udp']);
  });

  const name = 'secret-name.example.invalid';
  /** Ways that ask for the address of a name; each gives the code of the error it ends with. */
  const questions = {
    'net.connect': () => errorOf(connectTcp({ port: 9, host: name })),
    tls: () => errorOf(connectTls({ port: 9, host: name })),
    http: () => errorOf(getHttp(`http://${name}/`)),
    fetch: () =>
      fetch(`http://${name}/`).then(
        () => 'answered',
        (error: Error) => (error.cause as { code?: unknown }).code,
      ),
  };
  const ownQuestions = {
    lookup: () => codeOf((done) => dns.lookup(name, done)),
    'lookup by promisify': () => promisify(dns.lookup)(name).then(String, ({ code }: Coded) => code),
    'lookup, imported by name': () => codeOf((done) => lookupByName(name, done)),
    'lookup by promise': () => dns.promises.lookup(name).then(String, ({ code }: Coded) => code),
    resolve: () => codeOf((done) => dns.resolve(name, done)),
    'resolve4 of a resolver': () => codeOf((done) => new dns.Resolver().resolve4(name, done)),
    'resolveTxt by promise': () =>
      new dns.promises.Resolver().resolveTxt(name).then(String, ({ code }: Coded) => code),
    'reverse of an address': () => codeOf((done) => dns.reverse('192.0.2.1', done)),
  };
  interface Coded {
    code?: unknown;
  }
  const codeOf = (ask: (done: (error: Error | null) => void) => void): Promise<unknown> =>
    new Promise((resolve) => ask((error) => resolve((error as Coded | null)?.code)));

  it.each(Object.entries(questions))(
    '%s does not even ask for the address of a name',
    async (_name, open) => {
      const codes: unknown[] = [];
      const { lookup } = dns;
      dns.lookup = ((host: string, options: object, done: (error: Error | null) => void) => {
        const told = (error: Error | null): void => {
          codes.push((error as Coded | null)?.code);
          done(error);
        };
        lookup(host, options, told);
      }) as unknown as typeof lookup;
      try {
        expect(await open()).toBe('ERR_EGRESS_BLOCKED');
        await sleep(20);
      } finally {
        dns.lookup = lookup;
      }
      expect(codes).toEqual(['ERR_EGRESS_BLOCKED']);
      expect(blocked.map(({ protocol, host }) => [protocol, host])).toEqual([['tcp', name]]);
    },
  );

  it.each(Object.entries(ownQuestions))('%s asks nobody, fails and is counted', async (_name, ask) => {
    expect(await ask()).toBe('ERR_EGRESS_BLOCKED');
    expect(blocked.map(({ protocol }) => protocol)).toEqual(['dns']);
    expect(blocked[0]?.error.stack).toContain('guard.test.ts');
  });

  it('what this machine answers itself may be asked', async () => {
    expect(await codeOf((done) => dns.lookup('localhost', done))).toBeUndefined();
    expect(await codeOf((done) => dns.lookup('127.0.0.1', done))).toBeUndefined();
    const server = throughListeningPassage(() => createServer().listen(0, 'localhost'));
    await new Promise((resolve) => server.once('listening', resolve));
    server.close();
    expect(blocked).toEqual([]);
  });

  it('says the name that was asked for, and which code it was', async () => {
    await ways['net.connect by name']();
    expect(blocked[0]?.host).toBe('localhost');
    expect(blocked[0]?.error.stack).toContain('guard.test.ts');
  });

  it('a hundred at once are all stopped', async () => {
    const before = destination.connections();
    const codes = await Promise.all(Array.from({ length: 100 }, () => ways.fetch()));
    expect(new Set(codes)).toEqual(new Set(['ERR_EGRESS_BLOCKED']));
    expect([blocked.length, destination.connections()]).toEqual([100, before]);
  });

  it('everything opens again once the guard is gone', async () => {
    uninstall?.();
    expect((await fetch(destination.url, { headers: { connection: 'close' } })).status).toBe(200);
    expect(blocked).toEqual([]);
  });
});

describe('with a channel', () => {
  it('connections open, by address and by name, and only for as long as its work runs', async () => {
    const before = destination.connections();
    await throughPassage('mail', async () => {
      for (const host of ['127.0.0.1', 'localhost']) {
        const socket = connectTcp({ port: portOf(), host });
        await new Promise((resolve) => socket.once('connect', resolve));
        socket.destroy();
      }
    });
    expect([blocked.length, destination.connections() - before]).toEqual([0, 2]);
    expect(await ways['net.connect']()).toBe('ERR_EGRESS_BLOCKED');
  });

  it('names are asked for, by what calls out and by the driver of the database', async () => {
    uninstall?.();
    const { lookup } = dns;
    const asked: string[] = [];
    // Nobody outside is asked in a test.
    dns.lookup = ((host: string, _options: object, done: (...args: unknown[]) => void) => {
      asked.push(host);
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    }) as unknown as typeof lookup;
    uninstall = installGuard({ onBlocked: (one) => blocked.push(one) });
    const connected = (socket: Socket) =>
      new Promise<string>((resolve, reject) => {
        socket.once('connect', () => socket.destroy()).once('close', () => resolve('connected'));
        socket.once('error', reject);
      });
    try {
      const outbound = () => connected(connectTcp({ port: portOf(), host: 'mail.example.com' }));
      expect(await throughPassage('mail', outbound)).toBe('connected');
      const driver = () => connectTcp({ port: portOf(), host: 'database.example.com' });
      expect(await connected(throughDatabasePassage(driver))).toBe('connected');
    } finally {
      uninstall();
      dns.lookup = lookup;
    }
    expect([asked, blocked]).toEqual([['mail.example.com', 'database.example.com'], []]);
  });

  it('nothing that outlives its work opens anything: timers, callbacks of its sockets', async () => {
    const late: Promise<unknown>[] = [];
    let socket: Socket | undefined;
    await throughPassage('mail', async () => {
      late.push(sleep(30).then(() => ways.http()));
      socket = connectTcp({ port: portOf(), host: '127.0.0.1' });
      await new Promise((resolve) => socket?.once('connect', resolve));
      late.push(new Promise((resolve) => socket?.once('close', () => resolve(ways.fetch()))));
    });
    socket?.destroy();
    expect(await Promise.all(late)).toEqual(['ERR_EGRESS_BLOCKED', 'ERR_EGRESS_BLOCKED']);
  });

  it('what fails inside of it closes it too, and others beside it have nothing of it', async () => {
    let failed: Promise<unknown> | undefined;
    const work = throughPassage('errors', async () => {
      failed = sleep(20).then(() => ways['net.connect']());
      throw new Error('no');
    });
    const beside = ways['net.connect']();
    await expect(work).rejects.toThrow('no');
    expect([await failed, await beside]).toEqual(['ERR_EGRESS_BLOCKED', 'ERR_EGRESS_BLOCKED']);
  });

  it('the passage of the database ends when its driver has returned', async () => {
    let later: Promise<unknown> | undefined;
    const socket = throughDatabasePassage(() => {
      later = sleep(10).then(() => ways['net.connect']());
      return connectTcp({ port: portOf(), host: '127.0.0.1' });
    });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    expect(await later).toBe('ERR_EGRESS_BLOCKED');
  });
});

describe('PostgreSQL', () => {
  it.skipIf(process.env['TEST_DATABASE_URL'] === undefined)(
    'is reached through its passage, also by several connections at once, and not without',
    async () => {
      uninstall?.();
      const folder = mkdtempSync(join(inject('folder'), 'guard-'));
      const database = await createTestDatabase({
        base: inject('base'),
        postgres: inject('postgres'),
        folder,
      });
      uninstall = installGuard({ onBlocked: (one) => blocked.push(one) });
      const options: ConnectOptions = {
        ...{ databaseUrl: database.databaseUrl, sqliteFile: '', sqliteSynchronous: 'normal', poolSize: 5 },
      };
      const passing = await connect({ ...options, opening: throughDatabasePassage });
      const read = () => passing.db.selectFrom('users').select('id').execute();
      await Promise.all(Array.from({ length: 20 }, read));
      expect([passing.poolState().get('idle'), blocked.length]).toEqual([5, 0]);
      const stopped = await connect(options);
      await expect(stopped.db.selectFrom('users').select('id').execute()).rejects.toThrow('no channel');
      await Promise.all([passing.db.destroy(), stopped.db.destroy()]);
      uninstall();
      await database.drop();
    },
  );
});

describe('the server', () => {
  it('watches no incoming connection', () => {
    for (const name of ['net.server.socket', 'http.server.request.start', 'http.server.response.finish'])
      expect(channel(name).hasSubscribers).toBe(false);
  });

  it('runs with the guard: it serves, its database answers, and a module that phones home does not get out', async () => {
    uninstall?.();
    const folder = mkdtempSync(join(inject('folder'), 'guard-'));
    const database = await createTestDatabase({ base: inject('base'), postgres: inject('postgres'), folder });
    const log = join(folder, 'app.jsonl');
    // In the process from the very beginning, as a dependency would be.
    const phoningHome = `setInterval(() => fetch('${destination.url}/home').catch(() => {}), 50).unref();`;
    const before = destination.connections();
    const preload = `data:text/javascript,${encodeURIComponent(`setTimeout(() => { ${phoningHome} }, 1500);`)}`;
    const child = spawn(process.execPath, ['--import', preload, join(root, 'src/main.ts')], {
      env: {
        ...{ DATA_DIR: folder, DATABASE_URL: database.databaseUrl ?? '', LOG_FILE: log },
        ...{ PORT: '0', HOST: '127.0.0.1' },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const address = await new Promise<string>((resolve, reject) => {
      child.once('close', () => reject(new Error('the server did not start')));
      child.stdout.on('data', (chunk: Buffer) => {
        const port = / is at http:\/\/localhost:(\d+)/.exec(chunk.toString())?.[1];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      });
    });
    const blockedSoFar = async () =>
      Number(/^tt_egress_blocked_total (\d+)$/m.exec(await (await fetch(`${address}/metrics`)).text())?.[1]);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    for (let attempt = 0; attempt < 200 && (await blockedSoFar()) < 3; attempt += 1) await sleep(50);
    expect(await blockedSoFar()).toBeGreaterThanOrEqual(3);
    expect((await fetch(`${address}/setup`)).status).toBe(200);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
    await database.drop();
    expect(destination.connections()).toBe(before);
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('connection blocked'));
    expect(lines[0]).toContain('"level":"warn"');
    expect(lines[0]).toContain('"protocol":"tcp"');
  }, 60_000);
});
