import { randomUUID } from 'node:crypto';
import type { Deps } from './deps.ts';
import { deleteEndedSessions } from './features/accounts/sessions.queries.ts';

/** A piece of housekeeping that one instance at a time does. */
interface Job {
  name: string;
  everyMs: number;
  run: (deps: Deps) => Promise<void>;
}

const hourMs = 3_600_000;
/** What was deleted can be put back for this long. */
export const undoMs = 24 * hourMs;

const jobs: Job[] = [
  {
    name: 'end_sessions',
    everyMs: hourMs,
    run: async ({ db, now, config }) => {
      await deleteEndedSessions(db, now(), now() - config.session_idle_ms);
    },
  },
  {
    name: 'purge_deleted',
    everyMs: hourMs,
    run: async ({ db, now }) => {
      await db
        .deleteFrom('deleted_items')
        .where('deleted_at', '<', now() - undoMs)
        .execute();
      await db.deleteFrom('rate_limits').where('resets_at', '<', now()).execute();
    },
  },
];

/** Starts every job on its own timer; returns the function that stops them. */
export function startJobs(deps: Deps): () => void {
  const holder = randomUUID();
  const timers = jobs.map((job) => {
    const timer = setInterval(() => void runJob(deps, job, holder), job.everyMs);
    timer.unref();
    return timer;
  });
  return () => timers.forEach((timer) => clearInterval(timer));
}

/** Runs a job now unless another instance holds its lease; a failure is logged and counted, never thrown. */
export async function runJob(deps: Deps, job: Job, holder: string): Promise<void> {
  try {
    if (!(await takeLease(deps, job, holder))) return;
    await job.run(deps);
    const now = deps.now();
    await deps.db.updateTable('jobs').set({ last_success_at: now }).where('name', '=', job.name).execute();
    deps.metrics.jobRun(job.name, 'success');
  } catch (error) {
    deps.metrics.jobRun(job.name, 'failure');
    deps.log.logger.error({ err: error, job: job.name }, 'job failed');
  }
}

/** One row per job: whoever moves its lease forward runs it. Half the interval, so that a dead holder delays one run. */
async function takeLease({ db, now }: Deps, job: Job, holder: string): Promise<boolean> {
  const row = { name: job.name, holder, lease_until: now() + job.everyMs / 2 };
  const taken = await db
    .insertInto('jobs')
    .values({ ...row, last_success_at: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row).where('jobs.lease_until', '<=', now()))
    .returning('name')
    .execute();
  return taken.length > 0;
}

export const jobNames: readonly string[] = jobs.map((job) => job.name);
/** Runs every job once; for tests and for `npm run jobs`. */
export async function runAllJobs(deps: Deps): Promise<void> {
  for (const job of jobs) await runJob(deps, job, randomUUID());
}
