import { stat } from 'node:fs/promises';
import { findNewestOwn, listBackups } from '../../backup/backup-folder.ts';
import type { Deps } from '../../deps.ts';
import { listDisks, watchedFolders } from '../../observability/disk-space.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';
import { findPostgresBytes, listJobs } from './system.queries.ts';

/** What /admin/system reads beside the figures of its process. Null is what could not be read. */
export interface Readings {
  health: Awaited<ReturnType<Deps['health']['ready']>>;
  database: { bytes: number | null; connections: Record<'active' | 'idle' | 'waiting', number> };
  /** Of the folders for data, log and backups, each disk once. */
  disks: Awaited<ReturnType<typeof listDisks>> | null;
  jobs: JobReading[] | null;
  outbox: OutboxReading[] | null;
  /**
   * In BACKUP_DIR, of every kind; `newest_bytes` is null while there is none. `newest_at` is when the newest one of this
   * installation was made, by the schedule or by the command, epoch ms.
   */
  backups: { count: number; bytes: number; newest_bytes: number | null; newest_at: number | null } | null;
  /** Since this process started. */
  log_write_errors: number;
  egress_blocked: number;
}

export interface JobReading {
  name: string;
  /** Epoch ms before which no instance runs it again. */
  next_at: number;
  last_success_at: number | null;
  /** How long after a success it is due again; null for one that this instance does not run. */
  interval_ms: number | null;
  /** Failed runs on this instance since it started. */
  failures: number;
}

export interface OutboxReading {
  channel: TelemetryChannel;
  queued: number;
  held: number;
  oldest_seconds: number;
}

/** Somebody looks every five seconds, perhaps in several tabs: the database and the disk are asked once for all. */
const freshMs = 5_000;

/** A function that reads everything, or gives what it read a moment ago. */
export function createReadings(deps: Deps): () => Promise<Readings> {
  let reading: Promise<Readings> | undefined;
  let readAt = 0;
  return () => {
    const now = deps.now();
    if (reading === undefined || Math.abs(now - readAt) >= freshMs) {
      readAt = now;
      reading = readAll(deps);
    }
    return reading;
  };
}

/** When a backup was last made, by the schedule or by the command into BACKUP_DIR; null when none is known. */
export function lastBackupAt({ jobs, backups }: Pick<Readings, 'jobs' | 'backups'>): number | null {
  const scheduled = jobs?.find(({ name }) => name === 'backup')?.last_success_at ?? 0;
  return Math.max(scheduled, backups?.newest_at ?? 0) || null;
}

/** One after the other: the embedded database has one connection, and so have small pools. */
async function readAll(deps: Deps): Promise<Readings> {
  const orNull = async <Value>(figure: string, read: () => Promise<Value>): Promise<Value | null> => {
    try {
      return await read();
    } catch (error) {
      deps.log.logger.warn({ err: error, figure }, 'figure could not be read');
      return null;
    }
  };
  const { connection, config } = deps;
  return {
    health: await deps.health.ready(),
    database: {
      bytes: await orNull('database size', () => readDatabaseBytes(deps)),
      connections: { active: 0, idle: 0, waiting: 0, ...Object.fromEntries(connection.poolState()) },
    },
    disks: await orNull('disk', () => listDisks(watchedFolders(config))),
    jobs: await orNull('jobs', () => readJobs(deps)),
    outbox: await orNull('outbox', () => readOutbox(deps)),
    backups: await orNull('backups', () => readBackups(deps)),
    log_write_errors: await sumOf(deps, 'tt_log_write_errors_total'),
    egress_blocked: await sumOf(deps, 'tt_egress_blocked_total'),
  };
}

/** The embedded database with the log of changes that stands beside it. */
async function readDatabaseBytes({ connection, config }: Deps): Promise<number | null> {
  if (connection.dialect === 'postgres') return (await findPostgresBytes(connection.db)) ?? null;
  let bytes = (await stat(config.sqlite_file)).size;
  bytes += await stat(`${config.sqlite_file}-wal`).then(
    ({ size }) => size,
    // Not there while nothing has been written since it was last emptied.
    () => 0,
  );
  return bytes;
}

async function readBackups({ config, settings, now }: Deps): Promise<Readings['backups']> {
  const found = await listBackups(config.backup_dir);
  const bytes = found.reduce((sum, backup) => sum + backup.bytes, 0);
  const newest = await findNewestOwn(found, { now: now(), secret: await settings.secret() });
  return {
    count: found.length,
    bytes,
    newest_bytes: found[0]?.bytes ?? null,
    newest_at: newest?.made_at ?? null,
  };
}

async function readJobs({ db, metrics, config }: Deps): Promise<JobReading[]> {
  const runs = await metrics.figures('tt_job_runs_total');
  const failuresOf = (name: string): number =>
    runs
      .filter(({ labels }) => labels['job'] === name && labels['outcome'] === 'failure')
      .reduce((sum, { value }) => sum + value, 0);
  const intervals = await metrics.figures('tt_job_interval_seconds');
  const intervalOf = (name: string): number | null => {
    const found = intervals.find(({ labels }) => labels['job'] === name);
    return found === undefined ? null : found.value * 1000;
  };
  const rows = await listJobs(db);
  return rows.map(({ name, lease_until, last_success_at }) => ({
    ...{ name, last_success_at, failures: failuresOf(name), interval_ms: intervalOf(name) },
    // Its lease says only when somebody looks again whether it is due.
    next_at:
      name === 'backup'
        ? Math.max(lease_until, (last_success_at ?? 0) + config.backup_every_ms)
        : lease_until,
  }));
}

async function readOutbox({ telemetry }: Deps): Promise<OutboxReading[]> {
  const depth = await telemetry.outbox.depth();
  const ages = await telemetry.outbox.oldestAgesSeconds();
  return telemetryChannels.map((channel) => ({
    ...{ channel, queued: 0, held: 0, ...depth.get(channel) },
    oldest_seconds: ages.get(channel) ?? 0,
  }));
}

async function sumOf(
  { metrics }: Deps,
  counter: 'tt_log_write_errors_total' | 'tt_egress_blocked_total',
): Promise<number> {
  return (await metrics.figures(counter)).reduce((sum, { value }) => sum + value, 0);
}
