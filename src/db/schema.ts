import type { ColumnType, Generated } from 'kysely';

/**
 * Every table on one page. Instants are epoch milliseconds (whole seconds for time entries), local dates are
 * 'YYYY-MM-DD', flags are 0 or 1, so that both databases hold the same values.
 */
export interface Database {
  users: UsersTable;
  sessions: SessionsTable;
  settings: SettingsTable;
  clients: ClientsTable;
  projects: ProjectsTable;
  tags: TagsTable;
  entries: EntriesTable;
  entry_tags: EntryTagsTable;
  deleted_items: DeletedItemsTable;
  rate_limits: RateLimitsTable;
  jobs: JobsTable;
}

export type Flag = 0 | 1;
export type Role = 'admin' | 'manager' | 'member';

export interface UsersTable {
  id: Generated<number>;
  /** As typed, trimmed; shown to the person. */
  email: string;
  /** Case-folded e-mail, unique: what sign-in looks up. */
  email_key: string;
  name: string;
  /** PHC string of argon2id; null for a person who cannot sign in with a password. */
  password_hash: string | null;
  role: Role;
  locale: string;
  time_zone: string;
  /** ISO weekday the week starts on: 1 Monday … 7 Sunday. */
  week_start: number;
  duration_format: 'clock' | 'minutes' | 'decimal';
  theme: 'system' | 'light' | 'dark';
  created_at: number;
  /** Set when the person left; their time stays, sign-in ends. */
  deactivated_at: number | null;
}

export interface SessionsTable {
  id: Generated<number>;
  user_id: number;
  /** SHA-256 of the cookie's token, hex: a read of the database signs nobody in. */
  token_hash: string;
  created_at: number;
  last_seen_at: number;
  /** Absolute end, however active the session is. */
  expires_at: number;
  /** Browser and system family only, for the list of devices. */
  device: string;
  /** One message for the next page, as JSON. */
  flash: string | null;
}

export interface SettingsTable {
  name: string;
  /** JSON. */
  value: string;
}

export interface ClientsTable {
  id: Generated<number>;
  name: string;
  /** Case-folded name, unique. */
  name_key: string;
  created_at: number;
  archived_at: number | null;
}

export interface ProjectsTable {
  id: Generated<number>;
  client_id: number | null;
  name: string;
  /** Case-folded name, unique per client. */
  name_key: string;
  color: string;
  /** New entries of this project are billable. */
  billable: Flag;
  created_at: number;
  archived_at: number | null;
}

export interface TagsTable {
  id: Generated<number>;
  name: string;
  /** Case-folded name, unique. */
  name_key: string;
  created_at: number;
  archived_at: number | null;
}

export type EntrySource = 'timer' | 'manual' | 'duration' | 'duplicate' | 'split' | 'demo';

export interface EntriesTable {
  id: Generated<number>;
  user_id: number;
  project_id: number | null;
  description: string;
  started_at: number;
  /** Null while the timer runs; a partial unique index allows one such row per person. */
  ended_at: number | null;
  /** IANA zone in which the entry was made. */
  zone: string;
  /** The local date, in `zone`, of the start: the day the entry counts for. */
  local_date: string;
  /** Made by the database: (ended_at - started_at) / 1000, null while running. */
  duration_seconds: ColumnType<number | null, never, never>;
  billable: Flag;
  source: EntrySource;
  created_at: number;
  updated_at: number;
}

export interface EntryTagsTable {
  entry_id: number;
  tag_id: number;
}

/** What was deleted and can be put back for a while; purged by a job. Live tables hold live rows only. */
export interface DeletedItemsTable {
  id: Generated<number>;
  user_id: number;
  kind: 'entry' | 'running';
  /** The row and its tags, as JSON. */
  content: string;
  deleted_at: number;
}

export interface RateLimitsTable {
  /** Scope and keyed hash of who is counted; no address is stored. */
  key: string;
  hits: number;
  resets_at: number;
}

export interface JobsTable {
  name: string;
  holder: string;
  lease_until: number;
  last_success_at: number | null;
}
