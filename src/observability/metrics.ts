import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCollector } from './collector.ts';
import type { Collected } from './collector.ts';
import { labelBound } from './label-bounds.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { METRIC_FAMILIES, OBJECTIVE_SECONDS } from './metric-catalogue.ts';
import { collectDefaultMetrics, Counter, createRegistry, Gauge } from './metrics-client.ts';
import type { Registry } from './metrics-client.ts';
import type {
  EGRESS_CHANNELS,
  EGRESS_OUTCOMES,
  ENTRY_SOURCES,
  EVENT_OUTCOMES,
  EXPORT_FORMATS,
  JOB_OUTCOMES,
  LOGIN_METHODS,
  LOGIN_OUTCOMES,
  MetricFamily,
} from './metric-catalogue.ts';

type OneOf<Values extends readonly string[]> = Values[number];

/** The gauges whose figures are read at scrape time. */
export type CollectedMetric =
  | 'tt_active_timers'
  | 'tt_users_active'
  | 'tt_db_pool_connections'
  | 'tt_outbox_depth'
  | 'tt_outbox_oldest_age_seconds'
  | 'tt_disk_free_bytes'
  | 'tt_disk_size_bytes'
  | 'tt_memory_limit_bytes'
  | 'tt_job_last_success_timestamp_seconds'
  | 'tt_backup_newest_timestamp_seconds';

/** The process's figures. Nothing is sent: they wait to be scraped. */
export interface Metrics {
  readonly requestStarted: () => void;
  /** Ends what `requestStarted` began. `endpoint` is a route pattern, never a URL. */
  readonly requestFinished: (
    method: string,
    endpoint: string,
    httpStatus: number,
    seconds: number,
    requestId?: string,
  ) => void;
  readonly entriesCreated: (source: OneOf<typeof ENTRY_SOURCES>, count?: number) => void;
  /** `operation` is the kind of statement: select, insert, update, delete or other. */
  readonly dbQuery: (operation: string, seconds: number) => void;
  readonly events: (event: string, outcome: OneOf<typeof EVENT_OUTCOMES>, count?: number) => void;
  /** An outbound request has ended. */
  readonly egressRequest: (
    channel: OneOf<typeof EGRESS_CHANNELS>,
    outcome: OneOf<typeof EGRESS_OUTCOMES>,
  ) => void;
  readonly egressBytes: (channel: OneOf<typeof EGRESS_CHANNELS>, count: number) => void;
  /** A connection that no channel had opened was destroyed. */
  readonly egressBlocked: () => void;
  readonly logins: (method: OneOf<typeof LOGIN_METHODS>, outcome: OneOf<typeof LOGIN_OUTCOMES>) => void;
  readonly exports: (format: OneOf<typeof EXPORT_FORMATS>) => void;
  readonly jobRun: (job: string, outcome: OneOf<typeof JOB_OUTCOMES>) => void;
  /** How long after a success the job is due again. */
  readonly jobInterval: (job: string, seconds: number) => void;
  readonly logLine: (level: string) => void;
  readonly logWriteError: () => void;
  /** Where a metric stands, series by series, for a page that shows it. */
  readonly figures: (
    metric:
      | 'tt_events_total'
      | 'tt_egress_blocked_total'
      | 'tt_job_runs_total'
      | 'tt_job_interval_seconds'
      | 'tt_log_write_errors_total',
  ) => Promise<{ labels: Partial<Record<string, string | number>>; value: number }[]>;
  /** Registers where a figure comes from: a number, or a map from label value to number. May reject or hang. */
  readonly collect: (metric: CollectedMetric, read: () => Promise<Collected>) => void;
  /** The Content-Type of `render` in either format. */
  readonly contentType: (format: Format) => string;
  /**
   * Everything as text; `open`, OpenMetrics, also names a slow or failed request for each bucket of the latency. Never rejects
   * because of a collector, and lets other requests run in between.
   */
  readonly render: (format?: Format) => Promise<string>;
}

