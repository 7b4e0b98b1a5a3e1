import { beforeAll, expect, it } from 'vitest';
import { jobNames, runAllJobs, startJobs, undoMs } from '../src/jobs.ts';
import type { TestApp } from './support/app.ts';
import { createTestApp } from './support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const deleteSomething = () =>
  app.deps.db
    .insertInto('deleted_items')
    .values({ user_id: app.ids.bob, kind: 'entry', content: '{}', deleted_at: app.clock.now })
    .execute();
const countDeleted = async () =>
  (await app.deps.db.selectFrom('deleted_items').select('id').execute()).length;

it('purges what can no longer be undone, and ends sessions of people who stayed away', async () => {
  await deleteSomething();
  await runAllJobs(app.deps);
  expect(await countDeleted()).toBe(1);
  expect((await app.as('bob').get('/timer')).status).toBe(200);
  app.clock.now += Math.max(undoMs, app.deps.config.session_idle_ms) + 1;
  await runAllJobs(app.deps);
  expect(await countDeleted()).toBe(0);
  expect(await app.deps.db.selectFrom('sessions').select('id').execute()).toEqual([]);
});

it('runs once for several instances: whoever holds the lease', async () => {
  app.clock.now += 3_600_000;
  const holders = async () =>
    app.deps.db.selectFrom('jobs').select(['name', 'holder']).orderBy('name').execute();
  await runAllJobs(app.deps);
  const first = await holders();
  await runAllJobs(app.deps);
  expect(await holders()).toEqual(first);
  expect(first.map((row) => row.name)).toEqual([...jobNames].sort());
});

it('is not held up by a lease from a clock that ran years ahead', async () => {
  app.clock.now += 3_600_000;
  await app.deps.db
    .updateTable('jobs')
    .set({ holder: 'ahead', lease_until: app.clock.now + 5 * 365 * 86_400_000 })
    .where('name', '=', 'end_sessions')
    .execute();
  await runAllJobs(app.deps);
  const job = await app.deps.db
    .selectFrom('jobs')
    .select(['holder', 'lease_until'])
    .where('name', '=', 'end_sessions')
    .executeTakeFirstOrThrow();
  expect(job.holder).not.toBe('ahead');
  expect(job.lease_until).toBeLessThanOrEqual(app.clock.now + 3_600_000);
});

it('counts a failure and goes on', async () => {
  app.expectErrors();
  app.clock.now += 3_600_000;
  await app.deps.db.schema.alterTable('deleted_items').renameTo('deleted_items_gone').execute();
  await runAllJobs(app.deps);
  const metrics = await app.deps.metrics.render();
  expect(metrics).toContain('tt_job_runs_total{job="purge_deleted",outcome="failure"} 1');
  expect(metrics).toMatch(/tt_job_runs_total\{job="end_sessions",outcome="success"\} [1-9]/);
});

const day = 24 * 3_600_000;
/** Their figures are registered then; none has run. */
const startAndStop = (deps: TestApp['deps']): void => startJobs(deps)();

it('shows Prometheus every job with its interval and what the database knows, also right after a restart', async () => {
  const own = await createTestApp();
  const { db, metrics } = own.deps;
  const tenDaysAgo = own.clock.now - 10 * day;
  const row = { holder: 'gone', lease_until: own.clock.now + 3_600_000 };
  await db
    .insertInto('jobs')
    .values(
      jobNames.map((name) => ({ ...row, name, last_success_at: name === 'end_links' ? null : tenDaysAgo })),
    )
    .execute();
  startAndStop(own.deps);
  const text = await metrics.render();
  const lastOf = (name: string) => `tt_job_last_success_timestamp_seconds{job="${name}"}`;
  for (const name of jobNames) {
    expect(text).toContain(`${lastOf(name)} ${name === 'end_links' ? 0 : tenDaysAgo / 1000}\n`);
    expect(text).toMatch(new RegExp(`^tt_job_interval_seconds\\{job="${name}"\\} [1-9]\\d*$`, 'm'));
  }
  expect(text).toContain('tt_job_interval_seconds{job="backup"} 86400\n');
});

it('misses no backup while there is nobody yet, nor where none are wanted', async () => {
  const series = 'tt_job_last_success_timestamp_seconds{job="backup"}';
  const off = await createTestApp({ environment: { BACKUP_EVERY_HOURS: '0' } });
  startAndStop(off.deps);
  expect(await off.deps.metrics.render()).not.toContain('{job="backup"}');
  const empty = await createTestApp({
    empty: true,
    environment: { BACKUP_DIR: 'backups', BACKUP_EVERY_HOURS: '24' },
  });
  startAndStop(empty.deps);
  expect(await empty.deps.metrics.render()).not.toContain(series);
});
