import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTinyApp } from './tiny-app.ts';
import type { TinyApp } from './tiny-app.ts';

const POLL = { timeout: 30_000, interval: 250 };

let app: TinyApp | undefined;
let prometheus: ChildProcess | undefined;
let directory: string | undefined;

afterEach(async () => {
  if (prometheus?.exitCode === null) {
    prometheus.kill('SIGKILL');
    await once(prometheus, 'exit');
  }
  await app?.stop();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a Prometheus that scrapes `target` every second; answers where its API is. */
async function startPrometheus(target: number): Promise<string> {
  directory = mkdtempSync(join(tmpdir(), 'tt-prometheus-'));
  const config = join(directory, 'prometheus.yml');
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: timetracker
    static_configs: [{ targets: ['127.0.0.1:${target}'] }]
`,
  );
  const port = await freePort();
  const options = ['--config.file', config, '--storage.tsdb.path', join(directory, 'tsdb')];
  options.push('--web.listen-address', `127.0.0.1:${port}`);
  prometheus = spawn('prometheus', options, { stdio: 'ignore' });
  return `http://127.0.0.1:${port}/api/v1/query`;
}

interface QueryAnswer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** The first figure a query gives; undefined while there is none, or no Prometheus yet. */
async function query(api: string, expression: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${api}?query=${encodeURIComponent(expression)}`);
    const { data } = (await answer.json()) as QueryAnswer;
    return data.result[0] === undefined ? undefined : Number(data.result[0].value[1]);
  } catch {
    return undefined;
  }
}

describe('a real Prometheus', () => {
  it('scrapes the metrics and answers queries about them', { timeout: 60_000 }, async ({ skip }) => {
    if (spawnSync('prometheus', ['--version']).error) skip('prometheus is not installed');
    app = await startTinyApp({
      routes: (routes) => routes.get('/projects/:id', (_req, res) => void res.end()),
    });
    for (const path of ['/projects/1', '/projects/2', '/nothing']) await fetch(`${app.url}${path}`);
    const api = await startPrometheus(app.port);

    await expect.poll(() => query(api, 'up{job="timetracker"}'), POLL).toBe(1);
    const requests = 'tt_requests_total{method="GET",endpoint="/projects/:id",http_status="200"}';
    await expect.poll(() => query(api, requests), POLL).toBe(2);
    await expect
      .poll(() => query(api, 'tt_request_latency_seconds_bucket{endpoint="/projects/:id",le="0.25"}'), POLL)
      .toBe(2);
    const quantile = 'histogram_quantile(0.95, sum by (le) (tt_request_latency_seconds_bucket))';
    await expect.poll(() => query(api, quantile), POLL).toBeGreaterThan(0);
    await expect.poll(() => query(api, 'sum(tt_egress_requests_total)'), POLL).toBe(0);
  });
});
