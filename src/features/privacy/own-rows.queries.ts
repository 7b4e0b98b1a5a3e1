import type { Db } from '../../db/connect.ts';

/** What else names a person, in the order of the page; `docs/privacy.md` lists the same. */
export const ownRows = [
  ['project_members', 'user_id'],
  ['favourites', 'user_id'],
  ['tasks', 'assignee_id'],
  ['account_links', 'user_id'],
  ['mails', 'user_id'],
  ['consents', 'user_id'],
] as const;

/** How many rows of each of these tables are about a person. */
export async function countOwnRows(db: Db, user_id: number) {
  const counts: { table: (typeof ownRows)[number][0]; count: number }[] = [];
  for (const [table, column] of ownRows) {
    const row = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(column as never, '=', user_id as never)
      .executeTakeFirstOrThrow();
    counts.push({ table, count: Number(row.count) });
  }
  return counts;
}
