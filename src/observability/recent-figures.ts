import { randomBytes } from 'node:crypto';
import type { LoopMonitor, LoopReading } from './event-loop.ts';
import type { LatencyCounts } from './latency-scale.ts';
import { addLatencies, countLatency, newLatencyCounts, percentile } from './latency-scale.ts';
import type { SlowStatements } from './slow-statements.ts';
import { createSlowStatements } from './slow-statements.ts';

/**
 * The last hour of this process, for the page of those who run no Prometheus. Kept apart from the metrics that are
 * scraped: some of those start anew at every reading. About 120 kB, and a tenth of a microsecond a request.
 */
export interface RecentFigures {
  /** A short name that tells this process from others of the same installation. */
  readonly instance: string;
  readonly requestFinished: (endpoint: string, httpStatus: number, seconds: number) => void;
  readonly slowStatements: SlowStatements;
  /** Closes the current stretch of time; on a timer in a server. */
  readonly sample: () => void;
  readonly read: () => Recent;
  /** What stretches come to together. */
  readonly windowOf: (stretches: readonly Stretch[]) => Window;
  readonly stop: () => void;
}

export interface Recent {
  /** Epoch ms. */
  readonly startedAt: number;
  /** The stretches of the last hour, oldest first, and the one that has just begun. */
  readonly stretches: readonly Stretch[];
  /** Every endpoint that was asked for within about the last hour. */
  readonly endpoints: readonly EndpointFigures[];
  readonly memory: { rssBytes: number; heapBytes: number };
}

export interface Stretch {
  /** Epoch ms of its end. */
  readonly at: number;
  readonly seconds: number;
  readonly requests: number;
  /** Answered with 5xx. */
  readonly failed: number;
  readonly latencies: LatencyCounts;
  readonly loop: LoopReading;
  readonly rssBytes: number;
}

export interface EndpointFigures {
  readonly endpoint: string;
  readonly requests: number;
  /** Answered with 5xx. */
  readonly failed: number;
  /** Answered with 4xx; people who left before the answer (499) are of `abandoned`. */
  readonly refused: number;
  readonly abandoned: number;
  readonly p50Seconds: number | null;
  readonly p95Seconds: number | null;
}

/** Sums over stretches. */
export interface Window {
  readonly seconds: number;
  readonly requests: number;
  readonly failed: number;
  readonly perMinute: number;
  readonly p50Seconds: number | null;
  readonly p95Seconds: number | null;
  readonly p99Seconds: number | null;
}

const sampleSeconds = 15;
const keptStretches = 3600 / sampleSeconds;
/** Endpoints are counted in coarser stretches: there are many, and nobody looks at one by the quarter of a minute. */
const stretchesPerBlock = 20;
const keptBlocks = keptStretches / stretchesPerBlock;

/** Asked for by machines every few seconds, or files: they would make every figure look better than the pages are. */
const notCounted: ReadonlySet<string> = new Set([
  ...['(static)', '/livez', '/readyz', '/healthz', '/metrics', '/admin/system/live'],
]);

interface EndpointCell {
  requests: number;
  failed: number;
  refused: number;
  abandoned: number;
  readonly latencies: LatencyCounts;
}
type Block = Map<string, EndpointCell>;

const newCell = (): EndpointCell => ({
  ...{ requests: 0, failed: 0, refused: 0, abandoned: 0, latencies: newLatencyCounts() },
});

const noLoop: LoopReading = { delayP99Seconds: 0, delayMaxSeconds: 0, utilisation: 0 };

export interface RecentOptions {
  now: () => number;
  /** Only in a server; samples are taken by a timer where there is one. */
  loop?: LoopMonitor | undefined;
}

export function createRecentFigures({ now, loop }: RecentOptions): RecentFigures {
  const startedAt = now();
  const stretches: Stretch[] = [];
  const blocks: Block[] = [new Map<string, EndpointCell>()];
  let current = newCell();
  let since = startedAt;
  let sampled = 0;
  const close = (reading: LoopReading): Stretch => {
    const { requests, failed, latencies } = current;
    const seconds = Math.max(0, (now() - since) / 1000);
    return {
      at: now(),
      seconds,
      requests,
      failed,
      latencies,
      loop: reading,
      rssBytes: process.memoryUsage.rss(),
    };
  };
  const sample = (): void => {
    stretches.push(close(loop?.read() ?? noLoop));
    if (stretches.length > keptStretches) stretches.shift();
    current = newCell();
    since = now();
    sampled += 1;
    if (sampled % stretchesPerBlock === 0) blocks.push(new Map());
    if (blocks.length > keptBlocks + 1) blocks.shift();
  };
  const timer = loop === undefined ? undefined : setInterval(sample, sampleSeconds * 1000).unref();
  return {
    instance: randomBytes(2).toString('hex'),
    slowStatements: createSlowStatements({ now }),
    requestFinished(endpoint, httpStatus, seconds) {
      const block = blocks.at(-1) as Block;
      let cell = block.get(endpoint);
      if (!cell) block.set(endpoint, (cell = newCell()));
      count(cell, httpStatus, seconds);
      if (!notCounted.has(endpoint)) count(current, httpStatus, seconds);
    },
    sample,
    windowOf,
    read: () => ({
      startedAt,
      // The monitor is read by samples alone, so that looking changes nothing.
      stretches: [...stretches, close(stretches.at(-1)?.loop ?? noLoop)],
      endpoints: endpointsOf(blocks),
      memory: { rssBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed },
    }),
    stop() {
      clearInterval(timer);
      loop?.stop();
    },
  };
}

function count(cell: EndpointCell, httpStatus: number, seconds: number): void {
  cell.requests += 1;
  if (httpStatus >= 500) cell.failed += 1;
  else if (httpStatus === 499) cell.abandoned += 1;
  else if (httpStatus >= 400) cell.refused += 1;
  countLatency(cell.latencies, seconds);
}

function endpointsOf(blocks: readonly Block[]): EndpointFigures[] {
  const sums: Block = new Map();
  for (const block of blocks) {
    for (const [endpoint, cell] of block) {
      const sum = sums.get(endpoint) ?? newCell();
      sums.set(endpoint, sum);
      sum.requests += cell.requests;
      sum.failed += cell.failed;
      sum.refused += cell.refused;
      sum.abandoned += cell.abandoned;
      addLatencies(sum.latencies, cell.latencies);
    }
  }
  return [...sums].map(([endpoint, { latencies, ...counts }]) => ({
    ...{ endpoint, ...counts },
    p50Seconds: percentile(latencies, 0.5),
    p95Seconds: percentile(latencies, 0.95),
  }));
}

/** A rate of less than a minute counts as one of a minute. */
function windowOf(stretches: readonly Stretch[]): Window {
  const latencies = newLatencyCounts();
  for (const stretch of stretches) addLatencies(latencies, stretch.latencies);
  const sum = (of: (stretch: Stretch) => number): number =>
    stretches.reduce((total, stretch) => total + of(stretch), 0);
  const [seconds, requests] = [sum((stretch) => stretch.seconds), sum((stretch) => stretch.requests)];
  return {
    ...{ seconds, requests, failed: sum(({ failed }) => failed) },
    perMinute: requests / Math.max(1, seconds / 60),
    p50Seconds: percentile(latencies, 0.5),
    p95Seconds: percentile(latencies, 0.95),
    p99Seconds: percentile(latencies, 0.99),
  };
}
