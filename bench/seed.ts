// One SQLite file for every server in a run: 200 people, 50,000 entries of the last weeks, one running timer each; and
// fifty busy people beside them, whose page is longer.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { connect } from '../src/db/connect.ts';
import { migrateToLatest } from '../src/db/migrate.ts';

/** Rows of the timer page, the running one among them: the current week so far and the one before. */
const GROUPS = { typical: { people: 200, rows_shown: 20 }, busy: { people: 50, rows_shown: 50 } } as const;
const PROJECTS = 20;
const ENTRIES_PER_PERSON = 250;
const ZONE = 'Europe/Berlin';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WORDS = ['review', 'call', 'design', 'fix', 'plan', 'report', 'invoice', 'draft', 'release', 'notes'];

export type Group = keyof typeof GROUPS;

interface SeededPerson {
  readonly id: number;
  readonly rows_shown: number;
}

/** Migrates and fills a new file; returns one session token a person of each group. `nowMs` in whole seconds. */
export async function seedDatabase(file: string, nowMs: number): Promise<Record<Group, string[]>> {
  const options = {
    databaseUrl: undefined,
    sqliteFile: file,
    sqliteSynchronous: 'normal',
    poolSize: 1,
  } as const;
  const connection = await connect(options);
  await migrateToLatest(connection);
  await connection.db.destroy();
  const database = new DatabaseSync(file);
  database.exec('begin');
  const project = database.prepare(
    `insert into projects (client_id, name, name_key, color, billable, created_at) values (null, ?, ?, ?, 1, ?)`,
  );
  for (let n = 1; n <= PROJECTS; n += 1) project.run(`Project ${n}`, `project ${n}`, 'blue', nowMs);
  const typical = insertPeople(database, 'typical', 1, nowMs);
  const busy = insertPeople(database, 'busy', 1 + typical.length, nowMs);
  database.exec('commit; analyze');
  database.close();
  return { typical, busy };
}

function insertPeople(database: DatabaseSync, group: Group, firstId: number, nowMs: number): string[] {
  const { people, rows_shown } = GROUPS[group];
  return Array.from({ length: people }, (_, index) =>
    insertPerson(database, { id: firstId + index, rows_shown }, nowMs),
  );
}

function insertPerson(database: DatabaseSync, person: SeededPerson, nowMs: number): string {
  const userId = person.id;
  const token = createHash('sha256').update(`session of person ${userId}`).digest('base64url');
  const email = `person-${userId}@example.com`;
  database
    .prepare(
      `insert into users (id, email, email_key, name, role, locale, time_zone, week_start, duration_format, theme,
         created_at) values (?, ?, ?, ?, ?, 'en', ?, 1, 'clock', 'system', ?)`,
    )
    .run(userId, email, email, `Person ${userId}`, userId === 1 ? 'admin' : 'member', ZONE, nowMs);
  database
    .prepare(
      `insert into sessions (user_id, token_hash, created_at, last_seen_at, expires_at, device)
       values (?, ?, ?, ?, ?, 'Chrome, Linux')`,
    )
    .run(userId, createHash('sha256').update(token).digest('hex'), nowMs, nowMs, nowMs + 30 * DAY_MS);
  insertEntries(database, person, nowMs);
  return token;
}

function insertEntries(database: DatabaseSync, person: SeededPerson, nowMs: number): void {
  const userId = person.id;
  const insert = database.prepare(
    `insert into entries (user_id, project_id, description, started_at, ended_at, zone, local_date, billable, source,
       created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, 1, 'timer', ?, ?)`,
  );
  const add = (projectId: number, text: string, startedAt: number, endedAt: number | null): void => {
    const date = new Date(startedAt).toISOString().slice(0, 10);
    insert.run(userId, projectId, text, startedAt, endedAt, ZONE, date, startedAt, endedAt ?? startedAt);
  };
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  // Spread so that the days which the page shows have exactly as many as it is to show.
  const perDay = (person.rows_shown - 1) / fullDaysShown(today);
  for (let n = 0; n < ENTRIES_PER_PERSON; n += 1) {
    const day = Math.floor(n / perDay);
    const startedAt = today - (day + 1) * DAY_MS + (7 + n - Math.ceil(day * perDay)) * HOUR_MS;
    const seconds = 600 + ((userId * 7919 + n * 104_729) % 2900);
    add(((userId + n * 3) % PROJECTS) + 1, describeWork(userId + n), startedAt, startedAt + seconds * 1000);
  }
  add(1, describeWork(userId), nowMs - HOUR_MS / 2, null);
}

/** Days before today that the page shows, 7 on a Monday to 13 on a Sunday: the page is the same size on any day. */
function fullDaysShown(today: number): number {
  return 7 + ((new Date(today).getUTCDay() + 6) % 7);
}

/** Every tenth text needs escaping, as real notes do now and then. */
function describeWork(n: number): string {
  const text = `${WORDS[n % WORDS.length]} ${WORDS[(n * 3 + 1) % WORDS.length]} #${n}`;
  return n % 10 === 0 ? `${text} & <more>` : text;
}
