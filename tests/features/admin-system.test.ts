import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { monitorLoop } from '../../src/observability/event-loop.ts';
import { countLatency, newLatencyCounts, percentile } from '../../src/observability/latency-scale.ts';
import { createRecentFigures } from '../../src/observability/recent-figures.ts';
import { createSlowStatements, shapeOf } from '../../src/observability/slow-statements.ts';
import { isMessageKey } from '../../src/i18n/translate.ts';
import { jobNames, runAllJobs, startJobs } from '../../src/jobs.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp, testNow } from '../support/app.ts';
import { elementsOf, parseHtml } from '../support/html.ts';
import type { HtmlElement } from '../support/html.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});

const textOf = (element: HtmlElement): string =>
  element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
const squeezed = (element: HtmlElement): string => textOf(element).replace(/\s+/g, ' ').trim();

/** Rows of the table below a heading, as texts of their cells. */
function rowsBelow(html: string, id: string): string[][] {
  const section = [...elementsOf(parseHtml(html))].find(
    ({ name, attributes }) => name === 'section' && attributes['aria-labelledby'] === id,
  );
  const rows = section ? [...elementsOf(section)].filter(({ name }) => name === 'tr') : [];
  return rows.map((row) => row.children.filter((cell) => typeof cell !== 'string').map(squeezed));
}

function tilesOf(html: string): Record<string, string> {
  const tiles = [...elementsOf(parseHtml(html))].filter(({ attributes }) => attributes['class'] === 'tile');
  return Object.fromEntries(
    tiles.map((tile) => tile.children.filter((part) => typeof part !== 'string').map(squeezed)),
  ) as Record<string, string>;
}

