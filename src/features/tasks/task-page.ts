import type { ViewFunctions } from '../../http/view-functions.ts';
import { formatClock, parseDuration } from '../../shared/duration.ts';
import type { TaskQuery } from './tasks.forms.ts';
import type { TaskRow } from './tasks.queries.ts';

/** A task as lists, board and its page show it. */
export interface ShownTask extends TaskRow {
  /** Booked, as far as the viewer sees it. */
  seconds: number;
  is_overdue: boolean;
  /** Of the estimate, in percent; null without one, and for who sees only a part of the time. */
  progress: { percent: number; width: number; is_over: boolean } | null;
}

export function describeTask(task: TaskRow, seconds: number, today: string): ShownTask {
  const { due_date, status, estimate_seconds } = task;
  const percent = estimate_seconds === null ? 0 : Math.floor((seconds * 100) / estimate_seconds);
  return {
    ...task,
    seconds,
    is_overdue: due_date !== null && due_date < today && status !== 'done',
    progress:
      estimate_seconds === null || task.is_managed !== 1
        ? null
        : { percent, width: Math.min(100, percent), is_over: seconds > estimate_seconds },
  };
}

/** What the form of a task shows before anything is typed. */
export function valuesOf(task: TaskRow, { duration }: ViewFunctions): Record<string, string> {
  return {
    name: task.name,
    project_id: String(task.project_id),
    description: task.description,
    status: task.status,
    priority: task.priority,
    assignee_id: String(task.assignee_id ?? ''),
    due_date: task.due_date ?? '',
    estimate: task.estimate_seconds === null ? '' : estimateText(task.estimate_seconds, duration),
    updated_at: String(task.updated_at),
  };
}

/** As durations are written, unless that loses seconds: a form that was not touched must not change the estimate. */
function estimateText(seconds: number, duration: ViewFunctions['duration']): string {
  const text = duration(seconds);
  return parseDuration(text) === seconds ? text : formatClock(seconds);
}

/** The address of the list or the board with a query; what is as usual is left out. */
export function tasksHref(path: string, query: TaskQuery): string {
  const parameters = new URLSearchParams();
  const { q, project_id, client_id, assignee, status, priority, due, state, sort, page } = query;
  if (q !== '') parameters.set('q', q);
  if (project_id !== null) parameters.set('project_id', String(project_id));
  if (client_id !== null) parameters.set('client_id', String(client_id));
  if (assignee !== '') parameters.set('assignee', String(assignee));
  if (status !== '') parameters.set('status', status);
  if (priority !== '') parameters.set('priority', priority);
  if (due !== '') parameters.set('due', due);
  if (state !== 'active') parameters.set('state', state);
  if (sort !== 'due') parameters.set('sort', sort);
  if (page > 1) parameters.set('page', String(page));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
