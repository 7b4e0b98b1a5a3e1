import type { Db } from '../../src/db/connect.ts';
import type { Flag } from '../../src/db/schema.ts';
import { addDays, daysBetween, startOfDay } from '../../src/shared/calendar.ts';
import { foldCase } from '../../src/shared/text.ts';
import type { TestApp } from '../support/app.ts';

interface EntryInput {
  local_date: string;
  /** Null makes a running timer. */
  seconds: number | null;
  project_id?: number | null;
  task_id?: number | null;
  billable?: Flag;
  description?: string;
  zone?: string;
  /** Milliseconds after the day's start. */
  offset_ms?: number;
  tag_ids?: readonly number[];
}

const entryRow = (user_id: number, input: EntryInput) => {
  const zone = input.zone ?? 'Europe/Berlin';
  const started_at = (startOfDay(input.local_date, zone) ?? 0) + (input.offset_ms ?? 9 * 3_600_000);
  return {
    user_id,
    project_id: input.project_id ?? null,
    task_id: input.task_id ?? null,
    description: input.description ?? '',
    started_at,
    ended_at: input.seconds === null ? null : started_at + input.seconds * 1000,
    zone,
    local_date: input.local_date,
    billable: input.billable ?? (1 as const),
    source: 'manual' as const,
    created_at: started_at,
    updated_at: started_at,
  };
};

/** @returns the entry's id. */
export async function insertEntry(db: Db, user_id: number, input: EntryInput): Promise<number> {
  const { id } = await db
    .insertInto('entries')
    .values(entryRow(user_id, input))
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const tag_id of input.tag_ids ?? [])
    await db.insertInto('entry_tags').values({ entry_id: id, tag_id }).execute();
  return id;
}

export async function insertNamed(db: Db, table: 'clients' | 'tags', name: string): Promise<number> {
  const { id } = await db
    .insertInto(table)
    .values({ name, name_key: foldCase(name), created_at: 0, archived_at: null })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function insertProject(
  db: Db,
  name: string,
  { client, client_id = null }: { client?: string; client_id?: number | null } = {},
): Promise<number> {
  const { id } = await db
    .insertInto('projects')
    .values({
      client_id: client === undefined ? client_id : await insertNamed(db, 'clients', client),
      name,
      name_key: foldCase(name),
      color: 'green',
      billable: 1,
      created_at: 0,
      archived_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function insertTask(db: Db, project_id: number, name: string): Promise<number> {
  const { id } = await db
    .insertInto('tasks')
    .values({
      ...{ project_id, name, name_key: foldCase(name), description: '', status: 'open', priority: 'normal' },
      ...{ assignee_id: null, due_date: null, estimate_seconds: null },
      ...{ created_at: 0, updated_at: 0, archived_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Numbers from 0 to below 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Filling {
  entries: number;
  seed: number;
  from: string;
  to: string;
}

/** Random entries of the whole cast over clients, projects and tags of their own. */
export async function fillEntries(app: TestApp, { entries, seed, from, to }: Filling) {
  const { db } = app.deps;
  const random = randomNumbers(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const clients = [
    await insertNamed(db, 'clients', 'Client A'),
    await insertNamed(db, 'clients', 'Client B'),
  ];
  const projects: { id: number; client_id: number | null }[] = [];
  for (let index = 0; index < 6; index += 1) {
    const client_id = pick([null, ...clients]);
    projects.push({ id: await insertProject(db, `Filled ${index}`, { client_id }), client_id });
  }
  const tags = [];
  for (const name of ['one', 'two', 'three']) tags.push(await insertNamed(db, 'tags', name));
  const days = daysBetween(from, to) ?? 0;
  const made = [];
  for (let index = 0; index < entries; index += 1) {
    const user_id = pick([app.ids.alice, app.ids.bob, app.ids.charlie]);
    const input = {
      local_date: addDays(from, Math.floor(random() * (days + 1))) ?? from,
      seconds: Math.floor(random() * 20_000),
      project_id: pick([null, ...projects.map(({ id }) => id)]),
      billable: pick([0, 1] as const),
      description: `Entry ${index}`,
      offset_ms: Math.floor(random() * 80_000) * 1000,
      tag_ids: tags.filter(() => random() < 0.3),
    };
    await insertEntry(db, user_id, input);
    made.push({ ...input, user_id, seconds: input.seconds as number | null });
  }
  return { clients, projects, tags, entries: made };
}
