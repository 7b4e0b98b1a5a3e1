import fc from 'fast-check';
import { beforeAll, expect, inject, it } from 'vitest';
import type { Flag } from '../../src/db/schema.ts';
import { fixRates } from '../../src/features/rates/entry-rates.ts';
import { previewRate, saveRate, shownText } from '../../src/features/rates/rate-changes.ts';
import type { RateKind, RateScope } from '../../src/features/rates/rates.ts';
import { scopeText } from '../../src/features/rates/rates.ts';
import { amountOf } from '../../src/shared/money.ts';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

/** Rates, their changes and the sums of money, against a model that keeps everything in two lists. */

let app: TestApp;
/** Three people, four projects (of an own-currency client, a foreign one, none), two tasks in the first project. */
const world = {
  people: [] as number[],
  projects: [] as number[],
  tasks: [] as number[],
  clients: [] as number[],
};
const clientOf = new Map<number, number>();
const foreign = new Set<number>();

beforeAll(async () => {
  app = await createTestApp();
  const { db } = app.deps;
  world.people = [app.ids.alice, app.ids.bob, app.ids.charlie];
  for (const currency of [null, 'USD']) {
    const row = {
      name: `C${currency}`,
      name_key: `c${currency}`,
      created_at: 1,
      archived_at: null,
      currency,
    };
    const { id } = await db.insertInto('clients').values(row).returning('id').executeTakeFirstOrThrow();
    world.clients.push(id);
  }
  const owners = [world.clients[0], world.clients[0], world.clients[1], null];
  for (const [index, client_id] of owners.entries()) {
    const row = {
      name: `P${index}`,
      name_key: `p${index}`,
      color: 'blue',
      billable: 1,
      created_at: 1,
    } as const;
    const { id } = await db
      .insertInto('projects')
      .values({ ...row, client_id: client_id ?? null, archived_at: null })
      .returning('id')
      .executeTakeFirstOrThrow();
    world.projects.push(id);
    if (client_id) clientOf.set(id, client_id);
    if (client_id === world.clients[1]) foreign.add(id);
  }
  for (const name of ['t1', 't2']) {
    const row = {
      project_id: world.projects[0] as number,
      name,
      name_key: name,
      description: '',
      priority: 'normal',
    };
    const { id } = await db
      .insertInto('tasks')
      .values({
        ...row,
        priority: 'normal',
        status: 'open',
        assignee_id: null,
        created_at: 1,
        updated_at: 1,
        archived_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    world.tasks.push(id);
  }
});

interface ModelEntry {
  user: number;
  project: number | null;
  task: number | null;
  billable: boolean;
  seconds: number;
  local_date: string;
  rate: Record<RateKind, ModelRate | null>;
}
/** What an entry was given: the amount stays when the rate moves on. */
interface ModelRate {
  cents: number;
  currency: string;
  of: string;
}
interface Model {
  entries: ModelEntry[];
  rates: Map<string, { cents: number; currency: string }>;
}

const keyOf = (kind: RateKind, scope: string): string => `${kind} ${scope}`;
const currencyOf = (kind: RateKind, project: number | null): string =>
  kind === 'billable' && project !== null && foreign.has(project) ? 'USD' : 'EUR';

function countingRate(model: Model, kind: RateKind, entry: ModelEntry): ModelRate | null {
  if (kind === 'billable' && !entry.billable) return null;
  const scopes = [
    `task:${entry.task}`,
    `member:${entry.project}:${entry.user}`,
    `project:${entry.project}`,
    `person:${entry.user}`,
    `client:${clientOf.get(entry.project ?? 0)}`,
    'default',
  ];
  for (const scope of scopes) {
    const rate = model.rates.get(keyOf(kind, scope));
    if (rate && rate.currency === currencyOf(kind, entry.project)) return { ...rate, of: scope };
  }
  return null;
}

function changeModel(
  model: Model,
  {
    kind,
    scope,
    cents,
    currency,
    follows,
  }: { kind: RateKind; scope: string; cents: number | null; currency: string; follows: boolean },
): void {
  const key = keyOf(kind, scope);
  const before = model.rates.get(key);
  if (cents === null ? !before : before?.cents === cents && before.currency === currency) return;
  const used = model.entries.filter((entry) => entry.rate[kind]?.of === scope);
  const bare = model.entries.filter((entry) => entry.rate[kind] === null);
  if (cents === null) model.rates.delete(key);
  else model.rates.set(key, { cents, currency });
  if (cents === null) {
    for (const entry of used) {
      const own = entry.rate[kind];
      // What stays keeps its amount, of a rate that nobody can change any more.
      if (follows) entry.rate[kind] = countingRate(model, kind, entry);
      else if (own) entry.rate[kind] = { ...own, of: 'gone' };
    }
  } else if (!follows) return;
  else if (before) for (const entry of used) entry.rate[kind] = { cents, currency, of: scope };
  else
    for (const entry of bare) {
      const counting = countingRate(model, kind, entry);
      if (counting?.of === scope) entry.rate[kind] = counting;
    }
}

const pick = (list: readonly number[], index: number): number => list[index % list.length] as number;
const step = fc.oneof(
  fc.record({
    does: fc.constant('book' as const),
    ...{
      user: fc.nat(2),
      project: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
      task: fc.nat(2),
      billable: fc.boolean(),
    },
    ...{
      seconds: fc.integer({ min: 1, max: 40_000 }),
      day: fc.integer({ min: 1, max: 28 }),
      month: fc.integer({ min: 1, max: 3 }),
    },
  }),
  fc.record({
    does: fc.constant('rate' as const),
    ...{
      level: fc.nat(5),
      one: fc.constantFrom(0, 0, 0, 1, 2, 3),
      two: fc.nat(2),
      kind: fc.constantFrom<RateKind>('billable', 'cost'),
    },
    ...{ cents: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 5 }), follows: fc.boolean() },
  }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function scopeFor({ level, one, two }: Extract<Step, { does: 'rate' }>): RateScope {
  const project_id = pick(world.projects, one);
  const user_id = pick(world.people, two);
  const scopes: RateScope[] = [
    { level: 'task', task_id: pick(world.tasks, one) },
    { level: 'member', project_id, user_id },
    { level: 'project', project_id },
    { level: 'person', user_id },
    { level: 'client', client_id: pick(world.clients, one) },
    { level: 'default' },
  ];
  return scopes[level] as RateScope;
}

function isForeign(scope: RateScope): boolean {
  if (scope.level === 'client') return scope.client_id === world.clients[1];
  return (scope.level === 'member' || scope.level === 'project') && foreign.has(scope.project_id);
}

async function takeStep(model: Model, one: Step): Promise<void> {
  const { db, change } = app.deps;
  if (one.does === 'book') {
    const project = one.project < 4 ? pick(world.projects, one.project) : null;
    const task = project === world.projects[0] && one.task < 2 ? pick(world.tasks, one.task) : null;
    const user = pick(world.people, one.user);
    const billable: Flag = one.billable ? 1 : 0;
    const local_date = `2026-0${one.month}-${String(one.day).padStart(2, '0')}`;
    const started_at = Date.parse(`${local_date}T08:00:00Z`);
    const work = {
      user_id: user,
      project_id: project,
      task_id: task,
      billable,
    };
    await db
      .insertInto('entries')
      .values({
        ...{
          ...work,
          description: '',
          started_at,
          ended_at: started_at + one.seconds * 1000,
          zone: 'UTC',
          local_date,
        },
        ...{ source: 'manual', created_at: 1, updated_at: 1 },
        ...(await fixRates(db, work)),
      })
      .execute();
    const entry: ModelEntry = {
      user,
      project,
      task,
      billable: one.billable,
      seconds: one.seconds,
      local_date,
      rate: { billable: null, cost: null },
    };
    for (const kind of ['billable', 'cost'] as const) entry.rate[kind] = countingRate(model, kind, entry);
    model.entries.push(entry);
    return;
  }
  const scope = scopeFor(one);
  const currency = one.kind === 'billable' && isForeign(scope) ? 'USD' : 'EUR';
  const wanted = { kind: one.kind, scope, amount_cents: one.cents, currency, own_currency: 'EUR' };
  const preview = await previewRate(db, wanted);
  const before = await snapshot();
  const answer = { follow: one.follows ? ('all' as const) : ('new' as const), shown: shownText(preview) };
  const { followed } = await saveRate(change, { user_id: null }, { wanted, answer, now: 1 });
  changeModel(model, {
    kind: one.kind,
    scope: scopeText(scope),
    cents: one.cents,
    currency,
    follows: one.follows,
  });
  // What was asked about is what was done.
  expect(followed).toBe(one.follows ? preview.entries : 0);
  if (one.follows && preview.change) {
    const sum = (rows: Awaited<ReturnType<typeof snapshot>>) =>
      rows.reduce(
        (total, row) =>
          total +
          amountOf(
            row.duration_seconds ?? 0,
            (one.kind === 'billable' ? row.rate_cents : row.cost_rate_cents) ?? 0,
          ),
        0,
      );
    const told = preview.sums.reduce(
      (total, { before_cents, after_cents }) => total + after_cents - before_cents,
      0,
    );
    expect(sum(await snapshot()) - sum(before)).toBe(told);
  }
}

const snapshot = () => app.deps.db.selectFrom('entries').selectAll().orderBy('id').execute();

async function checkTaskTimes(): Promise<void> {
  const { db } = app.deps;
  const sums = new Map<string, number>();
  const add = (task: number | null, user: number, seconds: number) => {
    if (task !== null) sums.set(`${task} ${user}`, (sums.get(`${task} ${user}`) ?? 0) + seconds);
  };
  for (const row of await snapshot()) add(row.task_id, row.user_id, row.duration_seconds ?? 0);
  for (const row of await db.selectFrom('task_times').selectAll().execute())
    add(row.task_id, row.user_id, -row.seconds);
  for (const [of, sum] of sums) expect([of, sum]).toEqual([of, 0]);
}

/** The database's own sums, in every grouping, against sums of the entries' amounts. */
async function checkSums(): Promise<void> {
  await checkTaskTimes();
  const { db } = app.deps;
  const entries = await snapshot();
  const rows = await db.selectFrom('work_months').selectAll().execute();
  const groupings = [
    ({ project_id }: { project_id: number | null }) => String(project_id ?? 0),
    ({ user_id }: { user_id: number }) => String(user_id),
    ({ month, local_date }: { month?: string; local_date?: string }) =>
      month ?? local_date?.slice(0, 7) ?? '',
    () => 'all',
  ] as ((row: object) => string)[];
  for (const groupOf of groupings) {
    const sums = new Map<string, number[]>();
    const add = (group: string, values: number[]) => {
      const sum = sums.get(group) ?? [0, 0, 0, 0, 0];
      sums.set(
        group,
        sum.map((value, index) => value + (values[index] ?? 0)),
      );
    };
    for (const row of entries) {
      const seconds = row.duration_seconds ?? 0;
      const billable = amountOf(seconds, row.rate_cents ?? 0);
      add(`${groupOf(row)} ${row.currency ?? ''}`, [seconds, row.billable ? seconds : 0, billable, 0, 1]);
      add(`${groupOf(row)} cost ${row.cost_currency ?? ''}`, [
        0,
        0,
        0,
        amountOf(seconds, row.cost_rate_cents ?? 0),
        0,
      ]);
    }
    for (const row of rows) {
      add(`${groupOf(row)} ${row.currency}`, [
        -row.seconds,
        -row.billable_seconds,
        -row.amount_cents,
        0,
        -row.entries,
      ]);
      add(`${groupOf(row)} cost ${row.cost_currency}`, [0, 0, 0, -row.cost_cents, 0]);
    }
    for (const [group, sum] of sums) expect([group, ...sum.map(Math.abs)]).toEqual([group, 0, 0, 0, 0, 0]);
  }
}

it('any sequence of booking and changing rates ends as in the model, and money adds up in every grouping', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
      const { db } = app.deps;
      await db.deleteFrom('entries').execute();
      await db.deleteFrom('rates').execute();
      const model: Model = { entries: [], rates: new Map() };
      for (const one of steps) await takeStep(model, one);
      const stored = await snapshot();
      expect(
        stored.map((row) => [row.rate_cents, row.currency, row.cost_rate_cents, row.cost_currency]),
      ).toEqual(
        model.entries.map(({ rate }) => [
          ...[rate.billable?.cents ?? null, rate.billable?.currency ?? null],
          ...[rate.cost?.cents ?? null, rate.cost?.currency ?? null],
        ]),
      );
      await checkSums();
      if (stored.length === 0) return;
      // Changed and removed entries as well.
      await db
        .updateTable('entries')
        .set({ project_id: null, task_id: null, rate_cents: 777, currency: 'EUR' })
        .where(
          'id',
          'in',
          stored.slice(0, 3).map(({ id }) => id),
        )
        .execute();
      await db
        .deleteFrom('entries')
        .where('id', 'in', [0, ...stored.slice(2, 5).map(({ id }) => id)])
        .execute();
      await checkSums();
    }),
    // A statement costs ten times as much over a connection.
    { numRuns: inject('postgres') === undefined ? 300 : 25 },
  );
}, 60_000);
