import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LOG_LEVELS } from '../../src/observability/metric-catalogue.ts';
import { newInstallation, startServerProcess } from '../support/server-process.ts';
import { base } from './compose-file.ts';
import { fileOf } from './rules.ts';

/** What a pipeline does with a line, in the words of both programs. */
interface Pipeline {
  path: string;
  fixed: Record<string, string>;
  expressions: Record<string, string>;
  timestamp: { source: string; format: string };
  labels: string[];
  structured_metadata: string[];
  dropped: string[];
}

interface PromtailFile {
  positions: { filename: string };
  scrape_configs: {
    static_configs: { labels: Record<string, string> }[];
    pipeline_stages: {
      json?: { expressions: Record<string, string> };
      timestamp?: { source: string; format: string };
      labels?: Record<string, null>;
      structured_metadata?: Record<string, null>;
      labeldrop?: string[];
    }[];
  }[];
}

const promtailFile = parse(fileOf('promtail/promtail-config.yml')) as PromtailFile;
const alloyFile = fileOf('alloy/config.alloy');

function promtail(): Pipeline {
  const [job] = promtailFile.scrape_configs;
  const { __path__: path = '', ...fixed } = job?.static_configs[0]?.labels ?? {};
  const stages = Object.assign({}, ...(job?.pipeline_stages ?? [])) as Required<
    NonNullable<typeof job>['pipeline_stages'][number]
  >;
  return {
    path,
    fixed,
    expressions: stages.json.expressions,
    timestamp: { source: stages.timestamp.source, format: stages.timestamp.format },
    labels: Object.keys(stages.labels),
    structured_metadata: Object.keys(stages.structured_metadata),
    dropped: stages.labeldrop,
  };
}

/** Reads the parts of our own Alloy file that matter here. Its language has no parser outside Alloy. */
function alloy(): Pipeline {
  const block = (name: string): string => alloyFile.split(`stage.${name} {`)[1]?.split('\n\t}\n')[0] ?? '';
  const pairs = (text: string): Record<string, string> =>
    Object.fromEntries(
      [...text.matchAll(/^\s*"?(\w+)"?\s*=\s*"([^"]*)"/gm)].map(([, key = '', value = '']) => [key, value]),
    );
  const { __path__: path = '', ...fixed } = pairs(
    alloyFile.split('path_targets = [{')[1]?.split('}]')[0] ?? '',
  );
  const { source = '', format = '' } = pairs(block('timestamp'));
  return {
    path,
    fixed: { ...fixed, env: 'production' },
    expressions: pairs(block('json')),
    timestamp: { source, format },
    labels: Object.keys(pairs(block('labels'))),
    structured_metadata: Object.keys(pairs(block('structured_metadata'))),
    dropped: [...block('label_drop').matchAll(/"(\w+)"/g)].map(([, name = '']) => name),
  };
}

// What Go's layout "2006-01-02T15:04:05Z07:00" accepts.
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

interface Shipped {
  at: number;
  labels: Record<string, string>;
  metadata: Record<string, string>;
}

function ship(line: string, pipeline: Pipeline): Shipped {
  const fields = JSON.parse(line) as Record<string, string | number | undefined>;
  const extracted = Object.fromEntries(
    Object.entries(pipeline.expressions).map(([name, field]) => [name, fields[field]]),
  );
  const time = String(extracted[pipeline.timestamp.source]);
  expect(pipeline.timestamp.format).toBe('RFC3339');
  expect(time).toMatch(RFC3339);
  const chosen = (names: string[]): Record<string, string> =>
    Object.fromEntries(
      names.flatMap((name) => (extracted[name] === undefined ? [] : [[name, String(extracted[name])]])),
    );
  return {
    at: Date.parse(time),
    labels: { ...pipeline.fixed, ...chosen(pipeline.labels) },
    metadata: chosen(pipeline.structured_metadata),
  };
}

