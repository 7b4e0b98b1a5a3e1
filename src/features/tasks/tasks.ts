import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database, TaskStatus } from '../../db/schema.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import type { Person } from '../../http/express-locals.ts';
import { addDays, localDateOf } from '../../shared/calendar.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Change, RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { scopeText } from '../rates/rates.ts';
import { deleteRatesOf } from '../rates/rates.queries.ts';
import { retryConflict } from '../work/conflicts.ts';
import { isAssignee } from './assignees.queries.ts';
import { findPlaced, findTopPlace, makePlace } from './board-places.queries.ts';
import type { MoveForm, TaskForm } from './tasks.forms.ts';
import type { TaskDates, TaskRow } from './tasks.queries.ts';
import {
  countRunningOn,
  deleteTask,
  findProjectOfTasks,
  findTask,
  findTaskByKey,
  insertTask,
  updateTask,
} from './tasks.queries.ts';

type Trx = Transaction<Database>;

/** Throws not found, also when the viewer does not see the project. */
export async function requireTask(db: Db, viewer: Viewer, id: number | undefined): Promise<TaskRow> {
  const task = id === undefined ? undefined : await findTask(db, viewer, id);
  if (!task) throw notFound('task');
  return task;
}

/** Throws `forbidden` for people who see the task and do not manage its project. */
export async function requireManagedTask(db: Db, viewer: Viewer, id: number | undefined): Promise<TaskRow> {
  const task = await requireTask(db, viewer, id);
  if (task.is_managed !== 1) throw new AppError('forbidden', 'may_not_manage_task');
  return task;
}

/** True while those who see a task may change it; one that was put away waits for those who manage it. */
export const isEditable = (
  task: Pick<TaskRow, 'is_managed' | 'archived_at' | 'project_archived_at'>,
): boolean => task.is_managed === 1 || (task.archived_at === null && task.project_archived_at === null);

/** Throws `forbidden` for people who see the task and may not change it. */
export async function requireEditableTask(db: Db, viewer: Viewer, id: number | undefined): Promise<TaskRow> {
  const task = await requireTask(db, viewer, id);
  if (!isEditable(task)) throw new AppError('forbidden', 'task_is_archived');
  return task;
}

/** Today, and the last day of the next seven, as the person counts them. */
export function taskDates(person: Pick<Person, 'time_zone'>, now: number): TaskDates {
  const today = localDateOf(now, person.time_zone) ?? '1970-01-01';
  return { today, week_end: addDays(today, 6) ?? today };
}

interface TaskWrite {
  viewer: Viewer;
  form: TaskForm;
  now: number;
}

/** @returns the new id, or what is wrong: the name is in use, the project or person cannot be chosen. */
export function createTask(change: Change, { viewer, form, now }: TaskWrite): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const checked = await checkTask(trx, { viewer, form, task: undefined });
      if (!checked.ok) return checked;
      const id = await insertTask(trx, {
        ...rowOf(form, checked.value),
        board_place: await findTopPlace(trx, form.status),
        created_at: now,
        ...{ updated_at: now, updated_by: viewer.id },
        archived_at: null,
      });
      record('task.created', { task_id: id, ...propertiesOf(form, checked.value) });
      return { ok: true, value: id };
    }),
  );
}

function rowOf(form: TaskForm, project_id: number) {
  const { name, description, status, priority, assignee_id, due_date, estimate } = form;
  return {
    ...{ project_id, name, name_key: foldCase(name), description, status, priority },
    ...{ assignee_id, due_date, estimate_seconds: estimate },
  };
}

const propertiesOf = (form: TaskForm, project_id: number) => ({
  project_id,
  has_due_date: form.due_date !== null,
  has_description: form.description !== '',
  has_assignee: form.assignee_id !== null,
  has_estimate: form.estimate !== null,
  priority: form.priority,
});

/** Makes sure that everything a form names can be chosen. @returns the project's id. */
async function checkTask(
  trx: Trx,
  { viewer, form, task }: { viewer: Viewer; form: TaskForm; task: TaskRow | undefined },
): Promise<FormResult<number>> {
  const problems: Problems = {};
  const { project_id: chosen, name, due_date, assignee_id } = form;
  const project = chosen === null ? undefined : await findProjectOfTasks(trx, viewer, chosen);
  if (!project) problems['project_id'] = { key: chosen === null ? 'tasks.project_needed' : 'form.choice' };
  else if (project.archived_at !== null && project.id !== task?.project_id)
    problems['project_id'] = { key: 'tasks.project_archived', values: { project: project.name } };
  // Its time is the project's: it would be left behind.
  else if (task && task.project_id !== project.id) problems['project_id'] = { key: 'tasks.stays' };
  if (project?.start_date && due_date !== null && due_date < project.start_date)
    problems['due_date'] = { key: 'tasks.due_before_project' };
  if (assignee_id !== null && assignee_id !== task?.assignee_id) {
    const may_have_it = await isAssignee(trx, viewer, { project_id: chosen, id: assignee_id });
    if (!may_have_it) problems['assignee_id'] = { key: 'form.choice' };
  }
  const other = project && (await findTaskByKey(trx, { project_id: project.id, name_key: foldCase(name) }));
  if (other && other.id !== task?.id) problems['name'] = { key: 'tasks.taken' };
  if (!project || Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, value: project.id };
}

