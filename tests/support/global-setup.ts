import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { connect } from '../../src/db/connect.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createPostgresDatabase, dropPostgresDatabase } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty database that each test copies: an SQLite file, or the name of a PostgreSQL template. */
    base: string;
    /** PostgreSQL server to make databases on; undefined runs on SQLite. */
    postgres: string | undefined;
    folder: string;
  }
}

/** Migrates one base database for the whole run; every test starts from a copy of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'timetracker-tests-'));
  const postgres = process.env['TEST_DATABASE_URL'];
  const template = `tt_template_${process.pid}`;
  const base = postgres ? template : join(folder, 'base.sqlite');
  const databaseUrl = postgres ? await createPostgresDatabase(postgres, template) : undefined;
  const connection = await connect({
    databaseUrl,
    sqliteFile: base,
    sqliteSynchronous: 'normal',
    poolSize: 1,
  });
  await migrateToLatest(connection);
  await connection.db.destroy();
  project.provide('base', base);
  project.provide('postgres', postgres);
  project.provide('folder', folder);
  return async () => {
    if (postgres) await dropPostgresDatabase(postgres, template);
    rmSync(folder, { recursive: true, force: true });
  };
}
