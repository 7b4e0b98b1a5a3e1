import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { insertRows, member, named, numbers } from '../support/many-rows.ts';

/** More projects, clients and people than a list shows: every one of them is found, chosen and named all the same. */

let app: TestApp;
let project = 0;
let entry = 0;
const last = { project: 0, client: 0, person: 0 };

const bookedAt = Date.parse('2026-02-27T09:00:00Z');
const bookedWork = (user_id: number) => ({
  ...{ user_id, project_id: null, description: 'Planted', local_date: '2026-02-27', zone: 'UTC' },
  ...{ started_at: bookedAt, ended_at: bookedAt + 3_600_000, billable: 1, source: 'manual' },
  ...{ created_at: 1, updated_at: 1 },
});

beforeAll(async () => {
  app = await createTestApp();
  const clients = [...numbers(1_050).map((index) => named(`Client ${index}`)), named('Zürich Works')];
  last.client = (await insertRows(app, 'clients', clients)).at(-1) ?? 0;
  const rows = [...numbers(1_200).map((index) => named(`Bulk ${index}`)), named('Zoo Plan')].map((row) => ({
    ...{ ...row, client_id: null, color: 'slate', billable: 1 },
  }));
  const project_ids = await insertRows(app, 'projects', rows);
  project = project_ids[0] ?? 0;
  last.project = project_ids.at(-1) ?? 0;
  const people = numbers(1_050).map((index) => member(`Person ${index}`, `p${index}@example.com`));
  last.person =
    (await insertRows(app, 'users', [...people, member('Zoë Last', 'zoe@example.com')])).at(-1) ?? 0;
  entry = (await insertRows(app, 'entries', [bookedWork(app.ids.alice)]))[0] ?? 0;
}, 120_000);

/** The options of a list of a page, and whether it can be searched. */
async function listOf(path: string, name: string): Promise<{ options: string[]; can_search: boolean }> {
  const page = await app.as('alice').get(path).expect(200);
  // The bar of every page has a list of that name too.
  const text = page.text.slice(path.startsWith('/timer') ? 0 : page.text.indexOf('<main'));
  const list = new RegExp(`<select[^>]* name="${name}".*?</select>`, 's').exec(text)?.[0] ?? '';
  return {
    options: [...list.matchAll(/<option value="([^"]*)"/g)].map((match) => match[1] ?? ''),
    can_search: text.includes(`name="${name}_q"`),
  };
}

const places = (): [string, string, number][] => [
  ['/tasks/new', 'project_id', last.project],
  ['/tasks/new', 'assignee_id', last.person],
  ['/tasks', 'project_id', last.project],
  ['/tasks', 'client_id', last.client],
  ['/tasks', 'assignee', last.person],
  ['/tasks/board', 'project_id', last.project],
  ['/entries', 'project_id', last.project],
  ['/entries', 'user_id', last.person],
  ['/reports/summary', 'project_id', last.project],
  ['/reports/summary', 'client_id', last.client],
  ['/reports/summary', 'user_id', last.person],
  [`/projects/${project}/merge`, 'into', last.project],
  [`/projects/${project}/edit`, 'client_id', last.client],
  [`/projects/${project}/members`, 'user_id', last.person],
  ['/timer', 'project_id', last.project],
  [`/entries/${entry}`, 'project_id', last.project],
  [`/entries/bulk?id=${entry}`, 'project_id', last.project],
  [`/entries/new?user_id=${app.ids.bob}`, 'project_id', last.project],
];

