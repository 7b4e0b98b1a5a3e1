import type { Insertable } from 'kysely';
import type { Database, EntriesTable } from '../../src/db/schema.ts';
import type { TestApp } from './app.ts';
import { createPerson } from './app.ts';

/**
 * A project that only its members know of, with its client, a task, a tag and an entry, and people who stand in every
 * relation to it. The people are the same in every world of a database; the rest is new.
 */
type WorldId =
  | 'foreign'
  | 'client'
  | 'project'
  | 'task'
  | 'comment'
  | 'tag'
  | 'entry'
  | 'deleted_item'
  | 'session'
  | 'person';

export interface World {
  people: Record<'manager' | 'lead' | 'other' | 'owner' | 'colleague' | 'stranger', number>;
  ids: Record<WorldId, number>;
  /** In every name of the project, its client and task; whoever has no access never reads it. */
  secret: string;
  /** In the description of the entry, which the owner's colleagues never read. */
  own_secret: string;
  /** How the rates, costs and amounts of the project look; members never read them, not even of their own time. */
  amounts: readonly string[];
  /** How the owner's time looks, in the entry and in every sum of it; their colleagues never read it. */
  times: readonly string[];
  /** What `:id` means after a word of a path. */
  parameters: Record<string, number | string>;
}

/** Of the entry and of the rates, as English pages write them: by the hour, and of the whole of it. */
const amounts = [
  ...['9,876.54', '8,765.43', '7,654.32', '6,543.21', '7,654.31', '6,543.29', '7,654.39'],
  ...['71,377.21', '63,347.28', '71377.21', '63347.28'],
];
/** A length that nothing else has: as pages and files write it, and in hours. */
const entrySeconds = 26_017;
const times = ['7:13:37', '7.2269'];

const casts = new WeakMap<TestApp, World['people']>();
let count = 0;

async function castOf(app: TestApp): Promise<World['people']> {
  const known = casts.get(app);
  if (known) return known;
  const { deps } = app;
  const people = {
    manager: await createPerson(deps, 'manager', 'manager'),
    // Whoever made the project made a member its manager.
    lead: await createPerson(deps, 'lead', 'member'),
    other: await createPerson(deps, 'other', 'manager'),
    owner: await createPerson(deps, 'owner', 'member'),
    colleague: await createPerson(deps, 'colleague', 'member'),
    stranger: await createPerson(deps, 'stranger', 'member'),
  };
  casts.set(app, people);
  return people;
}

