import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inject } from 'vitest';
import { fileOf } from './rules.ts';

/**
 * The windows and waits of the shipped files made short, so that a test sees in seconds what takes hours. Nothing else of an
 * expression changes: thresholds, guards and the order of the windows stay.
 */
const seconds: Record<string, string> = {
  '1m': '3s',
  '2m': '4s',
  '3m': '4s',
  '5m': '6s',
  '10m': '8s',
  '15m': '8s',
  '30m': '10s',
  '1h': '12s',
  '2h': '14s',
  '3h': '15s',
  '6h': '16s',
  '1d': '18s',
  '3d': '20s',
  '30d': '22s',
};
export const inSeconds = (text: string): string =>
  text
    .replaceAll(/\[(\d+[mhd])\]/g, (whole, window: string) => `[${seconds[window] ?? whole}]`)
    .replaceAll(/\[(\d+[mhd]):1m\]\)\) \* 60/g, (_whole, window: string) => `[${seconds[window]}:1s]))`)
    .replaceAll(/offset (\d+[mhd])/g, (_whole, window: string) => `offset ${seconds[window]}`)
    // The window of the rates, as a number of seconds.
    .replaceAll(/(?<=[-/] )300\b/g, '6')
    .replaceAll(/^( +)for: \d+[mhd]$/gm, '$1for: 1s');

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Series {
  metric: Record<string, string>;
  value: [number, string];
}

export interface RealPrometheus {
  query: (expression: string) => Promise<Series[]>;
  /** Names of the alerts that fire now. */
  firing: () => Promise<string[]>;
  /** Request ids of the requests that stand for buckets of the latency of an endpoint. */
  requestIds: (endpoint: string) => Promise<string[]>;
  targets: () => Promise<{ health: string; lastError: string; labels: Record<string, string> }[]>;
  stop: () => Promise<void>;
}

/** Ports on this machine; where none is given nobody listens. */
interface Neighbours {
  alertmanager?: number;
  loki?: number;
  alloy?: number;
}

/** The shipped configuration with other addresses and every second: nothing is taken out. */
function configFor(ports: Neighbours & { app: number | undefined; own: number }, folder: string): string {
  const at = (port: number | undefined): string => `['127.0.0.1:${port ?? 1}']`;
  const found = (name: 'loki' | 'alloy') =>
    new RegExp(`dns_sd_configs:\\n +- names: \\['${name}\\.'\\]\\n +type: A\\n +port: \\d+`);
  const named = (port: number | undefined): string => `static_configs: [{ targets: ${at(port)} }]`;
  return fileOf('prometheus/prometheus.yml')
    .replace('scrape_interval: 15s', 'scrape_interval: 1s')
    .replace('scrape_timeout: 10s', 'scrape_timeout: 1s')
    .replace('evaluation_interval: 15s', 'evaluation_interval: 1s')
    .replace('/etc/prometheus/rules/*.yml', join(folder, '*.yml'))
    .replace('/run/secrets/metrics_token', join(folder, 'token'))
    .replace("['app:8000']", ports.app === undefined ? '[]' : at(ports.app))
    .replace("['localhost:9090']", at(ports.own))
    .replaceAll("['alertmanager:9093']", at(ports.alertmanager))
    .replace(found('loki'), named(ports.loki))
    .replace(found('alloy'), named(ports.alloy));
}

/**
 * Debian's Prometheus with the shipped configuration: the same jobs, limits, credentials and rules, every second.
 *
 * @param port - where the metrics are; without one there is no target.
 * @param token - content of the credentials file.
 */
export async function startPrometheus(
  port: number | undefined,
  token: string,
  neighbours: Neighbours = {},
): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(inject('folder'), 'prometheus-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write('token', token);
  for (const name of ['recording', 'alerts']) {
    write(`${name}.yml`, inSeconds(fileOf(`prometheus/rules/${name}.yml`)));
  }
  const own = await freePort();
  const config = write('prometheus.config', configFor({ ...neighbours, app: port, own }, folder));
  const options = [
    '--config.file',
    config,
    '--storage.tsdb.path',
    join(folder, 'tsdb'),
    '--log.level',
    'error',
    // As docker-compose.yml starts it.
    '--enable-feature=exemplar-storage',
  ];
  const child = spawn('prometheus', [...options, '--web.listen-address', `127.0.0.1:${own}`], {
    stdio: 'ignore',
  });
  return client(`http://127.0.0.1:${own}/api/v1`, child);
}

function client(api: string, child: ChildProcess): RealPrometheus {
  async function get<Data>(path: string): Promise<Data> {
    const answer = await fetch(`${api}${path}`);
    const { data, error } = (await answer.json()) as { data: Data; error?: string };
    if (error !== undefined) throw new Error(error);
    return data;
  }
  return {
    query: async (expression) =>
      (await get<{ result: Series[] }>(`/query?query=${encodeURIComponent(expression)}`)).result,
    firing: async () => {
      const { alerts } = await get<{ alerts: { state: string; labels: { alertname: string } }[] }>('/alerts');
      return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
    },
    requestIds: async (endpoint) => {
      const query = encodeURIComponent(`tt_request_latency_seconds_bucket{endpoint="${endpoint}"}`);
      const now = Date.now() / 1000;
      const series = await get<{ exemplars: { labels: Record<string, string> }[] }[]>(
        `/query_exemplars?query=${query}&start=${now - 600}&end=${now + 1}`,
      );
      return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['request_id'] ?? ''));
    },
    targets: async () =>
      (await get<{ activeTargets: Awaited<ReturnType<RealPrometheus['targets']>> }>('/targets'))
        .activeTargets,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
