import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { managedClients, managedProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { choicesAtMost } from '../work/choice-list.ts';
import { likePattern } from '../work/list-query.ts';

export interface Named {
  id: number;
  name: string;
}
export interface Target extends Named {
  client_name: string | null;
}

/** Into what something can be merged: all of it, or what has that in its name. */
export interface WantedTargets {
  from: number;
  q: string;
}

const hasName = (table: 'projects' | 'clients' | 'tasks', q: string) =>
  sql<boolean>`${sql.ref(`${table}.name_key`)} like ${likePattern(q)} escape '\\'`;

/** Active projects that the viewer manages, into which another one can be merged. */
export async function listProjectTargets(
  db: Db,
  viewer: Viewer,
  { from, q }: WantedTargets,
): Promise<Target[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .where('projects.id', '<>', from)
    .where(managedProjects(viewer))
    .$if(q !== '', (query) => query.where(hasName('projects', q)))
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(choicesAtMost + 1)
    .execute();
}

/** Active clients that the viewer may change. */
export async function listClientTargets(
  db: Db,
  viewer: Viewer,
  { from, q }: WantedTargets,
): Promise<Target[]> {
  return db
    .selectFrom('clients')
    .select(['clients.id', 'clients.name', sql<string | null>`null`.as('client_name')])
    .where('clients.archived_at', 'is', null)
    .where('clients.id', '<>', from)
    .where(managedClients(viewer))
    .$if(q !== '', (query) => query.where(hasName('clients', q)))
    .orderBy('clients.name_key')
    .limit(choicesAtMost + 1)
    .execute();
}

/** The other active tasks of a task's project. */
export async function listTaskTargets(
  db: Db,
  project_id: number,
  { from, q }: WantedTargets,
): Promise<Target[]> {
  return db
    .selectFrom('tasks')
    .select(['id', 'name', sql<string | null>`null`.as('client_name')])
    .where('project_id', '=', project_id)
    .where('archived_at', 'is', null)
    .where('id', '<>', from)
    .$if(q !== '', (query) => query.where(hasName('tasks', q)))
    .orderBy('name_key')
    .limit(choicesAtMost + 1)
    .execute();
}

const countOf = sql<number>`count(*)`.as('found');

/** Entries of some projects, running ones too. */
export async function countEntriesOf(db: Db, project_ids: readonly number[]): Promise<number> {
  if (project_ids.length === 0) return 0;
  const { found } = await db
    .selectFrom('entries')
    .select(countOf)
    .where('project_id', 'in', [...project_ids])
    .executeTakeFirstOrThrow();
  return found;
}

export async function countEntriesOfTask(db: Db, task_id: number): Promise<number> {
  const { found } = await db
    .selectFrom('entries')
    .select(countOf)
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow();
  return found;
}

export async function countCommentsOf(db: Db, task_id: number): Promise<number> {
  const { found } = await db
    .selectFrom('task_comments')
    .select(countOf)
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow();
  return found;
}

/** Tasks of a project, and how many of them have a namesake in another one. */
export async function countTasksOf(
  db: Db,
  { from, into }: { from: number; into: number },
): Promise<{ tasks: number; namesakes: number }> {
  const { found: tasks } = await db
    .selectFrom('tasks')
    .select(countOf)
    .where('project_id', '=', from)
    .executeTakeFirstOrThrow();
  const { found: namesakes } = await db
    .selectFrom('tasks')
    .innerJoin('tasks as others', 'others.name_key', 'tasks.name_key')
    .select(countOf)
    .where('tasks.project_id', '=', from)
    .where('others.project_id', '=', into)
    .executeTakeFirstOrThrow();
  return { tasks, namesakes };
}

/** Rates of a project, of people on it, and of its tasks that have a namesake in the other one. */
export async function countRatesOf(db: Db, { from, into }: ProjectPair): Promise<number> {
  const { found } = await db
    .selectFrom('rates')
    .select(countOf)
    .where(
      sql<boolean>`(scope = ${`project:${from}`} or scope like ${`member:${from}:%`} or scope in ${ratesOfDoubled({ from, into })})`,
    )
    .executeTakeFirstOrThrow();
  return found;
}

export async function countRatesOfScope(db: Db, scope: string): Promise<number> {
  const { found } = await db
    .selectFrom('rates')
    .select(countOf)
    .where('scope', '=', scope)
    .executeTakeFirstOrThrow();
  return found;
}

/** Tasks with a namesake in the other project whose own description, estimate or due date has no place there. */
export async function countTasksThatLose(db: Db, { from, into }: ProjectPair): Promise<number> {
  const { found } = await db
    .selectFrom('tasks')
    .innerJoin('tasks as others', 'others.name_key', 'tasks.name_key')
    .select(countOf)
    .where('tasks.project_id', '=', from)
    .where('others.project_id', '=', into)
    .where(
      sql<boolean>`((tasks.description <> '' and others.description <> '' and tasks.description <> others.description)
        or tasks.estimate_seconds <> others.estimate_seconds or tasks.due_date <> others.due_date)`,
    )
    .executeTakeFirstOrThrow();
  return found;
}

export interface ProjectPair {
  from: number;
  into: number;
}

/** A client's projects, each with its namesake at another client, or null. */
export async function listProjectPairs(
  db: Db,
  { from, into }: { from: number; into: number },
): Promise<{ from: number; into: number | null }[]> {
  return db
    .selectFrom('projects')
    .leftJoin('projects as others', (join) =>
      join.onRef('others.name_key', '=', 'projects.name_key').on('others.client_id', '=', into),
    )
    .select(['projects.id as from', 'others.id as into'])
    .where('projects.client_id', '=', from)
    .orderBy('projects.id')
    .execute();
}

interface IdRange {
  first: number;
  last: number;
}

/** Who moves entries, and when: those of other people say so afterwards. */
export interface Mover {
  id: number;
  now: number;
}

/** Moves the entries between two ids from a project to another, or from a task to another. */
export async function moveEntries(
  db: Db,
  column: 'project_id' | 'task_id',
  { from, into, range, mover }: { from: number; into: number; range: IdRange; mover: Mover },
): Promise<void> {
  const { id, now } = mover;
  await db
    .updateTable('entries')
    .set({
      [column]: into,
      updated_by: sql<number | null>`case when user_id = ${id} then null else cast(${id} as bigint) end`,
      updated_at: sql<number>`case when updated_at < ${now} then cast(${now} as bigint) else updated_at + 1 end`,
    })
    .where(column, '=', from)
    .where('id', '>=', range.first)
    .where('id', '<=', range.last)
    .execute();
}

/** Tasks of a project that have a namesake in another. */
const doubledTasks = ({ from, into }: ProjectPair) =>
  sql`(select tasks.id from tasks join tasks as others on others.name_key = tasks.name_key and others.project_id = ${into} where tasks.project_id = ${from})`;

/** Those tasks, each with its namesake. */
export async function mapNamesakes(db: Db, { from, into }: ProjectPair): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('tasks')
    .innerJoin('tasks as others', 'others.name_key', 'tasks.name_key')
    .select(['tasks.id as from', 'others.id as into'])
    .where('tasks.project_id', '=', from)
    .where('others.project_id', '=', into)
    .execute();
  return new Map(rows.map((row) => [row.from, row.into]));
}

