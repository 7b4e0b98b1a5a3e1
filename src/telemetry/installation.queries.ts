import type { Db } from '../db/connect.ts';

/** Names of settings rows that installation telemetry keeps, each one JSON value. */
export type KeptName = 'telemetry_identity' | 'telemetry_install' | 'telemetry_update' | 'telemetry_health';

/** The parsed value, or undefined. */
export async function findKept(db: Db, name: KeptName): Promise<unknown> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
  return row && (JSON.parse(row.value) as unknown);
}

/** Several instances may do this at once: the first row stays. */
export async function insertKept(db: Db, name: KeptName, value: unknown): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name, value: JSON.stringify(value) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

export async function upsertKept(db: Db, name: KeptName, value: unknown): Promise<void> {
  const row = { name, value: JSON.stringify(value) };
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

/** Whether a payload with this key waits, held or queued. */
export async function isWaiting(db: Db, idempotency_key: string): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('idempotency_key', '=', idempotency_key)
    .executeTakeFirst();
  return row !== undefined;
}

/** Epoch ms of the first account; null before setup. */
export async function findInstalledAt(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('users')
    .select((select) => select.fn.min('created_at').as('installed_at'))
    .executeTakeFirst();
  return row?.installed_at ?? null;
}
