import { beforeEach, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { insertEntry, insertProject } from './entry-rows.ts';

/** A person is told when somebody else has a hand in their time. */
const app = await createTestApp();
const { db } = app.deps;
const { ids } = app;
const [alice, bob] = [app.as('alice'), app.as('bob')];
const project_id = await insertProject(db, 'Site');

beforeEach(async () => {
  for (const table of ['notices', 'entries', 'deleted_items'] as const) await db.deleteFrom(table).execute();
  app.clock.now += 60_000;
});

const book = (local_date: string) => insertEntry(db, ids.bob, { local_date, seconds: 3600, project_id });
const notices = () => db.selectFrom('notices').selectAll().orderBy('id').execute();
const page = async (who = bob) => (await who.get('/notices').expect(200)).text;

it('booked, changed, deleted and put back, each in a sentence that leads to the day', async () => {
  await alice
    .post('/entries', {
      user_id: ids.bob,
      text: 'for bob',
      local_date: '2026-03-03',
      duration: '1h',
      project_id,
    })
    .expect(303);
  const { id } = await db.selectFrom('entries').select('id').executeTakeFirstOrThrow();
  await alice.post(`/entries/${id}`, { text: 'other words' }).expect(303);
  await alice.post(`/entries/${id}/delete`).expect(303);
  const item = await db.selectFrom('deleted_items').select('id').executeTakeFirstOrThrow();
  await alice.post(`/entries/restore/${item.id}`).expect(303);
  const text = await page();
  for (const sentence of [
    'Alice booked an entry for you (Tuesday, March 3, 2026).',
    'Alice changed one of your entries (Tuesday, March 3, 2026).',
    'Alice deleted one of your entries (Tuesday, March 3, 2026).',
    'Alice put back one of your entries (Tuesday, March 3, 2026).',
  ])
    expect(text).toContain(sentence);
  const href = `/entries?user_id=${ids.bob}&from=2026-03-03&to=2026-03-03`;
  expect(text).toContain(`href="${href.replaceAll('&', '&amp;')}"`);
  expect((await bob.get(href).expect(200)).text).toContain('other words');
  expect(await page(alice)).not.toContain('one of your entries');
  expect(text).not.toContain('other words');
});

it('says nothing of one’s own changes, nor of one that changed nothing', async () => {
  const id = await book('2026-03-03');
  await bob.post(`/entries/${id}`, { text: 'mine' }).expect(303);
  await bob.post('/entries/bulk', { do: 'change', ids: id, text: 'mine again' }).expect(303);
  await alice.post(`/entries/${id}`, { text: 'mine again' }).expect(303);
  await bob.post(`/entries/${id}/delete`).expect(303);
  expect(await notices()).toEqual([]);
});

it('is one message for many at once, and for what follows within the hour', async () => {
  const entries = [await book('2026-03-02'), await book('2026-03-03'), await book('2026-03-04')];
  await alice
    .post('/entries/bulk', { do: 'change', ids: entries.slice(0, 2).join(), text: 'together' })
    .expect(303);
  expect(await page()).toContain('Alice changed 2 of your entries (Mon, Mar 2 – Tue, Mar 3).');
  app.clock.now += 30 * 60_000;
  await alice.post(`/entries/${entries[2]}`, { text: 'later' }).expect(303);
  await alice.post(`/entries/${entries[2]}`, { text: 'and again' }).expect(303);
  expect(await page()).toContain('Alice changed 3 of your entries (Mon, Mar 2 – Wed, Mar 4).');
  expect(await notices()).toHaveLength(1);
  await bob.post('/notices/read').expect(303);
  await alice.post(`/entries/${entries[0]}`, { text: 'after it was read' }).expect(303);
  expect(await notices()).toHaveLength(2);
  app.clock.now += 2 * 3_600_000;
  await alice.post(`/entries/${entries[0]}`, { text: 'much later' }).expect(303);
  expect(await notices()).toHaveLength(3);
});

it('waits for a mail only with those who want one, who say so in their account', async () => {
  const { queueNotices } = await import('../../src/features/notices/notice-mail.ts');
  const queued = async () => {
    await queueNotices(app.deps);
    return db.selectFrom('mails').select(['user_id', 'notice_id']).execute();
  };
  const id = await book('2026-03-03');
  await alice.post(`/entries/${id}`, { text: 'one' }).expect(303);
  expect(await queued()).toEqual([]);
  const profile = {
    ...{ name: 'Bob', email: 'bob@example.com', locale: 'en', time_zone: 'Europe/Berlin' },
    ...{ week_start: '1', duration_format: 'clock', theme: 'system' },
  };
  await bob.post('/account', { ...profile, entry_mails: '1' }).expect(303);
  expect((await bob.get('/account')).text).toMatch(/name="entry_mails" value="1" checked/);
  const [notice] = await notices();
  expect(await queued()).toEqual([{ user_id: ids.bob, notice_id: notice?.id }]);
  // What is on its way is not changed any more.
  await alice.post(`/entries/${id}`, { text: 'two' }).expect(303);
  expect(await notices()).toHaveLength(2);
  await bob.post('/account', profile).expect(303);
  expect((await bob.get('/account')).text).not.toMatch(/name="entry_mails" value="1" checked/);
});

it('does not wait for a mail about budgets with those who want none, nor is what waits sent', async () => {
  const { queueNotices } = await import('../../src/features/notices/notice-mail.ts');
  const { findMailedNotice, insertNotices } = await import('../../src/features/notices/notices.queries.ts');
  const tell = (once_key: string) =>
    insertNotices(db, [
      { user_id: ids.bob, kind: 'estimate', once_key, content: '{}', created_at: app.clock.now },
    ]);
  const queued = async () => {
    await queueNotices(app.deps);
    return (await db.selectFrom('mails').select('notice_id').execute()).map(
      ({ notice_id }) => notice_id ?? 0,
    );
  };
  const profile = {
    ...{ name: 'Bob', email: 'bob@example.com', locale: 'en', time_zone: 'Europe/Berlin' },
    ...{ week_start: '1', duration_format: 'clock', theme: 'system' },
  };
  await db.deleteFrom('mails').execute();
  // Everybody does who did not say no.
  expect((await app.as('charlie').get('/account')).text).toMatch(/name="budget_mails" value="1" checked/);
  await bob.post('/account', { ...profile, budget_mails: '1' }).expect(303);
  await tell('one');
  const waiting = await queued();
  expect(waiting).toHaveLength(1);
  expect(await findMailedNotice(db, waiting[0] ?? 0)).toBeDefined();
  await bob.post('/account', profile).expect(303);
  expect((await bob.get('/account')).text).not.toMatch(/name="budget_mails" value="1" checked/);
  await tell('two');
  expect(await queued()).toEqual(waiting);
  expect(await findMailedNotice(db, waiting[0] ?? 0)).toBeUndefined();
  await bob.post('/account', { ...profile, budget_mails: '1' }).expect(303);
  expect(await queued()).toHaveLength(2);
});

it('speaks German', async () => {
  const id = await book('2026-03-03');
  await alice.post(`/entries/${id}/delete`).expect(303);
  await db.updateTable('users').set({ locale: 'de' }).where('id', '=', ids.bob).execute();
  expect(await page()).toContain('Alice hat einen Ihrer Einträge gelöscht (Dienstag, 3. März 2026).');
});
