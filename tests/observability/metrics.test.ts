import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EGRESS_CHANNELS, METRIC_FAMILIES } from '../../src/observability/metric-catalogue.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Metrics, MetricsOptions } from '../../src/observability/metrics.ts';
import { renderMetricsDoc } from '../../src/observability/metrics-doc.ts';
import { samplesOf } from './tiny-app.ts';

const create = (options: Partial<MetricsOptions> = {}): Metrics =>
  createMetrics({ version: '0.1.0', defaultMetrics: false, collectorCacheMs: 0, ...options });
const samples = async (metrics: Metrics): Promise<Map<string, number>> => samplesOf(await metrics.render());

/** One call of everything, with values that are in the closed sets. */
function exercise(metrics: Metrics): void {
  metrics.requestStarted();
  metrics.requestFinished('GET', '/timer', 200, 0.25);
  metrics.entriesCreated('timer', 3);
  metrics.dbQuery('entries.list', 0.002);
  metrics.events('timer.started', 'recorded');
  metrics.logins('password', 'failure');
  metrics.egressRequest('errors', 'delivered');
  metrics.egressBytes('errors', 900);
  metrics.egressBlocked();
  metrics.exports('csv');
  metrics.jobRun('retention', 'success');
  metrics.logLine('warn');
  metrics.logWriteError();
  metrics.collect('tt_active_timers', async () => 4);
  metrics.collect('tt_users_active', async () => new Map([['24h', 9]]));
  metrics.collect('tt_db_pool_connections', async () => new Map([['idle', 2]]));
  metrics.collect('tt_outbox_depth', async () => new Map([['errors', 5]]));
  metrics.collect('tt_outbox_oldest_age_seconds', async () => new Map([['errors', 60]]));
  metrics.collect('tt_disk_free_bytes', async () => new Map([['data', 7]]));
  metrics.jobInterval('retention', 3600);
  metrics.collect('tt_job_last_success_timestamp_seconds', async () => new Map([['retention', 1e9]]));
  metrics.collect('tt_disk_size_bytes', async () => new Map([['data', 70]]));
  metrics.collect('tt_backup_newest_timestamp_seconds', async () => new Map([['command', 2e9]]));
}

describe('the exposition', () => {
  it('has every family of the catalogue, with help and type', async () => {
    const text = await create().render();
    for (const { name, help, type } of Object.values(METRIC_FAMILIES)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
  });

  it('shows what happened', async () => {
    const metrics = create();
    exercise(metrics);
    const found = await samples(metrics);
    expect(Object.fromEntries(found)).toMatchObject({
      'tt_requests_total{method="GET",endpoint="/timer",http_status="200"}': 1,
      tt_requests_in_flight: 0,
      'tt_entries_created_total{source="timer"}': 3,
      'tt_db_query_seconds_count{operation="entries.list"}': 1,
      'tt_events_total{event="timer.started",outcome="recorded"}': 1,
      'tt_logins_total{method="password",outcome="failure"}': 1,
      'tt_logins_total{method="password",outcome="success"}': 0,
      'tt_exports_total{format="csv"}': 1,
      'tt_job_runs_total{job="retention",outcome="success"}': 1,
      'tt_job_last_success_timestamp_seconds{job="retention"}': 1e9,
      'tt_job_interval_seconds{job="retention"}': 3600,
      'tt_log_lines_total{level="warn"}': 1,
      tt_log_write_errors_total: 1,
      tt_active_timers: 4,
      'tt_users_active{window="24h"}': 9,
      'tt_db_pool_connections{state="idle"}': 2,
      'tt_outbox_depth{channel="errors"}': 5,
      'tt_outbox_oldest_age_seconds{channel="errors"}': 60,
      'tt_disk_free_bytes{folder="data"}': 7,
      'tt_disk_size_bytes{folder="data"}': 70,
      'tt_backup_newest_timestamp_seconds{made_by="command"}': 2e9,
      'tt_egress_requests_total{channel="errors",outcome="delivered"}': 1,
      'tt_egress_bytes_total{channel="errors"}': 900,
      tt_egress_blocked_total: 1,
      'tt_collector_errors_total{collector="tt_active_timers"}': 0,
      [`tt_build_info{version="0.1.0",commit="unknown",node="${process.version}"}`]: 1,
    });
  });

  it('says truthfully that nothing was sent, on every channel', async () => {
    const found = await samples(create());
    for (const channel of EGRESS_CHANNELS) {
      expect(found.get(`tt_egress_requests_total{channel="${channel}",outcome="delivered"}`)).toBe(0);
      expect(found.get(`tt_egress_bytes_total{channel="${channel}"}`)).toBe(0);
    }
    expect(found.get('tt_egress_blocked_total')).toBe(0);
  });

  it('has the process figures when asked for, and only then', async () => {
    expect(await create().render()).not.toContain('process_cpu');
    expect(await create({ defaultMetrics: true }).render()).toContain('process_cpu_seconds_total');
  });

  it('is what promtool accepts', async ({ skip }) => {
    if (spawnSync('promtool', ['--version']).error) skip('promtool is not installed');
    const metrics = create();
    exercise(metrics);
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metrics.render(),
    });
    expect({ status, output: `${stdout.toString()}${stderr.toString()}` }).toEqual({ status: 0, output: '' });
  });
});

