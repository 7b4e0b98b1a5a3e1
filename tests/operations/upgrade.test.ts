import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { sql } from 'kysely';
import { verifyBackup } from '../../src/backup/read-backup.ts';
import { restoreBackup } from '../../src/backup/restore.ts';
import { openSnapshot } from '../../src/backup/snapshot.ts';
import { makeBackup } from '../../src/backup/write-backup.ts';
import type { Config } from '../../src/config/config.ts';
import { connect } from '../../src/db/connect.ts';
import { migrationNames } from '../../src/db/migrate.ts';
import { createTestApp, testNow } from '../support/app.ts';
import { startFlags, startServerProcess } from '../support/server-process.ts';
import { emptyTarget, fillEveryTable, password } from './full-database.ts';

/** From the database of every released version to this one; schemas/README.md says how a release adds its own. */

const folder = join(import.meta.dirname, 'schemas');
const root = join(import.meta.dirname, '../..');
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz'));
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

const environmentOf = ({ database_url, data_dir }: Config) => ({
  DATA_DIR: data_dir,
  ...(database_url === undefined ? {} : { DATABASE_URL: database_url }),
});
const newFolder = (): string => mkdtempSync(join(inject('folder'), 'upgrade-'));
const start = (config: Config, from = newFolder()) =>
  startServerProcess(from, { environment: environmentOf(config) });

/** Where the first start and its jobs write, and take away what is past; the test of the restore compares these too. */
const housekeeping = [
  'settings',
  'deleted_items',
  'notices',
  'consents',
  'ledger',
  'ledger_people',
  'ledger_ends',
  'ledger_totals',
];

/** A database as the old version left it. */
async function oldDatabase(name: string): Promise<Config> {
  const target = await emptyTarget();
  await restoreBackup(target, { file: join(folder, name), force: false, now: testNow, forward: false });
  return target;
}

