import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const db = () => app.deps.db;
const eventsNamed = (event: string) => app.logLines().filter((line) => line['event'] === event);
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));

let names = 0;
async function makeProject(more: object = {}): Promise<number> {
  names += 1;
  const row = { client_id: null, name: `Project ${names}`, name_key: `project ${names}`, color: 'blue' };
  const { id } = await db()
    .insertInto('projects')
    .values({ ...row, billable: 1, created_at: 1, archived_at: null, ...more })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
const taskNamed = (name: string) =>
  db().selectFrom('tasks').selectAll().where('name', '=', name).executeTakeFirst();
async function makeTask(project_id: number, fields: Record<string, string> = {}): Promise<number> {
  names += 1;
  const name = fields['name'] ?? `Task ${names}`;
  await app
    .as('alice')
    .post('/tasks', { name, project_id: String(project_id), ...fields })
    .expect(303);
  const task = await db()
    .selectFrom('tasks')
    .select('id')
    .where('project_id', '=', project_id)
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return task.id;
}

let project: number;
beforeEach(async () => {
  project = await makeProject();
});

describe('a task that anybody who sees it may change', () => {
  it('says who changed it last', async () => {
    const id = await makeTask(project);
    const changed = async () => main(await app.as('charlie').get(`/tasks/${id}`).expect(200));
    expect(await changed()).toContain('Last changed by Alice, ');
    const fields = {
      name: `Charlie ${names}`,
      project_id: String(project),
      estimate: '5h',
      priority: 'urgent',
    };
    await app.as('charlie').post(`/tasks/${id}`, fields).expect(303);
    expect(await changed()).toContain('Last changed by Charlie, ');
    await app.as('bob').post(`/tasks/${id}/status`, { status: 'review' }).expect(303);
    expect(await changed()).toContain('Last changed by Bob, ');
  });

  it('shows an estimate as just what it is, also to whoever reads hours with decimals', async () => {
    const format = (duration_format: 'decimal' | 'clock') =>
      db().updateTable('users').set({ duration_format }).where('id', '=', app.ids.charlie).execute();
    await format('decimal');
    for (const [typed, shown] of [
      ['1:40', '1:40:00'],
      ['7:15', '7.25'],
    ] as const) {
      const id = await makeTask(project, { name: `Shown ${typed} ${names}`, estimate: typed });
      const page = main(await app.as('charlie').get(`/tasks/${id}/edit`).expect(200));
      const field = /<input[^>]*name="estimate"[^>]*>/.exec(page)?.[0] ?? '';
      expect(/ value="([^"]*)"/.exec(field)?.[1]).toBe(shown);
    }
    await format('clock');
  });

  it('stays as it was put away, until somebody who manages it changes or restores it', async () => {
    const id = await makeTask(project, { name: `Put away ${names}` });
    await app.as('alice').post(`/tasks/${id}/archive`).expect(303);
    const before = await db().selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
    const page = main(await app.as('bob').get(`/tasks/${id}`).expect(200));
    expect(page).not.toContain(`/tasks/${id}/edit`);
    expect(page).not.toContain(`/tasks/${id}/status`);
    await app.as('bob').get(`/tasks/${id}/edit`).expect(403);
    const fields = { name: 'Mine', project_id: String(project) };
    await app.as('bob').post(`/tasks/${id}`, fields).expect(403);
    await app.as('bob').post(`/tasks/${id}/status`, { status: 'done' }).expect(403);
    expect(await db().selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()).toEqual(
      before,
    );
    await app
      .as('alice')
      .post(`/tasks/${id}`, { ...fields, name: `Kept ${id}` })
      .expect(303);
    await app.as('alice').post(`/tasks/${id}/restore`).expect(303);
    await app
      .as('bob')
      .post(`/tasks/${id}`, { ...fields, name: `Open ${id}` })
      .expect(303);
    // With its project it is put away, too.
    await db().updateTable('projects').set({ archived_at: 1 }).where('id', '=', project).execute();
    await app.as('bob').post(`/tasks/${id}`, fields).expect(403);
  });
});

