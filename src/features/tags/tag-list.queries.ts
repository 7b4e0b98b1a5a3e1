import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { inScope } from '../access/access.queries.ts';
import type { EntryScope } from '../access/access.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { ListQuery } from '../work/list-query.ts';

export interface TagRow {
  id: number;
  name: string;
  archived_at: number | null;
}

/** One page by name, and one row more when another page follows. */
export async function listTags(db: Db, { q, state, page }: ListQuery): Promise<TagRow[]> {
  return db
    .selectFrom('tags')
    .select(['id', 'name', 'archived_at'])
    .where('archived_at', state === 'active' ? 'is' : 'is not', null)
    .$if(q !== '', (query) => query.where(sql<boolean>`name_key like ${likePattern(q)} escape '\\'`))
    .orderBy('name_key')
    .orderBy('id')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** How many entries carry each of these tags; tags that none carries are missing. */
export async function countEntriesByTag(
  db: Db,
  ids: readonly number[],
  scope: EntryScope,
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('entry_tags')
    .select((select) => ['tag_id', select.fn.countAll<number>().as('entries')])
    .where('tag_id', 'in', ids)
    // Who sees everybody's entries needs no look at each of them. "+ 0" makes SQLite look each entry of the tag up in the
    // person's, not every pair of tag and entry of the person.
    .$if(scope.sees !== 'all', (query) =>
      query.where(sql<number>`entry_id + 0`, 'in', (sub) =>
        sub.selectFrom('entries').select('entries.id').where(inScope(scope)),
      ),
    )
    .groupBy('tag_id')
    .execute();
  return new Map(rows.map(({ tag_id, entries }) => [tag_id, entries]));
}

export async function findTag(db: Db, id: number): Promise<TagRow | undefined> {
  return db.selectFrom('tags').select(['id', 'name', 'archived_at']).where('id', '=', id).executeTakeFirst();
}

export async function findTagByKey(db: Db, name_key: string): Promise<TagRow | undefined> {
  return db
    .selectFrom('tags')
    .select(['id', 'name', 'archived_at'])
    .where('name_key', '=', name_key)
    .executeTakeFirst();
}

/** True when anybody's entry carries the tag. */
export async function isTagUsed(db: Db, tag_id: number): Promise<boolean> {
  const row = await db
    .selectFrom('entry_tags')
    .select('entry_id')
    .where('tag_id', '=', tag_id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertTag(
  db: Db,
  row: { name: string; name_key: string; created_at: number },
): Promise<void> {
  await db
    .insertInto('tags')
    .values({ ...row, archived_at: null })
    .execute();
}

export async function updateTagName(
  db: Db,
  id: number,
  names: { name: string; name_key: string },
): Promise<void> {
  await db.updateTable('tags').set(names).where('id', '=', id).execute();
}

/** Archives (an instant) or restores (null). */
export async function updateTagArchived(db: Db, id: number, archived_at: number | null): Promise<void> {
  await db.updateTable('tags').set({ archived_at }).where('id', '=', id).execute();
}

/** Deletes a tag that no entry carries; false when some do. */
export async function deleteTag(db: Db, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('tags')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('entry_tags').select('entry_id').whereRef('tag_id', '=', 'tags.id')),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
