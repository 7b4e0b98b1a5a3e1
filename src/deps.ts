import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Request } from 'express';
import type { Config } from './config/config.ts';
import type { Connection, Db } from './db/connect.ts';
import { connect } from './db/connect.ts';
import { isMigrated } from './db/migrate.ts';
import { hasAdministrator } from './features/accounts/people.queries.ts';
import { countActiveUsers } from './features/accounts/sessions.queries.ts';
import { countRunning } from './features/timer/timer.queries.ts';
import { createSettings } from './features/settings/settings.ts';
import type { SettingsStore } from './features/settings/settings.ts';
import { createAssets } from './http/assets.ts';
import type { Assets } from './http/assets.ts';
import type { ReportError } from './http/error-page.ts';
import { createSendPage } from './http/page.ts';
import type { SendPage } from './http/page.ts';
import { createViewFunctions } from './http/view-functions.ts';
import { createViews } from './http/views.ts';
import type { Views } from './http/views.ts';
import { memoryLimitBytes } from './observability/memory-limit.ts';
import { readDisks, watchedFolders } from './observability/disk-space.ts';
import { monitorLoop } from './observability/event-loop.ts';
import { createHealth } from './observability/health.ts';
import type { Health } from './observability/health.ts';
import type { Log } from './observability/log.ts';
import { openLog } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import { createMetrics } from './observability/metrics.ts';
import type { RecentFigures } from './observability/recent-figures.ts';
import { createRecentFigures } from './observability/recent-figures.ts';
import { countStatement } from './observability/request-context.ts';
import { throughDatabasePassage } from './telemetry/guard.ts';
import type { Mailer } from './telemetry/mail.ts';
import { createMailer } from './telemetry/mail.ts';
import type { Change, RecordEvent } from './telemetry/record.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

/** What the application is made of. Features get it whole and use what they need. */
export interface Deps {
  config: Readonly<Config>;
  /** Epoch milliseconds; a fixed clock in tests. */
  now: () => number;
  log: Log;
  metrics: Metrics;
  /** The last hour of this process, for /admin/system. */
  recent: RecentFigures;
  connection: Connection;
  db: Db;
  settings: SettingsStore;
  health: Health;
  record: RecordEvent;
  change: Change;
  views: Views;
  assets: Assets;
  viewFunctions: ReturnType<typeof createViewFunctions>;
  page: SendPage;
  /** Everything that could leave this server; `record`, `change` and `reportError` are parts of it. */
  telemetry: Telemetry;
  reportError: ReportError;
  /** Sends what a person asked for: invitations, password links, notices. Off without SMTP_URL. */
  mailer: Mailer;
  /** What a stranger must type at /setup. */
  setupCode: string;
  close: () => Promise<void>;
}

const root = join(import.meta.dirname, '..');

/** Files of packages that browsers get, by the name they have below public/. */
const mappedFiles = [
  { name: 'vendor/htmx.js', source: join(root, 'node_modules/htmx.org/dist/htmx.min.js') },
];

interface BuildOptions {
  now?: () => number;
  /** Event-loop and process metrics; their monitors keep a process alive, so only the server has them. */
  defaultMetrics?: boolean;
}

