import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startSession } from '../../src/features/accounts/sessions.ts';
import type { CastName, TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServerProcess } from '../support/server-process.ts';

/** One database, and real server processes on it. */
export interface ServerWorld {
  /** Reads and writes the database from here; delivers nothing. */
  app: TestApp;
  folder: string;
  start: (options?: { environment?: Record<string, string>; execArgv?: string[] }) => Promise<ServerProcess>;
  /** A cookie that the servers take: their clock is the real one. */
  cookieOf: (name: CastName) => Promise<string>;
}

/** Processes that a test leaves behind are ended with its file. */
export async function createServerWorld(environment: Record<string, string>): Promise<ServerWorld> {
  const app = await createTestApp({ environment });
  app.clock.now = Date.now();
  const folder = mkdtempSync(join(inject('folder'), 'world-'));
  mkdirSync(join(folder, 'data'));
  const { database_url, sqlite_file } = app.deps.config;
  if (database_url === undefined) symlinkSync(sqlite_file, join(folder, 'data', 'timetracker.sqlite'));
  const database: Record<string, string> = database_url === undefined ? {} : { DATABASE_URL: database_url };
  return {
    app,
    folder,
    start: async (options = {}) => {
      const server = await startServerProcess(folder, {
        ...options,
        environment: { ...environment, ...database, ...options.environment },
      });
      opened.unshift({
        close: async () => {
          server.kill('SIGKILL');
          await server.ended;
        },
      });
      return server;
    },
    cookieOf: async (name) => {
      const token = await startSession(app.deps.db, {
        ...{ user_id: app.ids[name], device: 'test', now: Date.now(), limits: app.deps.config },
      });
      return `tt_session=${token}`;
    },
  };
}
