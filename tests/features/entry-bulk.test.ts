import { beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, testNow } from '../support/app.ts';
import { insertEntry, insertNamed, insertProject } from './entry-rows.ts';

const app = await createTestApp();
const { db } = app.deps;
const bob = app.as('bob');
const manager = app.as('charlie');
const day = '2026-03-03';

const site = await insertProject(db, 'Site');
const shop = await insertProject(db, 'Shop');
const tag = { a: await insertNamed(db, 'tags', 'a'), b: await insertNamed(db, 'tags', 'b') };
const task = await addTask(site, 'Design');
// Charlie manages Site and Shop, where bob is a member.
await db.updateTable('users').set({ role: 'manager' }).where('id', '=', app.ids.charlie).execute();
for (const project_id of [site, shop])
  await db
    .insertInto('project_members')
    .values([
      { project_id, user_id: app.ids.charlie, is_manager: 1 },
      { project_id, user_id: app.ids.bob, is_manager: 0 },
    ])
    .execute();
const elsewhere = await insertProject(db, 'Elsewhere');

async function addTask(project_id: number, name: string): Promise<number> {
  const { id } = await db
    .insertInto('tasks')
    .values({
      ...{
        project_id,
        name,
        name_key: name.toLowerCase(),
        description: '',
        status: 'open',
        priority: 'normal',
      },
      ...{ assignee_id: null, due_date: null, estimate_seconds: null },
      ...{ created_at: testNow, updated_at: testNow, archived_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

beforeEach(async () => {
  for (const table of ['entries', 'deleted_items', 'audit', 'rates'] as const)
    await db.deleteFrom(table).execute();
  await db
    .updateTable('audit_head')
    .set({ record_count: 0, last_hash: '0'.repeat(64) })
    .execute();
  await db.updateTable('projects').set({ archived_at: null }).execute();
  // Beyond what counts as a second click of the test before.
  app.clock.now += 60_000;
});

type Wanted = Partial<Parameters<typeof insertEntry>[2]>;
const add = (name: 'bob' | 'charlie' | 'alice', wanted: Wanted = {}) =>
  insertEntry(db, app.ids[name], { local_date: day, seconds: 3600, description: 'work', ...wanted });
const rows = () => db.selectFrom('entries').selectAll().orderBy('id').execute();
const tagsOf = async (entry_id: number) =>
  (await db.selectFrom('entry_tags').select('tag_id').where('entry_id', '=', entry_id).execute())
    .map(({ tag_id }) => tag_id)
    .sort((one, other) => one - other);
const events = (name: string) => app.logLines().filter((line) => line['event'] === name).length;
const post = (
  who: typeof bob,
  ids: readonly number[],
  fields: Record<string, string | number | string[]> = {},
) => who.post('/entries/bulk', { do: 'change', ids: ids.join(), ...fields });
const undoPath = async (who = bob) =>
  /action="(\/entries\/restore\/\d+)"/.exec((await who.get('/timer').expect(200)).text)?.[1] ?? 'no undo';
const text = (html: string) => html.replaceAll('&#39;', '’').replaceAll('&quot;', '"');

describe('selecting', () => {
  it('the day list has boxes when asked for, the list of entries always', async () => {
    const id = await add('bob', { local_date: '2026-03-04' });
    expect((await bob.get('/timer')).text).not.toContain(`name="id" value="${id}"`);
    const page = (await bob.get('/timer?select=1').expect(200)).text;
    expect(page).toContain(`form="bulk" name="id" value="${id}" data-seconds="3600"`);
    expect(page).toContain('action="/entries/bulk"');
    expect((await bob.get('/entries').expect(200)).text).toContain(`form="bulk" name="id" value="${id}"`);
    await bob.get('/timer?select=2').expect(400);
  });

  it('shows the selection with its total; others’ and unknown ones are counted, not shown', async () => {
    const [one, two] = [await add('bob'), await add('bob', { seconds: 1800 })];
    const others = await add('charlie', { description: 'private of charlie' });
    const page = (await bob.get(`/entries/bulk?id=${one}&id=${two}&id=${others}&id=999999`).expect(200)).text;
    expect(page).toContain('2 entries, 1:30:00');
    expect(page).toContain('2 of the selected entries do not exist any more, or are not yours to change.');
    expect(page).not.toContain('private of charlie');
    await bob.get(`/entries/bulk?id=${others}`).expect(404);
    await bob.get('/entries/bulk?id=x').expect(404);
    expect((await bob.get('/entries/bulk').expect(422)).text).toContain('Nothing is selected.');
  });

  it('refuses more than 500 with both numbers', async () => {
    const ids = Array.from({ length: 501 }, (_, index) => index + 1);
    const shown = await bob.get(`/entries/bulk?${ids.map((id) => `id=${id}`).join('&')}`).expect(422);
    const sent = await post(bob, ids, { text: 'x' }).expect(422);
    for (const page of [shown, sent])
      expect(page.text).toContain('At most 500 entries can be changed at once; 501 are selected.');
  });
});

describe('changing', () => {
  it('text, project, task and tags of all of them, in one go, with rates and one event each', async () => {
    await db
      .insertInto('rates')
      .values({ kind: 'billable', scope: `task:${task}`, amount_cents: 9000, currency: 'EUR', updated_at: 1 })
      .execute();
    const ids = [
      await add('bob', { tag_ids: [tag.a], billable: 0 }),
      await add('bob', { project_id: shop, tag_ids: [tag.a, tag.b] }),
    ];
    const before = events('entry.updated');
    const fields = { text: 'new #c @Site', task_id: task, billable: '1', remove_tag_id: [String(tag.a)] };
    await post(bob, ids, fields).expect(303);
    const [one, two] = await rows();
    for (const row of [one, two])
      expect(row).toMatchObject({
        ...{ description: 'new', project_id: site, task_id: task, billable: 1, rate_cents: 9000 },
        ...{ duration_seconds: 3600, updated_by: null },
      });
    const made =
      (await db.selectFrom('tags').select('id').where('name', '=', 'c').executeTakeFirst())?.id ?? 0;
    expect(await tagsOf(ids[0] ?? 0)).toEqual([made]);
    expect(await tagsOf(ids[1] ?? 0)).toEqual([tag.b, made]);
    expect(events('entry.updated') - before).toBe(2);
    expect((await bob.get('/timer')).text).toContain('2 entries changed, 2:00:00.');
  });

  it('leaves what is empty as each has it; another project takes the task and brings its default', async () => {
    const ids = [
      await add('bob', { description: 'one', billable: 0 }),
      await add('bob', { description: 'two' }),
    ];
    await db
      .updateTable('entries')
      .set({ project_id: site, task_id: task })
      .where('id', '=', ids[0] ?? 0)
      .execute();
    await post(bob, ids, { project_id: shop }).expect(303);
    expect(await rows()).toMatchObject([
      { description: 'one', project_id: shop, task_id: null, billable: 1 },
      { description: 'two', project_id: shop, task_id: null, billable: 1 },
    ]);
    await post(bob, ids, { project_id: 'none', clear_description: '1', billable: '0' }).expect(303);
    expect(await rows()).toMatchObject([
      { description: '', project_id: null, billable: 0 },
      { description: '', project_id: null, billable: 0 },
    ]);
  });

  it('a running timer is changed too, and keeps running without rates', async () => {
    const id = await add('bob', { seconds: null });
    await post(bob, [id], { project_id: shop }).expect(303);
    expect(await rows()).toMatchObject([{ project_id: shop, ended_at: null, rate_cents: null }]);
  });

  it('is undone exactly, once; what was changed since is left and counted', async () => {
    const ids = [
      await add('bob', { description: 'one', tag_ids: [tag.a] }),
      await add('bob', { description: 'two', project_id: shop }),
    ];
    const before = await rows();
    await post(bob, ids, { text: 'same #b @Site', remove_tag_id: String(tag.a) }).expect(303);
    const path = await undoPath();
    await app.as('alice').post(path).expect(404);
    await manager.post(path).expect(404);
    await bob.post(`/entries/${ids[1]}`, { text: 'by hand' }).expect(303);
    await bob.post(path).expect(303);
    const page = text((await bob.get('/timer')).text);
    expect(page).toContain('1 entry put back as before. One stays: it was changed since');
    const after = await rows();
    const { updated_at, ...first } = after[0] ?? { updated_at: 0 };
    expect(before[0]).toMatchObject(first);
    expect(updated_at).toBeGreaterThan(before[0]?.updated_at ?? 0);
    expect(await tagsOf(ids[0] ?? 0)).toEqual([tag.a]);
    expect(after[1]).toMatchObject({ description: 'by hand', project_id: site });
    await bob.post(path).expect(303);
    expect(await rows()).toEqual(after);
  });

  it.each([
    [{}, 'Say what is to change'],
    [{ text: '@Nowhere' }, 'There is no project “Nowhere”.'],
    [{ text: 'x @Site', project_id: 'none' }, 'Keep one of the two.'],
    [{ text: 'x', clear_description: '1' }, 'There is a new description, too.'],
    [{ project_id: '987654' }, 'This project does not exist any more.'],
    [{ project_id: 'x' }, 'aria-invalid="true"'],
    [{ task_id: '987654' }, 'aria-invalid="true"'],
    [{ remove_tag_id: ['x'] }, 'role="alert"'],
    [{ text: 'y'.repeat(501) }, 'aria-invalid="true"'],
    [{ billable: 'maybe' }, 'aria-invalid="true"'],
    [{ text: `#"${'t'.repeat(61)}"` }, 'A tag has at most 60 characters.'],
  ])('refuses %o with a sentence, keeps what was typed and stores nothing', async (fields, sentence) => {
    const id = await add('bob');
    const before = await rows();
    const answer = await post(bob, [id], { text: '', ...fields }).expect(422);
    expect(answer.text).toContain(sentence);
    if ('project_id' in fields && fields.project_id === 'none')
      expect(answer.text).toContain('value="x @Site"');
    expect(await rows()).toEqual(before);
    expect(await db.selectFrom('deleted_items').selectAll().execute()).toEqual([]);
  });

  it('an archived project cannot be chosen', async () => {
    const id = await add('bob');
    await db.updateTable('projects').set({ archived_at: 1 }).where('id', '=', shop).execute();
    expect((await post(bob, [id], { project_id: shop }).expect(422)).text).toContain('“Shop” is archived');
  });

  it('a task of another project than the chosen one is refused', async () => {
    const id = await add('bob');
    await post(bob, [id], { project_id: shop, task_id: task }).expect(422);
    expect(await rows()).toMatchObject([{ project_id: null, task_id: null }]);
  });

  it('two tabs: what was changed meanwhile is shown before it is changed again', async () => {
    const id = await add('bob');
    const page = (await bob.get(`/entries/bulk?id=${id}`)).text;
    const seen = /name="seen" value="([0-9a-f]+)"/.exec(page)?.[1] ?? '';
    await bob.post(`/entries/${id}`, { text: 'changed elsewhere' }).expect(303);
    const again = await post(bob, [id], { seen, text: 'bulk' }).expect(422);
    expect(again.text).toContain('Some of these entries were changed meanwhile.');
    expect(await rows()).toMatchObject([{ description: 'changed elsewhere' }]);
    const now = /name="seen" value="([0-9a-f]+)"/.exec(again.text)?.[1] ?? '';
    await post(bob, [id], { seen: now, text: 'bulk' }).expect(303);
    expect(await rows()).toMatchObject([{ description: 'bulk' }]);
  });

  it('a double click does it once and says it once', async () => {
    const ids = [await add('bob'), await add('bob')];
    const page = (await bob.get(`/entries/bulk?id=${ids[0]}&id=${ids[1]}`)).text;
    const seen = /name="seen" value="([0-9a-f]+)"/.exec(page)?.[1] ?? '';
    await Promise.all([post(bob, ids, { seen, text: 'twice' }), post(bob, ids, { seen, text: 'twice' })]);
    expect((await bob.get('/timer')).text).toContain('2 entries changed');
    await Promise.all([post(bob, ids, { do: 'delete' }), post(bob, ids, { do: 'delete' })]);
    expect((await bob.get('/timer')).text).toContain('2 entries deleted');
    expect(await rows()).toEqual([]);
  });

  it('nothing to do is said', async () => {
    const id = await add('bob');
    await post(bob, [id], { text: 'work' }).expect(303);
    expect((await bob.get('/timer')).text).toContain('These entries are all like that already.');
  });
});

describe('deleting', () => {
  it('deletes them with an offer to undo, which brings back the same entries with their tags', async () => {
    const ids = [await add('bob', { tag_ids: [tag.a] }), await add('bob', { project_id: site })];
    const before = await rows();
    await post(bob, ids, { do: 'delete' }).expect(303);
    expect(await rows()).toEqual([]);
    const path = await undoPath();
    await bob.post(path).expect(303);
    expect(await rows()).toEqual(before);
    expect(await tagsOf(ids[0] ?? 0)).toEqual([tag.a]);
    await bob.post(path).expect(303);
    expect(text((await bob.get('/timer')).text)).toContain('Nothing put back as before.');
    expect(await rows()).toEqual(before);
  });

  it('asks before it leaves out a running timer, and only for those that it named', async () => {
    const [done, running] = [await add('bob'), await add('bob', { seconds: null })];
    const asked = await post(bob, [done, running], { do: 'delete' }).expect(422);
    expect(asked.text).toContain('Nothing was done yet: one entry cannot be part of it');
    expect(asked.text).toContain('Its timer is still running.');
    expect(await rows()).toHaveLength(2);
    const agreed = /name="agreed" value="([^"]+)"/.exec(asked.text)?.[1] ?? '';
    expect(agreed).toMatch(/^delete:/);
    await post(bob, [done, running], { do: 'delete', agreed: 'delete:0' }).expect(422);
    await post(bob, [done, running], { agreed }).expect(303);
    expect(await rows()).toMatchObject([{ id: running }]);
    const none = await post(bob, [running], { do: 'delete' }).expect(422);
    expect(none.text).toContain('Nothing was done: none of these entries can be part of it');
    expect(none.text).not.toContain('name="agreed"');
  });

  it('comes back without a project, task or tag that was deleted meanwhile', async () => {
    const gone = await insertProject(db, 'Gone');
    const lost = await insertNamed(db, 'tags', 'lost');
    const id = await add('bob', { project_id: gone, tag_ids: [lost, tag.b] });
    await post(bob, [id], { do: 'delete' }).expect(303);
    const path = await undoPath();
    await db.deleteFrom('projects').where('id', '=', gone).execute();
    await db.deleteFrom('tags').where('id', '=', lost).execute();
    await bob.post(path).expect(303);
    expect(await rows()).toMatchObject([{ id, project_id: null }]);
    expect(await tagsOf(id)).toEqual([tag.b]);
  });
});

describe('other people’s time', () => {
  it('nobody touches it by an id in the form', async () => {
    const [mine, theirs] = [
      await add('bob', { project_id: site }),
      await add('charlie', { project_id: site }),
    ];
    const before = (await rows()).filter(({ id }) => id === theirs);
    await post(bob, [theirs], { text: 'taken' }).expect(404);
    await post(bob, [theirs], { do: 'delete' }).expect(404);
    await post(bob, [mine, theirs], { text: 'taken' }).expect(303);
    await post(bob, [mine, theirs], { do: 'delete' }).expect(303);
    expect(await rows()).toEqual(before);
    await app.stranger.post('/entries/bulk', { do: 'delete', ids: String(theirs) }).expect(303);
    expect(await rows()).toEqual(before);
  });

  it('a manager changes it on the projects they manage, marked and audited, and it can be undone', async () => {
    const ids = [await add('bob', { project_id: site }), await add('bob', { project_id: site })];
    const own = await add('charlie', { project_id: site });
    await post(manager, [...ids, own], { project_id: shop, text: 'moved' }).expect(303);
    expect(await rows()).toMatchObject([
      { project_id: shop, description: 'moved', updated_by: app.ids.charlie },
      { project_id: shop, description: 'moved', updated_by: app.ids.charlie },
      { project_id: shop, description: 'moved', updated_by: null },
    ]);
    const audit = await db.selectFrom('audit').selectAll().orderBy('id').execute();
    expect(audit.map(({ action, subject_id, user_id }) => [action, subject_id, user_id])).toEqual(
      [...ids].reverse().map((id) => ['entry.updated', id, app.ids.bob]),
    );
    expect(audit[0]?.content).toContain(`"project_id":${shop}`);
    await manager.post(await undoPath(manager)).expect(303);
    expect(await rows()).toMatchObject([
      { project_id: site, description: 'work' },
      { project_id: site, description: 'work' },
      { project_id: site, description: 'work', updated_by: null },
    ]);
    expect(await db.selectFrom('audit').select('id').execute()).toHaveLength(4);
  });

  it('says which cannot go where the manager has no say, and changes the rest when told to', async () => {
    const theirs = await add('bob', { project_id: site, description: 'of bob' });
    const own = await add('charlie', { project_id: site, description: 'of charlie' });
    const before = await rows();
    for (const [project_id, reason] of [
      [elsewhere, 'and you do not manage that project'],
      ['none', 'must be on a project that you manage'],
    ] as const) {
      const asked = await post(manager, [theirs, own], { project_id }).expect(422);
      expect(text(asked.text)).toContain(reason);
      expect(await rows()).toEqual(before);
      // What was chosen is kept beside the question.
      expect(asked.text).toContain(`<option value="${project_id}" selected>`);
    }
    const asked = await post(manager, [theirs, own], { project_id: elsewhere });
    const agreed = /name="agreed" value="([^"]+)"/.exec(asked.text)?.[1] ?? '';
    await post(manager, [theirs, own], { project_id: elsewhere, agreed }).expect(303);
    expect(await rows()).toMatchObject([{ project_id: site }, { project_id: elsewhere }]);
    // What was agreed to is not what would be left out now.
    await post(manager, [theirs], { project_id: 'none', agreed }).expect(422);
  });
});

