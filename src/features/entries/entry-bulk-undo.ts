import type { Selectable } from 'kysely';
import { lockPerson } from '../../db/lock.ts';
import type { DeletedItemsTable } from '../../db/schema.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { managesProject } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import type { Trx } from './entries.ts';
import { nextVersion } from './entries.ts';
import type { Entry } from './entries.queries.ts';
import { findDeletedItem, updateEntry } from './entries.queries.ts';
import { auditEntries, changedBy } from './entry-audit.ts';
import {
  deleteTagsOfEntries,
  insertEntries,
  insertTagsOfEntries,
  listDeletedItems,
  listExistingIds,
  listVisibleByIds,
  mapTaskProjects,
} from './entry-bulk.queries.ts';
import { readKept } from './kept-entry.ts';

type Item = Selectable<DeletedItemsTable>;
type Kept = ReturnType<typeof readKept>;

/** What was undone; `left` were changed again since, are there already, or are not theirs to change any more. */
export interface Undone {
  restored: number;
  left: number;
}

/** What somebody did to several entries at once, when it was this viewer. */
export async function findBulkItem(
  trx: Trx,
  viewer: Viewer,
  item_id: number | undefined,
): Promise<Item | undefined> {
  const item = item_id === undefined ? undefined : await findDeletedItem(trx, item_id);
  return item?.kind === 'bulk' && item.user_id === viewer.id ? item : undefined;
}

/** Undoes what was done to several entries at once, as far as nobody changed them since. */
export async function undoBulk(
  trx: Trx,
  record: RecordInChange,
  { viewer, item }: { viewer: Viewer; item: Item },
  now: number,
): Promise<Undone> {
  const { item_ids } = JSON.parse(item.content) as { item_ids: number[] };
  const items = await listDeletedItems(trx, item_ids);
  const owners = [...new Set(items.map(({ user_id }) => user_id))].sort((one, other) => one - other);
  for (const owner of owners) await lockPerson(trx, owner);
  const allowed = await onlyAllowed(trx, viewer, items.map(readKept));
  const kept = await onlyExisting(trx, allowed);
  const isChange = items.some(({ kind }) => kind === 'change');
  const restored = isChange
    ? await changeBack(trx, record, { viewer, kept }, now)
    : await putBack(trx, record, { viewer, kept }, now);
  return { restored, left: items.length - restored };
}

/** Their own, and what is on a project that they manage. */
async function onlyAllowed(trx: Trx, viewer: Viewer, kept: readonly Kept[]): Promise<Kept[]> {
  const managed = new Map<number | null, boolean>([[null, viewer.role === 'admin']]);
  const allowed: Kept[] = [];
  for (const one of kept) {
    const { user_id, project_id } = one.entry;
    if (user_id !== viewer.id && project_id !== null && !managed.has(project_id))
      managed.set(project_id, viewer.role === 'admin' || (await managesProject(trx, viewer, project_id)));
    if (user_id === viewer.id || managed.get(project_id)) allowed.push(one);
  }
  return allowed;
}

/** Takes away projects, tasks and tags that were deleted meanwhile. */
async function onlyExisting(trx: Trx, kept: readonly Kept[]): Promise<Kept[]> {
  const idsOf = (values: readonly (number | null)[]) => [...new Set(values.filter((id) => id !== null))];
  const projects = await listExistingIds(trx, 'projects', idsOf(kept.map(({ entry }) => entry.project_id)));
  const tasks = await mapTaskProjects(trx, idsOf(kept.map(({ entry }) => entry.task_id)));
  const tags = await listExistingIds(trx, 'tags', idsOf(kept.flatMap(({ tag_ids }) => tag_ids)));
  return kept.map(({ entry, tag_ids, ...more }) => {
    const project_id = projects.has(entry.project_id ?? 0) ? entry.project_id : null;
    const isOfProject = project_id !== null && tasks.get(entry.task_id ?? 0) === project_id;
    return {
      ...more,
      entry: { ...entry, project_id, task_id: isOfProject ? entry.task_id : null },
      tag_ids: tag_ids.filter((id) => tags.has(id)),
    };
  });
}

interface Undoing {
  viewer: Viewer;
  kept: readonly Kept[];
}

async function putBack(
  trx: Trx,
  record: RecordInChange,
  { viewer, kept }: Undoing,
  now: number,
): Promise<number> {
  const there = await listExistingIds(
    trx,
    'entries',
    kept.map(({ entry }) => entry.id),
  );
  const missing = kept.filter(({ entry }) => !there.has(entry.id));
  await insertEntries(
    trx,
    missing.map(({ entry }) => entry),
  );
  await insertTagsOfEntries(trx, tagRows(missing));
  await auditEntries(
    trx,
    viewer,
    missing.map(({ entry }) => ({ action: 'entry.restored', after: entry })),
    now,
  );
  for (const { entry } of missing)
    record('entry.restored', {
      duration_seconds: ((entry.ended_at ?? entry.started_at) - entry.started_at) / 1000,
    });
  return missing.length;
}

const tagRows = (kept: readonly Kept[]) =>
  kept.flatMap(({ entry, tag_ids }) => tag_ids.map((tag_id) => ({ entry_id: entry.id, tag_id })));

async function changeBack(
  trx: Trx,
  record: RecordInChange,
  { viewer, kept }: Undoing,
  now: number,
): Promise<number> {
  const ids = kept.map(({ entry }) => entry.id);
  const current = new Map((await listVisibleByIds(trx, viewer, ids)).map((entry) => [entry.id, entry]));
  const same = kept.filter(({ entry, version }) => current.get(entry.id)?.updated_at === version);
  const told = [];
  for (const one of same) {
    const before = current.get(one.entry.id);
    if (!before) continue;
    const row = { ...workBefore(one, before), updated_by: changedBy(viewer, before.user_id) };
    await updateEntry(trx, before.id, { ...row, updated_at: nextVersion(before, now) });
    told.push({ action: 'entry.updated' as const, before, after: { ...before, ...row } });
    record('entry.updated', {
      time_changed: false,
      project_changed: before.project_id !== row.project_id,
      description_changed: before.description !== row.description,
    });
  }
  await deleteTagsOfEntries(
    trx,
    same.map(({ entry }) => entry.id),
  );
  await insertTagsOfEntries(trx, tagRows(same));
  await auditEntries(trx, viewer, told, now);
  return same.length;
}

/**
 * What a change of many may have changed; times stay as they are. Rates go back with the project, task or box on which
 * they were fixed, and stay where none of these does: they may have followed a rate since.
 */
function workBefore({ entry }: Kept, now: Entry) {
  const { description, project_id, task_id, billable } = entry;
  const work = { description, project_id, task_id, billable };
  if (project_id === now.project_id && task_id === now.task_id && billable === now.billable) return work;
  const { rate_cents, rate_id, currency, cost_rate_cents, cost_rate_id, cost_currency } = entry;
  return { ...work, rate_cents, rate_id, currency, cost_rate_cents, cost_rate_id, cost_currency };
}
