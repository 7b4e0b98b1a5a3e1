import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Connection } from '../../src/db/connect.ts';
import { connect } from '../../src/db/connect.ts';
import { insertPerson } from '../../src/features/accounts/people.queries.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
import { opened } from '../support/each-file.ts';
import { createTestDatabase } from '../support/database.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServerProcess } from '../support/server-process.ts';

/** A database with people who are signed in, and server processes on it as `npm start` starts them. */
export interface Installation {
  /** By name. */
  cookies: Record<string, string>;
  ids: Record<string, number>;
  environment: Record<string, string>;
  start: () => Promise<ServerProcess>;
  /** Lends a connection of this process; it is closed again, because one that stays open hides what recovery does. */
  look: <Result>(read: (connection: Connection) => Promise<Result>) => Promise<Result>;
}

const dayMs = 86_400_000;
const limits = { session_idle_ms: 14 * dayMs, session_max_ms: 90 * dayMs };

/**
 * @param folder - what the servers run in; their data is in `data` below it, their log in `logs`.
 * @param people - name and language; the first is administrator.
 * @param options - of the servers, as in their environment.
 */
export async function createInstallation(
  folder: string,
  people: Record<string, 'en' | 'de'>,
  options: Record<string, string> = {},
): Promise<Installation> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const made = await createTestDatabase({
    ...{ base: inject('base'), postgres: inject('postgres'), folder: data },
  });
  const sqliteFile = join(data, 'timetracker.sqlite');
  if (made.databaseUrl === undefined) renameSync(made.sqliteFile, sqliteFile);
  opened.push({ close: made.drop });
  const { databaseUrl } = made;
  const environment = databaseUrl === undefined ? options : { ...options, DATABASE_URL: databaseUrl };
  const look: Installation['look'] = async (read) => {
    const connection = await connect({
      ...{ databaseUrl, sqliteFile, sqliteSynchronous: 'normal' as const, poolSize: 2 },
    });
    try {
      return await read(connection);
    } finally {
      await connection.db.destroy();
    }
  };
  const cast = await look((connection) => signIn(connection, people));
  const start = async (): Promise<ServerProcess> => {
    const server = await startServerProcess(folder, { environment });
    opened.unshift({
      close: async () => {
        server.kill('SIGKILL');
        await server.ended;
      },
    });
    return server;
  };
  return { ...cast, environment, start, look };
}

async function signIn({ db }: Connection, people: Record<string, 'en' | 'de'>) {
  const [ids, cookies]: [Record<string, number>, Record<string, string>] = [{}, {}];
  const now = Date.now();
  for (const [name, locale] of Object.entries(people)) {
    const email = `${name}@example.com`;
    ids[name] = await insertPerson(db, {
      ...{ email, email_key: email, name, password_hash: null, locale },
      role: Object.keys(ids).length === 0 ? 'admin' : 'member',
      ...{ time_zone: 'Europe/Berlin', week_start: 1, duration_format: 'clock', theme: 'system' },
      ...{ created_at: now, deactivated_at: null },
    });
    const token = await startSession(db, { user_id: ids[name], device: 'test', now, limits });
    cookies[name] = `tt_session=${token}`;
  }
  return { ids, cookies };
}
