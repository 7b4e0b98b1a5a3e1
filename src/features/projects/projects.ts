import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import type { FormResult, Problem, Problems } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Actor, Change, RecordInChange } from '../../telemetry/record.ts';
import { readBudget } from '../budgets/read-budget.ts';
import { addClient } from '../clients/clients.ts';
import { appendAudit } from '../audit/audit.ts';
import { findClient, findClientByKey, findVisibleClient } from '../clients/clients.queries.ts';
import type { ClientRow } from '../clients/clients.queries.ts';
import { insertProjectManager } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { mayManageWork, requireManager } from '../access/access.ts';
import { scopeText } from '../rates/rates.ts';
import { deleteRatesOf, deleteRatesOfProject } from '../rates/rates.queries.ts';
import { defaultCurrency } from '../settings/settings.ts';
import { retryConflict } from '../work/conflicts.ts';
import { formVersion } from '../work/form-version.ts';
import { releaseTasks } from './project-people.queries.ts';
import type { ProjectForm } from './projects.forms.ts';
import { projectColors, projectForm, projectNameMax } from './projects.forms.ts';
import {
  countRunningOn,
  deleteProject,
  findProject,
  findProjectByCode,
  findProjectByKey,
  findTaskDueBefore,
  findVisibleProject,
  insertProject,
  listTaskIds,
  updateProject,
  updateProjectArchived,
} from './projects.queries.ts';
import type { ProjectRow } from './projects.queries.ts';

/** The project, seen by the viewer. Throws not found. */
export async function requireProject(db: Db, viewer: Viewer, id: number | undefined): Promise<ProjectRow> {
  const project = id === undefined ? undefined : await findVisibleProject(db, viewer, id);
  if (!project) throw notFound('project');
  return project;
}

/** The project, for somebody who wants to change it. Throws not found, and `forbidden` for those who only see it. */
export async function requireManagedProject(
  db: Db,
  viewer: Viewer,
  id: number | undefined,
): Promise<ProjectRow> {
  const project = await requireProject(db, viewer, id);
  await requireManager(db, viewer, project.id);
  return project;
}

async function requireStored(trx: Db, id: number): Promise<ProjectRow> {
  const project = await findProject(trx, id);
  if (!project) throw notFound('project');
  return project;
}

/** In what the amounts of a form are, and how its sentences write them. */
export interface MoneyContext {
  /** Of the instance; that of the client goes before it. */
  own_currency: string;
  locale: string;
}

/** @returns the new id, or what is wrong: name or code are in use, the client cannot be chosen, dates or budget cannot be. */
export function createProject(
  change: Change,
  viewer: Viewer,
  write: { form: ProjectForm; now: number; money: MoneyContext },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => addProject(trx, record, { viewer, ...write })),
  );
}

/** The same inside a change that goes on with the project; whoever calls retries a conflict. */
export async function addProject(
  trx: Transaction<Database>,
  record: RecordInChange,
  { viewer, form, now, money }: Omit<Place, 'project'>,
): Promise<FormResult<number>> {
  const checked = await checkPlace(trx, record, { viewer, form, now, money, project: undefined });
  if (!checked.ok) return checked;
  const { client_id } = checked.value;
  const project_id = await insertProject(trx, {
    ...rowOf(form, checked.value),
    created_at: now,
    archived_at: null,
  });
  // An administrator manages every project anyway.
  if (viewer.role !== 'admin') await insertProjectManager(trx, project_id, viewer.id);
  record('project.created', { project_id, ...propertiesOf(form, client_id) });
  return { ok: true, value: project_id };
}

interface Checked {
  client_id: number | null;
  budget_seconds: number | null;
  budget_cents: number | null;
  budget_currency: string | null;
}

function rowOf(form: ProjectForm, checked: Checked) {
  const { name, color, billable, code, description, start_date, due_date, visibility } = form;
  const { budget_period, budget_thresholds } = form;
  return {
    ...{ name, name_key: foldCase(name), color, billable: billable ? (1 as const) : (0 as const) },
    ...{ code, description, start_date, due_date, visibility, ...checked, budget_period },
    budget_thresholds: form.budget_kind === 'none' ? '' : budget_thresholds,
  };
}

const propertiesOf = (form: ProjectForm, client_id: number | null) => ({
  has_client: client_id !== null,
  billable: form.billable,
  has_due_date: form.due_date !== null,
  has_description: form.description !== '',
  has_budget: form.budget_kind !== 'none',
});

