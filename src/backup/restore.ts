import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import type { Config } from '../config/config.ts';
import type { Connection } from '../db/connect.ts';
import { connect } from '../db/connect.ts';
import { appliedMigrations, migrateWithin, migrationNames, unknownMigrations } from '../db/migrate.ts';
import type { Channel, Database } from '../db/schema.ts';
import { throughDatabasePassage } from '../telemetry/guard.ts';
import { BackupError } from './backup-error.ts';
import type { End, Head, Value } from './format.ts';
import type { Verified } from './read-backup.ts';
import { readBackup, verifyBackup } from './read-backup.ts';
import type { Columns } from './restore-target.ts';
import {
  countPostgresColleagues,
  countRows,
  dropTables,
  emptyTables,
  findBrokenReference,
  listColumns,
  listOpenChannels,
  rowWriter,
  setLastId,
  stopTriggers,
} from './restore-target.ts';
import { allTables, keptTables, leftOutTables, writtenByItself } from './tables.ts';

export interface Restored extends Verified {
  rows: number;
  /** Migrations that an older backup needed. */
  migrated: string[];
  /** Channels that the backup says are on, and that are off now. */
  switched_off: string[];
}

export interface RestoreRequest {
  file: string;
  /** Replaces what the database holds. */
  force: boolean;
  /** Epoch milliseconds. */
  now: number;
  /** False leaves the schema as old as the backup: what an upgrade starts from. */
  forward?: boolean;
  /** Leaves a mark of the restore in what was restored, within its transaction. */
  mark?: (trx: Trx, verified: Verified) => Promise<void>;
}

type Target = Pick<Config, 'database_url' | 'sqlite_file' | 'sqlite_synchronous'>;

/**
 * Puts a backup in place of the database's content, in one transaction: all of it or nothing.
 *
 * @throws BackupError with the reason; the database is as it was then.
 */
export async function restoreBackup(config: Target, request: RestoreRequest): Promise<Restored> {
  const verified = await verifyBackup(request.file);
  refuseNewer(request.file, verified.head);
  const connection = await connect({
    databaseUrl: config.database_url,
    ...{ sqliteFile: config.sqlite_file, sqliteSynchronous: config.sqlite_synchronous, poolSize: 1 },
    opening: throughDatabasePassage,
  });
  try {
    await refuseCompany(connection);
    await refuseContent(connection, request.force);
    const done = await connection.db
      .transaction()
      .execute((trx) => replace(trx, connection.dialect, { ...verified, ...request }));
    await sql`analyze`.execute(connection.db);
    return { ...verified, ...done };
  } finally {
    await release(connection);
  }
}

/** @throws BackupError when only a newer version can restore the backup. */
export function refuseNewer(file: string, { schema, app_version }: Head): void {
  const unknown = unknownMigrations(schema);
  const isPrefix = schema.every((name, index) => name === migrationNames[index]);
  if (unknown.length === 0 && isPrefix && schema.length > 0) return;
  throw new BackupError(
    `${file} is of version ${app_version}, whose database this version does not know (${unknown.join(', ') || 'in another order'}): restore it with that version`,
  );
}

/** Nobody else may use the database meanwhile: what they wrote would be lost, and what they read would be half. */
async function refuseCompany({ db, dialect }: Connection): Promise<void> {
  if (dialect === 'postgres') {
    // A restore takes as long as it takes; its connection is the only one.
    await sql`set statement_timeout = 0`.execute(db);
    if ((await countPostgresColleagues(db)) === 0) return;
  } else {
    // Outside of a transaction only, and not while another process has the file open.
    await sql`pragma foreign_keys = off`.execute(db);
    const left = await sql`pragma journal_mode = delete`.execute(db).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.message.includes('locked')) return false;
        throw error;
      },
    );
    if (left) return;
  }
  throw new BackupError(
    'another process uses this database, probably the server: stop it first; nothing was changed',
  );
}

async function release({ db, dialect }: Connection): Promise<void> {
  if (dialect === 'sqlite') await sql`pragma journal_mode = wal`.execute(db).catch(() => undefined);
  await db.destroy();
}

