import type { ControlledTransaction } from 'kysely';
import { sql } from 'kysely';
import { connect } from '../db/connect.ts';
import { appliedMigrations } from '../db/migrate.ts';
import type { Database } from '../db/schema.ts';
import { throughDatabasePassage } from '../telemetry/guard.ts';
import { exactInteger, rowsAtOnce } from './format.ts';
import type { TableShape, Value } from './format.ts';
import { listPostgresColumns } from './postgres-columns.ts';
import type { Snapshot } from './snapshot.ts';
import { allTables, keptTables } from './tables.ts';

type Handle = ControlledTransaction<Database>;

/** A repeatable-read transaction on a connection of its own: it sees one moment, and locks nobody out. */
export async function openPostgresSnapshot(databaseUrl: string): Promise<Snapshot> {
  const { db } = await connect({
    ...{ databaseUrl, sqliteFile: '', sqliteSynchronous: 'normal', poolSize: 1 },
    opening: throughDatabasePassage,
  });
  try {
    const trx = await db
      .startTransaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute();
    const close = async () => {
      await trx.rollback().execute();
      await db.destroy();
    };
    return { ...(await readSnapshot(trx)), close };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function readSnapshot(trx: Handle): Promise<Omit<Snapshot, 'close'>> {
  const types = await listPostgresColumns(trx);
  const tables = keptTables.flatMap((name) => {
    const columns = types.get(name);
    return columns ? [{ name, columns: [...columns.keys()] }] : [];
  });
  return {
    database: 'postgres',
    schema: types.has('kysely_migration') ? await appliedMigrations(trx) : [],
    tables,
    last_ids: await lastIds(trx, types),
    installation_secret: types.has('settings') ? await findSecret(trx) : undefined,
    rows: (table) => rowsOf(trx, table, types.get(table.name) ?? new Map()),
  };
}

async function findSecret(trx: Handle): Promise<string | undefined> {
  const row = await trx
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'installation_secret')
    .executeTakeFirst();
  return row?.value;
}

async function lastIds(trx: Handle, types: ReadonlyMap<string, unknown>): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of allTables.filter((table) => types.has(table))) {
    const { rows } = await sql<{ last: number | null }>`
      select pg_sequence_last_value(sequence::regclass) as last
      from (select pg_get_serial_sequence(${name}, column_name) as sequence from information_schema.columns
        where table_schema = current_schema() and table_name = ${name} and column_name = 'id') as own
      where sequence is not null`.execute(trx);
    if (rows[0]) found[name] = rows[0].last ?? 0;
  }
  return found;
}

/** Everything is read as text, so that no driver rounds or reinterprets it on the way. */
async function* rowsOf(
  trx: Handle,
  { name, columns }: TableShape,
  types: ReadonlyMap<string, string>,
): AsyncIterable<Value[][]> {
  const typeOf = (column: string): string => types.get(column) ?? 'text';
  const list = columns.map((column) => {
    const reference = sql.ref(column);
    return typeOf(column) === 'bytea' ? sql`encode(${reference}, 'base64')` : sql`${reference}::text`;
  });
  const selected = list.map((part, index) => sql`${part} as ${sql.id(`c${index}`)}`);
  await sql`declare backup no scroll cursor for select ${sql.join(selected)} from ${sql.table(name)}`.execute(
    trx,
  );
  for (;;) {
    const { rows } = await sql<
      Record<string, string | null>
    >`fetch ${sql.lit(rowsAtOnce)} from backup`.execute(trx);
    if (rows.length === 0) break;
    yield rows.map((row) =>
      columns.map((column, index) => valueOf(row[`c${index}`] ?? null, typeOf(column))),
    );
  }
  await sql`close backup`.execute(trx);
}

function valueOf(text: string | null, type: string): Value {
  if (text === null) return null;
  if (['bigint', 'integer', 'smallint'].includes(type)) return exactInteger(BigInt(text));
  if (type === 'boolean') return text === 'true';
  if (type === 'double precision' || type === 'real') return Number(text);
  return type === 'bytea' ? Buffer.from(text, 'base64') : text;
}
