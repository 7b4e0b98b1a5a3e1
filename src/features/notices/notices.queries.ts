import type { Db } from '../../db/connect.ts';
import { pageSize } from '../work/list-query.ts';

export interface NoticeRow {
  id: number;
  kind: string;
  content: string;
  created_at: number;
  read_at: number | null;
}

/** Leaves a message for each of these people, unless they have one of that key. */
export async function insertNotices(
  db: Db,
  rows: readonly { user_id: number; kind: string; once_key: string; content: string; created_at: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto('notices')
    .values(rows.map((row) => ({ ...row, read_at: null })))
    .onConflict((conflict) => conflict.columns(['user_id', 'once_key']).doNothing())
    .execute();
}

/** One page of a person's messages, the newest first, and one more when another page follows. */
export async function listNotices(db: Db, user_id: number, page: number): Promise<NoticeRow[]> {
  return db
    .selectFrom('notices')
    .select(['id', 'kind', 'content', 'created_at', 'read_at'])
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** True when the message is the person's. */
export async function hasNotice(db: Db, user_id: number, id: number): Promise<boolean> {
  const row = await db
    .selectFrom('notices')
    .select('id')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Marks a person's messages as read: one of them, or all. @returns how many were unread. */
export async function updateNoticesRead(
  db: Db,
  { user_id, id, read_at }: { user_id: number; id: number | null; read_at: number },
): Promise<number> {
  const result = await db
    .updateTable('notices')
    .set({ read_at })
    .where('user_id', '=', user_id)
    .where('read_at', 'is', null)
    .$if(id !== null, (query) => query.where('id', '=', id ?? 0))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export interface UnmailedNotice {
  id: number;
  kind: string;
  content: string;
  user_id: number;
  name: string;
  email: string;
  locale: string;
  duration_format: 'clock' | 'minutes' | 'decimal';
}

/** Messages since an instant that were neither read nor sent by mail yet, to people who have an address. */
export async function listUnmailedNotices(db: Db, since: number): Promise<UnmailedNotice[]> {
  return db
    .selectFrom('notices')
    .innerJoin('users', 'users.id', 'notices.user_id')
    .select(['notices.id', 'notices.kind', 'notices.content', 'notices.user_id'])
    .select(['users.name', 'users.email', 'users.locale', 'users.duration_format'])
    .where('mailed_at', 'is', null)
    .where('read_at', 'is', null)
    .where('notices.created_at', '>=', since)
    .where('users.deactivated_at', 'is', null)
    .where('users.email', '<>', '')
    .where('users.is_placeholder', '=', 0)
    .orderBy('notices.id')
    .limit(50)
    .execute();
}

export async function updateNoticeMailed(db: Db, id: number, mailed_at: number): Promise<void> {
  await db.updateTable('notices').set({ mailed_at }).where('id', '=', id).execute();
}

/** Removes what was read, or is old. */
export async function deleteOldNotices(db: Db, created_before: number): Promise<void> {
  await db.deleteFrom('notices').where('created_at', '<', created_before).execute();
}

/** Names of some projects; those that are gone are missing. */
export async function mapProjectNames(db: Db, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('projects')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
