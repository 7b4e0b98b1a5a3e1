import { beforeAll, describe, expect, it } from 'vitest';
import { appendAudit } from '../../src/features/audit/audit.ts';
import { createTestApp } from '../support/app.ts';
import type { CastName, TestApp } from '../support/app.ts';
import { insertRows, member, named, numbers } from '../support/many-rows.ts';

/**
 * Pages ask as many questions of a database with 10,000 projects and 1,000 people as of one with a few: no list asks one
 * a row. Alice is the administrator; Bob manages the first project; Charlie is a member of it.
 */

let app: TestApp;
let project = 0;
let client = 0;
let task = 0;
const few = new Map<string, number>();
const readers: CastName[] = ['alice', 'bob', 'charlie'];
const range = 'from=2026-01-01&to=2026-12-31';

const everybody = (): string[] => [
  ...['/timer', '/entries', `/entries?${range}`, '/entries?q=bulk', '/notices', '/tags', '/tags?q=bulk'],
  ...[
    '/projects',
    '/projects?q=bulk',
    '/projects?page=2',
    '/projects?state=archived',
    `/projects/${project}`,
  ],
  ...['/clients', '/clients?q=bulk', `/clients/${client}`, '/tasks', '/tasks?q=bulk', '/tasks/board'],
  ...[`/tasks?project_id=${project}&status=all`, '/tasks/new', `/tasks/${task}`],
  ...['/reports/summary', `/reports/summary?${range}`, `/reports/summary?${range}&project_id=${project}`],
];
const managers = (): string[] => [
  ...[`/projects/${project}/members`, `/projects/${project}/edit`, `/projects/${project}/merge`],
  ...[`/tasks/${task}/edit`, `/rates/edit?scope=project:${project}`],
];
const administrators = (): string[] => [
  ...[
    '/rates',
    '/rates?page=2',
    '/rates?q=person',
    '/admin/users',
    '/admin/users?q=person',
    '/admin/users?page=2',
  ],
  ...[
    '/admin/audit',
    '/admin/audit?page=2',
    `/admin/users/${app.ids.bob}`,
    '/admin/settings',
    '/admin/system',
  ],
  ...[`/clients/${client}/edit`, `/clients/${client}/merge`],
];
const pages = (): { reader: CastName; path: string }[] => [
  ...readers.flatMap((reader) => everybody().map((path) => ({ reader, path }))),
  ...(['alice', 'bob'] as const).flatMap((reader) => managers().map((path) => ({ reader, path }))),
  ...administrators().map((path) => ({ reader: 'alice' as const, path })),
];

beforeAll(async () => {
  app = await createTestApp();
  client = (await insertRows(app, 'clients', [{ ...named('Big'), currency: null }]))[0] ?? 0;
  await grow({ projects: 60, people: 60, others: 60 });
  await app.deps.db
    .insertInto('project_members')
    .values([
      { project_id: project, user_id: app.ids.bob, is_manager: 1 },
      { project_id: project, user_id: app.ids.charlie, is_manager: 0 },
    ])
    .execute();
  for (const { reader, path } of pages()) {
    // The first request of a feature imports it.
    await app.as(reader).get(path).expect(200);
    few.set(`${reader} ${path}`, await statementsOf(reader, path));
  }
  await grow({ projects: 10_000, people: 1_000, others: 3_000 });
}, 300_000);

const bookedAt = Date.parse('2026-03-03T09:00:00Z');
const work = (user_id: number, project_id: number) => ({
  ...{ user_id, project_id, description: `Bulk ${project_id}`, local_date: '2026-03-03', zone: 'UTC' },
  ...{ started_at: bookedAt, ended_at: bookedAt + 3_600_000, billable: 1, source: 'manual' },
  ...{ created_at: 1, updated_at: 1, rate_cents: 8_000, currency: 'EUR' },
});

interface Growth {
  projects: number;
  people: number;
  /** Clients, tags, notices, records of the audit log, comments. */
  others: number;
}

