import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const db = () => app.deps.db;
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));

let names = 0;
beforeEach(() => {
  names += 1;
});
async function makeProject(name: string, fields: Record<string, string> = {}): Promise<number> {
  const full = `${name} ${names}`;
  await app
    .as('alice')
    .post('/projects', { name: full, billable: '1', ...fields })
    .expect(303);
  const rows = await db()
    .selectFrom('projects')
    .select('id')
    .where('name', '=', full)
    .orderBy('id', 'desc')
    .execute();
  return rows[0]?.id ?? 0;
}
async function makeTask(project: number, name: string): Promise<number> {
  await app
    .as('alice')
    .post('/tasks', { name, project_id: String(project) })
    .expect(303);
  const row = await db()
    .selectFrom('tasks')
    .select('id')
    .where('project_id', '=', project)
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return row.id;
}
const book = (fields: Record<string, string>) =>
  app
    .as('bob')
    .post('/entries', {
      text: `m ${names} ${JSON.stringify(fields)}`,
      local_date: '2026-03-03',
      duration: '1:00',
      ...fields,
    })
    .expect(303);
const totals = async () => {
  const rows = await db().selectFrom('work_months').selectAll().execute();
  return rows.reduce(
    (sum, row) =>
      [sum[0] + row.seconds, sum[1] + row.amount_cents, sum[2] + row.entries] as [number, number, number],
    [0, 0, 0] as [number, number, number],
  );
};
async function mergeAs(path: string, into: number) {
  const page = await app.as('alice').get(`${path}/merge?into=${into}`).expect(200);
  const shown = /name="shown" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  return {
    page: main(page),
    shown,
    send: () =>
      app
        .as('alice')
        .post(`${path}/merge`, { into: String(into), shown })
        .expect(303),
  };
}

describe('merging projects', () => {
  it('moves everything, adds nothing and loses nothing', async () => {
    const [from, into] = [await makeProject('Double'), await makeProject('Real')];
    await app
      .as('alice')
      .post('/rates', { scope: `project:${from}`, kind: 'billable', amount: '60' })
      .expect(303);
    await app
      .as('alice')
      .post('/rates', { scope: `project:${into}`, kind: 'billable', amount: '90' })
      .expect(303);
    const [same_from, same_into] = [await makeTask(from, 'Same'), await makeTask(into, 'SAME')];
    const own = await makeTask(from, 'Own');
    await app.as('bob').post(`/tasks/${same_from}/comments`, { body: 'kept' }).expect(303);
    await book({ project_id: String(from), task_id: String(same_from) });
    await book({ project_id: String(from), task_id: String(own), duration: '2:00' });
    await app
      .as('bob')
      .post('/timer/start', { text: 'runs', project_id: String(from) })
      .expect(303);
    await app.as('bob').post(`/projects/${from}/favourite`, { favourite: '1' }).expect(303);
    for (const [project_id, is_manager] of [
      [from, 1],
      [into, 0],
    ] as const)
      await db()
        .insertInto('project_members')
        .values({ project_id, user_id: app.ids.bob, is_manager })
        .execute();
    const before = await totals();
    const { page, send } = await mergeAs(`/projects/${from}`, into);
    for (const text of ['3 entries will move.', '2 tasks will move; 1 of them has', '1 rate goes'])
      expect(page).toContain(text);
    const done = await send();
    expect(done.headers['location']).toBe(`/projects/${into}`);
    await app.as('alice').get(`/projects/${from}`).expect(404);
    const entries = await db()
      .selectFrom('entries')
      .select(['task_id', 'rate_cents', 'ended_at'])
      .where('project_id', '=', into)
      .orderBy('id')
      .execute();
    expect(entries).toMatchObject([
      { task_id: same_into, rate_cents: 6000 },
      { task_id: own, rate_cents: 6000 },
      { task_id: null, ended_at: null },
    ]);
    expect(await totals()).toEqual(before);
    expect(
      await db().selectFrom('work_months').select('project_id').where('project_id', '=', from).execute(),
    ).toEqual([]);
    expect(
      await db().selectFrom('task_comments').select('body').where('task_id', '=', same_into).execute(),
    ).toEqual([{ body: 'kept' }]);
    expect(
      await db().selectFrom('project_members').select('is_manager').where('project_id', '=', into).execute(),
    ).toEqual([{ is_manager: 1 }]);
    expect(await db().selectFrom('favourites').select('project_id').execute()).toEqual([
      { project_id: into },
    ]);
    expect(
      await db().selectFrom('rates').select('scope').where('scope', 'like', `%:${from}%`).execute(),
    ).toEqual([]);
    expect(app.logLines().find((line) => line['event'] === 'project.merged')).toMatchObject({
      project_id: into,
      row_count: 1,
    });
    const audit = await db().selectFrom('audit').selectAll().where('action', '=', 'project.merged').execute();
    expect(audit).toMatchObject([{ subject_id: into, actor_id: app.ids.alice }]);
    await app.as('bob').post('/timer/stop').expect(303);
  });

  it('asks again when it is not as it was shown, and refuses itself', async () => {
    const [from, into] = [await makeProject('Double'), await makeProject('Real')];
    const { send } = await mergeAs(`/projects/${from}`, into);
    await book({ project_id: String(from) });
    expect((await send()).headers['location']).toBe(`/projects/${from}/merge?into=${into}`);
    await app.as('alice').get(`/projects/${from}`).expect(200);
    expect(main(await app.as('alice').get(`/projects/${from}/merge?into=${from}`).expect(422))).toContain(
      'That is the same one.',
    );
    await app.as('alice').get(`/projects/${from}/merge?into=999999`).expect(404);
    expect(main(await app.as('alice').get(`/projects/${from}/merge?into=x`).expect(422))).toContain(
      'Please choose one',
    );
    await app.as('bob').get(`/projects/${from}/merge`).expect(403);
    await app
      .as('bob')
      .post(`/projects/${from}/merge`, { into: String(into), shown: '' })
      .expect(403);
  });
});

