import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { insertEntry, insertNamed } from './entry-rows.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));
const tagNamed = (name: string) =>
  app.deps.db.selectFrom('tags').selectAll().where('name', '=', name).executeTakeFirst();
const countTags = async () => (await app.deps.db.selectFrom('tags').select('id').execute()).length;

describe('the list', () => {
  it('counts the entries that one may see', async () => {
    const { db } = app.deps;
    const tag_ids = [await insertNamed(db, 'tags', 'meeting')];
    await insertEntry(db, app.ids.bob, { local_date: '2026-03-01', seconds: 60, tag_ids });
    await insertEntry(db, app.ids.bob, { local_date: '2026-03-02', seconds: 60, tag_ids });
    await insertEntry(db, app.ids.charlie, { local_date: '2026-03-02', seconds: 60, tag_ids });
    expect(main(await app.as('alice').get('/tags').expect(200))).toContain('3 entries');
    expect(main(await app.as('bob').get('/tags').expect(200))).toContain('2 entries');
    expect(main(await app.as('charlie').get('/tags').expect(200))).toContain('1 entry');
  });

  it('pages, searches and answers what it does not understand', async () => {
    for (let index = 0; index < 55; index += 1) await insertNamed(app.deps.db, 'tags', `Bulk ${index}`);
    const count = async (query: string) =>
      main(await app.as('bob').get(`/tags${query}`).expect(200)).match(/class="tag">Bulk \d+/g)?.length;
    expect(await count('?q=BULK')).toBe(50);
    expect(await count('?q=bulk&page=2')).toBe(5);
    for (const query of ['?q=%00', '?state=x', '?page=-1'])
      expect(main(await app.as('bob').get(`/tags${query}`).expect(422))).toContain('role="alert"');
  });
});

describe('a tag', () => {
  it('is made without the # that people type', async () => {
    await app.as('alice').get('/tags/new').expect(200);
    await app.as('alice').post('/tags', { name: '# on site' }).expect(303);
    expect(await tagNamed('on site')).toMatchObject({ name_key: 'on site', archived_at: null });
    expect(app.logLines().filter((line) => line['event'] === 'tag.created')).toMatchObject([
      { source: 'form' },
    ]);
  });

  it.each([
    [{}, 'Please fill this in.'],
    [{ name: '#' }, 'Please fill this in.'],
    [{ name: 'x'.repeat(61) }, 'At most 60 characters.'],
    [{ name: ['a', 'b'] }, 'This is not valid.'],
    [{ name: 'a\u0007b' }, 'characters that cannot be stored'],
    [{ name: '#Meeting' }, 'There is already a tag of that name.'],
  ])('from %j is refused with the sentence and nothing stored', async (fields, sentence) => {
    const before = await countTags();
    const page = await app.as('alice').post('/tags', fields).expect(422);
    expect(page.text).toContain(sentence);
    expect(page.text).toContain('aria-invalid="true"');
    expect(await countTags()).toBe(before);
  });

  it('is renamed on its entries, and never to a name in use', async () => {
    const id = (await tagNamed('meeting'))?.id ?? 0;
    await app.as('alice').get(`/tags/${id}/edit`).expect(200);
    await app.as('alice').post(`/tags/${id}`, { name: 'Meetings' }).expect(303);
    const csv = await app.as('bob').get('/reports/export.csv?from=2026-03-01&to=2026-03-01').expect(200);
    expect(csv.text).toContain(',Meetings,');
    const refused = await app.as('alice').post(`/tags/${id}`, { name: 'ON SITE' }).expect(422);
    expect(refused.text).toContain('There is already a tag of that name.');
  });

  it('is archived and restored', async () => {
    const id = (await tagNamed('on site'))?.id ?? 0;
    await app.as('alice').post(`/tags/${id}/archive`).expect(303);
    const page = await app.as('alice').get('/tags');
    expect(page.text).toContain('The tag was archived.');
    expect(page.text).toContain(`action="/tags/${id}/restore"`);
    expect(main(page)).not.toContain('>on site<');
    expect(main(await app.as('alice').get('/tags?state=archived'))).toContain('>on site<');
    await app.as('alice').post(`/tags/${id}/restore`).expect(303);
    expect((await tagNamed('on site'))?.archived_at).toBeNull();
  });

  it('is deleted only while no entry carries it', async () => {
    const used = (await tagNamed('Meetings'))?.id ?? 0;
    expect((await app.as('alice').get(`/tags/${used}/edit`)).text).toContain('because entries carry it');
    const refused = await app.as('alice').post(`/tags/${used}/delete`).expect(422);
    expect(refused.text).toContain('Entries carry this tag, so it was not deleted.');
    const unused = (await tagNamed('on site'))?.id ?? 0;
    await app.as('alice').post(`/tags/${unused}/delete`).expect(303);
    expect(await tagNamed('on site')).toBeUndefined();
    expect(await tagNamed('Meetings')).toBeDefined();
  });

  it('says what happened to it, once each, without its name', async () => {
    await app.as('alice').post('/tags', { name: 'Told of' }).expect(303);
    const id = (await tagNamed('Told of'))?.id ?? 0;
    const before = app.logLines().length;
    // Saving what is there changes nothing, and neither does a second click.
    for (const name of ['Told of', 'Told anew'])
      await app.as('alice').post(`/tags/${id}`, { name }).expect(303);
    for (const what of ['archive', 'archive', 'restore', 'restore', 'delete'])
      await app.as('alice').post(`/tags/${id}/${what}`).expect(303);
    const told = app
      .logLines()
      .slice(before)
      .filter((line) => line['event'] !== undefined);
    expect(told.map((line) => [line['event'], line['archived']])).toEqual([
      ['tag.updated', undefined],
      ['tag.archived', true],
      ['tag.archived', false],
      ['tag.deleted', undefined],
    ]);
    expect(JSON.stringify(told)).not.toContain('Told');
  });
});

describe('who may', () => {
  it('members look and do not change', async () => {
    const id = (await tagNamed('Meetings'))?.id ?? 0;
    const page = (await app.as('bob').get('/tags').expect(200)).text;
    expect(page).not.toContain('/tags/new');
    expect(page).not.toContain('/edit');
    for (const path of ['/tags/new', `/tags/${id}/edit`]) await app.as('bob').get(path).expect(403);
    for (const path of ['', `/${id}`, `/${id}/archive`, `/${id}/restore`, `/${id}/delete`])
      await app.as('bob').post(`/tags${path}`, { name: 'Mine' }).expect(403);
    expect(await tagNamed('Meetings')).toMatchObject({ archived_at: null });
  });

  it('strangers are sent to sign in', async () => {
    expect((await app.stranger.get('/tags').expect(303)).headers['location']).toContain('/login');
    await app.stranger.post('/tags', { name: 'Nobody' }).expect(303);
    expect(await tagNamed('Nobody')).toBeUndefined();
  });

  it.each(['0', 'x', '99999999', '9'.repeat(30)])('id %s is not found', async (id) => {
    await app.as('alice').get(`/tags/${id}/edit`).expect(404);
    for (const action of ['', '/archive', '/restore', '/delete'])
      await app.as('alice').post(`/tags/${id}${action}`, { name: 'x' }).expect(404);
  });
});

it('speaks German', async () => {
  const id = (await tagNamed('Meetings'))?.id ?? 0;
  await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  expect((await app.as('alice').get('/tags?q=meet')).text).toContain('3 Einträge');
  expect((await app.as('alice').get(`/tags/${id}/edit`)).text).toContain('Löschen geht nicht');
});