describe('making and changing a task', () => {
  it('stores everything, tells so and shows it', async () => {
    const answer = await app.as('bob').post('/tasks', {
      ...{ name: ' Draw   the map ', project_id: String(project), description: 'First\r\nSecond' },
      ...{ status: 'in_progress', priority: 'high', assignee_id: String(app.ids.bob) },
      ...{ due_date: '2026-03-01', estimate: '8h' },
    });
    expect(answer.status).toBe(303);
    const task = await taskNamed('Draw the map');
    expect(answer.headers['location']).toBe(`/tasks/${task?.id}`);
    expect(task).toMatchObject({
      ...{ project_id: project, description: 'First\nSecond', status: 'in_progress', priority: 'high' },
      ...{ assignee_id: app.ids.bob, due_date: '2026-03-01', estimate_seconds: 28_800, archived_at: null },
    });
    expect(eventsNamed('task.created').at(-1)).toMatchObject({
      ...{ task_id: task?.id, project_id: project, has_due_date: true, has_assignee: true },
      ...{ has_description: true, has_estimate: true, priority: 'high' },
    });
    const page = main(await app.as('bob').get(`/tasks/${task?.id}`).expect(200));
    for (const text of [
      'Draw the map',
      'In progress',
      'High',
      'Bob',
      'overdue',
      'Estimate for everybody together: 8:00:00',
    ])
      expect(page).toContain(text);
  });

  it.each([
    [{ name: '' }, 'Please fill this in.'],
    [{ name: 'x'.repeat(10_000) }, 'At most 200 characters.'],
    [{ name: 'A', project_id: '' }, 'Please choose the project that the task belongs to.'],
    [{ name: 'A', project_id: '999999' }, 'Please choose one of the offered values.'],
    [{ name: 'A', due_date: '2026-02-30' }, 'Please enter a date like'],
    [{ name: 'A', estimate: '-3h' }, 'An estimate must be longer than nothing.'],
    [{ name: 'A', estimate: '0' }, 'An estimate must be longer than nothing.'],
    [{ name: 'A', estimate: '999999h' }, 'up to 100,000 hours'],
    [{ name: 'A', assignee_id: '99999' }, 'Please choose one of the offered values.'],
    [{ name: 'A', status: 'lost' }, 'Please choose one of the offered values.'],
    [{ name: 'A', priority: ['low', 'high'] }, 'Please choose one of the offered values.'],
    [{ name: 'a\u0000b' }, 'characters that cannot be stored'],
  ])(
    'refuses %j with a sentence beside it, keeps what was typed, stores nothing',
    async (fields, sentence) => {
      const before = await db().selectFrom('tasks').select('id').execute();
      const page = await app
        .as('alice')
        .post('/tasks', { project_id: String(project), description: 'kept & safe', ...fields })
        .expect(422);
      expect(main(page)).toContain(sentence);
      expect(main(page)).toContain('kept &amp; safe');
      expect(await db().selectFrom('tasks').select('id').execute()).toEqual(before);
    },
  );

  it('refuses a due date before the start of the project', async () => {
    const later = await makeProject({ start_date: '2026-04-01' });
    const fields = { name: 'Early', project_id: String(later), due_date: '2026-03-31' };
    const page = await app.as('alice').post('/tasks', fields).expect(422);
    expect(main(page)).toContain('This is before the project starts.');
  });

  it('refuses a second task of a name in the same project, however many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        app.as('alice').post('/tasks', { name: index % 2 ? 'RACE' : 'race', project_id: String(project) }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(7).fill(422)]);
    await makeTask(await makeProject(), { name: 'race' });
  });

  it('does not overwrite what a second tab saved, until one says so', async () => {
    const id = await makeTask(project, { name: `Shared ${project}` });
    const form = main(await app.as('alice').get(`/tasks/${id}/edit`).expect(200));
    const updated_at = /name="updated_at" value="(\d+)"/.exec(form)?.[1] ?? '';
    const fields = { project_id: String(project), updated_at };
    await app
      .as('bob')
      .post(`/tasks/${id}`, { ...fields, name: 'Bob was faster' })
      .expect(303);
    const refused = await app
      .as('alice')
      .post(`/tasks/${id}`, { ...fields, name: 'Alice is slower' })
      .expect(422);
    expect(main(refused)).toContain('Somebody changed this task');
    expect(await taskNamed('Alice is slower')).toBeUndefined();
    const newer = /name="updated_at" value="(\d+)"/.exec(main(refused))?.[1] ?? '';
    await app
      .as('alice')
      .post(`/tasks/${id}`, { ...fields, updated_at: newer, name: `Alice ${project}` })
      .expect(303);
    expect(eventsNamed('task.updated').at(-1)).toMatchObject({ task_id: id, has_due_date: false });
  });
});

