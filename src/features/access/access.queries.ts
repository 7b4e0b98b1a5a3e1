import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Role } from '../../db/schema.ts';

/**
 * Who sees what, once. Every query about more than one's own timer takes its condition from here, so that lists, totals,
 * filters, searches and exports all end at the same line:
 *
 * - an administrator sees and changes everything;
 * - a manager of a project sees everybody's time on it, and books and changes it;
 * - everybody sees their own time, the projects that are open to everyone and those they are a member of.
 *
 * The conditions name their tables (`projects`, `entries`, `clients`, `users`), so a query must not rename them.
 */

/** Who is looking. */
export interface Viewer {
  id: number;
  role: Role;
}

type Condition = RawBuilder<boolean>;

const everything = sql<boolean>`1 = 1`;
const managedIds = (viewer: Viewer) =>
  sql`(select project_id from project_members where user_id = ${viewer.id} and is_manager = 1)`;
const joinedIds = (viewer: Viewer) =>
  sql`(select project_id from project_members where user_id = ${viewer.id})`;

/** Of `projects`: those that the viewer sees. */
export const visibleProjects = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(projects.visibility = 'everyone' or projects.id in ${joinedIds(viewer)})`;

/** Of `projects`: those that the viewer manages: changes them, sees their rates, costs and everybody's time. */
export const managedProjects = (viewer: Viewer): Condition =>
  viewer.role === 'admin' ? everything : sql<boolean>`projects.id in ${managedIds(viewer)}`;

/**
 * Of `projects`: those whose name the viewer may learn. Somebody who left a project still has their own time on it, and
 * reports name it.
 */
export const knownProjects = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(${visibleProjects(viewer)} or exists (select 1 from entries where entries.project_id = projects.id and entries.user_id = ${viewer.id}))`;

/** Of `projects`: those on which the viewer may book time of that person. */
export function bookableProjects(viewer: Viewer, owner_id: number): Condition {
  return viewer.id === owner_id ? visibleProjects(viewer) : managedProjects(viewer);
}

/** Of `clients`: those of a project that the viewer sees; whoever may make projects sees those without any, too. */
export function visibleClients(viewer: Viewer): Condition {
  if (viewer.role === 'admin') return everything;
  const ofVisible = sql`exists (select 1 from projects where projects.client_id = clients.id and ${visibleProjects(viewer)})`;
  if (viewer.role === 'member') return sql<boolean>`(${ofVisible})`;
  return sql<boolean>`(${ofVisible} or not exists (select 1 from projects where projects.client_id = clients.id))`;
}

/**
 * Of `clients`: those that the viewer may change: managers may when every project of it is theirs, and those without any
 * that they made.
 */
export function managedClients(viewer: Viewer): Condition {
  if (viewer.role === 'admin') return everything;
  if (viewer.role === 'member') return sql<boolean>`1 = 0`;
  const ofOthers = sql`exists (select 1 from projects where projects.client_id = clients.id and projects.id not in ${managedIds(viewer)})`;
  const ofTheirs = sql`exists (select 1 from projects where projects.client_id = clients.id)`;
  return sql<boolean>`(not ${ofOthers} and (clients.created_by = ${viewer.id} or ${ofTheirs}))`;
}

/** Of `entries`: those that the viewer sees and may change. For one row; a list takes `inScope`. */
export const visibleEntries = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(entries.user_id = ${viewer.id} or entries.project_id in ${managedIds(viewer)})`;

/**
 * Of `users`: the viewer, and the people of the projects that they manage: members, and whoever has time there. These
 * are the people whom the viewer may book for.
 */
export const visiblePeople = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(users.id = ${viewer.id} or users.id in (select user_id from project_members where project_id in ${managedIds(viewer)}) or users.id in (select user_id from entries where entries.project_id in ${managedIds(viewer)}))`;

/** Of `work_months`, the sums of entries by month: the same as of entries. */
export const visibleSums = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(work_months.user_id = ${viewer.id} or work_months.project_id in ${managedIds(viewer)})`;

/** Of `task_times`, the sums of entries by task. */
export const visibleTaskTimes = (viewer: Viewer): Condition =>
  viewer.role === 'admin'
    ? everything
    : sql<boolean>`(task_times.user_id = ${viewer.id} or task_times.task_id in (select tasks.id from tasks where tasks.project_id in ${managedIds(viewer)}))`;

/** Whose entries a list shows. Who manages nothing gets a condition that an index answers alone. */
export type EntryScope =
  | { sees: 'all' }
  | { sees: 'own'; viewer: Viewer }
  /** Their own, and everybody's on the projects they manage. */
  | { sees: 'managed'; viewer: Viewer };

/** The scope of a person's lists; one small query, none for administrators. */
export async function findEntryScope(db: Db, { id, role }: Viewer): Promise<EntryScope> {
  if (role === 'admin') return { sees: 'all' };
  const viewer = { id, role };
  return { sees: (await managesAny(db, viewer)) ? 'managed' : 'own', viewer };
}

/** The condition of a scope, for `where(inScope(scope))` of a query on entries. */
export function inScope(scope: EntryScope): Condition {
  if (scope.sees === 'all') return everything;
  if (scope.sees === 'own') return sql<boolean>`entries.user_id = ${scope.viewer.id}`;
  return visibleEntries(scope.viewer);
}

/**
 * Of the entries of a scope: those whose rate, cost and amount the viewer sees, which are those on the projects that they
 * manage. Nobody else reads what an hour is worth, not even one of their own. Null where that is none at all.
 */
export function pricedIn(scope: EntryScope): Condition | null {
  if (scope.sees === 'own') return null;
  if (scope.sees === 'all') return everything;
  return sql<boolean>`entries.project_id in ${managedIds(scope.viewer)}`;
}

/** True for administrators and for managers of at least one project. */
export async function managesAny(db: Db, viewer: Viewer): Promise<boolean> {
  if (viewer.role === 'admin') return true;
  const row = await db
    .selectFrom('project_members')
    .select('project_id')
    .where('user_id', '=', viewer.id)
    .where('is_manager', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** True when the viewer manages the project. */
export async function managesProject(db: Db, viewer: Viewer, project_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('projects')
    .select('projects.id')
    .where('projects.id', '=', project_id)
    .where(managedProjects(viewer))
    .executeTakeFirst();
  return row !== undefined;
}

/** True when the viewer may change the client. */
export async function managesClient(db: Db, viewer: Viewer, client_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('clients')
    .select('clients.id')
    .where('clients.id', '=', client_id)
    .where(managedClients(viewer))
    .executeTakeFirst();
  return row !== undefined;
}

/** The person, when the viewer may book for them. */
export async function findBookablePerson(
  db: Db,
  viewer: Viewer,
  id: number,
): Promise<{ id: number; name: string; time_zone: string; deactivated_at: number | null } | undefined> {
  return db
    .selectFrom('users')
    .select(['users.id', 'users.name', 'users.time_zone', 'users.deactivated_at'])
    .where('users.id', '=', id)
    .where(visiblePeople(viewer))
    .executeTakeFirst();
}

/** Makes somebody a manager of a project. */
export async function insertProjectManager(db: Db, project_id: number, user_id: number): Promise<void> {
  await db
    .insertInto('project_members')
    .values({ project_id, user_id, is_manager: 1 })
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ is_manager: 1 }))
    .execute();
}