async function refuseContent({ db, dialect }: Connection, force: boolean): Promise<void> {
  const unknown = unknownMigrations(await appliedMigrations(db));
  if (unknown.length > 0)
    throw new BackupError(
      `the database was written by a newer version of TimeTracker (it has ${unknown.join(', ')}): restore with that version, or into an empty database`,
    );
  if (force) return;
  const existing = await listColumns(db, dialect);
  const found: string[] = [];
  for (const name of keptTables) {
    if (writtenByItself.includes(name) || !existing.has(name)) continue;
    const count = await countRows(db, name);
    if (count > 0) found.push(`${name} ${count}`);
  }
  if (found.length === 0) return;
  throw new BackupError(
    `the database is not empty (${found.join(', ')}): nothing was changed; --force replaces all of it`,
  );
}

type Trx = Transaction<Database>;

async function replace(
  trx: Trx,
  dialect: Connection['dialect'],
  { head, file, now, forward = true, mark, ...verified }: Verified & RestoreRequest,
): Promise<Omit<Restored, 'head' | 'end'>> {
  await dropTables(trx, dialect);
  await migrateWithin({ db: trx, dialect }, head.schema.at(-1) as string);
  const columns = await listColumns(trx, dialect);
  const tables = allTables.filter((name) => columns.has(name));
  await emptyTables(trx, tables);
  const startTriggers = await stopTriggers(trx, dialect, tables);
  const end = await writeRows(trx, dialect, { file, columns });
  await startTriggers();
  for (const [name, last_id] of Object.entries(end.last_ids))
    if (columns.get(name)?.has('id')) await setLastId(trx, dialect, name, last_id);
  await refuseDifferent(trx, dialect, { end, file });
  const switched_off = columns.has('consents') ? await switchOff(trx, now) : [];
  const migrated = forward ? migrationNames.slice(head.schema.length) : [];
  if (migrated.length > 0) await migrateWithin({ db: trx, dialect }, migrationNames.at(-1) as string);
  await mark?.(trx, { head, end: verified.end });
  return { rows: end.tables.reduce((sum, { rows }) => sum + rows, 0), migrated, switched_off };
}

async function writeRows(
  trx: Trx,
  dialect: Connection['dialect'],
  { file, columns }: { file: string; columns: Columns },
): Promise<End> {
  const writers = new Map<string, (rows: Value[][]) => Promise<void>>();
  for await (const part of readBackup(file)) {
    if (part.kind === 'head') {
      for (const table of part.head.tables) {
        const types = columns.get(table.name);
        const unknown = table.columns.find((name) => !types?.has(name));
        if (!types || unknown !== undefined || isForeign(table.name))
          throw new BackupError(
            `${file} has a table or a column that its version does not have: ${table.name}${unknown === undefined ? '' : `.${unknown}`}`,
          );
        writers.set(table.name, rowWriter(trx, dialect, table, types));
      }
    }
    if (part.kind === 'rows') await writers.get(part.table.name)?.(part.rows);
    if (part.kind === 'end') return part.end;
  }
  throw new BackupError(`${file} ended while it was read`);
}

/** What no backup holds, whatever a file says. */
const isForeign = (table: string): boolean => leftOutTables.includes(table) || table.startsWith('kysely_');

/** What the database has now is what the backup says. */
async function refuseDifferent(
  trx: Trx,
  dialect: Connection['dialect'],
  { end, file }: { end: End; file: string },
): Promise<void> {
  for (const { name, rows } of end.tables) {
    const count = await countRows(trx, name);
    if (count !== rows)
      throw new BackupError(`${count} rows of ${name} arrived and ${rows} should have; nothing was changed`);
  }
  const broken = await findBrokenReference(trx, dialect);
  if (broken !== undefined)
    throw new BackupError(`${file} has rows of ${broken} that refer to rows it does not have`);
}

/** Who said yes may have said no after the backup was made: an old yes must not come back by itself. */
async function switchOff(trx: Trx, now: number): Promise<string[]> {
  const open = await listOpenChannels(trx);
  for (const { channel, catalogue_version } of open)
    await trx
      .insertInto('consents')
      .values({
        ...{ channel: channel as Channel, mode: 'off', catalogue_version, covered: '[]' },
        ...{ decided_at: now, user_id: null, source: 'command' },
      })
      .execute();
  return open.map(({ channel }) => channel);
}
