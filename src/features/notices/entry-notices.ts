import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { findOpenEntryNotice, insertNotices, updateNoticeContent } from './notices.queries.ts';
import type { EntryNotice } from './notices.ts';

/** Changes one after the other are one message: a manager who mends a week leaves one, not forty. */
const togetherForMs = 3_600_000;

/** More than can be changed at once; the message then says at least so many. */
const entriesNamed = 1_000;

interface ChangedEntry {
  id: number;
  local_date: string;
}

/**
 * Tells somebody that another person booked, changed, deleted or put back entries of theirs. What was done within the
 * hour joins the message that is still unread and was not mailed.
 */
export async function leaveEntryNotice(
  trx: Transaction<Database>,
  {
    owner_id,
    actor_id,
    change,
    entries,
  }: {
    owner_id: number;
    actor_id: number;
    change: EntryNotice['change'];
    entries: readonly ChangedEntry[];
  },
  now: number,
): Promise<void> {
  const [first] = entries;
  if (!first || owner_id === actor_id) return;
  const key = `entry:${actor_id}:${change}:`;
  const open = await findOpenEntryNotice(trx, { user_id: owner_id, key, since: now - togetherForMs });
  const before = open ? (JSON.parse(open.content) as EntryNotice) : undefined;
  const dates = [
    ...(before ? [before.from, before.to] : []),
    ...entries.map(({ local_date }) => local_date),
  ].sort();
  const ids = new Set([...(before?.entry_ids ?? []), ...entries.map(({ id }) => id)]);
  const notice: EntryNotice = {
    ...{ user_id: owner_id, actor_id, change, entry_ids: [...ids].slice(0, entriesNamed) },
    ...{ from: dates[0] ?? first.local_date, to: dates.at(-1) ?? first.local_date },
  };
  const content = JSON.stringify(notice);
  if (open) await updateNoticeContent(trx, open.id, content);
  else
    await insertNotices(trx, [
      { user_id: owner_id, kind: 'entry', once_key: `${key}${randomUUID()}`, content, created_at: now },
    ]);
}
