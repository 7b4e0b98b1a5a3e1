import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Flag } from '../../src/db/schema.ts';
import { addDays, weekOf } from '../../src/shared/calendar.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
import { sumByDay, sumByProject } from '../../src/features/reports/reports.queries.ts';
import type { EntrySelection } from '../../src/features/reports/reports.queries.ts';
import { summarize } from '../../src/features/reports/summary.ts';
import { createPerson, createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { insertNamed } from './entry-rows.ts';

/**
 * Money of reports and their files: to the minor unit, in every grouping, by currency, and for nobody who may not see
 * it. Dora is a manager of the first two projects and a member of the third.
 */

let app: TestApp;
let dora = 0;
let dora_cookie = '';
const world = {
  clients: [] as number[],
  projects: [] as number[],
  tasks: [] as number[],
  tags: [] as number[],
  people: [] as number[],
};
/** Minor units without decimals, with two and with three. */
const currencies = ['EUR', 'USD', 'JPY', 'KWD'] as const;
type Currency = (typeof currencies)[number];

const db = () => app.deps.db;
const insertId = async (table: 'clients' | 'projects' | 'tasks', row: object): Promise<number> => {
  const { id } = await db()
    .insertInto(table)
    .values(row as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
};

beforeAll(async () => {
  app = await createTestApp();
  dora = await createPerson(app.deps, 'dora', 'manager');
  const token = await startSession(db(), {
    ...{ user_id: dora, device: 'test', now: app.clock.now, limits: app.deps.config },
  });
  dora_cookie = `tt_session=${token}`;
  world.people = [app.ids.alice, app.ids.bob, app.ids.charlie, dora];
  const named = (name: string) => ({ name, name_key: name.toLowerCase(), created_at: 1, archived_at: null });
  for (const currency of [null, 'USD', 'JPY'])
    world.clients.push(await insertId('clients', { ...named(`Client ${currency ?? 'own'}`), currency }));
  for (const [index, client] of [0, 1, 0, 2, null].entries()) {
    const client_id = client === null ? null : world.clients[client];
    const id = await insertId('projects', {
      ...named(`Project ${index}`),
      color: 'blue',
      billable: 1,
      client_id,
    });
    world.projects.push(id);
    const task = { description: '', status: 'open', priority: 'normal', updated_at: 1, project_id: id };
    world.tasks.push(await insertId('tasks', { ...named(`Task ${index}`), ...task }));
  }
  for (const name of ['one', 'two', 'three']) world.tags.push(await insertNamed(db(), 'tags', name));
  for (const [index, is_manager] of [1, 1, 0].entries()) {
    const project_id = world.projects[index] ?? 0;
    await db()
      .insertInto('project_members')
      .values({ project_id, user_id: dora, is_manager: is_manager as Flag })
      .execute();
  }
});

beforeEach(async () => {
  await db().deleteFrom('entries').execute();
});

interface MadeEntry {
  user_id: number;
  project_id: number | null;
  task_id: number | null;
  local_date: string;
  seconds: number;
  billable: Flag;
  rate: { cents: number; currency: Currency } | null;
  cost: { cents: number; currency: Currency } | null;
  tag_ids: number[];
}

const price = fc.option(
  fc.record({
    cents: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constant(10_000_000_000)),
    currency: fc.constantFrom(...currencies),
  }),
  { freq: 5 },
);
const someEntry = fc
  .record({
    ...{ person: fc.nat(3), project: fc.nat(5), on_task: fc.boolean(), day: fc.nat(150) },
    seconds: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.constantFrom(1799, 1800, 1801)),
    ...{ billable: fc.boolean(), rate: price, cost: price, tags: fc.subarray([0, 1, 2]) },
  })
  .map(({ person, project, on_task, day, seconds, billable, rate, cost, tags }) => ({
    user: person,
    project: project < 5 ? project : null,
    task: on_task && project < 5 ? project : null,
    ...{ local_date: addDays('2025-11-01', day) ?? '', seconds, billable, tags },
    // What is not billable has no rate.
    ...{ rate: billable ? rate : null, cost },
  }));