it('asks as many questions for a hundred entries as for two', async () => {
  const statements = async () =>
    [...(await app.deps.metrics.render()).matchAll(/^tt_db_query_seconds_count\{[^}]*\} (\d+)/gm)].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  const counted = async (ids: number[], fields: Record<string, string | number>) => {
    const before = await statements();
    await post(bob, ids, fields).expect(303);
    return (await statements()) - before;
  };
  const few: number[] = [];
  for (let index = 0; index < 2; index += 1) few.push(await add('bob', { tag_ids: [tag.a] }));
  const many: number[] = [];
  for (let index = 0; index < 100; index += 1) many.push(await add('bob', { tag_ids: [tag.a] }));
  const change = { text: 'x @Site', remove_tag_id: tag.a };
  await counted([await add('bob', { tag_ids: [tag.a] })], change);
  expect(await counted(many, change)).toBe(await counted(few, change));
  const gone = { do: 'delete' };
  expect(await counted(many, gone)).toBe(await counted(few, gone));
});

it('speaks German', async () => {
  const id = await add('bob');
  await db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.bob).execute();
  expect((await bob.get(`/entries/bulk?id=${id}`)).text).toContain('1 Eintrag ändern');
  expect((await post(bob, [id]).expect(422)).text).toContain('Sagen Sie, was sich ändern soll');
  await post(bob, [id], { do: 'delete' }).expect(303);
  expect((await bob.get('/timer?select=1')).text).toContain('1 Eintrag gelöscht');
  await db.updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.bob).execute();
});
