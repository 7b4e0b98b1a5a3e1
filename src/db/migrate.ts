import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { MigrationResultSet } from 'kysely/migration';
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
 * @param onWait - called once when another process is at it, before waiting for it.
 * @throws SchemaError when the database was written by a newer version, or a migration failed.
 */
export async function migrateToLatest(
  connection: Connection,
  onWait: () => void = () => undefined,
): Promise<{ applied: string[] }> {
  if (await isUpToDate(connection.db)) return { applied: [] };
  const { error, results = [] } = await withoutTimeLimit(connection, onWait);
  if (error) {
    // Who waited may find that it was a newer version that was at it.
    if (await isUpToDate(connection.db)) return { applied: [] };
    throw failureOf(error, results.find(({ status }) => status === 'Error')?.migrationName);
  }
  return { applied: results.map((result) => result.migrationName) };
}

/** @throws SchemaError when the database was written by a newer version. */
async function isUpToDate(db: Db): Promise<boolean> {
  const done = await appliedMigrations(db);
  const unknown = unknownMigrations(done);
  if (unknown.length > 0) {
    throw new SchemaError(
      `the database was written by a newer version of TimeTracker (it has ${unknown.join(', ')}); start that version, or restore a backup`,
    );
  }
  return done.length === migrationNames.length;
}

/** The name and the code say which and what; words of the database may quote rows. */
function failureOf(cause: unknown, name: string | undefined): SchemaError {
  const code = codeOf(cause);
  if (code === lockNotAvailable) {
    return new SchemaError('another instance has been bringing the database forward for an hour', { cause });
  }
  const what = [name, code && `error ${code}`].filter((part) => part !== undefined).join(', ');
  const which = what === '' ? '' : ` (${what})`;
  return new SchemaError(`a migration failed${which}; the database is as it was before`, { cause });
}

/** PostgreSQL has five letters and digits, SQLite a number beside Node's own word for all of its errors. */
function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('errcode' in cause) return String(cause.errcode);
  return 'code' in cause ? String(cause.code) : undefined;
}

const lockNotAvailable = '55P03';
/** Kysely's own advisory lock: with the same number, no version needs to know how another one takes it. */
const migrationLock = '3853314791062309107';

/** On PostgreSQL, a connection's limit for statements of requests would end the waiting for the lock and long migrations. */
async function withoutTimeLimit(
  { db, dialect }: Connection,
  onWait: () => void,
): Promise<MigrationResultSet> {
  if (dialect === 'sqlite') return (await migratorOf({ db, dialect })).migrateToLatest();
  return db.connection().execute(async (own) => {
    const migrator = await migratorOf({ db: own, dialect });
    await sql`set statement_timeout = 0`.execute(own);
    const { rows } = await sql<{ is_mine: boolean }>`
      select pg_try_advisory_lock(${sql.lit(migrationLock)}::bigint) as is_mine`.execute(own);
    const isMine = rows[0]?.is_mine === true;
    if (!isMine) onWait();
    try {
      // Takes the lock as well, and waits for it for an hour.
      return await migrator.migrateToLatest();
    } finally {
      if (isMine) await sql`select pg_advisory_unlock(${sql.lit(migrationLock)}::bigint)`.execute(own);
      await sql`reset statement_timeout`.execute(own);
    }
  });
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
        { up: async (trx: Kysely<unknown>) => (await load())(trx, dialect) },
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
