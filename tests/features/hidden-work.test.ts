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

async function send(person: Person, path: string, fields: Record<string, string> = {}, method = 'POST') {
  const token = await startSession(app.deps.db, {
    ...{
      user_id: person === 'alice' ? app.ids.alice : world.people[person],
      device: 'test',
      now: app.clock.now,
      limits: app.deps.config,
    },
  });
  const answer = await fetch(`${app.address}${path}`, {
    ...{ method, redirect: 'manual', headers: { cookie: `tt_session=${token}` } },
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
