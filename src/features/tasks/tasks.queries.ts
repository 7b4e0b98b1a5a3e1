import { sql } from 'kysely';
import type { Insertable, RawBuilder, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { TaskPriority, TaskStatus, TasksTable } from '../../db/schema.ts';
import { managedProjects, visibleProjects, visibleTaskTimes } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices, ChoiceWish } from '../work/choice-list.ts';
import { projectCalledLike } from '../work/called-like.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { TaskQuery } from './tasks.forms.ts';

export interface TaskRow {
  id: number;
  name: string;
  description: string;
  status: TaskStatus;
  priority: TaskPriority;
  due_date: string | null;
  estimate_seconds: number | null;
  archived_at: number | null;
  created_at: number;
  updated_at: number;
  assignee_id: number | null;
  assignee_name: string | null;
  /** Who changed it last, where that is known. */
  changer_name: string | null;
  project_id: number;
  project_name: string;
  project_color: string;
  /** When it, or else its client, was archived. */
  project_archived_at: number | null;
  project_start_date: string | null;
  client_name: string | null;
  /** 1 where the viewer manages the project. */
  is_managed: number;
}

const tasksFor = (db: Db, viewer: Viewer) =>
  db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('users as assignees', 'assignees.id', 'tasks.assignee_id')
    .leftJoin('users as changers', 'changers.id', 'tasks.updated_by')
    .select(['tasks.id', 'tasks.name', 'tasks.description', 'tasks.status', 'tasks.priority'])
    .select([
      'tasks.due_date',
      'estimate_seconds',
      'tasks.archived_at',
      'tasks.created_at',
      'tasks.updated_at',
    ])
    .select(['tasks.assignee_id', 'assignees.name as assignee_name', 'tasks.project_id'])
    .select('changers.name as changer_name')
    .select(['projects.name as project_name', 'projects.color as project_color'])
    .select(['projects.start_date as project_start_date', 'clients.name as client_name'])
    .select((select) =>
      select.fn.coalesce('projects.archived_at', 'clients.archived_at').as('project_archived_at'),
    )
    .select(sql<number>`case when ${managedProjects(viewer)} then 1 else 0 end`.as('is_managed'))
    .where(visibleProjects(viewer));

/** The task, if the viewer sees its project. */
export async function findTask(db: Db, viewer: Viewer, id: number): Promise<TaskRow | undefined> {
  return tasksFor(db, viewer).where('tasks.id', '=', id).executeTakeFirst();
}

const priorityRank = sql`case tasks.priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end`;
const dueLast = sql`case when tasks.due_date is null then 1 else 0 end`;
/** How a list is asked to be ordered, and `place`, as the columns of the board are. */
type TaskOrder = TaskQuery['sort'] | 'place';
const orders: Record<TaskOrder, RawBuilder<unknown>[]> = {
  place: [sql`tasks.board_place`],
  due: [dueLast, sql`tasks.due_date`, priorityRank],
  priority: [priorityRank, dueLast, sql`tasks.due_date`],
  name: [sql`tasks.name_key`],
  newest: [sql`tasks.created_at desc`],
};

/** What a query is asked against: today and a week on, as local dates. */
export interface TaskDates {
  today: string;
  week_end: string;
}

type Wanted = Omit<TaskQuery, 'sort'> & { sort: TaskOrder } & TaskDates;

function conditions(viewer: Viewer, wanted: Wanted): RawBuilder<boolean>[] {
  const { q, project_id, client_id, assignee, status, priority, due, state, today, week_end } = wanted;
  const pattern = likePattern(q);
  return [
    state === 'active' ? sql`tasks.archived_at is null` : sql`tasks.archived_at is not null`,
    // What is put away with its project is not to be done.
    ...(state === 'active' && project_id === null
      ? [sql<boolean>`projects.archived_at is null and clients.archived_at is null`]
      : []),
    ...(q === '' ? [] : [sql<boolean>`tasks.name_key like ${pattern} escape '\\'`]),
    ...(project_id === null ? [] : [sql<boolean>`tasks.project_id = ${project_id}`]),
    ...(client_id === null ? [] : [sql<boolean>`projects.client_id = ${client_id}`]),
    ...(assignee === ''
      ? []
      : assignee === 'none'
        ? [sql<boolean>`tasks.assignee_id is null`]
        : [sql<boolean>`tasks.assignee_id = ${assignee === 'me' ? viewer.id : assignee}`]),
    ...(status === '' ? [sql<boolean>`tasks.status <> 'done'`] : []),
    ...(status === '' || status === 'all' ? [] : [sql<boolean>`tasks.status = ${status}`]),
    ...(priority === '' ? [] : [sql<boolean>`tasks.priority = ${priority}`]),
    ...(due === 'overdue' ? [sql<boolean>`tasks.due_date < ${today} and tasks.status <> 'done'`] : []),
    ...(due === 'week' ? [sql<boolean>`tasks.due_date between ${today} and ${week_end}`] : []),
    ...(due === 'none' ? [sql<boolean>`tasks.due_date is null`] : []),
  ] as RawBuilder<boolean>[];
}