async function insertAll(
  list: (typeof someEntry extends fc.Arbitrary<infer One> ? One : never)[],
): Promise<MadeEntry[]> {
  const made = list.map(({ user, project, task, tags, billable, ...rest }): MadeEntry => ({
    ...{ ...rest, user_id: world.people[user] ?? 0, billable: billable ? 1 : 0 },
    ...{ project_id: project === null ? null : (world.projects[project] ?? null) },
    ...{ task_id: task === null ? null : (world.tasks[task] ?? null) },
    tag_ids: tags.map((tag) => world.tags[tag] ?? 0),
  }));
  for (const one of made) await insertMade(one);
  return made;
}

async function insertMade(one: MadeEntry): Promise<number> {
  const { tag_ids, seconds, rate, cost, ...work } = one;
  const started_at = Date.parse(`${one.local_date}T08:00:00Z`);
  const { id } = await db()
    .insertInto('entries')
    .values({
      ...{ ...work, started_at, ended_at: started_at + seconds * 1000, zone: 'UTC', description: '' },
      ...{ source: 'manual', created_at: 1, updated_at: 1 },
      ...{ rate_cents: rate?.cents ?? null, currency: rate?.currency ?? null },
      ...{ cost_rate_cents: cost?.cents ?? null, cost_currency: cost?.currency ?? null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const tag_id of tag_ids)
    await db().insertInto('entry_tags').values({ entry_id: id, tag_id }).execute();
  return id;
}

const entry = (more: Partial<MadeEntry>): MadeEntry => ({
  ...{ user_id: app.ids.bob, project_id: world.projects[0] ?? 0, task_id: null, local_date: '2026-03-02' },
  ...{ seconds: 3600, billable: 1, rate: null, cost: null, tag_ids: [], ...more },
});

/** Half up, in plain decimals: not the way the application does it. */
function naiveAmount(seconds: number, cents: number): number {
  const whole = BigInt(seconds) * BigInt(cents);
  const floor = whole / 3600n;
  return Number((whole - floor * 3600n) * 2n >= 3600n ? floor + 1n : floor);
}

type Money = Record<string, number>;
function naiveMoney(rows: readonly MadeEntry[], kind: 'rate' | 'cost'): Money {
  const sums: Money = {};
  for (const row of rows) {
    const price = row[kind];
    if (price) sums[price.currency] = (sums[price.currency] ?? 0) + naiveAmount(row.seconds, price.cents);
  }
  return sums;
}

function addMoney(all: readonly Money[]): Money {
  const sums: Money = {};
  for (const money of all)
    for (const [currency, cents] of Object.entries(money)) sums[currency] = (sums[currency] ?? 0) + cents;
  return sums;
}

const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));
const get = async (cookie: string, path: string): Promise<{ text: string; status: number }> => {
  const answer = await fetch(`${app.address}${path}`, { headers: { cookie }, redirect: 'manual' });
  return { text: await answer.text(), status: answer.status };
};

const signs: Record<string, Currency> = { '€': 'EUR', $: 'USD', '¥': 'JPY', KWD: 'KWD' };
/** `€1,234.50` in minor units: every decimal is printed. */
function readShown(text: string): [Currency, number] {
  const currency = Object.entries(signs).find(([sign]) => text.includes(sign))?.[1];
  if (!currency) throw new Error(`no amount of money: ${text}`);
  return [currency, Number(text.replace(/\D/g, '')) * (/^[-−]/.test(text) ? -1 : 1)];
}

/** The amounts of a cell, which may be of several currencies; nothing where it says so. */
function readCell(html: string): Money {
  const texts = html
    .replace(/<span class="muted[^"]*">.*?<\/span>/gs, '')
    .split('<br>')
    .map((part) => part.replace(/<[^>]*>/g, '').trim())
    .filter((text) => text !== '');
  return Object.fromEntries(texts.map(readShown));
}

