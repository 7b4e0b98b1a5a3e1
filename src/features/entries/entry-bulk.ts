import { lockPerson } from '../../db/lock.ts';
import type { Problems } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { fixRates } from '../rates/entry-rates.ts';
import type { EntryRates } from '../rates/entry-rates.ts';
import type { Trx } from './entries.ts';
import { nextVersion, sameClickMs, tagsOf } from './entries.ts';
import type { Entry } from './entries.queries.ts';
import { insertDeletedItem } from './entries.queries.ts';
import { auditEntries, changedBy } from './entry-audit.ts';
import { bulkMost } from './entry-bulk.forms.ts';
import type { BulkForm } from './entry-bulk.forms.ts';
import type { BlockReason, BulkChange, Work } from './entry-bulk-plan.ts';
import {
  agreementTo,
  blocksOfChange,
  blocksOfDeletion,
  understandBulk,
  versionsOf,
  workAfter,
} from './entry-bulk-plan.ts';
import {
  deleteEntries,
  deleteTagsOfEntries,
  hasBulkSince,
  insertDeletedItems,
  insertTagsOfEntries,
  listVisibleByIds,
  mapTagIds,
  updateEntries,
} from './entry-bulk.queries.ts';
import { keptEntry } from './kept-entry.ts';

export type BulkResult =
  /** `item_id` is what undoes it; `seconds` are those of the finished ones. */
  | { outcome: 'changed' | 'deleted'; count: number; seconds: number; item_id: number }
  /** They are all so already. */
  | { outcome: 'unchanged' }
  /** The second click of two: the first has done it. */
  | { outcome: 'done_already' }
  | { outcome: 'invalid'; problems: Problems }
  /** Nothing was done: somebody has to say that these are left out, in the words of `agreement`. */
  | { outcome: 'blocked'; blocks: Map<number, BlockReason>; rest: number; agreement: string };

export interface BulkAsked {
  viewer: Viewer;
  ids: readonly number[];
  form: BulkForm;
}

/**
 * Changes or deletes a selection of entries, or does nothing at all: entries that stay as they are have to be agreed to.
 *
 * @throws not found when none of them is the viewer's to change.
 */
export async function changeSelection(
  trx: Trx,
  record: RecordInChange,
  asked: BulkAsked,
  now: number,
): Promise<BulkResult> {
  const { viewer, ids, form } = asked;
  if (ids.length > bulkMost) return refused('bulk.too_many', { maximum: bulkMost, selected: ids.length });
  const entries = await lockSelection(trx, viewer, ids);
  const isSecondClick = () => hasBulkSince(trx, viewer.id, now - sameClickMs);
  if (entries.length === 0) {
    if (await isSecondClick()) return { outcome: 'done_already' };
    throw notFound('entry');
  }
  if (form.seen !== '' && form.seen !== versionsOf(entries))
    return (await isSecondClick()) ? { outcome: 'done_already' } : refused('bulk.changed_meanwhile');
  const [said] = form.agreed.split(':');
  const action = said === 'change' || said === 'delete' ? said : form.do;
  if (action === 'delete') return deleteSelection(trx, record, { viewer, entries, form }, now);
  const understood = await understandBulk(trx, viewer, form);
  if (!understood.ok) return { outcome: 'invalid', problems: understood.problems };
  return changeAll(trx, record, { viewer, entries, form, change: understood.change }, now);
}

const refused = (
  key: 'bulk.too_many' | 'bulk.changed_meanwhile',
  values: Record<string, number> = {},
): BulkResult => ({ outcome: 'invalid', problems: { form: { key, values } } });

/** Locks the people whose time it is, always in the same order, and reads those entries that the viewer may change. */
export async function lockSelection(trx: Trx, viewer: Viewer, ids: readonly number[]): Promise<Entry[]> {
  const found = await listVisibleByIds(trx, viewer, ids);
  const owners = [...new Set(found.map(({ user_id }) => user_id))].sort((one, other) => one - other);
  for (const owner of owners) await lockPerson(trx, owner);
  return listVisibleByIds(trx, viewer, ids);
}

interface Selection {
  viewer: Viewer;
  entries: readonly Entry[];
  form: BulkForm;
}

/** What is left when the blocked ones are, or the answer that asks about them. */
function agreedRest(
  action: 'change' | 'delete',
  { entries, form }: Selection,
  blocks: Map<number, BlockReason>,
): { rest: Entry[] } | { blocked: BulkResult } {
  const rest = entries.filter(({ id }) => !blocks.has(id));
  const agreement = agreementTo(action, blocks);
  if (blocks.size === 0 || (form.agreed === agreement && rest.length > 0)) return { rest };
  return { blocked: { outcome: 'blocked', blocks, rest: rest.length, agreement } };
}

const secondsOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { duration_seconds }) => sum + (duration_seconds ?? 0), 0);

async function deleteSelection(
  trx: Trx,
  record: RecordInChange,
  selection: Selection,
  now: number,
): Promise<BulkResult> {
  const { viewer } = selection;
  const agreed = agreedRest('delete', selection, blocksOfDeletion(selection.entries));
  if ('blocked' in agreed) return agreed.blocked;
  const { rest } = agreed;
  const ids = rest.map(({ id }) => id);
  const tags = await mapTagIds(trx, ids);
  const items = rest.map((entry) => ({
    ...{ user_id: entry.user_id, kind: 'entry' as const, deleted_at: now },
    content: JSON.stringify(keptEntry(entry, tags.get(entry.id) ?? [])),
  }));
  const item_id = await keepForUndo(trx, viewer, items, now);
  await deleteEntries(trx, ids);
  await auditEntries(
    trx,
    viewer,
    rest.map((before) => ({ action: 'entry.deleted', before })),
    now,
  );
  for (const entry of rest) record('entry.deleted', { duration_seconds: entry.duration_seconds ?? 0 });
  return { outcome: 'deleted', count: rest.length, seconds: secondsOf(rest), item_id };
}