describe('the board', () => {
  it('shows a column a status and moves a task by a form, which is told', async () => {
    const id = await makeTask(project, { name: `Movable ${project}` });
    const board = main(await app.as('bob').get(`/tasks/board?project_id=${project}`).expect(200));
    expect(board).toContain(`Movable ${project}`);
    expect(board.match(/board-column/g)).toHaveLength(4);
    const moved = await app
      .as('bob')
      .post(`/tasks/${id}/status`, { status: 'review', return_to: '/tasks/board' })
      .expect(303);
    expect(moved.headers['location']).toBe('/tasks/board');
    expect((await taskNamed(`Movable ${project}`))?.status).toBe('review');
    expect(eventsNamed('task.status_changed').at(-1)).toMatchObject({
      ...{ task_id: id, status: 'review', previous_status: 'open' },
    });
    const events = eventsNamed('task.status_changed').length;
    await app.as('bob').post(`/tasks/${id}/status`, { status: 'review' }).expect(303);
    expect(eventsNamed('task.status_changed')).toHaveLength(events);
    await app.as('bob').post(`/tasks/${id}/status`, { status: 'nowhere' }).expect(400);
  });
});

describe('the order of a column', () => {
  const order = async (status = 'open') => {
    const board = main(await app.as('bob').get(`/tasks/board?project_id=${project}`).expect(200));
    const column = board
      .split('<section class="board-column"')
      .find((part) => part.includes(`data-status="${status}"`));
    return [...(column ?? '').matchAll(/<li class="board-card" id="task-(\d+)"/g)].map(([, id]) =>
      Number(id),
    );
  };
  const move = (id: number, to: Record<string, string | string[]>) =>
    app.as('bob').post(`/tasks/${id}/status`, to).expect(303);

  it('is the newest on top at first, and then as people put it', async () => {
    const [a, b, c] = [await makeTask(project), await makeTask(project), await makeTask(project)];
    expect(await order()).toEqual([c, b, a]);
    await move(a, { status: 'open', before_id: String(c) });
    expect(await order()).toEqual([a, c, b]);
    await move(c, { status: 'open', after_id: String(b) });
    expect(await order()).toEqual([a, b, c]);
    await move(c, { status: 'open', before_id: String(b) });
    expect(await order()).toEqual([a, c, b]);
    const version = (
      await db().selectFrom('tasks').select('updated_at').where('id', '=', c).executeTakeFirst()
    )?.updated_at;
    expect(version).toBe(app.clock.now);
    expect(eventsNamed('task.updated').at(-1)).toMatchObject({ task_id: c, project_id: project });
    // Into another column: to the top, or between its tasks.
    await move(a, { status: 'review' });
    await move(b, { status: 'review', after_id: String(a) });
    await move(c, { status: 'review', before_id: String(b) });
    expect(await order()).toEqual([]);
    expect(await order('review')).toEqual([a, c, b]);
  });

  it('has room for a thousand moves between the same two, and for tasks with equal places', async () => {
    const [a, b, c] = [await makeTask(project), await makeTask(project), await makeTask(project)];
    await db().updateTable('tasks').set({ board_place: 7 }).where('project_id', '=', project).execute();
    expect(await order()).toEqual([a, b, c]);
    await move(c, { status: 'open', before_id: String(b) });
    expect(await order()).toEqual([a, c, b]);
    for (let moves = 0; moves < 40; moves += 1) {
      const [first, second, third] = await order();
      await move(third ?? 0, { status: 'open', before_id: String(second) });
      expect(await order()).toEqual([first, third, second]);
    }
  });

  it('is moved by the buttons of a card, whose fields come twice', async () => {
    const [a, b] = [await makeTask(project), await makeTask(project)];
    await move(a, { status: 'open', before_id: ['', String(b)], after_id: '' });
    expect(await order()).toEqual([a, b]);
    await move(a, { status: 'open', before_id: '', after_id: ['', String(b)] });
    expect(await order()).toEqual([b, a]);
  });

  it('stays, where what a task was to stand beside is gone, elsewhere or hidden', async () => {
    const [a, b, done] = [
      await makeTask(project),
      await makeTask(project),
      await makeTask(project, { status: 'done' }),
    ];
    const closed = await makeProject({ visibility: 'members' });
    const hidden = await makeTask(closed);
    for (const before_id of ['99999999', String(done), String(hidden), String(a)])
      await move(a, { status: 'open', before_id });
    expect(await order()).toEqual([b, a]);
    await move(a, { status: 'done', before_id: '99999999' });
    expect(await order('done')).toEqual([a, done]);
    await app.as('bob').post(`/tasks/${a}/status`, { status: 'done', before_id: 'x' }).expect(400);
    await app.as('charlie').post(`/tasks/${hidden}/status`, { status: 'done' }).expect(404);
  });
});

