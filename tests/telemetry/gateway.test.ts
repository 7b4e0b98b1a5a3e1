import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import type { Gateway, OutboundRequest } from '../../src/telemetry/channels.ts';
import { createGateway, openEgress, problemOf } from '../../src/telemetry/gateway.ts';
import { bytesOf } from '../../src/telemetry/ledger.ts';
import { opened } from '../support/each-file.ts';
import { openDestination } from '../support/internet.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { openLedgerDatabase } from './ledger-database.ts';
import { requestOf } from './ledger-records.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const certificate = {
  key: readFileSync(join(fixtures, 'loopback-key.pem')),
  cert: readFileSync(join(fixtures, 'loopback-cert.pem'), 'utf8'),
};
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let database: LedgerDatabase;
let gateway: Gateway;
const counted: string[] = [];
const metrics = {
  egressRequest: (channel: string, outcome: string) => counted.push(`${channel} ${outcome}`),
  egressBytes: (channel: string, bytes: number) => counted.push(`${channel} ${bytes} bytes`),
};
beforeAll(async () => {
  database = await openLedgerDatabase();
  gateway = createGateway({ ledger: database.ledger, metrics, now: () => database.clock.now });
});

const send = (url: string, changes: Partial<OutboundRequest> = {}) =>
  gateway({
    ...{ channel: 'analytics', purpose: 'test', consent_id: 4, url, method: 'POST' },
    ...{ headers: { 'content-type': 'application/json' }, body: Buffer.from('{"a":1}') },
    ...{ people: [], timeoutMs: 10_000, ...changes },
  });

const recordsNow = async () =>
  (await database.connection.db.selectFrom('ledger').select('id').execute()).length;

/** A server that speaks nothing and keeps the bytes; `take` is called with everything that has come so far. */
async function receive(take: (socket: Socket, bytes: Buffer) => void, tls = false) {
  let [bytes, connections] = [Buffer.alloc(0), 0];
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => take(socket, (bytes = Buffer.concat([bytes, chunk]))));
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server: Server = tls ? createTlsServer(certificate, onSocket) : createTcpServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  opened.push({ close });
  const { port } = server.address() as AddressInfo;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  return { url, server, sockets, bytes: () => bytes, connections: () => connections, close };
}