const ratesOfDoubled = ({ from, into }: ProjectPair) =>
  sql`(select 'task:' || tasks.id from tasks join tasks as others on others.name_key = tasks.name_key and others.project_id = ${into} where tasks.project_id = ${from})`;

/** Gives tasks that stay what only those that go have; `twin` finds of a task in `tasks` the one that goes, as `gone`. */
async function fillTasks(db: Db, staying: RawBuilder<boolean>, twin: RawBuilder<boolean>): Promise<void> {
  const of = (column: string) => sql`(select ${sql.ref(`gone.${column}`)} from tasks as gone where ${twin})`;
  await sql`update tasks set
      description = case when description = '' then ${of('description')} else description end,
      estimate_seconds = coalesce(estimate_seconds, ${of('estimate_seconds')}),
      due_date = coalesce(due_date, ${of('due_date')}), assignee_id = coalesce(assignee_id, ${of('assignee_id')})
    where ${staying}`.execute(db);
}

/** Gives a task what only the one has that is merged into it. */
export const fillTask = (db: Db, { from, into }: ProjectPair): Promise<void> =>
  fillTasks(db, sql`id = ${into}`, sql`gone.id = ${from}`);

/** Gives a project or a client a description when it has none. */
export async function fillDescription(
  db: Db,
  table: 'projects' | 'clients',
  { from, into }: ProjectPair,
): Promise<void> {
  const name = sql.table(table);
  await sql`update ${name} set description = (select gone.description from ${name} as gone where gone.id = ${from})
    where id = ${into} and description = ''`.execute(db);
}

