import type { Transaction } from 'kysely';
import { SqliteAdapter } from 'kysely';
import type { Database } from './schema.ts';

/** True for PostgreSQL, whose transactions run beside each other. */
export const isPostgres = (trx: Transaction<Database>): boolean =>
  !(trx.getExecutor().adapter instanceof SqliteAdapter);

/**
 * Makes changes to one person's time wait for each other: first statement of every transaction that reads before it
 * writes, so that two clicks at once see each other's result instead of a broken unique index.
 *
 * SQLite needs nothing: its transactions begin immediate and already wait for each other.
 */
export async function lockPerson(trx: Transaction<Database>, user_id: number): Promise<void> {
  if (!isPostgres(trx)) return;
  // Not "for update": that would also hold up every insert that refers to the person, such as a new session.
  await trx.selectFrom('users').select('id').where('id', '=', user_id).forNoKeyUpdate().execute();
}