async function look<Result>(
  config: Config,
  work: (db: Awaited<ReturnType<typeof connect>>['db']) => Promise<Result>,
) {
  const { db } = await connect({
    ...{ databaseUrl: config.database_url, sqliteFile: config.sqlite_file },
    ...{ sqliteSynchronous: 'normal', poolSize: 1 },
  });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

const migrationsOf = (config: Config) =>
  look(config, async (db) => {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.map(({ name }) => name);
  });

/** Rows of the tables that a backup has, in the columns it has. */
async function rowsIn(config: Config, tables: { name: string; columns: string[] }[]) {
  const snapshot = await openSnapshot(config);
  const found: Record<string, string[]> = {};
  for (const table of tables) {
    const rows: string[] = [];
    for await (const batch of snapshot.rows(table)) rows.push(...batch.map((row) => JSON.stringify(row)));
    found[table.name] = rows.sort();
  }
  await snapshot.close();
  return found;
}

async function signIn(address: string) {
  const send = (path: string, cookie: string, fields?: Record<string, string>) =>
    fetch(`${address}${path}`, {
      ...{ headers: { cookie }, redirect: 'manual' },
      ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
    });
  const answer = await send('/login', '', { email: 'ada@example.com', password });
  expect(answer.status).toBe(303);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  return (path: string, fields?: Record<string, string>) => send(path, cookie, fields);
}

/** Versions of a changelog that were released; a candidate has no database that anybody upgrades from. */
const releasesOf = (changelog: string): string[] =>
  [...changelog.matchAll(/^## \[?(\d+\.\d+\.\d+)(?![-.\w])/gm)].map(([, name = '']) => name);

test('every release has its database here, and a candidate needs none', () => {
  expect(releasesOf('## 1.2.13-rc.1 - 2026-12-24\n## [1.2.3-beta] - x\n')).toEqual([]);
  expect(releasesOf('## Unreleased\n## 1.2.3 - 2026-12-24\n## [1.2.2] - x\n')).toEqual(['1.2.3', '1.2.2']);
  const missing = releasesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))
    .map((name) => `${name}.jsonl.gz`)
    .filter((name) => !files.includes(name));
  expect(missing).toEqual([]);
  expect(files.length).toBeGreaterThan(0);
});

/** No test, and so none that is left out: the step of a release that makes the file (docs/ci-cd.md). */
const step = (name: string, run: () => Promise<void>) => process.env['ADD_SCHEMA'] && test(name, run);

step('adds the backup of this version', async () => {
  const app = await createTestApp();
  await fillEveryTable(app);
  await app.deps.db
    .updateTable('users')
    .set({ email: 'ada@example.com', email_key: 'ada@example.com', role: 'admin' })
    .where('id', '=', app.ids.bob)
    .execute();
  const request = { folder: newFolder(), now: testNow, scheduled: false };
  const { file } = await makeBackup({ ...app.deps.config, version }, request);
  const target = join(folder, `${version}.jsonl.gz`);
  // A released one is never changed.
  expect(existsSync(target)).toBe(false);
  copyFileSync(file, target);
});

describe.each(files)('the database of %s', (name) => {
  test('has the schema that its version made', async () => {
    const { head } = await verifyBackup(join(folder, name));
    const old = await oldDatabase(name);
    expect(await migrationsOf(old)).toEqual(head.schema);
    const snapshot = await openSnapshot(old);
    await snapshot.close();
    // Another column in it would mean that a released migration was changed.
    expect(snapshot.tables).toEqual(head.tables);
  });

  test('is brought forward at the start; nothing is lost, and its people go on', async () => {
    const { head } = await verifyBackup(join(folder, name));
    const old = await oldDatabase(name);
    const work = head.tables.filter(({ name: table }) => !housekeeping.includes(table));
    const before = await rowsIn(old, work);
    const server = await start(old);
    try {
      expect(await rowsIn(old, work)).toEqual(before);
      expect(await migrationsOf(old)).toEqual(migrationNames);
      const page = await signIn(server.address);
      for (const path of ['/timer', '/entries', '/projects', '/reports/summary', '/tasks', '/admin/system'])
        expect([path, (await page(path)).status]).toEqual([path, 200]);
      expect((await page('/timer/start', { text: 'after the upgrade' })).status).toBe(303);
      expect(await (await page('/timer')).text()).toContain('after the upgrade');
    } finally {
      server.kill('SIGTERM');
      expect(await server.ended).toBe(0);
    }
    const sums = await look(old, (db) => sumsOf(db));
    expect(sums.counted).toBe(sums.booked);
  });

  test('is brought forward by a restore as well', async () => {
    const { head } = await verifyBackup(join(folder, name));
    const target = await emptyTarget();
    const done = await restoreBackup(target, { file: join(folder, name), force: false, now: testNow });
    expect(done.migrated).toEqual(migrationNames.slice(head.schema.length));
    expect(await migrationsOf(target)).toEqual(migrationNames);
    expect(await rowsIn(target, head.tables)).toEqual(await rowsIn(await oldDatabase(name), head.tables));
  });

  test('is migrated once by two servers that start at the same moment', async () => {
    const { head } = await verifyBackup(join(folder, name));
    const old = await oldDatabase(name);
    const folders = [newFolder(), newFolder()];
    const servers = await Promise.all(folders.map((from) => start(old, from)));
    try {
      for (const { address } of servers) expect((await fetch(`${address}/readyz`)).status).toBe(200);
      expect(await migrationsOf(old)).toEqual(migrationNames);
      const said = folders.filter((from) =>
        readFileSync(join(from, 'logs', 'app.jsonl'), 'utf8').includes('"msg":"database migrated"'),
      );
      expect(said).toHaveLength(head.schema.length < migrationNames.length ? 1 : 0);
    } finally {
      for (const server of servers) server.kill('SIGTERM');
      await Promise.all(servers.map(({ ended }) => ended));
    }
  });
});

const behind: string[] = [];
for (const name of files) {
  const { head } = await verifyBackup(join(folder, name));
  if (head.schema.length < migrationNames.length) behind.push(name);
}

/** What a start does to the database from its first transaction on, which is the migration: all of it, or until it dies. */
async function statementsOf(config: Config, dieAt?: number): Promise<string[]> {
  const from = newFolder();
  const file = join(from, 'statements.jsonl');
  const asked = new URLSearchParams({ statements: file, ...(dieAt ? { die_at: String(dieAt) } : {}) });
  const preload = `--import=${pathToFileURL(join(import.meta.dirname, 'fixtures/die-at-statement.ts')).href}?${asked.toString()}`;
  const child = spawn(process.execPath, [...startFlags, preload, join(root, 'src/main.ts')], {
    ...{ cwd: from, stdio: ['ignore', 'pipe', 'ignore'] },
    env: { ...environmentOf(config), PORT: '0', HOST: '127.0.0.1' },
  });
  child.stdout.once('data', () => child.kill('SIGKILL'));
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as string);
}

