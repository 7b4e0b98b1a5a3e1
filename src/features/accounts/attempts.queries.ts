import type { Db } from '../../db/connect.ts';

/**
 * Counts one attempt in one statement, so that parallel attempts each see a number of their own; a window that has
 * ended starts again at one.
 */
export async function insertAttempt(
  db: Db,
  { key, now, window_ms }: { key: string; now: number; window_ms: number },
): Promise<{ hits: number; resets_at: number }> {
  return db
    .insertInto('rate_limits')
    .values({ key, hits: 1, resets_at: now + window_ms })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((row) => ({
        hits: row
          .case()
          .when('rate_limits.resets_at', '<=', now)
          .then(1)
          .else(row('rate_limits.hits', '+', 1))
          .end(),
        resets_at: row
          .case()
          .when('rate_limits.resets_at', '<=', now)
          .then(row.ref('excluded.resets_at'))
          .else(row.ref('rate_limits.resets_at'))
          .end(),
      })),
    )
    .returning(['hits', 'resets_at'])
    .executeTakeFirstOrThrow();
}

export async function updateAttemptTakenBack(db: Db, key: string): Promise<void> {
  await db
    .updateTable('rate_limits')
    .set((row) => ({ hits: row('hits', '-', 1) }))
    .where('key', '=', key)
    .where('hits', '>', 0)
    .execute();
}

export async function deleteAttempts(db: Db, key: string): Promise<void> {
  await db.deleteFrom('rate_limits').where('key', '=', key).execute();
}

/** Removes windows that have ended; a new attempt starts a new one anyway. */
export async function deleteEndedAttempts(db: Db, now: number): Promise<void> {
  await db.deleteFrom('rate_limits').where('resets_at', '<', now).execute();
}
