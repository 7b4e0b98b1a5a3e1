// The tables a person reads at the end of a run.
import type { Machine } from './machine.ts';
import type { Received } from './receiver.ts';
import type { RungResult } from './rounds.ts';
import type { StartResult } from './start-up.ts';
import { median } from './statistics.ts';
import type { Target } from './targets.ts';

type Row = readonly string[];

/** One line a rung: medians over the rounds, and the lowest CPU, which a busy neighbour disturbs least. */
export function rungTable(rungs: readonly RungResult[]): string {
  const head = ['rung', 'req/s', 'CPU µs/req', 'min', 'p50 ms', 'p99 ms', 'bytes', 'client'];
  const rows = rungs.map((rung) => [
    rung.title,
    median(rung.requests_per_second).toFixed(0),
    median(rung.cpu_us).toFixed(1),
    Math.min(...rung.cpu_us).toFixed(1),
    median(rung.p50_ms).toFixed(2),
    median(rung.p99_ms).toFixed(2),
    median(rung.response_bytes).toFixed(0),
    `${(median(rung.client_busy) * 100).toFixed(0)} %`,
  ]);
  return table([head, ...rows]);
}

/** What the stock bundle's SDKs delivered to the receiver during the rounds. */
export function receivedLine(received: Received): string {
  const { posthog_batches, sentry_envelopes, bytes } = received;
  return `sent by the stock bundle: ${posthog_batches} PostHog batches, ${sentry_envelopes} Sentry envelopes, ${bytes} bytes`;
}

/** Start to first 200 with an empty and a filled compile cache, and resident memory at rest. */
export function startTable(starts: readonly StartResult[]): string {
  const head = ['start', 'cold ms', 'min', 'warm ms', 'min', 'idle RSS MB'];
  const rows = starts.map((start) => [
    start.title,
    median(start.cold_ms).toFixed(0),
    Math.min(...start.cold_ms).toFixed(0),
    median(start.warm_ms).toFixed(0),
    Math.min(...start.warm_ms).toFixed(0),
    (median(start.idle_rss_bytes) / 1_048_576).toFixed(1),
  ]);
  return table([head, ...rows]);
}

/** The published targets: wanted, got, met or not. */
export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ number, what, target, got, is_met }) => {
    return [what, number, target, got, is_met === undefined ? '–' : is_met ? 'met' : 'NOT MET'];
  });
  return table([['target', '#', 'wanted', 'got', ''], ...rows]);
}

/** Where and with what the figures were made. */
export function machineLines(machine: Machine): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_mb} MB, ${machine.kernel}, Node ${machine.node}`,
    `load average before the run ${machine.load_average.toFixed(2)}; ${
      machine.is_pinned
        ? 'server pinned to core 0, load to core 1'
        : 'NOT pinned (no taskset): figures are rough'
    }; load: own keep-alive client, 16 connections`,
    `ours: ${listVersions(machine.versions.ours)}`,
    `stock: ${listVersions(machine.versions.stock)}`,
  ].join('\n');
}

function listVersions(versions: Record<string, string>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** First column left, the others right, two spaces between. */
function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: Row): string => {
    return row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column === 0))
      .join('  ')
      .trimEnd();
  };
  return rows.map(line).join('\n');
}

function pad(text: string, width: number, isLeft: boolean): string {
  const space = ' '.repeat(Math.max(0, width - [...text].length));
  return isLeft ? text + space : space + text;
}
