import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey, MessageValues } from '../../i18n/translate.ts';
import { AppError } from '../../shared/errors.ts';
import { setFlash } from '../accounts/sessions.ts';
import { searchIn, searchesIn } from '../work/choice-list.ts';
import { readChosen } from '../work/choice.forms.ts';
import { returnTo } from '../work/return-to.ts';
import { listAssignees } from './assignees.queries.ts';
import { comment, editComment, uncomment } from './comments.routes.ts';
import { showBoard, showList } from './task-lists.routes.ts';
import { valuesOf } from './task-page.ts';
import { showTaskPage } from './task-show-page.ts';
import { moveForm, newTaskQuery, taskForm } from './tasks.forms.ts';
import { listProjectsForTasks } from './tasks.queries.ts';
import type { TaskRow } from './tasks.queries.ts';
import {
  archiveTask,
  createTask,
  moveTask,
  removeTask,
  requireEditableTask,
  requireManagedTask,
  requireTask,
  saveTask,
} from './tasks.ts';

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
        ...{ project_id, assignee_id: idOf(values['assignee_id']) ?? null },
        q: searchIn(values, 'assignee_id'),
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
