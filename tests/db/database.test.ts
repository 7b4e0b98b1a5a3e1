import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import ts from 'typescript';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Connection } from '../../src/db/connect.ts';
import { connect } from '../../src/db/connect.ts';
import { isMigrated, migrateToLatest, SchemaError } from '../../src/db/migrate.ts';
import { prepare } from '../../src/db/prepared.ts';
import { isDuplicate, isUnavailable } from '../../src/shared/errors.ts';
import { createPostgresDatabase, createTestDatabase, dropPostgresDatabase } from '../support/database.ts';
import { opened } from '../support/each-file.ts';

let connection: Connection;
let sqliteFile: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(inject('folder'), 'db-'));
  const database = await createTestDatabase({ base: inject('base'), postgres: inject('postgres'), folder });
  sqliteFile = database.sqliteFile;
  connection = await connect({ ...database, sqliteSynchronous: 'normal', poolSize: 3 });
  opened.push({
    close: async () => {
      await connection.db.destroy();
      await database.drop();
    },
  });
});

const insertTag = (name: string) =>
  connection.db
    .insertInto('tags')
    .values({ name, name_key: name, created_at: 1, archived_at: null })
    .execute();

/** The tables of schema.ts with the names of their columns, read from its interfaces. */
function declaredTables(): Record<string, Set<string>> {
  const file = join(import.meta.dirname, '../../src/db/schema.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((one) => [one.name.text, one.members]),
  );
  const propertiesOf = (name: string) => [...(interfaces.get(name) ?? [])].filter(ts.isPropertySignature);
  return Object.fromEntries(
    propertiesOf('Database').map((table) => [
      table.name.getText(),
      new Set(propertiesOf(table.type?.getText() ?? '').map((column) => column.name.getText())),
    ]),
  );
}