/** The Prometheus text of old, or OpenMetrics. */
export type Format = 'text' | 'open';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface MetricsOptions {
  version: string;
  /** Of the source; undefined where nobody said it. */
  commit?: string | undefined;
  /** The process's own figures. Their event-loop monitor keeps a process alive, so only for the server. */
  defaultMetrics: boolean;
  /** How long a scrape waits for one figure, in milliseconds. */
  collectorTimeoutMs?: number;
  /** How long a figure counts as fresh, in milliseconds. */
  collectorCacheMs?: number;
}

/** A family of the catalogue with its labels bounded: values are given in the order of the catalogue's labels. */
function boundFamily(family: MetricFamily): (values: readonly string[]) => Record<string, string> {
  const bounds = Object.entries(family.labels).map(([label, values]) => [label, labelBound(values)] as const);
  return (values) =>
    Object.fromEntries(bounds.map(([label, bound], position) => [label, bound(values[position] ?? '')]));
}

/** Every combination of label values where all labels are listed; nothing where one is open. */
function knownSeries(family: MetricFamily): Record<string, string>[] {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(family.labels)) {
    if ('pattern' in values) return [];
    series = series.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  }
  return series;
}

interface ClientConfig {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
}

function configOf(family: MetricFamily, registry: Registry): ClientConfig {
  return {
    name: family.name,
    help: family.help,
    labelNames: Object.keys(family.labels),
    registers: [registry],
  };
}

/**
 * A counter that starts at 0 wherever its labels are known: `rate()` cannot see a first increment out of nothing. Counts
 * wait in a tally of our own until somebody reads: the library makes and hashes an object of labels for each, which
 * several times in every request was most of what the metrics cost.
 */
function addCounter(
  registry: Registry,
  family: MetricFamily,
): (values: readonly string[], count?: number) => void {
  const bounds = Object.values(family.labels).map(labelBound);
  const tally: Tally = { labels: {}, waiting: 0, isShown: true, next: new Map() };
  const counter = new Counter({
    ...configOf(family, registry),
    collect: () => emptyTally(tally, (labels, count) => counter.inc(labels, count)),
  });
  for (const labels of knownSeries(family)) counter.inc(labels, 0);
  return (values, count = 1) => {
    let place = tally;
    for (let position = 0; position < bounds.length; position += 1) {
      const value = bounds[position]?.(values[position] ?? '') ?? '';
      place = place.next.get(value) ?? addPlace(place, counterLabel(family, position), value);
    }
    place.waiting += count;
  };
}

/** One label's values below another's; counts stand at the last. The label sets are closed, so it cannot grow for ever. */
interface Tally {
  readonly labels: Readonly<Record<string, string>>;
  waiting: number;
  /** False until it was read once: a series counted with 0 must show as well. */
  isShown: boolean;
  readonly next: Map<string, Tally>;
}

const counterLabel = (family: MetricFamily, position: number): string =>
  Object.keys(family.labels)[position] ?? '';

function addPlace(above: Tally, label: string, value: string): Tally {
  const labels = { ...above.labels, [label]: value };
  const place: Tally = { labels, waiting: 0, isShown: false, next: new Map() };
  above.next.set(value, place);
  return place;
}

function emptyTally(tally: Tally, take: (labels: Record<string, string>, count: number) => void): void {
  if (tally.next.size === 0 && (tally.waiting > 0 || !tally.isShown)) {
    take({ ...tally.labels }, tally.waiting);
    tally.waiting = 0;
    tally.isShown = true;
  }
  for (const place of tally.next.values()) emptyTally(place, take);
}

/** Sets a gauge's series to what a collector read; they vanish while it cannot be read. */
function addCollectedGauge(
  registry: Registry,
  family: MetricFamily,
): (collected: Collected | undefined) => void {
  const gauge = new Gauge(configOf(family, registry));
  const labelsOf = boundFamily(family);
  const hasLabels = Object.keys(family.labels).length > 0;
  if (!hasLabels) gauge.remove();
  return (collected) => {
    gauge.reset();
    if (!hasLabels) gauge.remove();
    if (collected === undefined) return;
    if (hasLabels === (typeof collected === 'number'))
      throw new TypeError('a figure needs exactly its labels');
    const figures = typeof collected === 'number' ? [['', collected] as const] : [...collected];
    if (!figures.every(([, figure]) => Number.isFinite(figure)))
      throw new TypeError('a figure must be finite');
    for (const [value, figure] of figures) gauge.set(labelsOf([value]), figure);
  };
}

