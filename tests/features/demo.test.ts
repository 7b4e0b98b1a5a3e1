import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import type { Db } from '../../src/db/connect.ts';
import type { Deps } from '../../src/deps.ts';
import type { DemoRequest } from '../../src/features/demo/demo.ts';
import { seedDemo } from '../../src/features/demo/demo.ts';
import { entriesOfDay } from '../../src/features/demo/demo-day.ts';
import { nameOfPerson, mostPeople, personOfTeam } from '../../src/features/demo/demo-team.ts';
import { clockOf, isTimeZone, listDates, localDateOf } from '../../src/shared/calendar.ts';
import { createTestApp, testNow } from '../support/app.ts';

const request: DemoRequest = {
  ...{ seed: 1, people: 6, entries: undefined, until: '2026-03-04', moment: testNow },
  ...{ running: false, force: false },
};
const quiet = () => undefined;

async function emptyServer(): Promise<Deps> {
  return (await createTestApp({ empty: true })).deps;
}

async function everyRow(db: Db) {
  const entries = await db.selectFrom('entries').selectAll().orderBy('id').execute();
  const tags = await db.selectFrom('entry_tags').selectAll().orderBy('entry_id').orderBy('tag_id').execute();
  const projects = await db.selectFrom('projects').selectAll().orderBy('id').execute();
  const people = await db.selectFrom('users').selectAll().orderBy('id').execute();
  return { entries, tags, projects, people: people.map((row) => ({ ...row, password_hash: null })) };
}

/** Pairs of neighbours of one person where the later one starts before the earlier one ended. */
async function countOverlaps(db: Db): Promise<number> {
  const rows = await db
    .selectFrom('entries')
    .select(['user_id', 'started_at', 'ended_at'])
    .orderBy('user_id')
    .orderBy('started_at')
    .execute();
  return rows.filter((row, index) => {
    const before = rows[index - 1];
    return before?.user_id === row.user_id && (before.ended_at ?? Infinity) > row.started_at;
  }).length;
}

