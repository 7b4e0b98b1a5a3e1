import type { Database } from '../db/schema.ts';

/**
 * Every table, parents before children, and whether a backup holds its rows. What is left out would do harm when it
 * comes back: sessions that were ended and links that were used would open the door again, what waits to leave or to
 * be mailed would go out twice, and counters and leases are of a moment that is over.
 */
const placeOfTable = {
  users: 'kept',
  settings: 'kept',
  clients: 'kept',
  projects: 'kept',
  tags: 'kept',
  tasks: 'kept',
  entries: 'kept',
  entry_tags: 'kept',
  task_comments: 'kept',
  project_members: 'kept',
  favourites: 'kept',
  rates: 'kept',
  work_months: 'kept',
  task_times: 'kept',
  deleted_items: 'kept',
  notices: 'kept',
  consents: 'kept',
  ledger: 'kept',
  ledger_people: 'kept',
  ledger_ends: 'kept',
  ledger_totals: 'kept',
  audit: 'kept',
  audit_head: 'kept',
  sessions: 'left out',
  account_links: 'left out',
  link_tokens: 'left out',
  mails: 'left out',
  rate_limits: 'left out',
  jobs: 'left out',
  outbox: 'left out',
} as const satisfies Record<keyof Database, 'kept' | 'left out'>;

/** Tables of this version in an order in which rows can be written. */
export const allTables: readonly string[] = Object.keys(placeOfTable);
export const keptTables: readonly string[] = allTables.filter(
  (name) => placeOfTable[name as keyof Database] === 'kept',
);
export const leftOutTables: readonly string[] = allTables.filter((name) => !keptTables.includes(name));

/** What the server and its migrations write by themselves: a database that holds nothing else is an empty one. */
export const writtenByItself: readonly string[] = ['settings', 'consents', 'audit_head'];
