import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

/** Pages ask as many questions of a database with 10,000 projects and 1,000 people as of one with a few. */

let app: TestApp;
let project = 0;
let client = 0;
const few = new Map<string, number>();

const pages = (): string[] => [
  ...['/projects', '/projects?q=bulk', '/projects?page=2', '/clients', `/clients/${client}`],
  ...[`/projects/${project}`, `/projects/${project}/members`, `/projects/${project}/edit`],
  ...[`/projects/${project}/merge`, '/tasks', '/tasks/board', '/tasks/new', '/rates', '/notices', '/timer'],
];

beforeAll(async () => {
  app = await createTestApp();
  client = await insertId('clients', { ...named('Big'), currency: null });
  await grow(60, 5);
  for (const path of pages()) {
    // The first request of a feature imports it.
    await app.as('alice').get(path).expect(200);
    few.set(path, await statementsOf(path));
  }
  await grow(10_000, 1_000);
}, 120_000);

const named = (name: string) => ({ name, name_key: name.toLowerCase(), created_at: 1, archived_at: null });

async function insertId(table: 'clients', row: object): Promise<number> {
  const { id } = await app.deps.db
    .insertInto(table)
    .values(row as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Adds projects with a budget, a task and a favourite each, and people who are members of the first and have time on it. */
async function grow(projects: number, people: number): Promise<void> {
  const { db } = app.deps;
  for (let start = 0; start < projects; start += 500) {
    const rows = Array.from({ length: Math.min(500, projects - start) }, (_, index) => ({
      ...named(`Bulk ${projects} ${start + index}`),
      ...{ client_id: client, color: 'slate', billable: 1 as const, budget_seconds: 3600 },
    }));
    const ids = await db.insertInto('projects').values(rows).returning('id').execute();
    project = project === 0 ? (ids[0]?.id ?? 0) : project;
    await db
      .insertInto('tasks')
      .values(
        ids.map(({ id }) => ({
          ...({
            project_id: id,
            ...named('Task'),
            description: '',
            status: 'open',
            priority: 'normal',
          } as const),
          ...{ assignee_id: app.ids.alice, due_date: null, estimate_seconds: 3600, updated_at: 1 },
        })),
      )
      .execute();
  }
  for (let start = 0; start < people; start += 250) {
    const rows = Array.from({ length: Math.min(250, people - start) }, (_, index) => {
      const email = `p${people}-${start + index}@example.com`;
      return {
        ...{ email, email_key: email, name: `Person ${start + index}`, password_hash: null, role: 'member' },
        ...{ locale: 'en', time_zone: 'UTC', week_start: 1, duration_format: 'clock', theme: 'system' },
        ...{ created_at: 1, deactivated_at: null },
      } as const;
    });
    const ids = (
      await db
        .insertInto('users')
        .values(rows as never)
        .returning('id')
        .execute()
    ).map(({ id }) => id);
    await db
      .insertInto('project_members')
      .values(ids.map((user_id) => ({ project_id: project, user_id, is_manager: 0 as const })))
      .execute();
    const started_at = Date.parse('2026-03-03T09:00:00Z');
    await db
      .insertInto('entries')
      .values(
        ids.map((user_id) => ({
          ...{ user_id, project_id: project, description: '', started_at, ended_at: started_at + 3_600_000 },
          ...{ zone: 'UTC', local_date: '2026-03-03', billable: 1 as const, source: 'manual' as const },
          ...{ created_at: 1, updated_at: 1 },
        })),
      )
      .execute();
    await db
      .insertInto('rates')
      .values(
        ids.map((user_id) => ({
          ...{ kind: 'billable' as const, scope: `member:${project}:${user_id}`, amount_cents: 1 },
          ...{ currency: 'EUR', updated_at: 1 },
        })),
      )
      .execute();
  }
}

async function statementsOf(path: string): Promise<number> {
  const before = await statements();
  await app.as('alice').get(path).expect(200);
  return (await statements()) - before;
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
  it('no page asks a question per row', async () => {
    const grown: [string, number][] = [];
    for (const path of pages()) grown.push([path, await statementsOf(path)]);
    expect(grown).toEqual([...few]);
    for (const [, count] of grown) expect(count).toBeLessThan(30);
  }, 60_000);
});