describe('a list of choices', () => {
  it('has a part of them, says so, and finds the last one', async () => {
    for (const [path, name, wanted] of places()) {
      const first = await listOf(path, name);
      expect(first.can_search, `${path} ${name}`).toBe(true);
      expect(first.options.length, `${path} ${name}`).toBeLessThan(210);
      expect(first.options, `${path} ${name}`).not.toContain(String(wanted));
      const found = await listOf(`${path}${path.includes('?') ? '&' : '?'}${name}_q=z`, name);
      expect(found.options, `${path} ${name}`).toContain(String(wanted));
      expect(found.options.length, `${path} ${name}`).toBeLessThan(10);
    }
  });

  it('keeps what is chosen, wherever it would stand', async () => {
    expect((await listOf(`/tasks?project_id=${last.project}`, 'project_id')).options).toContain(
      String(last.project),
    );
    expect((await listOf(`/tasks?client_id=${last.client}`, 'client_id')).options).toContain(
      String(last.client),
    );
    expect((await listOf(`/tasks/new?project_id=${last.project}`, 'project_id')).options).toContain(
      String(last.project),
    );
  });

  it('a form that searches shows what was found, with what was typed, and stores nothing', async () => {
    const fields = { name: 'Feed the bears', project_id_q: 'zoo', description: 'Honey' };
    const { text } = await app.as('alice').post('/tasks', fields).expect(422);
    expect(text).toContain(`<option value="${last.project}"`);
    expect(text).toContain('Choose from what was found, and save again.');
    expect(text).toContain('Honey');
    const tasks = app.deps.db.selectFrom('tasks').select('project_id').where('name', '=', fields.name);
    expect(await tasks.execute()).toEqual([]);
    // The page says what it found, so that the same search with a choice is no search any more.
    expect(text).toContain('name="project_id_found" value="zoo"');
    const chosen = { ...fields, project_id: String(last.project), project_id_found: 'zoo' };
    const other = await app
      .as('alice')
      .post('/tasks', { ...chosen, project_id_q: 'bulk' })
      .expect(422);
    expect(other.text).toContain('name="project_id_found" value="bulk"');
    const wrong = await app
      .as('alice')
      .post('/tasks', { ...chosen, estimate: 'x' })
      .expect(422);
    expect(wrong.text).toContain(`<option value="${last.project}" selected>`);
    expect(wrong.text).toContain('name="project_id_q" value=""');
    await app.as('alice').post('/tasks', chosen).expect(303);
    expect(await tasks.execute()).toEqual([{ project_id: last.project }]);
  });
});

/** Entries with a note, as they are stored. */
const stored = (description: string) =>
  app.deps.db
    .selectFrom('entries')
    .select(['id', 'user_id', 'project_id', 'ended_at'])
    .where('description', '=', description)
    .execute();

describe('time is booked on the last project by choosing it', () => {
  const booked = { local_date: '2026-02-26', started_time: '9:00', ended_time: '10:00' };
  /** Every form that has the list: its page, what is sent, and where. */
  const forms = (): { name: string; path: string; fields: Record<string, string> }[] => [
    { name: 'the bar', path: '/timer/start', fields: { text: 'By the bar' } },
    { name: 'by hand', path: '/entries', fields: { text: 'By hand', ...booked } },
    {
      ...{ name: 'for another', path: '/entries' },
      fields: { text: 'For another', user_id: String(app.ids.bob), ...booked },
    },
    { name: 'in place', path: `/entries/${entry}`, fields: { text: 'In place' } },
    {
      name: 'many at once',
      path: '/entries/bulk',
      fields: { ids: String(entry), text: 'At once', do: 'change' },
    },
  ];

  it('in every form: a search shows what was found and stores nothing, a choice is kept and then booked', async () => {
    for (const { name, path, fields } of forms()) {
      const before = await stored(fields['text'] ?? '');
      const searched = await app
        .as('alice')
        .post(path, { ...fields, project_id_q: 'zoo' })
        .expect(422);
      expect(searched.text, name).toContain('Choose from what was found, and save again.');
      expect(searched.text, name).toContain(`<option value="${last.project}">Zoo Plan`);
      expect(searched.text, name).toContain(`value="${fields['text']}"`);
      expect(searched.text, name).toContain('name="project_id_q" value="zoo"');
      expect(await stored(fields['text'] ?? ''), name).toEqual(before);
      const chosen = { ...fields, project_id: String(last.project) };
      // Something else is wrong: the choice stands where the list itself does not reach.
      const wrong = await app
        .as('alice')
        .post(path, { ...chosen, text: 'x'.repeat(501) })
        .expect(422);
      expect(wrong.text, name).toContain(`<option value="${last.project}" selected>`);
      await app
        .as('alice')
        .post(path, { ...chosen, project_id_q: 'zoo', project_id_found: 'zoo' })
        .expect(303);
      expect(await stored(fields['text'] ?? ''), name).toMatchObject([{ project_id: last.project }]);
    }
  });

  it('and a running timer gets it in its panel', async () => {
    const change = { text: 'By the bar, changed', project_id_q: 'zoo' };
    const searched = await app.as('alice').post('/timer/running', change).expect(422);
    expect(searched.text).toContain('Choose from what was found, and save again.');
    expect(searched.text).toMatch(/<select[^>]*id="running-project".*?Zoo Plan/s);
    expect(await stored('By the bar')).toHaveLength(1);
    await app.as('alice').post('/timer/stop', {}).expect(303);
  });

  it('deleting many is no choice of a project, whatever is typed in the search', async () => {
    const [made] = await insertRows(app, 'entries', [{ ...bookedWork(app.ids.alice), description: 'Goes' }]);
    const fields = { ids: String(made), project_id_q: 'zoo' };
    await app
      .as('alice')
      .post('/entries/bulk', { ...fields, do: 'delete' })
      .expect(303);
    expect(await stored('Goes')).toEqual([]);
  });

  it('what somebody may not book on is not found, nor shown as chosen', async () => {
    const { db } = app.deps;
    const hidden = { ...named('Zoo Secret'), client_id: null, color: 'slate', billable: 1 };
    const [secret] = await insertRows(app, 'projects', [{ ...hidden, visibility: 'members' }]);
    const fields = { text: 'Spying', project_id: String(secret), project_id_q: 'zoo' };
    const { text } = await app.as('charlie').post('/timer/start', fields).expect(422);
    expect(text).toContain('Zoo Plan');
    expect(text).not.toContain('Zoo Secret');
    await db
      .deleteFrom('projects')
      .where('id', '=', secret ?? 0)
      .execute();
  });
});