describe('the list', () => {
  it('is filtered, searched and ordered', async () => {
    const [late, soon, done] = [`Late ${project}`, `Soon ${project}`, `Finished ${project}`];
    await makeTask(project, { name: late, due_date: '2026-03-01', priority: 'low' });
    await makeTask(project, { name: soon, due_date: '2026-03-06', assignee_id: String(app.ids.alice) });
    await makeTask(project, { name: done, status: 'done' });
    const list = async (query: string) =>
      [
        ...main(await app.as('alice').get(`/tasks?project_id=${project}&${query}`).expect(200)).matchAll(
          /<th scope="row"><a href="\/tasks\/\d+">([^<]*)</g,
        ),
      ].map(([, name]) => name);
    expect(await list('')).toEqual([late, soon]);
    expect(await list('sort=priority')).toEqual([soon, late]);
    expect(await list('due=overdue')).toEqual([late]);
    expect(await list('due=week')).toEqual([soon]);
    expect(await list('assignee=me')).toEqual([soon]);
    expect(await list('assignee=none')).toEqual([late]);
    expect(await list(`assignee=${app.ids.alice}`)).toEqual([soon]);
    expect(await list('status=done')).toEqual([done]);
    expect(await list('status=all&sort=name')).toEqual([done, late, soon]);
    expect(await list('q=LATE')).toEqual([late]);
    expect(await list('q=%25')).toEqual([]);
    expect(await list('priority=low')).toEqual([late]);
    expect(await list('page=2')).toEqual([]);
    const wrong = await app.as('alice').get('/tasks?status=x&assignee=y').expect(422);
    expect(main(wrong)).toContain('Please choose one of the offered values.');
  });

  it('asks as many questions for a hundred tasks as for one', async () => {
    const count = async (): Promise<number> => {
      const before = await counts();
      await app.as('alice').get(`/tasks?project_id=${project}`).expect(200);
      return (await counts()) - before;
    };
    await makeTask(project);
    await count();
    const few = await count();
    for (let n = 0; n < 60; n += 1) {
      const row = { project_id: project, name: `many ${n}`, name_key: `many ${n}`, description: '' };
      await db()
        .insertInto('tasks')
        .values({
          ...{ ...row, status: 'open', priority: 'normal', assignee_id: app.ids.bob, due_date: null },
          ...{ estimate_seconds: 3600, created_at: 1, updated_at: 1, archived_at: null },
        })
        .execute();
    }
    // What every page reads is kept until somebody writes.
    await count();
    expect(await count()).toBe(few);
    expect(few).toBeLessThan(20);
  });
});

