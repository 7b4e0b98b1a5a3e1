import type { Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { personOf } from '../../http/person.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import { isMessageKey } from '../../i18n/translate.ts';
import { barWidth, minuteChart } from './system-chart.ts';
import type { MinuteChart } from './system-chart.ts';
import { createUnits } from './system-units.ts';
import type { Units } from './system-units.ts';
import { attentionOf } from './system-attention.ts';
import { instantIn } from './telemetry-page.ts';
import { lastBackupAt } from './system.ts';
import type { Readings } from './system.ts';

type Recent = ReturnType<Deps['recent']['read']>;
type Stretch = Recent['stretches'][number];
type WindowOf = Deps['recent']['windowOf'];

/** What all parts of the page are made with. */
interface Words {
  now: number;
  person: Person;
  units: Units;
  functions: ViewFunctions;
  instant: (ms: number) => string;
  /** Of one that a newer version has: its code. */
  jobName: (name: string) => string;
}

const shownEndpoints = 20;
const shownStatements = 10;
const quick = { minutes: 5, rows: 12 };

/** Everything on the page that changes by itself. */
export function liveFigures(deps: Deps, res: Response, readings: Readings) {
  const { functions } = res.locals;
  const person = personOf(res);
  const words: Words = {
    ...{ now: deps.now(), person, functions },
    units: createUnits(functions),
    instant: instantIn(person, functions),
    jobName: (name) => {
      const key = `system.job.${name}`;
      return isMessageKey(key) ? functions.t(key) : name;
    },
  };
  const recent = deps.recent.read();
  const { windowOf } = deps.recent;
  const lately = windowOf(within(recent.stretches, words.now, 5));
  const hour = windowOf(recent.stretches);
  return {
    ...{ instance: deps.recent.instance, as_of: timeWithSeconds(words) },
    attention: attentionOf(
      {
        ...{
          readings,
          lately,
          hour,
          now: words.now,
          startedAt: recent.startedAt,
          stretches: recent.stretches,
        },
        backup_every_ms: deps.config.backup_every_ms,
      },
      words,
    ),
    tiles: tilesOf(recent, { lately, hour }, words),
    requests_chart: requestsChart(recent.stretches, words),
    latency_chart: latencyChart(recent.stretches, windowOf, words),
    bar_width: barWidth,
    quick_rows: rowsOfHour(recent.stretches, windowOf, words),
    ...endpointRows(recent, words),
    statements: statementRows(deps, words),
    jobs: readings.jobs?.map((job) => jobRow(job, words)) ?? null,
    outbox: readings.outbox?.map((row) => outboxRow(row, words)) ?? null,
    storage: storageOf(deps, readings, words),
    process: processOf(deps, recent, words),
  };
}

/** An answer to "is this page alive": seconds too. */
const timeWithSeconds = ({ now, person, functions }: Words): string => {
  const seconds = Math.floor(now / 1000) % 60;
  return `${functions.clock(now, person.time_zone)}:${String(seconds).padStart(2, '0')}`;
};

function within(stretches: readonly Stretch[], now: number, minutes: number): Stretch[] {
  return stretches.filter(({ at }) => now - at < minutes * 60_000);
}

function tilesOf(
  { stretches, memory }: Recent,
  { lately, hour }: Record<'lately' | 'hour', ReturnType<WindowOf>>,
  { units, functions: { t } }: Words,
) {
  const loop = stretches.at(-1)?.loop;
  const delays = stretches.map((stretch) => stretch.loop.delayP99Seconds);
  const inHour = (value: string): string => t('system.in_hour', { value });
  const latency = (share: 'p50Seconds' | 'p95Seconds' | 'p99Seconds', label: string) => ({
    ...{ label, value: units.time(lately[share]), note: inHour(units.time(hour[share])) },
  });
  const failed = (window: typeof hour): string =>
    window.requests === 0 ? units.none : units.share(window.failed / window.requests);
  return [
    {
      label: t('system.per_minute'),
      value: units.number(lately.perMinute),
      note: inHour(units.number(hour.perMinute)),
    },
    latency('p50Seconds', t('system.p50')),
    latency('p95Seconds', t('system.p95')),
    latency('p99Seconds', t('system.p99')),
    { label: t('system.failed'), value: failed(lately), note: inHour(failed(hour)) },
    {
      label: t('system.loop_delay'),
      value: units.time(loop?.delayP99Seconds ?? null),
      note: t('system.most_in_hour', { value: units.time(Math.max(0, ...delays)) }),
    },
    {
      label: t('system.busy'),
      value: loop === undefined ? units.time(null) : units.share(loop.utilisation),
      note: t('system.most_in_hour', {
        value: units.share(Math.max(0, ...stretches.map((stretch) => stretch.loop.utilisation))),
      }),
    },
    {
      label: t('system.memory'),
      value: units.bytes(memory.rssBytes),
      note: t('system.most_in_hour', {
        value: units.bytes(Math.max(memory.rssBytes, ...stretches.map(({ rssBytes }) => rssBytes))),
      }),
    },
  ];
}

/** The stretches of each minute of the last hour, by how many minutes ago it was. */
function byMinute(stretches: readonly Stretch[], now: number): Map<number, Stretch[]> {
  const minutes = new Map<number, Stretch[]>();
  for (const stretch of stretches) {
    // The stretch that goes on ends when it is read, which may be a moment after the page began.
    const ago = Math.max(0, Math.floor((now - stretch.at) / 60_000));
    if (ago > 59) continue;
    minutes.set(ago, [...(minutes.get(ago) ?? []), stretch]);
  }
  return minutes;
}

function requestsChart(stretches: readonly Stretch[], { now, units, functions: { t } }: Words) {
  const sum = (list: readonly Stretch[], name: 'requests' | 'failed'): number =>
    list.reduce((total, stretch) => total + stretch[name], 0);
  const minutes = [...byMinute(stretches, now)].map(
    ([ago, list]) => [ago, { value: sum(list, 'requests'), top: sum(list, 'failed') }] as const,
  );
  const chart = minuteChart(new Map(minutes));
  return shownChart(chart, units.number(chart.highest), (value) => t('system.requests_chart', { value }));
}

function latencyChart(
  stretches: readonly Stretch[],
  windowOf: WindowOf,
  { now, units, functions: { t } }: Words,
) {
  const minutes = [...byMinute(stretches, now)].map(
    ([ago, list]) => [ago, { value: windowOf(list).p95Seconds ?? 0, top: 0 }] as const,
  );
  const chart = minuteChart(new Map(minutes));
  return shownChart(chart, units.time(chart.highest), (value) => t('system.latency_chart', { value }));
}

const shownChart = ({ bars, highest }: MinuteChart, most: string, label: (most: string) => string) => ({
  ...{ bars, most: highest === 0 ? null : most, label: label(most) },
});

/** The hour in rows of five minutes, the newest first: what the drawings show, in figures. */
function rowsOfHour(
  stretches: readonly Stretch[],
  windowOf: WindowOf,
  { now, person, units, functions: { clock } }: Words,
) {
  return Array.from({ length: quick.rows }, (_, index) => {
    const newest = index === 0 ? Number.POSITIVE_INFINITY : now - index * quick.minutes * 60_000;
    const oldest = now - (index + 1) * quick.minutes * 60_000;
    const part = stretches.filter(({ at }) => at > oldest && at <= newest);
    const { requests, failed, p95Seconds } = windowOf(part);
    return {
      ...{ from: clock(oldest, person.time_zone), has_figures: part.length > 0 },
      ...{ requests: units.number(requests), failed: units.number(failed), p95: units.time(p95Seconds) },
      loop: units.time(Math.max(0, ...part.map(({ loop }) => loop.delayP99Seconds))),
      memory: units.bytes(Math.max(0, ...part.map(({ rssBytes }) => rssBytes))),
    };
  }).filter(({ has_figures }) => has_figures);
}

/** Endpoints that failed first, then those that are asked for most. */
function endpointRows({ endpoints }: Recent, { units }: Words) {
  const sorted = [...endpoints].sort(
    (one, other) => other.failed - one.failed || other.requests - one.requests,
  );
  return {
    more_endpoints: Math.max(0, sorted.length - shownEndpoints),
    endpoints: sorted.slice(0, shownEndpoints).map((row) => ({
      ...{ endpoint: row.endpoint, has_failed: row.failed > 0 },
      ...{ requests: units.number(row.requests), failed: units.number(row.failed) },
      ...{ refused: units.number(row.refused), abandoned: units.number(row.abandoned) },
      ...{ p50: units.time(row.p50Seconds), p95: units.time(row.p95Seconds) },
    })),
  };
}

function statementRows({ recent }: Deps, { units, instant }: Words) {
  return recent.slowStatements.top(shownStatements).map((statement) => ({
    ...{ name: statement.name, sql: statement.sql, count: units.number(statement.count) },
    ...{ total: units.time(statement.totalSeconds), slowest: units.time(statement.slowestSeconds) },
    last: instant(statement.lastAt),
  }));
}

type JobRow = NonNullable<Readings['jobs']>[number];

function jobRow({ name, next_at, last_success_at, failures }: JobRow, words: Words) {
  const { now, units, instant, functions, jobName } = words;
  return {
    label: jobName(name),
    last: last_success_at === null ? null : instant(last_success_at),
    next: next_at <= now ? functions.t('system.due') : instant(next_at),
    failures: failures === 0 ? null : functions.t('system.failures', { value: units.number(failures) }),
  };
}

function outboxRow(
  { channel, queued, held, oldest_seconds }: NonNullable<Readings['outbox']>[number],
  words: Words,
) {
  const { units, functions } = words;
  return {
    ...{ channel, label: functions.t(`telemetry.channel.${channel}`) },
    ...{ queued: units.number(queued), held: units.number(held) },
    oldest: queued === 0 ? units.none : units.span(oldest_seconds),
  };
}

function storageOf({ connection, config }: Deps, readings: Readings, words: Words) {
  const { database, log_write_errors } = readings;
  const { units, functions } = words;
  const { t } = functions;
  const { active, idle, waiting } = database.connections;
  return [
    {
      label: t('system.database'),
      value: t(`system.database.${connection.dialect}`, { size: units.bytes(database.bytes) }),
    },
    ...(connection.dialect === 'postgres'
      ? [{ label: t('system.connections'), value: t('system.connections_value', { active, idle, waiting }) }]
      : []),
    ...diskFacts(readings, words),
    ...backupFacts(config, readings, words),
    { label: t('system.log'), value: t('system.log_value', { count: log_write_errors }) },
  ];
}

function diskFacts({ disks }: Readings, { units, functions: { t } }: Words) {
  if (disks === null) return [{ label: t('system.disk.data'), value: units.none }];
  return disks.map(({ folder, free_bytes, total_bytes }) => ({
    label: t(`system.disk.${folder}`),
    value: t('system.disk_value', { free: units.bytes(free_bytes), total: units.bytes(total_bytes) }),
  }));
}

/** When the last one was made, and what the folder holds, of the schedule and of the command. */
function backupFacts({ backup_dir, backup_every_ms }: Deps['config'], readings: Readings, words: Words) {
  const { now, units, instant, functions } = words;
  const { t } = functions;
  const { backups } = readings;
  const last = lastBackupAt(readings);
  const none = backup_every_ms === 0 ? t('system.backup_off') : t('system.backup_none');
  const at = (ms: number) => ({ at: instant(ms), span: units.span((now - ms) / 1000) });
  const facts = [
    { label: t('system.backup'), value: last === null ? none : t('system.backup_value', at(last)) },
  ];
  if (!backups || backups.count === 0) return facts;
  const { count, bytes, newest_bytes } = backups;
  const sizes = { count, size: units.bytes(bytes), newest: units.bytes(newest_bytes), folder: backup_dir };
  return [...facts, { label: t('system.backups'), value: t('system.backups_value', sizes) }];
}

function processOf(
  deps: Deps,
  { startedAt, memory }: Recent,
  { now, units, instant, functions: { t } }: Words,
) {
  return {
    version: [deps.config.version, deps.config.commit?.slice(0, 12)].filter((part) => part).join(' · '),
    node: process.version,
    uptime: t('system.uptime_value', { span: units.span((now - startedAt) / 1000), at: instant(startedAt) }),
    memory: t('system.memory_value', { heap: units.bytes(memory.heapBytes) }),
  };
}
