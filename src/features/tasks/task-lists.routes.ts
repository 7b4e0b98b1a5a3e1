import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm, sentences, typed } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { searchesIn } from '../work/choice-list.ts';
import { listClientChoices } from '../work/client-choice.queries.ts';
import { pageSize } from '../work/list-query.ts';
import { listAssignees } from './assignees.queries.ts';
import { describeTask, tasksHref } from './task-page.ts';
import type { TaskQuery } from './tasks.forms.ts';
import { taskQuery, taskStatuses, usualTasks } from './tasks.forms.ts';
import { countByStatus, listProjectsForTasks, listTasks, sumTaskTime } from './tasks.queries.ts';
import { taskDates } from './tasks.ts';

/** What the query string asks for; an unreadable one gives the usual page with the problems beside the filters. */
function readQuery(req: Request, res: Response) {
  const asked = readForm(taskQuery, req.query);
  const { t } = res.locals.functions;
  return {
    query: asked.ok ? asked.value : usualTasks,
    problems: asked.ok ? {} : sentences(asked.problems, t),
    status: asked.ok ? 200 : 422,
  };
}

/** What list and board share: filters, and the choices in them. */
async function filterData(deps: Deps, req: Request, res: Response, query: TaskQuery) {
  const viewer = personOf(res);
  const { db } = deps;
  const { project_id, client_id } = query;
  const searches = searchesIn(req.query, ['project_id', 'client_id', 'assignee']);
  const { project_id_q = '', client_id_q = '', assignee_q = '' } = searches;
  return {
    tab: 'tasks',
    query,
    values: { sort: 'due', ...typed(req.query), ...searches },
    projects: await listProjectsForTasks(db, viewer, { chosen: project_id, q: project_id_q }),
    clients: await listClientChoices(db, viewer, { chosen: client_id, q: client_id_q }),
    people: await listAssignees(db, viewer, {
      project_id,
      assignee_id: typeof query.assignee === 'number' ? query.assignee : null,
      q: assignee_q,
    }),
    board_href: tasksHref('/tasks/board', { ...query, page: 1, status: '', sort: 'due', state: 'active' }),
    list_href: tasksHref('/tasks', { ...query, page: 1 }),
  };
}

/** Shows the tasks that are asked for, a page at a time. */
export async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const { query, problems, status } = readQuery(req, res);
  const dates = taskDates(viewer, deps.now());
  const rows = status === 200 ? await listTasks(deps.db, viewer, { ...query, ...dates }) : [];
  const shown = rows.slice(0, pageSize);
  const times = await sumTaskTime(
    deps.db,
    viewer,
    shown.map(({ id }) => id),
  );
  await deps.page(
    req,
    res,
    'tasks/index',
    {
      title: res.locals.functions.t('tasks.title'),
      ...(await filterData(deps, req, res, query)),
      problems,
      tasks: shown.map((task) => describeTask(task, times.get(task.id) ?? 0, dates.today)),
      active_href: tasksHref('/tasks', { ...query, page: 1, state: 'active' }),
      archived_href: tasksHref('/tasks', { ...query, page: 1, state: 'archived' }),
      previous_href: query.page > 1 ? tasksHref('/tasks', { ...query, page: query.page - 1 }) : null,
      next_href: rows.length > pageSize ? tasksHref('/tasks', { ...query, page: query.page + 1 }) : null,
    },
    status,
  );
}

/** Shows them as a board: a column a status, the first tasks of each. */
export async function showBoard(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const { query, problems, status } = readQuery(req, res);
  const dates = taskDates(viewer, deps.now());
  const wanted = { ...query, ...dates, state: 'active' as const, sort: 'place' as const, page: 1 };
  const counts = await countByStatus(deps.db, viewer, { ...wanted, status: 'all' });
  const columns = [];
  for (const column of taskStatuses) {
    const rows = status === 200 ? await listTasks(deps.db, viewer, { ...wanted, status: column }) : [];
    columns.push({
      status: column,
      count: counts.get(column) ?? 0,
      tasks: rows.slice(0, pageSize).map((task) => describeTask(task, 0, dates.today)),
      more_href: rows.length > pageSize ? tasksHref('/tasks', { ...query, status: column, page: 1 }) : null,
    });
  }
  const data = { ...(await filterData(deps, req, res, query)), problems, columns };
  await deps.page(req, res, 'tasks/board', { title: res.locals.functions.t('tasks.board'), ...data }, status);
}
