import { beforeAll, describe, expect, it } from 'vitest';
import { startSession } from '../../src/features/accounts/sessions.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { makeWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

/** What people learn of work that is hidden from them by naming it in a form. */

let app: TestApp;
let world: World;
beforeAll(async () => {
  app = await createTestApp();
  world = await makeWorld(app);
});

type Person = keyof World['people'] | 'alice';

const cookies = new Map<Person, string>();
async function cookieOf(person: Person): Promise<string> {
  const user_id = person === 'alice' ? app.ids.alice : world.people[person];
  const session = { user_id, device: 'test', now: app.clock.now, limits: app.deps.config };
  const cookie = cookies.get(person) ?? `tt_session=${await startSession(app.deps.db, session)}`;
  cookies.set(person, cookie);
  return cookie;
}

async function send(person: Person, path: string, fields: Record<string, string> = {}, method = 'POST') {
  const answer = await fetch(`${app.address}${path}`, {
    ...{ method, redirect: 'manual', headers: { cookie: await cookieOf(person) } },
    ...(method === 'POST' ? { body: new URLSearchParams(fields) } : {}),
  });
  return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
}
const get = (person: Person, path: string) => send(person, path, {}, 'GET');

/** A project that everybody sees. */
async function addOpenProject(name: string): Promise<number> {
  const made = await send('alice', '/projects', { name, color: 'teal', visibility: 'everyone' });
  expect(made).toMatchObject({ status: 303, location: '/projects' });
  const projects = app.deps.db.selectFrom('projects').select('id').where('name', '=', name);
  return (await projects.executeTakeFirstOrThrow()).id;
}

