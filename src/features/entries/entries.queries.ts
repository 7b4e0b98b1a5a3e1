import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { DeletedItemsTable, EntriesTable } from '../../db/schema.ts';
import { notFound } from '../../shared/errors.ts';
import { visibleEntries } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';

export type Entry = Selectable<EntriesTable>;

/** The entry with this id, if it is the person's. */
export async function findEntry(db: Db, user_id: number, id: number): Promise<Entry | undefined> {
  return db
    .selectFrom('entries')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
}

/** The entry with this id, if the viewer may see and change it. */
export async function findVisibleEntry(db: Db, viewer: Viewer, id: number): Promise<Entry | undefined> {
  return db
    .selectFrom('entries')
    .selectAll()
    .where('id', '=', id)
    .where(visibleEntries(viewer))
    .executeTakeFirst();
}

/** @throws not found when there is no such entry or it is not the viewer's to see. */
export async function requireEntry(db: Db, viewer: Viewer, id: number | undefined): Promise<Entry> {
  const entry = id === undefined ? undefined : await findVisibleEntry(db, viewer, id);
  if (!entry) throw notFound('entry');
  return entry;
}

/** @throws not found when there is no such entry or it is somebody else's, whoever asks. */
export async function requireOwnEntry(db: Db, user_id: number, id: number | undefined): Promise<Entry> {
  const entry = id === undefined ? undefined : await findEntry(db, user_id, id);
  if (!entry) throw notFound('entry');
  return entry;
}

/** The entry whose clock runs; a person has at most one. */
export async function findRunning(db: Db, user_id: number): Promise<Entry | undefined> {
  return db
    .selectFrom('entries')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
}

/** @returns the new entry's id. */
export async function insertEntry(db: Db, row: Insertable<EntriesTable>): Promise<number> {
  const { id } = await db.insertInto('entries').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateEntry(db: Db, id: number, changed: Updateable<EntriesTable>): Promise<void> {
  await db.updateTable('entries').set(changed).where('id', '=', id).execute();
}

/** Its tags go with it. */
export async function deleteEntry(db: Db, id: number): Promise<void> {
  await db.deleteFrom('entries').where('id', '=', id).execute();
}

/** Tags of one entry, by name. */
export async function listTagsOfEntry(db: Db, entry_id: number): Promise<{ id: number; name: string }[]> {
  return db
    .selectFrom('entry_tags')
    .innerJoin('tags', 'tags.id', 'entry_tags.tag_id')
    .select(['tags.id', 'tags.name'])
    .where('entry_id', '=', entry_id)
    .orderBy('name_key')
    .execute();
}

export async function insertEntryTags(db: Db, entry_id: number, tag_ids: readonly number[]): Promise<void> {
  if (tag_ids.length === 0) return;
  const rows = tag_ids.map((tag_id) => ({ entry_id, tag_id }));
  await db.insertInto('entry_tags').values(rows).execute();
}

export async function deleteEntryTags(db: Db, entry_id: number): Promise<void> {
  await db.deleteFrom('entry_tags').where('entry_id', '=', entry_id).execute();
}

/** When the last finished entry of a day ended, epoch ms; undefined for a day without one. */
export async function findLastEnd(db: Db, user_id: number, local_date: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('entries')
    .select((select) => select.fn.max('ended_at').as('ended_at'))
    .where('user_id', '=', user_id)
    .where('local_date', '=', local_date)
    .executeTakeFirst();
  return row?.ended_at ?? undefined;
}

/** The newest finished entries that were made since an instant; few, because the instant is seconds ago. */
export async function listMadeSince(
  db: Db,
  user_id: number,
  since: { local_date: string; created_at: number },
): Promise<Entry[]> {
  return db
    .selectFrom('entries')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('local_date', '=', since.local_date)
    .where('created_at', '>=', since.created_at)
    .where('ended_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(20)
    .execute();
}

/** @returns the id under which it can be put back. */
export async function insertDeletedItem(db: Db, row: Insertable<DeletedItemsTable>): Promise<number> {
  const { id } = await db.insertInto('deleted_items').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function findDeletedItem(
  db: Db,
  id: number,
): Promise<Selectable<DeletedItemsTable> | undefined> {
  return db.selectFrom('deleted_items').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Which of these tags still exist. */
export async function listExistingTagIds(db: Db, tag_ids: readonly number[]): Promise<number[]> {
  if (tag_ids.length === 0) return [];
  const rows = await db
    .selectFrom('tags')
    .select('id')
    .where('id', 'in', [...tag_ids])
    .execute();
  return rows.map(({ id }) => id);
}

/** Removes what was deleted before an instant: it can no longer be put back. */
export async function deleteOldDeletedItems(db: Db, deleted_before: number): Promise<void> {
  await db.deleteFrom('deleted_items').where('deleted_at', '<', deleted_before).execute();
}
