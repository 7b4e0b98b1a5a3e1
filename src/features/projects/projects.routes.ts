import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { findEntryScope } from '../access/access.queries.ts';
import { mayManageWork, requireWorkRights } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { budgetText } from '../budgets/read-budget.ts';
import type { BudgetUse } from '../budgets/budgets.ts';
import { usesOfProjects } from '../budgets/uses-of-projects.ts';
import { currentRanges } from '../work/current-ranges.ts';
import { searchIn, searchesIn } from '../work/choice-list.ts';
import { readChosen } from '../work/choice.forms.ts';
import { listClientChoices } from '../work/client-choice.queries.ts';
import { firstPage, listQuery, pageOf } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { addMember, showMembers, takeMember } from './project-members.routes.ts';
import { setFavourite } from './project-people.ts';
import { listRecentProjects } from './project-people.queries.ts';
import { showProjectPage } from './project-show-page.ts';
import { archiveForm, favouriteForm, projectForm } from './projects.forms.ts';
import { hasEntries, listProjects, noTime, sumProjectTime } from './projects.queries.ts';
import type { ListedProject, ProjectRow } from './projects.queries.ts';
import {
  archiveProject,
  createProject,
  removeProject,
  requireManagedProject,
  requireProject,
  saveProject,
  versionOf,
} from './projects.ts';
import type { MoneyContext } from './projects.ts';

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
  router.post('/projects/:id/favourite', (req, res) => favour(deps, req, res));
  router.get('/projects/:id/members', (req, res) => showMembers(deps, req, res));
  router.post('/projects/:id/members', (req, res) => addMember(deps, req, res));
  router.post('/projects/:id/members/:user_id/remove', (req, res) => takeMember(deps, req, res));
  return router;
}

async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf('/projects', query, asked.ok ? await listProjects(deps.db, person, query) : []);
  const scope = await findEntryScope(deps.db, person);
  const ids = list.rows.map(({ id }) => id);
  const ranges = currentRanges(person, deps.now());
  const seconds = await sumProjectTime(deps.db, { ids, viewer: person, scope, ...ranges });
  const { t } = res.locals.functions;
  await deps.page(
    req,
    res,
    'projects/index',
    {
      title: t('nav.projects'),
      may_manage: mayManageWork(person),
      sees: scope.sees,
      list,
      query,
      values: typed(req.query),
      problems: asked.ok ? {} : sentences(asked.problems, t),
      recent: query.page === 1 && query.q === '' ? await listRecentProjects(deps.db, person) : [],
      budgets: await budgetUses(deps, res, list.rows),
      projects: list.rows.map((project) => ({ ...project, ...(seconds.get(project.id) ?? noTime) })),
    },
    asked.ok ? 200 : 422,
  );
}

/** How far the budgets of a page's projects are used, where the person manages them. */
async function budgetUses(
  deps: Deps,
  res: Response,
  projects: readonly ListedProject[],
): Promise<Map<number, BudgetUse>> {
  const { currency } = await deps.settings.read();
  const today = localDateOf(deps.now(), personOf(res).time_zone) ?? '1970-01-01';
  const currencyOf = ({ client_currency }: ListedProject): string => client_currency ?? currency;
  return usesOfProjects(deps.db, projects, { currencyOf, today });
}

async function showNew(deps: Deps, req: Request, res: Response): Promise<void> {
  requireWorkRights(personOf(res));
  const { name = '', client_id = '' } = typed(req.query);
  await showForm(deps, req, res, {
    project: null,
    values: { name, client_id, ...usualValues, ...searchesIn(req.query, ['client_id']) },
    problems: {},
  });
}

async function create(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const form = readChosen(projectForm, req.body, ['client_id']);
  const created = form.ok
    ? await createProject(deps.change, person, {
        ...{ form: form.value, now: deps.now() },
        money: await moneyContext(deps, res),
      })
    : form;
  if (!created.ok) return answerForm(deps, req, res, { project: null, problems: created.problems });
  await tell(deps, res, 'projects.created', null);
  res.redirect(303, returnTo(req, '/projects'));
}

const moneyContext = async (deps: Deps, res: Response): Promise<MoneyContext> => ({
  own_currency: (await deps.settings.read()).currency,
  locale: personOf(res).locale,
});

async function showProject(deps: Deps, req: Request, res: Response): Promise<void> {
  const project = await requireProject(deps.db, personOf(res), idOf(req.params['id']));
  await showProjectPage(deps, req, res, { project });
}

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  const project = await requireManagedProject(deps.db, personOf(res), idOf(req.params['id']));
  const values = { ...(await valuesOf(deps, res, project)), ...searchesIn(req.query, ['client_id']) };
  await showForm(deps, req, res, { project, values, problems: {} });
}

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const form = readChosen(projectForm, req.body, ['client_id']);
  const change = { id: project.id, now: deps.now(), money: await moneyContext(deps, res) };
  const saved = form.ok ? await saveProject(deps.change, person, { ...change, form: form.value }) : form;
  if (!saved.ok) return answerForm(deps, req, res, { project, problems: saved.problems });
  await tell(deps, res, 'projects.saved', null);
  res.redirect(303, returnTo(req, `/projects/${project.id}`));
}

