import { lockPerson } from '../../db/lock.ts';
import type { Flag } from '../../db/schema.ts';
import type { Problems } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { managesProject } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { fixRates } from '../rates/entry-rates.ts';
import type { EntryRates } from '../rates/entry-rates.ts';
import type { Trx } from './entries.ts';
import { isSameWork, nextVersion, recordCreated, tagsOf } from './entries.ts';
import type { Entry } from './entries.queries.ts';
import {
  deleteEntry,
  deleteEntryTags,
  findDeletedItem,
  findEntry,
  findRunning,
  insertDeletedItem,
  insertEntry,
  insertEntryTags,
  listExistingTagIds,
  listTagsOfEntry,
  requireEntry,
  updateEntry,
} from './entries.queries.ts';
import { auditEntry, changedBy, needsProject } from './entry-audit.ts';
import type { EntryWhat } from './entry-text.ts';
import type { SomeTimes, TimeNote } from './entry-times.ts';
import { changeTimes, endDateToTell } from './entry-times.ts';
import { findTaskState } from '../tasks/task-choice.queries.ts';
import type { KeptEntry } from './kept-entry.ts';
import { keptEntry, readKept } from './kept-entry.ts';
import type { TypedWork } from './new-project.ts';
import { understandWork } from './new-project.ts';
import { findBookableProject, findProjectState } from './project-choice.queries.ts';

/** What the form of an entry says. Times that are missing are not changed. */
export interface EntryEdit extends TypedWork {
  /** Who changes it: the person whose time it is, or somebody who may. */
  viewer: Viewer;
  /** Undefined when the form has no box for it: it then stays as it is. */
  billable?: boolean | undefined;
  times: SomeTimes;
  /** Version of the entry that the form shows; undefined when the form does not say. */
  updated_at: number | undefined;
}

export type EditResult =
  | { outcome: 'unchanged'; entry: Entry }
  | {
      outcome: 'changed';
      entry: Entry;
      notes: TimeNote[];
      /** The day it ends on, when that is news: see `endDateToTell`. */
      end_date: string | undefined;
      finished: boolean;
    }
  | { outcome: 'invalid'; entry: Entry; problems: Problems }
  /** Somebody changed the entry since the form was shown; `entry` is how it is now. */
  | { outcome: 'conflict'; entry: Entry };

/** Changes an entry of a person, who is locked. Nothing is written unless the outcome is 'changed'. */
export async function changeEntry(
  trx: Trx,
  record: RecordInChange,
  entry: Entry,
  edit: EntryEdit,
  now: number,
): Promise<EditResult> {
  const changed = changeTimes(entry, edit.times, now);
  const stale = edit.updated_at !== undefined && edit.updated_at !== entry.updated_at;
  // Nothing is made for an edit that cannot be saved.
  const typed: TypedWork = {
    ...edit,
    kept_task_id: entry.task_id,
    ...(changed.ok && !stale ? {} : { create_project: undefined }),
  };
  const understood = await understandWork(trx, record, typed, {
    booking: { viewer: edit.viewer, owner_id: entry.user_id },
    kept_project_id: entry.project_id,
    now,
  });
  if (!understood.ok || !changed.ok) {
    const problems = {
      ...(understood.ok ? {} : understood.problems),
      ...(changed.ok ? {} : changed.problems),
    };
    return { outcome: 'invalid', entry, problems };
  }
  if (understood.what.project === null && needsProject(edit.viewer, entry.user_id))
    return { outcome: 'invalid', entry, problems: { project_id: { key: 'entry.project_needed' } } };
  const { what } = understood;
  const { times, notes } = changed;
  const billable = changedBillable(entry, edit, what);
  const same_work = await isSameWork(trx, entry, what);
  const time_changed = times.started_at !== entry.started_at || times.ended_at !== entry.ended_at;
  const finished = entry.ended_at === null && times.ended_at !== null;
  if (same_work && !time_changed && billable === entry.billable) {
    return { outcome: 'unchanged', entry };
  }
  if (stale) return { outcome: 'conflict', entry };
  const row = await writeChange(trx, record, { entry, edit, what, times, billable, same_work }, now);
  const end_date = endDateToTell(times, entry.zone, entry);
  return { outcome: 'changed', entry: { ...entry, ...row }, notes, end_date, finished };
}