describe('the latency histogram', () => {
  it('has the SLO as an edge, and a request of exactly that long below it', async () => {
    const metrics = create();
    for (const seconds of [0.25, 0.2500001, 99]) {
      metrics.requestStarted();
      metrics.requestFinished('GET', '/timer', 200, seconds);
    }
    const found = await samples(metrics);
    expect(found.get('tt_request_latency_seconds_bucket{endpoint="/timer",le="0.1"}')).toBe(0);
    expect(found.get('tt_request_latency_seconds_bucket{endpoint="/timer",le="0.25"}')).toBe(1);
    expect(found.get('tt_request_latency_seconds_bucket{endpoint="/timer",le="0.5"}')).toBe(2);
    expect(found.get('tt_request_latency_seconds_bucket{endpoint="/timer",le="10"}')).toBe(2);
    expect(found.get('tt_request_latency_seconds_bucket{endpoint="/timer",le="+Inf"}')).toBe(3);
    expect(found.get('tt_request_latency_seconds_count{endpoint="/timer"}')).toBe(3);
    expect(found.get('tt_request_latency_seconds_sum{endpoint="/timer"}')).toBeCloseTo(99.5000001);
  });

  it('names in OpenMetrics which request to look at: one that failed, or took longer than the objective', async () => {
    const metrics = create();
    const answer = (httpStatus: number, seconds: number, requestId: string): void => {
      metrics.requestStarted();
      metrics.requestFinished('GET', '/timer', httpStatus, seconds, requestId);
    };
    answer(200, 0.25, 'quick');
    answer(200, 0.3, 'slow-before');
    answer(200, 0.4, 'slow"');
    answer(500, 0.001, 'failed');
    answer(500, 3, 'x'.repeat(101));
    const text = await metrics.render('open');
    const named = [...text.matchAll(/le="(.+)"\} (\d) # \{request_id="(.*)"\} (\S+) (\S+)\n/g)];
    expect(named.map((match) => match.slice(1, 5))).toEqual([
      ['0.005', '1', 'failed', '0.001'],
      ['0.5', '4', 'slow\\"', '0.4'],
    ]);
    expect(Number(named[0]?.[5])).toBeGreaterThan(1_700_000_000);
    expect(text).not.toMatch(/\n\n/);
    expect(await metrics.render()).not.toContain('request_id');
  });

  it('lets others run while a large exposition is rendered', async () => {
    const metrics = create();
    for (let route = 0; route < 400; route += 1) {
      metrics.requestStarted();
      metrics.requestFinished('GET', `/route/${route}`, 200, 0.1);
    }
    let rendered = false;
    let turns = 0;
    const rendering = metrics.render().then((text) => {
      rendered = true;
      return text;
    });
    while (!rendered) {
      await nextTurn();
      turns += 1;
    }
    expect(turns).toBeGreaterThanOrEqual(8);
    const found = samplesOf(await rendering);
    const buckets = [...found.keys()].filter((series) =>
      series.startsWith('tt_request_latency_seconds_bucket'),
    );
    expect(buckets).toHaveLength(400 * 12);
  });
});

describe('labels', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.webPath(), fc.emailAddress());

  it('stay closed sets, whatever is passed', async () => {
    const metrics = create();
    const passAll = (texts: string[]): void => {
      for (const text of texts) {
        metrics.requestStarted();
        metrics.requestFinished(text, `${text} `, text.length, 0.1);
        metrics.logLine(text);
        metrics.entriesCreated(text as 'other');
        metrics.logins(text as 'other', text as 'other');
        metrics.exports(text as 'other');
      }
    };
    passAll(['', '/x']);
    const seriesOf = async (): Promise<string[]> =>
      [...(await samples(metrics)).keys()].filter((series) => !/endpoint="\//.test(series));
    const before = await seriesOf();
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 20 }), async (texts) => {
        passAll(texts.filter((text) => !/^[/(]/.test(text)));
        expect(await seriesOf()).toEqual(before);
      }),
    );
  });

  it('named by our code are bounded in number, should the code be wrong', async () => {
    const metrics = create();
    for (let number = 0; number < 5000; number += 1) {
      metrics.requestStarted();
      metrics.requestFinished('GET', `/r/${number}`, 200, 0.1);
      metrics.dbQuery(`query.n${number}`, 0.1);
      metrics.events(`event.n${number}`, 'recorded');
      metrics.jobRun(`job${number}`, 'success');
    }
    const found = [...(await samples(metrics)).keys()];
    const count = (prefix: string): number => found.filter((series) => series.startsWith(prefix)).length;
    expect(count('tt_requests_total')).toBe(1001);
    expect(count('tt_request_latency_seconds_count')).toBe(1001);
    expect(count('tt_db_query_seconds_count')).toBe(101);
    expect(count('tt_events_total')).toBe(201);
    expect(count('tt_job_runs_total')).toBe(51);
  });

  it('are escaped', async () => {
    const metrics = create();
    metrics.requestStarted();
    metrics.requestFinished('GET', '/a"b\\c', 200, 0.1);
    expect(await metrics.render()).toContain('tt_request_latency_seconds_count{endpoint="/a\\"b\\\\c"} 1\n');
  });
});

