import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { visiblePeople, visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { calledLike } from '../work/called-like.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices } from '../work/choice-list.ts';

export interface Assignee {
  id: number;
  name: string;
}

const assigneesFor = (db: Db, viewer: Viewer, project_id: number | null) =>
  db
    .selectFrom('users')
    .select(['users.id', 'users.name'])
    .where('users.deactivated_at', 'is', null)
    .where(sql<boolean>`(${visiblePeople(viewer)} or users.id in ${membersOf(project_id)})`)
    .where(
      sql<boolean>`(users.role = 'admin' or users.id in ${membersOf(project_id)} or not exists (select 1 from projects where projects.id = ${project_id ?? 0} and projects.visibility = 'members'))`,
    );

/**
 * Whom the viewer may give tasks of a project to: its members, the people they see, and themselves, by name or those
 * called like that; and who has one of the tasks they see, where that is chosen. Of a project that only its members see,
 * nobody who would not see the task.
 */
export async function listAssignees(
  db: Db,
  viewer: Viewer,
  { project_id, assignee_id, q }: { project_id: number | null; assignee_id: number | null; q: string },
): Promise<Choices<Assignee>> {
  const found = await assigneesFor(db, viewer, project_id)
    .$if(q !== '', (query) => query.where(calledLike(q)))
    .orderBy('users.name')
    .orderBy('users.id')
    .limit(choicesAtMost + 1)
    .execute();
  return choicesOf(
    found,
    assignee_id === null ? undefined : await findKnownAssignee(db, viewer, assignee_id),
  );
}

/** Somebody who has a task that the viewer sees, or whom they see themselves. */
async function findKnownAssignee(db: Db, viewer: Viewer, id: number): Promise<Assignee | undefined> {
  return db
    .selectFrom('users')
    .select(['users.id', 'users.name'])
    .where('users.id', '=', id)
    .where(
      sql<boolean>`(${visiblePeople(viewer)} or exists (select 1 from tasks join projects on projects.id = tasks.project_id where tasks.assignee_id = users.id and ${visibleProjects(viewer)}))`,
    )
    .executeTakeFirst();
}

/** True when the viewer may give tasks of the project to that person. */
export async function isAssignee(
  db: Db,
  viewer: Viewer,
  { project_id, id }: { project_id: number | null; id: number },
): Promise<boolean> {
  const row = await assigneesFor(db, viewer, project_id).where('users.id', '=', id).executeTakeFirst();
  return row !== undefined;
}

const membersOf = (project_id: number | null) =>
  sql`(select user_id from project_members where project_id = ${project_id ?? 0})`;