/**
 * Adds a project of which only the name is known, with what the form of projects would offer for the rest.
 *
 * @returns what is wrong with the name when it cannot be taken.
 */
export async function addNamedProject(
  trx: Transaction<Database>,
  record: RecordInChange,
  { viewer, name, now }: { viewer: Viewer; name: string; now: number },
): Promise<{ ok: true } | { ok: false; problem: Problem }> {
  const form = projectForm.safeParse({ name, color: colorFor(name), billable: '1' });
  if (!form.success) {
    const is_long = [...name].length > projectNameMax;
    return {
      ok: false,
      problem: is_long
        ? { key: 'form.too_long', values: { maximum: projectNameMax } }
        : { key: 'form.invalid' },
    };
  }
  // No amount of money is among what is offered.
  const money = { own_currency: defaultCurrency, locale: 'en' };
  const added = await addProject(trx, record, { viewer, form: form.data, now, money });
  if (added.ok) return { ok: true };
  return { ok: false, problem: added.problems['name'] ?? { key: 'form.invalid' } };
}

/** The same colour for the same name, so that people who make it twice see it alike. */
function colorFor(name: string): string {
  let sum = 0;
  for (const character of foldCase(name)) sum += character.codePointAt(0) ?? 0;
  return projectColors[sum % projectColors.length] ?? projectColors[0];
}

/** Of what a form of a project shows. */
export const versionOf = (project: ProjectRow): string =>
  formVersion([
    ...[project.name, project.client_id, project.color, project.billable, project.code, project.description],
    ...[project.start_date, project.due_date, project.visibility, project.budget_period],
    ...[project.budget_seconds, project.budget_cents, project.budget_currency, project.budget_thresholds],
  ]);

/**
 * Changes a project. Entries keep what they have: only new ones follow the new billable default and rates. A form that
 * shows an older version is refused.
 */
export function saveProject(
  change: Change,
  viewer: Viewer,
  { id, ...write }: { id: number; form: ProjectForm; now: number; money: MoneyContext },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const project = await requireStored(trx, id);
      if (!['', versionOf(project)].includes(write.form.version))
        return { ok: false, problems: { form: { key: 'projects.changed_elsewhere' } } };
      const checked = await checkPlace(trx, record, { viewer, ...write, project });
      if (!checked.ok) return checked;
      await updateProject(trx, id, rowOf(write.form, checked.value));
      await changeVisibility(trx, viewer, { project, form: write.form, now: write.now });
      record('project.updated', { project_id: id, ...propertiesOf(write.form, checked.value.client_id) });
      return { ok: true, value: id };
    }),
  );
}

/** Who sees a project says whose rights reach it, so the log tells; tasks of those who do not see it any more go back. */
async function changeVisibility(
  trx: Transaction<Database>,
  viewer: Viewer,
  { project, form, now }: { project: ProjectRow; form: ProjectForm; now: number },
): Promise<void> {
  if (form.visibility === project.visibility) return;
  await releaseTasks(trx, project.id, now);
  await appendAudit(trx, {
    ...{ at: now, actor_id: viewer.id, action: 'project.visibility_changed', subject: 'project' },
    ...{ subject_id: project.id, user_id: null },
    content: { visibility: form.visibility, visibility_before: project.visibility },
  });
}

interface Place {
  viewer: Viewer;
  form: ProjectForm;
  now: number;
  money: MoneyContext;
  /** The project that is changed; undefined for a new one. */
  project: ProjectRow | undefined;
}

/** Looks at everything that a form names, says all that is wrong with it, and only then adds a new client. */
async function checkPlace(
  trx: Transaction<Database>,
  record: RecordInChange,
  place: Place,
): Promise<FormResult<Checked>> {
  const { form, now, project } = place;
  const chosen = await chooseClient(trx, place);
  const client = chosen.ok ? chosen.value : null;
  const { own_currency, locale } = place.money;
  const currency = (client === 'new' ? null : client?.currency) ?? own_currency;
  const stored_currency = project && (project.client_currency ?? own_currency);
  const budget = readBudget(form, { currency, stored_currency, stored: project, locale });
  const client_id = client === 'new' ? null : (client?.id ?? null);
  const problems: Problems = {
    ...(chosen.ok ? {} : chosen.problems),
    ...(budget.ok ? {} : { budget_amount: budget.problem }),
    ...(await problemsOf(trx, place, client === 'new' ? undefined : client_id)),
  };
  if (!budget.ok || Object.keys(problems).length > 0) return { ok: false, problems };
  const added =
    client === 'new'
      ? await addClient(trx, record, { name: form.new_client, created_at: now, created_by: place.viewer.id })
      : client_id;
  return { ok: true, value: { client_id: added, ...budget.value } };
}