/** Columns of money of the tables of a report page. */
function tables(page: string, label: 'Amount' | 'Costs'): { rows: Money[]; total: Money }[] {
  const cells = (part: string) =>
    [...part.matchAll(new RegExp(`data-label="${label}">(.*?)</td>`, 'gs'))].map(([, cell = '']) =>
      readCell(cell),
    );
  return [...page.matchAll(/<tbody>(.*?)<\/tbody>\s*<tfoot>(.*?)<\/tfoot>/gs)].map(
    ([, body = '', foot = '']) => ({
      rows: cells(body),
      total: cells(foot)[0] ?? {},
    }),
  );
}

const columns = ['rate', 'amount', 'currency', 'cost_rate', 'cost', 'cost_currency'] as const;
/** The last six cells of each line of a file; no text of these entries needs quotes. */
const fileRows = (text: string): Record<(typeof columns)[number], string>[] =>
  text
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const cells = line
        .replace(/"[^"]*"/g, 'x')
        .split(',')
        .slice(-6);
      return Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ''])) as never;
    });

function fileMoney(text: string, kind: 'amount' | 'cost'): Money {
  const currency_of = kind === 'amount' ? ('currency' as const) : ('cost_currency' as const);
  return addMoney(
    fileRows(text)
      .filter((row) => row[kind] !== '')
      .map((row) => {
        expect(row[kind]).toMatch(/^\d+(\.\d+)?$/);
        return { [row[currency_of]]: Number(row[kind].replace('.', '')) };
      }),
  );
}

const without = (money: Money): Money =>
  Object.fromEntries(Object.entries(money).filter(([, cents]) => cents !== 0));

