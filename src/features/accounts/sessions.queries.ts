import { sql } from 'kysely';
import type { Insertable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { prepare } from '../../db/prepared.ts';
import type { SessionsTable, UsersTable } from '../../db/schema.ts';

export interface SessionRow {
  session_id: number;
  last_seen_at: number;
  expires_at: number;
  flash: string | null;
  id: number;
  email: string;
  name: string;
  role: UsersTable['role'];
  locale: string;
  time_zone: string;
  week_start: number;
  duration_format: UsersTable['duration_format'];
  theme: UsersTable['theme'];
  deactivated_at: number | null;
  /** Messages that the person has not read. */
  unread_notices: number;
  analytics_choice: 'in' | 'out' | null;
}

const findByHash = prepare<{ token_hash: string }, SessionRow>((db, parameter) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'sessions.id as session_id',
      'last_seen_at',
      'expires_at',
      'flash',
      'users.id',
      'email',
      'name',
      'role',
    ])
    .select(['locale', 'time_zone', 'week_start', 'duration_format', 'theme', 'deactivated_at'])
    .select('analytics_choice')
    .select(
      sql<number>`(select count(*) from notices where user_id = users.id and read_at is null)`.as(
        'unread_notices',
      ),
    )
    .where('token_hash', '=', parameter('token_hash')),
);

/** Runs on every request of a signed-in person, hence prepared. */
export async function findSessionRow(db: Db, token_hash: string): Promise<SessionRow | undefined> {
  return (await findByHash(db, { token_hash }))[0];
}

export async function insertSession(db: Db, row: Insertable<SessionsTable>): Promise<void> {
  await db.insertInto('sessions').values(row).execute();
}

export async function updateLastSeen(db: Db, id: number, last_seen_at: number): Promise<void> {
  await db.updateTable('sessions').set({ last_seen_at }).where('id', '=', id).execute();
}

export async function updateFlash(db: Db, id: number, flash: string | null): Promise<void> {
  await db.updateTable('sessions').set({ flash }).where('id', '=', id).execute();
}

export async function deleteSessionByToken(db: Db, token_hash: string): Promise<void> {
  await db.deleteFrom('sessions').where('token_hash', '=', token_hash).execute();
}

/** A person's live sessions, the most recently used first, at most 50. */
export async function listSessions(
  db: Db,
  { user_id, expires_after, seen_after }: { user_id: number; expires_after: number; seen_after: number },
) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'last_seen_at', 'device'])
    .where('user_id', '=', user_id)
    .where('expires_at', '>', expires_after)
    .where('last_seen_at', '>', seen_after)
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(50)
    .execute();
}

/** Ends one session of a person; false when it is not theirs. */
export async function deleteSession(db: Db, user_id: number, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Ends every session of a person. */
export async function deleteSessions(db: Db, user_id: number): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', user_id).execute();
}

/** Ends every session of a person but one: what a changed password does. Returns how many ended. */
export async function deleteOtherSessions(db: Db, user_id: number, keep_id: number): Promise<number> {
  const result = await db
    .deleteFrom('sessions')
    .where('user_id', '=', user_id)
    .where('id', '!=', keep_id)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function deleteEndedSessions(
  db: Db,
  expired_before: number,
  idle_before: number,
): Promise<number> {
  const result = await db
    .deleteFrom('sessions')
    .where((where) =>
      where.or([where('expires_at', '<', expired_before), where('last_seen_at', '<', idle_before)]),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** People with a request since an instant. */
export async function countActiveUsers(db: Db, since: number): Promise<number> {
  const { active } = await db
    .selectFrom('sessions')
    .select((select) => select.fn.count<number>('user_id').distinct().as('active'))
    .where('last_seen_at', '>=', since)
    .executeTakeFirstOrThrow();
  return active;
}
