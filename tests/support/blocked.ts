import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { TestApp } from './app.ts';

/**
 * Waits, inside an open transaction, until another connection of this database waits for it. SQLite has one connection,
 * so there whoever comes second waits before its first statement.
 */
export async function untilBlocked({ deps }: TestApp): Promise<void> {
  if (deps.connection.dialect === 'sqlite') return;
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { rows } = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(deps.db);
    if (rows.length > 0) return;
    await sleep(10);
  }
  throw new Error('nobody waits');
}
