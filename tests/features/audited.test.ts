import { beforeAll, describe, expect, it } from 'vitest';
import { insertProjectManager } from '../../src/features/access/access.queries.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

/** What a manager does to other people's time in one go says so afterwards: at the entry, and in the audit log. */

let app: TestApp;
/** bob manages it; charlie's time is on it. */
let project_id = 0;
beforeAll(async () => {
  app = await createTestApp();
  project_id = await addProject('Mine');
});

const db = () => app.deps.db;

async function addProject(name: string): Promise<number> {
  await app.as('alice').post('/projects', { name, color: 'teal' }).expect(303);
  const row = await db()
    .selectFrom('projects')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  await insertProjectManager(db(), row.id, app.ids.bob);
  return row.id;
}

async function addTask(name: string): Promise<number> {
  await app.as('bob').post('/tasks', { name, project_id }).expect(303);
  const row = await db().selectFrom('tasks').select('id').where('name', '=', name).executeTakeFirstOrThrow();
  return row.id;
}

/** Books an hour of bob's and one of charlie's. @returns the ids of the entries. */
async function book(text: string, fields: Record<string, number>): Promise<{ own: number; other: number }> {
  for (const name of ['bob', 'charlie'] as const)
    await app
      .as(name)
      .post('/entries', { text, local_date: '2026-03-03', duration: '1:00', ...fields })
      .expect(303);
  const rows = await db()
    .selectFrom('entries')
    .select(['id', 'user_id'])
    .where('description', '=', text)
    .execute();
  const of = (user_id: number): number => rows.find((row) => row.user_id === user_id)?.id ?? 0;
  return { own: of(app.ids.bob), other: of(app.ids.charlie) };
}

const entry = (id: number) =>
  db().selectFrom('entries').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

async function merge(path: string, into: number): Promise<void> {
  const page = await app.as('bob').get(`${path}/merge?into=${into}`).expect(200);
  const shown = /name="shown" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  await app.as('bob').post(`${path}/merge`, { into, shown }).expect(303);
}

const audited = async (action: string) => {
  const rows = await db()
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', action)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as Record<string, unknown> }));
};

describe('entries that a merge moves', () => {
  it('of tasks say who did it where they are somebody else’s, and the log has the merge', async () => {
    const [from, into] = [await addTask('Double'), await addTask('Real')];
    const ids = await book('on a task', { project_id, task_id: from });
    const before = await entry(ids.other);
    await merge(`/tasks/${from}`, into);
    const after = await entry(ids.other);
    expect(after).toMatchObject({ task_id: into, updated_by: app.ids.bob });
    // A form that shows it as it was is told.
    expect(after.updated_at).toBeGreaterThan(before.updated_at);
    expect(await entry(ids.own)).toMatchObject({ task_id: into, updated_by: null });
    expect(await audited('task.merged')).toMatchObject([
      {
        ...{ actor_id: app.ids.bob, subject: 'task', subject_id: into },
        content: { merged_id: from, entries: 2 },
      },
    ]);
    const page = (await app.as('alice').get('/admin/audit?subject=task').expect(200)).text;
    expect(page).toContain('merged tasks');
    expect((await app.as('charlie').get(`/entries/${ids.other}`).expect(200)).text).toContain('Bob');
  });

  it('of projects say so, too, those of tasks with one name in both included', async () => {
    const double = await addProject('Mine again');
    const ids = await book('on a project', { project_id: double });
    await merge(`/projects/${double}`, project_id);
    expect(await entry(ids.other)).toMatchObject({ project_id, updated_by: app.ids.bob });
    expect(await entry(ids.own)).toMatchObject({ project_id, updated_by: null });
  });
});

describe('an entry that a manager cuts at midnight', () => {
  it('is told of with every piece', async () => {
    const fields = {
      text: 'night',
      project_id,
      local_date: '2026-03-02',
      started_time: '20:00',
      ended_time: '04:00',
    };
    await app.as('charlie').post('/entries', fields).expect(303);
    const night = db()
      .selectFrom('entries')
      .selectAll()
      .where('description', '=', 'night')
      .orderBy('started_at');
    const [whole] = await night.execute();
    await app.as('bob').post(`/entries/${whole?.id}/split`).expect(303);
    const pieces = await night.execute();
    expect(pieces.map(({ duration_seconds }) => duration_seconds)).toEqual([4 * 3600, 4 * 3600]);
    expect(pieces.map(({ updated_by }) => updated_by)).toEqual([app.ids.bob, app.ids.bob]);
    const [cut] = await audited('entry.updated');
    expect(cut).toMatchObject({ subject_id: whole?.id, content: { ended_at: pieces[0]?.ended_at } });
    const [made] = await audited('entry.created');
    expect(made).toMatchObject({
      ...{ actor_id: app.ids.bob, user_id: app.ids.charlie, subject_id: pieces[1]?.id },
      content: { started_at: pieces[1]?.started_at, ended_at: pieces[1]?.ended_at, project_id },
    });
    const undo = /action="(\/entries\/restore\/\d+)"/.exec((await app.as('bob').get('/timer')).text)?.[1];
    await app
      .as('bob')
      .post(undo ?? '')
      .expect(303);
    expect(await night.execute()).toMatchObject([
      { id: whole?.id, ended_at: whole?.ended_at, updated_by: app.ids.bob },
    ]);
    const joined = (await audited('entry.updated')).at(-1);
    expect(joined).toMatchObject({ subject_id: whole?.id, content: { ended_at: whole?.ended_at } });
    const gone = (await audited('entry.deleted')).at(-1);
    expect(gone).toMatchObject({ actor_id: app.ids.bob, subject_id: pieces[1]?.id });
    // Nobody needs telling of their own.
    await app
      .as('charlie')
      .post('/entries', { ...fields, text: 'own night', local_date: '2026-02-20' })
      .expect(303);
    const own = await db()
      .selectFrom('entries')
      .select('id')
      .where('description', '=', 'own night')
      .executeTakeFirst();
    await app.as('charlie').post(`/entries/${own?.id}/split`).expect(303);
    expect(await audited('entry.created')).toHaveLength(1);
  });
});