describe('sums of money', () => {
  const viewers = {
    alice: { cookie: () => app.cookies.alice, sees: () => true, prices: () => true },
    dora: {
      cookie: () => dora_cookie,
      sees: (row: MadeEntry) => row.user_id === dora || manages(row),
      prices: (row: MadeEntry) => manages(row),
    },
  };
  const manages = ({ project_id }: MadeEntry) =>
    project_id !== null && world.projects.slice(0, 2).includes(project_id);
  const range = fc
    .record({ start: fc.nat(150), days: fc.constantFrom(0, 6, 30, 80, 150) })
    .map(({ start, days }) => ({
      from: addDays('2025-11-01', start) ?? '',
      to: addDays('2025-11-01', start + days) ?? '',
    }));

  it('reconcile on the page, in the file, and in every grouping, to the minor unit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someEntry, { minLength: 1, maxLength: 40 }),
        range,
        fc.constantFrom('alice' as const, 'dora' as const),
        async (list, { from, to }, who) => {
          await db().deleteFrom('entries').execute();
          const viewer = viewers[who];
          const rows = (await insertAll(list)).filter(
            (row) => row.local_date >= from && row.local_date <= to && viewer.sees(row),
          );
          const priced = rows.filter(viewer.prices);
          const query = `?from=${from}&to=${to}`;
          const page = main(await get(viewer.cookie(), `/reports/summary${query}`));
          for (const [label, kind] of [
            ['Amount', 'rate'],
            ['Costs', 'cost'],
          ] as const)
            for (const table of tables(page, label)) {
              expect(table.total).toEqual(naiveMoney(priced, kind));
              expect(addMoney(table.rows)).toEqual(table.total);
            }
          const file = (await get(viewer.cookie(), `/reports/export.csv${query}`)).text;
          expect(fileMoney(file, 'amount')).toEqual(naiveMoney(priced, 'rate'));
          expect(fileMoney(file, 'cost')).toEqual(naiveMoney(priced, 'cost'));
          await checkGroupings(who, { from, to }, priced);
        },
      ),
      { numRuns: inject('postgres') === undefined ? 60 : 12 },
    );
  });

  /** By project, client, person, task, day, week and month: each group is what it should be, and all make the whole. */
  async function checkGroupings(
    who: 'alice' | 'dora',
    { from, to }: { from: string; to: string },
    priced: readonly MadeEntry[],
  ): Promise<void> {
    const scope =
      who === 'alice'
        ? { sees: 'all' as const }
        : { sees: 'managed' as const, viewer: { id: dora, role: 'manager' as const } };
    const nobody = {
      user_ids: [],
      client_ids: [],
      project_ids: [],
      task_ids: [],
      tag_ids: [],
      billable: '' as const,
    };
    const source = {
      byDay: (part: EntrySelection) => sumByDay(db(), part),
      byProject: (part: EntrySelection) => sumByProject(db(), part),
    };
    const total = async (filter: object): Promise<Money> => {
      const { total: sums } = await summarize({ from, to, scope, ...nobody, ...filter }, source, 1);
      return Object.fromEntries(sums.money.amounts);
    };
    const all = await total({});
    expect(all).toEqual(naiveMoney(priced, 'rate'));
    const clientOf = (row: MadeEntry) =>
      world.clients[[0, 1, 0, 2][world.projects.indexOf(row.project_id ?? 0)] ?? -1] ?? 0;
    const groupings: {
      groupOf: (row: MadeEntry) => string | number;
      filterOf: (group: never) => object;
      whole: boolean;
    }[] = [
      { groupOf: (row) => row.project_id ?? 0, filterOf: (id) => ({ project_ids: [id] }), whole: true },
      { groupOf: (row) => row.user_id, filterOf: (id) => ({ user_ids: [id] }), whole: true },
      { groupOf: clientOf, filterOf: (id) => ({ client_ids: [id] }), whole: false },
      { groupOf: (row) => row.task_id ?? 0, filterOf: (id) => ({ task_ids: [id] }), whole: false },
      { groupOf: (row) => row.local_date, filterOf: (date) => ({ from: date, to: date }), whole: true },
    ];
    for (const { groupOf, filterOf, whole } of groupings) {
      const groups = Map.groupBy(priced, groupOf);
      const sums: Money[] = [];
      for (const [group, rows] of groups) {
        // No client and no task are no filters of their own.
        if (!whole && group === 0) continue;
        sums.push(await total(filterOf(group as never)));
        expect(sums.at(-1)).toEqual(naiveMoney(rows, 'rate'));
      }
      if (whole) expect(without(addMoney(sums))).toEqual(without(all));
    }
    for (const unitOf of [
      (date: string) => weekOf(date, 1)?.start ?? '',
      (date: string) => date.slice(0, 7),
    ]) {
      const { buckets } = await summarize({ from, to, scope, ...nobody }, source, 1);
      const groups = Map.groupBy(buckets, (bucket) => unitOf(bucket.from));
      for (const [unit, parts] of groups) {
        const rows = priced.filter((row) => unitOf(row.local_date) === unit);
        // Bars of weeks may begin in one month and end in another.
        if (parts.some((part) => unitOf(part.to) !== unit)) continue;
        if ([...buckets].some((bucket) => unitOf(bucket.to) === unit && unitOf(bucket.from) !== unit))
          continue;
        expect(addMoney(parts.map((part) => Object.fromEntries(part.money.amounts)))).toEqual(
          naiveMoney(rows, 'rate'),
        );
      }
    }
    // An entry with two tags counts once.
    for (const tags of [[0], [0, 1], [0, 1, 2]]) {
      const tag_ids = tags.map((tag) => world.tags[tag] ?? 0);
      const rows = priced.filter((row) => row.tag_ids.some((id) => tag_ids.includes(id)));
      expect(await total({ tag_ids })).toEqual(naiveMoney(rows, 'rate'));
    }
  }

  it('are the same on the pages of the project and of the client', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someEntry, { minLength: 1, maxLength: 30 }), async (list) => {
        await db().deleteFrom('entries').execute();
        const rows = await insertAll(list);
        const [first = 0, , third = 0] = world.projects;
        const ofClient = rows.filter(({ project_id }) => project_id === first || project_id === third);
        const places: [string, string, MadeEntry[]][] = [
          [
            `/projects/${first}`,
            `project_id=${first}`,
            rows.filter(({ project_id }) => project_id === first),
          ],
          [`/clients/${world.clients[0]}`, `client_id=${world.clients[0]}`, ofClient],
        ];
        for (const [path, filter, counted] of places) {
          const page = main(await get(app.cookies.alice, path));
          const tiles = [
            ...page.matchAll(/<div class="tile tile-money"><dt>([^<]*)<\/dt><dd>([^<]*)<\/dd>/g),
          ];
          const shown = (title: string): Money =>
            Object.fromEntries(
              tiles.filter(([, name]) => name === title).map(([, , text = '']) => readShown(text)),
            );
          expect(shown('Billable in all')).toEqual(naiveMoney(counted, 'rate'));
          expect(shown('Costs in all')).toEqual(naiveMoney(counted, 'cost'));
          const file = await get(
            app.cookies.alice,
            `/reports/export.csv?from=2025-01-01&to=2027-01-01&${filter}`,
          );
          expect(fileMoney(file.text, 'amount')).toEqual(naiveMoney(counted, 'rate'));
        }
      }),
      { numRuns: inject('postgres') === undefined ? 30 : 6 },
    );
  });
});