describe('what was deleted before a merge', () => {
  const entriesOn = (project_id: number) =>
    db().selectFrom('entries').selectAll().where('project_id', '=', project_id).orderBy('id').execute();
  const lastKept = async () => {
    const rows = await db().selectFrom('deleted_items').select('id').orderBy('id', 'desc').limit(1).execute();
    return rows[0]?.id ?? 0;
  };

  it('comes back on what it was merged into, for whoever managed it', async () => {
    const [from, into] = [await makeProject('Gone'), await makeProject('Stays')];
    await app.as('alice').post('/rates', { scope: `project:${from}`, kind: 'billable', amount: '95' });
    const [doubled, own] = [await makeTask(from, 'Design'), await makeTask(from, 'Only here')];
    const stays = await makeTask(into, 'design');
    await db()
      .insertInto('project_members')
      .values({ project_id: from, user_id: app.ids.charlie, is_manager: 1 })
      .execute();
    const kept = [];
    for (const task_id of [doubled, own]) {
      await book({ project_id: String(from), task_id: String(task_id) });
      const [entry] = (await entriesOn(from)).slice(-1);
      await app.as('charlie').post(`/entries/${entry?.id}/delete`).expect(303);
      kept.push({ item: await lastKept(), entry });
    }
    await (await mergeAs(`/projects/${from}`, into)).send();
    for (const { item } of kept) await app.as('charlie').post(`/entries/restore/${item}`).expect(303);
    const back = await entriesOn(into);
    expect(back.map(({ id, rate_cents }) => [id, rate_cents])).toEqual(
      kept.map(({ entry }) => [entry?.id, 9500]),
    );
    expect(back.map(({ task_id }) => task_id)).toEqual([stays, own]);
  });

  it('comes back on the task that is left', async () => {
    const project = await makeProject('Tasks');
    const [from, into] = [await makeTask(project, 'One'), await makeTask(project, 'Two')];
    await book({ project_id: String(project), task_id: String(from) });
    const ids = (await entriesOn(project)).map(({ id }) => id).join();
    await app.as('bob').post('/entries/bulk', { do: 'delete', ids }).expect(303);
    const item = await lastKept();
    await (await mergeAs(`/tasks/${from}`, into)).send();
    await app.as('bob').post(`/entries/restore/${item}`).expect(303);
    expect(await entriesOn(project)).toMatchObject([{ task_id: into }]);
  });
});