describe('a figure read at scrape time', () => {
  it.each<[string, () => Promise<number>]>([
    ['rejects', () => Promise.reject(new Error('database is gone'))],
    [
      'throws',
      () => {
        throw new Error('database is gone');
      },
    ],
    ['never comes', () => new Promise(() => {})],
    ['is no number', async () => NaN],
    ['lacks its label', async () => new Map([['24h', 1]]) as unknown as number],
  ])('that %s is left out, counted, and fails nothing else', async (_name, read) => {
    const metrics = create({ collectorTimeoutMs: 20 });
    metrics.collect('tt_active_timers', read);
    metrics.collect('tt_users_active', async () => new Map([['24h', 9]]));
    const found = await samples(metrics);
    expect(found.has('tt_active_timers')).toBe(false);
    expect(found.get('tt_collector_errors_total{collector="tt_active_timers"}')).toBe(1);
    expect(found.get('tt_users_active{window="24h"}')).toBe(9);
  });

  it('comes back when it can be read again', async () => {
    const metrics = create();
    let works = true;
    metrics.collect('tt_active_timers', async () => {
      if (!works) throw new Error('database is gone');
      return 4;
    });
    expect((await samples(metrics)).get('tt_active_timers')).toBe(4);
    works = false;
    expect((await samples(metrics)).has('tt_active_timers')).toBe(false);
    works = true;
    expect((await samples(metrics)).get('tt_active_timers')).toBe(4);
  });

  it('is read once for many scrapes', async () => {
    const metrics = create({ collectorCacheMs: 60_000 });
    let reads = 0;
    metrics.collect('tt_active_timers', async () => (reads += 1));
    await Promise.all([metrics.render(), metrics.render()]);
    await metrics.render();
    expect(reads).toBe(1);
  });

  it('that hangs is not read again while it hangs', async () => {
    const metrics = create({ collectorTimeoutMs: 10 });
    let reads = 0;
    metrics.collect('tt_active_timers', () => {
      reads += 1;
      return new Promise(() => {});
    });
    for (let scrape = 0; scrape < 3; scrape += 1) await metrics.render();
    expect(reads).toBe(1);
  });
});

describe('docs/metrics.md', () => {
  it('is what the catalogue says; npm run docs brings it up to date', () => {
    const root = join(import.meta.dirname, '..', '..');
    expect(readFileSync(join(root, 'docs', 'metrics.md'), 'utf8')).toBe(renderMetricsDoc());
  });
});
