import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { lockPerson } from '../../db/lock.ts';
import type { Database } from '../../db/schema.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { emailKeyOf, isEmailTaken } from '../accounts/people.ts';
import { findPersonByEmail, insertPerson, updatePerson } from '../accounts/people.queries.ts';
import { deleteSessions } from '../accounts/sessions.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import type { AuditAction, AuditEntry } from '../audit/audit.ts';
import { createLink } from '../invitations/links.ts';
import type { NewLink } from '../invitations/links.ts';
import { deleteOpenLinks } from '../invitations/links.queries.ts';
import type { Settings } from '../settings/settings.ts';
import { stopTimer } from '../timer/timer.ts';
import { formVersion } from '../work/form-version.ts';
import { countLostRates, countOfPerson, updateOwner } from './merge.queries.ts';
import type { MergeCounts } from './merge.queries.ts';
import {
  countOtherAdministrators,
  deletePerson,
  findPersonRow,
  hasTraces,
  insertMemberships,
  lockAdministrators,
} from './people-list.queries.ts';
import type { PersonRow } from './people-list.queries.ts';
import type { InviteForm, PersonForm, PlaceholderForm } from './people.forms.ts';

export type Trx = Transaction<Database>;

/** Who does it, when (epoch ms, whole seconds), and the address of this server in mails; null where it sends none. */
export interface Administration {
  actor_id: number;
  now: number;
  mail_origin: string | null;
}

/** Where somebody stands. Nobody is watched: nothing here says who is signed in or when somebody was. */
export type PersonState = 'active' | 'invited' | 'placeholder' | 'former';

export function stateOf(
  person: Pick<PersonRow, 'deactivated_at' | 'is_placeholder' | 'has_password'>,
): PersonState {
  if (person.deactivated_at !== null) return 'former';
  if (person.is_placeholder === 1) return 'placeholder';
  return person.has_password === 1 ? 'active' : 'invited';
}

/** Throws not found. */
export async function requirePerson(db: Db, id: number | undefined): Promise<PersonRow> {
  const person = id === undefined ? undefined : await findPersonRow(db, id);
  if (!person) throw notFound('person');
  return person;
}

const problem = (field: string, key: Problems[string]['key']): { ok: false; problems: Problems } => ({
  ok: false,
  problems: { [field]: { key } },
});

async function audit(
  trx: Trx,
  { actor_id, now }: Administration,
  action: AuditAction,
  { id, content = {} }: { id: number; content?: AuditEntry['content'] },
): Promise<void> {
  await appendAudit(trx, {
    ...{ at: now, actor_id, action, subject: 'person', subject_id: id, user_id: id, content },
  });
}

export interface Invited {
  id: number;
  link: NewLink;
}

/** Whose address it is already, and what to do about somebody who is not in; undefined when it is free. */
async function takenProblem(
  trx: Trx,
  email: string,
  own_id: number | null,
): Promise<{ ok: false; problems: Problems } | undefined> {
  const owner = await findPersonByEmail(trx, emailKeyOf(email));
  if (!owner || owner.id === own_id) return undefined;
  const { name, deactivated_at, password_hash } = owner;
  if (deactivated_at === null && password_hash !== null) return problem('email', 'account.email_taken');
  const key = deactivated_at === null ? 'people.taken_invited' : 'people.taken_former';
  return { ok: false, problems: { email: { key, values: { name } } } };
}

/** Adds a person who gets in by a link, or the problem that the address is in use. */
export async function invitePerson(
  trx: Trx,
  record: RecordInChange,
  { form, settings, by }: { form: InviteForm; settings: Settings; by: Administration },
): Promise<FormResult<Invited>> {
  const taken = await takenProblem(trx, form.email, null);
  if (taken) return taken;
  const { name, email, role, locale, project_id } = form;
  const { time_zone, week_start, duration_format } = settings;
  const id = await insertPerson(trx, {
    ...{ name, email, email_key: emailKeyOf(email), password_hash: null, role, locale },
    ...{ time_zone, week_start, duration_format, theme: 'system', created_at: by.now, deactivated_at: null },
  });
  await insertMemberships(trx, id, project_id);
  const link = await newLink(trx, 'invitation', id, by);
  await audit(trx, by, 'person.invited', { id, content: { role, project_ids: project_id } });
  record('admin.user_created', { role, source: 'invitation' });
  return { ok: true, value: { id, link } };
}

const newLink = (
  trx: Trx,
  kind: 'invitation' | 'password_reset',
  user_id: number,
  { actor_id, now, mail_origin }: Administration,
): Promise<NewLink> => createLink(trx, { kind, user_id, created_by: actor_id, now, mail_origin });

