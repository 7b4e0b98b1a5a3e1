import { sql } from 'kysely';
import type { Insertable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Flag, ProjectsTable } from '../../db/schema.ts';
import type { DateRange } from '../../shared/calendar.ts';
import { foldCase } from '../../shared/text.ts';
import { inScope, managedProjects, visibleProjects, visibleSums } from '../access/access.queries.ts';
import type { EntryScope, Viewer } from '../access/access.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { ListQuery } from '../work/list-query.ts';

export interface ProjectRow {
  id: number;
  name: string;
  color: string;
  billable: Flag;
  archived_at: number | null;
  client_id: number | null;
  client_name: string | null;
  client_archived_at: number | null;
  /** Of the client; null where it has none of its own. */
  client_currency: string | null;
  code: string;
  description: string;
  start_date: string | null;
  due_date: string | null;
  visibility: 'everyone' | 'members';
  budget_period: 'total' | 'monthly';
  budget_seconds: number | null;
  budget_cents: number | null;
  budget_currency: string | null;
  budget_thresholds: string;
}

const projectsWithClient = (db: Db) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select([
      'projects.id',
      'projects.name',
      'projects.color',
      'projects.billable',
      'projects.archived_at',
      'client_id',
    ])
    .select(['clients.name as client_name', 'clients.archived_at as client_archived_at'])
    .select(['clients.currency as client_currency', 'projects.code', 'projects.description'])
    .select(['projects.start_date', 'projects.due_date', 'projects.visibility'])
    .select(['budget_period', 'budget_seconds', 'budget_cents', 'budget_currency', 'budget_thresholds']);

export interface ListedProject extends ProjectRow {
  is_favourite: number;
  /** 1 where the viewer manages it. */
  is_managed: number;
}

/**
 * One page of what the viewer sees, favourites first, then by name; and one row more when another page follows. A search
 * finds codes and clients' names too.
 */
export async function listProjects(
  db: Db,
  viewer: Viewer,
  { q, state, page }: ListQuery,
): Promise<ListedProject[]> {
  const pattern = likePattern(q);
  const favourite = sql<number>`case when favourites.user_id is null then 0 else 1 end`;
  return projectsWithClient(db)
    .leftJoin('favourites', (join) =>
      join.onRef('favourites.project_id', '=', 'projects.id').on('favourites.user_id', '=', viewer.id),
    )
    .select(favourite.as('is_favourite'))
    .select(sql<number>`case when ${managedProjects(viewer)} then 1 else 0 end`.as('is_managed'))
    .where('projects.archived_at', state === 'active' ? 'is' : 'is not', null)
    .where(visibleProjects(viewer))
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`(projects.name_key like ${pattern} escape '\\' or clients.name_key like ${pattern} escape '\\' or projects.code_key like ${pattern} escape '\\')`,
      ),
    )
    .orderBy(favourite, 'desc')
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

export async function findProject(db: Db, id: number): Promise<ProjectRow | undefined> {
  return projectsWithClient(db).where('projects.id', '=', id).executeTakeFirst();
}

/** The project, when the viewer sees it. */
export async function findVisibleProject(
  db: Db,
  viewer: Viewer,
  id: number,
): Promise<ProjectRow | undefined> {
  return projectsWithClient(db)
    .where('projects.id', '=', id)
    .where(visibleProjects(viewer))
    .executeTakeFirst();
}

/** The project of that name at that client (or without a client). */
export async function findProjectByKey(
  db: Db,
  { client_id, name_key }: { client_id: number | null; name_key: string },
): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('projects')
    .select('id')
    .where('name_key', '=', name_key)
    .where(sql<boolean>`coalesce(client_id, 0) = ${client_id ?? 0}`)
    .executeTakeFirst();
}