describe('merging clients', () => {
  const clientOf = async (project: number): Promise<number> =>
    (
      await db()
        .selectFrom('projects')
        .select('client_id')
        .where('id', '=', project)
        .executeTakeFirstOrThrow()
    ).client_id ?? 0;

  it('moves projects, and merges those of one name', async () => {
    const doubled = await makeProject('Site', { new_client: `Acme ${names}` });
    const alone = await makeProject('Alone', { new_client: `Acme ${names}` });
    const from = await clientOf(doubled);
    const kept = await makeProject('Site', { new_client: `ACME Ltd ${names}` });
    const into = await clientOf(kept);
    await book({ project_id: String(doubled) });
    await book({ project_id: String(kept) });
    await app
      .as('alice')
      .post('/rates', { scope: `client:${from}`, kind: 'billable', amount: '5', follow: 'new' })
      .expect(303);
    const before = await totals();
    const { page, send } = await mergeAs(`/clients/${from}`, into);
    expect(page).toContain('2 projects will move; 1 of them has');
    await send();
    const projects = await db()
      .selectFrom('projects')
      .select('id')
      .where('client_id', '=', into)
      .orderBy('id')
      .execute();
    expect(projects.map(({ id }) => id)).toEqual([alone, kept]);
    expect(
      await db().selectFrom('entries').select('id').where('project_id', '=', kept).execute(),
    ).toHaveLength(2);
    expect(await totals()).toEqual(before);
    expect(
      await db().selectFrom('rates').select('id').where('scope', '=', `client:${from}`).execute(),
    ).toEqual([]);
    await app.as('alice').get(`/clients/${from}`).expect(404);
    expect(app.logLines().some((line) => line['event'] === 'client.merged')).toBe(true);
  });

  it('refuses two currencies', async () => {
    const from = await clientOf(await makeProject('One', { new_client: `Euro ${names}` }));
    const into = await clientOf(await makeProject('Two', { new_client: `Dollar ${names}` }));
    await db().updateTable('clients').set({ currency: 'USD' }).where('id', '=', into).execute();
    const page = await app.as('alice').get(`/clients/${from}/merge?into=${into}`).expect(422);
    expect(main(page)).toContain('different currencies');
    await app
      .as('alice')
      .post(`/clients/${from}/merge`, { into: String(into), shown: '0-1-0-0-0-0' })
      .expect(303);
    await app.as('alice').get(`/clients/${from}`).expect(200);
  });
});

/** What all rates are of: after a merge none may be of something that is not there any more. */
const rates = async () =>
  (await db().selectFrom('rates').select('scope').orderBy('scope').execute()).map(({ scope }) => scope);