describe('the schema', () => {
  it('has every table and column of schema.ts, and no other', async () => {
    const declared = declaredTables();
    // SQLite's introspection leaves generated columns out.
    if (connection.dialect === 'sqlite') declared['entries']?.delete('duration_seconds');
    const tables = await connection.db.introspection.getTables();
    const found = tables.map(
      ({ name, columns }) => [name, new Set(columns.map((column) => column.name))] as const,
    );
    expect(Object.fromEntries(found)).toEqual(declared);
  });

  it('is forward once, and a second start changes nothing', async () => {
    expect(await isMigrated(connection.db)).toBe(true);
    expect(await migrateToLatest(connection)).toEqual({ applied: [] });
  });

  it('of a newer version is refused in words', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('999-future', '2030')`.execute(
      connection.db,
    );
    await expect(migrateToLatest(connection)).rejects.toThrow(SchemaError);
    await expect(migrateToLatest(connection)).rejects.toThrow(/newer version.*999-future/);
    expect(await isMigrated(connection.db)).toBe(false);
    await sql`delete from kysely_migration where name = '999-future'`.execute(connection.db);
  });
});

describe('a migration that fails half way', () => {
  it('leaves nothing behind, and succeeds once its cause is gone', async () => {
    const postgres = inject('postgres');
    const name = `tt_half_${randomUUID().slice(0, 8)}`;
    const databaseUrl = postgres ? await createPostgresDatabase(postgres, name) : undefined;
    const file = join(inject('folder'), `${name}.sqlite`);
    const empty = await connect({ databaseUrl, sqliteFile: file, sqliteSynchronous: 'normal', poolSize: 2 });
    const tables = async () => (await empty.db.introspection.getTables()).map((table) => table.name);
    // The last table of the first migration is in its way.
    await sql`create table jobs (stranger integer)`.execute(empty.db);
    await expect(migrateToLatest(empty)).rejects.toThrow(
      /^a migration failed \(001-walking-product, error (1|42P07)\); the database is as it was before$/,
    );
    expect(await tables()).toEqual(['jobs']);
    await sql`drop table jobs`.execute(empty.db);
    await migrateToLatest(empty);
    expect(await isMigrated(empty.db)).toBe(true);
    await empty.db.destroy();
    if (postgres) await dropPostgresDatabase(postgres, name);
    else expect(statSync(file).mode & 0o007).toBe(0);
  });
});

describe('a migration that takes longer than any statement may', () => {
  const lock = '3853314791062309107';

  /** An empty database behind one connection whose statements end after 300 ms, and somebody who has the lock. */
  async function migratingElsewhere(postgres: string) {
    const name = `tt_long_${randomUUID().slice(0, 8)}`;
    const databaseUrl = await createPostgresDatabase(postgres, name);
    const options = { databaseUrl, sqliteFile: '', sqliteSynchronous: 'normal', poolSize: 1 } as const;
    const [waiting, other] = await Promise.all([connect(options), connect(options)]);
    await sql`set statement_timeout = 300`.execute(waiting.db);
    await sql`select pg_advisory_lock(${sql.lit(lock)}::bigint)`.execute(other.db);
    const drop = async () => {
      await Promise.all([waiting.db.destroy(), other.db.destroy()]);
      await dropPostgresDatabase(postgres, name);
    };
    return { waiting, other, drop };
  }
  const release = (db: Connection['db']) =>
    sql`select pg_advisory_unlock(${sql.lit(lock)}::bigint)`.execute(db);
  const limitOf = async ({ db }: Connection) =>
    (await sql<{ statement_timeout: string }>`show statement_timeout`.execute(db)).rows[0]?.statement_timeout;

  it('is waited for, is said, and leaves the limit for statements of requests', async (context) => {
    const postgres = inject('postgres');
    if (!postgres) return context.skip('about PostgreSQL only');
    const { waiting, other, drop } = await migratingElsewhere(postgres);
    let waited = 0;
    const migrated = migrateToLatest(waiting, () => (waited += 1));
    await sleep(1_000);
    await release(other.db);
    expect((await migrated).applied.length).toBeGreaterThan(0);
    expect(waited).toBe(1);
    expect(await isMigrated(other.db)).toBe(true);
    expect(await limitOf(waiting)).toBe('1min');
    // Nothing is left locked: the next one would wait for ever.
    const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())`.execute(other.db);
    expect(rows).toEqual([]);
    await drop();
  });

  it('of a newer version is told as that when the waiting is over', async (context) => {
    const postgres = inject('postgres');
    if (!postgres) return context.skip('about PostgreSQL only');
    const { waiting, other, drop } = await migratingElsewhere(postgres);
    const migrated = migrateToLatest(waiting).catch((error: unknown) => error);
    await sleep(300);
    await sql`create table if not exists kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
      other.db,
    );
    await sql`insert into kysely_migration (name, timestamp) values ('999-future', '2030')`.execute(other.db);
    await release(other.db);
    expect(String(await migrated)).toContain('newer version of TimeTracker (it has 999-future)');
    await drop();
  });
});

describe('a connection', () => {
  it('that the server ends fails its query as unavailable, and nothing else', async (context) => {
    if (connection.dialect !== 'postgres') return context.skip('about PostgreSQL only');
    const failure = await connection.db
      .transaction()
      .execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
        await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(connection.db);
        // Between two queries: the connection is taken, and nobody waits for an answer on it.
        await sleep(100);
        await sql`select 1`.execute(trx);
      })
      .catch((error: unknown) => error);
    expect(failure, String(failure)).toBeInstanceOf(Error);
    expect(isUnavailable(failure), String(failure)).toBe(true);
    expect(await connection.db.selectFrom('tags').select('id').execute()).toEqual([]);
  });

  it('that the server refuses with an error of its own is unavailable, and a query that it refuses is not', async (context) => {
    if (connection.dialect !== 'postgres') return context.skip('about PostgreSQL only');
    const address = new URL(inject('postgres') ?? '');
    address.pathname = '/not-there';
    const away = await connect({
      ...{ databaseUrl: address.href, sqliteFile: '', sqliteSynchronous: 'normal', poolSize: 1 },
    });
    const refused: unknown = await sql`select 1`.execute(away.db).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: '3D000', severity: 'FATAL' });
    expect(isUnavailable(refused)).toBe(true);
    // What a server says that has no room for the files of a new connection.
    expect(isUnavailable(Object.assign(refused as Error, { code: 'XX000' }))).toBe(true);
    await away.db.destroy();
    const query: unknown = await sql`select 1 / 0`.execute(connection.db).catch((error: unknown) => error);
    expect(query).toMatchObject({ severity: 'ERROR' });
    expect(isUnavailable(query)).toBe(false);
  });

  it('rolls back everything of a transaction that throws', async () => {
    const failed = connection.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('tags')
        .values({ name: 'half', name_key: 'half', created_at: 1, archived_at: null })
        .execute();
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(
      await connection.db.selectFrom('tags').selectAll().where('name_key', '=', 'half').execute(),
    ).toEqual([]);
  });

  it('keeps parallel transactions apart', async () => {
    await connection.db.insertInto('settings').values({ name: 'n', value: '0' }).execute();
    const addOne = () =>
      connection.db.transaction().execute(async (trx) => {
        await sql`update settings set value = value where name = 'n'`.execute(trx);
        const row = await trx
          .selectFrom('settings')
          .select('value')
          .where('name', '=', 'n')
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('settings')
          .set({ value: String(Number(row.value) + 1) })
          .where('name', '=', 'n')
          .execute();
      });
    await Promise.all(Array.from({ length: 30 }, addOne));
    const row = await connection.db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'n')
      .executeTakeFirstOrThrow();
    expect(row.value).toBe('30');
  });

  it('tells a duplicate from every other error', async () => {
    await insertTag('once');
    const error = await insertTag('once').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isDuplicate(error)).toBe(true);
    expect(isUnavailable(error)).toBe(false);
    expect(isDuplicate(new Error('unique'))).toBe(false);
  });

  it('runs a prepared query with other values each time, inside and outside a transaction', async () => {
    const find = prepare<{ key: string; limit: number }, { name: string }>((db, parameter) =>
      db.selectFrom('tags').select('name').where('name_key', '=', parameter('key')).limit(parameter('limit')),
    );
    await insertTag('one');
    await insertTag('two');
    expect((await find(connection.db, { key: 'one', limit: 1 })).map((row) => row.name)).toEqual(['one']);
    const inside = await connection.db.transaction().execute((trx) => find(trx, { key: 'two', limit: 5 }));
    expect(inside.map((row) => row.name)).toEqual(['two']);
  });

  it('returns ids, counts and sums as numbers', async () => {
    const row = await connection.db
      .selectFrom('tags')
      .select((select) => [
        select.fn.countAll<number>().as('all'),
        select.fn.sum<number>('created_at').as('sum'),
      ])
      .executeTakeFirstOrThrow();
    expect([typeof row.all, typeof row.sum]).toEqual(['number', 'number']);
  });
});

describe('the embedded database', () => {
  it('refuses values that SQLite would store as something else', async (context) => {
    if (connection.dialect !== 'sqlite') return context.skip('about SQLite only');
    const withDate = sql`update tags set name = ${new Date()}`.execute(connection.db);
    await expect(withDate).rejects.toThrow(/SQLite parameter/);
  });

  it('begins its log as an empty file after it was copied, however long it had grown', async (context) => {
    if (connection.dialect !== 'sqlite') return context.skip('about SQLite only');
    const log = () => statSync(`${sqliteFile}-wal`).size;
    await sql`create table filler (bytes blob)`.execute(connection.db);
    // 4,000 pages of 4 KB, and some more.
    await sql`insert into filler values (zeroblob(17000000))`.execute(connection.db);
    expect(log()).toBeGreaterThan(16_000_000);
    await sql`delete from filler`.execute(connection.db);
    await sql`drop table filler`.execute(connection.db);
    await insertTag('after the copy');
    expect(log()).toBeLessThan(1_000_000);
  });

  it('waits for another process without blocking the event loop, then writes', async (context) => {
    if (connection.dialect !== 'sqlite') return context.skip('about SQLite only');
    const program = `
      const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(process.argv[1]);
      db.exec('begin immediate');
      console.log('locked');
      setTimeout(() => { db.exec('commit'); db.close(); }, 400);`;
    const other = spawn(process.execPath, ['-e', program, sqliteFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => other.on('exit', resolve));
    await new Promise((resolve) => other.stdout.once('data', resolve));
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    await insertTag('patient');
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
    await ended;
    await sleep(1);
  });
});
