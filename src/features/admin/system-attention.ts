import type { Deps } from '../../deps.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import type { Units } from './system-units.ts';
import { lastBackupAt } from './system.ts';
import type { Readings } from './system.ts';

type Recent = ReturnType<Deps['recent']['read']>;
type Sums = ReturnType<Deps['recent']['windowOf']>;

interface Situation {
  readings: Readings;
  /** The last five minutes and the last hour. */
  lately: Sums;
  hour: Sums;
  stretches: Recent['stretches'];
  now: number;
  /** Epoch ms since when this process runs. */
  startedAt: number;
  /** 0: none are made. */
  backup_every_ms: number;
}

interface Words {
  units: Units;
  functions: Pick<ViewFunctions, 't'>;
  /** What a job is called in the language of the page. */
  jobName: (name: string) => string;
}

/** The objectives of prometheus/rules, roughly: this page has no memory of days. */
const slowSeconds = 0.25;
const failedShare = 0.01;
const lateSeconds = 0.1;
const blockedSeconds = 0.5;
const hourMs = 3_600_000;
const fewRequests = 20;

/** What an operator should look at now, a sentence each; empty is good. */
export function attentionOf(situation: Situation, words: Words): string[] {
  return [
    ...ofRequests(situation, words),
    ...ofStorage(situation, words),
    ...ofBackups(situation, words),
    ...ofWork(situation, words),
  ];
}

function ofRequests({ lately, hour, stretches }: Situation, { units, functions: { t } }: Words): string[] {
  const sentences: string[] = [];
  if (hour.failed > 0 && hour.failed >= hour.requests * failedShare)
    sentences.push(t('system.attention.failed', { count: hour.failed }));
  if (lately.requests >= fewRequests && (lately.p95Seconds ?? 0) > slowSeconds)
    sentences.push(t('system.attention.slow', { value: units.time(lately.p95Seconds) }));
  // A block that is over is one sample of a thousand: the percentile does not know it.
  const late = stretches
    .slice(-20)
    .filter(({ loop }) => loop.delayP99Seconds > lateSeconds || loop.delayMaxSeconds > blockedSeconds);
  if (late.length >= 4) {
    const value = units.time(Math.max(...late.map(({ loop }) => loop.delayMaxSeconds)));
    sentences.push(t('system.attention.late', { value }));
  }
  return sentences;
}

function ofStorage({ readings }: Situation, { units, functions: { t } }: Words): string[] {
  const { health, disks, database, log_write_errors } = readings;
  const sentences: string[] = [];
  if (health.checks.log !== 'ok') sentences.push(t('system.attention.log'));
  else if (log_write_errors > 0)
    sentences.push(t('system.attention.log_errors', { count: log_write_errors }));
  if (health.checks.database !== 'ok') sentences.push(t('system.attention.database'));
  if (database.connections.waiting > 0)
    sentences.push(t('system.attention.waiting', { count: database.connections.waiting }));
  for (const { folder, free_bytes, total_bytes } of disks ?? [])
    if (free_bytes < Math.min(total_bytes / 10, 2 * 1024 ** 3))
      sentences.push(t(`system.attention.disk.${folder}`, { free: units.bytes(free_bytes) }));
  return sentences;
}

/** Two in a row that are missing, or none although there was time for one. */
function ofBackups(
  { readings, now, startedAt, backup_every_ms }: Situation,
  { units, functions: { t } }: Words,
): string[] {
  if (backup_every_ms === 0 || readings.jobs === null) return [];
  const last = lastBackupAt(readings);
  if (last === null) return now - startedAt < 2 * hourMs ? [] : [t('system.attention.no_backup')];
  if (now - last < 2 * backup_every_ms + 2 * hourMs) return [];
  return [t('system.attention.backup', { span: units.span((now - last) / 1000) })];
}

/** As the alert TimeTrackerJobStale; who has just started has all of them before them. */
function staleJobs({ readings, now, startedAt }: Situation): NonNullable<Readings['jobs']> {
  if (now - startedAt < hourMs / 6) return [];
  return (readings.jobs ?? []).filter(
    ({ name, interval_ms, last_success_at }) =>
      name !== 'backup' && interval_ms !== null && (last_success_at ?? 0) < now - 2 * interval_ms - hourMs,
  );
}

function ofWork(situation: Situation, words: Words): string[] {
  const { readings } = situation;
  const { units, functions } = words;
  const { t } = functions;
  const sentences = ofJobs(situation, words);
  for (const { channel, queued, oldest_seconds } of readings.outbox ?? []) {
    if (queued === 0 || oldest_seconds * 1000 < hourMs) continue;
    const values = { channel: t(`telemetry.channel.${channel}`), span: units.span(oldest_seconds) };
    sentences.push(t('system.attention.outbox', values));
  }
  if (readings.egress_blocked > 0)
    sentences.push(t('system.attention.blocked', { count: readings.egress_blocked }));
  return sentences;
}

function ofJobs(situation: Situation, { units, jobName, functions: { t } }: Words): string[] {
  const { readings, now, startedAt } = situation;
  // Failures are counted since the start: one that never succeeded has had no longer than that.
  const failing = (readings.jobs ?? []).filter(
    ({ failures, last_success_at }) => failures > 0 && (last_success_at ?? startedAt) < now - 2 * hourMs,
  );
  const stale = staleJobs(situation).filter((job) => !failing.includes(job));
  return [
    ...failing.map(({ name, failures }) =>
      t('system.attention.job', { name: jobName(name), count: failures }),
    ),
    ...stale.map(({ name, last_success_at: last }) =>
      last === null
        ? t('system.attention.never', { name: jobName(name) })
        : t('system.attention.stale', { name: jobName(name), span: units.span((now - last) / 1000) }),
    ),
  ];
}
