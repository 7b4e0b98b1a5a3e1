import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { listBackups } from '../../src/backup/backup-folder.ts';
import type { Value } from '../../src/backup/format.ts';
import { verifyBackup } from '../../src/backup/read-backup.ts';
import { listColumns, rowWriter } from '../../src/backup/restore-target.ts';
import { restoreBackup } from '../../src/backup/restore.ts';
import { openSnapshot } from '../../src/backup/snapshot.ts';
import { allTables, keptTables, leftOutTables } from '../../src/backup/tables.ts';
import { makeBackup } from '../../src/backup/write-backup.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Config } from '../../src/config/config.ts';
import { connect } from '../../src/db/connect.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { verifyAudit } from '../../src/features/audit/audit.ts';
import { runAllJobs, startJobs } from '../../src/jobs.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp, testNow } from '../support/app.ts';
import { runCommand } from '../support/command.ts';
import { startServerProcess } from '../support/server-process.ts';
import { awkward, contentOf, databaseHere, emptyTarget, fillEveryTable, password } from './full-database.ts';

let app: TestApp;
/** A backup of an installation that has rows in every table. */
let file: string;
let checksum: string;
const now = testNow;

const newFolder = (): string => mkdtempSync(join(inject('folder'), 'backups-'));
const restore = (config: Config, from: string, force = false) =>
  restoreBackup(config, { file: from, force, now });
const backUp = async (config: Config, folder = newFolder()) =>
  makeBackup(config, { folder, now, scheduled: false });
const here = databaseHere();
const kinds = here === 'postgres' ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const);

const open = (config: Config) =>
  connect({
    ...{ databaseUrl: config.database_url, sqliteFile: config.sqlite_file },
    ...{ sqliteSynchronous: 'normal', poolSize: 2 },
  });

beforeAll(async () => {
  app = await createTestApp();
  await fillEveryTable(app);
  const made = await backUp(app.deps.config);
  [file, checksum] = [made.file, made.sha256];
});

