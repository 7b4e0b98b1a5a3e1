import { randomUUID } from 'node:crypto';
import type { Config } from './config/config.ts';
import { findLastSuccess, listLastSuccesses, renewLease, takeLease, updateLastSuccess } from './db/leases.ts';
import type { Deps } from './deps.ts';
import { deleteEndedAttempts } from './features/accounts/attempts.queries.ts';
import { hasAdministrator } from './features/accounts/people.queries.ts';
import { deleteEndedSessions } from './features/accounts/sessions.queries.ts';
import { deleteOldDeletedItems } from './features/entries/entries.queries.ts';

/** A piece of housekeeping that one instance at a time does. */
interface Job {
  name: string;
  everyMs: number;
  /** `false` is: there was nothing to do yet. */
  run: (deps: Deps) => Promise<unknown>;
  /**
   * Of a job that takes long and runs seldom: how long after its last success it is due again, 0 for never. Every
   * `everyMs` it is looked whether it is, so that one that failed is soon tried again; not at the start, which it would slow.
   */
  dueAfterMs?: (config: Readonly<Config>) => number;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** The start is over by then, and whoever started it has looked at their first page. */
const firstLookMs = minuteMs;
const firstRunMs = 1_000;
const noticesKeptMs = 400 * 24 * hourMs;
/** Links of invitations and passwords are forgotten this long after they ended. */
const linksKeptMs = 30 * 24 * hourMs;
/** What was deleted can be put back for this long. */
export const undoMs = 24 * hourMs;

const jobs: Job[] = [
  {
    name: 'end_sessions',
    everyMs: hourMs,
    run: ({ db, now, config }) => deleteEndedSessions(db, now(), now() - config.session_idle_ms),
  },
  {
    name: 'end_links',
    everyMs: hourMs,
    run: async ({ db, now }) =>
      (await import('./features/invitations/links.queries.ts')).deleteEndedLinks(db, now() - linksKeptMs),
  },
  { name: 'purge_deleted', everyMs: hourMs, run: ({ db, now }) => deleteOldDeletedItems(db, now() - undoMs) },
  {
    name: 'forget_ledger',
    everyMs: hourMs,
    run: ({ telemetry, now, config }) => telemetry.ledger.removeOlder(now() - config.ledger_keep_ms),
  },
  { name: 'expire_outbox', everyMs: hourMs, run: ({ telemetry }) => telemetry.outbox.expire() },
  {
    name: 'telemetry_pings',
    everyMs: hourMs,
    run: ({ telemetry }) => telemetry.installation.checkAndSendTelemetry(),
  },
  {
    name: 'notice_budgets',
    everyMs: minuteMs,
    run: async (deps) => {
      const { noticeBudgets, noticeEstimates } = await import('./features/budgets/budget-notices.ts');
      await noticeBudgets(deps);
      await noticeEstimates(deps);
    },
  },
  {
    name: 'send_mails',
    everyMs: minuteMs,
    run: async (deps) => (await import('./features/notices/send-mails.ts')).sendMails(deps),
  },
  {
    name: 'forget_notices',
    everyMs: hourMs,
    run: async ({ db, now }) =>
      (await import('./features/notices/notices.queries.ts')).deleteOldNotices(db, now() - noticesKeptMs),
  },
  { name: 'end_attempts', everyMs: hourMs, run: ({ db, now }) => deleteEndedAttempts(db, now()) },
  {
    name: 'backup',
    everyMs: hourMs,
    dueAfterMs: ({ backup_every_ms }) => backup_every_ms,
    run: async (deps) => {
      if (!(await hasAdministrator(deps.db))) return false;
      return (await import('./backup/scheduled-backup.ts')).backUpOnSchedule(deps);
    },
  },
];

/** Runs every job now and then on its own timer; returns the function that stops them. */
export function startJobs(deps: Deps): () => void {
  const holder = randomUUID();
  showJobs(deps);
  showBackups(deps);
  const timers = jobs.filter((job) => isOn(job, deps.config)).flatMap((job) => startJob(deps, job, holder));
  return () => timers.forEach((timer) => clearInterval(timer));
}

function startJob(deps: Deps, job: Job, holder: string): NodeJS.Timeout[] {
  const run = () => void runJob(deps, job, holder);
  const timers = [setInterval(run, job.everyMs)];
  if (job.dueAfterMs) {
    timers.push(setTimeout(run, firstLookMs));
  } else {
    // At start as well: a server that is restarted every hour must not keep what should be gone. Not in
    // its first second, when people wait for it to be ready.
    timers.push(setTimeout(run, firstRunMs));
  }
  for (const timer of timers) timer.unref();
  return timers;
}

const intervalMs = ({ dueAfterMs, everyMs }: Job, config: Readonly<Config>): number =>
  dueAfterMs?.(config) ?? everyMs;

const isOn = (job: Job, config: Readonly<Config>): boolean => intervalMs(job, config) !== 0;

/**
 * Tells Prometheus when each job is due and when it last succeeded, which the database knows: neither a restart nor another
 * instance's success is forgotten. A backup that was never made is none that is missing before there is anything to keep.
 */
function showJobs({ db, metrics, config }: Deps): void {
  const shown = jobs.filter((job) => isOn(job, config));
  for (const job of shown) metrics.jobInterval(job.name, intervalMs(job, config) / 1000);
  metrics.collect('tt_job_last_success_timestamp_seconds', async () => {
    const last = await listLastSuccesses(db);
    const isSetUp = await hasAdministrator(db);
    return new Map(
      shown
        .filter(({ name, dueAfterMs }) => last.has(name) || dueAfterMs === undefined || isSetUp)
        .map(({ name }) => [name, (last.get(name) ?? 0) / 1000]),
    );
  });
}

/** A backup that a command made counts as well: it is as good as one of the schedule. */
function showBackups({ metrics, config, settings, now }: Deps): void {
  metrics.collect('tt_backup_newest_timestamp_seconds', async () => {
    const { listBackups, findNewestOwn } = await import('./backup/backup-folder.ts');
    const found = await listBackups(config.backup_dir);
    const whose = { now: now(), secret: await settings.secret() };
    const newest = new Map<string, number>();
    for (const maker of ['schedule', 'command']) {
      const own = found.filter(({ scheduled }) => scheduled === (maker === 'schedule'));
      const last = await findNewestOwn(own, whose);
      if (last) newest.set(maker, last.made_at / 1000);
    }
    return newest;
  });
}

/** Runs a job now unless an instance ran it within its interval; a failure is logged and counted, never thrown. */
async function runJob(deps: Deps, job: Job, holder: string): Promise<void> {
  const { db, now, metrics, log } = deps;
  try {
    if (!(await isDue(deps, job))) return;
    const until = () => now() + job.everyMs - earlyMs(job);
    if (!(await takeLease(db, { name: job.name, holder, now: now(), until: until() }))) return;
    // One that takes longer than its interval must not be begun a second time.
    const renew = () =>
      void renewLease(db, { name: job.name, holder, until: until() }).catch(() => undefined);
    const renewing = setInterval(renew, job.everyMs / 4);
    const done = await job.run(deps).finally(() => clearInterval(renewing));
    if (done === false) return;
    await updateLastSuccess(db, job.name, now());
    metrics.jobRun(job.name, 'success');
  } catch (error) {
    metrics.jobRun(job.name, 'failure');
    log.logger.error({ err: error, job: job.name }, 'job failed');
  }
}

/** A little less than the interval: the same instance's next timer may fire a moment early. */
const earlyMs = ({ everyMs }: Job): number => everyMs * 0.05;

async function isDue({ db, now, config }: Deps, job: Job): Promise<boolean> {
  if (!job.dueAfterMs) return true;
  const last = await findLastSuccess(db, job.name);
  // A success in the future is one of a clock that ran ahead.
  return last === null || last > now() || now() - last >= job.dueAfterMs(config) - earlyMs(job);
}

export const jobNames: readonly string[] = jobs.map((job) => job.name);

/** Runs every job that is due, once. */
export async function runAllJobs(deps: Deps): Promise<void> {
  for (const job of jobs) if (isOn(job, deps.config)) await runJob(deps, job, randomUUID());
}
