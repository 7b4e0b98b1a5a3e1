import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey, MessageValues } from '../../i18n/translate.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { AppError } from '../../shared/errors.ts';
import { setFlash } from '../accounts/sessions.ts';
import { listRates } from '../rates/rates.queries.ts';
import { scopeText } from '../rates/rates.ts';
import { searchIn, searchesIn } from '../work/choice-list.ts';
import { readChosen } from '../work/choice.forms.ts';
import { listClientChoices } from '../work/client-choice.queries.ts';
import { pageSize } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { addComment, changeComment, removeComment } from './comments.ts';
import { listTaskEntries } from './task-entries.queries.ts';
import type { TaskQuery } from './tasks.forms.ts';
import {
  commentForm,
  commentQuery,
  moveForm,
  newTaskQuery,
  taskForm,
  taskQuery,
  taskStatuses,
  usualTasks,
} from './tasks.forms.ts';
import {
  countByStatus,
  hasTime,
  listAssignees,
  listComments,
  listProjectsForTasks,
  listTasks,
  sumTaskTime,
} from './tasks.queries.ts';
import type { TaskRow } from './tasks.queries.ts';
import {
  archiveTask,
  createTask,
  isEditable,
  moveTask,
  removeTask,
  requireManagedTask,
  requireEditableTask,
  requireTask,
  saveTask,
  taskDates,
} from './tasks.ts';
import { describeTask, tasksHref, valuesOf } from './task-page.ts';

export function taskRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/tasks', (req, res) => showList(deps, req, res));
  // Before the page of a task: the words are no ids.
  router.get('/tasks/board', (req, res) => showBoard(deps, req, res));
  router.get('/tasks/new', (req, res) => showNew(deps, req, res));
  router.post('/tasks', (req, res) => create(deps, req, res));
  router.get('/tasks/:id', (req, res) => showTask(deps, req, res));
  router.get('/tasks/:id/edit', (req, res) => showEdit(deps, req, res));
  router.post('/tasks/:id', (req, res) => save(deps, req, res));
  router.post('/tasks/:id/status', (req, res) => move(deps, req, res));
  router.post('/tasks/:id/archive', (req, res) => archive(deps, req, res));
  router.post('/tasks/:id/restore', (req, res) => restore(deps, req, res));
  router.post('/tasks/:id/delete', (req, res) => remove(deps, req, res));
  router.post('/tasks/:id/comments', (req, res) => comment(deps, req, res));
  router.post('/tasks/:id/comments/:comment_id', (req, res) => editComment(deps, req, res));
  router.post('/tasks/:id/comments/:comment_id/delete', (req, res) => uncomment(deps, req, res));
  return router;
}

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

async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
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

async function showBoard(deps: Deps, req: Request, res: Response): Promise<void> {
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

/** The lists of the form that may be long. */
const searchable = ['project_id', 'assignee_id'];

async function showNew(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(newTaskQuery, req.query);
  if (!query.ok) throw new AppError('bad_request', 'task_query');
  const { project_id, name } = query.value;
  const given = { name, project_id: String(project_id ?? ''), status: 'open', priority: 'normal' };
  const values = { ...given, ...searchesIn(req.query, searchable) };
  await showForm(deps, req, res, { task: null, values, problems: {} });
}

async function create(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readChosen(taskForm, req.body, searchable);
  const created = form.ok
    ? await createTask(deps.change, { viewer: personOf(res), form: form.value, now: deps.now() })
    : form;
  if (!created.ok) return answerForm(deps, req, res, { task: null, problems: created.problems });
  await tell(deps, res, 'tasks.created');
  res.redirect(303, returnTo(req, `/tasks/${created.value}`));
}

async function showTask(deps: Deps, req: Request, res: Response): Promise<void> {
  const task = await requireTask(deps.db, personOf(res), idOf(req.params['id']));
  await showTaskPage(deps, req, res, { task });
}

interface TaskPageState {
  task: TaskRow;
  /** A form that was refused: of a new comment, or of the comment that is being edited. */
  comment?: { body: string; problem: string | undefined; editing: number | null };
  /** Why the task stays as it is, and what can be done about it. */
  refused?: { sentence: string; offer: 'archive' | 'archive_anyway' };
}

/** Comments on a page of a task. */
const commentsShown = 50;

async function showTaskPage(deps: Deps, req: Request, res: Response, state: TaskPageState): Promise<void> {
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

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  const task = await requireEditableTask(deps.db, personOf(res), idOf(req.params['id']));
  const values = { ...valuesOf(task, res.locals.functions), ...searchesIn(req.query, searchable) };
  await showForm(deps, req, res, { task, values, problems: {} });
}

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const task = await requireEditableTask(deps.db, viewer, idOf(req.params['id']));
  const form = readChosen(taskForm, req.body, searchable);
  const write = { id: task.id, viewer, now: deps.now() };
  const saved = form.ok ? await saveTask(deps.change, { ...write, form: form.value }) : form;
  if (!saved.ok) return answerForm(deps, req, res, { task, problems: saved.problems });
  await tell(deps, res, 'tasks.saved');
  res.redirect(303, returnTo(req, `/tasks/${task.id}`));
}

