import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Flag } from '../../db/schema.ts';
import { visiblePeople, visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices } from '../work/choice-list.ts';
import { calledLike } from '../work/called-like.queries.ts';
import { pageSize } from '../work/list-query.ts';
import type { ListQuery } from '../work/list-query.ts';

export interface Member {
  user_id: number;
  name: string;
  is_manager: Flag;
  deactivated_at: number | null;
}

/** One page of a project's members, managers first, by name, and one row more when another page follows. */
export async function listMembers(
  db: Db,
  project_id: number,
  { q, page }: Pick<ListQuery, 'q' | 'page'>,
): Promise<Member[]> {
  return db
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .select(['project_members.user_id', 'users.name', 'is_manager', 'deactivated_at'])
    .where('project_id', '=', project_id)
    .$if(q !== '', (query) => query.where(calledLike(q)))
    .orderBy('is_manager', 'desc')
    .orderBy('users.name')
    .orderBy('users.id')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** Makes somebody a member, or changes whether they manage. */
export async function upsertMember(
  db: Db,
  row: { project_id: number; user_id: number; is_manager: Flag },
): Promise<void> {
  await db
    .insertInto('project_members')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['project_id', 'user_id']).doUpdateSet({ is_manager: row.is_manager }),
    )
    .execute();
}

export interface MemberKey {
  project_id: number;
  user_id: number;
}

export async function findMember(
  db: Db,
  { project_id, user_id }: MemberKey,
): Promise<{ is_manager: Flag } | undefined> {
  return db
    .selectFrom('project_members')
    .select('is_manager')
    .where('project_id', '=', project_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
}

/** Active managers of a project, without one person. */
export async function countOtherManagers(db: Db, { project_id, user_id }: MemberKey): Promise<number> {
  const { others } = await db
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .select((select) => select.fn.countAll<number>().as('others'))
    .where('project_id', '=', project_id)
    .where('is_manager', '=', 1)
    .where('users.deactivated_at', 'is', null)
    .where('user_id', '<>', user_id)
    .executeTakeFirstOrThrow();
  return others;
}

export async function deleteMember(db: Db, { project_id, user_id }: MemberKey): Promise<void> {
  await db
    .deleteFrom('project_members')
    .where('project_id', '=', project_id)
    .where('user_id', '=', user_id)
    .execute();
}

/**
 * Takes the open tasks of a project that only its members see from those who do not see it any more.
 *
 * @returns how many there were.
 */
export async function releaseTasks(db: Db, project_id: number, now: number): Promise<number> {
  const result = await db
    .updateTable('tasks')
    .set({
      assignee_id: null,
      updated_at: sql<number>`case when updated_at < ${now} then ${now} else updated_at + 1 end`,
    })
    .where('project_id', '=', project_id)
    .where('status', '<>', 'done')
    .where('assignee_id', 'is not', null)
    .where(sql<boolean>`${project_id} in (select id from projects where visibility = 'members')`)
    .where(
      sql<boolean>`assignee_id not in (select user_id from project_members where project_id = ${project_id})`,
    )
    .where(sql<boolean>`assignee_id not in (select id from users where role = 'admin')`)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** People whom the viewer may choose as members from a list, by name, or those called like that. */
export async function listMemberChoices(
  db: Db,
  viewer: Viewer,
  { project_id, q }: { project_id: number; q: string },
): Promise<Choices<{ id: number; name: string }>> {
  const found = await db
    .selectFrom('users')
    .select(['users.id', 'users.name'])
    .where('deactivated_at', 'is', null)
    .where(visiblePeople(viewer))
    .where(
      sql<boolean>`users.id not in (select user_id from project_members where project_id = ${project_id})`,
    )
    .$if(q !== '', (query) => query.where(calledLike(q)))
    .orderBy('users.name')
    .orderBy('users.id')
    .limit(choicesAtMost + 1)
    .execute();
  return choicesOf(found);
}

/** An active person, when the viewer may choose them from a list. */
export async function findMemberChoice(
  db: Db,
  viewer: Viewer,
  id: number,
): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('users')
    .select('users.id')
    .where('users.id', '=', id)
    .where('deactivated_at', 'is', null)
    .where(visiblePeople(viewer))
    .executeTakeFirst();
}

/** An active person by the key of their address, when the viewer may choose them. */
export async function findMemberByEmailKey(
  db: Db,
  viewer: Viewer,
  email_key: string,
): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('users')
    .select('users.id')
    .where('email_key', '=', email_key)
    .where('deactivated_at', 'is', null)
    .where(visiblePeople(viewer))
    .executeTakeFirst();
}

export async function isFavourite(db: Db, user_id: number, project_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('favourites')
    .select('project_id')
    .where('user_id', '=', user_id)
    .where('project_id', '=', project_id)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertFavourite(db: Db, user_id: number, project_id: number): Promise<void> {
  await db
    .insertInto('favourites')
    .values({ user_id, project_id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function deleteFavourite(db: Db, user_id: number, project_id: number): Promise<void> {
  await db
    .deleteFrom('favourites')
    .where('user_id', '=', user_id)
    .where('project_id', '=', project_id)
    .execute();
}

export interface RecentProject {
  id: number;
  name: string;
  color: string;
  client_name: string | null;
}

/** The projects that a person booked on last, the latest first: out of their newest entries, so it always costs the same. */
export async function listRecentProjects(db: Db, viewer: Viewer): Promise<RecentProject[]> {
  const newest = await db
    .selectFrom('entries')
    .select(['project_id'])
    .where('user_id', '=', viewer.id)
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .limit(200)
    .execute();
  const ids = [...new Set(newest.flatMap(({ project_id }) => project_id ?? []))].slice(0, recentAtMost);
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'clients.name as client_name'])
    .where('projects.id', 'in', ids)
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .where(visibleProjects(viewer))
    .execute();
  return rows.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
}

const recentAtMost = 5;
