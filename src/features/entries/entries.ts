import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database, EntrySource, Flag } from '../../db/schema.ts';
import { lockPerson } from '../../db/lock.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { foldCase } from '../../shared/text.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { fixRates, noRates } from '../rates/entry-rates.ts';
import { findTaskState } from '../tasks/task-choice.queries.ts';
import { resolveTags } from '../tags/tags.ts';
import type { Entry } from './entries.queries.ts';
import { insertEntry, insertEntryTags, listMadeSince, listTagsOfEntry } from './entries.queries.ts';
import type { EntryWhat } from './entry-text.ts';
import { findProjectState } from './project-choice.queries.ts';

export type Trx = Transaction<Database>;

/** Two identical forms within this time are one click too many. */
export const sameClickMs = 2_000;

export interface NewEntry {
  user_id: number;
  what: EntryWhat;
  started_at: number;
  /** Null for a timer that runs from now on. */
  ended_at: number | null;
  zone: string;
  billable: Flag;
  source: EntrySource;
  /** Who books it, where that is not the person whose time it is. */
  created_by?: number | null;
}

/** Writes the entry and its tags. Events of the entry itself are the caller's. */
export async function addEntry(
  trx: Trx,
  record: RecordInChange,
  entry: NewEntry,
  now: number,
): Promise<number> {
  const tag_ids = await tagsOf(trx, record, entry.what.tag_names, now);
  const { user_id, started_at, ended_at, zone, billable, source } = entry;
  const { project, task } = entry.what;
  const work = { user_id, project_id: project?.id ?? null, task_id: task?.id ?? null, billable };
  const id = await insertEntry(trx, {
    ...work,
    ...(ended_at === null ? noRates : await fixRates(trx, work)),
    description: entry.what.description,
    started_at,
    ended_at,
    zone,
    local_date: localDateOf(started_at, zone) ?? '',
    source,
    created_at: now,
    updated_at: now,
    created_by: entry.created_by ?? null,
  });
  await insertEntryTags(trx, id, tag_ids);
  return id;
}

/** Ids of the named tags; new ones are made and told. */
export async function tagsOf(
  trx: Trx,
  record: RecordInChange,
  names: readonly string[],
  now: number,
): Promise<number[]> {
  const { tag_ids, created } = await resolveTags(trx, names, now);
  for (let made = 0; made < created; made += 1) record('tag.created', { source: 'timer' });
  return tag_ids;
}

/**
 * Books finished time.
 *
 * @returns the entry's id, and whether it is new: the same form sent twice within two seconds is a double click and
 *   books once.
 */
export async function bookEntry(
  trx: Trx,
  record: RecordInChange,
  entry: NewEntry & { ended_at: number },
  now: number,
): Promise<{ id: number; created: boolean }> {
  await lockPerson(trx, entry.user_id);
  const twin = await findTwin(trx, entry, now);
  if (twin) return { id: twin.id, created: false };
  const id = await addEntry(trx, record, entry, now);
  const { project, description, tag_names } = entry.what;
  const row = { ...entry, project_id: project?.id ?? null, description };
  recordCreated(record, row, { ended_at: entry.ended_at, has_tags: tag_names.length > 0 });
  return { id, created: true };
}

/** The event of time that is booked, whichever way. */
export function recordCreated(
  record: RecordInChange,
  entry: Pick<Entry, 'source' | 'project_id' | 'description' | 'billable' | 'started_at'>,
  booked: { ended_at: number; has_tags: boolean },
): void {
  record('entry.created', {
    source: entry.source,
    project_id: entry.project_id,
    has_description: entry.description !== '',
    has_tags: booked.has_tags,
    billable: entry.billable === 1,
    duration_seconds: (booked.ended_at - entry.started_at) / 1000,
  });
}

async function findTwin(
  trx: Trx,
  entry: NewEntry & { ended_at: number },
  now: number,
): Promise<Entry | undefined> {
  const local_date = localDateOf(entry.started_at, entry.zone) ?? '';
  const recent = await listMadeSince(trx, entry.user_id, { local_date, created_at: now - sameClickMs });
  const seconds = (entry.ended_at - entry.started_at) / 1000;
  for (const other of recent) {
    const same =
      other.duration_seconds === seconds && Math.abs(other.started_at - entry.started_at) <= sameClickMs;
    if (same && (await isSameWork(trx, other, entry.what))) return other;
  }
  return undefined;
}

/** True when an entry says the same as a form: description, project, task and tags. */
export async function isSameWork(trx: Trx, entry: Entry, what: EntryWhat): Promise<boolean> {
  if (entry.description !== what.description || entry.project_id !== (what.project?.id ?? null)) return false;
  if (entry.task_id !== (what.task?.id ?? null)) return false;
  const tags = await listTagsOfEntry(trx, entry.id);
  return sameNames(
    tags.map(({ name }) => name),
    what.tag_names,
  );
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const keys = new Set(some.map(foldCase));
  return keys.size === new Set(others.map(foldCase)).size && others.every((name) => keys.has(foldCase(name)));
}

/** The same work again: what an entry says, to start or book it once more. */
export async function whatOf(trx: Db, entry: Entry): Promise<EntryWhat> {
  const project = entry.project_id === null ? undefined : await findProjectState(trx, entry.project_id);
  const task = entry.task_id === null ? undefined : await findTaskState(trx, entry.task_id);
  const tags = await listTagsOfEntry(trx, entry.id);
  return {
    description: entry.description,
    project: project ?? null,
    // What was put away since is not taken up again.
    task: task?.archived_at === null ? task : null,
    tag_names: tags.map(({ name }) => name),
  };
}

/** Entries hold whole seconds: what is shown is what is summed. */
export const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** A new version of a row: later than the one before even within a second, so that edits can tell them apart. */
export const nextVersion = (entry: Pick<Entry, 'updated_at'>, now: number): number =>
  Math.max(now, entry.updated_at + 1);
