import type { Selectable } from 'kysely';
import type { DeletedItemsTable } from '../../db/schema.ts';
import type { Entry } from './entries.queries.ts';

/** What an entry is kept as, so that deleting or changing it can be undone. */
export interface KeptEntry {
  entry: Omit<Entry, 'duration_seconds'>;
  tag_ids: number[];
  /** Of a change: the version that it made. Undoing leaves alone what was changed again since. */
  version?: number;
}

export function keptEntry(entry: Entry, tag_ids: number[]): KeptEntry {
  const { duration_seconds: _, ...row } = entry;
  return { entry: row, tag_ids };
}

/** Whose it is says the item: people may have been merged since. */
export function readKept({ user_id, content }: Pick<Selectable<DeletedItemsTable>, 'user_id' | 'content'>) {
  const { entry, ...kept } = JSON.parse(content) as KeptEntry;
  return { ...kept, entry: { ...entry, user_id } };
}
