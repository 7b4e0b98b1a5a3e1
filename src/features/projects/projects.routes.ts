import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { findEntryScope, managesProject } from '../access/access.queries.ts';
import { mayManageWork, requireWorkRights } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { listClientChoices } from '../clients/clients.queries.ts';
import { firstPage, listQuery, pageOf } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { projectForm } from './projects.forms.ts';
import { hasEntries, listProjects, listRecentEntries, sumProjectTime } from './projects.queries.ts';
import type { ProjectRow } from './projects.queries.ts';
import {
  archiveProject,
  createProject,
  currentRanges,
  removeProject,
  requireManagedProject,
  requireProject,
  saveProject,
} from './projects.ts';

export function projectRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/projects', (req, res) => showList(deps, req, res));
  router.get('/projects/new', (req, res) => showNew(deps, req, res));
  router.post('/projects', (req, res) => create(deps, req, res));
  router.get('/projects/:id', (req, res) => showProject(deps, req, res));
  router.get('/projects/:id/edit', (req, res) => showEdit(deps, req, res));
  router.post('/projects/:id', (req, res) => save(deps, req, res));
  router.post('/projects/:id/archive', (req, res) => archive(deps, req, res));
  router.post('/projects/:id/restore', (req, res) => restore(deps, req, res));
  router.post('/projects/:id/delete', (req, res) => remove(deps, req, res));
  return router;
}

const noTime = { total_seconds: 0, week_seconds: 0, month_seconds: 0 };

async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf('/projects', query, asked.ok ? await listProjects(deps.db, person, query) : []);
  const scope = await findEntryScope(deps.db, person);
  const ids = list.rows.map(({ id }) => id);
  const seconds = await sumProjectTime(deps.db, { ids, scope, ...currentRanges(person, deps.now()) });
  const { t } = res.locals.functions;
  await deps.page(
    req,
    res,
    'projects/index',
    {
      title: t('nav.projects'),
      may_manage: mayManageWork(person),
      sees_everybody: scope.sees === 'all',
      list,
      query,
      values: typed(req.query),
      problems: asked.ok ? {} : sentences(asked.problems, t),
      projects: list.rows.map((project) => ({ ...project, ...(seconds.get(project.id) ?? noTime) })),
    },
    asked.ok ? 200 : 422,
  );
}

async function showNew(deps: Deps, req: Request, res: Response): Promise<void> {
  requireWorkRights(personOf(res));
  const { name = '', client_id = '' } = typed(req.query);
  await showForm(deps, req, res, {
    project: null,
    values: { name, client_id, color: 'blue', billable: '1' },
    problems: {},
  });
}

async function create(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const form = readForm(projectForm, req.body);
  const created = form.ok
    ? await createProject(deps.change, person, { form: form.value, now: deps.now() })
    : form;
  if (!created.ok) return answerForm(deps, req, res, { project: null, problems: created.problems });
  await tell(deps, res, 'projects.created', null);
  res.redirect(303, returnTo(req, '/projects'));
}

async function showProject(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireProject(deps.db, person, idOf(req.params['id']));
  const may_manage = await managesProject(deps.db, person, project.id);
  const scope = await findEntryScope(deps.db, person);
  const ranges = currentRanges(person, deps.now());
  const seconds = await sumProjectTime(deps.db, { ids: [project.id], scope, ...ranges });
  await deps.page(req, res, 'projects/show', {
    title: project.name,
    may_manage,
    sees_everybody: may_manage,
    project,
    seconds: seconds.get(project.id) ?? noTime,
    entries: await listRecentEntries(deps.db, project.id, scope),
    report_href: `/reports/summary?from=${ranges.month.from}&to=${ranges.month.to}&project_id=${project.id}`,
  });
}

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  const project = await requireManagedProject(deps.db, personOf(res), idOf(req.params['id']));
  await showForm(deps, req, res, { project, values: valuesOf(project), problems: {} });
}

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const form = readForm(projectForm, req.body);
  const change = { id: project.id, now: deps.now() };
  const saved = form.ok ? await saveProject(deps.change, person, { ...change, form: form.value }) : form;
  if (!saved.ok) return answerForm(deps, req, res, { project, problems: saved.problems });
  await tell(deps, res, 'projects.saved', null);
  res.redirect(303, returnTo(req, `/projects/${project.id}`));
}

async function archive(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const { id } = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  await archiveProject(deps.change, { user_id: person.id }, { id, archived_at: deps.now() });
  await tell(deps, res, 'projects.archived', `/projects/${id}/restore`);
  res.redirect(303, returnTo(req, `/projects/${id}`));
}

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const { id } = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  await archiveProject(deps.change, { user_id: person.id }, { id, archived_at: null });
  await tell(deps, res, 'projects.restored', null);
  res.redirect(303, returnTo(req, `/projects/${id}`));
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const removed = await removeProject(deps.change, { user_id: person.id }, project.id);
  if (!removed)
    return answerInvalid(req, res, { form: { key: 'projects.has_time' } }, (problems) =>
      showForm(deps, req, res, { project, values: valuesOf(project), problems }),
    );
  await tell(deps, res, 'projects.deleted', null);
  res.redirect(303, '/projects');
}

/** The form again with the problems and what was typed. */
function answerForm(
  deps: Deps,
  req: Request,
  res: Response,
  { project, problems }: { project: ProjectRow | null; problems: Problems },
): Promise<void> {
  return answerInvalid(req, res, problems, (told, values) =>
    showForm(deps, req, res, { project, values, problems: told }),
  );
}

function valuesOf({ name, client_id, color, billable }: ProjectRow): Record<string, string> {
  return { name, client_id: String(client_id ?? ''), color, billable: billable === 1 ? '1' : '' };
}

interface FormData {
  project: ProjectRow | null;
  values: Record<string, string>;
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, data: FormData): Promise<void> {
  const { t } = res.locals.functions;
  const { project, problems } = data;
  const invalid = Object.keys(problems).length > 0;
  await deps.page(
    req,
    res,
    'projects/form',
    {
      ...data,
      title: project ? t('projects.edit') : t('projects.new'),
      clients: await listClientChoices(deps.db, personOf(res), project?.client_id ?? null),
      has_entries: project ? await hasEntries(deps.db, project.id) : false,
      return_to: returnTo(req, ''),
    },
    invalid ? 422 : 200,
  );
}

const tell = (deps: Deps, res: Response, key: MessageKey, undo_path: string | null): Promise<void> =>
  setFlash(deps.db, sessionOf(res), { kind: 'success', text: res.locals.functions.t(key), undo_path });