describe('/admin/system', () => {
  test('is nothing to those who are no administrators, its live part neither', async () => {
    for (const path of ['/admin/system', '/admin/system/live']) {
      await app.as('bob').get(path).expect(404);
      await app.stranger
        .get(path)
        .expect(303)
        .expect('Location', /^\/login/);
    }
  });

  test('tells of a server at rest in English and German', async () => {
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    expect(text).toContain('Nothing needs your attention.');
    expect(text).toContain(`<code>${app.deps.config.version}</code>`);
    await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    const german = await app.as('alice').get('/admin/system').expect(200);
    expect(german.text).toContain('Nichts braucht Ihre Aufmerksamkeit.');
  });

  test('renews itself by a part that is no page of its own, unless it is paused', async () => {
    const live = await app.as('alice').get('/admin/system').expect(200);
    expect(live.text).toContain('<tt-live data-part="system-live" data-address="/admin/system/live"');
    const paused = await app.as('alice').get('/admin/system?live=off').expect(200);
    expect(paused.text).not.toContain('<tt-live');
    const part = await app.as('alice').get('/admin/system/live').expect(200);
    expect(part.text).toMatch(/^<div class="stack" id="system-live">/);
    // A page that somebody viewed is counted and not logged.
    const viewed = await app.deps.metrics.figures('tt_events_total');
    expect(viewed.find(({ labels }) => labels['event'] === 'page.viewed')?.value).toBe(2);
    const requests = app
      .logLines()
      .filter(({ endpoint, msg }) => msg === 'request' && endpoint === '/admin/system/live');
    expect(requests.map(({ level }) => level)).toEqual(['debug']);
  });

  test('counts requests by endpoint, those that failed first, and points them out', async () => {
    app.expectErrors();
    for (let index = 0; index < 3; index += 1) await app.as('bob').get('/timer').expect(200);
    await app.as('bob').get('/projects/999999').expect(404);
    await app.deps.db.schema.alterTable('tags').renameTo('tags_away').execute();
    await app.as('alice').get('/tags').expect(500);
    await app.deps.db.schema.alterTable('tags_away').renameTo('tags').execute();
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    const [, first, ...others] = rowsBelow(text, 'system-endpoints');
    expect(first?.slice(0, 5)).toEqual(['/tags', '1', '1', '0', '0']);
    expect(others.map((row) => row.slice(0, 5))).toContainEqual(['/timer', '3', '0', '0', '0']);
    expect(others.map((row) => row.slice(0, 5))).toContainEqual(['/projects/:id', '1', '0', '1', '0']);
    expect(tilesOf(text)['Failed (5xx)']).toBe('20%');
    expect(text).toContain('1 request failed within the last hour');
  });

  test('leaves files, probes and its own updates out of the figures on top', async () => {
    for (let index = 0; index < 20; index += 1) await app.stranger.get('/livez').expect(200);
    for (let index = 0; index < 20; index += 1) await app.as('alice').get('/admin/system/live').expect(200);
    await app.as('bob').get('/timer').expect(200);
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    expect(tilesOf(text)['Requests per minute']).toBe('1');
    expect(rowsBelow(text, 'system-endpoints').map(([endpoint, count]) => `${endpoint} ${count}`)).toContain(
      '/livez 20',
    );
  });

  test('draws the hour by minutes, and says it in a table', async () => {
    for (const requests of [1, 4, 2]) {
      for (let index = 0; index < requests; index += 1) await app.as('bob').get('/timer').expect(200);
      app.deps.recent.sample();
      app.clock.now += 5 * 60_000;
    }
    const { text } = await app.as('alice').get('/admin/system/live').expect(200);
    const [chart] = [...elementsOf(parseHtml(text))].filter(({ attributes }) => attributes['role'] === 'img');
    expect(chart?.attributes['aria-label']).toBe('Requests per minute over the last hour, at most 4');
    const bars = [...elementsOf(chart as HtmlElement)].filter(({ name }) => name === 'rect');
    expect(bars).toHaveLength(3);
    const counts = rowsBelow(text, 'system-hour')
      .slice(1)
      .map(([, requests]) => requests);
    expect(counts).toEqual(['0', '2', '4', '1']);
  });

  test('shows the quarter of a minute that goes on, also when it is read after the clock', async () => {
    for (let index = 0; index < 3; index += 1) await app.as('bob').get('/timer').expect(200);
    let now = app.clock.now;
    Object.defineProperty(app.clock, 'now', { get: () => (now += 1) });
    const { text } = await app.as('alice').get('/admin/system/live').expect(200);
    expect(tilesOf(text)['Requests per minute']).not.toBe('0');
    const charts = [...elementsOf(parseHtml(text))].filter(({ attributes }) => attributes['role'] === 'img');
    const bars = charts.map((chart) => [...elementsOf(chart)].filter(({ name }) => name === 'rect').length);
    expect(bars).toEqual([1, 1]);
    expect(rowsBelow(text, 'system-hour').map(([, requests]) => requests)).toEqual(['Requests', '3']);
  });

  test('names a slow statement without its values', async () => {
    const { db, connection } = app.deps;
    const slow =
      connection.dialect === 'postgres'
        ? sql`select (select count(pg_sleep(0.05))), ${'a secret note'}::text, (select max(id) from users where id = 7)`
        : sql`with recursive many(n) as (select 1 union all select n + 1 from many where n < 500000)
              select (select count(*) from many), ${'a secret note'}, 'another secret', (select max(id) from users where id = 7)`;
    await slow.execute(db);
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    const row = rowsBelow(text, 'system-statements').find(([statement]) => statement?.startsWith('select '));
    expect(row?.[0]).toMatch(/^select (many, )?users/);
    expect(row?.[1]).toBe('1');
    expect(text).not.toContain('secret');
  });

  test('lists jobs with their last success and next run, and what fails', async () => {
    app.expectErrors();
    await runAllJobs(app.deps);
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    const row = rowsBelow(text, 'system-jobs').find(([job]) => job === 'End old sessions');
    expect(row).toEqual(['End old sessions', '03/04/2026, 10:00', '03/04/2026, 10:57']);
    expect(text).not.toContain('deliver_');

    app.clock.now += 3 * 3_600_000;
    await app.deps.db.schema.alterTable('rate_limits').renameTo('away').execute();
    await runAllJobs(app.deps);
    await app.deps.db.schema.alterTable('away').renameTo('rate_limits').execute();
    const later = await app.as('alice').get('/admin/system').expect(200);
    expect(later.text).toContain('The job Forget failed sign-ins failed once');
    expect(rowsBelow(later.text, 'system-jobs').map(([job]) => job)).toContain(
      'Forget failed sign-ins 1 failed since the start',
    );
  });

  test('says which jobs have not succeeded for long or ever, but not to one that has just started', async () => {
    // Their intervals are known now; none has run.
    startJobs(app.deps)();
    const [never, dead, alive] = ['end_links', 'forget_notices', 'end_sessions'];
    const success: Record<string, number | null> = { [never]: null, [alive]: testNow + 60_000 };
    await app.deps.db.deleteFrom('jobs').execute();
    const row = { holder: 'gone', lease_until: testNow + 24 * 3_600_000 };
    const values = [never, dead, alive].map((name) => ({
      ...row,
      name,
      last_success_at: name in success ? (success[name] ?? null) : testNow - 10 * 24 * 3_600_000,
    }));
    await app.deps.db.insertInto('jobs').values(values).execute();
    const page = async () => (await app.as('alice').get('/admin/system').expect(200)).text;
    expect(await page()).not.toContain('succeeded');
    app.clock.now += 11 * 60_000;
    const text = await page();
    expect(text).toContain('The job Forget old notices last succeeded 10 days 0 h ago.');
    expect(text).toContain(
      'The job Forget links of invitations and passwords that ended has never succeeded.',
    );
    expect(text).not.toContain('The job End old sessions');
    expect(text).not.toContain('No backup');
    app.clock.now += 3 * 3_600_000;
    expect(await page()).toContain('No backup has been made yet.');
  });

  test('has a name for every job', () => {
    expect(jobNames.filter((name) => !isMessageKey(`system.job.${name}`))).toEqual([]);
  });

  test('shows what waits in the outbox and for how long', async () => {
    await app.deps.db
      .insertInto('outbox')
      .values({
        ...{ channel: 'analytics', purpose: 'timer.started', body: '{}', state: 'queued', attempts: 0 },
        ...{ user_id: app.ids.bob, consent_id: null, idempotency_key: 'one' },
        ...{ created_at: testNow - 2 * 3_600_000, next_attempt_at: testNow },
      } as never)
      .execute();
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    expect(rowsBelow(text, 'system-outbox')).toContainEqual(['Product events', '1', '0', '2 h 0 min']);
    expect(text).toContain('the oldest payload has waited for 2 h 0 min');
  });

  test('tells the sizes of the database and of the disk', async () => {
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    expect(text).toMatch(/<dd>(SQLite|PostgreSQL), [\d.,]+ [KMGT]B<\/dd>/);
    expect(text).toMatch(/<dd>[\d.,]+ [KMGT]B free of [\d.,]+ [KMGT]B<\/dd>/);
  });

  // A disk that is another one than that of the tests' folder, where the system has one.
  const another = '/dev/shm';
  test.skipIf(!existsSync(another) || statSync(another).dev === statSync(inject('folder')).dev)(
    'tells of every disk once',
    async () => {
      const disksOf = async (environment: Record<string, string>) => {
        const own = await createTestApp({ environment });
        const { text } = await own.as('alice').get('/admin/system').expect(200);
        return [...text.matchAll(/<dt>(Disk of [^<]+)<\/dt><dd>[\d.,]+ [KMGT]B free of/g)].map(
          ([, label]) => label,
        );
      };
      const folder = mkdtempSync(join(inject('folder'), 'disks-'));
      const elsewhere = mkdtempSync(join(another, 'disks-'));
      expect(await disksOf({ BACKUP_DIR: folder })).toEqual(['Disk of the data folder']);
      expect(await disksOf({ BACKUP_DIR: elsewhere })).toEqual([
        'Disk of the data folder',
        'Disk of the backups',
      ]);
      rmSync(elsewhere, { recursive: true });
    },
  );

  test('does without what cannot be read', async () => {
    await app.deps.db.schema.alterTable('jobs').renameTo('jobs_away').execute();
    const { text } = await app.as('alice').get('/admin/system').expect(200);
    await app.deps.db.schema.alterTable('jobs_away').renameTo('jobs').execute();
    expect(text).toContain('Could not be read; the log says why.');
    expect(app.logLines().filter(({ msg }) => msg === 'figure could not be read')).toHaveLength(1);
  });

  test('asks the database once for all who look at the same time', async () => {
    const looks = () =>
      Promise.all([1, 2, 3].map(() => app.as('alice').get('/admin/system/live').expect(200)));
    await app.deps.db.schema.alterTable('jobs').renameTo('jobs_away').execute();
    await looks();
    await looks();
    await app.deps.db.schema.alterTable('jobs_away').renameTo('jobs').execute();
    expect(app.logLines().filter(({ msg }) => msg === 'figure could not be read')).toHaveLength(1);
  });

  test('takes nothing from what Prometheus reads', async () => {
    await app.as('bob').get('/timer').expect(200);
    const before = await app.deps.metrics.render();
    for (let index = 0; index < 3; index += 1) app.deps.recent.sample();
    const { recent } = app.deps;
    recent.read();
    expect(linesOf(await app.deps.metrics.render(), 'tt_request')).toEqual(linesOf(before, 'tt_request'));
  });
});

