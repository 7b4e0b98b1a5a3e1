import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { Connection } from '../src/db/connect.ts';
import { connect } from '../src/db/connect.ts';
import type { Role } from '../src/db/schema.ts';
import { insertPerson } from '../src/features/accounts/people.queries.ts';
import { startSession } from '../src/features/accounts/sessions.ts';
import type { Aviary } from './canaries.ts';

/** Everybody who walks: three roles, and somebody who is not signed in. */
export const roles = ['member', 'manager', 'signed out', 'admin'] as const;
export type Walker = (typeof roles)[number];

/** Ids begin here, so that one that leaves as it is can be told from any other number. */
export const firstId = 731_000_000_001;
export const idStem = String(firstId).slice(0, 9);

export const openDatabase = (folder: string): Promise<Connection> =>
  connect({
    databaseUrl: undefined,
    sqliteFile: join(folder, 'timetracker.sqlite'),
    sqliteSynchronous: 'normal',
    poolSize: 1,
  });

export const personIds: Record<Role, number> = { member: firstId, manager: firstId + 1, admin: firstId + 2 };
const dayMs = 86_400_000;
const limits = { session_idle_ms: 30 * dayMs, session_max_ms: 90 * dayMs };

/** One of everything that holds words, with a canary in every column that a person fills. */
export async function seed({ db }: Connection, aviary: Aviary, now: number): Promise<void> {
  const word = (column: string): string =>
    `${aviary.word(`row ${column}`)} ${aviary.greek(`row ${column}, Greek`)}`;
  aviary.add('row id', idStem);
  for (const role of ['member', 'manager', 'admin'] as const) {
    const email = `${aviary.word(`row users.email of the ${role}`)}@canary.example.com`;
    const person = {
      email,
      email_key: email,
      name: word(`users.name of the ${role}`),
      password_hash: null,
      role,
    };
    await insertPerson(db, {
      ...{
        ...person,
        id: personIds[role],
        locale: role === 'member' ? 'de' : 'en',
        time_zone: 'Europe/Berlin',
      },
      ...{ week_start: 1, duration_format: 'clock', theme: 'system', created_at: now, deactivated_at: null },
    });
  }
  const id = firstId;
  const named = (table: string) => ({
    id,
    name: word(`${table}.name`),
    name_key: `${table} key`,
    created_at: now,
  });
  const kept = { archived_at: null };
  await db
    .insertInto('clients')
    .values({
      ...named('clients'),
      ...kept,
      description: word('clients.description'),
      code: aviary.word('row clients.code'),
    })
    .execute();
  await db
    .insertInto('projects')
    .values({
      ...{ ...named('projects'), ...kept, client_id: id, color: 'teal', billable: 1 },
      ...{ description: word('projects.description'), code: aviary.word('row projects.code') },
    })
    .execute();
  await db
    .insertInto('tags')
    .values({ ...named('tags'), ...kept })
    .execute();
  await db
    .insertInto('tasks')
    .values({
      ...{
        ...named('tasks'),
        ...kept,
        project_id: id,
        description: word('tasks.description'),
        status: 'open',
      },
      ...{
        priority: 'normal',
        assignee_id: personIds.member,
        due_date: null,
        estimate_seconds: 3600,
        updated_at: now,
      },
    })
    .execute();
  await db
    .insertInto('task_comments')
    .values({
      id,
      task_id: id,
      user_id: personIds.member,
      body: word('task_comments.body'),
      created_at: now,
      updated_at: now,
    })
    .execute();
  await db
    .insertInto('project_members')
    .values(
      [personIds.member, personIds.manager].map(
        (user_id) =>
          ({ project_id: id, user_id, is_manager: user_id === personIds.manager ? 1 : 0 }) as const,
      ),
    )
    .execute();
  await seedEntries({ db }, word('entries.description'), now);
}

async function seedEntries({ db }: Pick<Connection, 'db'>, description: string, now: number): Promise<void> {
  const people = Object.values(personIds);
  const rows = people.flatMap((user_id, person) =>
    [1, 2, 3].map((day) => {
      const started_at = Math.floor(now / 1000) * 1000 - day * dayMs;
      const local_date = new Date(started_at).toISOString().slice(0, 10);
      return {
        ...{
          id: firstId + person * 3 + day - 1,
          user_id,
          project_id: firstId,
          task_id: firstId,
          description,
        },
        ...{
          started_at,
          ended_at: started_at + 3_600_000,
          zone: 'Europe/Berlin',
          local_date,
          billable: 1 as const,
        },
        ...{ source: 'manual' as const, created_at: started_at, updated_at: started_at },
      };
    }),
  );
  await db.insertInto('entries').values(rows).execute();
  await db
    .insertInto('entry_tags')
    .values(rows.map((row) => ({ entry_id: row.id, tag_id: firstId })))
    .execute();
}

/** What some forms may have done to the cast is undone: everybody can sign in and is what they were. */
export async function mendPeople({ db }: Connection): Promise<void> {
  for (const [role, id] of Object.entries(personIds) as [Role, number][])
    await db
      .updateTable('users')
      .set({
        role,
        deactivated_at: null,
        locale: role === 'member' ? 'de' : 'en',
        time_zone: 'Europe/Berlin',
      })
      .where('id', '=', id)
      .execute();
}

/** Where mail to somebody of the cast goes. */
export async function addressOf(db: Connection['db'], role: Role): Promise<string> {
  const { email } = await db
    .selectFrom('users')
    .select('email')
    .where('id', '=', personIds[role])
    .executeTakeFirstOrThrow();
  return email;
}

/** A new session; its token and what is kept of it must not leave either. */
export async function signIn(
  { db }: Connection,
  walker: Walker,
  aviary: Aviary,
  now: number,
): Promise<string> {
  if (walker === 'signed out') return '';
  const device = 'audit';
  const token = await startSession(db, { user_id: personIds[walker], device, now, limits });
  aviary.add(`session ${token.slice(0, 6)}`, token);
  aviary.add(`session ${token.slice(0, 6)}, kept`, hash('sha256', token));
  return `tt_session=${token}`;
}
