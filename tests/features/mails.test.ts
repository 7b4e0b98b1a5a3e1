import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { buildDeps } from '../../src/deps.ts';
import { insertProjectManager } from '../../src/features/access/access.queries.ts';
import { insertNotices } from '../../src/features/notices/notices.queries.ts';
import { sendMails } from '../../src/features/notices/send-mails.ts';
import { claimMail } from '../../src/features/mails/mails.queries.ts';
import type { TestApp } from '../support/app.ts';
import { createPerson, createTestApp } from '../support/app.ts';
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
    },
  });
});
beforeEach(() => {
  server.refuse(undefined);
  app.clock.now += 60_000;
});

const minuteMs = 60_000;
const dayMs = 86_400_000;
let people = 0;

/** Invites somebody new; waits until their mail was tried. */
async function invite(): Promise<{ id: number; email: string; name: string }> {
  people += 1;
  const [name, email] = [`Guest ${people}`, `guest${people}@example.com`];
  const fields = { name, email, role: 'member', locale: 'en' };
  await app.as('alice').post('/admin/users', fields).set('Origin', 'https://time.example.com').expect(200);
  const { id } = await app.deps.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow();
  for (let tries = 0; tries < 500 && !(await wasTried(id)); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return { id, email, name };
}
async function wasTried(user_id: number): Promise<boolean> {
  const { state, status, problem } = await mailOf(user_id);
  return state !== 'waiting' || status !== null || problem !== null;
}
const mailOf = (user_id: number, deps: Deps = app.deps) =>
  deps.db
    .selectFrom('mails')
    .selectAll()
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
const receivedBy = (email: string) => server.received.filter(({ to }) => to.includes(email));
const tokenIn = (raw: string): string => /token=3D([\w-]{43})/.exec(raw.replaceAll(/=\r?\n/g, ''))?.[1] ?? '';
const personPage = async (id: number): Promise<string> =>
  (await app.as('alice').get(`/admin/users/${id}`).expect(200)).text;
const noticesPage = async (): Promise<string> => (await app.as('alice').get('/notices').expect(200)).text;

/** The same database after a restart, or beside it. */
async function another(environment: Partial<Deps['config']> = {}): Promise<Deps> {
  return buildDeps({ ...app.deps.config, ...environment }, { now: () => app.clock.now });
}

describe('a mail that the server does not take yet (4xx)', () => {
  it('waits in the database, is told of, and is sent by whoever runs later, with a link that opens', async () => {
    server.refuse('451 greylisted');
    const { id, email } = await invite();
    expect(await mailOf(id)).toMatchObject({ state: 'waiting', attempts: 1, status: 451 });
    expect(await personPage(id)).toContain('The mail was not sent yet; it is tried again at');
    expect(await personPage(id)).toContain('The mail server refused it (451).');
    server.refuse(undefined);
    await sendMails(app.deps);
    expect(receivedBy(email)).toHaveLength(0);
    app.clock.now += minuteMs;
    const restarted = await another();
    await sendMails(restarted);
    await restarted.close();
    expect(await mailOf(id)).toMatchObject({ state: 'sent', attempts: 2, status: null });
    const [mail] = receivedBy(email);
    await app.stranger.get(`/invitation?token=${tokenIn(mail?.raw ?? '')}`).expect(200);
    expect(await personPage(id)).toContain('The mail server took the mail.');
  });

  it('is tried ever less often, then given up and told to the administrators once', async () => {
    server.refuse('450 mailbox busy');
    const { id, name } = await invite();
    const started = app.clock.now;
    const tries = [];
    for (let attempts = 1; app.clock.now < started + 4 * dayMs; app.clock.now += minuteMs * 5) {
      await sendMails(app.deps);
      const mail = await mailOf(id);
      if (mail.attempts > attempts) tries.push((app.clock.now - started) / minuteMs);
      attempts = mail.attempts;
      if (mail.state === 'given_up') break;
    }
    expect(tries.slice(0, 4)).toEqual([5, 10, 25, 55]);
    expect(tries.length).toBeLessThan(80);
    const mail = await mailOf(id);
    expect(mail).toMatchObject({ state: 'given_up', status: 450 });
    expect((mail.ended_at ?? 0) - started).toBeGreaterThan(2.9 * dayMs);
    expect((mail.ended_at ?? 0) - started).toBeLessThanOrEqual(3 * dayMs);
    await sendMails(app.deps);
    const told = (await noticesPage()).split(`invitation of ${name}`);
    expect(told).toHaveLength(2);
    expect(await personPage(id)).toContain('could not be sent, and is not tried again');
  });
});

describe('a mail that the server will never take (5xx)', () => {
  it('is given up at once; every administrator gets a notice that leads to the person, and no mail about it', async () => {
    server.refuse('550 no such mailbox');
    const { id, name } = await invite();
    expect(await mailOf(id)).toMatchObject({ state: 'given_up', attempts: 1, status: 550 });
    server.refuse(undefined);
    const before = server.received.length;
    for (let runs = 0; runs < 3; runs += 1) {
      app.clock.now += 3_600_000;
      await sendMails(app.deps);
    }
    expect(await mailOf(id)).toMatchObject({ state: 'given_up', attempts: 1 });
    expect(server.received).toHaveLength(before);
    const page = await noticesPage();
    expect(page).toContain(`The mail with the invitation of ${name} could not be sent: hand over a link.`);
    expect(page).toContain(`href="/admin/users/${id}"`);
    expect((await app.as('bob').get('/notices').expect(200)).text).not.toContain(name);
    // A new link is a new mail.
    await app
      .as('alice')
      .post(`/admin/users/${id}/link`)
      .set('Origin', 'https://time.example.com')
      .expect(200);
    await server.waitFor(before + 1);
    expect(receivedBy((await mailServerName(id)) ?? '')).toHaveLength(1);
  });
  const mailServerName = async (id: number) =>
    (await app.deps.db.selectFrom('users').select('email').where('id', '=', id).executeTakeFirst())?.email;
});

describe('a mail server that is not there', () => {
  it('costs one attempt a run, and nothing is lost', async () => {
    const gone = await startMailServer();
    await gone.close();
    const other = await another({ smtp_url: gone.url });
    const ids = await notices(5);
    await sendMails(other);
    const rows = await app.deps.db.selectFrom('mails').selectAll().where('notice_id', 'in', ids).execute();
    expect(rows).toHaveLength(5);
    expect(rows.filter(({ attempts }) => attempts > 0)).toMatchObject([{ problem: 'refused', status: null }]);
    await other.close();
    app.clock.now += minuteMs;
    const before = server.received.length;
    await sendMails(app.deps);
    expect(server.received).toHaveLength(before + 5);
  });
});

describe('two instances', () => {
  it('send every mail once, also when both run at the same moment', async () => {
    const ids = await notices(30);
    const other = await another();
    const before = server.received.length;
    await Promise.all([sendMails(app.deps), sendMails(other), sendMails(app.deps), sendMails(other)]);
    await other.close();
    expect(server.received.length - before).toBe(30);
    const rows = await app.deps.db.selectFrom('mails').selectAll().where('notice_id', 'in', ids).execute();
    expect(rows.every(({ state, attempts }) => state === 'sent' && attempts === 1)).toBe(true);
  });

  it('leave what another one tries alone until that one must have died; its mail says which one it is', async () => {
    const [notice_id = 0] = await notices(1);
    server.refuse('451 later');
    await sendMails(app.deps);
    server.refuse(undefined);
    const { id, message_id } = await app.deps.db
      .selectFrom('mails')
      .selectAll()
      .where('notice_id', '=', notice_id)
      .executeTakeFirstOrThrow();
    app.clock.now += minuteMs;
    const now = app.clock.now;
    expect(await claimMail(app.deps.db, id, { now, until: now + 900_000 })).toMatchObject({ attempts: 2 });
    const before = server.received.length;
    app.clock.now += 800_000;
    await sendMails(app.deps);
    expect(server.received).toHaveLength(before);
    app.clock.now += 100_000;
    await sendMails(app.deps);
    expect(server.received).toHaveLength(before + 1);
    expect(server.received.at(-1)?.raw).toContain(`Message-ID: <${message_id}@example.com>`);
  });
});

describe('what nobody needs any more', () => {
  it('is not sent: a link that was used or revoked, a notice that was read', async () => {
    server.refuse('451 later');
    const { id, email } = await invite();
    const { id: other } = await invite();
    await app
      .as('alice')
      .post(`/admin/users/${id}/link/revoke`)
      .set('Origin', 'https://time.example.com')
      .expect(303);
    await app.deps.db
      .updateTable('account_links')
      .set({ used_at: app.clock.now })
      .where('user_id', '=', other)
      .execute();
    const [notice_id = 0] = await notices(1);
    await sendMails(app.deps);
    await app.deps.db
      .updateTable('notices')
      .set({ read_at: app.clock.now })
      .where('id', '=', notice_id)
      .execute();
    server.refuse(undefined);
    const before = server.received.length;
    app.clock.now += 3_600_000;
    await sendMails(app.deps);
    expect(receivedBy(email)).toHaveLength(0);
    expect(server.received).toHaveLength(before);
    const left = await app.deps.db.selectFrom('mails').select('id').where('state', '=', 'waiting').execute();
    expect(left).toEqual([]);
  });
});

describe('without a mail server', () => {
  it('nothing is queued, and what waited is given up in time and told', async () => {
    server.refuse('451 later');
    const { id, name } = await invite();
    const off = await another({ smtp_url: undefined });
    const before = await app.deps.db.selectFrom('mails').select('id').execute();
    await notices(2);
    await sendMails(off);
    expect(await app.deps.db.selectFrom('mails').select('id').execute()).toHaveLength(before.length);
    expect(await mailOf(id)).toMatchObject({ state: 'waiting' });
    app.clock.now += 3 * dayMs;
    await sendMails(off);
    await off.close();
    expect(await mailOf(id)).toMatchObject({ state: 'given_up', status: 451 });
    expect(await noticesPage()).toContain(`invitation of ${name}`);
    // What is older than a day when mail works again is in the page only.
    server.refuse(undefined);
    const received = server.received.length;
    await sendMails(app.deps);
    expect(server.received).toHaveLength(received);
  });

  it('an invitation shows its link and waits for no mail', async () => {
    const plain = await createTestApp();
    const fields = { name: 'Pat', email: 'pat@example.com', role: 'member', locale: 'en' };
    const page = await plain.as('alice').post('/admin/users', fields).expect(200);
    expect(page.text).toMatch(/invitation\?token=[\w-]{43}/);
    expect(await plain.deps.db.selectFrom('mails').select('id').execute()).toEqual([]);
  });
});

describe('a password that is asked for at the sign-in page', () => {
  const ask = (email: string) =>
    app.stranger.post('/password/forgot', { email }).set('Origin', 'https://time.example.com').expect(200);

  it('sends an invitation once more, and ends none', async () => {
    const { id, email } = await invite();
    const first = tokenIn(receivedBy(email)[0]?.raw ?? '');
    const before = server.received.length;
    await ask(email);
    await server.waitFor(before + 1);
    const [, again] = receivedBy(email);
    expect(again?.raw).toContain('/invitation');
    expect(again?.raw).not.toContain('/password/reset');
    for (const token of [first, tokenIn(again?.raw ?? '')])
      await app.stranger.get(`/invitation?token=${token}`).expect(200);
    expect(await personPage(id)).toContain('The mail server took the mail.');
    // Joining by one of them ends the other.
    const joining = { token: first, name: 'Guest', password: 'long enough words' };
    const joined = app.stranger.post('/invitation', joining).set('Origin', 'https://time.example.com');
    expect((await joined).status).toBe(303);
    await app.stranger.get(`/invitation?token=${tokenIn(again?.raw ?? '')}`).expect(404);
  });

  it('ends no link of an administrator, and one that is used ends all', async () => {
    const { id, email } = await invite();
    await app.deps.db.deleteFrom('account_links').where('user_id', '=', id).execute();
    await app.deps.db.updateTable('users').set({ password_hash: 'x' }).where('id', '=', id).execute();
    const linked = app.as('alice').post(`/admin/users/${id}/link`).set('Origin', 'https://time.example.com');
    const handed = /reset\?token=([\w-]{43})/.exec((await linked.expect(200)).text)?.[1] ?? '';
    for (let tries = 0; receivedBy(email).length < 2 && tries < 500; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const own = [];
    for (let asked = 1; asked <= 2; asked += 1) {
      const before = server.received.length;
      await ask(email);
      await server.waitFor(before + 1);
      own.push(tokenIn(receivedBy(email).at(-1)?.raw ?? ''));
    }
    await app.stranger.get(`/password/reset?token=${handed}`).expect(200);
    // Of one's own the newest opens.
    await app.stranger.get(`/password/reset?token=${own[0]}`).expect(404);
    const used = app.stranger.post('/password/reset', { token: own[1] ?? '', password: 'long enough words' });
    expect((await used.set('Origin', 'https://time.example.com')).status).toBe(303);
    await app.stranger.get(`/password/reset?token=${handed}`).expect(404);
  });
});

describe('an address that is refused', () => {
  it('keeps nobody else from their mail', async () => {
    const ids = await notices(3);
    const [first, second, third] = [told - 2, told - 1, told].map((number) => `reader${number}@example.com`);
    server.refuseTo(first ?? '', '550 5.1.1 no such mailbox');
    server.refuseTo(second ?? '', '451 4.2.1 later');
    const before = server.received.length;
    await sendMails(app.deps);
    expect(server.received.slice(before).map(({ to }) => to)).toEqual([[third]]);
    const rows = await app.deps.db
      .selectFrom('mails')
      .select(['state', 'attempts', 'status'])
      .where('notice_id', 'in', ids)
      .orderBy('notice_id')
      .execute();
    expect(rows).toEqual([
      { state: 'given_up', attempts: 1, status: 550 },
      { state: 'waiting', attempts: 1, status: 451 },
      { state: 'sent', attempts: 1, status: null },
    ]);
    server.refuseTo(second ?? '', undefined);
    app.clock.now += minuteMs;
    await sendMails(app.deps);
    expect(server.received.slice(before).map(({ to }) => to)).toEqual([[third], [second]]);
    expect(await noticesPage()).toContain(`Notices to Reader${told - 2} could not be sent by mail`);
  });
});

describe('a notice about a project', () => {
  it('is not mailed to somebody who does not manage it any more', async () => {
    const [left = 0, stays = 0] = await notices(2);
    const { user_id } = await app.deps.db
      .selectFrom('notices')
      .select('user_id')
      .where('id', '=', left)
      .executeTakeFirstOrThrow();
    await app.deps.db.deleteFrom('project_members').where('user_id', '=', user_id).execute();
    const before = server.received.length;
    await sendMails(app.deps);
    expect(server.received.slice(before).map(({ to }) => to)).toEqual([[`reader${told}@example.com`]]);
    const rows = await app.deps.db
      .selectFrom('mails')
      .select('notice_id')
      .where('notice_id', 'in', [left, stays])
      .execute();
    expect(rows).toEqual([{ notice_id: stays }]);
  });
});

let told = 0;
let project_id = 0;
/** Leaves notices that are to be mailed, each to somebody new who manages the project. @returns their ids. */
async function notices(count: number): Promise<number[]> {
  if (project_id === 0) project_id = await addProject();
  const rows = [];
  for (let index = 0; index < count; index += 1) {
    told += 1;
    const user_id = await createPerson(app.deps, `reader${told}`, 'member');
    await insertProjectManager(app.deps.db, project_id, user_id);
    const content = JSON.stringify({ project_id, threshold: 80, percent: 85, month: null });
    rows.push({ user_id, kind: 'budget', once_key: `budget:${told}`, content, created_at: app.clock.now });
  }
  await insertNotices(app.deps.db, rows);
  const stored = await app.deps.db
    .selectFrom('notices')
    .select('id')
    .where(
      'user_id',
      'in',
      rows.map(({ user_id }) => user_id),
    )
    .execute();
  return stored.map(({ id }) => id);
}

async function addProject(): Promise<number> {
  await app
    .as('alice')
    .post('/projects', { name: 'Relaunch', color: 'teal', visibility: 'members' })
    .expect(303);
  const { id } = await app.deps.db.selectFrom('projects').select('id').executeTakeFirstOrThrow();
  return id;
}
