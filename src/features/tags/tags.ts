import type { Db } from '../../db/connect.ts';
import { foldCase } from '../../shared/text.ts';
import { insertMissingTags, listTagsByKey } from './tags.queries.ts';

/** The longest name of a tag, in characters. */
export const tagNameMax = 60;

/**
 * The tags that somebody named, made where missing; the first spelling of a new name stays.
 *
 * @param names - cleaned lines, none longer than `tagNameMax`.
 * @returns ids without repetition, and how many tags were made.
 */
export async function resolveTags(
  trx: Db,
  names: readonly string[],
  now: number,
): Promise<{ tag_ids: number[]; created: number }> {
  const wanted = new Map<string, string>();
  for (const name of names) if (!wanted.has(foldCase(name))) wanted.set(foldCase(name), name);
  const known = await listTagsByKey(trx, [...wanted.keys()]);
  for (const { name_key } of known) wanted.delete(name_key);
  if (wanted.size === 0) return { tag_ids: known.map(({ id }) => id), created: 0 };
  // In one order everywhere: two transactions that add the same names crosswise would wait for each other for ever.
  const rows = [...wanted.keys()].sort().map((name_key) => ({
    name: wanted.get(name_key) ?? name_key,
    name_key,
    created_at: now,
  }));
  const created = await insertMissingTags(trx, rows);
  const made = await listTagsByKey(
    trx,
    rows.map(({ name_key }) => name_key),
  );
  return { tag_ids: [...known, ...made].map(({ id }) => id), created };
}