it('a task can be given to the last person', async () => {
  const fields = { project_id: String(project), assignee_id: String(last.person) };
  // Something else is wrong: the choice stands where the list itself does not reach.
  const wrong = { name: 'For Zoë', ...fields, estimate: 'x' };
  const { text } = await app.as('alice').post('/tasks', wrong).expect(422);
  expect(text).toContain(`<option value="${last.person}" selected>`);
  await app
    .as('alice')
    .post('/tasks', { name: 'For Zoë', ...fields })
    .expect(303);
});

it('the last client stays chosen for a project that has one already, when something else is wrong', async () => {
  const first = await app.deps.db.selectFrom('clients').select('id').orderBy('id').executeTakeFirstOrThrow();
  await app.deps.db.updateTable('projects').set({ client_id: first.id }).where('id', '=', project).execute();
  const fields = { name: ' ', color: 'teal', client_id: String(last.client) };
  const { text } = await app.as('alice').post(`/projects/${project}`, fields).expect(422);
  expect(text).toContain(`<option value="${last.client}" selected>`);
});

it('the last project is meant by its name, and suggested, without reading all of them', async () => {
  await app.as('alice').post('/timer/start', { text: 'Look @Zoo Plan' }).expect(303);
  const running = await app.deps.db
    .selectFrom('entries')
    .select(['project_id', 'description'])
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  expect(running).toEqual({ project_id: last.project, description: 'Look' });
  const suggested = await app.as('alice').get('/timer/suggestions?q=%40plan').expect(200);
  expect(suggested.text).toContain('Zoo Plan');
});