/** @returns the new project's id. */
export async function insertProject(db: Db, row: Insertable<ProjectsTable>): Promise<number> {
  const { id } = await db
    .insertInto('projects')
    .values({ ...row, code_key: foldCase(row.code ?? '') })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function updateProject(db: Db, id: number, changed: Updateable<ProjectsTable>): Promise<void> {
  await db.updateTable('projects').set(withCodeKey(changed)).where('id', '=', id).execute();
}

/** Archives (an instant) or restores (null); false when that was so already. */
export async function updateProjectArchived(
  db: Db,
  id: number,
  archived_at: number | null,
): Promise<boolean> {
  const result = await db
    .updateTable('projects')
    .set({ archived_at })
    .where('id', '=', id)
    .where('archived_at', archived_at === null ? 'is not' : 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** True when anybody's time, running timers too, names the project. */
export async function hasEntries(db: Db, project_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('entries')
    .select('id')
    .where('project_id', '=', project_id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Timers that run on the project now. */
export async function countRunningOn(db: Db, project_id: number): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .select((select) => select.fn.countAll<number>().as('running'))
    // A list of its own: the few that run are found by their index, not all of the project's.
    .where('entries.id', 'in', (sub) =>
      sub.selectFrom('entries as running').select('running.id').where('running.ended_at', 'is', null),
    )
    .where('project_id', '=', project_id)
    .executeTakeFirstOrThrow();
  return running;
}

const withCodeKey = (changed: Updateable<ProjectsTable>): Updateable<ProjectsTable> =>
  typeof changed.code === 'string' ? { ...changed, code_key: foldCase(changed.code) } : changed;

/** The project that has a code, whatever its case. */
export async function findProjectByCode(
  db: Db,
  code: string,
): Promise<{ id: number; name: string } | undefined> {
  return db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('code_key', '=', foldCase(code))
    .where('code_key', '<>', '')
    .executeTakeFirst();
}

/** Deletes a project that no time was booked on, with its tasks and their comments; false when some was. */
export async function deleteProject(db: Db, id: number): Promise<boolean> {
  if (await hasEntries(db, id)) return false;
  await db.deleteFrom('tasks').where('project_id', '=', id).execute();
  const result = await db.deleteFrom('projects').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** An open task of a project that is due before a local date, the first one. */
export async function findTaskDueBefore(
  db: Db,
  project_id: number,
  date: string,
): Promise<{ name: string } | undefined> {
  return db
    .selectFrom('tasks')
    .select('name')
    .where('project_id', '=', project_id)
    .where('due_date', '<', date)
    .where('status', '<>', 'done')
    .where('archived_at', 'is', null)
    .orderBy('due_date')
    .executeTakeFirst();
}

/** Ids of a project's tasks. */
export async function listTaskIds(db: Db, project_id: number): Promise<number[]> {
  const rows = await db.selectFrom('tasks').select('id').where('project_id', '=', project_id).execute();
  return rows.map(({ id }) => id);
}

export interface ProjectSeconds {
  total_seconds: number;
  week_seconds: number;
  month_seconds: number;
}
export const noTime: ProjectSeconds = { total_seconds: 0, week_seconds: 0, month_seconds: 0 };

interface TimeOfProjects {
  ids: readonly number[];
  viewer: Viewer;
  scope: EntryScope;
  week: DateRange;
  month: DateRange;
}

/**
 * Booked seconds of each of these projects: in all, this week, this month. Projects without any are missing. Only the
 * week is summed from entries; the rest is in the sums by month.
 */
export async function sumProjectTime(
  db: Db,
  { ids, viewer, scope, week, month }: TimeOfProjects,
): Promise<Map<number, ProjectSeconds>> {
  if (ids.length === 0) return new Map();
  const sums = await db
    .selectFrom('work_months')
    .select('project_id')
    .select(sql<number>`sum(seconds)`.as('total_seconds'))
    .select(
      sql<number>`sum(case when month = ${month.from.slice(0, 7)} then seconds else 0 end)`.as(
        'month_seconds',
      ),
    )
    .where('project_id', 'in', [...ids])
    .where(visibleSums(viewer))
    .groupBy('project_id')
    .execute();
  const weeks = await db
    .selectFrom('entries')
    .select('project_id')
    // Not `duration_seconds`: SQLite never answers from an index alone when a query names a generated column.
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('week_seconds'))
    .where('project_id', 'in', [...ids])
    .where('local_date', '>=', week.from)
    .where('local_date', '<=', week.to)
    .where(inScope(scope))
    .groupBy('project_id')
    .execute();
  const week_of = new Map(weeks.map((row) => [row.project_id, row.week_seconds]));
  return new Map(
    sums.map((row) => [row.project_id, { ...row, week_seconds: week_of.get(row.project_id) ?? 0 }]),
  );
}

/** The newest entries of a project, the running ones too. */
export async function listRecentEntries(db: Db, project_id: number, scope: EntryScope) {
  return db
    .selectFrom('entries')
    .innerJoin('users', 'users.id', 'entries.user_id')
    .leftJoin('tasks', 'tasks.id', 'entries.task_id')
    .select(['entries.id', 'entries.user_id', 'users.name as person_name', 'entries.description'])
    .select(['local_date', 'zone', 'tasks.name as detail_name'])
    .select(['started_at', 'ended_at', 'duration_seconds'])
    .where('entries.project_id', '=', project_id)
    .where(inScope(scope))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .limit(20)
    .execute();
}
