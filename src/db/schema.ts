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
  consents: ConsentsTable;
  outbox: OutboxTable;
  ledger: LedgerTable;
  ledger_people: LedgerPeopleTable;
  ledger_ends: LedgerEndsTable;
  ledger_totals: LedgerTotalsTable;
  tasks: TasksTable;
  task_comments: TaskCommentsTable;
  project_members: ProjectMembersTable;
  favourites: FavouritesTable;
  rates: RatesTable;
  work_months: WorkMonthsTable;
  task_times: TaskTimesTable;
  notices: NoticesTable;
  account_links: AccountLinksTable;
  link_tokens: LinkTokensTable;
  mails: MailsTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
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
  /** Own choice about product analytics; null follows the browser's Sec-GPC and DNT. */
  analytics_choice: ColumnType<'in' | 'out' | null, 'in' | 'out' | null | undefined, 'in' | 'out' | null>;
  /** 1: somebody who has time here but no account (yet). Their email is '' and their key a random one. */
  is_placeholder: ColumnType<Flag, Flag | undefined, Flag>;
  /** 1: wants a mail, too, when somebody else books, changes or deletes their time. */
  entry_mails: ColumnType<Flag, Flag | undefined, Flag>;
  /** 1: wants a mail, too, when a budget or an estimate of what they manage is nearly used up. */
  budget_mails: ColumnType<Flag, Flag | undefined, Flag>;
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
  /** Short name of the person's own bookkeeping. */
  code: ColumnType<string, string | undefined, string>;
  /** Case-folded code, unique where not ''. */
  code_key: ColumnType<string, string | undefined, string>;
  description: ColumnType<string, string | undefined, string>;
  /** ISO 4217; null is the instance's currency. */
  currency: ColumnType<string | null, string | null | undefined, string | null>;
  /** '' or one of the project colours. */
  color: ColumnType<string, string | undefined, string>;
  /** Who made it: theirs to change until it has projects. */
  created_by: ColumnType<number | null, number | null | undefined, number | null>;
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
  code: ColumnType<string, string | undefined, string>;
  /** Case-folded code, unique where not ''. */
  code_key: ColumnType<string, string | undefined, string>;
  description: ColumnType<string, string | undefined, string>;
  /** Local dates, both inclusive. */
  start_date: ColumnType<string | null, string | null | undefined, string | null>;
  due_date: ColumnType<string | null, string | null | undefined, string | null>;
  /** Who sees it and may book on it. */
  visibility: ColumnType<'everyone' | 'members', 'everyone' | 'members' | undefined, 'everyone' | 'members'>;
  /** A budget is for all time or for each month; at most one of seconds and cents is set. */
  budget_period: ColumnType<'total' | 'monthly', 'total' | 'monthly' | undefined, 'total' | 'monthly'>;
  budget_seconds: ColumnType<number | null, number | null | undefined, number | null>;
  budget_cents: ColumnType<number | null, number | null | undefined, number | null>;
  /** Of the cents: what a budget means does not move with the client's currency. */
  budget_currency: ColumnType<string | null, string | null | undefined, string | null>;
  /** Percentages that raise a notice, ascending: '80,100'; '' for none. */
  budget_thresholds: ColumnType<string, string | undefined, string>;
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
  task_id: ColumnType<number | null, number | null | undefined, number | null>;
  /** Per hour, in minor units of `currency`; fixed when the entry stops. Null: not billable, no rate, or running. */
  rate_cents: ColumnType<number | null, number | null | undefined, number | null>;
  cost_rate_cents: ColumnType<number | null, number | null | undefined, number | null>;
  /** Which rate gave it, so that a change of that rate can find the entries that used it. */
  rate_id: ColumnType<number | null, number | null | undefined, number | null>;
  cost_rate_id: ColumnType<number | null, number | null | undefined, number | null>;
  /** Of `rate_cents`; null where that is. */
  currency: ColumnType<string | null, string | null | undefined, string | null>;
  /** Of `cost_rate_cents`; null where that is. */
  cost_currency: ColumnType<string | null, string | null | undefined, string | null>;
  /** Who booked it, and who changed it last; null when that was the person whose time it is. */
  created_by: ColumnType<number | null, number | null | undefined, number | null>;
  updated_by: ColumnType<number | null, number | null | undefined, number | null>;
}