interface EntryChange {
  entry: Entry;
  edit: EntryEdit;
  what: EntryWhat;
  times: { started_at: number; ended_at: number | null; local_date: string };
  billable: Flag;
  same_work: boolean;
}

async function writeChange(
  trx: Trx,
  record: RecordInChange,
  { entry, edit, what, times, billable, same_work }: EntryChange,
  now: number,
) {
  const { description } = what;
  const work = { project_id: what.project?.id ?? null, task_id: what.task?.id ?? null, billable };
  const row = {
    ...{ description, ...work, ...times },
    ...(await changedRates(trx, entry, { ...work, ended_at: times.ended_at })),
    ...{ updated_at: nextVersion(entry, now), updated_by: changedBy(edit.viewer, entry.user_id) },
  };
  await updateEntry(trx, entry.id, row);
  await auditEntry(
    trx,
    edit.viewer,
    { action: 'entry.updated', before: entry, after: { ...entry, ...row } },
    now,
  );
  if (!same_work) {
    await deleteEntryTags(trx, entry.id);
    await insertEntryTags(trx, entry.id, await tagsOf(trx, record, what.tag_names, now));
  }
  record('entry.updated', {
    time_changed: times.started_at !== entry.started_at || times.ended_at !== entry.ended_at,
    project_changed: work.project_id !== entry.project_id,
    description_changed: description !== entry.description,
  });
  return row;
}

/** Rates are fixed anew when what they depend on changes; another time of day is worth the same an hour. */
async function changedRates(
  trx: Trx,
  entry: Entry,
  row: Pick<Entry, 'project_id' | 'task_id' | 'billable' | 'ended_at'>,
): Promise<EntryRates | undefined> {
  const same =
    row.project_id === entry.project_id &&
    row.task_id === entry.task_id &&
    row.billable === entry.billable &&
    entry.ended_at !== null;
  return same || row.ended_at === null ? undefined : fixRates(trx, { ...entry, ...row });
}

/** Another project brings its own default, unless the person also touched the box. */
function changedBillable(entry: Entry, edit: EntryEdit, what: EntryWhat): Flag {
  const ticked: Flag = edit.billable ? 1 : 0;
  if (edit.billable !== undefined && ticked !== entry.billable) return ticked;
  const { project } = what;
  return project && project.id !== entry.project_id ? project.billable : entry.billable;
}

/** Deletes an entry, running or not. @returns the id under which it can be put back. */
export async function deleteWithUndo(
  trx: Trx,
  record: RecordInChange,
  { viewer, entry }: { viewer: Viewer; entry: Entry },
  now: number,
): Promise<number> {
  const { duration_seconds } = entry;
  const tags = await listTagsOfEntry(trx, entry.id);
  const kept = keptEntry(
    entry,
    tags.map(({ id }) => id),
  );
  const item_id = await insertDeletedItem(trx, {
    user_id: entry.user_id,
    kind: duration_seconds === null ? 'running' : 'entry',
    content: JSON.stringify(kept),
    deleted_at: now,
  });
  await deleteEntry(trx, entry.id);
  await auditEntry(trx, viewer, { action: 'entry.deleted', before: entry }, now);
  if (duration_seconds !== null) record('entry.deleted', { duration_seconds });
  else record('timer.discarded', { duration_seconds: Math.max(0, now - entry.started_at) / 1000 });
  return item_id;
}

/**
 * Puts a deleted entry back under its old id. A timer runs again unless another one runs by now; then it becomes an
 * entry that ended when it was discarded. What was put back already stays as it is.
 *
 * @throws not found when there is no such entry, it was deleted too long ago, or the viewer may not change it.
 */
