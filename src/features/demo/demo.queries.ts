import { sql } from 'kysely';
import type { Insertable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type {
  EntriesTable,
  EntryTagsTable,
  ProjectMembersTable,
  ProjectsTable,
  RatesTable,
  TasksTable,
  UsersTable,
} from '../../db/schema.ts';
import { foldCase } from '../../shared/text.ts';

/** True as soon as anybody has booked time. */
export async function hasEntries(db: Db): Promise<boolean> {
  return (await db.selectFrom('entries').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** The administrator who has been there longest. */
export async function findFirstAdministrator(db: Db): Promise<{ id: number; time_zone: string } | undefined> {
  return db
    .selectFrom('users')
    .select(['id', 'time_zone'])
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** Inserts people whose address is not taken, and returns id, address and zone of all of them. */
export async function insertMissingPeople(db: Db, rows: Insertable<UsersTable>[]) {
  if (rows.length === 0) return [];
  await db
    .insertInto('users')
    .values(rows)
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .execute();
  const keys = rows.map(({ email_key }) => email_key);
  return db
    .selectFrom('users')
    .select(['id', 'email_key', 'time_zone'])
    .where('email_key', 'in', keys)
    .execute();
}

interface NamedRow {
  name: string;
  name_key: string;
  created_at: number;
  archived_at: number | null;
  /** Of a client. */
  currency?: string | null;
}

/** Inserts clients or tags whose name is not taken; @returns ids by name key. */
export async function insertMissingNames(
  db: Db,
  table: 'clients' | 'tags',
  rows: NamedRow[],
): Promise<Map<string, number>> {
  await db
    .insertInto(table)
    .values(rows)
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .execute();
  const keys = rows.map(({ name_key }) => name_key);
  const found = await db.selectFrom(table).select(['id', 'name_key']).where('name_key', 'in', keys).execute();
  return new Map(found.map(({ id, name_key }) => [name_key, id]));
}

/** Every project's id, client and name key. */
export async function listProjectKeys(
  db: Db,
): Promise<{ id: number; client_id: number | null; name_key: string }[]> {
  return db.selectFrom('projects').select(['id', 'client_id', 'name_key']).execute();
}

/** Inserts projects; a code that another one has stays with that. */
export async function insertProjects(db: Db, rows: Insertable<ProjectsTable>[]): Promise<void> {
  if (rows.length === 0) return;
  const keys = rows.map(({ code }) => foldCase(code ?? ''));
  const taken = await db.selectFrom('projects').select('code_key').where('code_key', 'in', keys).execute();
  const is_taken = new Set(taken.map(({ code_key }) => code_key));
  const coded = rows.map((row, index) => {
    const code_key = keys[index] ?? '';
    return is_taken.has(code_key) ? { ...row, code: '', code_key: '' } : { ...row, code_key };
  });
  await db.insertInto('projects').values(coded).execute();
}

/** Each day on which a person has entries: the first start, the last end (null when there is none), timers running. */
export async function listBookedDays(
  db: Db,
  user_id: number,
): Promise<{ started_at: number; ended_at: number | null; running: number }[]> {
  return db
    .selectFrom('entries')
    .select((select) => [
      select.fn.min('started_at').as('started_at'),
      select.fn.max('ended_at').as('ended_at'),
      sql<number>`sum(case when ended_at is null then 1 else 0 end)`.as('running'),
    ])
    .where('user_id', '=', user_id)
    .groupBy('local_date')
    .execute();
}

/** Inserts entries and returns their ids in the order of the rows. */
export async function insertEntries(db: Db, rows: Insertable<EntriesTable>[]): Promise<number[]> {
  const inserted = await db
    .insertInto('entries')
    .values(rows)
    .returning(['id', 'user_id', 'started_at'])
    .execute();
  // The order of returned rows is nobody's promise; a person has one entry at an instant here.
  const ids = new Map(inserted.map(({ id, user_id, started_at }) => [`${user_id} ${started_at}`, id]));
  return rows.map(({ user_id, started_at }) => ids.get(`${user_id} ${started_at}`) as number);
}

export async function insertEntryTags(db: Db, rows: Insertable<EntryTagsTable>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('entry_tags').values(rows).execute();
}

/** Inserts tasks whose name their project does not have yet. */
export async function insertMissingTasks(db: Db, rows: Insertable<TasksTable>[]): Promise<void> {
  await db
    .insertInto('tasks')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['project_id', 'name_key']).doNothing())
    .execute();
}

/** Every task's id and project, in the order of their names. */
export async function listTaskKeys(db: Db): Promise<{ id: number; project_id: number }[]> {
  return db.selectFrom('tasks').select(['id', 'project_id']).orderBy('name_key').orderBy('id').execute();
}

export async function insertMissingMembers(db: Db, rows: Insertable<ProjectMembersTable>[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto('project_members')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doNothing())
    .execute();
}

export async function insertMissingRates(db: Db, rows: Insertable<RatesTable>[]): Promise<void> {
  await db
    .insertInto('rates')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['kind', 'scope']).doNothing())
    .execute();
}

export async function listAllRates(db: Db) {
  return db.selectFrom('rates').selectAll().execute();
}

/** The client of each project and its currency. */
export async function listClientCurrencies(
  db: Db,
): Promise<Map<number, { client_id: number | null; currency: string | null }>> {
  const rows = await db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'client_id', 'clients.currency'])
    .execute();
  return new Map(rows.map(({ id, client_id, currency }) => [id, { client_id, currency }]));
}

/** Tells the planner what the tables hold now; both databases know the word. */
export async function analyze(db: Db): Promise<void> {
  await sql`analyze`.execute(db);
}