describe('a report of money', () => {
  const report = async (query = '', cookie = app.cookies.alice) =>
    main(await get(cookie, `/reports/summary?from=2026-03-01&to=2026-03-31${query}`));
  const file = async (cookie = app.cookies.alice) =>
    (await get(cookie, '/reports/export.csv?from=2026-03-01&to=2026-03-31')).text;
  const euros = (cents: number) => ({ cents, currency: 'EUR' as const });

  it('has a line a currency, costs and a margin where both are of one', async () => {
    await insertMade(entry({ rate: euros(10_000), cost: euros(4_000) }));
    const own = await report();
    expect(own).toContain('<dt>Amount</dt><dd>€100.00</dd>');
    expect(own).toContain('<dt>Costs</dt><dd>€40.00</dd>');
    expect(own).toContain('<dd class="tile-note">Margin: €60.00</dd>');
    await insertMade(
      entry({
        project_id: world.projects[1] ?? 0,
        rate: { cents: 5_000, currency: 'USD' },
        cost: euros(4_000),
      }),
    );
    const both = await report();
    expect(both).toContain('<dt>Amount</dt><dd>€100.00</dd><dd>$50.00</dd>');
    expect(both).toContain('No margin: there are several currencies.');
    // Its own row has one all the same.
    expect(tables(both, 'Amount')[1]?.rows).toEqual([{ EUR: 10_000 }, { USD: 5_000 }]);
    expect(both).toContain('data-label="Margin"><span>€60.00</span>');
  });

  it('says no rate where there is none, and zero where the rate is zero', async () => {
    await insertMade(entry({ seconds: 5400 }));
    const bare = await report();
    expect(bare).toContain('<dt>Amount</dt><dd>No rate</dd>');
    expect(bare).toContain('1:30:00 of billable time has no rate');
    expect(bare).not.toContain('€0.00');
    expect(fileRows(await file())).toMatchObject([{ rate: '', amount: '', currency: '' }]);
    await insertMade(entry({ rate: euros(0), local_date: '2026-03-03' }));
    const mixed = await report();
    expect(mixed).toContain('<dd>€0.00</dd>');
    expect(mixed).toContain('1:30:00 without a rate');
    expect(fileRows(await file())).toMatchObject([
      { amount: '' },
      { rate: '0.00', amount: '0.00', currency: 'EUR' },
    ]);
  });

  it('shows no column of money where nobody has a rate and nothing is billable', async () => {
    await insertMade(entry({ billable: 0 }));
    const page = await report();
    for (const word of ['Amount', 'Costs', 'Margin']) expect(page).not.toContain(word);
  });

  it('keeps what was fixed when the client changes its currency', async () => {
    const client = world.clients[1] ?? 0;
    const project_id = world.projects[1] ?? 0;
    await insertMade(entry({ project_id, rate: { cents: 5_000, currency: 'USD' } }));
    await app.as('alice').post(`/clients/${client}`, { name: 'Client USD', currency: 'JPY' }).expect(303);
    await insertMade(
      entry({ project_id, rate: { cents: 9_000, currency: 'JPY' }, local_date: '2026-03-03' }),
    );
    expect(tables(await report(`&client_id=${client}`), 'Amount').map(({ total }) => total)).toEqual([
      { USD: 5_000, JPY: 9_000 },
      { USD: 5_000, JPY: 9_000 },
    ]);
    expect(fileRows(await file())).toMatchObject([
      { rate: '50.00', amount: '50.00', currency: 'USD' },
      { rate: '9000', amount: '9000', currency: 'JPY' },
    ]);
    await app.as('alice').post(`/clients/${client}`, { name: 'Client USD', currency: 'USD' }).expect(303);
  });

  it('has the file’s columns in the order of its header, in both languages', async () => {
    await insertMade(entry({ rate: euros(10_050), cost: euros(1), seconds: 1800 }));
    const [header = '', row = ''] = (await file()).split('\r\n');
    expect(header).toMatch(/,Billable,Rate,Amount,Currency,Cost rate,Cost,Cost currency$/);
    expect(row).toMatch(/,Yes,100\.50,50\.25,EUR,0\.01,0\.01,EUR$/);
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    expect(await file()).toContain(',Satz,Betrag,Währung,Kostensatz,Kosten,Kostenwährung\r\n');
    // A decimal point whatever the language.
    expect(await file()).toContain(',100.50,50.25,EUR,');
    expect(await report()).toContain('Marge');
    await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
  });

  it('adds up when there are more projects than rows of the table', async () => {
    const rows = Array.from({ length: 205 }, (_, index) => ({
      ...{ name: `Many ${index}`, name_key: `many ${index}`, color: 'blue', billable: 1 as const },
      ...{ client_id: null, created_at: 1, archived_at: null },
    }));
    const many = await db().insertInto('projects').values(rows).returning('id').execute();
    for (const { id } of many)
      await insertMade(entry({ project_id: id, rate: euros(id), cost: euros(2 * id) }));
    const page = await report();
    expect(page).toContain(`${many.length - 200} more projects`);
    const total = many.reduce((sum, { id }) => sum + id, 0);
    for (const [label, factor] of [
      ['Amount', 1],
      ['Costs', 2],
    ] as const) {
      const table = tables(page, label)[1];
      expect(table?.rows).toHaveLength(201);
      expect(addMoney(table?.rows ?? [])).toEqual({ EUR: factor * total });
      expect(table?.total).toEqual({ EUR: factor * total });
    }
  });

  it('adds up the largest rate over a year without losing a cent', async () => {
    for (let day = 0; day < 50; day += 1)
      await insertMade(
        entry({ local_date: addDays('2026-01-01', day) ?? '', seconds: 86_399, rate: euros(10_000_000_000) }),
      );
    const page = main(await get(app.cookies.alice, '/reports/summary?from=2026-01-01&to=2026-12-31'));
    expect(tables(page, 'Amount')[1]?.total).toEqual({ EUR: 50 * naiveAmount(86_399, 10_000_000_000) });
  });
});