/** Adds somebody who has time here but no account. @returns the id. */
export async function addPlaceholder(
  trx: Trx,
  record: RecordInChange,
  { form, settings, by }: { form: PlaceholderForm; settings: Settings; by: Administration },
): Promise<number> {
  const { time_zone, week_start, duration_format } = settings;
  const id = await insertPerson(trx, {
    // A key that no address folds to, and that the unique index takes.
    ...{ name: form.name, email: '', email_key: `placeholder ${randomUUID()}`, password_hash: null },
    ...{ role: 'member', locale: 'en', time_zone, week_start, duration_format, theme: 'system' },
    ...{ created_at: by.now, deactivated_at: null, is_placeholder: 1 },
  });
  await insertMemberships(trx, id, form.project_id);
  await audit(trx, by, 'person.placeholder_created', { id });
  record('admin.user_created', { role: 'member', source: 'placeholder' });
  return id;
}

/** Gives a placeholder an account to come: an address, a role and a link. */
export async function invitePlaceholder(
  trx: Trx,
  record: RecordInChange,
  { id, form, by }: { id: number; form: Omit<InviteForm, 'project_id'>; by: Administration },
): Promise<FormResult<Invited>> {
  const person = await requireLocked(trx, id);
  if (person.is_placeholder === 0) return problem('form', 'people.no_placeholder');
  const taken = await takenProblem(trx, form.email, id);
  if (taken) return taken;
  const { name, email, role, locale } = form;
  await updatePerson(trx, id, {
    ...{ name, email, email_key: emailKeyOf(email), role, locale, is_placeholder: 0, deactivated_at: null },
  });
  const link = await newLink(trx, 'invitation', id, by);
  await audit(trx, by, 'person.invited', { id, content: { role, was_placeholder: true } });
  record('admin.user_updated', { change: 'invited', source: 'page' });
  return { ok: true, value: { id, link } };
}

async function requireLocked(trx: Trx, id: number): Promise<PersonRow> {
  await lockPerson(trx, id);
  return requirePerson(trx, id);
}

/** Of what the form of a person shows. */
export const versionOf = ({ name, email, role }: PersonRow): string => formVersion([name, email, role]);

/** Changes name, address and role; a form that shows an older version is refused. The last administrator stays one. */
export async function savePerson(
  trx: Trx,
  record: RecordInChange,
  { id, form, by }: { id: number; form: PersonForm; by: Administration },
): Promise<FormResult<null>> {
  await lockAdministrators(trx);
  const person = await requireLocked(trx, id);
  const { name, email, role, version } = form;
  if (!['', versionOf(person)].includes(version)) return problem('form', 'people.changed_elsewhere');
  if (await isEmailTaken(trx, email, id)) return problem('email', 'account.email_taken');
  const demoted = person.role === 'admin' && role !== 'admin';
  if (demoted && (await countOtherAdministrators(trx, id)) === 0) return problem('role', 'people.last_admin');
  const moved = emailKeyOf(email) !== emailKeyOf(person.email);
  await updatePerson(trx, id, { name, email, email_key: emailKeyOf(email), role });
  // A link that went to the old address must not open any more.
  if (moved) await deleteOpenLinks(trx, id);
  const content = {
    role,
    role_before: person.role,
    name_changed: name !== person.name,
    email_changed: moved,
  };
  await audit(trx, by, 'person.updated', { id, content });
  const change = role === person.role ? 'profile' : 'role';
  record('admin.user_updated', { change, source: 'page' });
  return { ok: true, value: null };
}

/** Changes the name of a placeholder, who has nothing else. */
export async function renameOnly(
  trx: Trx,
  record: RecordInChange,
  { id, name, by }: { id: number; name: string; by: Administration },
): Promise<void> {
  const person = await requireLocked(trx, id);
  if (person.name === name) return;
  await updatePerson(trx, id, { name });
  await audit(trx, by, 'person.updated', { id, content: { name_changed: true } });
  record('admin.user_updated', { change: 'profile', source: 'page' });
}

/**
 * Ends somebody's access: sessions and links end at once, a running timer is stopped and booked. Their time stays.
 *
 * @returns whether a timer was stopped.
 */
export async function deactivatePerson(
  trx: Trx,
  record: RecordInChange,
  { id, by }: { id: number; by: Administration },
): Promise<FormResult<{ stopped: boolean }>> {
  await lockAdministrators(trx);
  const person = await requireLocked(trx, id);
  if (id === by.actor_id) return problem('form', 'people.not_yourself');
  if (person.role === 'admin' && (await countOtherAdministrators(trx, id)) === 0)
    return problem('form', 'people.last_admin');
  if (person.deactivated_at !== null) return { ok: true, value: { stopped: false } };
  const stopped = (await stopTimer(trx, record, { user_id: id }, by.now)) === 'stopped';
  await updatePerson(trx, id, { deactivated_at: by.now });
  await deleteSessions(trx, id);
  await deleteOpenLinks(trx, id);
  await audit(trx, by, 'person.deactivated', { id, content: { timer_stopped: stopped } });
  record('admin.user_updated', { change: 'deactivated', source: 'page' });
  return { ok: true, value: { stopped } };
}