it('every comment of a task can be reached', async () => {
  const { db, ids } = { db: app.deps.db, ids: app.ids };
  const row = { project_id: project, ...named('Talked about'), description: '', status: 'open' as const };
  const { id: task_id } = await db
    .insertInto('tasks')
    .values({ ...row, priority: 'normal', assignee_id: null, due_date: null, updated_at: 1 } as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  const comments = numbers(120).map((index) => ({
    ...{ task_id, user_id: ids.bob, body: `Remark ${index}.`, created_at: 1, updated_at: 1 },
  }));
  await insertRows(app, 'task_comments', comments);
  const read = new Set<string>();
  let path = `/tasks/${task_id}`;
  for (let page = 0; page < 4 && path !== ''; page += 1) {
    const { text } = await app.as('bob').get(path).expect(200);
    for (const [remark] of text.matchAll(/Remark \d+\./g)) read.add(remark);
    path = /href="([^"#]*\?before=\d+)#comments"/.exec(text)?.[1] ?? '';
  }
  expect(read.size).toBe(120);
});

it('the members of a project come in pages, each with their rate, and are searched', async () => {
  const { db } = app.deps;
  const user_ids = (await db.selectFrom('users').select('id').orderBy('id').execute()).map(({ id }) => id);
  for (let start = 0; start < user_ids.length; start += 400)
    await db
      .insertInto('project_members')
      .values(
        user_ids.slice(start, start + 400).map((user_id) => ({
          ...{ project_id: last.project, user_id, is_manager: 0 as const },
        })),
      )
      .execute();
  await db.updateTable('users').set({ deactivated_at: 5 }).where('id', '=', last.person).execute();
  const here = `/projects/${last.project}/members`;
  const first = await app.as('alice').get(here).expect(200);
  expect(first.text.match(/<li class="list-row">/g)).toHaveLength(50);
  expect(first.text).toContain(`${here}?page=2`);
  const found = await app.as('alice').get(`${here}?q=Zo%C3%AB`).expect(200);
  expect(found.text.match(/<li class="list-row">/g)).toHaveLength(1);
  expect(found.text).toContain('<span class="badge">deactivated</span>');
  expect(found.text).toContain(`/rates/edit?scope=member:${last.project}:${last.person}`);
});

describe('small things', () => {
  it('codes are one whatever their case, umlauts too; clients are found by theirs', async () => {
    for (const place of ['/projects', '/clients']) {
      const fields = { color: 'teal', name: `First of ${place.slice(1)}` };
      await app
        .as('alice')
        .post(place, { ...fields, code: 'ÄB-1' })
        .expect(303);
      const twin = { ...fields, name: `Second of ${place.slice(1)}`, code: 'äb-1' };
      const { text } = await app.as('alice').post(place, twin).expect(422);
      expect(text).toContain('äb-1');
    }
    const { text } = await app.as('alice').get('/clients?q=%C3%84b-').expect(200);
    expect(text).toContain('First of clients');
  });

  it('a double click writes one comment', async () => {
    const fields = { name: 'Clicked twice', project_id: String(project) };
    const made = await app.as('bob').post('/tasks', fields).expect(303);
    const path = String(made.headers['location']);
    for (let click = 0; click < 2; click += 1)
      await app.as('bob').post(`${path}/comments`, { body: 'Done.' }).expect(303);
    const { text } = await app.as('bob').get(path).expect(200);
    expect(text.match(/id="comment-\d+"/g)).toHaveLength(1);
  });

  it('a project does not start after its tasks are due, and an amount needs its kind', async () => {
    const base = { name: 'Begins', color: 'teal' };
    await app.as('alice').post('/projects', base).expect(303);
    const { id } = await app.deps.db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', 'Begins')
      .executeTakeFirstOrThrow();
    const task = { name: 'Early', project_id: String(id), due_date: '2026-02-01' };
    await app.as('alice').post('/tasks', task).expect(303);
    const late = await app
      .as('alice')
      .post(`/projects/${id}`, { ...base, start_date: '2026-03-01' })
      .expect(422);
    expect(late.text).toContain('The task “Early” is due before this.');
    await app
      .as('alice')
      .post(`/projects/${id}`, { ...base, start_date: '2026-02-01' })
      .expect(303);
    const budget = { ...base, budget_kind: 'none', budget_amount: '100' };
    const lost = await app.as('alice').post(`/projects/${id}`, budget).expect(422);
    expect(lost.text).toContain('This is an amount without a kind');
  });

  it('whose times they are is said as it is', async () => {
    const {
      ids,
      deps: { db },
    } = app;
    await db
      .insertInto('project_members')
      .values({ project_id: project, user_id: ids.bob, is_manager: 1 })
      .execute();
    expect((await app.as('alice').get('/projects')).text).toContain('Times are everybody’s.');
    expect((await app.as('bob').get('/projects')).text).toContain(
      'everybody’s on the projects that you manage',
    );
    expect((await app.as('charlie').get('/projects')).text).toContain('Times are your own.');
  });

  it('who sees a part of the time of a task is shown no share of its estimate', async () => {
    const fields = { name: 'Estimated', project_id: String(project), estimate: '2h' };
    const made = await app.as('alice').post('/tasks', fields).expect(303);
    const path = String(made.headers['location']);
    expect((await app.as('alice').get(path)).text).toContain('of 2:00:00 (0 %)');
    const { text } = await app.as('charlie').get(path).expect(200);
    expect(text).toContain('Estimate for everybody together: 2:00:00');
    expect(text).not.toContain('of 2:00:00 (');
  });
});