const linesOf = (metrics: string, prefix: string): string[] =>
  metrics.split('\n').filter((line) => line.startsWith(prefix));

describe('the figures of the last hour', () => {
  test('forget what is older, and stay small however long a server runs', () => {
    const clock = { now: testNow };
    const recent = createRecentFigures({ now: () => clock.now });
    for (let sample = 0; sample < 1000; sample += 1) {
      recent.requestFinished(sample < 500 ? '/old' : '/new', 200, 0.01);
      clock.now += 15_000;
      recent.sample();
    }
    const { stretches, endpoints } = recent.read();
    expect(stretches).toHaveLength(241);
    expect(recent.windowOf(stretches)).toMatchObject({ requests: 240, seconds: 3600, perMinute: 4 });
    expect(endpoints.map(({ endpoint }) => endpoint)).toEqual(['/new']);
    recent.stop();
  });

  test('tell people who left from requests that were refused', () => {
    const recent = createRecentFigures({ now: () => testNow });
    for (const status of [200, 303, 404, 422, 499, 500, 503]) recent.requestFinished('/x', status, 0.001);
    expect(recent.read().endpoints).toMatchObject([
      { endpoint: '/x', requests: 7, failed: 2, refused: 2, abandoned: 1 },
    ]);
  });

  test('keep percentiles within a fifth of the truth', () => {
    for (const typical of [0.0003, 0.004, 0.03, 0.7, 12]) {
      const counts = newLatencyCounts();
      const times = Array.from({ length: 1000 }, (_, index) => (typical * (index + 1)) / 500);
      for (const seconds of times) countLatency(counts, seconds);
      for (const share of [0.5, 0.95, 0.99]) {
        const exact = times[Math.ceil(share * 1000) - 1] ?? 0;
        const found = percentile(counts, share) ?? 0;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(exact * 0.2, 0.0002));
      }
    }
    expect(percentile(newLatencyCounts(), 0.5)).toBeNull();
  });

  test('read the event loop without taking samples from another reader', async () => {
    const others = monitorEventLoopDelay({ resolution: 20 });
    others.enable();
    const loop = monitorLoop();
    await sleep(100);
    const blockedUntil = performance.now() + 150;
    while (performance.now() < blockedUntil);
    await sleep(100);
    const counted = others.count;
    const reading = loop.read();
    expect(reading.delayMaxSeconds).toBeGreaterThan(0.1);
    expect(reading.utilisation).toBeGreaterThan(0.1);
    expect(loop.read().delayMaxSeconds).toBe(0);
    expect(others.count).toBeGreaterThanOrEqual(counted);
    expect(others.max / 1e9).toBeGreaterThan(0.1);
    loop.stop();
    others.disable();
  });
});