describe('who reads money', () => {
  const amounts = ['1,234.56', '1234.56', '123456', '777.77', '77777', '2,469.12', '456.79', '45679'];
  const filters = [
    ...[
      '',
      '&billable=yes',
      '&billable=no',
      '&q=x',
      '&sort=rate',
      '&sort=amount',
      '&sort=-cost',
      '&order=desc',
    ],
    ...[
      '&group=person',
      '&group=rate',
      '&columns=rate,amount,cost',
      '&fields=cost_rate_cents',
      '&format=json',
    ],
    ...[
      '&with_money=1',
      '&rate=1234.56',
      '&amount=2469.12',
      '&currency=EUR',
      '&page=2',
      '&scope=all',
      '&sees=all',
    ],
  ];
  const paths = ['/reports/summary', '/reports/export.csv'];
  const words = ['Amount', 'Costs', 'Margin', 'Cost rate', 'without a rate', 'No rate', 'Currency'];

  beforeEach(async () => {
    const rate = { cents: 123_456, currency: 'EUR' as const };
    const cost = { cents: 77_777, currency: 'EUR' as const };
    for (const user_id of [app.ids.bob, app.ids.charlie, dora])
      for (const project_id of [world.projects[0] ?? 0, world.projects[2] ?? 0])
        await insertMade(
          entry({
            user_id,
            project_id,
            task_id: world.tasks[0] ?? 0,
            rate,
            cost,
            tag_ids: world.tags.slice(0, 1),
          }),
        );
    await insertMade(entry({ user_id: app.ids.charlie, seconds: 60 }));
  });

  it('no member, not even of their own time, by any parameter, of the page or of the file', async () => {
    const told: string[] = [];
    const ids = [
      ...world.projects.map((id) => `&project_id=${id}`),
      ...world.clients.map((id) => `&client_id=${id}`),
      ...world.tasks.map((id) => `&task_id=${id}`),
      ...world.tags.map((id) => `&tag_id=${id}`),
      ...world.people.map((id) => `&user_id=${id}`),
    ];
    for (const cookie of [app.cookies.bob, app.cookies.charlie])
      for (const path of paths)
        for (const filter of [...filters, ...ids]) {
          const answer = await get(cookie, `${path}?from=2026-01-01&to=2026-12-31${filter}`);
          expect([200, 404]).toContain(answer.status);
          const body = path.endsWith('csv') ? answer.text : main(answer);
          for (const text of [...amounts, ...words])
            if (body.includes(text)) told.push(`${path} ${filter}: ${text}`);
        }
    expect(told).toEqual([]);
  });

  it('a manager that of the projects they manage, and not that of their own time elsewhere', async () => {
    const page = main(await get(dora_cookie, '/reports/summary?from=2026-03-01&to=2026-03-31'));
    // Three people on the first project; the minute without a rate is there as well.
    expect(tables(page, 'Amount')[1]).toEqual({ rows: [{ EUR: 370_368 }, {}], total: { EUR: 370_368 } });
    expect(page).toContain('0:01:00 without a rate');
    const rows = fileRows((await get(dora_cookie, '/reports/export.csv?from=2026-03-01&to=2026-03-31')).text);
    expect(rows.filter(({ rate }) => rate === '1234.56')).toHaveLength(3);
    expect(rows.filter(({ rate }) => rate === '')).toHaveLength(2);
    const elsewhere = main(
      await get(
        dora_cookie,
        `/reports/summary?from=2026-03-01&to=2026-03-31&project_id=${world.projects[2]}`,
      ),
    );
    for (const text of [...amounts, 'No rate', 'without a rate']) expect(elsewhere).not.toContain(text);
    // Not a manager any more: no column is left.
    await db().updateTable('project_members').set({ is_manager: 0 }).where('user_id', '=', dora).execute();
    const after = await get(dora_cookie, '/reports/export.csv?from=2026-03-01&to=2026-03-31');
    for (const text of [...amounts, 'Rate', 'Currency']) expect(after.text).not.toContain(text);
    await db()
      .updateTable('project_members')
      .set({ is_manager: 1 })
      .where('user_id', '=', dora)
      .where('project_id', 'in', world.projects.slice(0, 2))
      .execute();
  });

  it('suggestions and searches tell nobody a rate', async () => {
    for (const path of [
      '/timer',
      '/timer/suggestions?q=w',
      '/entries?q=123456',
      '/projects?q=1234',
      '/tasks?q=1234',
      '/clients?q=EUR',
    ]) {
      const { text } = await get(app.cookies.bob, path);
      for (const amount of ['1,234.56', '1234.56', '777.77']) expect(text).not.toContain(amount);
    }
  });
});