test.each(behind)('%s is as it was when the first start is killed amid the migration', async (name) => {
  const { head } = await verifyBackup(join(folder, name));
  const whole = await statementsOf(await oldDatabase(name));
  // Every statement until this one is inside of the transaction.
  const commit = whole.indexOf('commit') + 1;
  expect(whole.slice(0, commit).filter((one) => one.startsWith('create table')).length).toBeGreaterThan(10);
  const old = await oldDatabase(name);
  const places = [2, ...[0.25, 0.5, 0.75].map((part) => Math.round(commit * part)), commit];
  for (const dieAt of places) {
    expect(await statementsOf(old, dieAt)).toEqual(whole.slice(0, dieAt));
    expect([dieAt, await migrationsOf(old)]).toEqual([dieAt, head.schema]);
  }
  // Killed after the commit, it is as new.
  await statementsOf(old, commit + 1);
  expect(await migrationsOf(old)).toEqual(migrationNames);
  const server = await start(old);
  expect((await fetch(`${server.address}/readyz`)).status).toBe(200);
  server.kill('SIGTERM');
  await server.ended;
});

async function sumsOf(db: Awaited<ReturnType<typeof connect>>['db']) {
  const { rows } = await sql<{ booked: number; counted: number }>`
    select (select sum(duration_seconds) from entries) as booked, (select sum(seconds) from work_months) as counted`.execute(
    db,
  );
  return { booked: Number(rows[0]?.booked), counted: Number(rows[0]?.counted) };
}

describe('a database of a newer version', () => {
  async function newerDatabase(): Promise<Config> {
    const target = await emptyTarget();
    await restoreBackup(target, { file: join(folder, files[0] ?? ''), force: false, now: testNow });
    await look(target, (db) =>
      sql`insert into kysely_migration (name, timestamp) values ('999-later', 'x')`.execute(db),
    );
    return target;
  }

  test('is refused in one sentence, and left as it is', async () => {
    const newer = await newerDatabase();
    const before = await look(newer, (db) => db.selectFrom('settings').selectAll().execute());
    await expect(start(newer)).rejects.toThrow(
      'TimeTracker cannot start: the database was written by a newer version of TimeTracker (it has 999-later); start that version, or restore a backup',
    );
    expect(await look(newer, (db) => db.selectFrom('settings').selectAll().execute())).toEqual(before);
  });

  test('is neither backed up nor overwritten by this one', async () => {
    const newer = await newerDatabase();
    await expect(makeBackup(newer, { folder: newFolder(), now: testNow, scheduled: false })).rejects.toThrow(
      'the database was written by a newer version of TimeTracker (it has 999-later): back it up with that version',
    );
    const file = join(folder, files[0] ?? '');
    await expect(restoreBackup(newer, { file, force: true, now: testNow })).rejects.toThrow(
      'restore with that version, or into an empty database',
    );
  });
});
