import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashPassword } from '../../src/features/accounts/passwords.ts';
import { createLink } from '../../src/features/invitations/links.ts';
import type { OutwardEvent } from '../../src/telemetry/outward.ts';
import { pseudonym } from '../../src/telemetry/pseudonym.ts';
import type { TestApp } from '../support/app.ts';
import { createPerson, createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';

let app: TestApp;
let posthog: Destination;
const password = 'correct horse battery staple';

beforeAll(async () => {
  // Nothing delivers by itself in these tests: events wait in the outbox, where they are read.
  posthog = await openDestination();
  opened.push(posthog);
  app = await createTestApp({
    environment: { POSTHOG_API_KEY: 'phc_12345678', POSTHOG_HOST: posthog.url },
  });
  await change({ password_hash: await hashPassword(password) });
});
beforeEach(async () => {
  await app.deps.db.deleteFrom('outbox').execute();
  await app.deps.db.deleteFrom('entries').execute();
});

const change = (changed: { password_hash?: string; analytics_choice?: 'in' | 'out' | null }) =>
  app.deps.db.updateTable('users').set(changed).where('id', '=', app.ids.bob).execute();

async function events(): Promise<OutwardEvent[]> {
  const rows = await app.deps.db.selectFrom('outbox').select('body').orderBy('id').execute();
  return rows.map(({ body }) => JSON.parse(body) as OutwardEvent);
}

/** What a request of bob's makes known: a page, a change and a sign-in. */
async function useIt(headers: Record<string, string>): Promise<string[]> {
  await app.as('bob').get('/projects').set(headers).expect(200);
  await app.as('bob').post('/timer/start', { text: 'Secret' }).set(headers).expect(303);
  await app.stranger.post('/login', { email: 'bob@example.com', password }).set(headers).expect(303);
  // Page views and sign-ins go into the outbox a moment after the answer.
  await expect
    .poll(async () => (await counted('page.viewed')) + (await counted('auth.login')), { timeout: 10_000 })
    .toBeGreaterThanOrEqual(expected + 2);
  expected = (await counted('page.viewed')) + (await counted('auth.login'));
  return (await events()).map(({ event }) => event).toSorted();
}

let expected = 0;
/** How many of an event were queued or withheld. */
async function counted(event: string): Promise<number> {
  const text = await app.deps.metrics.render();
  const pattern = new RegExp(
    `tt_events_total\\{event="${event}",outcome="(?:queued|withheld)"\\} (\\d+)`,
    'g',
  );
  return [...text.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const everything = ['auth.login', 'page.viewed', 'timer.started'];

describe('what a person does', () => {
  it.each<[string, 'in' | 'out' | null, Record<string, string>, string[]]>([
    ['leaves when they said nothing', null, {}, everything],
    ['stays with Sec-GPC', null, { 'Sec-GPC': '1' }, []],
    ['stays with DNT', null, { DNT: '1' }, []],
    ['leaves with a signal that says nothing', null, { DNT: '0', 'Sec-GPC': '0' }, everything],
    ['leaves when they allow it, whatever the browser says', 'in', { 'Sec-GPC': '1', DNT: '1' }, everything],
    ['stays when they object', 'out', {}, []],
    ['stays when they object, whatever the browser says', 'out', { DNT: '0' }, []],
  ])('%s', async (_what, analytics_choice, headers, left) => {
    await change({ analytics_choice });
    expect(await useIt(headers)).toEqual(left);
  });

  it('is told with the pattern of the page, never its address', async () => {
    await change({ analytics_choice: 'in' });
    await app.as('bob').get('/projects?q=Secret').expect(200);
    await expect.poll(async () => (await events()).length).toBe(1);
    const [event] = await events();
    expect(event).toMatchObject({ event: 'page.viewed', properties: { endpoint: '/projects' } });
    expect(JSON.stringify(event)).not.toContain('Secret');
  });
});

describe('what waits when a person objects', () => {
  it('never leaves, even if a request that began before the no queued it after it', async () => {
    await change({ analytics_choice: null });
    const record = (user_id: number) =>
      app.deps.change({ user_id, allows_analytics: true }, async (_trx, inside) =>
        inside('tag.created', { source: 'form' }),
      );
    await record(app.ids.bob);
    await record(app.ids.charlie);
    await change({ analytics_choice: 'out' });
    await app.deps.telemetry.delivery.run('analytics');
    expect(await events()).toEqual([]);
    const sent = posthog.requests.map(({ body }) => JSON.parse(body.toString()) as { batch: OutwardEvent[] });
    const secret = await app.deps.settings.secret();
    expect(sent.map(({ batch }) => batch.map(({ distinct_id }) => distinct_id))).toEqual([
      [pseudonym(secret, { namespace: 'analytics', kind: 'user', id: app.ids.charlie })],
    ]);
  });
});

describe('what nobody known does', () => {
  it.each([
    ['leaves', {}, 1],
    ['stays with a signal', { 'Sec-GPC': '1' }, 0],
  ])('%s', async (_what, headers, count) => {
    const before = await counted('auth.login_failed');
    await app.stranger
      .post('/login', { email: 'nobody@example.com', password: 'wrong' })
      .set(headers)
      .expect(422);
    await expect.poll(() => counted('auth.login_failed')).toBe(before + 1);
    expect((await events()).filter(({ event }) => event === 'auth.login_failed')).toHaveLength(count);
  });

  const wrong = { email: 'bob@example.com', password: 'wrong' };
  it.each<[string, 'in' | 'out' | null, Record<string, string>, number]>([
    ['leaves when somebody types the address of who said nothing', null, {}, 1],
    ['stays when that person objects, whoever types it', 'out', {}, 0],
    ['stays with a signal though that person allows it: nobody knows that it is them', 'in', { DNT: '1' }, 0],
  ])('%s', async (_what, analytics_choice, headers, count) => {
    await change({ analytics_choice });
    const before = await counted('auth.login_failed');
    await app.stranger.post('/login', wrong).set(headers).expect(422);
    await expect.poll(() => counted('auth.login_failed')).toBe(before + 1);
    expect((await events()).filter(({ event }) => event === 'auth.login_failed')).toHaveLength(count);
  });

  it.each<['out' | null, boolean]>([
    [null, true],
    ['out', false],
  ])('follows %s also when the address has no attempts left', async (analytics_choice, leaves) => {
    await change({ analytics_choice });
    const before = await counted('auth.login_failed');
    let asked = 0;
    for (let status = 422; status === 422; asked += 1)
      ({ status } = await app.stranger.post('/login', wrong));
    await expect.poll(() => counted('auth.login_failed')).toBe(before + asked);
    const reasons = (await events()).map(({ properties }) => properties['reason']);
    expect(reasons.includes('rate_limited')).toBe(leaves);
    expect(reasons).toHaveLength(leaves ? asked : 0);
  });
});

describe('what somebody does with a link, before they are signed in', () => {
  const gpc = { 'Sec-GPC': '1' };
  it.each<[string, 'in' | 'out' | null, Record<string, string>, boolean]>([
    ['leaves when they said nothing', null, {}, true],
    ['stays with Sec-GPC', null, gpc, false],
    ['stays with DNT', null, { DNT: '1' }, false],
    ['leaves when they allow it, whatever the browser says', 'in', gpc, true],
    ['stays when they object', 'out', {}, false],
  ])('%s', async (_what, analytics_choice, headers, leaves) => {
    for (const [kind, path, event] of [
      ['invitation', '/invitation', 'account.joined'],
      ['password_reset', '/password/reset', 'account.password_changed'],
    ] as const) {
      await app.deps.db.deleteFrom('outbox').execute();
      const { token, user_id } = await linkFor(kind, analytics_choice);
      const before = await counted('auth.login');
      await app.stranger
        .post(path, { token, name: 'Gwen', password: 'long enough words' })
        .set(headers)
        .expect(303);
      await expect.poll(() => counted('auth.login')).toBe(before + 1);
      const secret = await app.deps.settings.secret();
      const distinct_id = pseudonym(secret, { namespace: 'analytics', kind: 'user', id: user_id });
      expect((await events()).map((one) => [one.event, one.distinct_id])).toEqual(
        leaves ? [event, 'auth.login'].map((name) => [name, distinct_id]) : [],
      );
    }
  });

  it('follows their choice, not that of whoever is signed in at the browser', async () => {
    const { ids, deps } = app;
    await deps.db
      .updateTable('users')
      .set({ analytics_choice: 'in' })
      .where('id', '=', ids.charlie)
      .execute();
    const { token } = await linkFor('invitation', 'out');
    const before = await counted('auth.login');
    const accepted = { token, name: 'Gwen', password: 'long enough words' };
    await app.as('charlie').post('/invitation', accepted).expect(303);
    await expect.poll(() => counted('auth.login')).toBe(before + 1);
    expect(await events()).toEqual([]);
  });
});

let guests = 0;
async function linkFor(kind: 'invitation' | 'password_reset', analytics_choice: 'in' | 'out' | null) {
  guests += 1;
  const guest = await createPerson(app.deps, `guest${guests}`, 'member');
  await app.deps.db.updateTable('users').set({ analytics_choice }).where('id', '=', guest).execute();
  const link = { kind, user_id: guest, created_by: app.ids.alice, now: app.clock.now, mail_origin: null };
  const { token } = await app.deps.db.transaction().execute((trx) => createLink(trx, link));
  return { token, user_id: guest };
}