async function grow({ projects, people, others }: Growth): Promise<void> {
  const project_ids = await insertRows(
    app,
    'projects',
    numbers(projects).map((index) => ({
      ...named(`Bulk ${projects} ${index}`),
      ...{ client_id: client, color: 'slate', billable: 1, budget_seconds: 3600 },
      archived_at: index % 10 === 9 ? 1 : null,
    })),
  );
  project ||= project_ids[0] ?? 0;
  const task_ids = await insertRows(
    app,
    'tasks',
    project_ids.map((project_id) => ({
      ...{ project_id, ...named('Bulk task'), description: '', status: 'open', priority: 'normal' },
      ...{ assignee_id: app.ids.alice, due_date: null, estimate_seconds: 3600, updated_at: 1 },
    })),
  );
  task ||= task_ids[0] ?? 0;
  const user_ids = await insertRows(
    app,
    'users',
    numbers(people).map((index) => member(`Person ${index}`, `p${people}-${index}@example.com`)),
  );
  for (let start = 0; start < people; start += 400)
    await app.deps.db
      .insertInto('project_members')
      .values(
        user_ids
          .slice(start, start + 400)
          .map((user_id) => ({ project_id: project, user_id, is_manager: 0 as const })),
      )
      .execute();
  await insertRows(app, 'entries', [
    ...user_ids.map((user_id) => work(user_id, project)),
    ...project_ids.map((project_id, index) =>
      work([app.ids.alice, app.ids.bob, app.ids.charlie][index % 3] ?? 0, project_id),
    ),
  ]);
  const rate = { kind: 'billable', amount_cents: 1, currency: 'EUR', updated_at: 1 };
  await insertRows(app, 'rates', [
    ...user_ids
      .flatMap((id) => [`member:${project}:${id}`, `person:${id}`])
      .map((scope) => ({ ...rate, scope })),
    ...project_ids.map((id) => ({ ...rate, scope: `project:${id}` })),
  ]);
  await growOthers(numbers(others), user_ids);
}

async function growOthers(each: readonly number[], user_ids: readonly number[]): Promise<void> {
  await insertRows(
    app,
    'clients',
    each.map((index) => ({ ...named(`Bulk ${each.length} ${index}`), currency: null })),
  );
  await insertRows(
    app,
    'tags',
    each.map((index) => named(`Bulk ${each.length} ${index}`)),
  );
  await insertRows(
    app,
    'task_comments',
    each.map((index) => ({
      ...{ task_id: task, user_id: user_ids[index % user_ids.length], body: 'Bulk' },
      ...{ created_at: 1, updated_at: 1 },
    })),
  );
  const notice = { kind: 'budget', created_at: 1, read_at: null };
  await insertRows(
    app,
    'notices',
    Object.values(app.ids).flatMap((user_id) =>
      each.map((index) => ({
        ...{ ...notice, user_id, once_key: `bulk ${each.length} ${index}` },
        content: JSON.stringify({ project_id: project + index, threshold: 80, percent: 81, month: null }),
      })),
    ),
  );
  await app.deps.db.transaction().execute(async (trx) => {
    for (const index of each)
      await appendAudit(trx, {
        ...{ at: 1, actor_id: app.ids.alice, action: 'person.updated', subject: 'person', content: {} },
        ...{
          subject_id: user_ids[index % user_ids.length] ?? 0,
          user_id: user_ids[index % user_ids.length] ?? 0,
        },
      });
  });
}

/**
 * Statements that a page asks. The metrics that count them ask a few themselves once in a while, which can only add to a
 * count: the least of some tries is the page's own, and the first that is as expected is enough.
 */
async function statementsOf(reader: CastName, path: string, expected = 0): Promise<number> {
  let least = Infinity;
  for (let tries = 0; tries < 3 && least > expected; tries += 1) {
    const before = await statements();
    await app.as(reader).get(path).expect(200);
    least = Math.min(least, (await statements()) - before);
  }
  return least;
}

/** Statements that ran so far. */
async function statements(): Promise<number> {
  const text = await app.deps.metrics.render();
  return [...text.matchAll(/^tt_db_query_seconds_count\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

describe('at 10,000 projects and 1,000 people', () => {
  it('no page asks a question per row', { timeout: 300_000 }, async () => {
    const more: string[] = [];
    for (const { reader, path } of pages()) {
      const expected = few.get(`${reader} ${path}`) ?? 0;
      const count = await statementsOf(reader, path, expected);
      if (count > expected) more.push(`${reader} ${path}: ${count} instead of ${expected}`);
    }
    expect(more).toEqual([]);
    expect([...few].filter(([, count]) => count >= 40)).toEqual([]);
  });

  it('a file asks a few questions for five hundred rows', async () => {
    const rows = 10_000 + 1_000 + 60 + 60;
    const count = await statementsOf('alice', `/reports/export.csv?${range}`);
    // Rows, tags and new names of a page: five at most, and a few for the request.
    expect(count).toBeLessThan((rows / 500 + 12) * 5 + 20);
  });
});
