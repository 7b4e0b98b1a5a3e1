import type { Db } from '../../db/connect.ts';
import { prepareKept } from '../../db/prepared.ts';
import { visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';

/** A task as one chooses it for an entry. */
export interface TaskChoice {
  id: number;
  name: string;
  project_id: number;
  project_name: string;
}

export interface TaskState extends TaskChoice {
  /** When it was archived itself; that of its project is the project's to tell. */
  archived_at: number | null;
}

const taskStates = (db: Db) =>
  db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .select(['tasks.id', 'tasks.name', 'tasks.project_id', 'projects.name as project_name'])
    .select('tasks.archived_at');

/** The task that an entry has, whoever may see it. */
export async function findTaskState(db: Db, id: number): Promise<TaskState | undefined> {
  return taskStates(db).where('tasks.id', '=', id).executeTakeFirst();
}

/** The task that somebody chose, if they see its project. */
export async function findVisibleTask(db: Db, viewer: Viewer, id: number): Promise<TaskState | undefined> {
  return taskStates(db).where('tasks.id', '=', id).where(visibleProjects(viewer)).executeTakeFirst();
}

/** Open tasks of a project, and those that a person was given anywhere they see, by project and name. */
export async function listTaskChoices(
  db: Db,
  viewer: Viewer,
  { project_id, assignee_id }: { project_id: number | null; assignee_id: number },
): Promise<TaskChoice[]> {
  return db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['tasks.id', 'tasks.name', 'tasks.project_id', 'projects.name as project_name'])
    .where((where) =>
      where.or([
        where('tasks.project_id', '=', project_id ?? 0),
        where('tasks.assignee_id', '=', assignee_id),
      ]),
    )
    .where('tasks.status', '<>', 'done')
    .where('tasks.archived_at', 'is', null)
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .where(visibleProjects(viewer))
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .orderBy('tasks.name_key')
    .limit(300)
    .execute();
}

const assigned = prepareKept<{ user_id: number }, TaskChoice>((db, parameter) =>
  db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['tasks.id', 'tasks.name', 'tasks.project_id', 'projects.name as project_name'])
    .where('tasks.assignee_id', '=', parameter('user_id'))
    .where('tasks.status', 'in', ['open', 'in_progress', 'review'])
    .where('tasks.archived_at', 'is', null)
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .where(visibleProjects({ id: parameter('user_id'), role: 'member' }))
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .orderBy('tasks.name_key')
    .limit(50),
);

/** The open tasks that a person was given; on the timer page, hence prepared. */
export async function listAssignedTasks(db: Db, user_id: number): Promise<readonly TaskChoice[]> {
  return assigned(db, { user_id });
}
