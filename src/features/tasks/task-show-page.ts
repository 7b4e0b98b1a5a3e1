import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { listRates } from '../rates/rates.queries.ts';
import { scopeText } from '../rates/rates.ts';
import { listComments } from './comments.queries.ts';
import { listTaskEntries } from './task-entries.queries.ts';
import { describeTask } from './task-page.ts';
import { commentQuery, taskStatuses } from './tasks.forms.ts';
import { hasTime, sumTaskTime } from './tasks.queries.ts';
import type { TaskRow } from './tasks.queries.ts';
import { isEditable, taskDates } from './tasks.ts';

interface TaskPageState {
  task: TaskRow;
  /** A form that was refused: of a new comment, or of the comment that is being edited. */
  comment?: { body: string; problem: string | undefined; editing: number | null };
  /** Why the task stays as it is, and what can be done about it. */
  refused?: { sentence: string; offer: 'archive' | 'archive_anyway' };
}

/** Comments on a page of a task. */
const commentsShown = 50;

/** Shows a task with its time, its rates and its newest comments. */
export async function showTaskPage(
  deps: Deps,
  req: Request,
  res: Response,
  state: TaskPageState,
): Promise<void> {
  const viewer = personOf(res);
  const { task, refused } = state;
  const query = readForm(commentQuery, req.query);
  const { today } = taskDates(viewer, deps.now());
  const times = await sumTaskTime(deps.db, viewer, [task.id]);
  const rates = task.is_managed
    ? await listRates(deps.db, [scopeText({ level: 'task', task_id: task.id })])
    : [];
  const { comment: asked = null, before = null } = query.ok ? query.value : {};
  const wanted = { before_id: before, limit: commentsShown };
  const listed = await listComments(deps.db, task.id, wanted);
  const comments = listed.slice(-commentsShown);
  const data = {
    title: task.name,
    task: describeTask(task, times.get(task.id) ?? 0, today),
    sees_everybody: task.is_managed === 1,
    statuses: taskStatuses,
    entries: await listTaskEntries(deps.db, viewer, task.id),
    comments: comments.map((one) => ({
      ...one,
      local_date: localDateOf(one.created_at, viewer.time_zone) ?? '',
      is_own: one.user_id === viewer.id,
    })),
    editing: state.comment?.editing ?? asked,
    earlier_id: listed.length > commentsShown ? comments[0]?.id : null,
    before,
    comment: state.comment ?? null,
    rates: {
      billable: rates.find(({ kind }) => kind === 'billable') ?? null,
      cost: rates.find(({ kind }) => kind === 'cost') ?? null,
    },
    is_editable: isEditable(task),
    changed_on: localDateOf(task.updated_at, viewer.time_zone) ?? '',
    has_time: await hasTime(deps.db, task.id),
    refused: refused ?? null,
  };
  await deps.page(req, res, 'tasks/show', data, refused || state.comment?.problem ? 422 : 200);
}
