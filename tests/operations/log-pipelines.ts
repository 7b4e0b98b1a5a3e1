import { parse } from 'yaml';
import { parseAlloy } from './alloy-file.ts';
import type { Block, Value } from './alloy-file.ts';
import { base } from './compose-file.ts';
import { fileOf } from './rules.ts';
import type { LogLabels } from './series-labels.ts';

/** What is done with a line, one after the other, in the words of both programs. Pairs are a name and where it comes from. */
export type Stage =
  | { kind: 'json'; pairs: Record<string, string> }
  | { kind: 'timestamp'; source: string; format: string; action_on_failure: string }
  | { kind: 'labels' | 'structured_metadata'; pairs: Record<string, string> }
  | { kind: 'label_drop'; names: string[] };

/** The way of the lines from their file to where they are pushed. */
export interface Pipeline {
  path: string;
  fixed: Record<string, string>;
  stages: Stage[];
  push: string;
}

/** An empty source is the name itself. */
const named = (pairs: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(pairs).map(([name, source]) => [name, source || name]));

interface PromtailFile {
  positions: { filename: string };
  clients: { url: string }[];
  scrape_configs: {
    static_configs: { labels: Record<string, string> }[];
    pipeline_stages: Record<string, unknown>[];
  }[];
}
export const promtailFile = (): PromtailFile => parse(fileOf('promtail/promtail-config.yml')) as PromtailFile;

function promtailStage(stage: Record<string, unknown>): Stage {
  const [[kind, given] = ['', undefined], ...others] = Object.entries(stage);
  if (others.length > 0) throw new Error(`two stages in one: ${JSON.stringify(stage)}`);
  if (kind === 'timestamp') return { kind, ...(given as Omit<Stage & { kind: 'timestamp' }, 'kind'>) };
  if (kind === 'labeldrop') return { kind: 'label_drop', names: given as string[] };
  if (kind === 'labels' || kind === 'structured_metadata')
    return { kind, pairs: named(given as Record<string, string | null>) };
  const { expressions, ...more } = given as { expressions: Record<string, string> };
  if (kind !== 'json' || Object.keys(more).length > 0)
    throw new Error(`not understood: ${JSON.stringify(stage)}`);
  return { kind, pairs: named(expressions) };
}

export function promtailPipeline(): Pipeline {
  const { clients, scrape_configs: jobs } = promtailFile();
  const [job, ...moreJobs] = jobs;
  const [target, ...moreTargets] = job?.static_configs ?? [];
  if (!job || !target || moreJobs.length + moreTargets.length > 0 || clients.length !== 1)
    throw new Error('there is more than one way, or none');
  const { __path__: path = '', ...fixed } = target.labels;
  return { path, fixed, stages: job.pipeline_stages.map(promtailStage), push: clients[0]?.url ?? '' };
}

/** What docker-compose.yml says where .env says nothing. */
function containerVariable(name: string): string {
  const set = String(base().services.alloy?.environment?.[name] ?? '');
  return /^\$\{\w+:-(.*)\}$/.exec(set)?.[1] ?? set;
}

function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (value && 'call' in value && value.call === 'sys.env') return containerVariable(textOf(value.given[0]));
  throw new Error(`no text: ${JSON.stringify(value)}`);
}
function pairsOf(value: Value | undefined): Record<string, string> {
  if (!value || typeof value === 'string' || !('object' in value)) throw new Error('no names and values');
  return Object.fromEntries(Object.entries(value.object).map(([name, text]) => [name, textOf(text)]));
}
const listOf = (value: Value | undefined): Value[] => {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value;
};

function alloyStage({ name, attributes }: Block): Stage {
  const kind = name.replace(/^stage\./, '');
  if (kind === 'json') return { kind, pairs: named(pairsOf(attributes.expressions)) };
  if (kind === 'labels' || kind === 'structured_metadata')
    return { kind, pairs: named(pairsOf(attributes.values)) };
  if (kind === 'label_drop') return { kind, names: listOf(attributes.values).map(textOf) };
  if (kind !== 'timestamp') throw new Error(`not understood: ${name}`);
  const { source, format, action_on_failure } = attributes;
  return {
    ...{ kind, source: textOf(source), format: textOf(format) },
    action_on_failure: textOf(action_on_failure),
  };
}

