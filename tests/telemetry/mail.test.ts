import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { installGuard } from '../../src/telemetry/guard.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import type { MailServer } from '../support/mail-server.ts';
import { startMailServer } from '../support/mail-server.ts';

let server: MailServer;
let app: TestApp;
beforeAll(async () => {
  server = await startMailServer();
  app = await createTestApp({
    environment: {
      SMTP_URL: server.url,
      MAIL_FROM: 'time@example.com',
      PUBLIC_URL: 'https://time.example.com',
      LOGIN_ATTEMPTS: '1000',
    },
  });
});

const post = (path: string, fields: Record<string, string>) =>
  app.as('alice').post(path, fields).set('Origin', 'https://time.example.com');
const ledger = () =>
  app.deps.db.selectFrom('ledger').selectAll().where('channel', '=', 'mail').orderBy('id').execute();
const mailTo = (user_id: number) =>
  app.deps.db
    .selectFrom('mails')
    .selectAll()
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .executeTakeFirst();
const idOf = async (email: string): Promise<number> =>
  (await app.deps.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst())?.id ?? 0;

/** Waits until a condition holds; the last value when it never does. */
async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; tries < 500; tries += 1) {
    const value = await read();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return read();
}

/** The texts of a message, decoded from quoted-printable. */
function decoded(raw: string): string {
  const bytes = raw
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
const tokenIn = (raw: string): string => /token=([\w-]{43})/.exec(decoded(raw))?.[1] ?? '';

describe('an invitation by mail', () => {
  it('arrives as text and HTML with the link, and the page shows the link as well', async () => {
    const fields = { name: 'Mia Müller', email: 'mia@example.com', role: 'member', locale: 'de' };
    const page = await post('/admin/users', fields).expect(200);
    expect(page.text).toContain('A mail is on its way to mia@example.com.');
    const [mail] = await server.waitFor(1);
    expect(mail).toMatchObject({ from: 'time@example.com', to: ['mia@example.com'] });
    const text = decoded(mail?.raw ?? '');
    expect(text).toContain('Guten Tag Mia Müller,');
    expect(text).toContain('text/plain');
    expect(text).toContain('text/html');
    const token = tokenIn(mail?.raw ?? '');
    await app.stranger.get(`/invitation?token=${token}`).expect(200);
    const id = await idOf('mia@example.com');
    const sent = await until(
      () => mailTo(id),
      (row) => row?.state !== 'waiting',
    );
    expect(sent).toMatchObject({ state: 'sent', attempts: 1 });
    expect((await app.as('alice').get(`/admin/users/${id}`)).text).toContain(
      'The mail server took the mail.',
    );
  });

  it('carries a link of its own: of the two, whichever is used first ends the other', async () => {
    const fields = { name: 'Max', email: 'max@example.com', role: 'member', locale: 'en' };
    const before = server.received.length;
    const page = await post('/admin/users', fields).expect(200);
    const shown = /token=([\w-]{43})/.exec(page.text)?.[1] ?? '';
    const mailed = tokenIn((await server.waitFor(before + 1)).at(-1)?.raw ?? '');
    expect(mailed).toHaveLength(43);
    expect(mailed).not.toBe(shown);
    await app.stranger.get(`/invitation?token=${shown}`).expect(200);
    const form = { token: mailed, name: 'Max', password: 'long enough words' };
    await app.stranger.post('/invitation', form).set('Origin', 'https://time.example.com').expect(303);
    await app.stranger.get(`/invitation?token=${shown}`).expect(404);
    await app.stranger.get(`/invitation?token=${mailed}`).expect(404);
  });

  it('is in the ledger with its bytes, its answer and whom it is about, but for the token', async () => {
    const [request, answer] = await ledger();
    const sent = server.received[0]?.raw ?? '';
    const token = tokenIn(sent);
    expect(request).toMatchObject({ kind: 'request', purpose: 'invitation', host: new URL(server.url).host });
    expect(answer).toMatchObject({ kind: 'answer', status: 250, problem: null, request_id: request?.id });
    const body = request?.body ?? '';
    expect(body).not.toContain(token.slice(0, 20));
    expect(request?.byte_count).toBe(Buffer.byteLength(body));
    // The same message: only the token became asterisks.
    const plain = (raw: string): string =>
      decoded(raw)
        .replaceAll(/token=[\w*-]{43}/g, 'token=')
        .trim();
    expect(plain(body)).toBe(plain(sent));
    const people = await app.deps.db
      .selectFrom('ledger_people')
      .selectAll()
      .where('ledger_id', '=', request?.id ?? 0)
      .execute();
    expect(people).toMatchObject([{ user_id: await idOf('mia@example.com') }]);
    expect(await app.deps.telemetry.ledger.verify({})).toMatchObject({ ok: true });
  });

  it('that is refused is told to the administrator, and the link still opens', async () => {
    server.refuse('554 not today');
    const fields = { name: 'Nils', email: 'nils@example.com', role: 'member', locale: 'en' };
    const page = await post('/admin/users', fields).expect(200);
    const id = await idOf('nils@example.com');
    const mail = await until(
      () => mailTo(id),
      (row) => row?.state !== 'waiting',
    );
    expect(mail).toMatchObject({ state: 'given_up', attempts: 1, status: 554, problem: null });
    const told = (await app.as('alice').get(`/admin/users/${id}`)).text;
    expect(told).toContain(
      'The mail could not be sent, and is not tried again. The mail server refused it (554).',
    );
    const token = /token=([\w-]{43})/.exec(page.text)?.[1] ?? '';
    await app.stranger.get(`/invitation?token=${token}`).expect(200);
    expect((await ledger()).at(-1)).toMatchObject({ kind: 'answer', status: 554, problem: null });
    server.refuse(undefined);
  });
});

describe('a forgotten password', () => {
  const ask = (email: string) =>
    app.stranger.post('/password/forgot', { email }).set('Origin', 'https://time.example.com');

  it('is answered alike for everybody, and mailed to who has the address', async () => {
    const before = server.received.length;
    const known = await ask('BOB@example.com').expect(200);
    const unknown = await ask('nobody@example.com').expect(200);
    const strip = (page: { text: string }) => page.text.replaceAll(/nonce="[^"]*"/g, '');
    expect(strip(known)).toBe(strip(unknown));
    const mails = await server.waitFor(before + 1);
    expect(mails.slice(before).map(({ to }) => to)).toEqual([['bob@example.com']]);
    const token = tokenIn(mails.at(-1)?.raw ?? '');
    const done = await app.stranger
      .post('/password/reset', { token, password: 'a new long password' })
      .set('Origin', 'https://time.example.com');
    expect(done.headers['location']).toBe('/timer');
  });

  it('leads to the server’s own address, whatever host the request names', async () => {
    const before = server.received.length;
    await ask('charlie@example.com')
      .set('Host', 'evil.example.com')
      .set('X-Forwarded-Host', 'evil.example.com');
    const mails = await server.waitFor(before + 1);
    expect(decoded(mails.at(-1)?.raw ?? '')).toContain('https://time.example.com/password/reset?token=');
    expect(decoded(mails.at(-1)?.raw ?? '')).not.toContain('evil');
  });

  it('fills nobody’s mailbox', async () => {
    const before = server.received.length;
    for (let count = 1; count <= 6; count += 1) {
      await ask('alice@example.com').expect(200);
      // Of two links at once the older one ends, and its mail is not sent any more.
      await server.waitFor(before + Math.min(count, 3));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.received.length - before).toBe(3);
  });
});

describe('the mailer', () => {
  const mail = {
    purpose: 'notice',
    user_id: null,
    to: 'x@example.com',
    subject: 's',
    text: 't\n.\nu',
    html: '<p>t</p>',
  };

  it('sends a line that is a dot, and no header that a subject smuggles in', async () => {
    const before = server.received.length;
    const subject = 'Hello\r\nBcc: eve@example.com';
    expect(await app.deps.mailer.send({ ...mail, subject })).toBeNull();
    const sent = (await server.waitFor(before + 1)).at(-1);
    expect(sent?.to).toEqual(['x@example.com']);
    expect(sent?.raw).not.toMatch(/^Bcc:/m);
    expect(sent?.raw).toMatch(/^t\r\n\.\r\nu/m);
  });

  it('passes the guard that stops every other connection', async () => {
    const blocked: string[] = [];
    const remove = installGuard({ onBlocked: ({ host }) => blocked.push(String(host)) });
    try {
      expect(await app.deps.mailer.send(mail)).toBeNull();
    } finally {
      remove();
    }
    expect(blocked).toEqual([]);
  });

  it.each([
    ['a port where nobody listens', 'smtp://127.0.0.1:9', 'refused'],
    ['a name that nobody has', 'smtp://mail.invalid:25', 'unresolved'],
  ])('says why not: %s', async (_, SMTP_URL, problem) => {
    const other = await createTestApp({ environment: { SMTP_URL, MAIL_FROM: 'time@example.com' } });
    expect(await other.deps.mailer.send(mail)).toEqual({ status: null, problem, is_final: false });
  });

  it('sends nothing readable to another machine, and gives no password away', async () => {
    // A server on loopback that offers no encryption, asked by a name that is not loopback's.
    const lines: string[] = [];
    const plain = createServer((socket) => {
      socket.write('220 x\r\n');
      socket.on('data', (chunk) => {
        lines.push(chunk.toString());
        socket.write('250 fine\r\n');
      });
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => plain.listen(0, '0.0.0.0', resolve));
    const { port } = plain.address() as AddressInfo;
    const other = await createTestApp({
      environment: { SMTP_URL: `smtp://user:secret@0.0.0.0:${port}`, MAIL_FROM: 'time@example.com' },
    });
    expect(await other.deps.mailer.send(mail)).not.toBeNull();
    expect(lines.join('')).not.toMatch(/AUTH|MAIL FROM|secret/i);
    plain.close();
  });

  it('is off without SMTP_URL', async () => {
    const other = await createTestApp();
    expect(other.deps.mailer.isOn).toBe(false);
    expect(await other.deps.mailer.send(mail)).toMatchObject({ problem: 'failed', is_final: true });
  });
});
