import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chartOf } from '../../src/features/reports/chart.ts';
import { filterHref, readFilter } from '../../src/features/reports/report-filter.ts';
import type { ReportFilter } from '../../src/features/reports/report-filter.ts';
import { monthsOf, summarize } from '../../src/features/reports/summary.ts';
import { addDays, daysBetween, listDates } from '../../src/shared/calendar.ts';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { fillEntries, insertEntry, insertProject } from './entry-rows.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));
const report = async (name: 'alice' | 'bob' | 'charlie', query = '') =>
  main(await app.as(name).get(`/reports/summary${query}`).expect(200));
const viewed = () => app.logLines().filter((line) => line['event'] === 'report.viewed');

const secondsOf = (clock: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
};

/** Figures of the tables of a report page, in seconds: the rows and the foot of each. */
function tables(page: string): { rows: number[]; total: number }[] {
  return [...page.matchAll(/<tbody>(.*?)<\/tbody>\s*<tfoot>(.*?)<\/tfoot>/gs)].map(
    ([, body = '', foot = '']) => {
      const lastCells = (part: string) =>
        [...part.matchAll(/<td class="num"[^>]*>([\d:]+)<\/td>\s*<\/tr>/g)].map(([, text = '']) =>
          secondsOf(text),
        );
      return { rows: lastCells(body), total: lastCells(foot)[0] ?? -1 };
    },
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a report', () => {
  it('is this month’s when nothing is asked for', async () => {
    const project_id = await insertProject(app.deps.db, 'First', { client: 'Acme & sons' });
    await insertEntry(app.deps.db, app.ids.bob, { local_date: '2026-02-28', seconds: 7200, project_id });
    await insertEntry(app.deps.db, app.ids.bob, { local_date: '2026-03-01', seconds: 3600, project_id });
    await insertEntry(app.deps.db, app.ids.bob, {
      local_date: '2026-03-31',
      seconds: 1800,
      project_id,
      billable: 0,
    });
    const page = await report('bob');
    expect(page).toContain('<dd>1:30:00</dd>');
    expect(page).toContain('<dd>1:00:00</dd>');
    expect(page).toContain('67%');
    expect(page).toContain('Acme &amp; sons');
    expect(page).toContain('Sunday, March 1, 2026 – Tuesday, March 31, 2026');
    expect(viewed().at(-1)).toMatchObject({
      report_type: 'summary',
      date_range_days: 31,
      row_count: 1,
      user_id: app.ids.bob,
    });
  });

  it('starts months and weeks in the person’s zone', async () => {
    const { now } = app.clock;
    app.clock.now = Date.parse('2026-02-28T23:30:00Z');
    expect(await report('bob')).toContain('value="2026-03-31"');
    await app.deps.db.updateTable('users').set({ time_zone: 'UTC' }).where('id', '=', app.ids.bob).execute();
    expect(await report('bob')).toContain('value="2026-02-28"');
    await app.deps.db
      .updateTable('users')
      .set({ time_zone: 'Europe/Berlin' })
      .where('id', '=', app.ids.bob)
      .execute();
    app.clock.now = now;
  });

  it('says that running timers are left out', async () => {
    await insertEntry(app.deps.db, app.ids.charlie, { local_date: '2026-03-04', seconds: null });
    const page = await report('charlie');
    expect(page).toContain('1 timer is running. Its time counts as soon as it is stopped.');
    expect(page).toContain('No time in this report');
    expect(await report('charlie', '?from=2026-02-01&to=2026-02-28')).not.toContain('is running');
    expect(await report('bob')).not.toContain('is running');
  });

  it('shows seconds, so that the rows add up to the total', async () => {
    const db = app.deps.db;
    const one = await insertProject(db, 'Seconds one');
    const two = await insertProject(db, 'Seconds two');
    const day = '2031-05-06';
    await insertEntry(db, app.ids.bob, { local_date: day, seconds: 640, project_id: one });
    await insertEntry(db, app.ids.bob, { local_date: day, seconds: 650, project_id: two });
    const page = await report('bob', `?from=${day}&to=${day}`);
    expect(page).toContain('<dd>0:21:30</dd>');
    for (const table of tables(page)) expect(sum(table.rows)).toBe(table.total);
  });

  it('leads to itself for one project, and to the time without one', async () => {
    await insertEntry(app.deps.db, app.ids.bob, { local_date: '2031-06-06', seconds: 3600 });
    const page = await report('bob', '?from=2031-06-01&to=2031-06-30');
    expect(page).toContain('href="/reports/summary?from=2031-06-01&amp;to=2031-06-30&amp;project_id=none"');
    expect(await report('bob', '?from=2031-06-01&to=2031-06-30&project_id=none')).toContain(
      '<dd>1:00:00</dd>',
    );
  });
});

