import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvHead, textCell } from '../../src/features/reports/csv.ts';
import { exportPages } from '../../src/features/reports/export.ts';
import { addDays } from '../../src/shared/calendar.ts';
import { createTestApp } from '../support/app.ts';
import type { CastName, TestApp } from '../support/app.ts';
import { insertEntry, insertNamed, insertProject, insertTask } from './entry-rows.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const exported = () => app.logLines().filter((line) => line['event'] === 'export.csv');
const csv = async (name: CastName, from: string, to = from) =>
  app.as(name).get(`/reports/export.csv?from=${from}&to=${to}`).expect(200);

/** Cells of a CSV text by RFC 4180, strictly: anything else throws. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) throw new Error(`not RFC 4180 near ${JSON.stringify(text.slice(-50))}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Makes the file far larger than what the system's buffers take from a server whose client does not read. */
const padding = 'long '.repeat(96);

/** A row for the table: one second of time, so many seconds after eight. */
function plainEntry(user_id: number, local_date: string, second: number, description: string) {
  const started_at = Date.parse(`${local_date}T08:00:00Z`) + second * 1000;
  return {
    user_id,
    project_id: null,
    description,
    started_at,
    ended_at: started_at + 1000,
    zone: 'UTC',
    local_date,
    billable: 0 as const,
    source: 'demo' as const,
    created_at: 0,
    updated_at: 0,
  };
}

/** Many entries at once, a second each, over four days of one month. */
async function insertMany(user_id: number, count: number, month: string): Promise<void> {
  for (let start = 0; start < count; start += 1000) {
    const rows = Array.from({ length: Math.min(1000, count - start) }, (_, index) => {
      const number = start + index;
      // Several start in the same second, so that pages have to cut between equal starts.
      const second = Math.floor(number / 44);
      return plainEntry(user_id, `${month}-0${1 + (number % 4)}`, second, `Entry ${number} ${padding}`);
    });
    await app.deps.db.insertInto('entries').values(rows).execute();
  }
}

