import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { METRIC_FAMILIES } from '../../src/observability/metric-catalogue.ts';

export const root = join(import.meta.dirname, '..', '..');
export const fileOf = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}

export const rulesOf = (path: string): Rule[] =>
  (parse(fileOf(path)) as RuleFile).groups.flatMap(({ rules }) => rules);
export const recordingRules = (): Rule[] => rulesOf('prometheus/rules/recording.yml');
export const alerts = (): Rule[] => rulesOf('prometheus/rules/alerts.yml');

/** Cases of alerts, asked of each alert alone and of its mutants: those that need no recorded rule, the quick ones first. */
export const casesOfOneAlert = ['thresholds', 'jobs', 'hours', 'days'].map(
  (name) => `prometheus/tests/${name}.test.yml`,
);

/** What the process's own metrics are called, with their labels: those of the client that are used somewhere. */
const processMetrics: Record<string, string[]> = {
  process_start_time_seconds: [],
  process_open_fds: [],
  process_max_fds: [],
  process_resident_memory_bytes: [],
  process_cpu_seconds_total: [],
  nodejs_eventloop_lag_p50_seconds: [],
  nodejs_eventloop_lag_p99_seconds: [],
  nodejs_eventloop_lag_max_seconds: [],
  nodejs_heap_size_used_bytes: [],
  nodejs_heap_size_total_bytes: [],
  nodejs_external_memory_bytes: [],
  nodejs_active_handles: ['type'],
  nodejs_gc_duration_seconds_sum: ['kind'],
  nodejs_gc_duration_seconds_count: ['kind'],
};
export const processMetricNames: readonly string[] = Object.keys(processMetrics);

/** Every series name that may be asked for, with the labels it has in Prometheus. */
export function knownSeries(): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  const target = ['job', 'instance'];
  // Prometheus writes its own `job` on every series, and moves one that is there already.
  const stored = (labels: string[]): Set<string> =>
    new Set([...target, ...labels.map((label) => (label === 'job' ? 'exported_job' : label))]);
  known.set('up', new Set(target));
  for (const [name, labels] of Object.entries(processMetrics)) known.set(name, stored(labels));
  for (const { name, type, labels } of Object.values(METRIC_FAMILIES)) {
    const own = Object.keys(labels);
    if (type !== 'histogram') known.set(name, stored(own));
    else {
      known.set(`${name}_bucket`, stored([...own, 'le']));
      known.set(`${name}_sum`, stored(own)).set(`${name}_count`, stored(own));
    }
  }
  for (const { record } of recordingRules()) {
    const level = record?.split(':')[0]?.split('_') ?? [];
    known.set(record ?? '', new Set(levelLabels(level)));
  }
  return known;
}

/** The labels that a recorded rule keeps stand in its name: `job_http_status:…` has `job` and `http_status`. */
function levelLabels(words: string[]): string[] {
  if (words.length === 0) return [];
  const label = words.slice(0, 2).join('_') === 'http_status' ? 'http_status' : (words[0] ?? '');
  return [label, ...levelLabels(words.slice(label.split('_').length))];
}
