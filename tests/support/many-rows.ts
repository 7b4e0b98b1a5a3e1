import type { Database } from '../../src/db/schema.ts';
import type { TestApp } from './app.ts';

/** Rows in numbers that no form makes: for what lists do beyond their first page. */

/** `[0, 1, 2, …]` */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** What clients, projects, tasks and tags have in common. */
export const named = (name: string) => ({
  name,
  name_key: name.toLowerCase(),
  created_at: 1,
  archived_at: null,
});

/** A member who was never asked for a password. */
export const member = (name: string, email: string) => ({
  ...{ email, email_key: email, name, password_hash: null, role: 'member', locale: 'en', time_zone: 'UTC' },
  ...{ week_start: 1, duration_format: 'clock', theme: 'system', created_at: 1, deactivated_at: null },
});

/** Inserts rows of a table with ids, a few hundred a statement. @returns their ids, in order. */
export async function insertRows(
  { deps: { db } }: TestApp,
  table: keyof Database,
  rows: readonly object[],
): Promise<number[]> {
  const ids: number[] = [];
  for (let start = 0; start < rows.length; start += 400) {
    const inserted = await db
      .insertInto(table)
      .values(rows.slice(start, start + 400) as never)
      .returning('id' as never)
      .execute();
    ids.push(...(inserted as { id: number }[]).map(({ id }) => id));
  }
  return ids;
}