/** One page of the tasks that the viewer sees, and one row more when another page follows. */
export async function listTasks(db: Db, viewer: Viewer, wanted: Wanted): Promise<TaskRow[]> {
  let query = tasksFor(db, viewer);
  for (const condition of conditions(viewer, wanted)) query = query.where(condition);
  for (const order of orders[wanted.sort]) query = query.orderBy(order);
  return query
    .orderBy('tasks.id')
    .limit(pageSize + 1)
    .offset((wanted.page - 1) * pageSize)
    .execute();
}

/** Seconds booked on each of these tasks, as far as the viewer sees them; tasks without any are missing. */
export async function sumTaskTime(
  db: Db,
  viewer: Viewer,
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('task_times')
    .select(['task_id'])
    .select(sql<number>`sum(seconds)`.as('seconds'))
    .where('task_id', 'in', [...ids])
    .where(visibleTaskTimes(viewer))
    .groupBy('task_id')
    .execute();
  return new Map(rows.map(({ task_id, seconds }) => [task_id, seconds]));
}

/** How many tasks the board has in each status. */
export async function countByStatus(
  db: Db,
  viewer: Viewer,
  wanted: Wanted,
): Promise<Map<TaskStatus, number>> {
  let query = db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['tasks.status'])
    .select(sql<number>`count(*)`.as('tasks'))
    .where(visibleProjects(viewer));
  for (const condition of conditions(viewer, wanted)) query = query.where(condition);
  const rows = await query.groupBy('tasks.status').execute();
  return new Map(rows.map(({ status, tasks }) => [status, tasks]));
}

/** @returns the new task's id. */
export async function insertTask(db: Db, row: Insertable<TasksTable>): Promise<number> {
  const { id } = await db.insertInto('tasks').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateTask(db: Db, id: number, changed: Updateable<TasksTable>): Promise<void> {
  await db.updateTable('tasks').set(changed).where('id', '=', id).execute();
}

/** The task of that name in the project. */
export async function findTaskByKey(
  db: Db,
  { project_id, name_key }: { project_id: number; name_key: string },
): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('tasks')
    .select('id')
    .where('project_id', '=', project_id)
    .where('name_key', '=', name_key)
    .executeTakeFirst();
}

/** True when anybody's time, running timers too, names the task. */
export async function hasTime(db: Db, task_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('entries')
    .select('id')
    .where('task_id', '=', task_id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Timers that run on the task now. */
export async function countRunningOn(db: Db, task_id: number): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .select((select) => select.fn.countAll<number>().as('running'))
    .where('task_id', '=', task_id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return running;
}

/** Deletes a task that no time was booked on, with its comments; false when some was. */
export async function deleteTask(db: Db, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('tasks')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(
          where.selectFrom('entries').select('entries.id').whereRef('entries.task_id', '=', 'tasks.id'),
        ),
      ),
    )
    .executeTakeFirst();
  if (result.numDeletedRows === 0n) return false;
  await db.deleteFrom('task_times').where('task_id', '=', id).execute();
  return true;
}

export interface ProjectOfTasks {
  id: number;
  name: string;
  client_id: number | null;
  client_name: string | null;
  archived_at: number | null;
  start_date: string | null;
}

const projectsFor = (db: Db, viewer: Viewer) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.start_date'])
    .select(['projects.client_id', 'clients.name as client_name'])
    .select((select) => select.fn.coalesce('projects.archived_at', 'clients.archived_at').as('archived_at'))
    .where(visibleProjects(viewer));

/** The project, if the viewer sees it. */
export async function findProjectOfTasks(
  db: Db,
  viewer: Viewer,
  id: number,
): Promise<ProjectOfTasks | undefined> {
  return projectsFor(db, viewer).where('projects.id', '=', id).executeTakeFirst();
}

/** Active projects to choose from, by name, or those with that in their or their client's; the chosen one in any case. */
export async function listProjectsForTasks(
  db: Db,
  viewer: Viewer,
  { chosen, q }: ChoiceWish,
): Promise<Choices<ProjectOfTasks>> {
  const found = await projectsFor(db, viewer)
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .$if(q !== '', (query) => query.where(projectCalledLike(q)))
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(choicesAtMost + 1)
    .execute();
  return choicesOf(found, chosen === null ? undefined : await findProjectOfTasks(db, viewer, chosen));
}
