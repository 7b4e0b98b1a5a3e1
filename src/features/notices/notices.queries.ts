import type { Db } from '../../db/connect.ts';
import type { Role } from '../../db/schema.ts';
import { visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
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

/** Kinds of notices about what is nearly used up. */
const budgetKinds = ['budget', 'estimate'];

/** Messages of some kinds since an instant that were neither read nor are in the queue of mails, to people with an address. */
export async function listUnmailedNotices(
  db: Db,
  { since, kinds }: { since: number; kinds: readonly string[] },
): Promise<{ id: number; user_id: number }[]> {
  return db
    .selectFrom('notices')
    .innerJoin('users', 'users.id', 'notices.user_id')
    .leftJoin('mails', 'mails.notice_id', 'notices.id')
    .select(['notices.id', 'notices.user_id'])
    .where('mails.id', 'is', null)
    .where('read_at', 'is', null)
    .where('notices.created_at', '>=', since)
    .where('notices.kind', 'in', [...kinds])
    .where('users.deactivated_at', 'is', null)
    .where('users.email', '<>', '')
    .where('users.is_placeholder', '=', 0)
    .where((where) => where.or([where('notices.kind', '<>', 'entry'), where('users.entry_mails', '=', 1)]))
    .where((where) =>
      where.or([where('notices.kind', 'not in', budgetKinds), where('users.budget_mails', '=', 1)]),
    )
    .orderBy('notices.id')
    .limit(500)
    .execute();
}

export interface MailedNotice {
  kind: string;
  content: string;
  user_id: number;
  name: string;
  email: string;
  role: Role;
  locale: string;
  duration_format: 'clock' | 'minutes' | 'decimal';
}

/** A message and whom it goes to, while it is not read and they are here. */
export async function findMailedNotice(db: Db, id: number): Promise<MailedNotice | undefined> {
  return (
    db
      .selectFrom('notices')
      .innerJoin('users', 'users.id', 'notices.user_id')
      .select(['notices.kind', 'notices.content', 'notices.user_id'])
      .select(['users.name', 'users.email', 'users.role', 'users.locale', 'users.duration_format'])
      .where('notices.id', '=', id)
      .where('read_at', 'is', null)
      .where('users.deactivated_at', 'is', null)
      .where('users.email', '<>', '')
      // Also of what is in the queue already: it may wait there for days.
      .where((where) =>
        where.or([where('notices.kind', 'not in', budgetKinds), where('users.budget_mails', '=', 1)]),
      )
      .executeTakeFirst()
  );
}

/** The newest message of a person whose key begins so, while it is new, unread and not in the queue of mails. */
export async function findOpenEntryNotice(
  db: Db,
  { user_id, key, since }: { user_id: number; key: string; since: number },
): Promise<{ id: number; content: string } | undefined> {
  return db
    .selectFrom('notices')
    .leftJoin('mails', 'mails.notice_id', 'notices.id')
    .select(['notices.id', 'notices.content'])
    .where('notices.user_id', '=', user_id)
    .where('notices.kind', '=', 'entry')
    .where('once_key', 'like', `${key}%`)
    .where('notices.created_at', '>=', since)
    .where('read_at', 'is', null)
    .where('mails.id', 'is', null)
    .orderBy('notices.id', 'desc')
    .executeTakeFirst();
}

export async function updateNoticeContent(db: Db, id: number, content: string): Promise<void> {
  await db.updateTable('notices').set({ content }).where('id', '=', id).execute();
}

/** Removes what was read, or is old. */
export async function deleteOldNotices(db: Db, created_before: number): Promise<void> {
  await db.deleteFrom('notices').where('created_at', '<', created_before).execute();
}

/** Names of those of these projects that the viewer sees. */
export async function mapProjectNames(
  db: Db,
  viewer: Viewer,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const projects = db
    .selectFrom('projects')
    .select(['projects.id', 'projects.name'])
    .where('projects.id', 'in', [...new Set(ids)])
    .where(visibleProjects(viewer));
  return namesById(await projects.execute());
}

/** Names of those of these tasks that the viewer sees. */
export async function mapTaskNames(
  db: Db,
  viewer: Viewer,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const tasks = db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .select(['tasks.id', 'tasks.name'])
    .where('tasks.id', 'in', [...new Set(ids)])
    .where(visibleProjects(viewer));
  return namesById(await tasks.execute());
}

const namesById = (rows: readonly { id: number; name: string }[]): Map<number, string> =>
  new Map(rows.map(({ id, name }) => [id, name]));

/** Administrators that are still here. */
export async function listAdministratorIds(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
