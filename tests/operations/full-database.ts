import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openSnapshot } from '../../src/backup/snapshot.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Config } from '../../src/config/config.ts';
import { hashPassword } from '../../src/features/accounts/passwords.ts';
import { appendAudit } from '../../src/features/audit/audit.ts';
import { seedDemo } from '../../src/features/demo/demo.ts';
import type { TestApp } from '../support/app.ts';
import { createPostgresDatabase, dropPostgresDatabase } from '../support/database.ts';
import { opened } from '../support/each-file.ts';

/** Databases with something in every table, and empty ones to restore into. */

export const password = 'correct horse battery';
/** Everything that a format could lose: quotes, lines, nulls in words, scripts, halves of pairs that belong together. */
export const awkward = 'NULL \\N "quoted", {braces}\t\nnext\u2028line 😀 ümläut \\" $1 \'';

/** A made-up team, and rows in every table that the team does not fill. */
export async function fillEveryTable(app: TestApp): Promise<void> {
  const { deps, ids } = app;
  const { db } = deps;
  const now = deps.now();
  await seedDemo(
    deps,
    {
      ...{ seed: 7, people: 4, entries: 300, until: '2026-03-03', moment: now, running: true, force: false },
    },
    () => undefined,
  );
  await db
    .updateTable('users')
    .set({ password_hash: await hashPassword(password) })
    .where('id', '=', ids.bob)
    .execute();
  await db
    .insertInto('entries')
    .values({
      ...{ user_id: ids.bob, project_id: null, description: awkward, zone: 'Europe/Berlin', billable: 0 },
      ...{ started_at: now - 7_200_000, ended_at: now - 3_600_000, local_date: '2026-03-04' },
      ...{ source: 'manual', created_at: now, updated_at: now },
    })
    .execute();
  await deps.settings.secret();
  await fillWork(app);
  await fillAccount(app);
  await fillOutward(app);
}

async function fillWork({ deps: { db, now }, ids }: TestApp): Promise<void> {
  const { id: task_id } = await db
    .selectFrom('tasks')
    .select('id')
    .orderBy('id')
    .limit(1)
    .executeTakeFirstOrThrow();
  const { id: project_id } = await db
    .selectFrom('projects')
    .select('id')
    .orderBy('id')
    .limit(1)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('task_comments')
    .values({ task_id, user_id: ids.bob, body: awkward, created_at: now(), updated_at: now() })
    .execute();
  await db.insertInto('favourites').values({ user_id: ids.bob, project_id }).execute();
  await db
    .insertInto('deleted_items')
    .values({
      user_id: ids.bob,
      kind: 'entry',
      content: JSON.stringify({ text: awkward }),
      deleted_at: now(),
    })
    .execute();
}

async function fillAccount({ deps: { db, now }, ids }: TestApp): Promise<void> {
  const { id: notice_id } = await db
    .insertInto('notices')
    .values({
      ...{ user_id: ids.bob, kind: 'budget', once_key: 'budget:1', content: '{}' },
      ...{ created_at: now(), read_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { id: link_id } = await db
    .insertInto('account_links')
    .values({
      ...{ kind: 'invitation', user_id: ids.charlie, token_hash: 'a hash', created_by: ids.alice },
      ...{ created_at: now(), expires_at: now() + 86_400_000, used_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('link_tokens').values({ token_hash: 'another', link_id }).execute();
  await db
    .insertInto('mails')
    .values({
      ...{ user_id: ids.bob, link_id: null, notice_id, origin: null, message_id: 'one', state: 'waiting' },
      ...{ attempts: 0, next_try_at: now(), give_up_at: now() + 1, created_at: now() },
      ...{ ended_at: null, status: null, problem: null },
    })
    .execute();
  await db
    .insertInto('rate_limits')
    .values({ key: 'a key', hits: 3, resets_at: now() + 60_000 })
    .execute();
  await db.transaction().execute((trx) =>
    appendAudit(trx, {
      ...{ at: now(), actor_id: ids.alice, action: 'person.updated', subject: 'person' },
      ...{ subject_id: ids.bob, user_id: ids.bob, content: { role: 'member' } },
    } as never),
  );
}

async function fillOutward({ deps, ids }: TestApp): Promise<void> {
  const { db, now, telemetry } = deps;
  for (const mode of ['auto', 'off'] as const)
    await telemetry.consents.decide(db, {
      ...{ channel: 'analytics', mode, user_id: ids.alice, source: 'panel' },
    });
  await telemetry.ledger.append({
    ...{ channel: 'analytics', purpose: 'timer.started', consent_id: 1, host: 'events.example.com:443' },
    ...{ head: 'POST /', body: Buffer.from([0, 255, 10, 13]), people: [ids.bob] },
  });
  await db
    .insertInto('outbox')
    .values({
      ...{ channel: 'analytics', purpose: 'timer.started', idempotency_key: 'one', user_id: ids.bob },
      ...{ body: '{}', consent_id: null, state: 'queued', attempts: 0 },
      ...{ next_attempt_at: now(), created_at: now() },
    })
    .execute();
  await db
    .insertInto('jobs')
    .values({ name: 'a_job', holder: 'somebody', lease_until: now() + 1, last_success_at: null })
    .execute();
}

/** The configuration of an installation with a folder and an empty database of its own. */
export async function emptyTarget(kind: 'sqlite' | 'postgres' = databaseHere()): Promise<Readonly<Config>> {
  const folder = mkdtempSync(join(inject('folder'), 'target-'));
  const places = { DATA_DIR: join(folder, 'data'), LOG_FILE: join(folder, 'logs', 'app.jsonl') };
  if (kind === 'sqlite') return loadConfig(places);
  const server = inject('postgres') ?? '';
  const name = `tt_${randomUUID().replaceAll('-', '')}`;
  const DATABASE_URL = await createPostgresDatabase(server, name);
  opened.push({ close: () => dropPostgresDatabase(server, name) });
  return loadConfig({ ...places, DATABASE_URL });
}

/** What the whole run is on. */
export const databaseHere = (): 'sqlite' | 'postgres' =>
  inject('postgres') === undefined ? 'sqlite' : 'postgres';

/** Every row of a database as text, in an order of its own; and the ids it would not give again. */
export async function contentOf(config: Pick<Config, 'database_url' | 'sqlite_file'>) {
  const snapshot = await openSnapshot(config);
  const tables: Record<string, string[]> = {};
  const last_ids = { ...snapshot.last_ids };
  for (const table of snapshot.tables) {
    const rows: string[] = [];
    const id = table.columns.indexOf('id');
    for await (const batch of snapshot.rows(table)) {
      // Some ids are not the database's choice, such as those of a chain of records.
      for (const row of batch.filter(() => table.name in last_ids))
        last_ids[table.name] = Math.max(last_ids[table.name] ?? 0, Number(row[id]));
      rows.push(...batch.map((row) => JSON.stringify(row.map((value) => shown(value)))));
    }
    tables[table.name] = rows.sort();
  }
  await snapshot.close();
  return { tables, last_ids, schema: snapshot.schema };
}

const shown = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `bigint ${value}`;
  return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value;
};
