import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import { runCommand } from '../support/command.ts';
import { logOf, newInstallation, startServerProcess } from '../support/server-process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { targets } from './dashboards.ts';
import { withoutMacros } from './expressions.ts';
import { hasAlertmanager, startAlertmanager } from './real-alertmanager.ts';
import { inSeconds, startPrometheus } from './real-prometheus.ts';
import type { RealPrometheus } from './real-prometheus.ts';
import { alerts, processMetricNames, recordingRules, root } from './rules.ts';

const hasPrometheus = spawnSync('prometheus', ['--version']).error === undefined;
const missing = 'prometheus is not installed';
const POLL = { timeout: 60_000, interval: 500 };
/** What fails again and again meanwhile takes a round of traffic each time. */
const LONG_POLL = { timeout: 90_000, interval: 500 };

/** Ends what a test started, with the test: those here run side by side, because mostly they wait. */
type Ending = (end: () => Promise<void>) => void;

async function startServer(
  folder: string,
  token: string,
  ending: Ending,
  execArgv: string[] = [],
): Promise<ServerProcess> {
  const server = await startServerProcess(folder, { environment: { METRICS_TOKEN: token }, execArgv });
  ending(async () => {
    server.kill('SIGTERM');
    await server.ended;
  });
  return server;
}

async function watch(ending: Ending, ...given: Parameters<typeof startPrometheus>): Promise<RealPrometheus> {
  const prometheus = await startPrometheus(...given);
  ending(prometheus.stop);
  return prometheus;
}

const post = (address: string, path: string, fields: Record<string, string>, cookie = '') =>
  fetch(`${address}${path}`, {
    method: 'POST',
    headers: { origin: address, 'content-type': 'application/x-www-form-urlencoded', cookie },
    redirect: 'manual',
    body: new URLSearchParams(fields),
  });

async function signIn(address: string): Promise<string> {
  const fields = { email: 'ada@example.com', password: 'correct horse battery' };
  const answer = await post(address, '/login', fields);
  return answer.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
}

/** Every job of the shipped configuration. */
const jobs = ['alertmanager', 'alloy', 'loki', 'prometheus', 'timetracker'];

/** What people and mistakes do. */
async function someTraffic(address: string): Promise<void> {
  const cookie = await signIn(address);
  await post(address, '/timer/start', {}, cookie);
  await post(address, '/timer/stop', {}, cookie);
  for (const path of ['/timer', '/projects', '/nothing', '/reports/export.csv', '/readyz']) {
    await (await fetch(`${address}${path}`, { headers: { cookie } })).text();
  }
}

function inDatabase(folder: string, statement: string): void {
  const database = new DatabaseSync(join(folder, 'data/timetracker.sqlite'));
  database.exec(statement);
  database.close();
}

/** Five requests in a row to a page that had never failed, nor been asked for: its table is not there. */
async function failFiveTimes(address: string, folder: string): Promise<void> {
  const cookie = await signIn(address);
  const database = new DatabaseSync(join(folder, 'data/timetracker.sqlite'));
  database.exec('pragma busy_timeout = 5000; alter table tags rename to tags_gone');
  const statuses: number[] = [];
  for (let request = 0; request < 5; request += 1) {
    statuses.push((await fetch(`${address}/tags`, { headers: { cookie } })).status);
  }
  database.exec('alter table tags_gone rename to tags');
  database.close();
  if (statuses.some((status) => status !== 500)) throw new Error(`answered ${statuses.join()}`);
}

/**
 * Traffic round after round, a second apart. What `between` does, it does while nobody else asks: no other page may meet a
 * table that is gone, and on a busy machine no second round begins before the first has ended.
 */
function startTraffic(address: string, ending: Ending) {
  let isOver = false;
  let waiting: (() => Promise<void>)[] = [];
  const rounds = (async () => {
    while (!isOver) {
      await someTraffic(address).catch(() => undefined);
      for (const work of waiting.splice(0)) await work();
      await sleep(1000);
    }
  })();
  ending(() => {
    isOver = true;
    waiting = [];
    return rounds;
  });
  return {
    between: (work: () => Promise<void>): Promise<void> =>
      new Promise((resolve, reject) => waiting.push(() => work().then(resolve, reject))),
  };
}

/** Expressions that have nothing to say while all is well, with the reason. */
const silentWhenWell: [RegExp, string][] = [
  [/nodejs_gc_duration_seconds/, 'nothing was collected within seconds'],
];

