import type { Db } from './connect.ts';

/**
 * Takes a job's lease unless somebody holds it: one row per job, moved forward by whoever runs it. A lease that lasts more
 * than twice as long as anybody asks for it was taken by a clock that ran ahead, and holds nobody up.
 *
 * @param until - epoch ms when the lease ends by itself, for a holder that died.
 * @returns false when another instance holds it.
 */
export async function takeLease(
  db: Db,
  { name, holder, now, until }: { name: string; holder: string; now: number; until: number },
): Promise<boolean> {
  const row = { name, holder, lease_until: until };
  const credibleUntil = until + (until - now);
  const taken = await db
    .insertInto('jobs')
    .values({ ...row, last_success_at: null })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(row)
        .where((where) => where.not(where.between('jobs.lease_until', now + 1, credibleUntil))),
    )
    .returning('name')
    .execute();
  return taken.length > 0;
}

/** Keeps a lease for longer; false when it ran out and somebody else has it. */
export async function renewLease(
  db: Db,
  { name, holder, until }: { name: string; holder: string; until: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ lease_until: until })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives a lease back, so that another instance need not wait for its end. */
export async function releaseLease(
  db: Db,
  { name, holder }: { name: string; holder: string },
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ lease_until: 0 })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .execute();
}

export async function updateLastSuccess(db: Db, name: string, last_success_at: number): Promise<void> {
  await db.updateTable('jobs').set({ last_success_at }).where('name', '=', name).execute();
}

/** Epoch ms of the last success of every job that ever had one. */
export async function listLastSuccesses(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('jobs')
    .select(['name', 'last_success_at'])
    .where('last_success_at', 'is not', null)
    .execute();
  return new Map(rows.map(({ name, last_success_at }) => [name, last_success_at ?? 0]));
}

/** Epoch ms of a job's last success; null when it never had one. */
export async function findLastSuccess(db: Db, name: string): Promise<number | null> {
  const row = await db
    .selectFrom('jobs')
    .select('last_success_at')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.last_success_at ?? null;
}