export interface EntryTagsTable {
  entry_id: number;
  tag_id: number;
}

/** What was deleted or changed with others and can be put back for a while; purged by a job. Live tables hold live rows only. */
export interface DeletedItemsTable {
  id: Generated<number>;
  user_id: number;
  /**
   * change: how an entry was before it was changed with others; bulk: of whoever did it, names the items of all of them;
   * split: when an entry ended before it was cut.
   */
  kind: 'entry' | 'running' | 'change' | 'bulk' | 'split';
  /** The row and its tags, as JSON; of a bulk the ids of its items, of a split those of its parts. */
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

/** Channels whose bytes leave this server. The first three are telemetry and need consent; the others do a person's bidding. */
export type Channel = 'errors' | 'analytics' | 'installation' | 'mail' | 'webhooks' | 'sign_in';
export type ChannelMode = 'off' | 'review' | 'auto';

/** Decisions about a telemetry channel, never changed or deleted: the newest row of a channel holds. */
export interface ConsentsTable {
  id: Generated<number>;
  channel: Channel;
  mode: ChannelMode;
  /** Version of the event catalogue that was shown, and what it could send: JSON list of 'field=shape'. */
  catalogue_version: number;
  covered: string;
  decided_at: number;
  /** Who decided; null for a command and the environment. */
  user_id: number | null;
  /** 'environment': nobody decided, configuration switched the channel on for the first time. */
  source: 'setup' | 'panel' | 'command' | 'environment';
}

/** What waits to leave. A row goes away when its destination has taken it; the ledger has it then. */
export interface OutboxTable {
  id: Generated<number>;
  channel: Channel;
  /** Event name, or what else it is: 'error', 'trace', 'test'. */
  purpose: string;
  /** The same at every attempt, so that a destination can drop the second copy. */
  idempotency_key: string;
  /** Whom it is about, for /privacy and for a withdrawal; never part of the body. */
  user_id: number | null;
  /** The payload as the sink hands it to the gateway. */
  body: string;
  consent_id: number | null;
  /** held: waits for an administrator (review mode). */
  state: 'held' | 'queued';
  attempts: number;
  next_attempt_at: number;
  created_at: number;
}

/** What left, chained by hashes: a request is written before its first byte leaves, its answer as a record of its own. */
export interface LedgerTable {
  id: Generated<number>;
  /** removal: what retention removed; its body says how many and which was the newest of them. */
  kind: 'request' | 'answer' | 'removal';
  at: number;
  /** 'ledger' of removals, which go nowhere. */
  channel: Channel | 'ledger';
  purpose: string;
  consent_id: number | null;
  /** Host and port of the destination. */
  host: string;
  /** Request line and headers as they were sent, keys masked; null in answers and where the protocol is not HTTP. */
  head: string | null;
  /** Bytes of the body. */
  byte_count: number;
  body_sha256: string;
  /** The exact bytes; null in answers, whose bytes came in. */
  body: string | null;
  body_encoding: 'utf8' | 'base64';
  /** Hash of the ids in ledger_people, so that nobody can be taken off a record unseen. */
  people_sha256: string;
  /** Of an answer: the ledger id of its request. */
  request_id: number | null;
  /** HTTP status of the answer, or null where none came; `problem` says why then, as a code. */
  status: number | null;
  problem: string | null;
  previous_hash: string;
  hash: string;
}

/** Whom a ledger record is about. */
export interface LedgerPeopleTable {
  ledger_id: number;
  user_id: number;
}

/** The ends of the chain: 'first' is the newest record that retention removed (the newest removal names it too), 'last' the newest one of all. */
export interface LedgerEndsTable {
  name: 'first' | 'last';
  ledger_id: number;
  hash: string;
}

/** What the ledger holds of a channel, summed by triggers; written by nothing else. */
export interface LedgerTotalsTable {
  channel: Channel;
  requests: number;
  /** Of the bodies of requests. */
  bytes: number;
  /** Answers with a status from 200 to 299, and all others. */
  delivered: number;
  failed: number;
}

export type TaskStatus = 'open' | 'in_progress' | 'review' | 'done';
export type TaskPriority = 'low' | 'normal' | 'high' | 'urgent';

export interface TasksTable {
  id: Generated<number>;
  project_id: number;
  name: string;
  /** Case-folded name, unique per project. */
  name_key: string;
  description: string;
  status: TaskStatus;
  priority: TaskPriority;
  assignee_id: number | null;
  /** Local date. */
  due_date: string | null;
  estimate_seconds: number | null;
  /** Order in its column of the board; those with the same place are in the order of their ids. */
  board_place: Generated<number>;
  created_at: number;
  updated_at: number;
  /** Who changed it last; null where nobody knows. */
  updated_by: ColumnType<number | null, number | null | undefined, number | null>;
  archived_at: number | null;
}

export interface TaskCommentsTable {
  id: Generated<number>;
  task_id: number;
  user_id: number;
  body: string;
  created_at: number;
  updated_at: number;
}

export interface ProjectMembersTable {
  project_id: number;
  user_id: number;
  /** 1: sees and edits everybody's time on this project. */
  is_manager: Flag;
}

export interface FavouritesTable {
  user_id: number;
  project_id: number;
}

export interface RatesTable {
  id: Generated<number>;
  kind: 'billable' | 'cost';
  /** 'task:5', 'member:3:7' (project, person), 'project:3', 'person:7', 'client:2' or 'default'. */
  scope: string;
  /** Per hour, in minor units. */
  amount_cents: number;
  /** What clients of another currency are not billed at: amounts are never converted. */
  currency: string;
  updated_at: number;
}

/**
 * Finished time by project, person and month, with its amounts: kept by triggers of the database, so that the sums of a
 * project cost the same at a million entries. Zero stands for no project, '' for no currency.
 */
export interface WorkMonthsTable {
  project_id: number;
  /** 'YYYY-MM' of the local date. */
  month: string;
  user_id: number;
  currency: string;
  cost_currency: string;
  entries: number;
  seconds: number;
  billable_seconds: number;
  /** Sum of the entries' amounts, each rounded by itself. */
  amount_cents: number;
  cost_cents: number;
}

/** Finished time by task and person, kept by the same triggers. */
export interface TaskTimesTable {
  task_id: number;
  user_id: number;
  seconds: number;
  entries: number;
}

/** A message to one person in the page. */
export interface NoticesTable {
  id: Generated<number>;
  user_id: number;
  kind: string;
  once_key: string;
  /** JSON. */
  content: string;
  created_at: number;
  read_at: number | null;
}

export interface AccountLinksTable {
  id: Generated<number>;
  kind: 'invitation' | 'password_reset';
  user_id: number;
  /** SHA-256 of the link's token, hex. */
  token_hash: string;
  created_by: number | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

/** What opens a link beside the token that was shown to the administrator: one for each time it was mailed. */
export interface LinkTokensTable {
  token_hash: string;
  link_id: number;
}

/** Mails that wait, and what became of them; about a link or about a notice. */
export interface MailsTable {
  id: Generated<number>;
  user_id: number;
  link_id: number | null;
  notice_id: number | null;
  /** Address of this server in the mail: https://time.example.com. Null where nothing but PUBLIC_URL tells it. */
  origin: string | null;
  /** The same at each attempt, so that a mail server that took it without our knowing can tell. */
  message_id: string;
  state: MailState;
  attempts: number;
  /** Epoch ms: not tried before. Whoever tries moves it on first, so that nobody else does. */
  next_try_at: number;
  give_up_at: number;
  created_at: number;
  ended_at: number | null;
  /** What the mail server answered last, such as 451; null where it did not answer. */
  status: number | null;
  /** Why it did not answer: a code of the gateway. */
  problem: string | null;
}
export type MailState = 'waiting' | 'sent' | 'given_up';

/** What administrators did, and what anybody did to another person's time; chained by hashes, no addresses. */
export interface AuditTable {
  id: Generated<number>;
  at: number;
  actor_id: number | null;
  /** 'entry.updated', 'person.deactivated', … */
  action: string;
  /** Kind of what it was done to: 'entry', 'person', 'rate', … */
  subject: string;
  subject_id: number | null;
  /** Whose it is, where it is somebody's. */
  user_id: number | null;
  /** JSON: what changed, ids, numbers and choices only. */
  content: string;
  previous_hash: string;
  hash: string;
}

/** How many records the audit log has and the hash of its last one; one row. */
export interface AuditHeadTable {
  id: number;
  record_count: number;
  last_hash: string;
}
