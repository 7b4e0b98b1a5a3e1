import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import { exactInteger, rowsAtOnce } from './format.ts';
import type { TableShape, Value } from './format.ts';
import type { Snapshot } from './snapshot.ts';
import { allTables, keptTables } from './tables.ts';

/** Long texts, such as bodies of the ledger, end a batch early. */
const charactersAtOnce = 256 * 1024;

/**
 * A read transaction on a second connection: in WAL mode it sees one moment, and writers do not notice it.
 *
 * @throws when the file is no database.
 */
export async function openSqliteSnapshot(file: string): Promise<Snapshot> {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    database.exec('pragma query_only = on; begin');
    const names = new Set(column<string>(database, `select name from sqlite_master where type = 'table'`));
    const shapes = keptTables.filter((name) => names.has(name)).map((name) => shapeOf(database, name));
    return {
      database: 'sqlite',
      schema: names.has('kysely_migration')
        ? column<string>(database, 'select name from kysely_migration order by name')
        : [],
      tables: shapes,
      last_ids: names.has('sqlite_sequence') ? lastIds(database) : {},
      installation_secret: names.has('settings')
        ? column<string>(database, `select value from settings where name = 'installation_secret'`)[0]
        : undefined,
      rows: (table) => rowsOf(database, table),
      close: async () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function column<Type extends SQLOutputValue>(database: DatabaseSync, sql: string): Type[] {
  const rows = database.prepare(sql).all();
  return rows.map((row) => Object.values(row)[0] as Type);
}

function shapeOf(database: DatabaseSync, name: string): TableShape {
  // 'hidden' is 0 for ordinary columns; what the database works out is no value of its own.
  const columns = database.prepare('select name from pragma_table_xinfo(?) where hidden = 0').all(name);
  return { name, columns: columns.map((row) => String(row['name'])) };
}

function lastIds(database: DatabaseSync): Record<string, number> {
  const rows = database.prepare('select name, seq from sqlite_sequence').all();
  const known = rows.filter(({ name }) => allTables.includes(String(name)));
  return Object.fromEntries(known.map(({ name, seq }) => [String(name), Number(seq)]));
}

async function* rowsOf(database: DatabaseSync, { name, columns }: TableShape): AsyncIterable<Value[][]> {
  const list = columns.map((one) => `"${one}"`).join(', ');
  const statement = database.prepare(`select ${list} from "${name}"`);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  let [batch, characters]: [Value[][], number] = [[], 0];
  for (const row of statement.iterate() as unknown as Iterable<SQLOutputValue[]>) {
    batch.push(row.map((value) => (typeof value === 'bigint' ? exactInteger(value) : value)));
    for (const value of row) if (typeof value === 'string') characters += value.length;
    if (batch.length < rowsAtOnce && characters < charactersAtOnce) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
