import { lockPerson } from '../../db/lock.ts';
import { splitAtMidnights } from '../../shared/calendar.ts';
import { notFound } from '../../shared/errors.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import type { Trx } from './entries.ts';
import { nextVersion } from './entries.ts';
import type { Entry } from './entries.queries.ts';
import { findDeletedItem, insertDeletedItem, updateEntry } from './entries.queries.ts';
import { auditEntries, auditEntry, changedBy } from './entry-audit.ts';
import { deleteEntries, listVisibleByIds } from './entry-bulk.queries.ts';
import { copyEntry } from './entry-changes.ts';

/** What undoing a split needs: when the entry ended, and the versions of the parts. */
interface KeptSplit {
  ended_at: number;
  /** The first one is the entry itself. */
  parts: { id: number; version: number }[];
}

/**
 * Cuts an entry at every local midnight it crosses; the first piece keeps the id.
 *
 * @returns how many entries it is now, and the id under which that is undone; undefined when there was nothing to cut.
 */
export async function splitEntry(
  trx: Trx,
  record: RecordInChange,
  { viewer, entry }: { viewer: Viewer; entry: Entry },
  now: number,
): Promise<{ count: number; item_id: number } | undefined> {
  const { ended_at } = entry;
  if (ended_at === null) return undefined;
  const [first, ...rest] = splitAtMidnights(entry.started_at, ended_at, entry.zone);
  if (!first || rest.length === 0) return undefined;
  const cut = await changeEnd(trx, record, { viewer, entry, ended_at: first.ended_at }, now);
  const parts = [{ id: entry.id, version: cut.updated_at }];
  for (const piece of rest) {
    const made = { ...piece, source: 'split' as const, created_at: now, updated_at: now };
    const id = await copyEntry(trx, record, entry, { ...made, updated_by: cut.updated_by });
    const after = { ...entry, ...piece, id };
    await auditEntry(trx, viewer, { action: 'entry.created', after }, now);
    parts.push({ id, version: made.updated_at });
  }
  const kept: KeptSplit = { ended_at, parts };
  const item = { user_id: entry.user_id, kind: 'split' as const, content: JSON.stringify(kept) };
  return { count: parts.length, item_id: await insertDeletedItem(trx, { ...item, deleted_at: now }) };
}

async function changeEnd(
  trx: Trx,
  record: RecordInChange,
  { viewer, entry, ended_at }: { viewer: Viewer; entry: Entry; ended_at: number },
  now: number,
) {
  const changed = {
    ...{ ended_at, updated_at: nextVersion(entry, now) },
    updated_by: changedBy(viewer, entry.user_id),
  };
  await updateEntry(trx, entry.id, changed);
  const after = { ...entry, ...changed };
  await auditEntry(trx, viewer, { action: 'entry.updated', before: entry, after }, now);
  record('entry.updated', { time_changed: true, project_changed: false, description_changed: false });
  return changed;
}

/** `part_changed`: a part was changed or deleted since, so they all stay. */
export type Joined = 'joined' | 'joined_already' | 'part_changed';

/**
 * Makes one entry of the parts that a split made of it, as long as nobody changed any of them.
 *
 * @returns undefined when what is to be undone is no split.
 * @throws not found when the viewer may not change the time of whoever it is.
 */
export async function undoSplit(
  trx: Trx,
  record: RecordInChange,
  { viewer, item_id }: { viewer: Viewer; item_id: number | undefined },
  now: number,
): Promise<Joined | undefined> {
  const item = item_id === undefined ? undefined : await findDeletedItem(trx, item_id);
  if (item?.kind !== 'split') return undefined;
  const { ended_at, parts } = JSON.parse(item.content) as KeptSplit;
  const ids = parts.map(({ id }) => id);
  const isTheirs = item.user_id === viewer.id || (await listVisibleByIds(trx, viewer, ids)).length > 0;
  if (!isTheirs) throw notFound('deleted_item');
  await lockPerson(trx, item.user_id);
  const current = new Map((await listVisibleByIds(trx, viewer, ids)).map((entry) => [entry.id, entry]));
  const [entry, ...pieces] = parts.map(({ id }) => current.get(id));
  if (entry?.ended_at === ended_at && pieces.every((piece) => !piece)) return 'joined_already';
  const same = parts.flatMap(({ id, version }) => {
    const part = current.get(id);
    return part?.updated_at === version ? [part] : [];
  });
  if (!entry || same.length < parts.length) return 'part_changed';
  await takeAway(trx, record, { viewer, entries: same.slice(1) }, now);
  await changeEnd(trx, record, { viewer, entry, ended_at }, now);
  return 'joined';
}

/** Deletes the later parts: their time goes back to the first. */
async function takeAway(
  trx: Trx,
  record: RecordInChange,
  { viewer, entries }: { viewer: Viewer; entries: readonly Entry[] },
  now: number,
): Promise<void> {
  await deleteEntries(
    trx,
    entries.map(({ id }) => id),
  );
  const told = entries.map((before) => ({ action: 'entry.deleted' as const, before }));
  await auditEntries(trx, viewer, told, now);
  for (const { duration_seconds } of entries)
    record('entry.deleted', { duration_seconds: duration_seconds ?? 0 });
}