describe('a backup', () => {
  test('is made of a database that has something in every table', async () => {
    for (const table of allTables) {
      const { rows } = await sql<{
        count: number;
      }>`select count(*) as count from ${sql.table(table)}`.execute(app.deps.db);
      expect([table, Number(rows[0]?.count) > 0]).toEqual([table, true]);
    }
  });

  test('says what it is: version, schema, database, tables with counts and checksums', async () => {
    const { head, end } = await verifyBackup(file);
    expect(head).toMatchObject({
      ...{ format: 'timetracker-backup', format_version: 1, app_version: app.deps.config.version },
      ...{ created_at: new Date(now).toISOString(), database: here, left_out: leftOutTables },
    });
    expect(head.schema.at(-1)).toMatch(/^003-/);
    expect(end.tables.map(({ name }) => name)).toEqual(keptTables);
    expect(end.tables.find(({ name }) => name === 'entries')?.rows).toBeGreaterThan(300);
    for (const { sha256 } of end.tables) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(end.sha256).toBe(checksum);
  });

  test('is for the server alone, and is all that lies in its folder', async () => {
    const folder = join(newFolder(), 'new');
    const made = await backUp(app.deps.config, folder);
    expect(statSync(made.file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual(['timetracker-20260304T090000Z.jsonl.gz']);
    const second = await backUp(app.deps.config, folder);
    expect(second.file).toBe(join(folder, 'timetracker-20260304T090000Z-2.jsonl.gz'));
  });

  test('holds no secret that opens a door: no session, no link', () => {
    const text = gunzipSync(readFileSync(file)).toString();
    for (const cookie of Object.values(app.cookies)) expect(text).not.toContain(cookie.split('=')[1]);
    for (const table of ['sessions', 'account_links', 'link_tokens', 'outbox'])
      expect(text).not.toContain(`{"table":"${table}"}`);
  });

  test('lists parents before their children', async () => {
    if (here === 'postgres') return;
    const { rows } = await sql<{ child: string; parent: string }>`
      select t.name as child, f."table" as parent from sqlite_master as t, pragma_foreign_key_list(t.name) as f
      where t.type = 'table'`.execute(app.deps.db);
    expect(rows.length).toBeGreaterThan(10);
    const place = (name: string) => keptTables.indexOf(name);
    for (const { child, parent } of rows) {
      if (keptTables.includes(child)) expect(place(parent)).toBeLessThan(place(child));
    }
  });
});

describe.each(kinds)('restored into an empty %s', (kind) => {
  test('it is what it was, to the last character and the last id', async () => {
    const target = await emptyTarget(kind);
    const { rows, migrated, switched_off } = await restore(target, (await backUp(app.deps.config)).file);
    expect({ migrated, switched_off }).toEqual({ migrated: [], switched_off: [] });
    const [was, is] = [await contentOf(app.deps.config), await contentOf(target)];
    expect(is).toEqual(was);
    expect(rows).toBe(Object.values(was.tables).flat().length);
    const descriptions = is.tables['entries']?.flatMap((row) => JSON.parse(row) as unknown[]);
    expect(descriptions).toContain(awkward);
    // And back to where it came from.
    const back = await emptyTarget();
    await restore(back, (await backUp(target)).file);
    expect(await contentOf(back)).toEqual(was);
  });

  test('a person signs in and sees their time, and books more of it', async () => {
    const target = await emptyTarget(kind);
    await restore(target, file);
    const folder = mkdtempSync(join(inject('folder'), 'restored-'));
    const environment = {
      DATA_DIR: target.data_dir,
      ...(target.database_url === undefined ? {} : { DATABASE_URL: target.database_url }),
    };
    const server = await startServerProcess(folder, { environment });
    try {
      const old = await fetch(`${server.address}/timer`, {
        ...{ headers: { cookie: app.cookies.bob }, redirect: 'manual' },
      });
      expect(old.headers.get('location')).toMatch(/^\/login/);
      const page = await signIn(server.address);
      const entries = await (await page('/entries?from=2026-03-01&to=2026-03-31')).text();
      expect(entries).toContain('😀 ümläut');
      expect((await page('/timer/start', { text: 'after the restore' })).status).toBe(303);
      expect(await (await page('/timer')).text()).toContain('after the restore');
      const report = await (await page('/projects')).text();
      expect(report).toContain('Booking portal');
    } finally {
      server.kill('SIGTERM');
      expect(await server.ended).toBe(0);
    }
  });

  test('new rows get ids that were never given, not even to what is deleted', async () => {
    const target = await emptyTarget(kind);
    await app.deps.db
      .insertInto('tags')
      .values({ name: 'gone', name_key: 'gone', created_at: now, archived_at: null })
      .execute();
    await app.deps.db.deleteFrom('tags').where('name', '=', 'gone').execute();
    const { last_ids } = await contentOf(app.deps.config);
    await restore(target, (await backUp(app.deps.config)).file);
    const { db } = await open(target);
    const insertTag = (name: string) =>
      db
        .insertInto('tags')
        .values({ name, name_key: name, created_at: now, archived_at: null })
        .returning('id')
        .executeTakeFirstOrThrow();
    expect(await insertTag('first')).toEqual({ id: (last_ids['tags'] ?? 0) + 1 });
    expect(await insertTag('second')).toEqual({ id: (last_ids['tags'] ?? 0) + 2 });
    await db.destroy();
  });

  test('triggers count again what changes after it', async () => {
    const target = await emptyTarget(kind);
    await restore(target, file);
    const { db } = await open(target);
    const sums = async () => {
      const of = async (table: 'entries' | 'work_months', column: string) => {
        const { rows } = await sql<{ sum: number }>`
          select coalesce(sum(${sql.ref(column)}), 0) as sum from ${sql.table(table)}`.execute(db);
        return Number(rows[0]?.sum);
      };
      return [await of('entries', 'duration_seconds'), await of('work_months', 'seconds')];
    };
    const [before, counted] = await sums();
    expect(before).toBe(counted);
    await db.deleteFrom('entries').where('description', '=', awkward).execute();
    const [after, recounted] = await sums();
    expect(after).toBe((before ?? 0) - 3600);
    expect(recounted).toBe(after);
    await db.destroy();
  });
});

async function signIn(address: string) {
  const send = (path: string, cookie: string, fields?: Record<string, string>) =>
    fetch(`${address}${path}`, {
      ...{ headers: { cookie }, redirect: 'manual' },
      ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
    });
  const answer = await send('/login', '', { email: 'bob@example.com', password });
  expect(answer.status).toBe(303);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  return (path: string, fields?: Record<string, string>) => send(path, cookie, fields);
}

describe('values of every kind', () => {
  const types = {
    sqlite: { big: 'bigint', picture: 'blob', share: 'real', flag: 'boolean', extra: 'text' },
    postgres: { big: 'bigint', picture: 'bytea', share: 'double precision', flag: 'boolean', extra: 'jsonb' },
  };
  const extra = { list: [1, 'two', null, { deep: awkward }] };
  const values = [
    [9_007_199_254_740_993n, Uint8Array.of(0, 1, 254, 255), 0.1 + 0.2, 1, JSON.stringify(extra)],
    [-9_223_372_036_854_775_808n, new Uint8Array(), -1.5e300, 0, 'null'],
    [9_007_199_254_740_991n, null, 5e-324, null, null],
  ];

  async function widened(kind: 'sqlite' | 'postgres'): Promise<Config> {
    const target = await emptyTarget(kind);
    const connection = await open(target);
    await migrateToLatest(connection);
    for (const [name, type] of Object.entries(types[kind]))
      await sql`alter table favourites add column ${sql.ref(name)} ${sql.raw(type)}`.execute(connection.db);
    for (const table of ['users', 'projects'])
      await (
        connection.dialect === 'sqlite'
          ? sql`pragma foreign_keys = off`
          : sql`alter table favourites drop constraint ${sql.id(table === 'users' ? 'favourites_user_id_fkey' : 'favourites_project_id_fkey')}`
      ).execute(connection.db);
    await connection.db.destroy();
    return target;
  }

  const rowsOf = async (config: Config): Promise<Value[][]> => {
    const snapshot = await openSnapshot(config);
    const table = snapshot.tables.find(({ name }) => name === 'favourites');
    const rows: Value[][] = [];
    if (table) for await (const batch of snapshot.rows(table)) rows.push(...batch);
    await snapshot.close();
    return rows;
  };

  async function write(config: Config, rows: Value[][]): Promise<void> {
    const connection = await open(config);
    const { dialect, db } = connection;
    if (dialect === 'sqlite') await sql`pragma foreign_keys = off`.execute(db);
    await db.transaction().execute(async (trx) => {
      const columns = (await listColumns(trx, dialect)).get('favourites') ?? new Map<string, string>();
      await rowWriter(trx, dialect, { name: 'favourites', columns: [...columns.keys()] }, columns)(rows);
    });
    await db.destroy();
  }

  const paths = kinds.flatMap((from) => kinds.map((to) => [from, to] as const));
  test.each(paths)('survive the way from %s to %s', async (from, to) => {
    const rows = values.map((row, index) => [index + 1, index + 1, ...row]);
    const [first, second] = [await widened(from), await widened(to)];
    await write(first, rows);
    await write(second, await rowsOf(first));
    const logical = (list: Value[][]) => list.map((row) => row.map(normal));
    expect(logical(await rowsOf(second))).toEqual(logical(rows));
  });

  /** A truth is true or 1, and JSON has no order of its own: what counts is the same. */
  function normal(value: Value | undefined): unknown {
    if (typeof value === 'boolean') return String(Number(value));
    if (typeof value === 'bigint' || typeof value === 'number') return String(value);
    if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
    return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  }
});

describe('while people work', () => {
  test('a backup sees one moment, and nobody waits for it', async () => {
    const { db } = app.deps;
    let written = 0;
    let isOver = false;
    // Two rows that belong together, again and again.
    const working = (async () => {
      for (; !isOver; written += 1)
        await db.transaction().execute(async (trx) => {
          const row = { created_at: now, archived_at: null };
          const name = `pair ${written}`;
          await trx
            .insertInto('clients')
            .values({ ...row, name, name_key: name })
            .execute();
          await sleep(1);
          await trx
            .insertInto('tags')
            .values({ ...row, name, name_key: name })
            .execute();
        });
    })();
    const pairs = async (from: string) => {
      const target = await emptyTarget();
      await restore(target, from);
      const { tables } = await contentOf(target);
      return ['clients', 'tags'].map((name) => tables[name]?.filter((row) => row.includes('"pair ')).length);
    };
    const files: string[] = [];
    const written_at_begin = written;
    for (let round = 0; round < 3; round += 1) files.push((await backUp(app.deps.config)).file);
    const written_during = written - written_at_begin;
    isOver = true;
    await working;
    expect(written_during).toBeGreaterThan(3);
    for (const one of files) {
      const [clients, tags] = await pairs(one);
      expect(clients).toBe(tags);
    }
  });

  test('a snapshot that is open stops no writer, and does not see what they write', async () => {
    const snapshot = await openSnapshot(app.deps.config);
    const tags = snapshot.tables.find(({ name }) => name === 'tags');
    await app.deps.db
      .insertInto('tags')
      .values({ name: 'meanwhile', name_key: 'meanwhile', created_at: now, archived_at: null })
      .execute();
    const seen: Value[][] = [];
    if (tags) for await (const batch of snapshot.rows(tags)) seen.push(...batch);
    await snapshot.close();
    expect(seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(seen)).not.toContain('meanwhile');
  });
});

describe('a restore refuses, and leaves the database as it is:', () => {
  let target: Config;
  let before: Awaited<ReturnType<typeof contentOf>>;
  beforeAll(async () => {
    target = await emptyTarget();
    await restore(target, file);
    before = await contentOf(target);
  });
  const refused = async (from: string, force = true): Promise<string> => {
    const said = await restore(target, from, force).then(
      () => 'it was restored',
      (error: unknown) =>
        String(error)
          .replaceAll(from, 'FILE')
          .replaceAll(/^Error: /g, ''),
    );
    expect(await contentOf(target)).toEqual(before);
    return said;
  };
  const written = (name: string, bytes: Uint8Array): string => {
    const path = join(newFolder(), name);
    writeFileSync(path, bytes);
    return path;
  };
  /** The backup with its lines changed, packed again. */
  const changed = (change: (lines: string[]) => string[]): string => {
    const lines = gunzipSync(readFileSync(file)).toString().split('\n').slice(0, -1);
    return written('changed', gzipSync(`${change(lines).join('\n')}\n`));
  };
  const head = (change: (head: Record<string, unknown>) => void) =>
    changed(([first = '{}', ...rest]) => {
      const value = JSON.parse(first) as Record<string, unknown>;
      change(value);
      return [JSON.stringify(value), ...rest];
    });

  test('what is not empty, unless it may be replaced', async () => {
    expect(await refused(file, false)).toMatch(
      /^the database is not empty \(users 6, clients \d+, .*entries \d+,.*\): nothing was changed; --force replaces all of it$/,
    );
    await restore(target, file, true);
    expect(await contentOf(target)).toEqual(before);
  });

  test('while a server is at work', async () => {
    const running = restore(app.deps.config, file, true);
    await expect(running).rejects.toThrow(
      'another process uses this database, probably the server: stop it first; nothing was changed',
    );
    expect((await app.as('bob').get('/timer')).status).toBe(200);
  });

  test.runIf(here === 'postgres')('while a server is at work whose address names it otherwise', async () => {
    const address = new URL(target.database_url ?? '');
    address.search = '?application_name=acme&fallback_application_name=acme&keepalives=1';
    const { db } = await open({ ...target, database_url: address.href });
    await sql`select 1`.execute(db);
    await expect(restore(target, file, true)).rejects.toThrow('another process uses this database');
    await db.destroy();
    await restore(target, file, true);
  });

  test('a file that was cut off, wherever', async () => {
    const whole = readFileSync(file);
    for (const share of [0.02, 0.3, 0.7, 0.99]) {
      const cut = written('cut', whole.subarray(0, Math.floor(whole.length * share)));
      expect(await refused(cut)).toBe('FILE has no end: it was cut off, or it is still being written');
    }
    const short = changed((lines) => lines.slice(0, -1));
    expect(await refused(short)).toBe('FILE has no end: it was cut off, or it is still being written');
    expect(await refused(written('empty', new Uint8Array()))).toMatch(/no backup of TimeTracker|has no end/);
  });

  test('a file with a flipped bit', async () => {
    const bytes = Buffer.from(readFileSync(file));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
    expect(await refused(written('flipped', bytes))).toMatch(
      /^FILE (is damaged: it cannot be unpacked|was changed after it was written)/,
    );
  });

  test('a row that was changed, added, taken away or moved, and a changed count', async () => {
    const at = (lines: string[], table: string): number => lines.indexOf(`{"table":"${table}"}`) + 1;
    const edited = changed((lines) => {
      const row = at(lines, 'entries');
      return lines.with(row, (lines[row] ?? '').replace('"2026', '"2025').replace('"2025-0', '"2024-0'));
    });
    expect(await refused(edited)).toMatch(
      /^FILE was changed after it was written: rows of the table entries are not those that were written$/,
    );
    const added = changed((lines) => lines.toSpliced(at(lines, 'tags'), 0, lines[at(lines, 'tags')] ?? ''));
    expect(await refused(added)).toMatch(/the table tags has \d+ rows and should have \d+$/);
    const removed = changed((lines) => lines.toSpliced(at(lines, 'users'), 1));
    expect(await refused(removed)).toMatch(/the table users has 5 rows and should have 6$/);
    const lacking = changed((lines) => {
      const from = at(lines, 'audit') - 1;
      return lines.toSpliced(from, at(lines, 'audit_head') - 1 - from);
    });
    expect(await refused(lacking)).toMatch(/the table audit_head stands where it does not belong$/);
    const longer = changed((lines) => [...lines, '{"table":"users"}']);
    expect(await refused(longer)).toMatch(/something stands behind its end$/);
    expect(await refused(head((value) => (value['created_at'] = '2020-01-01T00:00:00.000Z')))).toMatch(
      /its head is not the one that was written$/,
    );
  });

  test('what is no backup', async () => {
    for (const bytes of [Buffer.from('hello'), gzipSync('hello\n'), gzipSync('{"a":1}\n'), gzipSync('[1]\n')])
      expect(await refused(written('other', bytes))).toBe('FILE is no backup of TimeTracker');
    expect(await refused(join(newFolder(), 'missing'))).toBe('there is no file FILE');
    expect(await refused(newFolder())).toBe('FILE is a folder, not a backup');
  });

  test('a backup of a newer version', async () => {
    expect(await refused(head((value) => (value['format_version'] = 2)))).toBe(
      'FILE was written by a newer version of TimeTracker (format 2): use that version',
    );
    const newer = resigned((value) => (value['schema'] as string[]).push('999-later'));
    expect(await refused(newer)).toBe(
      `FILE is of version ${app.deps.config.version}, whose database this version does not know (999-later): restore it with that version`,
    );
  });

  test('names that are no tables or columns of its version', async () => {
    const tables = (value: Record<string, unknown>) =>
      value['tables'] as { name: string; columns: string[] }[];
    const foreign = resigned((value) => {
      const [users] = tables(value);
      if (users) users.columns[0] = 'id") select 1; --';
    });
    expect(await refused(foreign)).toMatch(
      /has a table or a column that its version does not have: users\.id"/,
    );
  });

  /** Somebody who knows the format writes it anew, with checksums that fit. */
  function resigned(change: (head: Record<string, unknown>) => void): string {
    const path = head(change);
    const lines = gunzipSync(readFileSync(path)).toString().split('\n').slice(0, -1);
    const body = lines.slice(0, -1).map((line) => `${line}\n`);
    const { end } = JSON.parse(lines.at(-1) ?? '') as { end: { sha256: string } };
    end.sha256 = createHash('sha256').update(body.join('')).digest('hex');
    writeFileSync(path, gzipSync(`${body.join('')}${JSON.stringify({ end })}\n`));
    return path;
  }
});

describe('what a restore does not bring back', () => {
  test('a yes that may have been taken back since', async () => {
    const { telemetry, db, config } = app.deps;
    const decide = (mode: 'auto' | 'off') =>
      telemetry.consents.decide(db, { channel: 'errors', mode, user_id: app.ids.alice, source: 'panel' });
    await decide('auto');
    const agreed = (await backUp(config)).file;
    await decide('off');
    const target = await emptyTarget();
    expect((await restore(target, agreed)).switched_off).toEqual(['errors']);
    const restored = await open(target);
    const newest = await restored.db
      .selectFrom('consents')
      .select(['mode', 'source', 'user_id'])
      .where('channel', '=', 'errors')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    expect(newest).toEqual({ mode: 'off', source: 'command', user_id: null });
    await restored.db.destroy();
  });

  test('sessions, links, mails and payloads that wait', async () => {
    const target = await emptyTarget();
    await restore(target, file);
    const { db } = await open(target);
    for (const table of leftOutTables) {
      const { rows } = await sql`select 1 from ${sql.table(table)}`.execute(db);
      expect([table, rows]).toEqual([table, []]);
    }
    await db.destroy();
  });
});

describe('the commands', () => {
  const environmentOf = ({ database_url, data_dir }: Config) => ({
    DATA_DIR: data_dir,
    ...(database_url === undefined ? {} : { DATABASE_URL: database_url }),
  });
  const run = (command: string, args: string[], config: Config, more: Record<string, string> = {}) =>
    runCommand(`cli/${command}.ts`, args, { environment: { ...environmentOf(config), ...more } });
  let installation: Config;
  beforeAll(async () => {
    installation = await emptyTarget();
    await restore(installation, file);
  });

  test('make a backup, verify the newest one and restore it', async () => {
    const folder = newFolder();
    const made = await run('backup', [folder], installation);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [path = '', summary] = made.stdout.split('\n');
    expect(path).toMatch(/\/timetracker-\d{8}T\d{6}Z\.jsonl\.gz$/);
    const [, sum = ''] = /^\d+ rows, [\d.]+ KB, checksum ([0-9a-f]{64})$/.exec(summary ?? '') ?? [];
    const verified = await run('verify-backup', ['--expect', sum], installation, { BACKUP_DIR: folder });
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toContain(`${path} is whole: a backup of 20`);
    expect(verified.stdout).toMatch(/^entries +301$/m);
    const target = await emptyTarget();
    const restored = await run('restore', [path], target);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toMatch(/^\d+ rows were restored: a backup of 20.*\neverybody signs in again/);
    const [was, is] = [await contentOf(installation), await contentOf(target)];
    // And the log of what was done says that it is a restored one.
    const { audit: before = [], audit_head: _, ...rest } = was.tables;
    const { audit: after = [], audit_head: __, ...same } = is.tables;
    expect(same).toEqual(rest);
    expect(after.filter((row) => !before.includes(row))).toEqual([
      expect.stringMatching(new RegExp(`"database.restored","database",.*${sum}`)),
    ]);
    const { db } = await open(target);
    expect(await verifyAudit(db)).toEqual({ ok: true, count: before.length + 1 });
    await db.destroy();
  });

  test('put backups where they belong when nothing else is said', async () => {
    const { code } = await run('backup', [], installation);
    expect(code).toBe(0);
    expect(await listBackups(join(installation.data_dir, 'backups'))).toHaveLength(1);
  });

  test('say in one line what is wrong, with exit code 1', async () => {
    const empty = await emptyTarget();
    const nothing = await run('backup', [], empty);
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toMatch(/^there is nothing to back up: .*\n$/);
    expect(existsSync(empty.sqlite_file)).toBe(false);
    const missing = await run('restore', ['missing.gz'], empty);
    expect(missing).toMatchObject({ code: 1, stderr: 'there is no file missing.gz\n' });
    const full = await run('restore', [file], installation);
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^the database is not empty \(users 6, .*--force replaces all of it\n$/);
    const none = await run('verify-backup', [], empty, { BACKUP_DIR: newFolder() });
    expect(none.stderr).toMatch(/^there is no backup in .*\n$/);
    const other = await run('verify-backup', [file, '--expect', 'a'.repeat(64)], installation);
    expect(other.stderr).toMatch(
      /is whole, but it is not the one with this checksum: it was written anew\n$/,
    );
    const away = await run('backup', [], {
      ...installation,
      database_url: 'postgres://tt:s3cr3t@127.0.0.1:1/tt',
    });
    expect(away).toMatchObject({ code: 1 });
    expect(away.stderr).toMatch(/^no backup was made: .*ECONNREFUSED.*\n$/);
    expect(away.stderr).not.toContain('s3cr3t');
    const unknown = await run('restore', [file, '--fast'], installation);
    expect(unknown.stderr).toContain("Unknown option '--fast'");
    for (const command of ['backup', 'restore', 'verify-backup']) {
      const help = await run(command, ['--help'], installation);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain(`Usage: npm run ${command}`);
    }
  });

  test('refuse to restore under a running server, and do not stop it', async () => {
    const folder = newFolder();
    const server = await startServerProcess(folder, { environment: environmentOf(installation) });
    try {
      const refused = await run('restore', [file, '--force'], installation);
      expect(refused).toMatchObject({
        code: 1,
        stderr:
          'another process uses this database, probably the server: stop it first; nothing was changed\n',
      });
      expect((await fetch(`${server.address}/readyz`)).status).toBe(200);
      const made = await run('backup', [folder], installation);
      expect(made.code).toBe(0);
    } finally {
      server.kill('SIGTERM');
      await server.ended;
    }
    expect((await run('restore', [file, '--force'], installation)).code).toBe(0);
  });

  test('leave no file that looks whole and is not, however they are ended', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (let delay = 0; delay < 4; delay += 1) {
        const folder = newFolder();
        const child = spawn(
          process.execPath,
          [join(import.meta.dirname, '../../src/cli/backup.ts'), folder],
          {
            ...{ env: environmentOf(installation), stdio: 'ignore' },
          },
        );
        const ended = new Promise((resolve) => child.once('close', resolve));
        const begunOrEnded = async () => {
          while (readdirSync(folder).length === 0 && child.exitCode === null) await sleep(1);
        };
        await begunOrEnded();
        await sleep(delay * 8);
        child.kill(signal);
        await ended;
        for (const { file: found } of await listBackups(folder)) await verifyBackup(found);
        const partial = readdirSync(folder).filter((name) => name.endsWith('.partial'));
        if (signal === 'SIGTERM') expect(partial).toEqual([]);
        for (const name of partial) expect(name).toMatch(/^\.timetracker-/);
      }
    }
  });

  test('take away what a killed one left, and nothing that is being written', async () => {
    const folder = newFolder();
    const quarter = 15 * 60;
    const seconds = Date.now() / 1000;
    const left = [
      '.timetracker-20260301T000000Z-77.partial',
      '.timetracker-scheduled-20260301T000000Z-of-another.partial',
    ];
    const kept = [
      '.timetracker-20260302T000000Z-78.partial',
      '.another-20260301T000000Z.partial',
      'timetracker-1.partial',
    ];
    for (const name of [...left, ...kept]) writeFileSync(join(folder, name), 'half');
    for (const name of [...left, ...kept.slice(1)])
      utimesSync(join(folder, name), seconds, seconds - quarter - 60);
    utimesSync(join(folder, kept[0] ?? ''), seconds, seconds - quarter + 60);
    expect((await run('backup', [folder], installation)).code).toBe(0);
    const names = readdirSync(folder).filter((name) => name.endsWith('.partial'));
    expect(names.sort()).toEqual(kept.sort());
  });

  test('say that there is no room, and take away what they began', async () => {
    const folder = newFolder();
    const { db } = await open(installation);
    const noise = randomBytes(400_000).toString('base64');
    await db.updateTable('projects').set({ description: noise }).execute();
    await db.destroy();
    // A process that may not write files beyond a few kilobytes: for it the disk is full.
    const limited = `trap '' XFSZ; ulimit -f 200; exec "$0" "$@"`;
    const child = spawn(
      'sh',
      ['-c', limited, process.execPath, join(import.meta.dirname, '../../src/cli/backup.ts'), folder],
      { env: { ...environmentOf(installation), PATH: process.env['PATH'] } },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(stderr).toBe(`no backup was made in ${folder}: files there may not be that large\n`);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the schedule', () => {
  const day = 24 * 3_600_000;
  const hour = 3_600_000;
  const scheduled = async (folder: string) =>
    (await listBackups(folder)).filter((backup) => backup.scheduled).map(({ name }) => name);
  const runsOf = async ({ deps }: TestApp) =>
    (await deps.metrics.figures('tt_job_runs_total'))
      .filter(({ labels }) => labels['job'] === 'backup')
      .map(({ labels, value }) => `${labels['outcome']} ${value}`);

  test('makes one a day, keeps the newest, and touches nothing else in the folder', async () => {
    const folder = newFolder();
    const own = await createTestApp({ environment: { BACKUP_DIR: folder, BACKUP_KEEP: '2' } });
    const foreign = [
      'timetracker-20200101T000000Z.jsonl.gz',
      'timetracker-scheduled-20200101T000000Z.jsonl.gz',
      'notes.txt',
    ];
    for (const name of foreign) writeFileSync(join(folder, name), 'of somebody else');
    const other = await makeBackup(app.deps.config, { folder, now: now - 9 * day, scheduled: true });
    const leftover = `.timetracker-scheduled-20260301T000000Z-${await idOf(own)}.partial`;
    writeFileSync(join(folder, leftover), 'half');
    for (let run = 0; run < 4; run += 1) {
      await runAllJobs(own.deps);
      await runAllJobs(own.deps);
      own.clock.now += day;
    }
    const stamp = (days: number) => new Date(now + days * day).toISOString().slice(0, 10).replaceAll('-', '');
    expect(readdirSync(folder).sort()).toEqual(
      [
        ...foreign,
        other.file.slice(folder.length + 1),
        `timetracker-scheduled-${stamp(2)}T090000Z.jsonl.gz`,
        `timetracker-scheduled-${stamp(3)}T090000Z.jsonl.gz`,
      ].sort(),
    );
    expect(await runsOf(own)).toEqual(['success 4']);
    const lines = own.logLines().filter(({ msg }) => msg === 'backup written');
    expect(lines.map(({ removed }) => removed)).toEqual([0, 0, 1, 1]);
  });

  test('keeps what it has just made when the clock ran ahead for a while', async () => {
    const folder = newFolder();
    const own = await createTestApp({ environment: { BACKUP_DIR: folder, BACKUP_KEEP: '2' } });
    own.clock.now += 400 * day;
    for (let run = 0; run < 2; run += 1, own.clock.now += day) await runAllJobs(own.deps);
    const ahead = await scheduled(folder);
    expect(ahead).toHaveLength(2);
    own.clock.now = now;
    const made: string[] = [];
    for (let run = 0; run < 3; run += 1, own.clock.now += day) {
      await runAllJobs(own.deps);
      const [newest = ''] = (await scheduled(folder)).filter((name) => !ahead.includes(name));
      made.push(newest);
    }
    expect(new Set(made).size).toBe(3);
    // The two newest, and the two that no clock of today has reached.
    expect((await scheduled(folder)).sort()).toEqual([...made.slice(1), ...ahead].sort());
    for (const { file: kept } of await listBackups(folder)) await verifyBackup(kept);
  });

  const idOf = async ({ deps }: TestApp) => {
    await deps.settings.secret();
    const { file: made } = await makeBackup(deps.config, { folder: newFolder(), now, scheduled: false });
    return (await verifyBackup(made)).head.installation;
  };

  test('says that it failed, and tries again within the hour', async () => {
    const folder = join(newFolder(), 'not-a-folder');
    writeFileSync(folder, '');
    const own = await createTestApp({ environment: { BACKUP_DIR: folder } });
    own.expectErrors();
    await runAllJobs(own.deps);
    expect(await runsOf(own)).toEqual(['failure 1']);
    const [line] = own.logLines().filter(({ job, msg }) => job === 'backup' && msg === 'job failed');
    expect(JSON.stringify(line)).toContain('it is no folder');
    const page = async () => (await own.as('alice').get('/admin/system').expect(200)).text;
    own.clock.now += hour / 20;
    // Three minutes old: nothing can have failed "for hours".
    expect(await page()).not.toContain('Back up the database failed');
    own.clock.now += 3 * hour;
    expect(await page()).toContain('The job Back up the database failed once');
    rmSync(folder);
    await runAllJobs(own.deps);
    expect(await scheduled(folder)).toHaveLength(1);
    expect(await runsOf(own)).toEqual(['failure 1', 'success 1']);
  });

  test('is left out where it could fill the disk', async () => {
    const folder = newFolder();
    const own = await createTestApp({ environment: { BACKUP_DIR: folder } });
    own.expectErrors();
    await runAllJobs(own.deps);
    const [name = ''] = await scheduled(folder);
    // Larger than any disk, and takes none of it.
    truncateSync(join(folder, name), 8_000_000_000_000);
    own.clock.now += day;
    await runAllJobs(own.deps);
    expect(await runsOf(own)).toEqual(['success 1', 'failure 1']);
    expect(JSON.stringify(own.logLines())).toMatch(
      /no backup was made in .*: \d+ MB are free there, and 160000/,
    );
    expect(readdirSync(folder)).toEqual([name]);
  });

  test('is for one instance at a time', async () => {
    const folder = newFolder();
    const own = await createTestApp({ environment: { BACKUP_DIR: folder } });
    await Promise.all([runAllJobs(own.deps), runAllJobs(own.deps), runAllJobs(own.deps)]);
    expect(await scheduled(folder)).toHaveLength(1);
  });

  test('waits for somebody to be there, and can be off', async () => {
    const folder = newFolder();
    const empty = await createTestApp({ environment: { BACKUP_DIR: folder }, empty: true });
    await runAllJobs(empty.deps);
    const off = await createTestApp({ environment: { BACKUP_DIR: folder, BACKUP_EVERY_HOURS: '0' } });
    await runAllJobs(off.deps);
    expect(readdirSync(folder)).toEqual([]);
    expect(await runsOf(empty)).toEqual([]);
    const { text } = await off.as('alice').get('/admin/system').expect(200);
    expect(text).toContain('off: none are made by the schedule');
  });

  test('is on for the embedded database without a word, and on PostgreSQL once it has a folder', () => {
    const every = (environment: Record<string, string>) => loadConfig(environment).backup_every_ms;
    const DATABASE_URL = 'postgres://tt@db.example.com/tt';
    expect(every({})).toBe(day);
    expect(every({ DATABASE_URL })).toBe(0);
    expect(every({ DATABASE_URL, BACKUP_DIR: '/backups', BACKUP_EVERY_HOURS: '6' })).toBe(6 * hour);
    expect(loadConfig({ DATA_DIR: 'here' }).backup_dir).toBe(join('here', 'backups'));
  });

  test('that is off or fails does not hide what the command made, nor counts what another installation made', async () => {
    const folder = newFolder();
    const environment = { BACKUP_DIR: folder, BACKUP_EVERY_HOURS: '0' };
    const own = await createTestApp({ environment });
    await own.deps.settings.secret();
    const page = async () => (await own.as('alice').get('/admin/system').expect(200)).text;
    await makeBackup(app.deps.config, { folder, now: now + hour, scheduled: false });
    own.clock.now += 3 * hour;
    expect(await page()).toContain('off: none are made by the schedule');
    await makeBackup(own.deps.config, { folder, now: now + hour, scheduled: false });
    // Of a clock that ran ahead.
    await makeBackup(own.deps.config, { folder, now: now + 9 * day, scheduled: false });
    own.clock.now += 60_000;
    expect(await page()).toMatch(/<dd>03\/04\/2026, 11:00, 2 h 1 min ago<\/dd>/);
    startJobs(own.deps)();
    const shown = (await own.deps.metrics.render()).match(/^tt_backup_newest_timestamp_seconds.*/gm);
    expect(shown).toEqual([`tt_backup_newest_timestamp_seconds{made_by="command"} ${(now + hour) / 1000}`]);
  });

  test('is told of at /admin/system, and to Prometheus also after a restart', async () => {
    const folder = newFolder();
    const own = await createTestApp({ environment: { BACKUP_DIR: folder } });
    const page = async () => (await own.as('alice').get('/admin/system').expect(200)).text;
    expect(await page()).toContain('none yet');
    await runAllJobs(own.deps);
    own.clock.now += 3 * hour;
    expect(await page()).toMatch(/<dd>03\/04\/2026, 10:00, 3 h 0 min ago<\/dd>/);
    expect(await page()).toMatch(/<dd>1 file, [\d.]+ KB in .*; the newest has [\d.]+ KB<\/dd>/);
    own.clock.now += 2 * day;
    expect(await page()).toContain('The last backup is 2 days 3 h old.');
    const stop = startJobs(own.deps);
    await expect
      .poll(() => own.deps.metrics.render())
      .toContain(`tt_job_last_success_timestamp_seconds{job="backup"} ${testNow / 1000}`);
    expect(await own.deps.metrics.render()).toContain(
      `tt_backup_newest_timestamp_seconds{made_by="schedule"} ${testNow / 1000}\n`,
    );
    stop();
  });
});