/** Lets entries and comments of a project's tasks go to their namesakes in another, and removes those tasks. */
export async function mergeNamesakes(db: Db, { from, into }: ProjectPair): Promise<void> {
  const namesake = (column: 'entries.task_id' | 'task_comments.task_id') =>
    sql<number>`(select others.id from tasks join tasks as others on others.name_key = tasks.name_key and others.project_id = ${into} where tasks.id = ${sql.ref(column)})`;
  const doubled = doubledTasks({ from, into });
  await fillTasks(
    db,
    sql`project_id = ${into} and name_key in (select name_key from tasks where project_id = ${from})`,
    sql`gone.project_id = ${from} and gone.name_key = tasks.name_key`,
  );
  await sql`delete from rates where scope in ${ratesOfDoubled({ from, into })}`.execute(db);
  await sql`update entries set task_id = ${namesake('entries.task_id')} where task_id in ${doubled}`.execute(
    db,
  );
  await sql`update task_comments set task_id = ${namesake('task_comments.task_id')} where task_id in ${doubled}`.execute(
    db,
  );
  await sql`delete from task_times where task_id in ${doubled}`.execute(db);
  await sql`delete from tasks where id in ${doubled}`.execute(db);
  await db.updateTable('tasks').set({ project_id: into }).where('project_id', '=', from).execute();
}

/** Members and favourites of a project become the other's; who manages one manages the whole. */
export async function mergePeople(db: Db, { from, into }: ProjectPair): Promise<void> {
  await sql`insert into project_members (project_id, user_id, is_manager)
    select cast(${into} as bigint), user_id, is_manager from project_members where project_id = ${from}
    on conflict (project_id, user_id) do update
    set is_manager = case when excluded.is_manager = 1 then 1 else project_members.is_manager end`.execute(
    db,
  );
  await sql`insert into favourites (user_id, project_id)
    select user_id, cast(${into} as bigint) from favourites where project_id = ${from}
    on conflict (user_id, project_id) do nothing`.execute(db);
}

/** Takes away a project that nothing belongs to any more, with its rates and what is left of its sums. */
export async function removeEmptiedProject(db: Db, project_id: number): Promise<void> {
  await db
    .deleteFrom('rates')
    .where(sql<boolean>`(scope = ${`project:${project_id}`} or scope like ${`member:${project_id}:%`})`)
    .execute();
  await db.deleteFrom('work_months').where('project_id', '=', project_id).execute();
  await db.deleteFrom('projects').where('id', '=', project_id).execute();
}

export async function moveComments(db: Db, { from, into }: ProjectPair): Promise<void> {
  await db.updateTable('task_comments').set({ task_id: into }).where('task_id', '=', from).execute();
}

export async function removeEmptiedTask(db: Db, task_id: number): Promise<void> {
  await db.deleteFrom('rates').where('scope', '=', `task:${task_id}`).execute();
  await db.deleteFrom('task_times').where('task_id', '=', task_id).execute();
  await db.deleteFrom('tasks').where('id', '=', task_id).execute();
}

export async function moveProjects(
  db: Db,
  { ids, into }: { ids: readonly number[]; into: number },
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('projects')
    .set({ client_id: into })
    .where('id', 'in', [...ids])
    .execute();
}

export async function removeEmptiedClient(db: Db, client_id: number): Promise<void> {
  await db.deleteFrom('rates').where('scope', '=', `client:${client_id}`).execute();
  await db.deleteFrom('clients').where('id', '=', client_id).execute();
}

/** First and last id of all entries. */
export async function findEntryIds(db: Db): Promise<IdRange> {
  const row = await db
    .selectFrom('entries')
    .select((select) => [select.fn.min('id').as('first'), select.fn.max('id').as('last')])
    .executeTakeFirstOrThrow();
  return { first: row.first ?? 1, last: row.last ?? 0 };
}

/** People with time on some projects, by id. */
export async function listPeopleOn(db: Db, project_ids: readonly number[]): Promise<number[]> {
  if (project_ids.length === 0) return [];
  const rows = await db
    .selectFrom('entries')
    .select('user_id')
    .distinct()
    .where('project_id', 'in', [...project_ids])
    .orderBy('user_id')
    .execute();
  return rows.map(({ user_id }) => user_id);
}