describe('totals', () => {
  it('equal the rows by project and by day, on the page and in the file, for any filter', async () => {
    const filled = await fillEntries(app, { entries: 700, seed: 7, from: '2024-01-01', to: '2025-12-31' });
    const rows = filled.entries;
    const clientOf = new Map(filled.projects.map(({ id, client_id }) => [id, client_id]));
    const queries: { query: string; matches: (row: (typeof rows)[number]) => boolean }[] = [
      { query: '', matches: () => true },
      { query: `&user_id=${app.ids.bob}`, matches: (row) => row.user_id === app.ids.bob },
      {
        query: `&user_id=${app.ids.bob}&user_id=${app.ids.charlie}&billable=yes`,
        matches: (row) => row.user_id !== app.ids.alice && row.billable === 1,
      },
      {
        query: `&project_id=${filled.projects[0]?.id}&project_id=${filled.projects[3]?.id}&project_id=none`,
        matches: ({ project_id }) =>
          project_id === null ||
          project_id === filled.projects[0]?.id ||
          project_id === filled.projects[3]?.id,
      },
      {
        query: `&client_id=${filled.clients[1]}&billable=no`,
        matches: ({ project_id, billable }) =>
          project_id !== null && clientOf.get(project_id) === filled.clients[1] && billable === 0,
      },
      {
        query: `&tag_id=${filled.tags[0]}&tag_id=${filled.tags[1]}`,
        matches: ({ tag_ids }) => tag_ids.some((id) => id === filled.tags[0] || id === filled.tags[1]),
      },
    ];
    const ranges = [
      ['2024-01-01', '2025-12-31'],
      ['2024-02-29', '2024-12-30'],
      ['2024-03-31', '2024-05-02'],
      ['2025-07-01', '2025-07-01'],
    ] as const;
    for (const [from, to] of ranges) {
      for (const { query, matches } of queries) {
        const expected = rows.filter(
          (row) => row.local_date >= from && row.local_date <= to && row.seconds !== null && matches(row),
        );
        const total = sum(expected.map(({ seconds }) => seconds ?? 0));
        const page = await report('alice', `?from=${from}&to=${to}${query}`);
        const found = tables(page);
        if (expected.length === 0) {
          expect(found).toEqual([]);
          continue;
        }
        expect(found).toHaveLength(2);
        for (const table of found) {
          expect(table.total).toBe(total);
          expect(sum(table.rows)).toBe(total);
        }
        const file = await app
          .as('alice')
          .get(`/reports/export.csv?from=${from}&to=${to}${query}`)
          .expect(200);
        const lines = file.text.trimEnd().split('\r\n').slice(1);
        expect(sum(lines.map((line) => secondsOf(line.split(',')[5] ?? '')))).toBe(total);
        expect(lines).toHaveLength(expected.length);
      }
    }
  });

  it('still hold when there are more projects than rows of the table', async () => {
    const db = app.deps.db;
    for (let index = 0; index < 205; index += 1) {
      const project_id = await insertProject(db, `Many ${index}`);
      await insertEntry(db, app.ids.bob, { local_date: '2032-01-05', seconds: 60 * (index + 1), project_id });
    }
    const page = await report('bob', '?from=2032-01-01&to=2032-01-31');
    expect(page).toContain('5 more projects');
    for (const table of tables(page)) expect(sum(table.rows)).toBe(table.total);
    expect(tables(page)[1]?.total).toBe((60 * 205 * 206) / 2);
  });
});

describe('who sees what', () => {
  it('members see their own time, whatever they ask for', async () => {
    const range = '?from=2024-01-01&to=2025-12-31';
    const own = await report('charlie', range);
    expect(await report('charlie', `${range}&user_id=${app.ids.charlie}`)).toContain(
      /<dd>([\d:]+)<\/dd>/.exec(own)?.[1],
    );
    expect(own).not.toContain('name="user_id"');
    await app.as('charlie').get(`/reports/summary${range}&user_id=${app.ids.bob}`).expect(404);
    await app.as('charlie').get(`/reports/export.csv${range}&user_id=${app.ids.bob}`).expect(404);
    await app
      .as('charlie')
      .get(`/reports/summary${range}&user_id=${app.ids.charlie}&user_id=${app.ids.bob}`)
      .expect(404);
    const everybody = await report('alice', range);
    expect(everybody).toContain('name="user_id"');
    expect(/<dd>([\d:]+)<\/dd>/.exec(everybody)?.[1]).not.toBe(/<dd>([\d:]+)<\/dd>/.exec(own)?.[1]);
  });

  it('strangers see nothing', async () => {
    const answer = await app.stranger.get('/reports/summary?from=2024-01-01').expect(303);
    expect(answer.headers['location']).toContain('/login');
    await app.stranger.get('/reports/export.csv').expect(303);
  });
});