/** Builds everything in order. The database is opened, not migrated. */
export async function buildDeps(config: Readonly<Config>, options: BuildOptions = {}): Promise<Deps> {
  const now = options.now ?? Date.now;
  const { version, commit } = config;
  const metrics = createMetrics({ version, commit, defaultMetrics: options.defaultMetrics ?? false });
  const recent = createRecentFigures({ now, ...(options.defaultMetrics ? { loop: monitorLoop() } : {}) });
  const log = openLog({
    ...(config.log_file === undefined ? {} : { file: config.log_file }),
    level: config.log_level,
    maxBytes: config.log_max_bytes,
    maxAgeMs: config.log_max_age_ms,
    keepFiles: config.log_keep_files,
    keepDays: config.log_keep_days,
    onLine: metrics.logLine,
    onWriteError: metrics.logWriteError,
  });
  const connection = await connect({
    databaseUrl: config.database_url,
    sqliteFile: config.sqlite_file,
    sqliteSynchronous: config.sqlite_synchronous,
    poolSize: config.database_pool_size,
    onQuery: onStatement(metrics, recent, config.sentry_traces_rate > 0),
    opening: throughDatabasePassage,
  });
  const { db } = connection;
  const settings = createSettings(db, now);
  const telemetry = createTelemetry({
    ...{ config, db, now, logger: log.logger, metrics, root, secret: settings.secret },
    isSetUp: () => hasAdministrator(db),
  });
  const { record, change } = telemetry;
  registerGauges(metrics, { config, connection, telemetry, now });
  const views = createViews(join(root, 'views'));
  const assets = createAssets(join(root, 'public'), mappedFiles);
  return {
    config,
    now,
    log,
    metrics,
    recent,
    connection,
    db,
    settings,
    health: createHealth({
      databaseReady: () => isMigrated(db),
      logWritable: () => log.isWritable(),
      logFull: () => log.isFull(),
    }),
    record,
    change,
    views,
    assets,
    viewFunctions: createViewFunctions(assets.path),
    page: createSendPage(views, (req) => recordPageView(record, req)),
    telemetry,
    reportError: (error, context) => telemetry.errors.reportError(error, { ...context, handled: true }),
    mailer: createMailer({ ...config, egress: { ledger: telemetry.ledger, metrics, now } }),
    setupCode: config.setup_code ?? newSetupCode(),
    close: async () => {
      recent.stop();
      await telemetry.close();
      await db.destroy();
      log.close();
    },
  };
}

/** @param isTraced - counts statements per request: asking for the running request costs every statement something. */
const onStatement =
  ({ dbQuery }: Metrics, { slowStatements }: RecentFigures, isTraced: boolean) =>
  (operation: string, seconds: number, sql: string): void => {
    if (isTraced) countStatement();
    dbQuery(operation, seconds);
    slowStatements.observe(sql, seconds);
  };

/** Figures that are read when somebody scrapes. */
function registerGauges(
  metrics: Metrics,
  { config, connection, telemetry, now }: Pick<Deps, 'config' | 'connection' | 'telemetry' | 'now'>,
): void {
  const { db, poolState } = connection;
  const folders = watchedFolders(config);
  metrics.collect('tt_disk_free_bytes', () => readDisks(folders, 'free_bytes'));
  metrics.collect('tt_disk_size_bytes', () => readDisks(folders, 'total_bytes'));
  metrics.collect('tt_memory_limit_bytes', async () => memoryLimitBytes());
  metrics.collect('tt_db_pool_connections', async () => poolState());
  metrics.collect('tt_outbox_depth', async () => {
    const depth = await telemetry.outbox.depth();
    return new Map([...depth].map(([channel, { held, queued }]) => [channel, held + queued]));
  });
  metrics.collect('tt_outbox_oldest_age_seconds', () => telemetry.outbox.oldestAgesSeconds());
  metrics.collect('tt_active_timers', () => countRunning(db));
  metrics.collect('tt_users_active', async () => {
    const counts = new Map<string, number>();
    for (const [window, ms] of activeWindows) counts.set(window, await countActiveUsers(db, now() - ms));
    return counts;
  });
}

const hourMs = 3_600_000;
/** Sessions are touched every five minutes, so a shorter window would say nothing. */
const activeWindows: [string, number][] = [
  ['1h', hourMs],
  ['24h', 24 * hourMs],
  ['7d', 7 * 24 * hourMs],
  ['30d', 30 * 24 * hourMs],
];

function recordPageView(record: RecordEvent, req: Request): void {
  const pattern: unknown = (req.route as { path?: unknown } | undefined)?.path;
  const user_id = req.res?.locals.person?.id ?? null;
  if (typeof pattern === 'string') record('page.viewed', { user_id }, { endpoint: pattern });
}

/** Eight digits in two groups: typed by hand once, and useless after setup. */
const newSetupCode = (): string => `${randomInt(1000, 10_000)}-${randomInt(1000, 10_000)}`;
