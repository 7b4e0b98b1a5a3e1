import { randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function addressOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes a PostgreSQL database, empty or as a copy of a template, and returns its address. */
export async function createPostgresDatabase(
  server: string,
  name: string,
  template?: string,
): Promise<string> {
  await administer(server, `create database ${name}${template ? ` template ${template}` : ''}`);
  return addressOf(server, name);
}

export async function dropPostgresDatabase(server: string, name: string): Promise<void> {
  await administer(server, `drop database if exists ${name} with (force)`);
}

export interface TestDatabase {
  databaseUrl: string | undefined;
  sqliteFile: string;
  drop: () => Promise<void>;
}

/** A migrated, empty database of its own: a copied file, or a database made from the template. */
export async function createTestDatabase(source: {
  base: string;
  postgres: string | undefined;
  folder: string;
}): Promise<TestDatabase> {
  const { base, postgres, folder } = source;
  const name = `tt_${randomUUID().replaceAll('-', '')}`;
  const sqliteFile = join(folder, `${name}.sqlite`);
  if (postgres === undefined) {
    copyFileSync(base, sqliteFile);
    return { databaseUrl: undefined, sqliteFile, drop: async () => undefined };
  }
  const databaseUrl = await createPostgresDatabase(postgres, name, base);
  return { databaseUrl, sqliteFile, drop: () => dropPostgresDatabase(postgres, name) };
}