/** One item for each entry, which belongs to whose time it is, and one that names them all, for who did it. */
async function keepForUndo(
  trx: Trx,
  viewer: Viewer,
  items: Parameters<typeof insertDeletedItems>[1],
  now: number,
): Promise<number> {
  const item_ids = await insertDeletedItems(trx, items);
  const content = JSON.stringify({ item_ids });
  return insertDeletedItem(trx, { user_id: viewer.id, kind: 'bulk', content, deleted_at: now });
}

interface Step {
  entry: Entry;
  work: Work;
  /** Tags to add and to take away, as far as the entry has not or has them. */
  add_tag_ids: number[];
  remove_tag_ids: number[];
}

async function changeAll(
  trx: Trx,
  record: RecordInChange,
  selection: Selection & { change: BulkChange },
  now: number,
): Promise<BulkResult> {
  const { viewer, entries, change } = selection;
  const agreed = agreedRest('change', selection, await blocksOfChange(trx, viewer, entries, change));
  if ('blocked' in agreed) return agreed.blocked;
  const tags = await mapTagIds(
    trx,
    agreed.rest.map(({ id }) => id),
  );
  const add_tag_ids = await tagsOf(trx, record, change.add_tags, now);
  const steps = agreed.rest
    .map((entry) => stepOf(entry, change, add_tag_ids, tags.get(entry.id) ?? []))
    .filter(changesSomething);
  if (steps.length === 0) return { outcome: 'unchanged' };
  const items = steps.map(({ entry }) => ({
    ...{ user_id: entry.user_id, kind: 'change' as const, deleted_at: now },
    content: JSON.stringify({
      ...keptEntry(entry, tags.get(entry.id) ?? []),
      version: nextVersion(entry, now),
    }),
  }));
  const item_id = await keepForUndo(trx, viewer, items, now);
  await writeSteps(trx, viewer, steps, now);
  for (const { entry, work } of steps)
    record('entry.updated', {
      time_changed: false,
      project_changed: work.project_id !== entry.project_id,
      description_changed: work.description !== entry.description,
    });
  const changed = steps.map(({ entry }) => entry);
  return { outcome: 'changed', count: steps.length, seconds: secondsOf(changed), item_id };
}

function stepOf(entry: Entry, change: BulkChange, add: readonly number[], has: readonly number[]): Step {
  const add_tag_ids = add.filter((id) => !has.includes(id));
  // What is added and taken away at once is there in the end: it was typed.
  const remove_tag_ids = change.remove_tag_ids.filter((id) => has.includes(id) && !add.includes(id));
  return { entry, work: workAfter(entry, change), add_tag_ids, remove_tag_ids };
}

const changesSomething = ({ entry, work, add_tag_ids, remove_tag_ids }: Step): boolean =>
  add_tag_ids.length > 0 || remove_tag_ids.length > 0 || Object.keys(onlyChanged(entry, work)).length > 0;

const onlyChanged = (entry: Entry, work: Work): Partial<Work> =>
  Object.fromEntries(Object.entries(work).filter(([field, value]) => entry[field as keyof Work] !== value));

/** Entries that change alike are written together: as many statements as there are kinds of change, not entries. */
async function writeSteps(trx: Trx, viewer: Viewer, steps: readonly Step[], now: number): Promise<void> {
  const rates = ratesOnce(trx);
  const groups = new Map<string, { row: Partial<Entry>; ids: number[] }>();
  const told = [];
  for (const { entry, work } of steps) {
    const row = {
      ...onlyChanged(entry, work),
      ...(await rates(entry, work)),
      updated_by: changedBy(viewer, entry.user_id),
    };
    const key = JSON.stringify(row);
    const group = groups.get(key);
    if (group) group.ids.push(entry.id);
    else groups.set(key, { row, ids: [entry.id] });
    told.push({ action: 'entry.updated' as const, before: entry, after: { ...entry, ...row } });
  }
  for (const { row, ids } of groups.values()) await updateEntries(trx, ids, row, now);
  const rows = (field: 'add_tag_ids' | 'remove_tag_ids') =>
    steps.flatMap((step) => step[field].map((tag_id) => ({ entry_id: step.entry.id, tag_id })));
  await insertTagsOfEntries(trx, rows('add_tag_ids'));
  const removed = rows('remove_tag_ids');
  await deleteTagsOfEntries(
    trx,
    removed.map(({ entry_id }) => entry_id),
    [...new Set(removed.map(({ tag_id }) => tag_id))],
  );
  await auditEntries(trx, viewer, told, now);
}

/** Fixes rates anew as for the form of one entry, looked up once for everything that is rated alike. */
function ratesOnce(trx: Trx) {
  const known = new Map<string, EntryRates>();
  return async (entry: Entry, work: Work): Promise<EntryRates | undefined> => {
    const same =
      work.project_id === entry.project_id &&
      work.task_id === entry.task_id &&
      work.billable === entry.billable;
    if (same || entry.ended_at === null) return undefined;
    const { user_id } = entry;
    const { project_id, task_id, billable } = work;
    const key = [user_id, project_id, task_id, billable].join();
    const rates = known.get(key) ?? (await fixRates(trx, { user_id, project_id, task_id, billable }));
    known.set(key, rates);
    return rates;
  };
}