/** Builds every family of the catalogue and gives each its typed function. */
function addFamilies(registry: Registry) {
  const inFlight = { requests: 0 };
  new Gauge({
    ...configOf(METRIC_FAMILIES.requestsInFlight, registry),
    collect() {
      this.set(inFlight.requests);
    },
  });
  const jobInterval = new Gauge(configOf(METRIC_FAMILIES.jobInterval, registry));
  return {
    inFlight,
    jobInterval,
    requests: addCounter(registry, METRIC_FAMILIES.requests),
    entriesCreated: addCounter(registry, METRIC_FAMILIES.entriesCreated),
    events: addCounter(registry, METRIC_FAMILIES.events),
    egressRequests: addCounter(registry, METRIC_FAMILIES.egressRequests),
    egressBytes: addCounter(registry, METRIC_FAMILIES.egressBytes),
    egressBlocked: addCounter(registry, METRIC_FAMILIES.egressBlocked),
    logins: addCounter(registry, METRIC_FAMILIES.logins),
    exports: addCounter(registry, METRIC_FAMILIES.exports),
    jobRuns: addCounter(registry, METRIC_FAMILIES.jobRuns),
    logLines: addCounter(registry, METRIC_FAMILIES.logLines),
    logWriteErrors: addCounter(registry, METRIC_FAMILIES.logWriteErrors),
    collectorErrors: addCounter(registry, METRIC_FAMILIES.collectorErrors),
    collected: {
      tt_active_timers: addCollectedGauge(registry, METRIC_FAMILIES.activeTimers),
      tt_users_active: addCollectedGauge(registry, METRIC_FAMILIES.usersActive),
      tt_outbox_depth: addCollectedGauge(registry, METRIC_FAMILIES.outboxDepth),
      tt_outbox_oldest_age_seconds: addCollectedGauge(registry, METRIC_FAMILIES.outboxOldestAge),
      tt_db_pool_connections: addCollectedGauge(registry, METRIC_FAMILIES.dbPoolConnections),
      tt_disk_free_bytes: addCollectedGauge(registry, METRIC_FAMILIES.diskFree),
      tt_disk_size_bytes: addCollectedGauge(registry, METRIC_FAMILIES.diskSize),
      tt_memory_limit_bytes: addCollectedGauge(registry, METRIC_FAMILIES.memoryLimit),
      tt_job_last_success_timestamp_seconds: addCollectedGauge(registry, METRIC_FAMILIES.jobLastSuccess),
      tt_backup_newest_timestamp_seconds: addCollectedGauge(registry, METRIC_FAMILIES.backupNewest),
    } satisfies Record<CollectedMetric, (collected: Collected | undefined) => void>,
  };
}

const SLICE_CHARACTERS = 32_768;

/** Joins pieces of text, letting waiting requests run after every `SLICE_CHARACTERS`: well under a millisecond's work. */
async function joinInSlices(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  let sliceEnd = SLICE_CHARACTERS;
  for await (const piece of pieces) {
    text += piece;
    if (text.length < sliceEnd) continue;
    await nextTurn();
    sliceEnd = text.length + SLICE_CHARACTERS;
  }
  return text;
}

/**
 * A family's text as OpenMetrics has it: there the family of a counter has no `_total`, and no line is empty. The library can
 * do this too, but renames its counters for good when it does.
 */
