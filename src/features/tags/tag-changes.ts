import type { Db } from '../../db/connect.ts';
import type { FormResult } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Actor, Change } from '../../telemetry/record.ts';
import { retryConflict } from '../work/conflicts.ts';
import {
  deleteTag,
  findTag,
  findTagByKey,
  insertTag,
  updateTagArchived,
  updateTagName,
} from './tag-list.queries.ts';
import type { TagRow } from './tag-list.queries.ts';
import type { TagForm } from './tags.forms.ts';

/** Throws not found. */
export async function requireTag(db: Db, id: number | undefined): Promise<TagRow> {
  const tag = id === undefined ? undefined : await findTag(db, id);
  if (!tag) throw notFound('tag');
  return tag;
}

const taken: FormResult<null> = { ok: false, problems: { name: { key: 'tags.taken' } } };

/** @returns null, or the problem that the name is in use. */
export function createTag(
  change: Change,
  actor: Actor,
  { name, created_at }: TagForm & { created_at: number },
): Promise<FormResult<null>> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      if (await findTagByKey(trx, foldCase(name))) return taken;
      await insertTag(trx, { name, name_key: foldCase(name), created_at });
      record('tag.created', { source: 'form' });
      return { ok: true, value: null };
    }),
  );
}

/** Entries carry the tag under its new name, the old ones too. */
export function renameTag(
  change: Change,
  actor: Actor,
  { id, name }: TagForm & { id: number },
): Promise<FormResult<null>> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      const tag = await requireTag(trx, id);
      if (tag.name === name) return { ok: true, value: null };
      const other = await findTagByKey(trx, foldCase(name));
      if (other && other.id !== id) return taken;
      await updateTagName(trx, id, { name, name_key: foldCase(name) });
      record('tag.updated', {});
      return { ok: true, value: null };
    }),
  );
}

/** Archives or restores. An archived tag stays on its entries and is not suggested any more. */
export async function archiveTag(
  change: Change,
  actor: Actor,
  { id, archived_at }: { id: number; archived_at: number | null },
): Promise<void> {
  await change(actor, async (trx, record) => {
    const tag = await requireTag(trx, id);
    // A second click does nothing more.
    if ((tag.archived_at === null) === (archived_at === null)) return;
    await updateTagArchived(trx, id, archived_at);
    record('tag.archived', { archived: archived_at !== null });
  });
}

/** @returns false when entries carry the tag and it stays. */
export function removeTag(change: Change, actor: Actor, id: number): Promise<boolean> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      await requireTag(trx, id);
      const deleted = await deleteTag(trx, id);
      if (deleted) record('tag.deleted', {});
      return deleted;
    }),
  );
}
