import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Connection, Db } from './connect.ts';

type Migration = (db: Kysely<unknown>, dialect: Connection['dialect']) => Promise<void>;

/**
 * Append-only: a released migration never changes. A static list works on every platform and is visible to tools; a
 * database that is up to date needs no more than the names.
 */
const migrations: Record<string, () => Promise<Migration>> = {
  '001-walking-product': async () =>
    (await import('./migrations/001-walking-product.ts')).createWalkingProduct,
  '002-telemetry': async () => (await import('./migrations/002-telemetry.ts')).createTelemetry,
  '003-work-money-people': async () =>
    (await import('./migrations/003-work-money-people.ts')).createWorkMoneyPeople,
};

/** The oldest first. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** Those of a newer version. */
export const unknownMigrations = (names: readonly string[]): string[] =>
  names.filter((name) => !migrationNames.includes(name));

export class SchemaError extends Error {}

/**
 * Brings the schema forward. A database that is up to date costs one query.
 *
 * @throws SchemaError when the database was written by a newer version, or a migration failed.
 */
export async function migrateToLatest(connection: Connection): Promise<{ applied: string[] }> {
  const done = await appliedMigrations(connection.db);
  const unknown = unknownMigrations(done);
  if (unknown.length > 0) {
    throw new SchemaError(
      `the database was written by a newer version of TimeTracker (it has ${unknown.join(', ')}); start that version, or restore a backup`,
    );
  }
  if (done.length === migrationNames.length) return { applied: [] };
  const { error, results } = await (await migratorOf(connection)).migrateToLatest();
  if (error) throw new SchemaError('a migration failed; the database is as it was before', { cause: error });
  return { applied: (results ?? []).map((result) => result.migrationName) };
}

/**
 * Brings the schema forward inside of the caller's transaction, up to the migration of this name.
 *
 * @throws what a migration threw.
 */
export async function migrateWithin({ db, dialect }: Migrated, last: string): Promise<void> {
  const { error } = await (await migratorOf({ db, dialect })).migrateTo(last);
  if (error) throw error as Error;
}

type Migrated = Pick<Connection, 'db' | 'dialect'>;

async function migratorOf({ db, dialect }: Migrated) {
  // Kysely's migrator takes a lock in PostgreSQL, so several instances may start at once. Imported only when needed.
  const { Migrator } = await import('kysely/migration');
  const getMigrations = async () =>
    Object.fromEntries(
      Object.entries(migrations).map(([name, load]) => [
        name,
        {
          up: async (trx: Kysely<unknown>) => {
            // An index over millions of rows takes longer than any request may.
            if (dialect === 'postgres') await sql`set local statement_timeout = 0`.execute(trx);
            await (
              await load()
            )(trx, dialect);
          },
        },
      ]),
    );
  return new Migrator({ db, provider: { getMigrations } });
}

/** True when every migration this version knows has run and no other. */
export async function isMigrated(db: Db): Promise<boolean> {
  const done = await appliedMigrations(db);
  return done.length === migrationNames.length && unknownMigrations(done).length === 0;
}

/** Names of the migrations that a database has had, the oldest first; none where it is empty. */
export async function appliedMigrations(db: Db): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.map((row) => row.name);
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw error;
  }
}

/** An empty database has no table of migrations yet: SQLite says so in words, PostgreSQL by code. */
function isMissingTable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message.startsWith('no such table') || ('code' in error && error.code === '42P01');
}
