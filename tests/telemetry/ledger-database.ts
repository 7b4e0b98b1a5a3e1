import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Connection } from '../../src/db/connect.ts';
import { connect } from '../../src/db/connect.ts';
import { createLedger } from '../../src/telemetry/ledger.ts';
import type { Ledger } from '../../src/telemetry/ledger.ts';
import { createTestDatabase } from '../support/database.ts';
import { opened } from '../support/each-file.ts';

export interface LedgerDatabase {
  connection: Connection;
  /** How to reach it from another process. */
  environment: Record<string, string>;
  ledger: Ledger;
  clock: { now: number };
  /** Statements so far: how many, and their texts without values. */
  queries: () => number;
  statements: () => readonly string[];
}

/** An empty, migrated database without the rest of the application; closed after the test file. */
export async function openLedgerDatabase(): Promise<LedgerDatabase> {
  const folder = mkdtempSync(join(inject('folder'), 'ledger-'));
  const database = await createTestDatabase({ base: inject('base'), postgres: inject('postgres'), folder });
  const statements: string[] = [];
  const connection = await connect({
    databaseUrl: database.databaseUrl,
    sqliteFile: database.sqliteFile,
    sqliteSynchronous: 'normal',
    poolSize: 4,
    onQuery: (_operation, _seconds, text) => statements.push(text),
  });
  opened.push({
    close: async () => {
      await connection.db.destroy();
      await database.drop();
    },
  });
  const clock = { now: Date.parse('2026-03-04T09:00:00Z') };
  return {
    connection,
    environment: { DATABASE_URL: database.databaseUrl ?? '', SQLITE_FILE: database.sqliteFile },
    ledger: createLedger({ db: connection.db, now: () => clock.now }),
    clock,
    queries: () => statements.length,
    statements: () => statements,
  };
}
