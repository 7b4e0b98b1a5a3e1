import type { Db } from '../../db/connect.ts';

/** The tags of some names, whatever their case. */
export async function listTagsByKey(
  db: Db,
  name_keys: readonly string[],
): Promise<{ id: number; name_key: string }[]> {
  if (name_keys.length === 0) return [];
  return db
    .selectFrom('tags')
    .select(['id', 'name_key'])
    .where('name_key', 'in', [...name_keys])
    .execute();
}

/**
 * Adds the tags that are not there yet. Somebody else may add the same one at the same time, so a name that meanwhile
 * exists is passed over.
 *
 * @returns how many were added.
 */
export async function insertMissingTags(
  db: Db,
  rows: readonly { name: string; name_key: string; created_at: number }[],
): Promise<number> {
  const added = await db
    .insertInto('tags')
    .values([...rows])
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .returning('id')
    .execute();
  return added.length;
}