describe('a filter', () => {
  it.each([
    ['?from=2026-03-02&to=2026-03-01', 'The end must not be before the start.'],
    ['?from=1990-01-01&to=2026-01-01', 'At most ten years at once.'],
    ['?from=2026-02-30', 'Please enter a date like 2026-11-22.'],
    ['?to=0000-00-00', 'Please enter a date like 2026-11-22.'],
    ['?from=9999-12-31', 'Please enter a date like 2026-11-22.'],
    ['?from=2026-01-01&from=2026-01-02', 'This is not valid.'],
    ['?from=%00', 'characters that cannot be stored'],
    ['?project_id=x', 'Please choose one of the offered values.'],
    ['?tag_id=-1', 'Please choose one of the offered values.'],
    ['?client_id=99999999999999999999', 'Please choose one of the offered values.'],
    ['?billable=maybe', 'Please choose one of the offered values.'],
    [
      `?${Array.from({ length: 101 }, (_, id) => `tag_id=${id + 1}`).join('&')}`,
      'Please choose one of the offered values.',
    ],
  ])('that is not understood, %s, is answered with the page and the sentence', async (query, sentence) => {
    const before = viewed().length;
    for (const path of ['/reports/summary', '/reports/export.csv']) {
      const page = await app.as('alice').get(`${path}${query}`).expect(422);
      expect(page.headers['content-type']).toContain('text/html');
      expect(main(page)).toContain(sentence);
      expect(main(page)).toContain('aria-invalid="true"');
    }
    expect(viewed()).toHaveLength(before);
  });

  it('keeps the rest when a date is wrong', async () => {
    const project_id = await insertProject(app.deps.db, 'Kept choice');
    const page = await app.as('alice').get(`/reports/summary?from=x&to=2026-03-05&project_id=${project_id}`);
    expect(page.status).toBe(422);
    expect(main(page)).toContain(`<input type="hidden" name="project_id" value="${project_id}">`);
    expect(main(page)).toContain('value="2026-03-05"');
  });

  it.each(['user_id', 'client_id', 'project_id', 'tag_id'])(
    'naming an unknown %s is not found',
    async (name) => {
      await app.as('alice').get(`/reports/summary?${name}=99999999`).expect(404);
      await app.as('alice').get(`/reports/export.csv?${name}=99999999`).expect(404);
    },
  );

  it('reads back from its own address', () => {
    const id = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 5 });
    const filters: fc.Arbitrary<ReportFilter> = fc
      .record({
        start: fc.integer({ min: 0, max: 80_000 }),
        days: fc.integer({ min: 0, max: 3652 }),
        user_ids: id,
        client_ids: id,
        project_ids: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 5 }),
        tag_ids: id,
        task_ids: id,
        billable: fc.constantFrom('' as const, 'yes' as const, 'no' as const),
      })
      .map(({ start, days, ...rest }) => {
        const from = addDays('1970-01-01', start) ?? '';
        return { from, to: addDays(from, days) ?? '2199-12-31', ...rest };
      });
    fc.assert(
      fc.property(filters, (filter) => {
        const query: Record<string, string[]> = {};
        for (const [name, value] of new URL(filterHref('/x', filter), 'http://example.com').searchParams)
          (query[name] ??= []).push(value);
        const fields = Object.fromEntries(
          Object.entries(query).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
        );
        expect(readFilter(fields, { today: '2026-03-04', week_start: 1 })).toEqual({
          ok: true,
          value: filter,
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{}, ['2026-03-01', '2026-03-31']],
    [{ from: '2026-02-10' }, ['2026-02-10', '2026-03-31']],
    [{ from: '2026-05-10' }, ['2026-05-10', '2026-06-09']],
    [{ to: '2026-03-10' }, ['2026-03-01', '2026-03-10']],
    [{ to: '2025-03-31' }, ['2025-03-01', '2025-03-31']],
    [{ to: '1970-01-02' }, ['1970-01-02', '1970-01-02']],
  ])('%j is completed to %j', (fields, [from, to]) => {
    const filter = readFilter(fields, { today: '2026-03-04', week_start: 1 });
    expect(filter.ok && [filter.value.from, filter.value.to]).toEqual([from, to]);
  });
});