export async function restoreEntry(
  trx: Trx,
  record: RecordInChange,
  { viewer, item_id }: { viewer: Viewer; item_id: number | undefined },
  now: number,
): Promise<'restored' | 'runs_again' | 'finished' | 'already'> {
  const item = item_id === undefined ? undefined : await findDeletedItem(trx, item_id);
  if (!item || (item.kind !== 'entry' && item.kind !== 'running')) throw notFound('deleted_item');
  const { user_id } = item;
  const { entry, tag_ids } = readKept(item);
  if (!(await mayRestore(trx, viewer, entry))) throw notFound('deleted_item');
  await lockPerson(trx, user_id);
  if (await findEntry(trx, user_id, entry.id)) return 'already';
  const blocked = entry.ended_at === null && (await findRunning(trx, user_id)) !== undefined;
  const ended_at = blocked ? Math.max(entry.started_at, item.deleted_at) : entry.ended_at;
  // A project or tag without any other time may have been deleted meanwhile.
  const project = entry.project_id === null ? undefined : await findProjectState(trx, entry.project_id);
  const task = entry.task_id === null ? undefined : await findTaskState(trx, entry.task_id);
  const row = {
    ...{ ...entry, ended_at, project_id: project?.id ?? null },
    task_id: task?.project_id === project?.id ? (task?.id ?? null) : null,
  };
  await insertEntry(trx, { ...row, ...(blocked ? await fixRates(trx, row) : {}) });
  await insertEntryTags(trx, entry.id, await listExistingTagIds(trx, tag_ids));
  await auditEntry(trx, viewer, { action: 'entry.restored', after: entry }, now);
  if (ended_at === null) {
    record('timer.started', {
      project_id: project?.id ?? null,
      has_description: entry.description !== '',
      has_tags: tag_ids.length > 0,
      billable: entry.billable === 1,
      source: 'restore',
      switched: false,
    });
    return 'runs_again';
  }
  record('entry.restored', { duration_seconds: (ended_at - entry.started_at) / 1000 });
  return blocked ? 'finished' : 'restored';
}

async function mayRestore(trx: Trx, viewer: Viewer, entry: KeptEntry['entry']): Promise<boolean> {
  if (viewer.id === entry.user_id || viewer.role === 'admin') return true;
  return entry.project_id !== null && managesProject(trx, viewer, entry.project_id);
}

export type Duplicated =
  | { outcome: 'duplicated' }
  | { outcome: 'runs' }
  /** No new time on an archived project, or on one that is not theirs to book on any more. */
  | { outcome: 'archived' | 'closed'; name: string };

/** Books the same time once more, on the same day. A running timer has no time to copy yet. */
export async function duplicateEntry(
  trx: Trx,
  record: RecordInChange,
  { viewer, entry }: { viewer: Viewer; entry: Entry },
  now: number,
): Promise<Duplicated> {
  if (entry.ended_at === null) return { outcome: 'runs' };
  const project = entry.project_id === null ? undefined : await findProjectState(trx, entry.project_id);
  if (project && project.archived_at !== null) return { outcome: 'archived', name: project.name };
  const booking = { viewer, owner_id: entry.user_id };
  if (project && !(await findBookableProject(trx, booking, project.id)))
    return { outcome: 'closed', name: project.name };
  const made = {
    ...{ created_at: now, updated_at: now, created_by: changedBy(viewer, entry.user_id) },
    ...(await fixRates(trx, entry)),
  };
  const id = await copyEntry(trx, record, entry, { source: 'duplicate', ...made, updated_by: null });
  await auditEntry(trx, viewer, { action: 'entry.created', after: { ...entry, id } }, now);
  return { outcome: 'duplicated' };
}

/** Books an entry once more with its tags, changed as said. @returns the copy's id. */
export async function copyEntry(
  trx: Trx,
  record: RecordInChange,
  entry: Entry,
  changed: Partial<Omit<Entry, 'id' | 'duration_seconds'>>,
): Promise<number> {
  const { id, duration_seconds: _, ...row } = { ...entry, ...changed };
  const tags = await listTagsOfEntry(trx, id);
  const copy_id = await insertEntry(trx, row);
  await insertEntryTags(
    trx,
    copy_id,
    tags.map((tag) => tag.id),
  );
  recordCreated(record, row, { ended_at: row.ended_at ?? row.started_at, has_tags: tags.length > 0 });
  return copy_id;
}

/**
 * Locks the person whose time it is and reads the entry: how every change of an entry begins.
 *
 * @throws not found when there is no such entry or the viewer may not change it.
 */
export async function requireForChange(trx: Trx, viewer: Viewer, id: number | undefined): Promise<Entry> {
  const { user_id } = await requireEntry(trx, viewer, id);
  await lockPerson(trx, user_id);
  return requireEntry(trx, viewer, id);
}