describe.concurrent('the application, scraped by a real Prometheus as shipped', () => {
  it('fills every recording rule and every panel', { timeout: 300_000 }, async (test) => {
    const { expect } = test;
    if (!hasPrometheus) test.skip(missing);
    const folder = await newInstallation();
    expect(await runCommand('cli/backup.ts', [], { folder })).toMatchObject({ code: 0 });
    const token = 'a-token-for-the-scrape';
    const { address } = await startServer(folder, token, test.onTestFinished);
    const text = await (await fetch(`${address}/metrics`)).text();
    for (const name of processMetricNames)
      expect(text).toContain(`# TYPE ${name.replace(/_(sum|count)$/, '')} `);
    const prometheus = await watch(test.onTestFinished, Number(new URL(address).port), token);
    const { query } = prometheus;
    const traffic = startTraffic(address, test.onTestFinished);

    const found = () => prometheus.targets().catch(() => []);
    await expect
      .poll(async () => (await found()).filter(({ labels }) => labels['job'] === 'timetracker'), POLL)
      .toMatchObject([{ health: 'up', lastError: '' }]);
    expect((await found()).map(({ labels }) => labels['job']).sort()).toEqual(jobs);
    await expect
      .poll(() => query('job:tt_request_errors:budget_left30d'), POLL)
      .toMatchObject([{ value: [expect.any(Number), '1'] }]);

    const asked: [place: string, expression: string][] = [
      ...recordingRules().map(({ record = '' }): [string, string] => [record, record]),
      ...targets()
        .filter(({ target: { datasource } }) => datasource.type === 'prometheus')
        .map(({ place, target: { expr } }): [string, string] => [place, inSeconds(`${withoutMacros(expr)}`)]),
    ];
    const errors = asked.find(([place]) => place.includes('Errors by endpoint'))?.[1] ?? '';
    // Again and again: on a busy machine a scrape is missed now and then, and what came in between counts nowhere.
    const failing = (expression: string) => async () => {
      await traffic.between(() => failFiveTimes(address, folder));
      return query(expression);
    };
    await expect
      .poll(failing(errors), LONG_POLL)
      .toMatchObject([{ metric: { endpoint: '/tags' }, value: [expect.any(Number), expect.any(String)] }]);
    const left = failing('job:tt_request_errors:budget_left30d');
    await expect.poll(async () => Number((await left())[0]?.value[1]), LONG_POLL).toBeLessThan(0);
    // Which requests stand for others: those that failed and those that were slow, by the log, and of these only.
    const lines = logOf(folder);
    const linesOf = async (endpoint: string) => {
      const ids = await prometheus.requestIds(endpoint);
      return ids.map((id) => lines.filter(({ request_id }) => request_id === id));
    };
    const failed = await linesOf('/tags');
    expect(failed).not.toEqual([]);
    for (const own of failed) expect(own.map(({ msg }) => msg)).toContain('request failed');
    for (const own of await linesOf('/projects'))
      expect(Math.max(...own.map(({ duration_ms }) => Number(duration_ms ?? 0)))).toBeGreaterThan(250);

    // Each at some moment, not all at one: a window of seconds is soon empty where a scrape is missed.
    const empty = new Map(
      asked.filter((one) => !silentWhenWell.some(([pattern]) => pattern.test(one.join(' ')))),
    );
    const stillEmpty = async (): Promise<string[]> => {
      for (const [place, expression] of empty) if ((await query(expression)).length > 0) empty.delete(place);
      return [...empty.keys()];
    };
    expect(empty.size).toBeGreaterThan(50);
    await expect.poll(stillEmpty, { timeout: 120_000, interval: 1000 }).toEqual([]);
  });
});

/** Everything that an alert waits for, at once, through the application's own metrics. */
function goWrong(metrics: Metrics): void {
  for (let request = 0; request < 40; request += 1) {
    metrics.requestStarted();
    metrics.requestFinished('GET', '/timer', request % 2 === 0 ? 500 : 200, 2);
    metrics.dbQuery('select', 2);
    metrics.logins('password', 'failure');
  }
  metrics.requestStarted();
  metrics.requestFinished('POST', '/timer/start', 507, 0.01);
  metrics.egressBlocked();
  metrics.egressRequest('errors', 'failed');
  metrics.logWriteError();
  metrics.jobRun('forget_ledger', 'failure');
}

/** The process's own metrics of a process in trouble; `started` differs from scrape to scrape. */
const processInTrouble = (started: number): string => `
process_start_time_seconds ${started}
process_open_fds 950
process_max_fds 1000
process_resident_memory_bytes 500000000
nodejs_eventloop_lag_p99_seconds 0.9
`;

async function startTroubledExporter(): Promise<{ port: number; stop: () => Promise<void> }> {
  const metrics = createMetrics({ version: '0.1.0', defaultMetrics: false, collectorCacheMs: 0 });
  metrics.collect('tt_db_pool_connections', async () => new Map([['waiting', 5]]));
  metrics.collect('tt_outbox_oldest_age_seconds', async () => new Map([['errors', 8 * 3600]]));
  metrics.collect('tt_disk_free_bytes', async () => new Map([['data', 0]]));
  metrics.collect('tt_memory_limit_bytes', async () => 512 * 1024 ** 2);
  metrics.collect('tt_disk_size_bytes', async () => new Map([['data', 10 * 1024 ** 3]]));
  const longAgo = Date.now() / 1000 - 60 * 3600;
  metrics.jobInterval('end_sessions', 3600);
  metrics.jobInterval('backup', 24 * 3600);
  metrics.collect(
    'tt_job_last_success_timestamp_seconds',
    async () =>
      new Map([
        ['end_sessions', longAgo],
        ['backup', longAgo],
      ]),
  );
  metrics.collect('tt_active_timers', async () => {
    throw new Error('the database does not answer');
  });
  let started = 1000;
  const exporter = createServer((_req, res) => {
    goWrong(metrics);
    started += 1;
    void metrics.render().then((text) => {
      res.setHeader('content-type', metrics.contentType('text')).end(text + processInTrouble(started));
    });
  }).listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const stop = async (): Promise<void> => {
    exporter.close();
    exporter.closeAllConnections();
  };
  return { port: (exporter.address() as AddressInfo).port, stop };
}

