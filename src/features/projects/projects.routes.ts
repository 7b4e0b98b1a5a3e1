import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { findEntryScope, managesProject } from '../access/access.queries.ts';
import { mayManageWork, requireWorkRights } from '../access/access.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { setFlash } from '../accounts/sessions.ts';
import { budgetText } from '../budgets/read-budget.ts';
import type { BudgetUse } from '../budgets/budgets.ts';
import { listWorkMonths, listWorkPeople } from '../budgets/budgets.queries.ts';
import type { PersonTime, WorkMonth } from '../budgets/budgets.queries.ts';
import { figuresOf } from '../budgets/figures.ts';
import { usesOfProjects } from '../budgets/uses-of-projects.ts';
import { nameRates } from '../rates/rate-names.ts';
import { listMemberRates } from '../rates/rate-places.queries.ts';
import { scopeText } from '../rates/rates.ts';
import { listRates } from '../rates/rates.queries.ts';
import { listOpenTasks } from '../tasks/open-tasks.ts';
import { currentRanges } from '../work/current-ranges.ts';
import { searchIn, searchesIn } from '../work/choice-list.ts';
import { readChosen } from '../work/choice.forms.ts';
import { listClientChoices } from '../work/client-choice.queries.ts';
import { firstPage, listQuery, pageOf } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { viewBudget } from './project-budget.ts';
import { removeMember, setFavourite, setMember } from './project-people.ts';
import type { MemberWish } from './project-people.ts';
import { isFavourite, listMemberChoices, listMembers, listRecentProjects } from './project-people.queries.ts';
import type { Member } from './project-people.queries.ts';
import { archiveForm, favouriteForm, memberForm, projectForm } from './projects.forms.ts';
import { hasEntries, listProjects, listRecentEntries, sumProjectTime } from './projects.queries.ts';
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

const noTime = { total_seconds: 0, week_seconds: 0, month_seconds: 0 };

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
  const { today } = calendarOf(res, deps.now());
  const currencyOf = ({ client_currency }: ListedProject): string => client_currency ?? currency;
  return usesOfProjects(deps.db, projects, { currencyOf, today });
}

const calendarOf = (res: Response, now: number): { today: string } => ({
  today: localDateOf(now, personOf(res).time_zone) ?? '1970-01-01',
});

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

interface ProjectPageState {
  project: ProjectRow;
  /** Why it stays as it is. */
  refused?: string;
}

/** The page of a project; what costs money or is other people's is only for those who manage it. */
async function showProjectPage(
  deps: Deps,
  req: Request,
  res: Response,
  { project, refused }: ProjectPageState,
): Promise<void> {
  const person = personOf(res);
  const { db } = deps;
  const may_manage = await managesProject(db, person, project.id);
  const scope = await findEntryScope(db, person);
  const ranges = currentRanges(person, deps.now());
  const { today } = calendarOf(res, deps.now());
  const seconds = await sumProjectTime(db, { ids: [project.id], viewer: person, scope, ...ranges });
  const months = await listWorkMonths(db, person, { project_id: project.id });
  const data = {
    title: project.name,
    may_manage,
    may_price: may_manage,
    sees_everybody: may_manage,
    project,
    today,
    is_favourite: await isFavourite(db, person.id, project.id),
    seconds: seconds.get(project.id) ?? noTime,
    entries: await listRecentEntries(db, project.id, scope),
    tasks: await listOpenTasks(db, person, { work: { project_id: project.id }, today }),
    report_href: `/reports/summary?from=${ranges.month.from}&to=${ranges.month.to}&project_id=${project.id}`,
    refused: refused ?? null,
    managed: may_manage ? await managedData(deps, res, { project, months, today }) : null,
  };
  await deps.page(req, res, 'projects/show', data, refused === undefined ? 200 : 422);
}

/** Money, budget, people and rates. */
async function managedData(
  deps: Deps,
  res: Response,
  { project, months, today }: { project: ProjectRow; months: WorkMonth[]; today: string },
) {
  const { db } = deps;
  const { own_currency } = await moneyContext(deps, res);
  const figures = figuresOf(months, today.slice(0, 7));
  const members = await listMembers(db, project.id, firstPage);
  const work = { project_id: project.id };
  const booked = await listWorkPeople(db, personOf(res), { work, month: today.slice(0, 7) });
  const member_rates = await listMemberRates(db, project.id, ratesShown + 1);
  const own_rates = await listRates(db, [scopeText({ level: 'project', project_id: project.id })]);
  return {
    figures,
    members,
    people: peopleOf(booked, members),
    rates: await nameRates(db, [...own_rates, ...member_rates.slice(0, ratesShown)], res.locals.functions.t),
    has_more_rates: member_rates.length > ratesShown,
    ...(await viewBudgetPage(deps, res, { project, months, own_currency, today })),
  };
}

/** Rates of single people that the page of a project lists; all are on that of its members. */
const ratesShown = 20;

/** The first of those with time on the project or a place in it. */
function peopleOf(booked: readonly PersonTime[], members: readonly Member[]) {
  const managers = new Set(members.filter((member) => member.is_manager === 1).map(({ user_id }) => user_id));
  const with_time = new Set(booked.map(({ user_id }) => user_id));
  const without_time = members
    .filter(({ user_id }) => !with_time.has(user_id))
    .map(({ is_manager: _, ...person }) => ({ ...person, total_seconds: 0, month_seconds: 0 }));
  return [...booked, ...without_time]
    .slice(0, 50)
    .map((person) => ({ ...person, is_manager: managers.has(person.user_id) }));
}

