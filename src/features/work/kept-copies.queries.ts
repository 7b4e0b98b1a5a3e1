import type { Db } from '../../db/connect.ts';
import type { EntriesTable } from '../../db/schema.ts';
import type { Selectable } from 'kysely';

/**
 * Copies of entries that are kept so that deleting or changing them can be undone. What happens to all booked time
 * meanwhile happens to them too: undone is one step, and not what came after it.
 */

/** The part of a kept entry that a change of something else can reach. */
export type KeptWork = Pick<
  Selectable<EntriesTable>,
  | 'user_id'
  | 'project_id'
  | 'task_id'
  | 'billable'
  | 'ended_at'
  | 'rate_cents'
  | 'rate_id'
  | 'currency'
  | 'cost_rate_cents'
  | 'cost_rate_id'
  | 'cost_currency'
>;

const ofEntries = ['entry', 'running', 'change'] as const;

/** Whose entries are kept, by id; to be locked before their copies are rewritten. */
export async function listKeptPeople(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom('deleted_items')
    .select('user_id')
    .distinct()
    .where('kind', 'in', ofEntries)
    .orderBy('user_id')
    .execute();
  return rows.map(({ user_id }) => user_id);
}

const copiesAtATime = 500;

/** Rewrites every kept copy for which `changed` answers something. */
export async function rewriteKeptCopies(
  db: Db,
  changed: (work: KeptWork) => Promise<Partial<KeptWork> | undefined> | Partial<KeptWork> | undefined,
): Promise<void> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('deleted_items')
      .select(['id', 'user_id', 'content'])
      .where('kind', 'in', ofEntries)
      .where('id', '>', after)
      .orderBy('id')
      .limit(copiesAtATime)
      .execute();
    for (const { id, user_id, content } of rows) {
      const kept = JSON.parse(content) as { entry: KeptWork };
      // Whose it is says the row: people may have been merged since.
      const next = await changed({ ...kept.entry, user_id });
      if (next === undefined) continue;
      const rewritten = JSON.stringify({ ...kept, entry: { ...kept.entry, ...next } });
      await db.updateTable('deleted_items').set({ content: rewritten }).where('id', '=', id).execute();
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < copiesAtATime) return;
    after = last.id;
  }
}
