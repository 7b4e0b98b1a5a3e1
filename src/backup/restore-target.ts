import type { Transaction } from 'kysely';
import { CompiledQuery, sql } from 'kysely';
import type { Connection, Db } from '../db/connect.ts';
import { applicationName } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import type { TableShape, Value } from './format.ts';
import { listPostgresColumns } from './postgres-columns.ts';
import { allTables } from './tables.ts';

/** The SQL of a restore, in both dialects. Names of tables and columns come from the database itself, never from a file. */

type Dialect = Connection['dialect'];
type Trx = Transaction<Database>;
/** Table -> column -> type, of ordinary columns. */
export type Columns = ReadonlyMap<string, ReadonlyMap<string, string>>;

export async function listColumns(db: Db, dialect: Dialect): Promise<Columns> {
  if (dialect === 'postgres') return listPostgresColumns(db);
  const { rows } = await sql<{ table_name: string; column_name: string }>`
    select t.name as table_name, c.name as column_name from sqlite_master as t, pragma_table_xinfo(t.name) as c
    where t.type = 'table' and c.hidden = 0 order by t.name, c.cid`.execute(db);
  const tables = new Map<string, Map<string, string>>();
  // SQLite keeps what a value is with the value.
  for (const { table_name, column_name } of rows)
    tables.set(table_name, (tables.get(table_name) ?? new Map<string, string>()).set(column_name, 'any'));
  return tables;
}

export async function countRows(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
    db,
  );
  return Number(rows[0]?.count ?? 0);
}

/** How many other connections of this program the database has. */
export async function countPostgresColleagues(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = ${applicationName}`.execute(
    db,
  );
  return Number(rows[0]?.count ?? 0);
}

/** Removes every table of this program with all that hangs on it, and nothing of anybody else. */
export async function dropTables(trx: Trx, dialect: Dialect): Promise<void> {
  const existing = await listColumns(trx, dialect);
  const own = [...allTables, 'kysely_migration', 'kysely_migration_lock'].filter((name) =>
    existing.has(name),
  );
  if (own.length === 0) return;
  if (dialect === 'sqlite') {
    for (const name of own) await sql`drop table ${sql.table(name)}`.execute(trx);
    return;
  }
  const { rows: functions } = await sql<{ name: string }>`
    select distinct p.proname as name from pg_trigger as t join pg_proc as p on p.oid = t.tgfoid
    join pg_class as c on c.oid = t.tgrelid
    where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace and c.relname in (${sql.join(own)})`.execute(
    trx,
  );
  await sql`drop table ${sql.join(own.map((name) => sql.table(name)))}`.execute(trx);
  for (const { name } of functions) await sql`drop function ${sql.id(name)}()`.execute(trx);
}

/** Empties what the migrations have filled: the rows of a backup are all there shall be. */
export async function emptyTables(trx: Trx, tables: readonly string[]): Promise<void> {
  for (const name of tables.toReversed()) await sql`delete from ${sql.table(name)}`.execute(trx);
}

/** Stops triggers, which would count what the backup has counted already. @returns what starts them again. */
export async function stopTriggers(trx: Trx, dialect: Dialect, tables: readonly string[]) {
  if (dialect === 'postgres') {
    const each = async (what: 'enable' | 'disable') => {
      for (const name of tables)
        await sql`alter table ${sql.table(name)} ${sql.raw(what)} trigger user`.execute(trx);
    };
    await each('disable');
    return () => each('enable');
  }
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_master where type = 'trigger' and tbl_name in (${sql.join(tables)}) order by rowid`.execute(
    trx,
  );
  for (const { name } of rows) await sql`drop trigger ${sql.id(name)}`.execute(trx);
  return async () => {
    for (const trigger of rows) await sql.raw(trigger.sql).execute(trx);
  };
}

/** Writes rows as they are, ids included. `types` are those of the table's columns. */
export function rowWriter(
  trx: Trx,
  dialect: Dialect,
  { name, columns }: TableShape,
  types: ReadonlyMap<string, string>,
): (rows: Value[][]) => Promise<void> {
  const list = columns.map((column) => `"${column}"`).join(', ');
  if (dialect === 'sqlite') {
    const text = `insert into "${name}" (${list}) values (${columns.map(() => '?').join(', ')})`;
    return async (rows) => {
      for (const row of rows) await trx.executeQuery(CompiledQuery.raw(text, row.map(sqliteValue)));
    };
  }
  // One list a column: a statement of its own for each number of rows would be planned each time.
  const lists = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const names = columns.map((_, index) => `c${index}`);
  const values = columns.map((column, index) => typed(`c${index}`, types.get(column) ?? 'text'));
  const text = `insert into "${name}" (${list}) select ${values.join(', ')} from unnest(${lists}) as given (${names.join(', ')})`;
  return async (rows) => {
    const given = columns.map((_, index) => rows.map((row) => postgresText(row[index] ?? null)));
    await trx.executeQuery(CompiledQuery.raw(text, given));
  };
}

const typed = (name: string, type: string): string =>
  type === 'bytea' ? `decode(${name}, 'base64')` : `${name}::${type}`;

const sqliteValue = (value: Value): Exclude<Value, boolean> =>
  typeof value === 'boolean' ? Number(value) : value;

function postgresText(value: Value): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

/** The next id of a table is above what it ever gave. */
export async function setLastId(trx: Trx, dialect: Dialect, table: string, last_id: number): Promise<void> {
  if (dialect === 'postgres') {
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), greatest(own.last, 1), own.last > 0)
      from (select greatest(${last_id}::bigint, coalesce(max(id), 0)) as last from ${sql.table(table)}) as own`.execute(
      trx,
    );
    return;
  }
  // A row of this table comes with the first row of the other.
  await sql`insert into sqlite_sequence (name, seq) select ${table}, 0
    where not exists (select 1 from sqlite_sequence where name = ${table})`.execute(trx);
  await sql`update sqlite_sequence set seq = max(seq, ${last_id}) where name = ${table}`.execute(trx);
}

/** A table that refers to rows which are not there; SQLite does not look while a restore runs. */
export async function findBrokenReference(trx: Trx, dialect: Dialect): Promise<string | undefined> {
  if (dialect === 'postgres') return undefined;
  const { rows } = await sql<{ table: string }>`pragma foreign_key_check`.execute(trx);
  return rows[0]?.table;
}

/** Channels whose newest decision lets something leave. */
export async function listOpenChannels(trx: Trx): Promise<{ channel: string; catalogue_version: number }[]> {
  const { rows } = await sql<{ channel: string; catalogue_version: number; mode: string }>`
    select channel, catalogue_version, mode from consents
    where id in (select max(id) from consents group by channel) order by id`.execute(trx);
  return rows.filter(({ mode }) => mode !== 'off');
}