let lines: string[] = [];
let startedAt = 0;
beforeAll(async () => {
  const folder = await newInstallation();
  startedAt = Date.now();
  const server = await startServerProcess(folder);
  const headers = { origin: server.address, 'content-type': 'application/x-www-form-urlencoded' };
  const signIn = (password: string) =>
    fetch(`${server.address}/login`, {
      method: 'POST',
      headers,
      redirect: 'manual',
      body: new URLSearchParams({ email: 'ada@example.com', password }),
    });
  await signIn('wrong');
  await signIn('correct horse battery');
  await fetch(`${server.address}/nothing?secret=1`);
  server.kill('SIGTERM');
  await server.ended;
  lines = readFileSync(join(folder, 'logs', 'app.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
});

describe.each([
  ['promtail/promtail-config.yml', promtail()],
  ['alloy/config.alloy', alloy()],
])('%s, given lines that the application wrote', (_file, pipeline) => {
  it('reads only what the application writes', () => {
    const written = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)));
    for (const field of Object.values(pipeline.expressions)) expect([...written]).toContain(field);
  });

  it('takes the time of the line', () => {
    for (const line of lines) {
      const { at } = ship(line, pipeline);
      expect(at).toBe(Date.parse(String((JSON.parse(line) as { time: string }).time)));
      expect(at).toBeGreaterThan(startedAt - 60_000);
      expect(at).toBeLessThan(Date.now() + 1000);
    }
  });

  it('has few labels of few values, none of which tells who it was', () => {
    expect(pipeline.dropped).toEqual(['filename']);
    for (const line of lines) {
      const { labels, metadata } = ship(line, pipeline);
      expect(Object.keys(labels).sort()).toEqual(['app', 'env', 'level']);
      expect(labels).toMatchObject({ app: 'timetracker', env: 'production' });
      expect(LOG_LEVELS).toContain(labels.level);
      expect([...Object.keys(labels), ...Object.keys(metadata)]).not.toContain('user_id');
    }
  });

  it('keeps request id and event beside the line', () => {
    const shipped = lines.map((line) => ship(line, pipeline));
    const failed = shipped.find(({ metadata }) => metadata.event === 'auth.login_failed');
    expect(failed?.metadata.request_id).toMatch(/^[\w-]+$/);
    const requests = lines.filter((line) => line.includes('"msg":"request"'));
    expect(requests.length).toBeGreaterThanOrEqual(3);
    for (const line of requests) expect(ship(line, pipeline).metadata.request_id).toMatch(/./);
  });

  it('follows the live file only, at the place where the container has it', () => {
    expect(pipeline.path).toBe(base().services.app?.environment?.LOG_FILE);
    expect(pipeline.path).not.toMatch(/[*?[\]{}]/);
    expect(base().services.alloy?.volumes).toContain('logs:/logs:ro');
  });
});

describe('both pipelines', () => {
  it('do the same', () => {
    expect(alloy()).toEqual(promtail());
  });

  it('remember how far they read where a restart finds it', () => {
    expect(promtailFile.positions.filename).not.toMatch(/^\/tmp/);
    const { command = [], volumes = [] } = base().services.alloy ?? {};
    const kept = command.find((argument) => argument.startsWith('--storage.path='))?.split('=')[1];
    expect(volumes.map((volume) => volume.split(':')[1])).toContain(kept);
  });
});

describe('loki/loki-config.yml', () => {
  const loki = parse(fileOf('loki/loki-config.yml')) as Record<string, Record<string, unknown>>;

  it('deletes what is old, and can delete lines about one person', () => {
    expect(loki.compactor).toMatchObject({ retention_enabled: true, delete_request_store: 'filesystem' });
    expect(loki.limits_config).toMatchObject({
      retention_period: '720h',
      deletion_mode: 'filter-and-delete',
    });
  });

  it('stores as structured metadata asks for, and has no key that 3.8 refuses', () => {
    expect(loki.schema_config).toMatchObject({
      configs: [{ store: 'tsdb', schema: 'v13', index: { period: '24h' } }],
    });
    expect(fileOf('loki/loki-config.yml')).not.toMatch(
      /allow_deletes|unordered_writes|boltdb|shared_store|max_transfer_retries|enforce_metric_name/,
    );
  });
});