describe('a task of a project that is hidden', () => {
  it('is a task that is gone for whoever names its id, and its name is said to nobody', async () => {
    const open = await addOpenProject('Open work');
    const task_id = String(world.ids.task);
    const times = { local_date: '2026-03-04', duration: '1:00' };
    const own = await app.deps.db
      .insertInto('entries')
      .values({
        ...{ user_id: world.people.stranger, project_id: open, task_id: null, description: 'mine' },
        ...{ started_at: app.clock.now - 7_200_000, ended_at: app.clock.now - 3_600_000 },
        ...{ zone: 'Europe/Berlin', local_date: '2026-03-04', billable: 0, source: 'manual' },
        ...{ created_at: app.clock.now, updated_at: app.clock.now },
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const answers = [
      await send('stranger', '/entries', { text: '', project_id: String(open), task_id, ...times }),
      await send('stranger', '/entries', { text: '', task_id, ...times }),
      await send('stranger', `/entries/${own.id}`, { text: 'mine', project_id: String(open), task_id }),
      await send('stranger', '/entries/bulk', { do: 'change', ids: String(own.id), text: '', task_id }),
      await send('stranger', '/timer/start', { text: '', project_id: String(open), task_id }),
    ];
    for (const { status, text } of answers) {
      expect([303, 422]).toContain(status);
      expect(text).not.toContain(world.secret);
    }
    expect(answers[0]?.status).toBe(422);
    expect(answers[0]?.text).toContain('This task is gone.');
    const used = await app.deps.db
      .selectFrom('entries')
      .select('id')
      .where('user_id', '=', world.people.stranger)
      .where('task_id', 'is not', null)
      .execute();
    expect(used).toEqual([]);
    // A colleague sees the task, and learns where it belongs.
    const told = await send('colleague', '/entries', {
      text: '',
      project_id: String(open),
      task_id,
      ...times,
    });
    expect(told.text).toContain(`task ${world.secret}`);
  });
});

describe('a notice about a project that somebody was taken off', () => {
  it('does not say what the project is called now', async () => {
    const owner = world.people.owner;
    expect((await get('owner', '/notices')).text).toContain(world.secret);
    const member = { project_id: world.ids.project, user_id: owner, is_manager: 0 as const };
    await app.deps.db
      .deleteFrom('project_members')
      .where('project_id', '=', world.ids.project)
      .where('user_id', '=', owner)
      .execute();
    const page = (await get('owner', '/notices')).text;
    expect(page).not.toContain(world.secret);
    expect(page).not.toContain(`/projects/${world.ids.project}`);
    expect(page).toContain('a project that is gone or not yours to see any more');
    await app.deps.db.insertInto('project_members').values(member).execute();
  });
});

describe('a client whose projects are hidden', () => {
  it('is not opened by its name, and its code names nobody', async () => {
    await app.deps.db
      .updateTable('clients')
      .set({ code: 'SEC-C', code_key: 'sec-c' })
      .where('id', '=', world.ids.client)
      .execute();
    await app.deps.db
      .updateTable('projects')
      .set({ code: 'SEC-P', code_key: 'sec-p' })
      .where('id', '=', world.ids.project)
      .execute();
    const named = await send('other', '/projects', {
      ...{ name: 'Way in', color: 'teal', new_client: `client ${world.secret}` },
    });
    expect(named.status).toBe(422);
    expect(named.text).toContain('There is a client of this name already, which you do not see.');
    expect((await get('other', `/clients/${world.ids.client}`)).status).toBe(404);
    const coded = await send('other', '/projects', { name: 'Way in', color: 'teal', code: 'sec-p' });
    const client = await send('other', '/clients', { name: 'Way in', code: 'sec-c' });
    for (const { status, text } of [coded, client]) {
      expect(status).toBe(422);
      expect(text).toContain('is in use already. Choose another one.');
      expect(text).not.toContain(world.secret);
    }
    expect(
      await app.deps.db.selectFrom('projects').select('id').where('name', '=', 'Way in').execute(),
    ).toEqual([]);
    // Whoever sees it learns whose code it is.
    const own = await send('manager', '/projects', { name: 'Other', color: 'teal', code: 'sec-p' });
    expect(own.text).toContain(`project ${world.secret}`);
  });

  it('without projects is changed and deleted by whoever made it, and by administrators', async () => {
    expect((await send('manager', '/clients', { name: 'Fresh' })).status).toBe(303);
    const { id } = await app.deps.db
      .selectFrom('clients')
      .select('id')
      .where('name', '=', 'Fresh')
      .executeTakeFirstOrThrow();
    // Who makes projects finds it.
    expect((await get('other', `/clients/${id}`)).status).toBe(200);
    expect((await send('other', `/clients/${id}`, { name: 'Mine' })).status).toBe(403);
    expect((await send('other', `/clients/${id}/delete`)).status).toBe(403);
    expect((await send('manager', `/clients/${id}`, { name: 'Fresher' })).status).toBe(303);
    expect((await send('manager', `/clients/${id}/delete`)).status).toBe(303);
  });
});

describe('people', () => {
  it('become members of a manager’s project only when they are people of theirs', async () => {
    const path = `/projects/${world.ids.project}/members`;
    const stranger = await send('manager', path, { email: 'stranger@example.com' });
    const nobody = await send('manager', path, { email: 'nobody@example.com' });
    const by_id = await send('manager', path, { user_id: String(world.people.stranger) });
    expect([stranger.status, nobody.status, by_id.status]).toEqual([422, 422, 422]);
    // The same answer for an address of nobody: it tells of no account.
    expect(main(stranger.text).replaceAll('stranger@', 'nobody@')).toBe(main(nobody.text));
    expect(await membersOf(world.ids.project)).not.toContain(world.people.stranger);
    expect((await get('manager', path)).text).not.toContain('name="email"');
    expect((await get('alice', path)).text).toContain('name="email"');
    expect((await send('alice', path, { email: 'stranger@example.com' })).status).toBe(303);
    expect(await membersOf(world.ids.project)).toContain(world.people.stranger);
    const taken = await send('alice', `${path}/${world.people.stranger}/remove`);
    expect(taken.status).toBe(303);
  });

  it('are told of in the audit log when they join, lead and leave, and so is who sees a project', async () => {
    const { project } = world.ids;
    const path = `/projects/${project}/members`;
    const user_id = world.people.colleague;
    const last = await lastAudit();
    await send('manager', path, { user_id: String(user_id), is_manager: '1' });
    await send('manager', `${path}/${user_id}/remove`);
    await send('alice', path, { user_id: String(user_id) });
    const form = { name: `project ${world.secret}`, client_id: String(world.ids.client), color: 'teal' };
    await send('manager', `/projects/${project}`, { ...form, visibility: 'everyone' });
    await send('manager', `/projects/${project}`, { ...form, visibility: 'members' });
    const told = await auditAfter(last);
    const [manager, alice] = [world.people.manager, app.ids.alice];
    expect(told.map(({ action, actor_id, user_id: whose }) => [action, actor_id, whose])).toEqual([
      ['project.member_saved', manager, user_id],
      ['project.member_removed', manager, user_id],
      ['project.member_saved', alice, user_id],
      ['project.visibility_changed', manager, null],
      ['project.visibility_changed', manager, null],
    ]);
    expect(told[0]?.content).toEqual({ is_manager: 1, is_manager_before: 0 });
    expect(told[4]?.content).toEqual({ visibility: 'members', visibility_before: 'everyone' });
    const page = (await get('alice', '/admin/audit?subject=project')).text;
    expect(page).toContain('took somebody off a project');
    expect(page).toContain('changed who sees a project');
  });

  it('who manage a project last are asked before they leave it to the administrators', async () => {
    const { project } = world.ids;
    const path = `/projects/${project}/members`;
    const user_id = String(world.people.manager);
    // Two manage it: one of them may go.
    const other = { user_id: String(world.people.lead), is_manager: '0' };
    expect((await send('manager', path, other)).status).toBe(303);
    const refused = await send('manager', path, { user_id, is_manager: '0' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Then only administrators would manage this project.');
    expect(refused.text).toContain('name="anyway" value="1"');
    expect((await send('manager', `${path}/${user_id}/remove`)).status).toBe(422);
    const done = await send('manager', path, { user_id, is_manager: '0', anyway: '1' });
    // To a page that they still see.
    expect(done).toMatchObject({ status: 303, location: `/projects/${project}` });
    expect((await get('manager', done.location ?? '')).text).toContain(
      'You do not manage this project any more.',
    );
    expect((await get('manager', path)).status).toBe(403);
    await send('alice', path, { user_id, is_manager: '1' });
    // Administrators go on managing it.
    expect((await send('alice', path, { user_id, is_manager: '0' })).status).toBe(303);
    await send('alice', path, { user_id, is_manager: '1' });
  });
});

describe('tasks of a project that only its members see', () => {
  const assigneeOf = async (id: number) =>
    (await app.deps.db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
      .assignee_id;

  it('are given to those who see them, and are nobody’s when these leave', async () => {
    const { project, task } = world.ids;
    const form = { name: `task ${world.secret}`, project_id: String(project), status: 'open' };
    const give = (person: Person, user_id: number) =>
      send(person, `/tasks/${task}`, { ...form, assignee_id: String(user_id) });
    // A person of the manager's, by another project.
    const other_project = await addOpenProject('Elsewhere');
    await app.deps.db
      .insertInto('project_members')
      .values([
        { project_id: other_project, user_id: world.people.manager, is_manager: 1 },
        { project_id: other_project, user_id: world.people.stranger, is_manager: 0 },
      ])
      .execute();
    for (const person of ['manager', 'alice'] as const)
      expect((await give(person, world.people.stranger)).status).toBe(422);
    expect((await get('manager', `/tasks/${task}/edit`)).text).not.toContain('Stranger');
    expect((await give('manager', world.people.colleague)).status).toBe(303);
    expect(await assigneeOf(task)).toBe(world.people.colleague);
    const path = `/projects/${project}/members`;
    const removed = await send('manager', `${path}/${world.people.colleague}/remove`);
    expect(removed.status).toBe(303);
    expect((await get('manager', path)).text).toContain('One open task of theirs is nobody’s now.');
    expect(await assigneeOf(task)).toBeNull();
    await send('alice', path, { user_id: String(world.people.colleague) });
    // An administrator sees every project.
    expect((await give('alice', app.ids.alice)).status).toBe(303);
    // What becomes hidden goes back, too.
    const open = { name: `project ${world.secret}`, client_id: String(world.ids.client), color: 'teal' };
    await send('manager', `/projects/${project}`, { ...open, visibility: 'everyone' });
    expect((await give('manager', world.people.stranger)).status).toBe(303);
    await send('manager', `/projects/${project}`, { ...open, visibility: 'members' });
    expect(await assigneeOf(task)).toBeNull();
  });
});

const main = (page: string): string => page.slice(page.indexOf('<main'), page.indexOf('</main>'));

async function membersOf(project_id: number): Promise<number[]> {
  const rows = await app.deps.db
    .selectFrom('project_members')
    .select('user_id')
    .where('project_id', '=', project_id)
    .execute();
  return rows.map(({ user_id }) => user_id);
}

async function lastAudit(): Promise<number> {
  const row = await app.deps.db
    .selectFrom('audit')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? 0;
}

async function auditAfter(id: number) {
  const rows = await app.deps.db.selectFrom('audit').selectAll().where('id', '>', id).orderBy('id').execute();
  return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as Record<string, unknown> }));
}