/** Every way that leads from a file to Loki, followed from component to component as Alloy does. */
export function alloyPipelines(text = fileOf('alloy/config.alloy')): Pipeline[] {
  const { blocks } = parseAlloy(text);
  const gives: Record<string, string> = {
    'local.file_match': 'targets',
    'loki.process': 'receiver',
    'loki.write': 'receiver',
  };
  const found = (value: Value | undefined): Block => {
    const to = value && typeof value !== 'string' && 'to' in value ? value.to : JSON.stringify(value);
    const component = blocks.find(({ name, label }) => `${name}.${label}.${gives[name]}` === to);
    if (!component) throw new Error(`there is no ${to}`);
    return component;
  };
  /** Of lines that arrive at a component: what is done with them until they leave. */
  const onwards = ({ name, attributes, blocks: inner }: Block): { stages: Stage[]; push: string }[] => {
    if (name === 'loki.write')
      return inner.map((endpoint) => ({ stages: [], push: textOf(endpoint.attributes.url) }));
    return listOf(attributes.forward_to)
      .flatMap((next) => onwards(found(next)))
      .map(({ stages, push }) => ({ stages: [...inner.map(alloyStage), ...stages], push }));
  };
  return blocks
    .filter(({ name }) => name === 'loki.source.file')
    .flatMap((source) =>
      listOf(found(source.attributes.targets).attributes.path_targets).flatMap((target) => {
        const { __path__: path = '', ...fixed } = pairsOf(target);
        return onwards(source).map((way) => ({ path, fixed, ...way }));
      }),
    );
}

/** What a dashboard may ask for. */
export function logLabelsOf({ fixed, stages }: Pipeline): LogLabels {
  const of = (kind: Stage['kind']): string[] =>
    stages.flatMap((stage) => (stage.kind === kind && 'pairs' in stage ? Object.keys(stage.pairs) : []));
  return { stream: [...Object.keys(fixed), ...of('labels')], line: of('structured_metadata') };
}

// What Go's layout "2006-01-02T15:04:05Z07:00" accepts.
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export interface Shipped {
  /** Unix milliseconds; nothing where no stage read a time, and that of the reading would be taken. */
  at: number | undefined;
  labels: Record<string, string>;
  metadata: Record<string, string>;
}

/** Does with a line what the stages say, in their order: what a stage needs, one before it must have extracted. */
export function ship(line: string, { path, fixed, stages }: Pipeline): Shipped {
  const extracted = new Map<string, string>();
  // Both programs add the name of the file.
  const shipped: Shipped = { at: undefined, labels: { ...fixed, filename: path }, metadata: {} };
  const extract = (pairs: Record<string, string>): void => {
    const fields = JSON.parse(line) as Record<string, string | number | undefined>;
    for (const [name, field] of Object.entries(pairs))
      if (fields[field] !== undefined) extracted.set(name, String(fields[field]));
  };
  const choose = (into: Record<string, string>, pairs: Record<string, string>): void => {
    for (const [name, source] of Object.entries(pairs)) {
      const value = extracted.get(source);
      if (value !== undefined) into[name] = value;
    }
  };
  for (const stage of stages) {
    if (stage.kind === 'json') extract(stage.pairs);
    else if (stage.kind === 'label_drop') for (const name of stage.names) delete shipped.labels[name];
    else if (stage.kind === 'timestamp') {
      const time = extracted.get(stage.source) ?? '';
      if (stage.format === 'RFC3339' && RFC3339.test(time)) shipped.at = Date.parse(time);
    } else choose(stage.kind === 'labels' ? shipped.labels : shipped.metadata, stage.pairs);
  }
  return shipped;
}