describe('the made-up team', () => {
  test('the same seed and last day give the same rows, another seed others', async () => {
    const [one, same, other] = [await emptyServer(), await emptyServer(), await emptyServer()];
    await seedDemo(one, request, quiet);
    await seedDemo(same, request, quiet);
    await seedDemo(other, { ...request, seed: 2 }, quiet);
    const rows = await everyRow(one.db);
    expect(rows.entries.length).toBeGreaterThan(5000);
    expect(rows.entries.length).toBeLessThan(9000);
    expect(rows.tags.length).toBeGreaterThan(1000);
    expect(await everyRow(same.db)).toEqual(rows);
    expect((await everyRow(other.db)).entries.slice(0, 50)).not.toEqual(rows.entries.slice(0, 50));
  });

  test('no entry overlaps, lies in the future or counts for a wrong day', async () => {
    const deps = await emptyServer();
    const { db } = deps;
    const { entries, from } = await seedDemo(deps, { ...request, running: true }, quiet);
    const rows = await db.selectFrom('entries').selectAll().execute();
    expect(rows).toHaveLength(entries);
    expect(await countOverlaps(db)).toBe(0);
    const wrong = rows.filter(
      (row) =>
        !isTimeZone(row.zone) ||
        row.local_date !== localDateOf(row.started_at, row.zone) ||
        row.local_date < from ||
        (row.ended_at ?? row.started_at) > testNow ||
        row.started_at % 1000 !== 0 ||
        (row.ended_at ?? 0) % 1000 !== 0 ||
        row.duration_seconds === 0 ||
        row.source !== 'demo',
    );
    expect(wrong).toEqual([]);
  });

  test('two people have a timer running, of which one is the administrator', async () => {
    const deps = await emptyServer();
    const { db } = deps;
    await seedDemo(deps, { ...request, running: true }, quiet);
    const running = await db
      .selectFrom('entries')
      .innerJoin('users', 'users.id', 'entries.user_id')
      .select(['role', 'started_at'])
      .where('ended_at', 'is', null)
      .execute();
    expect(running.map(({ role }) => role).sort()).toEqual(['admin', 'member']);
    for (const { started_at } of running) expect(testNow - started_at).toBeLessThan(3_600_000);
  });

  test('its projects are found by their codes, which nobody else takes', async () => {
    const app = await createTestApp();
    const alice = app.as('alice');
    // This one was here before.
    await alice.post('/projects', { name: 'Own', code: 'demo-help' }).expect(303);
    await seedDemo(app.deps, { ...request, people: 2, entries: 20 }, quiet);
    const list = (await alice.get('/projects?q=demo-BOOK').expect(200)).text;
    expect(list.slice(list.indexOf('<main'))).toContain('>DEMO-BOOK<');
    const taken = await alice.post('/projects', { name: 'Double', code: 'Demo-Book' }).expect(422);
    expect(taken.text).toContain('already has the code');
    const rows = await app.deps.db.selectFrom('projects').select(['name', 'code', 'code_key']).execute();
    const coded = rows.filter(({ code }) => code !== '');
    expect(coded.length).toBeGreaterThan(2);
    for (const { code, code_key } of coded) expect(code_key).toBe(code.toLowerCase());
    expect(coded.filter(({ code_key }) => code_key === 'demo-help')).toMatchObject([{ name: 'Own' }]);
  });

  test('an asked-for number of entries is met exactly, with few and with many', async () => {
    for (const [entries, people] of [
      [1, 1],
      [321, 3],
      [23_456, 2],
    ] as const) {
      const deps = await emptyServer();
      const { db } = deps;
      const told: number[] = [];
      await seedDemo(deps, { ...request, entries, people }, (written) => told.push(written));
      const [{ rows }] = (await db
        .selectFrom('entries')
        .select((select) => select.fn.countAll<number>().as('rows'))
        .execute()) as [{ rows: number }];
      expect(rows).toBe(entries);
      expect(told.at(-1)).toBe(entries);
      expect(await countOverlaps(db)).toBe(0);
    }
  });

  test('an administrator who exists stays as they are and gets time in their own zone', async () => {
    const app = await createTestApp();
    const { db } = app.deps;
    await db.updateTable('users').set({ time_zone: 'Asia/Tokyo' }).where('id', '=', app.ids.alice).execute();
    const before = await db.selectFrom('users').selectAll().where('id', '=', app.ids.alice).execute();
    const { administrator } = await seedDemo(app.deps, request, quiet);
    expect(administrator).toBeUndefined();
    expect(await db.selectFrom('users').selectAll().where('id', '=', app.ids.alice).execute()).toEqual(
      before,
    );
    const zones = await db
      .selectFrom('entries')
      .select('zone')
      .distinct()
      .where('user_id', '=', app.ids.alice)
      .execute();
    expect(zones).toEqual([{ zone: 'Asia/Tokyo' }]);
    expect(await db.selectFrom('entries').where('user_id', '=', app.ids.bob).select('id').execute()).toEqual(
      [],
    );
  });

  test('the administrator it makes can sign in, and nobody else', async () => {
    const app = await createTestApp({ empty: true });
    const { administrator } = await seedDemo(app.deps, request, quiet);
    const answer = await app.stranger.post('/login', { ...administrator });
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/timer');
    const withPassword = await app.deps.db
      .selectFrom('users')
      .select(['email', 'role'])
      .where('password_hash', 'is not', null)
      .execute();
    expect(app.logLines()).toContainEqual(
      expect.objectContaining({ event: 'setup.completed', source: 'command' }),
    );
    expect(withPassword).toEqual([{ email: 'admin@example.com', role: 'admin' }]);
  });

  test('a database with time in it is left alone unless forced', async () => {
    const deps = await emptyServer();
    const { db } = deps;
    await seedDemo(deps, { ...request, entries: 200 }, quiet);
    const before = await everyRow(db);
    await expect(seedDemo(deps, request, quiet)).rejects.toThrow('holds entries already');
    expect(await everyRow(db)).toEqual(before);
    await seedDemo(deps, { ...request, force: true, running: true }, quiet);
    await seedDemo(deps, { ...request, force: true, running: true, seed: 3 }, quiet);
    const after = await everyRow(db);
    expect(after.entries.length).toBeGreaterThan(1000);
    expect(after.people).toHaveLength(before.people.length);
    expect(after.projects).toEqual(before.projects);
    expect(await countOverlaps(db)).toBe(0);
  });

  test('more than the people can have booked is refused, and nothing stays behind', async () => {
    const deps = await emptyServer();
    const { db } = deps;
    const tooMuch = { ...request, people: 1, entries: 400_000 };
    await expect(seedDemo(deps, tooMuch, quiet)).rejects.toThrow('ask for more --people');
    const { people, projects } = await everyRow(db);
    expect([people, projects]).toEqual([[], []]);
  });

  test('names and addresses are all different, plain and of example.com', () => {
    const names = Array.from({ length: mostPeople }, (_, index) => nameOfPerson(index + 1));
    expect(new Set(names.map(({ email }) => email)).size).toBe(mostPeople);
    for (const { email } of names) expect(email).toMatch(/^[a-z]+\.[a-z]+@example\.com$/);
  });

  test('a working day begins in the morning on the days the clocks change, too', () => {
    const world = { seed: 5, until: '2027-01-01', pieces_per_day: 4 };
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
      const person = personOfTeam(0, zone);
      const everyDay = { ...person, habits: { ...person.habits, hours: [8, 8, 8, 8, 8, 8, 8] as const } };
      const days = listDates('2026-01-01', '2026-12-31').map((date) => entriesOfDay(world, everyDay, date));
      const starts = days.flatMap(([first]) => (first ? [clockOf(first.started_at, zone) ?? ''] : []));
      expect(starts.length).toBeGreaterThan(300);
      expect(starts.filter((clock) => clock < '08:00' || clock > '09:00')).toEqual([]);
    }
  });
});

describe('npm run seed-demo', () => {
  const run = promisify(execFile);
  const environment = () => ({
    ...{ PATH: process.env['PATH'] ?? '', LOG_FILE: '-', LOG_LEVEL: 'error' },
    DATA_DIR: mkdtempSync(join(inject('folder'), 'demo-')),
  });
  const seed = (env: Record<string, string>, ...args: string[]) =>
    run('npm', ['run', '--silent', 'seed-demo', '--', ...args], { env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  test('fills a fresh folder, tells the password once, and refuses the second time', async () => {
    const env = environment();
    const first = await seed(env, '--entries', '300', '--people', '3', '--until', '2026-03-04');
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^Sign in as admin@example\.com with the password \S{16} /);
    expect(first.stderr).toContain('300 entries of 3 people');
    const second = await seed(env, '--entries', '300');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('holds entries already');
  });

  test('arguments it cannot understand end with a sentence and exit code 1', async () => {
    const env = environment();
    for (const [args, sentence] of [
      [['--entries', 'many'], '--entries must be a whole number'],
      [['--people', '0'], '--people must be a whole number'],
      [['--until', '2026-02-30'], '--until must be a date'],
      [['--until', '2190-01-01'], '--until must not lie in the future'],
      [['--colour'], '--colour'],
    ] as const) {
      const answer = await seed(env, ...args);
      expect(answer.code).toBe(1);
      expect(answer.stderr).toContain(sentence);
      expect(answer.stderr).not.toContain('    at ');
    }
  });
});
