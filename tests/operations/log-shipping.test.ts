import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LOG_LEVELS } from '../../src/observability/metric-catalogue.ts';
import { newInstallation, startServerProcess } from '../support/server-process.ts';
import { base } from './compose-file.ts';
import { alloyPipelines, promtailFile, promtailPipeline, ship } from './log-pipelines.ts';
import type { Pipeline } from './log-pipelines.ts';
import { fileOf } from './rules.ts';

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

const nowhere: Pipeline = { path: '', fixed: {}, stages: [], push: '' };

describe.each([
  ['promtail/promtail-config.yml', [promtailPipeline()]],
  ['alloy/config.alloy', alloyPipelines()],
])('%s, given lines that the application wrote', (_file, pipelines) => {
  const [pipeline = nowhere] = pipelines;

  it('has one way from the file to Loki', () => {
    expect(pipelines.map(({ path, push }) => `${path} ${push}`)).toEqual([
      `/logs/app.jsonl http://loki:3100/loki/api/v1/push`,
    ]);
  });

  it('reads only what the application writes', () => {
    const written = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)));
    const read = pipeline.stages.flatMap((stage) =>
      stage.kind === 'json' ? Object.values(stage.pairs) : [],
    );
    expect(read).not.toEqual([]);
    for (const field of read) expect([...written]).toContain(field);
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
    expect(alloyPipelines()).toEqual([promtailPipeline()]);
  });

  it('remember how far they read where a restart finds it', () => {
    expect(promtailFile().positions.filename).not.toMatch(/^\/tmp/);
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