async function viewBudgetPage(
  deps: Deps,
  res: Response,
  world: { project: ProjectRow; months: WorkMonth[]; own_currency: string; today: string },
) {
  const view = await viewBudget(deps.db, world);
  if (!view) return { budget: null };
  const { duration, money } = res.locals.functions;
  const { budget } = view;
  const billed_in = world.project.client_currency ?? world.own_currency;
  const amount = (value: number): string =>
    budget.kind === 'hours'
      ? `${value < 0 ? '−' : ''}${duration(Math.abs(value))}`
      : money(value, budget.currency);
  return {
    budget: {
      ...view,
      // Booked in another currency than that of the budget: it does not count.
      billed_in: budget.kind === 'money' && billed_in !== budget.currency ? billed_in : null,
      texts: { used: amount(view.use.used), left: amount(view.use.left), whole: amount(budget.amount) },
      points: (view.burn_down?.points ?? []).map(({ date, used, left }) => ({
        ...{ date, used: amount(used), left: amount(left) },
      })),
    },
  };
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

async function showMembers(deps: Deps, req: Request, res: Response): Promise<void> {
  const project = await requireManagedProject(deps.db, personOf(res), idOf(req.params['id']));
  await showMembersPage(deps, req, res, { project, values: {}, problems: {} });
}

interface MembersState {
  project: ProjectRow;
  values: Record<string, string>;
  problems: Record<string, string>;
  /** What was not done because it takes the last manager away, and the form that does it anyway. */
  refused?: { text: string; action: string; fields: Record<string, string> };
}

async function showMembersPage(deps: Deps, req: Request, res: Response, state: MembersState): Promise<void> {
  const { project, problems } = state;
  const person = personOf(res);
  const searches = searchesIn(req.method === 'POST' ? req.body : req.query, ['user_id']);
  const data = {
    ...{ refused: null, ...state },
    may_name_anybody: person.role === 'admin',
    title: res.locals.functions.t('projects.members_of', { name: project.name }),
    ...(await pageOfMembers(deps, req, project.id)),
    people: await listMemberChoices(deps.db, person, {
      project_id: project.id,
      q: searches['user_id_q'] ?? '',
    }),
    values: { ...state.values, ...searches },
  };
  const invalid = data.refused !== null || Object.keys(problems).length > 0;
  await deps.page(req, res, 'projects/members', data, invalid ? 422 : 200);
}

/** Members, and what single ones are paid by the hour here. */
async function pageOfMembers({ db }: Deps, req: Request, project_id: number) {
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf(`/projects/${project_id}/members`, query, await listMembers(db, project_id, query));
  const scopeOf = ({ user_id }: Member): string => scopeText({ level: 'member', project_id, user_id });
  const rates = await listRates(db, list.rows.map(scopeOf));
  const members = list.rows.map((member) => ({
    ...member,
    rate_href: `/rates/edit?scope=${scopeOf(member)}`,
    rates: rates.filter(({ scope }) => scope === scopeOf(member)),
  }));
  return { query, list, members };
}

async function addMember(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const form: FormResult<MemberWish> = readChosen(memberForm, req.body, ['user_id']);
  const set = form.ok
    ? await setMember(deps.change, person, { project_id: project.id, wish: form.value, now: deps.now() })
    : form;
  if (!set.ok)
    return answerInvalid(req, res, set.problems, ({ anyway, ...problems }, values) =>
      showMembersPage(deps, req, res, {
        ...{ project, values, problems },
        ...(anyway === undefined ? {} : { refused: lastManagerOf(req, anyway) }),
      }),
    );
  const gave_up = set.value === person.id && !(await managesProject(deps.db, person, project.id));
  await tell(deps, res, gave_up ? 'projects.self_demoted' : 'projects.member_saved', null);
  // Who does not manage it any more sees the project, but not its members.
  res.redirect(303, gave_up ? `/projects/${project.id}` : `/projects/${project.id}/members`);
}

/** The same form once more, with the word that it is meant. */
function lastManagerOf(req: Request, text: string) {
  const { user_id = '', email = '' } = typed(req.body);
  return { text, action: req.path, fields: { user_id, email, is_manager: '0', anyway: '1' } };
}

async function takeMember(deps: Deps, req: Request, res: Response): Promise<void> {
  const [project_id, user_id] = [idOf(req.params['id']), idOf(req.params['user_id'])];
  const person = personOf(res);
  const form = readForm(archiveForm, req.body);
  const wish = { project_id, user_id, anyway: form.ok && form.value.anyway, now: deps.now() };
  const removed = await removeMember(deps.change, person, wish);
  if (!removed.ok) {
    const project = await requireManagedProject(deps.db, person, project_id);
    return answerInvalid(req, res, removed.problems, ({ anyway = '' }) =>
      showMembersPage(deps, req, res, {
        ...{ project, values: {}, problems: {}, refused: lastManagerOf(req, anyway) },
      }),
    );
  }
  const { t } = res.locals.functions;
  const also = removed.value > 0 ? [t('projects.tasks_released', { tasks: removed.value })] : [];
  const text = [t('projects.member_removed'), ...also].join(' ');
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  // Who takes themselves off may not see this page any more.
  res.redirect(303, user_id === person.id ? '/projects' : `/projects/${project_id}/members`);
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
        ...{ chosen: project?.client_id ?? idOf(values['client_id']) ?? null },
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
