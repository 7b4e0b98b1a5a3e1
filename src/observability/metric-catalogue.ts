/**
 * Every metric of ours, once: `metrics.ts` builds them from here and `docs/metrics.md` is generated from here. The
 * process metrics of the Prometheus client come on top.
 */

/** A label's values: all of them, or, where other code names them, the rule that bounds them. */
export type LabelValues = readonly string[] | LabelRule;

export interface LabelRule {
  /** What the values are, for the docs. */
  readonly meaning: string;
  /** Values that do not match become the fallback: nothing a person typed ever matches by accident. */
  readonly pattern: RegExp;
  /** After this many distinct values, further ones become the fallback. */
  readonly maxValues: number;
}

export interface MetricFamily {
  readonly name: `tt_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bucket edges in seconds; histograms only. */
  readonly buckets?: readonly number[];
}

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'OTHER'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const ENTRY_SOURCES = [
  'timer',
  'manual',
  'duration',
  'timesheet',
  'calendar',
  'continue',
  'duplicate',
  'split',
  'import',
  'api',
  'demo',
  'other',
] as const;
export const EVENT_OUTCOMES = [
  'recorded',
  'invalid',
  'withheld',
  'queued',
  'dropped',
  'rejected',
  'other',
] as const;
export const LOGIN_METHODS = ['password', 'setup', 'passkey', 'oidc', 'api_token', 'other'] as const;
export const LOGIN_OUTCOMES = ['success', 'failure', 'limited', 'other'] as const;
export const EXPORT_FORMATS = ['csv', 'xlsx', 'json', 'ics', 'pdf', 'zip', 'other'] as const;
export const JOB_OUTCOMES = ['success', 'failure', 'skipped', 'other'] as const;
export const EGRESS_CHANNELS = [
  'errors',
  'analytics',
  'installation',
  'mail',
  'webhooks',
  'sign_in',
] as const;
export const EGRESS_OUTCOMES = ['delivered', 'rejected', 'failed'] as const;
/** Channels whose payloads wait in the outbox. */
export const OUTBOX_CHANNELS = ['errors', 'analytics', 'installation'] as const;
export const USER_WINDOWS = ['1h', '24h', '7d', '30d'] as const;
/** Folders whose disk must not fill up. */
export const WATCHED_FOLDERS = ['data', 'log', 'backup'] as const;
/** Who made a backup. */
export const BACKUP_MAKERS = ['schedule', 'command'] as const;
export const POOL_STATES = ['active', 'idle', 'waiting'] as const;

const NAME = /^[a-z][a-z0-9_.-]{0,59}$/;

/** The SLO for a page. */
export const OBJECTIVE_SECONDS = 0.25;
/** The SLO, 0.25 s, is an edge, so "faster than the SLO" is a number and not an interpolation. */
const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const QUERY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const;

const ENDPOINT: LabelRule = {
  meaning: 'route pattern, `(static)`, `(middleware)`, `(unmatched)` or `(unnamed)`; never a URL',
  pattern: /^[/(][^\n]{0,199}$/,
  maxValues: 1000,
};
const HTTP_STATUS: LabelRule = {
  meaning: 'three digits; 499 when the client left before the answer was written',
  pattern: /^[1-5]\d\d$/,
  maxValues: 100,
};

export const METRIC_FAMILIES = {
  requests: {
    name: 'tt_requests_total',
    type: 'counter',
    help: 'HTTP requests answered or abandoned.',
    labels: { method: HTTP_METHODS, endpoint: ENDPOINT, http_status: HTTP_STATUS },
  },
  requestLatency: {
    name: 'tt_request_latency_seconds',
    type: 'histogram',
    help: 'Time from the first byte of a request to the end of its answer.',
    labels: { endpoint: ENDPOINT },
    buckets: REQUEST_BUCKETS_SECONDS,
  },
  requestsInFlight: {
    name: 'tt_requests_in_flight',
    type: 'gauge',
    help: 'HTTP requests being answered now.',
    labels: {},
  },
  activeTimers: { name: 'tt_active_timers', type: 'gauge', help: 'Timers running now.', labels: {} },
  usersActive: {
    name: 'tt_users_active',
    type: 'gauge',
    help: 'People seen within the window.',
    labels: { window: USER_WINDOWS },
  },
  entriesCreated: {
    name: 'tt_entries_created_total',
    type: 'counter',
    help: 'Time entries created.',
    labels: { source: ENTRY_SOURCES },
  },
  dbQuery: {
    name: 'tt_db_query_seconds',
    type: 'histogram',
    help: 'Time of database statements.',
    labels: {
      operation: { meaning: 'select, insert, update, delete or other', pattern: NAME, maxValues: 100 },
    },
    buckets: QUERY_BUCKETS_SECONDS,
  },
  dbPoolConnections: {
    name: 'tt_db_pool_connections',
    type: 'gauge',
    help: 'Database connections, and requests waiting for one.',
    labels: { state: POOL_STATES },
  },
  events: {
    name: 'tt_events_total',
    type: 'counter',
    help: 'Events and other payloads, by what became of them: recorded in the log and counters of this server, invalid against the catalogue, withheld by consent, queued to leave, dropped before they left, or rejected for good by their destination.',
    labels: {
      event: {
        meaning: 'name in the event catalogue, `error`, `trace` or `test`',
        pattern: NAME,
        maxValues: 200,
      },
      outcome: EVENT_OUTCOMES,
    },
  },
  egressRequests: {
    name: 'tt_egress_requests_total',
    type: 'counter',
    help: 'Outbound requests: delivered with an answer of success, rejected with another answer, failed without one.',
    labels: { channel: EGRESS_CHANNELS, outcome: EGRESS_OUTCOMES },
  },
  egressBytes: {
    name: 'tt_egress_bytes_total',
    type: 'counter',
    help: 'Bytes of the bodies of outbound requests.',
    labels: { channel: EGRESS_CHANNELS },
  },
  egressBlocked: {
    name: 'tt_egress_blocked_total',
    type: 'counter',
    help: 'Outbound connections that no channel had opened: each was destroyed before its first byte.',
    labels: {},
  },
  outboxDepth: {
    name: 'tt_outbox_depth',
    type: 'gauge',
    help: 'Payloads that wait to leave, or for an administrator who releases them.',
    labels: { channel: OUTBOX_CHANNELS },
  },
  outboxOldestAge: {
    name: 'tt_outbox_oldest_age_seconds',
    type: 'gauge',
    help: 'Age of the oldest payload that may leave and has not; 0 when none waits. What an administrator holds back is not counted.',
    labels: { channel: OUTBOX_CHANNELS },
  },
  diskFree: {
    name: 'tt_disk_free_bytes',
    type: 'gauge',
    help: 'Room left for this process on the disk of a folder. Folders on one disk have the same figure.',
    labels: { folder: WATCHED_FOLDERS },
  },
  diskSize: {
    name: 'tt_disk_size_bytes',
    type: 'gauge',
    help: 'Size of the disk of a folder.',
    labels: { folder: WATCHED_FOLDERS },
  },
  memoryLimit: {
    name: 'tt_memory_limit_bytes',
    type: 'gauge',
    help: 'Memory at which this process is ended: the limit of its container or unit, else the memory of the machine.',
    labels: {},
  },
  logins: {
    name: 'tt_logins_total',
    type: 'counter',
    help: 'Attempts to sign in.',
    labels: { method: LOGIN_METHODS, outcome: LOGIN_OUTCOMES },
  },
  exports: {
    name: 'tt_exports_total',
    type: 'counter',
    help: 'Exports delivered.',
    labels: { format: EXPORT_FORMATS },
  },
  jobRuns: {
    name: 'tt_job_runs_total',
    type: 'counter',
    help: 'Runs of background jobs.',
    labels: {
      job: { meaning: 'name given in our code', pattern: NAME, maxValues: 50 },
      outcome: JOB_OUTCOMES,
    },
  },
  jobLastSuccess: {
    name: 'tt_job_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When a job last succeeded on any instance, in Unix seconds; 0 when it never did. Kept in the database, so a restart forgets nothing.',
    labels: { job: { meaning: 'name given in our code', pattern: NAME, maxValues: 50 } },
  },
  jobInterval: {
    name: 'tt_job_interval_seconds',
    type: 'gauge',
    help: 'How long after a success a job is due again.',
    labels: { job: { meaning: 'name given in our code', pattern: NAME, maxValues: 50 } },
  },
  backupNewest: {
    name: 'tt_backup_newest_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest backup of this installation in BACKUP_DIR was made, in Unix seconds. Absent where there is none.',
    labels: { made_by: BACKUP_MAKERS },
  },
  logLines: {
    name: 'tt_log_lines_total',
    type: 'counter',
    help: 'Log lines written.',
    labels: { level: LOG_LEVELS },
  },
  logWriteErrors: {
    name: 'tt_log_write_errors_total',
    type: 'counter',
    help: 'Log writes, rotations and compressions that failed.',
    labels: {},
  },
  collectorErrors: {
    name: 'tt_collector_errors_total',
    type: 'counter',
    help: 'Figures that could not be read for a scrape. The scrape itself goes on without them.',
    labels: { collector: { meaning: 'metric the figure was for', pattern: NAME, maxValues: 200 } },
  },
  buildInfo: {
    name: 'tt_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say what is running.',
    labels: {
      version: { meaning: 'version of TimeTracker', pattern: /^[\w.+-]{1,60}$/, maxValues: 1 },
      commit: { meaning: 'commit of the source', pattern: /^([0-9a-f]{7,64}|unknown)$/, maxValues: 1 },
      node: { meaning: 'version of Node.js', pattern: /^v[\w.+-]{1,60}$/, maxValues: 1 },
    },
  },
} as const satisfies Record<string, MetricFamily>;