export async function makeWorld(app: TestApp): Promise<World> {
  const people = await castOf(app);
  const { db } = app.deps;
  count += 1;
  const secret = `secret-of-the-project-${count}`;
  const own_secret = `secret-of-the-owner-${count}`;
  // Only one world at a time: a list would fill with those of other tests, and a thousand worlds take their time.
  const leftovers = ['task_comments', 'entries', 'tasks', 'deleted_items', 'notices', 'rates'] as const;
  for (const table of [...leftovers, 'project_members', 'projects', 'clients', 'tags', 'sessions'] as const)
    await db.deleteFrom(table).execute();
  await db.deleteFrom('users').where('email', 'like', 'new-%').execute();
  const insert = async <Table extends keyof Database>(
    table: Table,
    row: Insertable<Database[Table]>,
  ): Promise<number> => {
    const inserted = await db
      .insertInto(table)
      .values(row as never)
      .returning('id' as never)
      .executeTakeFirstOrThrow();
    return (inserted as { id: number }).id;
  };
  const created = { created_at: app.clock.now, archived_at: null };
  const named = (name: string) => ({ name, name_key: name, ...created });
  const client = await insert('clients', {
    ...named(`client ${secret}`),
    code: `c-${secret}`,
    code_key: `c-${secret}`,
  });
  const project = await insert('projects', {
    ...named(`project ${secret}`),
    ...{
      client_id: client,
      color: 'teal',
      billable: 1,
      visibility: 'members',
      code: `p-${secret}`,
      code_key: `p-${secret}`,
    },
  });
  const foreign = await insert('projects', {
    ...named(`of others ${count}`),
    ...{ client_id: null, color: 'red', billable: 1, visibility: 'members' },
  });
  await db
    .insertInto('project_members')
    .values([
      { project_id: project, user_id: people.manager, is_manager: 1 },
      { project_id: project, user_id: people.lead, is_manager: 1 },
      { project_id: project, user_id: people.owner, is_manager: 0 },
      { project_id: project, user_id: people.colleague, is_manager: 0 },
      { project_id: foreign, user_id: people.other, is_manager: 1 },
    ])
    .execute();
  const task = await insert('tasks', {
    ...named(`task ${secret}`),
    ...{ project_id: project, description: '', status: 'open', priority: 'normal', assignee_id: null },
    ...{ due_date: null, estimate_seconds: null, updated_at: app.clock.now },
  });
  const comment = await insert('task_comments', {
    ...{ task_id: task, user_id: people.owner, body: `comment ${secret}` },
    ...{ created_at: app.clock.now, updated_at: app.clock.now },
  });
  const tag = await insert('tags', named(`tag ${count}`));
  const ended_at = app.clock.now - 3_600_000;
  const row: Insertable<EntriesTable> = {
    ...{ user_id: people.owner, project_id: project, description: own_secret, task_id: task },
    ...{
      started_at: ended_at - entrySeconds * 1000,
      ended_at,
      zone: 'Europe/Berlin',
      local_date: '2026-03-04',
    },
    ...{ billable: 1, source: 'manual', created_at: ended_at, updated_at: ended_at },
    ...{ rate_cents: 987_654, cost_rate_cents: 876_543, currency: 'EUR' },
  };
  const entry = await insert('entries', row);
  const kept = { entry: { ...row, id: entry + 1_000_000 }, tag_ids: [] };
  const deleted_item = await insert('deleted_items', {
    ...{ user_id: people.owner, kind: 'entry', content: JSON.stringify(kept), deleted_at: app.clock.now },
  });
  const session = await insert('sessions', {
    ...{ user_id: people.owner, token_hash: `of ${count}`, device: 'test', created_at: app.clock.now },
    ...{ last_seen_at: app.clock.now, expires_at: app.clock.now + 86_400_000 },
  });
  for (const [kind, scope, amount_cents] of [
    ['billable', `project:${project}`, 765_432],
    ['cost', `project:${project}`, 654_321],
    ['billable', `task:${task}`, 765_431],
    ['cost', `member:${project}:${people.owner}`, 654_329],
    ['billable', `client:${client}`, 765_439],
  ] as const)
    await insert('rates', { kind, scope, amount_cents, currency: 'EUR', updated_at: app.clock.now });
  const tell = (user_id: number): Promise<number> =>
    insert('notices', {
      ...{ user_id, kind: 'budget', once_key: `of ${count}` },
      content: JSON.stringify({ project_id: project, threshold: 80, percent: 81, month: null }),
      ...{ created_at: app.clock.now, read_at: null },
    });
  const notice = await tell(people.owner);
  // Of when they were there.
  for (const outsider of [people.stranger, people.other]) await tell(outsider);
  const person = await createPerson(app.deps, `new-${count}`, 'member');
  const ledger = await app.deps.telemetry.ledger.append({
    ...{ channel: 'analytics', purpose: 'test', consent_id: null, host: 'events.example.com', head: null },
    ...{ body: Buffer.from('{}'), people: [] },
  });
  const ids = { foreign, client, project, task, comment, tag, entry, deleted_item, session, person };
  return {
    ...{ people, ids, secret, own_secret, amounts, times },
    parameters: {
      ...{ clients: client, projects: project, tasks: task, tags: tag, entries: entry },
      ...{
        comments: comment,
        notices: notice,
        members: people.colleague,
        restore: deleted_item,
        sessions: session,
        users: person,
      },
      ...{ telemetry: 'errors', ledger },
    },
  };
}