/** @param client_id - undefined when the client is yet to be made: nothing of its name can be there. */
async function problemsOf(
  trx: Db,
  { viewer, form: { name, code, start_date, due_date }, project }: Place,
  client_id: number | null | undefined,
): Promise<Problems> {
  const problems: Problems = {};
  if (client_id !== undefined) {
    const other = await findProjectByKey(trx, { client_id, name_key: foldCase(name) });
    if (other && other.id !== project?.id) problems['name'] = { key: 'projects.taken' };
  }
  const twin = code === '' ? undefined : await findProjectByCode(trx, code);
  if (twin && twin.id !== project?.id)
    problems['code'] = (await findVisibleProject(trx, viewer, twin.id))
      ? { key: 'projects.code_taken', values: { code, name: twin.name } }
      : { key: 'form.code_taken', values: { code } };
  if (start_date !== null && due_date !== null && due_date < start_date)
    problems['due_date'] = { key: 'projects.due_before_start' };
  if (project && start_date !== null && start_date !== project.start_date) {
    const task = await findTaskDueBefore(trx, project.id, start_date);
    if (task) problems['start_date'] = { key: 'projects.start_after_task', values: { task: task.name } };
  }
  return problems;
}

async function chooseClient(
  trx: Db,
  { viewer, form, project }: Pick<Place, 'viewer' | 'form' | 'project'>,
): Promise<FormResult<ClientRow | null | 'new'>> {
  if (form.new_client !== '') {
    const known = await findClientByKey(trx, foldCase(form.new_client));
    const may_make = mayManageWork(viewer);
    if (!known && may_make) return { ok: true, value: 'new' };
    // Its name would open the page of a client that is not theirs to see.
    if (!known || (known.id !== project?.client_id && !(await findVisibleClient(trx, viewer, known.id))))
      return refused('new_client', may_make ? 'projects.client_elsewhere' : 'projects.client_not_yours');
    return known.archived_at === null
      ? { ok: true, value: known }
      : refused('new_client', 'projects.client_archived');
  }
  if (form.client_id === null) return { ok: true, value: null };
  // A client that the viewer does not see is none; the project's own may stay.
  const client =
    form.client_id === project?.client_id
      ? await findClient(trx, form.client_id)
      : await findVisibleClient(trx, viewer, form.client_id);
  if (!client) return refused('client_id', 'form.choice');
  // A project may stay where it is, although nothing new is put there.
  if (client.archived_at !== null && client.id !== project?.client_id)
    return refused('client_id', 'projects.client_archived');
  return { ok: true, value: client };
}

const refused = (field: string, key: Problems[string]['key']): { ok: false; problems: Problems } => ({
  ok: false,
  problems: { [field]: { key } },
});

/**
 * Archives or restores.
 *
 * @returns how many timers run on the project, when that keeps it from being archived.
 */
export async function archiveProject(
  change: Change,
  actor: Actor,
  { id, archived_at, anyway }: { id: number; archived_at: number | null; anyway: boolean },
): Promise<number> {
  return change(actor, async (trx, record) => {
    await requireStored(trx, id);
    const running = archived_at === null || anyway ? 0 : await countRunningOn(trx, id);
    if (running === 0 && (await updateProjectArchived(trx, id, archived_at)))
      record('project.archived', { project_id: id, archived: archived_at !== null });
    return running;
  });
}

/** @returns false when time was booked on the project and it stays. Its tasks and rates go with it. */
export function removeProject(change: Change, actor: Actor, id: number): Promise<boolean> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      await requireStored(trx, id);
      const tasks = await listTaskIds(trx, id);
      if (!(await deleteProject(trx, id))) return false;
      await deleteRatesOfProject(trx, id);
      await deleteRatesOf(
        trx,
        tasks.map((task_id) => scopeText({ level: 'task', task_id })),
      );
      record('project.deleted', { project_id: id });
      return true;
    }),
  );
}