describe('the bars', () => {
  const selection = (from: string, to: string) => ({
    from,
    to,
    user_ids: [],
    scope: { sees: 'all' as const },
    client_ids: [],
    project_ids: [],
    tag_ids: [],
    task_ids: [],
    billable: '' as const,
  });
  const empty = { byDay: async () => [], byProject: async () => [] };

  it('are read in slices that shrink where much was booked, each day once', async () => {
    const slices: string[][] = [];
    const booked = { project_id: null, seconds: 1, billable_seconds: 0, amount_cents: 0, cost_cents: 0 };
    const row = { ...booked, unrated_seconds: 0, billed_currency: '', paid_currency: '' };
    const source = {
      byDay: async ({ from, to }: { from: string; to: string }) => {
        const days = listDates(from, to);
        slices.push(days);
        // Nobody worked in February, and half the world in March.
        return days.map((local_date) => ({
          ...{ ...row, local_date },
          entries: local_date < '2026-03-01' ? 0 : local_date < '2026-04-01' ? 9_000 : 10,
        }));
      },
      byProject: async () => [],
    };
    const { total } = await summarize(selection('2026-02-01', '2026-04-30'), source, 1);
    expect(slices.flat()).toEqual(listDates('2026-02-01', '2026-04-30'));
    expect(total.entries).toBe(31 * 9_000 + 30 * 10);
    const march = slices.filter(([day = '']) => day.startsWith('2026-03')).map(({ length }) => length);
    // The first slice cannot know; after it nobody waits for more than twenty thousand.
    expect(Math.max(...march.slice(1))).toBeLessThanOrEqual(2);
    expect(slices.at(-1)?.length).toBeGreaterThan(2);
  });

  it('cover every day of the range once, as days, weeks or months', async () => {
    const range = fc.record({
      start: fc.integer({ min: 0, max: 70_000 }),
      days: fc.integer({ min: 0, max: 3652 }),
      week_start: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(range, async ({ start, days, week_start }) => {
        const from = addDays('1970-01-01', start) ?? '';
        const to = addDays(from, days) ?? '';
        const { buckets, unit } = await summarize(selection(from, to), empty, week_start);
        expect(unit).toBe(days < 92 ? 'day' : days < 366 ? 'week' : 'month');
        expect([buckets[0]?.from, buckets.at(-1)?.to]).toEqual([from, to]);
        for (const [index, bucket] of buckets.entries()) {
          expect(daysBetween(bucket.from, bucket.to)).toBeGreaterThanOrEqual(0);
          if (index > 0) expect(bucket.from).toBe(addDays(buckets[index - 1]?.to ?? '', 1));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are read in months', () => {
    expect(monthsOf({ from: '2026-01-31', to: '2026-03-01' })).toEqual([
      { from: '2026-01-31', to: '2026-01-31' },
      { from: '2026-02-01', to: '2026-02-28' },
      { from: '2026-03-01', to: '2026-03-01' },
    ]);
  });

  it('stay inside the drawing', () => {
    const bucket = fc
      .record({
        seconds: fc.integer({ min: 0, max: 10 ** 9 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ seconds, part }) => ({ seconds, billable_seconds: Math.floor(seconds * part), entries: 1 }));
    fc.assert(
      fc.property(fc.array(bucket, { minLength: 1, maxLength: 130 }), (buckets) => {
        const { bars, lines } = chartOf(buckets);
        for (const bar of bars) {
          expect(Number.parseFloat(bar.x) + Number.parseFloat(bar.width)).toBeLessThanOrEqual(100);
          for (const part of [bar.billable, bar.rest]) {
            if (!part) continue;
            expect(Number.parseFloat(part.y)).toBeGreaterThanOrEqual(7.9);
            expect(Number.parseFloat(part.y) + Number.parseFloat(part.height)).toBeLessThanOrEqual(100.02);
          }
        }
        expect(lines.length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

it('speaks German', async () => {
  await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  const page = await report('alice', '?from=2024-01-01&to=2025-12-31');
  expect(page).toContain('Abrechenbarer Anteil');
  expect(page).toContain('Januar 2024');
  const file = await app.as('alice').get('/reports/export.csv').expect(200);
  expect(file.text).toContain('Datum,Beginn,Enddatum,Ende,Zeitzone,Dauer,Stunden');
  await app.deps.db.updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
});
