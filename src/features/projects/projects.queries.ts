import { sql } from 'kysely';
import type { Insertable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Flag, ProjectsTable } from '../../db/schema.ts';
import type { DateRange } from '../../shared/calendar.ts';
import { inScope, visibleProjects } from '../access/access.queries.ts';
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
    .select(['clients.name as client_name', 'clients.archived_at as client_archived_at']);

/**
 * One page by name of what the viewer sees, and one row more when another page follows. A search finds clients' names
 * too.
 */
export async function listProjects(
  db: Db,
  viewer: Viewer,
  { q, state, page }: ListQuery,
): Promise<ProjectRow[]> {
  const pattern = likePattern(q);
  return projectsWithClient(db)
    .where('projects.archived_at', state === 'active' ? 'is' : 'is not', null)
    .where(visibleProjects(viewer))
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`(projects.name_key like ${pattern} escape '\\' or clients.name_key like ${pattern} escape '\\')`,
      ),
    )
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
  const { id } = await db.insertInto('projects').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateProject(db: Db, id: number, changed: Updateable<ProjectsTable>): Promise<void> {
  await db.updateTable('projects').set(changed).where('id', '=', id).execute();
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

/** Deletes a project that no time was booked on; false when some was. */
export async function deleteProject(db: Db, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('projects')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(
          where.selectFrom('entries').select('entries.id').whereRef('entries.project_id', '=', 'projects.id'),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export interface ProjectSeconds {
  total_seconds: number;
  week_seconds: number;
  month_seconds: number;
}

interface TimeOfProjects {
  ids: readonly number[];
  scope: EntryScope;
  week: DateRange;
  month: DateRange;
}

/** Booked seconds of each of these projects: in all, this week, this month. Projects without any are missing. */
export async function sumProjectTime(
  db: Db,
  { ids, scope, week, month }: TimeOfProjects,
): Promise<Map<number, ProjectSeconds>> {
  if (ids.length === 0) return new Map();
  const within = ({ from, to }: DateRange) =>
    sql<number>`coalesce(sum(case when local_date between ${from} and ${to} then (ended_at - started_at) / 1000 end), 0)`;
  const rows = await db
    .selectFrom('entries')
    .select('project_id')
    // Not `duration_seconds`: SQLite never answers from an index alone when a query names a generated column.
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('total_seconds'))
    .select(within(week).as('week_seconds'))
    .select(within(month).as('month_seconds'))
    .where('project_id', 'in', ids)
    .where(inScope(scope))
    .groupBy('project_id')
    .execute();
  return new Map(rows.map((row) => [row.project_id ?? 0, row]));
}

/** The newest entries of a project, the running ones too. */
export async function listRecentEntries(db: Db, project_id: number, scope: EntryScope) {
  return db
    .selectFrom('entries')
    .innerJoin('users', 'users.id', 'entries.user_id')
    .select([
      'entries.id',
      'user_id',
      'users.name as person_name',
      'entries.description',
      'local_date',
      'zone',
    ])
    .select(['started_at', 'ended_at', 'duration_seconds'])
    .where('project_id', '=', project_id)
    .where(inScope(scope))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .limit(20)
    .execute();
}