describe('the page of the audit log', () => {
  const rowsOf = async (query: string): Promise<string[]> => {
    const page = (await app.as('alice').get(`/admin/audit${query}`).expect(200)).text;
    const rows = [...page.matchAll(/<tr>\s*<th scope="row"[\s\S]*?<\/tr>/g)].map(([row]) => row);
    return rows.map((row) => row.replace(/\s+/g, ' '));
  };
  /** What only a program reads. */
  const internal = /_before|_id\b|\bnull\b|\bundefined\b|\b\d{10,}\b|Invalid/;

  it('says from what to what, in words, times and amounts, with links', async () => {
    const other = await addProject('Elsewhere');
    const { other: id } = await book('disputed', { project_id });
    const form = { text: 'disputed', local_date: '2026-03-03', started_time: '10:00', ended_time: '12:30' };
    await app
      .as('alice')
      .post(`/entries/${id}`, { ...form, project_id: other, billable: '1' })
      .expect(303);
    const [entry] = await rowsOf('?subject=entry');
    expect(entry).toContain(`<a href="/entries/${id}?return_to=%2Fadmin%2Faudit">disputed</a>`);
    expect(entry).toContain('Project: Mine → Elsewhere');
    expect(entry).toMatch(/Start: 03\/03\/2026 \d\d:\d\d → 03\/03\/2026 10:00/);
    expect(entry).toMatch(/End: 03\/03\/2026 \d\d:\d\d → 03\/03\/2026 12:30/);
    expect(entry).not.toContain('The description changed');

    const rate = { scope: `project:${other}`, kind: 'billable' };
    await app
      .as('alice')
      .post('/rates', { ...rate, amount: '80', follow: 'new' })
      .expect(303);
    await app
      .as('alice')
      .post('/rates', { ...rate, amount: '95', follow: 'new' })
      .expect(303);
    const [changed, first] = await rowsOf('?subject=rate');
    expect(changed).toContain(`/rates/edit?scope=project%3A${other}`);
    expect(changed).toContain('Rate of the project Elsewhere</a>');
    expect(changed).toContain('Billable rate: €80.00 → €95.00');
    expect(first).toContain('Billable rate: No rate → €80.00');

    await app.as('alice').post(`/entries/${id}/delete`).expect(303);
    const [gone] = await rowsOf('?subject=entry');
    expect(gone).toContain(`No. ${id}`);
    expect(gone).not.toContain(`/entries/${id}`);
    expect(gone).toContain('Project: Elsewhere');
  });

  it('holds nothing that only a program reads, whatever was done, in German neither', async () => {
    await app.as('alice').post(`/projects/${project_id}/members`, { user_id: app.ids.charlie }).expect(303);
    const settings = { used_by: 'team', time_zone: 'Europe/Berlin', currency: 'EUR', week_start: '7' };
    await app
      .as('alice')
      .post('/admin/settings', { ...settings, duration_format: 'decimal' })
      .expect(303);
    const english = await rowsOf('');
    expect(english.length).toBeGreaterThan(8);
    expect(english.join()).toContain('On the project: Not on it → Member');
    expect(english.join()).toContain('Weeks start on: Monday → Sunday');
    for (const row of english) expect(row.replace(/<[^>]*>/g, ' ')).not.toMatch(internal);
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    const german = await rowsOf('');
    await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
    expect(german.join()).toContain('Wochen beginnen am: Montag → Sonntag');
    expect(german.join()).toContain('Satz des Projekts Elsewhere');
    expect(german.join()).toMatch(/80,00\s€ → 95,00\s€/);
    for (const row of german) expect(row.replace(/<[^>]*>/g, ' ')).not.toMatch(internal);
  });
});
