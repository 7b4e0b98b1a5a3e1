import type { Db } from '../../db/connect.ts';

/** Timers that run now, of everybody. */
export async function countRunning(db: Db): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .select((select) => select.fn.countAll<number>().as('running'))
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return running;
}
