import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogue, declarationOf, eventNames, recordable } from '../../src/telemetry/catalogue.ts';
import type { EventName } from '../../src/telemetry/catalogue.ts';
import { createRecord } from '../../src/telemetry/record.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const eventLines = (name: EventName) => app.logLines().filter((line) => line['event'] === name);

describe('the catalogue', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'telemetry/catalogue.ts')
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');

  it.each(eventNames)('%s is recorded somewhere', (name) => {
    expect(new RegExp(`record\\(\\s*'${name.replace('.', '\\.')}'`).test(source)).toBe(true);
  });

  it('holds every event that the code records', () => {
    const recorded = [...source.matchAll(/\brecord\(\s*'([a-z_]+\.[a-z_]+)'/g)].map((match) => match[1]);
    expect(recorded.filter((name) => !Object.hasOwn(catalogue, name ?? ''))).toEqual([]);
  });

  it.each(eventNames)('%s says why, who owns it, since when and until when', (name) => {
    const { why, owner, since, expires } = declarationOf(name);
    expect(why).toMatch(/^[A-Z].{10,}\.$/);
    expect(owner).not.toBe('');
    expect(since).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Date.parse(expires)).toBeGreaterThan(Date.now());
    expect(name).toMatch(/^[a-z]+\.[a-z_]+$/);
  });
});

describe('a property', () => {
  it.each([
    [{ kind: 'choice', values: ['a'] } as const, 'a', 'a'],
    [{ kind: 'choice', values: ['a'] } as const, 'Project X', '__other__'],
    [{ kind: 'bucket', edges: [60, 300] } as const, 299, 60],
    [{ kind: 'bucket', edges: [60, 300] } as const, 5, 0],
    [{ kind: 'bucket', edges: [60] } as const, 'text', undefined],
    [{ kind: 'flag' } as const, 'yes', undefined],
    [{ kind: 'id' } as const, 12, 12],
    [{ kind: 'id' } as const, 'Acme', undefined],
    [{ kind: 'route' } as const, '/projects/:id', '/projects/:id'],
    [{ kind: 'route' } as const, '/projects/Big Client', undefined],
  ])('%j keeps %j as %j', (property, value, expected) => {
    expect(recordable(property, value)).toBe(expected);
  });
});

describe('record', () => {
  it('writes one line and one count, with buckets instead of numbers', async () => {
    app.deps.record('timer.stopped', { user_id: 5 }, { duration_seconds: 4000, project_id: 3 });
    expect(eventLines('timer.stopped')).toMatchObject([
      { msg: 'event', user_id: 5, duration_seconds: 3600, project_id: 3 },
    ]);
    expect(await app.deps.metrics.render()).toContain(
      'tt_events_total{event="timer.stopped",outcome="recorded"} 1',
    );
  });

  it('drops what is not declared and counts it, whatever the caller smuggles in', async () => {
    const smuggled = { duration_seconds: 5, name: 'Secret project' } as unknown as {
      duration_seconds: number;
    };
    app.deps.record('timer.discarded', { user_id: 5 }, smuggled);
    expect(JSON.stringify(eventLines('timer.discarded'))).not.toContain('Secret');
    expect(await app.deps.metrics.render()).toContain(
      'tt_events_total{event="timer.discarded",outcome="invalid"} 1',
    );
  });
});

describe('an event', () => {
  it('without a property that is declared is counted as invalid', async () => {
    app.deps.record('project.deleted', { user_id: 5 }, {} as { project_id: number });
    expect(await app.deps.metrics.render()).toContain(
      'tt_events_total{event="project.deleted",outcome="invalid"} 1',
    );
  });

  it('is not recorded after its expiry', () => {
    const outcomes: string[] = [];
    const late = createRecord({
      logger: app.deps.log.logger,
      startedAt: Date.parse('2100-01-01'),
      countEvent: (event, outcome) => outcomes.push(`${event} ${outcome}`),
    });
    const before = app.logLines().length;
    late('client.deleted', { user_id: 5 }, { client_id: 1 });
    expect(outcomes).toEqual(['client.deleted dropped']);
    expect(app.logLines()).toHaveLength(before);
  });
});

describe('change', () => {
  it('records nothing when the change did not happen', async () => {
    const failed = app.deps.change({ user_id: 1 }, async (_trx, record) => {
      record('client.created', { client_id: 1 });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(eventLines('client.created')).toEqual([]);
  });

  it('records after the commit', async () => {
    await app.deps.change({ user_id: 1 }, async (trx, record) => {
      record('client.updated', { client_id: 1 });
      await trx.selectFrom('clients').select('id').execute();
      expect(eventLines('client.updated')).toEqual([]);
    });
    expect(eventLines('client.updated')).toHaveLength(1);
  });
});
