import type { Insertable, Updateable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { DeletedItemsTable, EntriesTable } from '../../db/schema.ts';
import { visibleEntries } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import type { Entry } from './entries.queries.ts';
import { listedEntries, withNames } from './entry-rows.queries.ts';
import type { EntryRow } from './entry-rows.queries.ts';

type Ids = readonly number[];

/** Those of the entries that the viewer sees and may change, newest first. */
export async function listVisibleByIds(db: Db, viewer: Viewer, ids: Ids): Promise<Entry[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('entries')
    .selectAll()
    .where('entries.id', 'in', [...ids])
    .where(visibleEntries(viewer))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .orderBy('entries.id', 'desc')
    .execute();
}

/** The same entries as a page shows them. */
export async function listSelectedRows(db: Db, viewer: Viewer, ids: Ids): Promise<EntryRow[]> {
  if (ids.length === 0) return [];
  const selected = listedEntries(db)
    .where('entries.id', 'in', [...ids])
    .where(visibleEntries(viewer));
  return withNames(db, selected.as('page'));
}

/** Ids of tags, by entry. */
export async function mapTagIds(db: Db, ids: Ids): Promise<Map<number, number[]>> {
  const tags = new Map<number, number[]>();
  if (ids.length === 0) return tags;
  const rows = await db
    .selectFrom('entry_tags')
    .selectAll()
    .where('entry_id', 'in', [...ids])
    .orderBy('tag_id')
    .execute();
  for (const { entry_id, tag_id } of rows) tags.set(entry_id, [...(tags.get(entry_id) ?? []), tag_id]);
  return tags;
}

/** The tags that some entries have, by name. */
export async function listTagsOfEntries(
  db: Db,
  ids: Ids,
  limit: number,
): Promise<{ id: number; name: string }[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('tags')
    .select(['id', 'name'])
    .where('id', 'in', (tagged) =>
      tagged
        .selectFrom('entry_tags')
        .select('tag_id')
        .where('entry_id', 'in', [...ids]),
    )
    .orderBy('name_key')
    .limit(limit)
    .execute();
}

/** Writes the same to all of them, and gives each its next version: see `nextVersion`. */
export async function updateEntries(
  db: Db,
  ids: Ids,
  changed: Updateable<EntriesTable>,
  now: number,
): Promise<void> {
  await db
    .updateTable('entries')
    .set({
      ...changed,
      updated_at: sql<number>`case when updated_at >= ${now} then updated_at + 1 else ${now} end`,
    })
    .where('id', 'in', [...ids])
    .execute();
}

/** Their tags go with them. */
export async function deleteEntries(db: Db, ids: Ids): Promise<void> {
  if (ids.length === 0) return;
  await db
    .deleteFrom('entries')
    .where('id', 'in', [...ids])
    .execute();
}

const rowsAtOnce = 500;

export async function insertEntries(db: Db, rows: readonly Insertable<EntriesTable>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await db
      .insertInto('entries')
      .values(rows.slice(from, from + rowsAtOnce))
      .execute();
}

/** What an entry has already is passed over. */
export async function insertTagsOfEntries(
  db: Db,
  rows: readonly { entry_id: number; tag_id: number }[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await db
      .insertInto('entry_tags')
      .values(rows.slice(from, from + rowsAtOnce))
      .onConflict((conflict) => conflict.columns(['entry_id', 'tag_id']).doNothing())
      .execute();
}

/** Takes these tags off the entries; all they have when `tag_ids` is undefined. */
export async function deleteTagsOfEntries(db: Db, ids: Ids, tag_ids?: Ids): Promise<void> {
  if (ids.length === 0 || tag_ids?.length === 0) return;
  await db
    .deleteFrom('entry_tags')
    .where('entry_id', 'in', [...ids])
    .$if(tag_ids !== undefined, (query) => query.where('tag_id', 'in', [...(tag_ids ?? [])]))
    .execute();
}

/** @returns the ids under which they can be put back, in no order. */
export async function insertDeletedItems(
  db: Db,
  rows: readonly Insertable<DeletedItemsTable>[],
): Promise<number[]> {
  if (rows.length === 0) return [];
  const inserted = await db
    .insertInto('deleted_items')
    .values([...rows])
    .returning('id')
    .execute();
  return inserted.map(({ id }) => id);
}

export async function listDeletedItems(db: Db, ids: Ids) {
  if (ids.length === 0) return [];
  return db
    .selectFrom('deleted_items')
    .selectAll()
    .where('id', 'in', [...ids])
    .orderBy('id')
    .execute();
}

/** True when the person did something to several entries at once since an instant. */
export async function hasBulkSince(db: Db, user_id: number, since: number): Promise<boolean> {
  const row = await db
    .selectFrom('deleted_items')
    .select('id')
    .where('user_id', '=', user_id)
    .where('kind', '=', 'bulk')
    .where('deleted_at', '>=', since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Which of these rows still exist. */
export async function listExistingIds(
  db: Db,
  table: 'projects' | 'tags' | 'entries',
  ids: Ids,
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('id', 'in', [...ids])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Which project each of these tasks is of; those that are gone are missing. */
export async function mapTaskProjects(db: Db, ids: Ids): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('tasks')
    .select(['id', 'project_id'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, project_id }) => [id, project_id]));
}
