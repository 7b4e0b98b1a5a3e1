import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Db, PoolState } from '../../src/db/connect.ts';
import { connect } from '../../src/db/connect.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { prepareKept } from '../../src/db/prepared.ts';

/** What the embedded database gives again without asking, and when it asks. */
let folder: string;
let db: Db;
let statements: string[];
let poolState: () => PoolState;

const listTags = prepareKept<{ from: number }, { id: number; name: string }>((handle, parameter) =>
  handle.selectFrom('tags').select(['id', 'name']).where('id', '>=', parameter('from')).orderBy('id'),
);
const names = async (handle: Db = db, from = 0): Promise<string[]> =>
  (await listTags(handle, { from })).map(({ name }) => name);
/** From the second time on it is kept. */
const twice = async (handle: Db = db, from = 0): Promise<string[]> => {
  await names(handle, from);
  return names(handle, from);
};
const insertTag = (name: string, handle: Db = db) =>
  handle.insertInto('tags').values({ name, name_key: name, archived_at: null, created_at: 0 }).execute();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'timetracker-kept-'));
  statements = [];
  const connection = await connect({
    databaseUrl: undefined,
    sqliteFile: join(folder, 'test.sqlite'),
    sqliteSynchronous: 'normal',
    poolSize: 1,
    onQuery: (_operation, _seconds, sql) => statements.push(sql),
  });
  db = connection.db;
  poolState = connection.poolState;
  await migrateToLatest(connection);
  await insertTag('one');
  statements = [];
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

it('is asked twice while nobody writes and never again, for each parameter', async () => {
  for (let time = 0; time < 4; time += 1) expect([await names(), await names(db, 2)]).toEqual([['one'], []]);
  expect(statements).toHaveLength(4);
});

it('is asked again after a write of whatever table', async () => {
  await twice();
  await insertTag('two');
  expect(await twice()).toEqual(['one', 'two']);
  await db.updateTable('tags').set({ name: 'TWO' }).where('name', '=', 'two').execute();
  expect(await twice()).toEqual(['one', 'TWO']);
  await db.deleteFrom('settings').execute();
  statements = [];
  await names();
  expect(statements).toHaveLength(1);
});

it('is not asked again after what every request writes', async () => {
  await twice();
  await db.updateTable('sessions').set({ last_seen_at: 1 }).execute();
  statements = [];
  expect(await names()).toEqual(['one']);
  expect(statements).toEqual([]);
});

it('sees a transaction from inside, and from outside only when it is committed', async () => {
  await twice();
  await db.transaction().execute(async (trx) => {
    await insertTag('inside', trx);
    expect(await names(trx)).toEqual(['one', 'inside']);
  });
  expect(await names()).toEqual(['one', 'inside']);
  const undone = db.transaction().execute(async (trx) => {
    await insertTag('undone', trx);
    expect(await names(trx)).toEqual(['one', 'inside', 'undone']);
    throw new Error('no');
  });
  await expect(undone).rejects.toThrow('no');
  expect(await names()).toEqual(['one', 'inside']);
});

it('sees what another process has written', async () => {
  await twice();
  await nextTurn();
  const other = new DatabaseSync(join(folder, 'test.sqlite'));
  other.exec("insert into tags (name, name_key, created_at) values ('other', 'other', 0)");
  other.close();
  expect(await names()).toEqual(['one', 'other']);
});

it('gives rows that nobody can change for the next page', async () => {
  await names();
  const [row] = await listTags(db, { from: 0 });
  expect(() => ((row as { name: string }).name = 'changed')).toThrow(TypeError);
  expect(await names()).toEqual(['one']);
});

it('keeps a bounded number of results', async () => {
  for (let from = 0; from <= 2_000; from += 1) await twice(db, from);
  statements = [];
  await names(db, 1);
  expect(statements).toHaveLength(1);
  await names(db, 2_000);
  expect(statements).toHaveLength(1);
});

it('refuses to keep what every request writes', async () => {
  const listSessions = prepareKept<object, { id: number }>((handle) =>
    handle.selectFrom('sessions').select('id'),
  );
  await expect(listSessions(db, {})).rejects.toThrow('cannot be kept');
});

it('tells that the one connection is at work, and how many wait for it', async () => {
  expect(Object.fromEntries(poolState())).toEqual({ active: 0, idle: 1, waiting: 0 });
  let others: Promise<unknown>[] = [];
  await db.transaction().execute(async (trx) => {
    others = [insertTag('two'), insertTag('three')];
    await insertTag('one more', trx);
    expect(Object.fromEntries(poolState())).toEqual({ active: 1, idle: 0, waiting: 2 });
  });
  await Promise.all(others);
  expect(await names()).toContain('one more');
});
