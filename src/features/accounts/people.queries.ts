import type { Insertable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { UsersTable } from '../../db/schema.ts';

/** True while at least one administrator can sign in. */
export async function hasAdministrator(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function findPersonByEmail(db: Db, email_key: string) {
  return db
    .selectFrom('users')
    .select(['id', 'email', 'name', 'role', 'password_hash', 'deactivated_at', 'analytics_choice'])
    .where('email_key', '=', email_key)
    .executeTakeFirst();
}

export async function findPasswordHash(db: Db, id: number): Promise<string | undefined> {
  const row = await db.selectFrom('users').select('password_hash').where('id', '=', id).executeTakeFirst();
  return row?.password_hash ?? undefined;
}

/** Which notices the person wants by mail, too. */
export async function findWantedMails(
  db: Db,
  id: number,
): Promise<{ entry_mails: boolean; budget_mails: boolean }> {
  const row = await db
    .selectFrom('users')
    .select(['entry_mails', 'budget_mails'])
    .where('id', '=', id)
    .executeTakeFirst();
  return { entry_mails: row?.entry_mails === 1, budget_mails: row?.budget_mails === 1 };
}

/** A person's own choice about product analytics; null when they made none. */
export async function findAnalyticsChoice(db: Db, id: number): Promise<'in' | 'out' | null> {
  const row = await db.selectFrom('users').select('analytics_choice').where('id', '=', id).executeTakeFirst();
  return row?.analytics_choice ?? null;
}

/** @returns the new person's id. */
export async function insertPerson(db: Db, row: Insertable<UsersTable>): Promise<number> {
  const { id } = await db.insertInto('users').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updatePerson(db: Db, id: number, changed: Updateable<UsersTable>): Promise<void> {
  await db.updateTable('users').set(changed).where('id', '=', id).execute();
}

/** Names of some people, by id. */
export async function mapPersonNames(db: Db, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Everybody, by name; for filters that let a person choose people. */
export async function listPeople(
  db: Db,
): Promise<{ id: number; name: string; deactivated_at: number | null }[]> {
  return db
    .selectFrom('users')
    .select(['id', 'name', 'deactivated_at'])
    .orderBy('name')
    .orderBy('id')
    .limit(1000)
    .execute();
}