describe('the file', () => {
  it('has a row for each entry, in order, with local times, names and tags', async () => {
    const db = app.deps.db;
    const project_id = await insertProject(db, 'Website, new', { client: 'Müller "& Co"' });
    const tag_ids = [await insertNamed(db, 'tags', 'zulu'), await insertNamed(db, 'tags', 'alpha')];
    await insertEntry(db, app.ids.bob, {
      local_date: '2026-03-28',
      seconds: 5405,
      project_id,
      task_id: await insertTask(db, project_id, 'Paint, twice'),
      tag_ids,
      description: 'Said "no", twice',
    });
    await insertEntry(db, app.ids.bob, {
      local_date: '2026-03-28',
      seconds: 3 * 3600,
      offset_ms: 23 * 3_600_000,
      billable: 0,
      zone: 'America/New_York',
    });
    await insertEntry(db, app.ids.bob, { local_date: '2026-03-29', seconds: 4 * 3600, offset_ms: 0 });
    await insertEntry(db, app.ids.bob, { local_date: '2026-03-29', seconds: null });
    const answer = await csv('bob', '2026-03-01', '2026-03-31');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="timetracker-2026-03-01-2026-03-31.csv"',
    );
    expect(answer.text.startsWith('\uFEFFDate,')).toBe(true);
    expect(answer.text.endsWith('\r\n')).toBe(true);
    expect(parseCsv(answer.text.slice(1))).toEqual([
      'Date,Start,End date,End,Time zone,Duration,Hours,Person,Client,Project,Task,Description,Tags,Billable'.split(
        ',',
      ),
      [
        ...['2026-03-28', '09:00:00', '2026-03-28', '10:30:05', 'Europe/Berlin', '1:30:05', '1.5014', 'Bob'],
        ...['Müller "& Co"', 'Website, new', 'Paint, twice', 'Said "no", twice', 'alpha, zulu', 'Yes'],
      ],
      [
        ...['2026-03-28', '23:00:00', '2026-03-29', '02:00:00', 'America/New_York', '3:00:00', '3', 'Bob'],
        ...['', '', '', '', '', 'No'],
      ],
      // Four hours from midnight on the day the clock skips one.
      [
        ...['2026-03-29', '00:00:00', '2026-03-29', '05:00:00', 'Europe/Berlin', '4:00:00', '4', 'Bob'],
        ...['', '', '', '', '', 'Yes'],
      ],
    ]);
    expect(exported().at(-1)).toMatchObject({ row_count: 1, date_range_days: 31, user_id: app.ids.bob });
    expect(await app.deps.metrics.render()).toContain('tt_exports_total{format="csv"} 1');
  });

  it('of nothing is its header', async () => {
    const answer = await csv('bob', '2001-01-01');
    expect(parseCsv(answer.text.slice(1))).toHaveLength(1);
    expect(exported().at(-1)).toMatchObject({ row_count: 0, date_range_days: 1 });
  });

  it('answers HEAD without reading a row', async () => {
    const before = exported().length;
    const answer = await fetch(`${app.address}/reports/export.csv?from=2026-03-01`, {
      method: 'HEAD',
      headers: { cookie: app.cookies.bob },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toContain('timetracker-2026-03-01');
    expect(exported()).toHaveLength(before);
  });

  it('runs no formula', async () => {
    const db = app.deps.db;
    const project_id = await insertProject(db, '+cmd', { client: '@SUM(A1)' });
    const task_id = await insertTask(db, project_id, '=task');
    const tag_ids = [await insertNamed(db, 'tags', '-2+3')];
    const formulas = ['=HYPERLINK("http://example.com")', '+1', '-1', '@A1', '\tx', '＝1', "'=1"];
    for (const [index, description] of formulas.entries())
      await insertEntry(db, app.ids.bob, {
        local_date: '2027-01-01',
        seconds: 60,
        offset_ms: index * 60_000,
        description,
        project_id,
        task_id,
        tag_ids,
      });
    const rows = parseCsv((await csv('bob', '2027-01-01')).text.slice(1)).slice(1);
    expect(rows.map((row) => row[11])).toEqual([...formulas.slice(0, -1).map((text) => `'${text}`), "'=1"]);
    for (const row of rows) {
      expect(row.slice(8, 11)).toEqual(["'@SUM(A1)", "'+cmd", "'=task"]);
      expect(row[12]).toBe("'-2+3");
      for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
  });

  it.each([
    ['x;=1', "x;'=1"],
    ['x; =1', "x;' =1"],
    ['x\t-1', "x\t'-1"],
    ['"=1', `"""'=1"`],
    ['x;"+1"', `"x;""'+1"""`],
    ['a\n=1', `"a\n'=1"`],
    ['a - b, -5 € (+2) @ home; done', '"a - b, -5 € (+2) @ home; done"'],
  ])('runs no formula behind a sign that splits cells elsewhere: %j', (text, cell) => {
    expect(textCell(text)).toBe(cell);
  });

  it('quotes any text so that it comes back, and never as a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (texts) => {
        const [cells] = parseCsv(csvHead(texts).slice(1));
        const plain = (text: string) => text.replaceAll("'", '');
        expect(cells?.map(plain)).toEqual(texts.map(plain));
        for (const text of texts) expect(textCell(text)).not.toMatch(/^"?[=+\-@\t\r]/);
      }),
    );
  });
});

it(
  'keeps no more in memory at the end of a long file than after its first pages',
  { timeout: 120_000 },
  async () => {
    const rows = 200_000;
    const from = '2040-01-01';
    for (let start = 0; start < rows; start += 1000) {
      const local_date = addDays(from, start / 1000) ?? from;
      await app.deps.db
        .insertInto('entries')
        .values(
          Array.from({ length: 1000 }, (_, index) => plainEntry(app.ids.charlie, local_date, index, 'x')),
        )
        .execute();
    }
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const selection = {
      from,
      to: '2040-12-31',
      user_ids: [],
      scope: { sees: 'all' as const },
      client_ids: [],
      project_ids: [],
      tag_ids: [],
      task_ids: [],
    };
    const kept: number[] = [];
    let count = 0;
    for await (const page of exportPages(
      app.deps.db,
      { ...selection, billable: '' },
      { yes: 'Yes', no: 'No' },
    )) {
      count += page.rows;
      if (count < kept.length * 20_000) continue;
      collect();
      kept.push(process.memoryUsage().heapUsed);
    }
    expect(count).toBe(rows);
    // The rows alone would be 60 MB, their text 25 MB.
    expect((kept.at(-1) ?? Infinity) - (kept[0] ?? 0)).toBeLessThan(5_000_000);
  },
);