describe('slow statements', () => {
  test('have a shape without literals, parameters and the length of lists', () => {
    expect(
      shapeOf(
        `select "a"."id2" from "a"\n where "x" = $1 and "y" in ($2, $3, $4) and z = 'o''clock' limit 50`,
      ),
    ).toBe('select a.id2 from a where x = ? and y in (…) and z = ? limit ?');
    expect(shapeOf('insert into "t" ("a", "b") values (?, ?), (?, ?), (?, ?)')).toBe(
      'insert into t (a, b) values (…)',
    );
  });

  test('are summed by shape, the most expensive first, and bounded', () => {
    const slow = createSlowStatements({ now: () => testNow, maxKept: 3 });
    slow.observe('select 1 from quick', 0.01);
    // "do update set" of an upsert names no table.
    const upsert = createSlowStatements({ now: () => testNow, maxKept: 3 });
    upsert.observe('insert into jobs (name) values (?) on conflict (name) do update set holder = ?', 0.2);
    expect(upsert.top(1).map(({ name }) => name)).toEqual(['insert jobs']);
    slow.observe('select * from a where id = 1', 0.1);
    slow.observe('select * from a where id = 2', 0.3);
    slow.observe('update b set c = ?', 0.2);
    slow.observe('delete from d', 0.05);
    slow.observe('delete from e', 0.06);
    expect(slow.top(10).map(({ name, count }) => `${name} ${count}`)).toEqual([
      'select a 2',
      'update b 1',
      'delete e 1',
    ]);
    expect(slow.top(1)).toMatchObject([{ totalSeconds: 0.4, slowestSeconds: 0.3, lastAt: testNow }]);
  });
});