describe.concurrent('the application, Prometheus and Alertmanager as shipped', () => {
  it('tell people that pages fail, and that the server is gone', { timeout: 180_000 }, async (test) => {
    const { expect } = test;
    if (!hasPrometheus) test.skip(missing);
    if (!hasAlertmanager) test.skip('prometheus-alertmanager is not installed');
    const { told, port, stop } = await startAlertmanager();
    test.onTestFinished(stop);
    const folder = await newInstallation();
    const token = 'abcdefgh12345678';
    // What goes wrong in the application itself before the first scrape: something phones home, and a job has lost its table.
    inDatabase(folder, 'alter table account_links rename to account_links_gone');
    const home = join(import.meta.dirname, 'fixtures/call-home.ts');
    const server = await startServer(folder, token, test.onTestFinished, ['--import', home]);
    const { address } = server;
    const shown = async () =>
      (await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    await expect.poll(shown, POLL).toMatch(/^tt_egress_blocked_total [1-9]/m);
    await expect.poll(shown, POLL).toMatch(/^tt_job_runs_total\{job="end_links",outcome="failure"\} 1$/m);
    const own = Number(new URL(address).port);
    const { query } = await watch(test.onTestFinished, own, token, { alertmanager: port });
    await expect.poll(() => query('up{job="alertmanager"} == 1').catch(() => []), POLL).toHaveLength(1);
    await expect.poll(() => query('tt_requests_total').catch(() => []), POLL).not.toEqual([]);
    const names = () => told().map(({ labels }) => labels['alertname']);
    const namesAfterErrors = async () => {
      await failFiveTimes(address, folder);
      return names();
    };
    await expect.poll(namesAfterErrors, LONG_POLL).toContain('TimeTrackerErrorsBurnFast');
    const counted = ['TimeTrackerEgressBlocked', 'TimeTrackerJobFailing'];
    await expect.poll(names, POLL).toEqual(expect.arrayContaining(counted));
    server.kill('SIGKILL');
    await expect.poll(names, POLL).toContain('TimeTrackerDown');
    const down = told().find(({ labels }) => labels['alertname'] === 'TimeTrackerDown');
    expect(down).toMatchObject({
      status: 'firing',
      labels: { job: 'timetracker', severity: 'page' },
      annotations: { runbook_url: 'docs/operations.md#timetrackerdown' },
    });
    expect(down?.labels).not.toHaveProperty('runbooks');
  });

  it('have a configuration that Alertmanager accepts', ({ skip }) => {
    if (!hasAlertmanager) skip('prometheus-alertmanager is not installed');
    const { status, stdout } = spawnSync('amtool', ['check-config', 'alertmanager/alertmanager.yml'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toContain('1 receivers');
    expect(status).toBe(0);
  });
});

describe.concurrent('a real Prometheus with the shipped alerts', () => {
  const needsNoTarget = ['TimeTrackerDown', 'TimeTrackerAbsent'];

  it('fires every one of them when its condition is made true', { timeout: 180_000 }, async (test) => {
    const { expect } = test;
    if (!hasPrometheus) test.skip(missing);
    const exporter = await startTroubledExporter();
    test.onTestFinished(exporter.stop);
    const { firing } = await watch(test.onTestFinished, exporter.port, '', { loki: 1 });
    const expected = alerts()
      .map(({ alert = '' }) => alert)
      .filter((name) => !needsNoTarget.includes(name))
      .sort();
    const seen = new Set<string>();
    await expect
      .poll(
        async () => {
          for (const name of await firing().catch(() => [])) seen.add(name);
          return expected.filter((name) => !seen.has(name));
        },
        { timeout: 120_000, interval: 1000 },
      )
      .toEqual([]);
    expect(await firing()).not.toContain('TimeTrackerAbsent');

    await exporter.stop();
    await expect.poll(firing, POLL).toContain('TimeTrackerDown');
  });

  it('fires when there is nothing to scrape', { timeout: 120_000 }, async (test) => {
    if (!hasPrometheus) test.skip(missing);
    const { firing } = await watch(test.onTestFinished, undefined, '');
    await test.expect.poll(() => firing().catch(() => []), POLL).toContain('TimeTrackerAbsent');
  });
});
