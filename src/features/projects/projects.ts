import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import type { FormResult, Problem, Problems } from '../../http/forms.ts';
import type { Person } from '../../http/express-locals.ts';
import { localDateOf, rangeOf } from '../../shared/calendar.ts';
import type { DateRange } from '../../shared/calendar.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Actor, Change, RecordInChange } from '../../telemetry/record.ts';
import { addClient } from '../clients/clients.ts';
import { findClient, findClientByKey, findVisibleClient } from '../clients/clients.queries.ts';
import { insertProjectManager } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { requireManager } from '../access/access.ts';
import { retryConflict } from '../work/conflicts.ts';
import type { ProjectForm } from './projects.forms.ts';
import { projectColors, projectForm, projectNameMax } from './projects.forms.ts';
import {
  deleteProject,
  findProject,
  findProjectByKey,
  findVisibleProject,
  insertProject,
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

/** This week and this month of a person's calendar. */
export function currentRanges(person: Person, now: number): { week: DateRange; month: DateRange } {
  const today = localDateOf(now, person.time_zone) ?? '1970-01-01';
  const nothing = { from: today, to: today };
  return {
    week: rangeOf('this_week', today, person.week_start) ?? nothing,
    month: rangeOf('this_month', today, person.week_start) ?? nothing,
  };
}

/** @returns the new id, or what is wrong: the name is in use, the client cannot be chosen. */
export function createProject(
  change: Change,
  viewer: Viewer,
  { form, now }: { form: ProjectForm; now: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => addProject(trx, record, { viewer, form, now })),
  );
}

/** The same inside a change that goes on with the project; whoever calls retries a conflict. */
export async function addProject(
  trx: Transaction<Database>,
  record: RecordInChange,
  { viewer, form, now }: { viewer: Viewer; form: ProjectForm; now: number },
): Promise<FormResult<number>> {
  const checked = await checkPlace(trx, record, { viewer, form, now, project: undefined });
  if (!checked.ok) return checked;
  const client_id = checked.value;
  const { name, color, billable } = form;
  const project_id = await insertProject(trx, {
    client_id,
    name,
    name_key: foldCase(name),
    color,
    billable: billable ? 1 : 0,
    created_at: now,
    archived_at: null,
  });
  // An administrator manages every project anyway.
  if (viewer.role !== 'admin') await insertProjectManager(trx, project_id, viewer.id);
  record('project.created', { project_id, has_client: client_id !== null, billable });
  return { ok: true, value: project_id };
}

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
  const added = await addProject(trx, record, { viewer, form: form.data, now });
  if (added.ok) return { ok: true };
  return { ok: false, problem: added.problems['name'] ?? { key: 'form.invalid' } };
}

/** The same colour for the same name, so that people who make it twice see it alike. */
function colorFor(name: string): string {
  let sum = 0;
  for (const character of foldCase(name)) sum += character.codePointAt(0) ?? 0;
  return projectColors[sum % projectColors.length] ?? projectColors[0];
}

/** Changes a project. Entries keep what they have: only new ones follow the new billable default. */
export function saveProject(
  change: Change,
  viewer: Viewer,
  { id, form, now }: { id: number; form: ProjectForm; now: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const project = await requireStored(trx, id);
      const checked = await checkPlace(trx, record, { viewer, form, now, project });
      if (!checked.ok) return checked;
      const client_id = checked.value;
      const { name, color, billable } = form;
      await updateProject(trx, id, {
        client_id,
        name,
        name_key: foldCase(name),
        color,
        billable: billable ? 1 : 0,
      });
      record('project.updated', { project_id: id, has_client: client_id !== null, billable });
      return { ok: true, value: id };
    }),
  );
}

interface Place {
  viewer: Viewer;
  form: ProjectForm;
  now: number;
  /** The project that is changed; undefined for a new one. */
  project: ProjectRow | undefined;
}

/** Finds or adds the client and makes sure that the name is free there. */
async function checkPlace(
  trx: Transaction<Database>,
  record: RecordInChange,
  { viewer, form, now, project }: Place,
): Promise<FormResult<number | null>> {
  const client = await chooseClient(trx, { viewer, form, project });
  if (!client.ok) return client;
  if (client.value === 'new')
    return { ok: true, value: await addClient(trx, record, { name: form.new_client, created_at: now }) };
  const name_key = foldCase(form.name);
  const other = await findProjectByKey(trx, { client_id: client.value, name_key });
  if (other && other.id !== project?.id) return refused('name', 'projects.taken');
  return { ok: true, value: client.value };
}

async function chooseClient(
  trx: Db,
  { viewer, form, project }: Pick<Place, 'viewer' | 'form' | 'project'>,
): Promise<FormResult<number | null | 'new'>> {
  if (form.new_client !== '') {
    const known = await findClientByKey(trx, foldCase(form.new_client));
    if (!known) return { ok: true, value: 'new' };
    return known.archived_at === null
      ? { ok: true, value: known.id }
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
  return { ok: true, value: client.id };
}

const refused = (field: string, key: Problems[string]['key']): { ok: false; problems: Problems } => ({
  ok: false,
  problems: { [field]: { key } },
});

/** Archives or restores. */
export async function archiveProject(
  change: Change,
  actor: Actor,
  { id, archived_at }: { id: number; archived_at: number | null },
): Promise<void> {
  await change(actor, async (trx, record) => {
    await requireStored(trx, id);
    if (await updateProjectArchived(trx, id, archived_at))
      record('project.archived', { project_id: id, archived: archived_at !== null });
  });
}

/** @returns false when time was booked on the project and it stays. */
export function removeProject(change: Change, actor: Actor, id: number): Promise<boolean> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      await requireStored(trx, id);
      const deleted = await deleteProject(trx, id);
      if (deleted) record('project.deleted', { project_id: id });
      return deleted;
    }),
  );
}