async function move(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readForm(moveForm, req.body);
  if (!form.ok) throw new AppError('bad_request', 'task_move');
  const { t } = res.locals.functions;
  const task = await moveTask(deps.change, {
    ...{ id: idOf(req.params['id']), viewer: personOf(res) },
    ...{ to: form.value, now: deps.now() },
  });
  await tell(deps, res, 'tasks.moved', { name: task.name, status: t(`tasks.status_${task.status}`) });
  res.redirect(303, returnTo(req, `/tasks/${task.id}`));
}

async function archive(deps: Deps, req: Request, res: Response): Promise<void> {
  const { task, running } = await archiveTask(deps.change, {
    ...{ id: idOf(req.params['id']), viewer: personOf(res), archived_at: deps.now() },
    anyway: typed(req.body)['anyway'] === '1',
  });
  if (running > 0)
    return answerInvalid(req, res, { form: { key: 'tasks.runs', values: { running } } }, async (told) =>
      showTaskPage(deps, req, res, {
        task,
        refused: { sentence: told['form'] ?? '', offer: 'archive_anyway' },
      }),
    );
  await tell(deps, res, 'tasks.archived', undefined, `/tasks/${task.id}/restore`);
  res.redirect(303, returnTo(req, `/tasks/${task.id}`));
}

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const { task } = await archiveTask(deps.change, {
    ...{ id: idOf(req.params['id']), viewer: personOf(res), archived_at: null, anyway: true },
  });
  await tell(deps, res, 'tasks.restored');
  res.redirect(303, returnTo(req, `/tasks/${task.id}`));
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const task = await requireManagedTask(deps.db, viewer, idOf(req.params['id']));
  if (!(await removeTask(deps.change, viewer, task.id)))
    return answerInvalid(req, res, { form: { key: 'tasks.has_time' } }, async (told) =>
      showTaskPage(deps, req, res, { task, refused: { sentence: told['form'] ?? '', offer: 'archive' } }),
    );
  await tell(deps, res, 'tasks.deleted');
  res.redirect(303, `/projects/${task.project_id}`);
}

async function comment(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const task_id = idOf(req.params['id']);
  const form = readForm(commentForm, req.body);
  if (!form.ok) return refuseComment(deps, req, res, { problems: form.problems, editing: null });
  const { body } = form.value;
  const added = await addComment(deps.change, { viewer, task_id, now: deps.now(), body });
  res.redirect(303, `/tasks/${added.task_id}#comment-${added.id}`);
}

async function editComment(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const [task_id, id] = [idOf(req.params['id']), idOf(req.params['comment_id'])];
  const form = readForm(commentForm, req.body);
  if (!form.ok) return refuseComment(deps, req, res, { problems: form.problems, editing: id ?? null });
  await changeComment(deps.change, { viewer, task_id, id, now: deps.now(), body: form.value.body });
  res.redirect(303, `/tasks/${task_id}#comment-${id}`);
}

async function refuseComment(
  deps: Deps,
  req: Request,
  res: Response,
  { problems, editing }: { problems: Problems; editing: number | null },
): Promise<void> {
  const task = await requireTask(deps.db, personOf(res), idOf(req.params['id']));
  await answerInvalid(req, res, problems, (told, values) =>
    showTaskPage(deps, req, res, {
      task,
      comment: { body: values['body'] ?? '', problem: told['body'] ?? told['form'], editing },
    }),
  );
}

async function uncomment(deps: Deps, req: Request, res: Response): Promise<void> {
  const [task_id, id] = [idOf(req.params['id']), idOf(req.params['comment_id'])];
  await removeComment(deps.change, { viewer: personOf(res), task_id, id });
  await tell(deps, res, 'tasks.comment_deleted');
  res.redirect(303, `/tasks/${task_id}#comments`);
}

/** The form again with the problems and what was typed. */
function answerForm(
  deps: Deps,
  req: Request,
  res: Response,
  { task, problems }: { task: TaskRow | null; problems: Problems },
): Promise<void> {
  // After a conflict was told, saving again replaces what was told of.
  const replaces = problems['form']?.key === 'tasks.changed_elsewhere' && task !== null;
  const version: Record<string, string> = replaces ? { updated_at: String(task.updated_at) } : {};
  return answerInvalid(req, res, problems, (told, values) =>
    showForm(deps, req, res, {
      ...{ task, problems: told },
      values: { ...values, ...version, ...searchesIn(values, searchable) },
    }),
  );
}

interface FormData {
  task: TaskRow | null;
  values: Record<string, string>;
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, data: FormData): Promise<void> {
  const viewer = personOf(res);
  const { t } = res.locals.functions;
  const { task, values, problems } = data;
  const project_id = task?.project_id ?? idOf(values['project_id']) ?? null;
  await deps.page(
    req,
    res,
    'tasks/form',
    {
      ...data,
      title: task ? t('tasks.edit') : t('tasks.new'),
      projects: task
        ? null
        : await listProjectsForTasks(deps.db, viewer, {
            ...{ chosen: project_id, q: searchIn(values, 'project_id') },
          }),
      people: await listAssignees(deps.db, viewer, {
        ...{ project_id, assignee_id: task?.assignee_id ?? null, q: searchIn(values, 'assignee_id') },
      }),
      return_to: returnTo(req, ''),
    },
    Object.keys(problems).length > 0 ? 422 : 200,
  );
}

const tell = (
  deps: Deps,
  res: Response,
  key: MessageKey,
  values?: MessageValues,
  undo_path: string | null = null,
): Promise<void> =>
  setFlash(deps.db, sessionOf(res), {
    ...{ kind: 'success', text: res.locals.functions.t(key, values), undo_path },
  });
