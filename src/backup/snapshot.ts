import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { unknownMigrations } from '../db/migrate.ts';
import { BackupError } from './backup-error.ts';
import type { TableShape, Value } from './format.ts';

/** One moment of a database, read while others go on writing. */
export interface Snapshot {
  database: 'sqlite' | 'postgres';
  /** Migrations that it has had, the oldest first. */
  schema: string[];
  /** Kept tables that exist; columns that the database makes by itself are left out. */
  tables: TableShape[];
  /** The highest id that each table ever gave. */
  last_ids: Record<string, number>;
  /** The setting of that name, JSON; undefined before the first start. */
  installation_secret: string | undefined;
  /** Rows of a table, a few at a time. */
  rows: (table: TableShape) => AsyncIterable<Value[][]>;
  close: () => Promise<void>;
}

type Source = Pick<Config, 'database_url' | 'sqlite_file'>;

/**
 * Opens the database for reading, on a connection of its own; nothing is created, migrated or locked.
 *
 * @throws BackupError when there is nothing that this version can back up.
 */
export async function openSnapshot(source: Source): Promise<Snapshot> {
  const snapshot = await open(source);
  const unknown = unknownMigrations(snapshot.schema);
  if (unknown.length === 0 && snapshot.schema.length > 0) return snapshot;
  await snapshot.close();
  throw new BackupError(
    unknown.length > 0
      ? `the database was written by a newer version of TimeTracker (it has ${unknown.join(', ')}): back it up with that version`
      : 'there is nothing to back up: the database is empty',
  );
}

async function open({ database_url, sqlite_file }: Source): Promise<Snapshot> {
  if (database_url !== undefined) {
    const { openPostgresSnapshot } = await import('./postgres-snapshot.ts');
    return openPostgresSnapshot(database_url);
  }
  if (!existsSync(sqlite_file))
    throw new BackupError(`there is nothing to back up: ${sqlite_file} does not exist`);
  const { openSqliteSnapshot } = await import('./sqlite-snapshot.ts');
  return openSqliteSnapshot(sqlite_file);
}
