import { createServer } from 'node:http';
import { mkdtempSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import { inject } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Config, Environment } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Deps } from '../../src/deps.ts';
import { buildDeps } from '../../src/deps.ts';
import { insertPerson } from '../../src/features/accounts/people.queries.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
import type { Role } from '../../src/db/schema.ts';
import { createTestDatabase } from './database.ts';
import { opened } from './each-file.ts';

/** The standing cast: alice is administrator, bob a member, charlie a stranger to both. */
export type CastName = 'alice' | 'bob' | 'charlie';
const roles: Record<CastName, Role> = { alice: 'admin', bob: 'member', charlie: 'member' };

/** Wednesday, 4 March 2026, 10:00 in Berlin. */
export const testNow = Date.parse('2026-03-04T09:00:00Z');

export interface TestApp {
  deps: Deps;
  address: string;
  /** The clock of the application; assign to move it. */
  clock: { now: number };
  ids: Record<CastName, number>;
  /** Cookies of the cast, for tests that build requests themselves. */
  cookies: Record<CastName, string>;
  /** Requests of a signed-in person. */
  as: (name: CastName) => Requests;
  /** Requests without a session. */
  stranger: Requests;
  logLines: () => Record<string, unknown>[];
  /** Call when the test makes an error on purpose; otherwise an error line in the log fails it. */
  expectErrors: () => void;
  close: () => Promise<void>;
}

type Fields = Record<string, string | number | string[]>;
interface Requests {
  get: (url: string) => request.Test;
  post: (url: string, fields?: Fields) => request.Test;
}

interface TestAppOptions {
  environment?: Environment;
  /** Nobody exists and setup is open. */
  empty?: boolean;
}

/** The real application on a real database of its own, listening on loopback. Closed after the test file by itself. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = mkdtempSync(join(inject('folder'), 'app-'));
  const database = await createTestDatabase({
    base: inject('base'),
    postgres: inject('postgres'),
    folder,
  });
  const clock = { now: testNow };
  const config: Config = {
    ...loadConfig({
      DATA_DIR: folder,
      LOG_FILE: join(folder, 'app.jsonl'),
      LOG_LEVEL: 'debug',
      ...options.environment,
    }),
    database_url: database.databaseUrl,
    sqlite_file: database.sqliteFile,
  };
  const deps = await buildDeps(config, { now: () => clock.now });
  const server = createServer(createApp(deps));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cast = options.empty ? undefined : await createCast(deps);
  let errorsExpected = false;
  const logLines = () => readLog(join(folder, 'app.jsonl'));
  const testApp: TestApp = {
    deps,
    address,
    clock,
    ids: cast?.ids ?? { alice: 0, bob: 0, charlie: 0 },
    cookies: cast?.cookies ?? { alice: '', bob: '', charlie: '' },
    as: (name) => requests(address, testApp.cookies[name]),
    stranger: requests(address, ''),
    logLines,
    expectErrors: () => {
      errorsExpected = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const errors = logLines().filter((line) => line['level'] === 'error' || line['level'] === 'fatal');
      await deps.close();
      await database.drop();
      if (errors.length > 0 && !errorsExpected)
        throw new Error(`unexpected error lines: ${JSON.stringify(errors)}`);
    },
  };
  opened.push(testApp);
  return testApp;
}

function requests(address: string, cookie: string): Requests {
  const send = (test: request.Test) => (cookie === '' ? test : test.set('Cookie', cookie));
  return {
    get: (url) => send(request(address).get(url)),
    post: (url, fields = {}) => send(request(address).post(url).type('form')).send(fields),
  };
}

async function createCast(deps: Deps) {
  const ids = {} as Record<CastName, number>;
  const cookies = {} as Record<CastName, string>;
  for (const name of Object.keys(roles) as CastName[]) {
    ids[name] = await createPerson(deps, name, roles[name]);
    const token = await startSession(deps.db, {
      user_id: ids[name],
      device: 'test',
      now: deps.now(),
      limits: deps.config,
    });
    cookies[name] = `tt_session=${token}`;
  }
  return { ids, cookies };
}

/** A person in Berlin with weeks from Monday, English pages and no password. */
export async function createPerson(deps: Deps, name: string, role: Role): Promise<number> {
  const email = `${name}@example.com`;
  return insertPerson(deps.db, {
    email,
    email_key: email,
    name: name[0]?.toUpperCase() + name.slice(1),
    password_hash: null,
    role,
    locale: 'en',
    time_zone: 'Europe/Berlin',
    week_start: 1,
    duration_format: 'clock',
    theme: 'system',
    created_at: deps.now(),
    deactivated_at: null,
  });
}

function readLog(file: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