async function archive(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const { id } = project;
  const form = readForm(archiveForm, req.body);
  const change = { id, archived_at: deps.now(), anyway: form.ok && form.value.anyway };
  const running = await archiveProject(deps.change, { user_id: person.id }, change);
  if (running > 0)
    return answerInvalid(req, res, { form: { key: 'projects.runs', values: { running } } }, (told) =>
      showProjectPage(deps, req, res, { project, refused: told['form'] ?? '' }),
    );
  await tell(deps, res, 'projects.archived', `/projects/${id}/restore`);
  res.redirect(303, returnTo(req, `/projects/${id}`));
}

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const { id } = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  await archiveProject(deps.change, { user_id: person.id }, { id, archived_at: null, anyway: true });
  await tell(deps, res, 'projects.restored', null);
  res.redirect(303, returnTo(req, `/projects/${id}`));
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const removed = await removeProject(deps.change, { user_id: person.id }, project.id);
  if (!removed)
    return answerInvalid(req, res, { form: { key: 'projects.has_time' } }, async (problems) =>
      showForm(deps, req, res, { project, values: await valuesOf(deps, res, project), problems }),
    );
  await tell(deps, res, 'projects.deleted', null);
  res.redirect(303, '/projects');
}

async function favour(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readForm(favouriteForm, req.body);
  const project_id = idOf(req.params['id']);
  const favourite = form.ok && form.value.favourite;
  await setFavourite(deps.change, personOf(res), { project_id, favourite });
  res.redirect(303, returnTo(req, `/projects/${project_id}`));
}

/** The form again with the problems and what was typed. */
function answerForm(
  deps: Deps,
  req: Request,
  res: Response,
  { project, problems }: { project: ProjectRow | null; problems: Problems },
): Promise<void> {
  return answerInvalid(req, res, problems, (told, values) =>
    showForm(deps, req, res, {
      ...{ project, problems: told },
      values: { ...values, ...searchesIn(values, ['client_id']) },
    }),
  );
}

const usualValues = {
  ...{ color: 'blue', billable: '1', visibility: 'everyone' },
  ...{ budget_kind: 'none', budget_period: 'total', budget_thresholds: '80, 100' },
};

async function valuesOf(deps: Deps, res: Response, project: ProjectRow): Promise<Record<string, string>> {
  const money = await moneyContext(deps, res);
  const { name, client_id, color, billable, code, description, start_date, due_date, visibility } = project;
  const { budget_seconds, budget_cents, budget_period, budget_thresholds } = project;
  const currency = project.client_currency ?? money.own_currency;
  const budget_kind = budget_seconds !== null ? 'hours' : budget_cents !== null ? 'money' : 'none';
  return {
    ...{ name, client_id: String(client_id ?? ''), color, billable: billable === 1 ? '1' : '' },
    ...{ code, description, start_date: start_date ?? '', due_date: due_date ?? '', visibility },
    ...{ budget_kind, budget_period, budget_amount: budgetText(project, { currency, locale: money.locale }) },
    budget_thresholds:
      budget_kind === 'none' ? usualValues.budget_thresholds : budget_thresholds.replaceAll(',', ', '),
  };
}

interface FormData {
  project: ProjectRow | null;
  values: Record<string, string>;
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, data: FormData): Promise<void> {
  const { t } = res.locals.functions;
  const { project, values, problems } = data;
  const invalid = Object.keys(problems).length > 0;
  await deps.page(
    req,
    res,
    'projects/form',
    {
      ...data,
      title: project ? t('projects.edit') : t('projects.new'),
      clients: await listClientChoices(deps.db, personOf(res), {
        ...{ chosen: idOf(values['client_id']) ?? null },
        q: searchIn(values, 'client_id'),
      }),
      may_make_clients: mayManageWork(personOf(res)),
      has_entries: project ? await hasEntries(deps.db, project.id) : false,
      version: project ? shownVersion(project, values, problems) : '',
      return_to: returnTo(req, ''),
    },
    invalid ? 422 : 200,
  );
}

/** Of what the form was made of; after a conflict was told, of what is stored now: saving again replaces that. */
const shownVersion = (
  project: ProjectRow,
  values: Record<string, string>,
  problems: Record<string, string>,
): string => (problems['form'] ? undefined : values['version']) ?? versionOf(project);

const tell = (deps: Deps, res: Response, key: MessageKey, undo_path: string | null): Promise<void> =>
  setFlash(deps.db, sessionOf(res), { kind: 'success', text: res.locals.functions.t(key), undo_path });