/** Lets somebody in again, with the password they had. */
export async function activatePerson(
  trx: Trx,
  record: RecordInChange,
  { id, by }: { id: number; by: Administration },
): Promise<void> {
  const person = await requireLocked(trx, id);
  if (person.deactivated_at === null) return;
  await updatePerson(trx, id, { deactivated_at: null });
  await audit(trx, by, 'person.activated', { id });
  record('admin.user_updated', { change: 'activated', source: 'page' });
}

/** Removes somebody of whom there is nothing: who has time is deactivated instead. */
export async function removePerson(
  trx: Trx,
  record: RecordInChange,
  { id, by }: { id: number; by: Administration },
): Promise<FormResult<null>> {
  await lockAdministrators(trx);
  const person = await requireLocked(trx, id);
  if (id === by.actor_id) return problem('form', 'people.not_yourself');
  if (person.role === 'admin' && (await countOtherAdministrators(trx, id)) === 0)
    return problem('form', 'people.last_admin');
  if (await hasTraces(trx, id)) return problem('form', 'people.has_time');
  await deletePerson(trx, id);
  await audit(trx, by, 'person.deleted', { id });
  record('admin.user_deleted', { was_placeholder: person.is_placeholder === 1 });
  return { ok: true, value: null };
}

/** Makes a new link: an invitation for who never came, a new password for everybody else. Earlier ones end. */
export async function renewLink(
  trx: Trx,
  record: RecordInChange,
  { id, by }: { id: number; by: Administration },
): Promise<FormResult<Invited & { kind: 'invitation' | 'password_reset' }>> {
  const person = await requireLocked(trx, id);
  const state = stateOf(person);
  if (state === 'former' || state === 'placeholder') return problem('form', 'people.no_link');
  const kind = state === 'invited' ? 'invitation' : 'password_reset';
  const link = await newLink(trx, kind, id, by);
  await audit(trx, by, 'person.link_made', { id, content: { kind } });
  record('admin.user_updated', { change: 'link', source: 'page' });
  return { ok: true, value: { id, kind, link } };
}

/** Ends the link that opens for somebody. */
export async function revokeLink(
  trx: Trx,
  record: RecordInChange,
  { id, by }: { id: number; by: Administration },
): Promise<void> {
  await requireLocked(trx, id);
  if ((await deleteOpenLinks(trx, id)) === 0) return;
  await audit(trx, by, 'person.link_revoked', { id });
  record('admin.user_updated', { change: 'link', source: 'page' });
}

/** Who takes a placeholder's time over, and what that is. */
export interface Merge {
  placeholder: PersonRow;
  into: PersonRow;
  counts: MergeCounts;
  /** Rates that go, because the account has its own there. */
  lost_rates: number;
}

/** What a merge would move; the problem beside the field when the two cannot be merged. Nothing is changed. */
export async function previewMerge(
  db: Db,
  { id, into_id }: { id: number; into_id: number | null },
): Promise<FormResult<Merge>> {
  const placeholder = await requirePerson(db, id);
  if (placeholder.is_placeholder === 0) return problem('form', 'people.no_placeholder');
  if (into_id === null) return problem('into_id', 'form.required');
  const into = await findPersonRow(db, into_id);
  if (!into || into.is_placeholder === 1 || into.id === id) return problem('into_id', 'form.choice');
  const counts = await countOfPerson(db, id);
  return {
    ok: true,
    value: { placeholder, into, counts, lost_rates: await countLostRates(db, id, into.id) },
  };
}

/** A preview in a few characters, for a form to carry. */
export const shownMerge = ({ into, counts, lost_rates }: Merge): string =>
  [
    ...[into.id, stateOf(into), counts.entries, counts.seconds, counts.memberships],
    ...[counts.comments, counts.tasks, lost_rates],
  ].join('-');

/** Gives a placeholder's time, projects, tasks and comments to an account and removes the placeholder. */
export async function mergePerson(
  trx: Trx,
  record: RecordInChange,
  { id, into_id, shown, by }: { id: number; into_id: number | null; shown: string; by: Administration },
): Promise<FormResult<Merge>> {
  // In one order, so that two merges cannot wait for each other.
  for (const person_id of [id, into_id ?? id].sort((a, b) => a - b)) await lockPerson(trx, person_id);
  const merge = await previewMerge(trx, { id, into_id });
  if (!merge.ok) return merge;
  if (shownMerge(merge.value) !== shown) return problem('form', 'people.merge_moved');
  const { into, counts } = merge.value;
  await updateOwner(trx, id, into.id);
  await deletePerson(trx, id);
  const content = { placeholder_id: id, ...counts };
  await audit(trx, by, 'person.merged', { id: into.id, content });
  record('admin.user_updated', { change: 'merged', source: 'page' });
  return merge;
}