describe('what leaves', () => {
  it('is in the ledger byte for byte, the keys in its headers masked', async () => {
    for (const body of [Buffer.from('{"note":"ü 🧭"}'), Buffer.from([0, 255, 1, 254]), Buffer.from('')]) {
      const receiver = await receive((socket, bytes) => {
        if (bytes.subarray(-body.length || bytes.length).equals(body) || body.length === 0) socket.end(ok);
      });
      const answer = await send(`${receiver.url}/batch/?x=1`, {
        ...{ body, people: [1, 2] },
        headers: {
          'content-type': 'application/json',
          'X-Sentry-Auth': 'Sentry sentry_key=abc',
          authorization: 'Bearer def',
          // The gateway's business.
          ...{ Host: 'evil.example.com', 'content-length': '1', Connection: 'keep-alive' },
        },
      });
      expect(answer).toMatchObject({ status: 200, problem: null });
      const entry = await database.ledger.find(answer.ledger_id);
      const head = entry?.request.head ?? '';
      expect(head).toContain('X-Sentry-Auth: ********\r\nauthorization: ********\r\n');
      const unmasked = head
        .replace('X-Sentry-Auth: ********', 'X-Sentry-Auth: Sentry sentry_key=abc')
        .replace('authorization: ********', 'authorization: Bearer def');
      const kept = Buffer.concat([
        Buffer.from(unmasked),
        bytesOf(entry?.request ?? { body: '', body_encoding: 'utf8' }),
      ]);
      expect(receiver.bytes().toString('latin1')).toBe(kept.toString('latin1'));
      expect(entry?.request).toMatchObject({ channel: 'analytics', consent_id: 4, byte_count: body.length });
      expect(entry?.request.host).toBe(new URL(receiver.url).host);
      expect(entry?.answer).toMatchObject({ status: 200, byte_count: 2 });
      expect(entry?.answer?.body_sha256).toBe(createHash('sha256').update('ok').digest('hex'));
      expect((await database.ledger.list({ user_id: 2 })).entries[0]?.request.id).toBe(answer.ledger_id);
    }
  });

  it('is in the ledger before the connection stands, and its answer is not', async () => {
    const { DATABASE_URL, SQLITE_FILE = '' } = database.environment;
    const other = await connect({
      databaseUrl: DATABASE_URL || undefined,
      ...{ sqliteFile: SQLITE_FILE, sqliteSynchronous: 'normal', poolSize: 1 },
    });
    const read = () => other.db.selectFrom('ledger').selectAll().orderBy('id', 'desc').limit(1).execute();
    let atConnection: Awaited<ReturnType<typeof read>> = [];
    const receiver = await receive(() => undefined);
    receiver.server.on('connection', (socket: Socket) => {
      socket.pause();
      void read().then((rows) => {
        atConnection = rows;
        socket.resume();
        socket.once('data', () => socket.end(ok));
      });
    });
    const answer = await send(receiver.url, { body: Buffer.from('{"first":"byte"}') });
    await other.db.destroy();
    expect(atConnection).toMatchObject([{ id: answer.ledger_id, kind: 'request', body: '{"first":"byte"}' }]);
  });

  it('does not when the ledger cannot be written', async () => {
    const own = await openLedgerDatabase();
    const destination = await openDestination();
    opened.push(destination);
    await own.connection.db.schema.alterTable('ledger').renameTo('ledger_gone').execute();
    const closed = createGateway({ ledger: own.ledger, metrics, now: Date.now });
    await expect(
      closed({
        ...{ channel: 'errors', purpose: 'error', consent_id: null, url: destination.url, method: 'POST' },
        ...{ headers: {}, body: Buffer.from('x'), people: [], timeoutMs: 1000 },
      }),
    ).rejects.toThrow();
    expect(destination.connections()).toBe(0);
  });

  it('goes encrypted, to a certificate that is trusted', async () => {
    const receiver = await receive((socket, bytes) => {
      if (bytes.includes('{"a":1}')) socket.end(ok);
    }, true);
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, certificate.cert]);
    try {
      expect(await send(`${receiver.url}/x`)).toMatchObject({ status: 200 });
    } finally {
      setDefaultCACertificates(before);
    }
    expect(receiver.bytes().toString()).toMatch(/^POST \/x HTTP\/1\.1\r\n[^]*\{"a":1\}$/);
  });

  it('cannot be added to by code that watches requests, as error reporters do', async () => {
    const destination = await openDestination();
    opened.push(destination);
    const attempts: string[] = [];
    const add = (message: unknown): void => {
      const { request } = message as { request: ClientRequest };
      attempts.push('seen');
      try {
        request.setHeader('sentry-trace', '1-2-3');
      } catch {
        attempts.push('refused');
      }
    };
    const channels = ['http.client.request.created', 'http.client.request.start'];
    for (const name of channels) subscribe(name, add);
    const answer = await send(destination.url);
    for (const name of channels) unsubscribe(name, add);
    expect(attempts).toContain('seen');
    expect(attempts.filter((attempt) => attempt === 'refused')).toHaveLength(attempts.length / 2);
    expect(answer.status).toBe(200);
    expect(Object.keys(destination.requests[0]?.headers ?? {}).sort()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
  });

  it('leaves no connection open behind it', async () => {
    const receiver = await receive((socket) => socket.write(`${ok.replace('200 OK', '201 Made')}`));
    expect((await send(receiver.url)).status).toBe(201);
    expect((await send(receiver.url)).status).toBe(201);
    expect(receiver.connections()).toBe(2);
    for (let attempt = 0; receiver.sockets.size > 0 && attempt < 200; attempt += 1) await sleep(10);
    expect(receiver.sockets.size).toBe(0);
  });

  it('takes no way through a proxy that the environment names', async () => {
    const [destination, proxy] = [await openDestination(), await openDestination()];
    opened.push(destination, proxy);
    const child = spawn(process.execPath, [join(fixtures, 'call-out.ts')], {
      env: {
        ...{ ...database.environment, DESTINATION: `${destination.url}/x`, NODE_USE_ENV_PROXY: '1' },
        ...{ HTTP_PROXY: proxy.url, http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    expect([output, destination.connections(), proxy.connections()]).toEqual(['200', 1, 0]);
  });
});

describe('an answer', () => {
  it('that redirects is not followed', async () => {
    const [elsewhere, destination] = [await openDestination(), await openDestination()];
    opened.push(elsewhere, destination);
    for (const status of [301, 302, 303, 307, 308]) {
      destination.behave({ kind: 'answer', status, headers: { location: `${elsewhere.url}/x` } });
      expect(await send(destination.url)).toMatchObject({ status, problem: null });
    }
    expect([destination.connections(), elsewhere.connections()]).toEqual([5, 0]);
  });

  it('without end is cut, and not waited for', async () => {
    const receiver = await receive((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const write = (): void => {
        if (socket.writable) socket.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`, () => setImmediate(write));
      };
      write();
    });
    const answer = await send(receiver.url);
    expect(answer).toMatchObject({ status: 200, problem: null });
    expect(answer.body.byteLength).toBe(65_536);
    expect((await database.ledger.find(answer.ledger_id))?.answer).toMatchObject({ byte_count: 65_536 });
  });

  it('that breaks off after its status counts by its status', async () => {
    const receiver = await receive((socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\npart', () => socket.destroy());
    });
    expect(await send(receiver.url)).toMatchObject({ status: 202, problem: null });
  });

  it.each([
    ['120', 120],
    ['0', 0],
    ['Wed, 04 Mar 2026 09:02:00 GMT', 120],
    ['Wed, 04 Mar 2020 09:02:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['99999999999', null],
  ])('with Retry-After %s waits %s seconds', async (value, seconds) => {
    const destination = await openDestination({
      kind: 'answer',
      status: 429,
      headers: { 'retry-after': value },
    });
    opened.push(destination);
    expect(await send(destination.url)).toMatchObject({ status: 429, retry_after_seconds: seconds });
  });
});

describe('no answer', () => {
  const lastAnswer = async (id: number) => (await database.ledger.find(id))?.answer;

  it.each([
    ['silence', 'timeout'],
    ['nonsense', 'bad_answer'],
    ['reset', 'reset'],
    ['hang-up', 'reset'],
  ])('%s is told as %s', async (behaviour, problem) => {
    const receiver = await receive((socket) => {
      if (behaviour === 'nonsense') socket.end('I do not speak HTTP\r\n\r\n');
      if (behaviour === 'reset') socket.resetAndDestroy();
      if (behaviour === 'hang-up') socket.end();
    });
    counted.length = 0;
    const answer = await send(receiver.url, { timeoutMs: behaviour === 'silence' ? 300 : 10_000 });
    expect(answer).toMatchObject({ status: null, problem });
    expect(await lastAnswer(answer.ledger_id)).toMatchObject({ status: null, problem, byte_count: 0 });
    expect(counted).toEqual(['analytics failed', 'analytics 7 bytes']);
  });

  it('from a port where nobody listens is refused, and no byte is counted', async () => {
    const receiver = await receive(() => undefined);
    await receiver.close();
    opened.pop();
    counted.length = 0;
    const answer = await send(receiver.url);
    expect(answer).toMatchObject({ status: null, problem: 'refused' });
    expect(await lastAnswer(answer.ledger_id)).toMatchObject({ problem: 'refused' });
    expect(counted).toEqual(['analytics failed']);
    // A name with two addresses, both refused.
    const named = await send(receiver.url.replace('127.0.0.1', 'localhost'));
    expect(named).toMatchObject({ status: null, problem: 'refused' });
  });

  it('from a certificate nobody signed, or from a server without one, is told, and no byte left', async () => {
    counted.length = 0;
    const unsigned = await receive((socket) => socket.end(ok), true);
    expect(await send(unsigned.url)).toMatchObject({ status: null, problem: 'tls' });
    const plain = await receive((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await send(plain.url.replace('http:', 'https:'))).toMatchObject({ status: null, problem: 'tls' });
    expect(unsigned.bytes().length).toBe(0);
    expect(plain.bytes().toString('latin1')).not.toContain('POST');
    expect(counted).toEqual(['analytics failed', 'analytics failed']);
  });

  it('after it was called off: in the middle, while the ledger is written, before', async () => {
    const withdrawal = new AbortController();
    const receiver = await receive(() => withdrawal.abort());
    const during = await send(receiver.url, { signal: withdrawal.signal });
    expect(during).toMatchObject({ status: null, problem: 'aborted' });
    expect(await lastAnswer(during.ledger_id)).toMatchObject({ problem: 'aborted' });
    for (let attempt = 0; receiver.sockets.size > 0 && attempt < 200; attempt += 1) await sleep(10);
    expect([receiver.connections(), receiver.sockets.size]).toEqual([1, 0]);

    const early = new AbortController();
    const calling = send(receiver.url, { signal: early.signal });
    early.abort();
    const written = await calling;
    expect(written).toMatchObject({ status: null, problem: 'aborted' });
    expect(written.ledger_id).toBeGreaterThan(during.ledger_id);

    const before = await recordsNow();
    expect(await send(receiver.url, { signal: early.signal })).toMatchObject({
      ledger_id: 0,
      problem: 'aborted',
    });
    expect(await recordsNow()).toBe(before);
    expect(receiver.connections()).toBe(1);
  });

  it.each([
    'http://example.com/',
    'https://user:key@127.0.0.1/',
    'http://127.0.0.1.example.com/',
    'ftp://127.0.0.1/',
  ])('because %s is no address to send to: nothing is opened or written', async (url) => {
    const before = await recordsNow();
    expect(await send(url)).toMatchObject({ ledger_id: 0, status: null, problem: 'insecure_address' });
    expect(await recordsNow()).toBe(before);
  });

  it.each([
    [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'unresolved'],
    [Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }), 'unreachable'],
    [Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'tls'],
    [Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'tls'],
    [new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), 'refused'],
    [new AggregateError([]), 'failed'],
    [new Error('no code'), 'failed'],
    ['a thrown string', 'failed'],
  ])('has a word for %s', (error, word) => {
    expect(problemOf(error)).toBe(word);
  });
});

describe('other protocols', () => {
  it('send while their function runs: the ledger first, what became of it afterwards', async () => {
    const { ledger } = database;
    const parts = { ledger, metrics, now: Date.now };
    const message = requestOf({ channel: 'mail', purpose: 'invitation', host: 'mail.example.com:465' });
    let during = 0;
    const answer = await openEgress(parts, message, async () => {
      during = await recordsNow();
      return { status: 250 };
    });
    expect(answer).toMatchObject({ status: 250, problem: null });
    expect(await recordsNow()).toBe(during + 1);
    expect(await ledger.find(answer.ledger_id)).toMatchObject({
      request: { channel: 'mail', head: null, body: '{"event":"timer.started"}' },
      answer: { status: 250 },
      outcome: 'delivered',
    });
    const refused = await openEgress(parts, message, async () => {
      throw Object.assign(new Error('535 no'), { code: 'EAUTH' });
    });
    expect(refused).toMatchObject({ status: null, problem: 'sign_in_refused' });
    counted.length = 0;
    await openEgress(parts, message, async () => {
      throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' });
    });
    expect(counted).toEqual(['mail failed']);
  });

  it('and the whole of it is one chain', async () => {
    expect(await database.ledger.verify()).toMatchObject({ ok: true });
  });
});