/** Changes a task. A form that shows an older version is refused, and shown what is there now. */
export function saveTask(
  change: Change,
  { id, viewer, form, now }: TaskWrite & { id: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const task = await requireEditableTask(trx, viewer, id);
      if (form.updated_at !== undefined && form.updated_at !== task.updated_at)
        return { ok: false, problems: { form: { key: 'tasks.changed_elsewhere' } } };
      const checked = await checkTask(trx, { viewer, form, task });
      if (!checked.ok) return checked;
      const is_elsewhere = form.status !== task.status;
      await updateTask(trx, id, {
        ...rowOf(form, checked.value),
        ...(is_elsewhere ? { board_place: await findTopPlace(trx, form.status) } : {}),
        ...{ updated_at: Math.max(now, task.updated_at + 1), updated_by: viewer.id },
      });
      record('task.updated', { task_id: id, ...propertiesOf(form, checked.value) });
      recordStatus(record, task, form.status);
      return { ok: true, value: id };
    }),
  );
}

function recordStatus(record: RecordInChange, task: TaskRow, status: TaskStatus): void {
  if (status === task.status) return;
  record('task.status_changed', { task_id: task.id, status, previous_status: task.status });
}

interface Move {
  id: number | undefined;
  viewer: Viewer;
  /** Where to: a column, and there right before or after another task, else at the top. */
  to: MoveForm;
  now: number;
}

/** Moves a task to another column of the board, or to another place in it; where it is already, nothing changes. */
export async function moveTask(change: Change, { id, viewer, to, now }: Move): Promise<TaskRow> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const task = await requireEditableTask(trx, viewer, id);
    const place = await findNewPlace(trx, { viewer, task, to });
    if (place === undefined) return task;
    const { status } = to;
    const is_elsewhere = status !== task.status;
    // The order in a column is no part of the task that a form elsewhere could overwrite.
    const version = is_elsewhere
      ? { updated_at: Math.max(now, task.updated_at + 1), updated_by: viewer.id }
      : {};
    await updateTask(trx, task.id, { status, board_place: place, ...version });
    if (is_elsewhere) recordStatus(record, task, status);
    else record('task.updated', { task_id: task.id, ...propertiesOfRow(task) });
    return { ...task, status };
  });
}

/** Undefined when the task stays where it is. A neighbour that is gone, or went elsewhere, is none. */
async function findNewPlace(
  trx: Trx,
  { viewer, task, to }: { viewer: Viewer; task: TaskRow; to: MoveForm },
): Promise<number | undefined> {
  const { status, before_id, after_id } = to;
  const beside_id = before_id ?? after_id;
  const seen =
    beside_id === null || beside_id === task.id ? undefined : await findTask(trx, viewer, beside_id);
  const beside = seen && (await findPlaced(trx, { id: seen.id, status }));
  if (beside) {
    const side = before_id === null ? 'after' : 'before';
    return makePlace(trx, beside, { status, side, without: task.id });
  }
  return status === task.status ? undefined : findTopPlace(trx, status);
}

const propertiesOfRow = (task: TaskRow) => ({
  project_id: task.project_id,
  has_due_date: task.due_date !== null,
  has_description: task.description !== '',
  has_assignee: task.assignee_id !== null,
  has_estimate: task.estimate_seconds !== null,
  priority: task.priority,
});

/**
 * Archives (an instant) or restores (null).
 *
 * @returns how many timers run on the task, when that keeps it from being archived.
 */
export async function archiveTask(
  change: Change,
  {
    id,
    viewer,
    archived_at,
    anyway,
  }: { id: number | undefined; viewer: Viewer; archived_at: number | null; anyway: boolean },
): Promise<{ task: TaskRow; running: number }> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const task = await requireManagedTask(trx, viewer, id);
    const running = archived_at === null || anyway ? 0 : await countRunningOn(trx, task.id);
    if (running > 0 || (task.archived_at === null) === (archived_at === null)) return { task, running };
    await updateTask(trx, task.id, { archived_at });
    record('task.archived', { task_id: task.id, archived: archived_at !== null });
    return { task, running };
  });
}

/** @returns false when time was booked on the task and it stays. */
export function removeTask(change: Change, viewer: Viewer, id: number): Promise<boolean> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const task = await requireManagedTask(trx, viewer, id);
      const deleted = await deleteTask(trx, task.id);
      if (!deleted) return false;
      await deleteRatesOf(trx, [scopeText({ level: 'task', task_id: task.id })]);
      record('task.deleted', { task_id: task.id, project_id: task.project_id });
      return true;
    }),
  );
}