function asOpenMetrics(family: string): string {
  return family
    .replace(/^# HELP (\S+)_total (.*)\n# TYPE \1_total counter$/m, '# HELP $1 $2\n# TYPE $1 counter')
    .replaceAll(/\n{2,}/g, '\n');
}

/** The whole exposition, family by family. One that cannot be read is left out and told to `onError`. */
async function* piecesOf(
  registry: Registry,
  histograms: readonly LatencyHistogram[],
  format: Format,
  onError: (metric: string) => void,
): AsyncGenerator<string> {
  for (const histogram of histograms) yield* histogram.slices(format === 'open');
  for (const { name } of registry.getMetricsAsArray()) {
    try {
      const family = `${await registry.getSingleMetricAsString(name)}\n`;
      yield format === 'open' ? asOpenMetrics(family) : family;
    } catch {
      onError(name);
    }
  }
  if (format === 'open') yield '# EOF\n';
}

const processFiguresAfterMs = 200;

/** The process's own figures soon after the start, or when they are asked for before that. @returns what asks. */
function processFigures(registry: Registry): () => void {
  let isWatched = false;
  const watch = (): void => {
    if (!isWatched) collectDefaultMetrics(registry);
    isWatched = true;
  };
  setTimeout(watch, processFiguresAfterMs).unref();
  return watch;
}

/** Creates the process's metrics in a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const {
    version,
    commit = 'unknown',
    defaultMetrics,
    collectorTimeoutMs = 1000,
    collectorCacheMs = 5000,
  } = options;
  const registry = createRegistry();
  const families = addFamilies(registry);
  const latency = new LatencyHistogram(METRIC_FAMILIES.requestLatency);
  const statements = new LatencyHistogram(METRIC_FAMILIES.dbQuery);
  const operationBound = labelBound(METRIC_FAMILIES.dbQuery.labels.operation);
  const jobBound = labelBound(METRIC_FAMILIES.jobInterval.labels.job);
  const endpointBound = labelBound(METRIC_FAMILIES.requestLatency.labels.endpoint);
  const collectors = new Map<CollectedMetric, () => Promise<void>>();
  new Gauge(configOf(METRIC_FAMILIES.buildInfo, registry)).set({ version, commit, node: process.version }, 1);
  const watchProcess = defaultMetrics ? processFigures(registry) : () => {};

  return {
    requestStarted() {
      families.inFlight.requests += 1;
    },
    requestFinished(method, endpoint, httpStatus, seconds, requestId) {
      families.inFlight.requests -= 1;
      families.requests([method, endpoint, String(httpStatus)]);
      const bounded = endpointBound(endpoint);
      latency.observe(bounded, seconds);
      // Those worth a look: ordinary requests pay nothing.
      if ((httpStatus >= 500 || seconds > OBJECTIVE_SECONDS) && requestId !== undefined)
        latency.exemplify(bounded, { requestId, seconds, at: Date.now() });
    },
    entriesCreated: (source, count) => families.entriesCreated([source], count),
    dbQuery: (operation, seconds) => statements.observe(operationBound(operation), seconds),
    events: (event, outcome, count) => families.events([event, outcome], count),
    egressRequest: (channel, outcome) => families.egressRequests([channel, outcome]),
    egressBytes: (channel, count) => families.egressBytes([channel], count),
    egressBlocked: () => families.egressBlocked([]),
    logins: (method, outcome) => families.logins([method, outcome]),
    exports: (format) => families.exports([format]),
    jobRun: (job, outcome) => families.jobRuns([job, outcome]),
    jobInterval: (job, seconds) => families.jobInterval.set({ job: jobBound(job) }, seconds),
    logLine: (level) => families.logLines([level]),
    logWriteError: () => families.logWriteErrors([]),
    figures: async (metric) => (await registry.getSingleMetric(metric)?.get())?.values ?? [],
    collect(metric, read) {
      const onError = (): void => families.collectorErrors([metric]);
      families.collectorErrors([metric], 0);
      const apply = families.collected[metric];
      collectors.set(
        metric,
        createCollector({ read, apply, onError, timeoutMs: collectorTimeoutMs, cacheMs: collectorCacheMs }),
      );
    },
    contentType: (format) => (format === 'open' ? OPEN_METRICS : registry.contentType),
    async render(format = 'text') {
      watchProcess();
      await Promise.all([...collectors.values()].map((collect) => collect()));
      return joinInSlices(
        piecesOf(registry, [latency, statements], format, (metric) => families.collectorErrors([metric])),
      );
    },
  };
}