describe('a long export', () => {
  const rows = 30_000;
  const address = () => `${app.address}/reports/export.csv?from=2030-01-01&to=2030-01-31`;

  beforeAll(async () => {
    await insertMany(app.ids.charlie, rows, '2030-01');
  });

  it('has every row once, in order, across pages and equal starts', async () => {
    for (const name of ['charlie', 'alice'] as const) {
      const cells = parseCsv((await csv(name, '2030-01-01', '2030-01-31')).text.slice(1)).slice(1);
      expect(cells).toHaveLength(rows);
      expect(new Set(cells.map((row) => row[11])).size).toBe(rows);
      const order = cells.map((row) => `${row[0]} ${row[1]}`);
      expect(order).toEqual([...order].sort());
    }
    expect(exported().at(-1)).toMatchObject({ row_count: 10_000, date_range_days: 31 });
  });

  it('gives everybody else a turn after each page, however fast it is taken', async () => {
    let [pages, turns, goes] = [0, 0, true];
    const turn = (): void => {
      turns += 1;
      if (goes) setImmediate(turn);
    };
    setImmediate(turn);
    const selection = {
      from: '2030-01-01',
      to: '2030-01-31',
      user_ids: [],
      scope: { sees: 'all' as const },
      tag_ids: [],
      task_ids: [],
    };
    const all = { ...selection, client_ids: [], project_ids: [], billable: '' as const };
    for await (const page of exportPages(app.deps.db, all, { yes: 'Yes', no: 'No' }))
      if (page.rows > 0) pages += 1;
    goes = false;
    expect(pages).toBeGreaterThanOrEqual(rows / 500);
    expect(turns).toBeGreaterThanOrEqual(pages - 1);
  });

  it('lets others be served while it runs', async () => {
    const finished: string[] = [];
    const file = fetch(address(), { headers: { cookie: app.cookies.alice } })
      .then((answer) => answer.arrayBuffer())
      .then(() => finished.push('export'));
    await new Promise((resolve) => setImmediate(resolve));
    const page = app
      .as('bob')
      .get('/tags')
      .expect(200)
      .then(() => finished.push('page'));
    await Promise.all([file, page]);
    expect(finished).toEqual(['page', 'export']);
  });

  const request = async (): Promise<IncomingMessage> => {
    const [answer] = (await once(get(address(), { headers: { cookie: app.cookies.alice } }), 'response')) as [
      IncomingMessage,
    ];
    return answer;
  };
  const selectCount = async (): Promise<number> => {
    const line = /tt_db_query_seconds_count\{operation="select"\} (\d+)/.exec(
      await app.deps.metrics.render(),
    );
    return Number(line?.[1]);
  };
  const settled = async (): Promise<number> => {
    let count = await selectCount();
    for (let same = 0; same < 10; same += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const now = await selectCount();
      if (now !== count) same = 0;
      count = now;
    }
    return count;
  };

  it('waits for a slow client, and stops reading when the client goes away', async () => {
    const events = exported().length;
    const before = await settled();
    const answer = await request();
    answer.pause();
    const waiting = await settled();
    // 60 pages of two queries each would be read if nobody waited for the client.
    expect(waiting - before).toBeLessThan(90);
    answer.destroy();
    const after = await settled();
    expect(after - waiting).toBeLessThan(10);
    expect(exported()).toHaveLength(events);
    const line = app.logLines().findLast((logged) => logged['endpoint'] === '/reports/export.csv');
    expect(line?.['http_status']).toBe(499);
  });

  it('breaks the connection when it fails half way, and looks like no whole file', async () => {
    app.expectErrors();
    const failures = () => app.logLines().filter((line) => line['msg'] === 'request failed');
    const answer = await request();
    answer.pause();
    await settled();
    await app.deps.db.schema.alterTable('entry_tags').renameTo('entry_tags_away').execute();
    const broken = new Promise<unknown>((resolve) => {
      answer.on('end', () => resolve('whole'));
      answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    answer.resume();
    expect(await broken).toBe('ECONNRESET');
    expect(failures()).toHaveLength(1);
    await app.deps.db.schema.alterTable('entry_tags_away').renameTo('entry_tags').execute();
  });

  it('that fails at once is an ordinary error page', async () => {
    await app.deps.db.schema.alterTable('entry_tags').renameTo('entry_tags_away').execute();
    const answer = await app.as('alice').get('/reports/export.csv?from=2030-01-01&to=2030-01-31').expect(500);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.headers['content-disposition']).toBeUndefined();
    await app.deps.db.schema.alterTable('entry_tags_away').renameTo('entry_tags').execute();
  });
});
