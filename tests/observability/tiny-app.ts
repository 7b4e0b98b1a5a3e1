import express from 'express';
import type { Express } from 'express';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probes } from '../../src/http/middleware/probes.ts';
import { requestContext } from '../../src/http/middleware/request-context.ts';
import { requestLog } from '../../src/http/middleware/request-log.ts';
import { requestMetrics } from '../../src/http/middleware/request-metrics.ts';
import { createHealth } from '../../src/observability/health.ts';
import type { HealthOptions } from '../../src/observability/health.ts';
import { openLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Metrics, MetricsOptions } from '../../src/observability/metrics.ts';
import { metricsAccess } from '../../src/observability/metrics-access.ts';
import { readLogLines } from './log-lines.ts';
import type { LogLine } from './log-lines.ts';

export interface TinyApp {
  readonly metrics: Metrics;
  readonly port: number;
  readonly url: string;
  /** The log's lines so far. */
  readonly lines: () => LogLine[];
  /** Samples of the exposition, `name{labels}` to figure, straight from the registry. */
  readonly samples: () => Promise<Map<string, number>>;
  readonly stop: () => Promise<void>;
}

export interface TinyAppOptions {
  routes?: (app: Express) => void;
  token?: string;
  trustProxy?: boolean;
  trustInboundId?: boolean;
  health?: Partial<HealthOptions>;
  metrics?: Partial<MetricsOptions>;
}

export function samplesOf(exposition: string): Map<string, number> {
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** An Express app with our observing middleware and nothing else, on a free port of loopback. */
export async function startTinyApp(options: TinyAppOptions = {}): Promise<TinyApp> {
  const directory = mkdtempSync(join(tmpdir(), 'tt-app-'));
  const metrics = createMetrics({ version: '0.1.0', defaultMetrics: false, ...options.metrics });
  const log = openLog({
    file: join(directory, 'app.jsonl'),
    level: 'debug',
    maxBytes: 1_000_000_000,
    maxAgeMs: 86_400_000,
    keepFiles: 1,
    keepDays: 1,
    onLine: (level) => metrics.logLine(level),
  });
  const health = createHealth({
    databaseReady: async () => true,
    logWritable: () => log.isWritable(),
    ...options.health,
  });

  const app = express();
  app.set('trust proxy', options.trustProxy ?? false);
  app.use(requestContext({ trustInboundId: () => options.trustInboundId ?? true }));
  app.use(requestMetrics(metrics));
  app.use(requestLog(log));
  app.use(probes({ health, metrics, allowMetrics: metricsAccess({ token: options.token }) }));
  options.routes?.(app);

  const server: Server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    metrics,
    port,
    url: `http://127.0.0.1:${port}`,
    lines: () => readLogLines(directory),
    samples: async () => samplesOf(await metrics.render()),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      log.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