/** Statements that ran so far. */
async function counts(): Promise<number> {
  const text = await app.deps.metrics.render();
  return [...text.matchAll(/^tt_db_query_seconds_count\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

describe('comments', () => {
  it('are written, mended and taken back by their author; managers may take back any', async () => {
    const id = await makeTask(project);
    await app.as('bob').post(`/tasks/${id}/comments`, { body: 'One & two\nthree' }).expect(303);
    const [comment] = await db().selectFrom('task_comments').selectAll().where('task_id', '=', id).execute();
    expect(comment).toMatchObject({ user_id: app.ids.bob, body: 'One & two\nthree' });
    expect(main(await app.as('charlie').get(`/tasks/${id}`).expect(200))).toContain('One &amp; two');
    const path = `/tasks/${id}/comments/${comment?.id}`;
    await app.as('charlie').post(path, { body: 'Mine now' }).expect(404);
    await app.as('charlie').post(`${path}/delete`).expect(403);
    const empty = await app.as('bob').post(path, { body: '  ' }).expect(422);
    expect(main(empty)).toContain('Please fill this in.');
    const long = await app
      .as('bob')
      .post(`/tasks/${id}/comments`, { body: 'x'.repeat(10_001) })
      .expect(422);
    expect(main(long)).toContain('At most 10,000 characters.');
    await app.as('bob').post(path, { body: 'Mended' }).expect(303);
    expect(main(await app.as('bob').get(`/tasks/${id}?comment=${comment?.id}`))).toContain(
      'Mended</textarea>',
    );
    // A click alone deletes nothing: the button stands behind a question.
    expect(main(await app.as('alice').get(`/tasks/${id}`).expect(200))).toMatch(
      /<details[^>]*><summary>[^<]*<\/summary><form [^>]*delete"><p>Delete this comment\?/,
    );
    await app.as('alice').post(`${path}/delete`).expect(303);
    const told = db().selectFrom('audit').selectAll().where('action', '=', 'task.comment_deleted');
    expect(await told.execute()).toMatchObject([
      { actor_id: app.ids.alice, user_id: app.ids.bob, subject: 'task', subject_id: id },
    ]);
    expect((await app.as('alice').get('/admin/audit').expect(200)).text).toContain(
      'deleted somebody’s comment',
    );
    expect(await db().selectFrom('task_comments').select('id').where('task_id', '=', id).execute()).toEqual(
      [],
    );
    for (const event of ['comment.created', 'comment.updated', 'comment.deleted'])
      expect(eventsNamed(event).at(-1)).toMatchObject({ task_id: id });
  });
});

describe('time on a task', () => {
  const entryWith = (description: string) =>
    db().selectFrom('entries').selectAll().where('description', '=', description).executeTakeFirstOrThrow();

  it('is booked, brings the project, counts towards the estimate, and stays with the task', async () => {
    const id = await makeTask(project, { estimate: '2h', assignee_id: String(app.ids.bob) });
    const text = `on task ${id}`;
    expect(main(await app.as('bob').get('/timer').expect(200))).toContain('name="task_id"');
    await app
      .as('bob')
      .post('/entries', { text, task_id: String(id), local_date: '2026-03-03', duration: '3:00' })
      .expect(303);
    const entry = await entryWith(text);
    expect(entry).toMatchObject({ task_id: id, project_id: project });
    const page = main(await app.as('alice').get(`/tasks/${id}`).expect(200));
    expect(page).toContain('3:00:00 of 2:00:00 (150 %)');
    expect(page).toContain('over the estimate');
    // Somebody else's time is not a member's to see.
    expect(main(await app.as('charlie').get(`/tasks/${id}`))).toContain(
      'Estimate for everybody together: 2:00:00',
    );
    const edit = (fields: Record<string, string>) =>
      app.as('bob').post(`/entries/${entry.id}`, { text, ...fields });
    expect(main(await app.as('bob').get(`/entries/${entry.id}`).expect(200))).toMatch(
      new RegExp(`<option value="${id}" selected`),
    );
    await edit({ project_id: String(project), task_id: String(id), duration: '1:00' }).expect(303);
    expect(await entryWith(text)).toMatchObject({ task_id: id, duration_seconds: 3600 });
    await app.as('bob').post(`/entries/${entry.id}/duplicate`).expect(303);
    const other = await makeProject();
    await edit({ project_id: String(other), task_id: String(id) }).expect(303);
    expect(
      await db().selectFrom('entries').select(['task_id', 'project_id']).where('id', '=', entry.id).execute(),
    ).toEqual([{ task_id: null, project_id: other }]);
    expect(main(await app.as('alice').get(`/tasks/${id}`))).toContain('1:00:00 of 2:00:00 (50 %)');
  });

  it('is refused for a task of another project, an archived one and one that is gone', async () => {
    const id = await makeTask(project);
    const other = await makeProject();
    const add = (fields: Record<string, string>) =>
      app
        .as('bob')
        .post('/entries', { text: 'nowhere', local_date: '2026-03-03', duration: '1:00', ...fields })
        .expect(422);
    const elsewhere = await add({ task_id: String(id), project_id: String(other) });
    expect(elsewhere.text).toContain('belongs to');
    await app.as('alice').post(`/tasks/${id}/archive`).expect(303);
    expect((await add({ task_id: String(id) })).text).toContain('is archived. Restore it first');
    expect((await add({ task_id: '999999' })).text).toContain('This task is gone.');
    expect(
      await db().selectFrom('entries').select('id').where('description', '=', 'nowhere').execute(),
    ).toEqual([]);
  });

  it('is started from its page, continued, and keeps it from being archived or deleted unasked', async () => {
    const id = await makeTask(project);
    await app
      .as('bob')
      .post('/timer/start', { text: '', task_id: String(id), project_id: String(project) })
      .expect(303);
    const page = await app.as('alice').post(`/tasks/${id}/archive`).expect(422);
    expect(main(page)).toContain('A timer runs on this task, so it was not archived.');
    expect(main(page)).toContain('Archive anyway');
    const deleted = await app.as('alice').post(`/tasks/${id}/delete`).expect(422);
    expect(main(deleted)).toContain('Time was booked on this task, so it was not deleted.');
    await app.as('alice').post(`/tasks/${id}/archive`, { anyway: '1' }).expect(303);
    expect(eventsNamed('task.archived').at(-1)).toMatchObject({ task_id: id, archived: true });
    app.clock.now += 3_600_000;
    await app.as('bob').post('/timer/stop').expect(303);
    const rows = await db()
      .selectFrom('entries')
      .select('duration_seconds')
      .where('task_id', '=', id)
      .execute();
    expect(rows).toEqual([{ duration_seconds: 3600 }]);
    await app.as('alice').post(`/tasks/${id}/restore`).expect(303);
  });

  it('without any, a task can be deleted with its comments and rate', async () => {
    const id = await makeTask(project);
    await app.as('bob').post(`/tasks/${id}/comments`, { body: 'x' }).expect(303);
    await app
      .as('alice')
      .post('/rates', { scope: `task:${id}`, kind: 'billable', amount: '5' })
      .expect(303);
    await app.as('bob').post(`/tasks/${id}/delete`).expect(403);
    const answer = await app.as('alice').post(`/tasks/${id}/delete`).expect(303);
    expect(answer.headers['location']).toBe(`/projects/${project}`);
    await app.as('alice').get(`/tasks/${id}`).expect(404);
    expect(await db().selectFrom('rates').select('id').where('scope', '=', `task:${id}`).execute()).toEqual(
      [],
    );
    expect(eventsNamed('task.deleted').at(-1)).toMatchObject({ task_id: id });
  });
});

it('can be asked for in a report, once its project is chosen', async () => {
  const id = await makeTask(project, { name: `Reported ${project}` });
  const add = { local_date: '2026-03-03', duration: '1:00', project_id: String(project) };
  await app
    .as('bob')
    .post('/entries', { ...add, text: 'with', task_id: String(id) })
    .expect(303);
  await app
    .as('bob')
    .post('/entries', { ...add, text: 'without', duration: '2:00' })
    .expect(303);
  const report = (query: string) => app.as('bob').get(`/reports/summary?project_id=${project}${query}`);
  expect(main(await report('').expect(200))).toContain(`Reported ${project}`);
  expect(main(await report('').expect(200))).toContain('3:00:00');
  const page = main(await report(`&task_id=${id}`).expect(200));
  expect(page).toContain('1:00:00');
  expect(page).not.toContain('3:00:00');
  const csv = await app.as('bob').get(`/reports/export.csv?task_id=${id}`).expect(200);
  expect(csv.text).toContain('with');
  expect(csv.text).not.toContain('without');
  await report('&task_id=999999').expect(404);
});

it('is for those who see the project', async () => {
  const closed = await makeProject({ visibility: 'members' });
  const id = await makeTask(closed, { name: `Secret ${closed}` });
  await app.stranger.get('/tasks').expect(303);
  for (const path of ['', '/edit']) await app.as('charlie').get(`/tasks/${id}${path}`).expect(404);
  for (const path of [
    '',
    '/status',
    '/archive',
    '/restore',
    '/delete',
    '/comments',
    '/comments/1',
    '/comments/1/delete',
  ])
    await app.as('charlie').post(`/tasks/${id}${path}`, { status: 'done', name: 'x', body: 'x' }).expect(404);
  for (const path of ['/tasks', '/tasks/board', `/tasks?q=secret`, `/tasks?project_id=${closed}`])
    expect(main(await app.as('charlie').get(path).expect(200))).not.toContain(`Secret ${closed}`);
  const refused = await app
    .as('charlie')
    .post('/tasks', { name: 'In', project_id: String(closed) })
    .expect(422);
  expect(main(refused)).toContain('Please choose one of the offered values.');
  const add = { text: 'x', local_date: '2026-03-03', duration: '1:00', task_id: String(id) };
  await app.as('charlie').post('/entries', add).expect(422);
});

it('speaks German', async () => {
  const id = await makeTask(project);
  await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  for (const [path, text] of [
    ['/tasks', 'Nicht erledigt'],
    ['/tasks/board', 'In Prüfung'],
    ['/tasks/new', 'Neue Aufgabe'],
    [`/tasks/${id}`, 'Noch keine Kommentare.'],
    [`/tasks/${id}/edit`, 'Aufgabe bearbeiten'],
  ] as const)
    expect(main(await app.as('alice').get(path).expect(200))).toContain(text);
  await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
});
