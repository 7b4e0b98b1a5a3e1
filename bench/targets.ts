// The published targets, each computed from one run's figures.
import type { Received } from './receiver.ts';
import { ratioOfRungs } from './rounds.ts';
import type { RungResult } from './rounds.ts';
import { startRatio } from './start-up.ts';
import type { StartResult } from './start-up.ts';
import { median } from './statistics.ts';

/** Everything one run measured; a figure is undefined where its subject was left out of the run. */
export interface Figures {
  readonly rungs: readonly RungResult[];
  readonly received: Received;
  readonly starts: readonly StartResult[];
  readonly stock_scrape_block_ms: number | undefined;
  readonly our_scrape_block_ms: number | undefined;
  readonly template_ratio: number | undefined;
  readonly page_weight_bytes: number | undefined;
}

export interface Target {
  readonly number: string;
  readonly what: string;
  readonly target: string;
  readonly got: string;
  /** Undefined: not measured in this run. */
  readonly is_met: boolean | undefined;
}

/** The target table of a run, in the order of the published list. */
export function judge(figures: Figures): Target[] {
  const speed = (of: string, by: string): number | undefined =>
    compare(figures, of, by, 'requests_per_second');
  const chain = addedCpuUs(figures, 'ours-hello-chain', 'ours-hello');
  const stockChain = addedCpuUs(figures, 'stock-hello-chain', 'stock-hello');
  const compression = addedCpuUs(figures, 'ours-compressed', 'ours');
  const stockCompression = addedCpuUs(figures, 'stock-compressed', 'stock-page');
  const start = startOf(figures, 'ours');
  return [
    atLeast(
      '1',
      'timer page against the stock page with the stock bundle, req/s',
      4,
      speed('ours', 'stock-bundle-traces'),
    ),
    atLeast(
      '1',
      '… both as a browser asks (compressed)',
      4,
      speed('ours-compressed', 'stock-bundle-traces-compressed'),
    ),
    beside('1', "… Sentry's tracing left out of the bundle", speed('ours', 'stock-bundle')),
    beside('1', '… the same, compressed', speed('ours-compressed', 'stock-bundle-compressed')),
    beside(
      '1',
      '… as if somebody wrote before every request',
      speed('ours-forgetful', 'stock-bundle-traces'),
    ),
    atLeast(
      '2',
      'timer page against bare node:http with the same page, req/s',
      0.85,
      speed('ours', 'ours-bare'),
    ),
    atMost('4', 'template against hand-written literals, time', 2, figures.template_ratio),
    atMost('5', 'chain (id, context, metrics, log line, event), added CPU', 45, chain, 'µs'),
    atMost('5', '… of what the stock chain without Sentry adds', 0.2, divide(chain, stockChain)),
    atLeast('6', 'chain on/off on the timer page, req/s', 0.93, speed('ours', 'ours-chain-off')),
    withinNoise('6', '… off/off control', speed('ours-chain-off-control', 'ours-chain-off'), 0.07),
    withinNoise(
      '7',
      'error capture on/off, stock page, req/s',
      speed('stock-page-errors-only', 'stock-page'),
      noise(figures),
    ),
    atMost('8', '/metrics of 400 series × 12 buckets, longest block', 12, figures.our_scrape_block_ms, 'ms'),
    atMost('16', 'start to first 200 against bare node:http', 4, start?.warm_ratio),
    atMost('16', '… in ms', 800, start?.warm_ms, 'ms'),
    beside('16', '… the very first start, empty compile cache', start?.cold_ratio),
    beside('16', '… in ms', start?.cold_ms, 'ms'),
    atMost('17', 'memory at rest against bare node:http', 1.6, start?.idle_ratio),
    atMost(
      '18',
      "compression's added CPU against the stock middleware",
      0.35,
      divide(compression, stockCompression),
    ),
    atMost(
      '18',
      '… bytes of the body against the stock middleware',
      1.4,
      compare(figures, 'ours-compressed', 'stock-compressed', 'response_bytes'),
    ),
    atMost('20', 'page weight, JavaScript + CSS gzipped', 60, divide(figures.page_weight_bytes, 1024), 'KB'),
  ];
}

type RungFigure = 'requests_per_second' | 'cpu_us' | 'response_bytes';

function compare(figures: Figures, of: string, by: string, figure: RungFigure): number | undefined {
  const [left, right] = [findRung(figures, of), findRung(figures, by)];
  return left && right ? ratioOfRungs(left[figure], right[figure]) : undefined;
}

/** Median over rounds of the CPU one rung needs more than another, in µs a request. */
function addedCpuUs(figures: Figures, of: string, over: string): number | undefined {
  const [left, right] = [findRung(figures, of), findRung(figures, over)];
  return left && right
    ? median(left.cpu_us.map((us, round) => us - (right.cpu_us[round] ?? Number.NaN)))
    : undefined;
}

/** How far two processes of the same server differ in this run, between 5 % and 10 %. */
function noise(figures: Figures): number {
  const [one, other] = [findRung(figures, 'stock-page'), findRung(figures, 'stock-page-control')];
  if (!one || !other) return 0.05;
  const differences = one.requests_per_second.map((value, round) => {
    return Math.abs(value / (other.requests_per_second[round] ?? Number.NaN) - 1);
  });
  return Math.min(0.1, Math.max(0.05, median(differences)));
}

function startOf(figures: Figures, name: string) {
  const [bare, found] = [figures.starts[0], figures.starts.find((result) => result.name === name)];
  if (!bare || !found) return undefined;
  return {
    cold_ratio: startRatio(figures.starts, name, 'cold_ms'),
    warm_ratio: startRatio(figures.starts, name, 'warm_ms'),
    cold_ms: median(found.cold_ms),
    warm_ms: median(found.warm_ms),
    idle_ratio: median(found.idle_rss_bytes) / median(bare.idle_rss_bytes),
  };
}

function findRung(figures: Figures, name: string): RungResult | undefined {
  return figures.rungs.find((rung) => rung.name === name);
}

function divide(of: number | undefined, by: number | undefined): number | undefined {
  return of === undefined || by === undefined ? undefined : of / by;
}

function atLeast(number: string, what: string, limit: number, got: number | undefined): Target {
  return {
    number,
    what,
    target: `≥ ${limit}`,
    got: show(got, ''),
    is_met: got === undefined ? undefined : got >= limit,
  };
}

function atMost(number: string, what: string, limit: number, got: number | undefined, unit = ''): Target {
  const target = `≤ ${limit} ${unit}`.trim();
  return { number, what, target, got: show(got, unit), is_met: got === undefined ? undefined : got <= limit };
}

/** A figure that no target is about, printed beside the one it explains. */
function beside(number: string, what: string, got: number | undefined, unit = ''): Target {
  return { number, what, target: '', got: show(got, unit), is_met: undefined };
}

function withinNoise(number: string, what: string, got: number | undefined, allowed: number): Target {
  const target = `1 ± ${allowed.toFixed(2)}`;
  return {
    number,
    what,
    target,
    got: show(got, ''),
    is_met: got === undefined ? undefined : Math.abs(got - 1) <= allowed,
  };
}

function show(value: number | undefined, unit: string): string {
  return value === undefined ? 'not measured' : `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`.trim();
}
