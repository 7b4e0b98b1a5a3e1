import { randomUUID } from 'node:crypto';
import { takeLease, updateLastSuccess } from './db/leases.ts';
import type { Deps } from './deps.ts';
import { deleteEndedAttempts } from './features/accounts/attempts.queries.ts';
import { deleteEndedSessions } from './features/accounts/sessions.queries.ts';
import { deleteOldDeletedItems } from './features/entries/entries.queries.ts';
import { deleteEndedLinks } from './features/invitations/links.queries.ts';
import { deleteOldNotices } from './features/notices/notices.queries.ts';

/** A piece of housekeeping that one instance at a time does. */
interface Job {
  name: string;
  everyMs: number;
  run: (deps: Deps) => Promise<unknown>;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
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
    run: ({ db, now }) => deleteEndedLinks(db, now() - linksKeptMs),
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
    run: async (deps) => (await import('./features/budgets/budget-notices.ts')).noticeBudgets(deps),
  },
  {
    name: 'send_mails',
    everyMs: minuteMs,
    run: async (deps) => (await import('./features/notices/send-mails.ts')).sendMails(deps),
  },
  {
    name: 'forget_notices',
    everyMs: hourMs,
    run: ({ db, now }) => deleteOldNotices(db, now() - noticesKeptMs),
  },
  { name: 'end_attempts', everyMs: hourMs, run: ({ db, now }) => deleteEndedAttempts(db, now()) },
];

/** Runs every job now and then on its own timer; returns the function that stops them. */
export function startJobs(deps: Deps): () => void {
  const holder = randomUUID();
  const timers = jobs.map((job) => {
    // At start as well: a server that is restarted every hour must not keep what should be gone.
    void runJob(deps, job, holder);
    const timer = setInterval(() => void runJob(deps, job, holder), job.everyMs);
    timer.unref();
    return timer;
  });
  return () => timers.forEach((timer) => clearInterval(timer));
}

/** Runs a job now unless an instance ran it within its interval; a failure is logged and counted, never thrown. */
async function runJob(deps: Deps, job: Job, holder: string): Promise<void> {
  const { db, now, metrics, log } = deps;
  try {
    // A little less than the interval: the same instance's next timer may fire a moment early.
    const until = now() + job.everyMs * 0.95;
    if (!(await takeLease(db, { name: job.name, holder, now: now(), until }))) return;
    await job.run(deps);
    await updateLastSuccess(db, job.name, now());
    metrics.jobRun(job.name, 'success');
  } catch (error) {
    metrics.jobRun(job.name, 'failure');
    log.logger.error({ err: error, job: job.name }, 'job failed');
  }
}

export const jobNames: readonly string[] = jobs.map((job) => job.name);

/** Runs every job that is due, once. */
export async function runAllJobs(deps: Deps): Promise<void> {
  for (const job of jobs) await runJob(deps, job, randomUUID());
}