describe('what a merge takes away', () => {
  const post = (path: string, fields: Record<string, string>) =>
    app.as('alice').post(path, fields).expect(303);
  const price = (scope: string) => post('/rates', { scope, kind: 'billable', amount: '5', follow: 'new' });

  it('is told: rates, and texts of which both have one; what only one has is kept', async () => {
    await db().deleteFrom('rates').execute();
    const from = await makeProject('Lossy', { description: 'Only here', code: `L-${names}` });
    const into = await makeProject('Keeper');
    const [plain, plain_into] = [await makeTask(from, 'Plain'), await makeTask(into, 'Plain')];
    const [rich, rich_into] = [await makeTask(from, 'Rich'), await makeTask(into, 'Rich')];
    const write = (id: number, description: string, estimate_seconds: number | null) =>
      db().updateTable('tasks').set({ description, estimate_seconds }).where('id', '=', id).execute();
    await write(plain, 'kept', 3600);
    await write(rich, 'goes', null);
    await write(rich_into, 'stays', null);
    await price(`task:${plain}`);
    await price(`member:${from}:${app.ids.bob}`);
    await price(`task:${rich_into}`);
    const { page, send } = await mergeAs(`/projects/${from}`, into);
    expect(page).toContain('2 rates go: for new time, those of Keeper');
    expect(page).toContain('1 task has another description');
    expect(page).toContain('The code of Lossy');
    expect(page).not.toContain('The description of Lossy');
    await send();
    expect(await rates()).toEqual([`task:${rich_into}`]);
    expect(
      await db()
        .selectFrom('tasks')
        .select(['id', 'description', 'estimate_seconds'])
        .where('project_id', '=', into)
        .orderBy('id')
        .execute(),
    ).toEqual([
      { id: plain_into, description: 'kept', estimate_seconds: 3600 },
      { id: rich_into, description: 'stays', estimate_seconds: null },
    ]);
    expect(await db().selectFrom('projects').select('description').where('id', '=', into).execute()).toEqual([
      { description: 'Only here' },
    ]);
  });

  it('leaves no rate of a task, a client or a project that is gone', async () => {
    await db().deleteFrom('rates').execute();
    const project = await makeProject('Rated', { new_client: `Rated ${names}` });
    const [one, two] = [await makeTask(project, 'One'), await makeTask(project, 'Two')];
    await price(`task:${one}`);
    const merged = await mergeAs(`/tasks/${one}`, two);
    expect(merged.page).toContain('1 rate goes: for new time, those of Two hold.');
    await merged.send();
    const { client_id } = await db()
      .selectFrom('projects')
      .select('client_id')
      .where('id', '=', project)
      .executeTakeFirstOrThrow();
    await post('/clients', { name: `Same currency ${names}`, currency: 'EUR' });
    const { id: other } = await db()
      .selectFrom('clients')
      .select('id')
      .where('name', '=', `Same currency ${names}`)
      .executeTakeFirstOrThrow();
    await price(`client:${client_id}`);
    // The one has no currency of its own, the other the same by name.
    const clients = await mergeAs(`/clients/${client_id}`, other);
    expect(clients.page).toContain('1 rate goes');
    await clients.send();
    await db()
      .insertInto('rates')
      .values(
        Array.from({ length: 600 }, (_, index) => ({
          ...{ kind: 'billable' as const, scope: `member:${project}:${index + 1}`, amount_cents: 1 },
          ...{ currency: 'EUR', updated_at: 1 },
        })),
      )
      .execute();
    await price(`task:${two}`);
    await post(`/projects/${project}/delete`, {});
    expect(await rates()).toEqual([]);
  });

  it('is nothing where two projects are billed in different currencies: they are not merged', async () => {
    const euros = await makeProject('Euros');
    const dollars = await makeProject('Dollars', { new_client: `In dollars ${names}` });
    await db()
      .updateTable('clients')
      .set({ currency: 'USD' })
      .where('name', '=', `In dollars ${names}`)
      .execute();
    const page = await app.as('alice').get(`/projects/${euros}/merge?into=${dollars}`).expect(422);
    expect(main(page)).toContain('different currencies');
    await post(`/projects/${euros}/merge`, { into: String(dollars), shown: '0-0-0-0-0-0-0' });
    await app.as('alice').get(`/projects/${euros}`).expect(200);
  });
});

describe('merging tasks', () => {
  it('moves time and comments within a project', async () => {
    const project = await makeProject('Tasks');
    const [from, into] = [await makeTask(project, 'Draft'), await makeTask(project, 'Draught')];
    await book({ task_id: String(from) });
    await app.as('bob').post(`/tasks/${from}/comments`, { body: 'kept' }).expect(303);
    const { page, send } = await mergeAs(`/tasks/${from}`, into);
    expect(page).toContain('1 entry will move.');
    expect(page).toContain('1 comment will move.');
    await send();
    expect(await db().selectFrom('entries').select('id').where('task_id', '=', into).execute()).toHaveLength(
      1,
    );
    expect(
      await db().selectFrom('task_comments').select('id').where('task_id', '=', into).execute(),
    ).toHaveLength(1);
    await app.as('alice').get(`/tasks/${from}`).expect(404);
    const other = await makeTask(await makeProject('Elsewhere'), 'Draft');
    expect(main(await app.as('alice').get(`/tasks/${into}/merge?into=${other}`).expect(422))).toContain(
      'another project',
    );
    expect(app.logLines().some((line) => line['event'] === 'task.merged')).toBe(true);
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    expect(main(await app.as('alice').get(`/tasks/${into}/merge`).expect(200))).toContain('zusammenführen');
    await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
  });
});
