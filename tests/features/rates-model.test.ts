import fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
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
  id: number;
  user: number;
  project: number | null;
  task: number | null;
  billable: boolean;
  rate: Record<RateKind, ModelRate | null>;
}
/** What an entry was given: the amount stays when the rate moves on. */
interface ModelRate {
  cents: number;
  currency: string;
  of: string;
}
interface Kept {
  path: string;
  does: 'put back' | 'change back';
  copies: ModelEntry[];
  /** Versions that the change made: what has another by now is left alone. */
  versions: Map<number, number>;
}
interface Model {
  entries: ModelEntry[];
  /** What can be put back: entries as they were, which rates reach as they reach those that are there. */
  kept: Kept[];
  rates: Map<string, { cents: number; currency: string }>;
  /** Of a project; missing without a client. */
  clientOf: Map<number, number>;
  /** Of a client; null is the instance's. */
  currencyOf: Map<number, string | null>;
  /** Of the instance. */
  own: string;
  archived: Set<number>;
}

const keyOf = (kind: RateKind, scope: string): string => `${kind} ${scope}`;
/** In which currency time on a project counts now. */
function currencyFor({ clientOf, currencyOf, own }: Model, kind: RateKind, project: number | null): string {
  if (kind === 'cost') return own;
  return currencyOf.get(clientOf.get(project ?? 0) ?? 0) ?? own;
}

function countingRate(model: Model, kind: RateKind, entry: ModelEntry): ModelRate | null {
  if (kind === 'billable' && !entry.billable) return null;
  const scopes = [
    `task:${entry.task}`,
    `member:${entry.project}:${entry.user}`,
    `project:${entry.project}`,
    `person:${entry.user}`,
    `client:${model.clientOf.get(entry.project ?? 0)}`,
    'default',
  ];
  for (const scope of scopes) {
    const rate = model.rates.get(keyOf(kind, scope));
    if (rate && rate.currency === currencyFor(model, kind, entry.project)) return { ...rate, of: scope };
  }
  return null;
}

const levelNames = ['task', 'member', 'project', 'person', 'client', 'default'];
/** 0 is the most specific one. */
const levelOf = (scope: string): number => levelNames.indexOf(scope.split(':')[0] ?? '');

interface ModelChange {
  kind: RateKind;
  scope: string;
  cents: number | null;
  currency: string;
}

interface Follower {
  entry: ModelEntry;
  next: ModelRate | null;
}

/** Changes a rate. @returns the entries that may follow, each with what it would have then; kept copies after them. */
function changeRate(model: Model, change: ModelChange): { followers: Follower[]; copies: Follower[] } {
  const copies = model.kept.flatMap((kept) => kept.copies);
  const all = changeAmong(model, [...model.entries, ...copies], change);
  const isCopy = ({ entry }: Follower) => copies.includes(entry);
  return { followers: all.filter((one) => !isCopy(one)), copies: all.filter(isCopy) };
}

function changeAmong(
  model: Model,
  entries: readonly ModelEntry[],
  { kind, scope, cents, currency }: ModelChange,
): Follower[] {
  const key = keyOf(kind, scope);
  const before = model.rates.get(key);
  if (cents === null ? !before : before?.cents === cents && before.currency === currency) return [];
  const used = entries.filter((entry) => entry.rate[kind]?.of === scope);
  // Nothing counted for them, or something less specific that is still there.
  const farther = entries.filter((entry) => {
    const of = entry.rate[kind]?.of;
    return of === undefined || (of !== 'gone' && levelOf(of) > levelOf(scope));
  });
  if (cents === null) {
    model.rates.delete(key);
    return used.map((entry) => ({ entry, next: countingRate(model, kind, entry) }));
  }
  model.rates.set(key, { cents, currency });
  if (before)
    return used
      .filter((entry) => currencyFor(model, kind, entry.project) === currency)
      .map((entry) => ({ entry, next: { cents, currency, of: scope } }));
  return farther.flatMap((entry) => {
    const next = countingRate(model, kind, entry);
    return next?.of === scope ? [{ entry, next }] : [];
  });
}

const pick = (list: readonly number[], index: number): number => list[index % list.length] as number;
const someBook = fc.record({
  does: fc.constant('book' as const),
  timer: fc.boolean(),
  ...{
    user: fc.constantFrom<number>(0, 0, 0, 1, 2),
    project: fc.constantFrom<number>(0, 0, 0, 1, 2, 3, 4),
    task: fc.nat(2),
    billable: fc.boolean(),
  },
  ...{
    seconds: fc.integer({ min: 1, max: 40_000 }),
    day: fc.integer({ min: 1, max: 28 }),
    month: fc.integer({ min: 1, max: 3 }),
  },
});
const someEdit = fc.record({
  does: fc.constant('edit' as const),
  ...{ entry: fc.nat(20), project: fc.constantFrom<number>(0, 0, 1, 2, 3, 4), task: fc.nat(2) },
  ...{ billable: fc.boolean(), day: fc.integer({ min: 1, max: 28 }) },
});
const someMany = fc.record({
  does: fc.constant('many' as const),
  what: fc.constantFrom('change', 'change', 'delete', 'delete one', 'undo', 'undo'),
  ...{ first: fc.nat(20), count: fc.integer({ min: 1, max: 4 }), tag: fc.nat(3) },
  ...{ project: fc.constantFrom(null, null, 0, 1, 2), billable: fc.constantFrom('', '', '0', '1') },
});
const someWorld = fc.record({
  does: fc.constant('world' as const),
  what: fc.constantFrom('currency', 'own', 'client', 'archive', 'member'),
  ...{ one: fc.nat(3), two: fc.nat(2), three: fc.boolean() },
});
const someRate = fc.record({
  does: fc.constant('rate' as const),
  ...{
    level: fc.nat(5),
    one: fc.constantFrom<number>(0, 0, 0, 1, 2, 3),
    two: fc.constantFrom<number>(0, 0, 0, 1, 2),
    kind: fc.constantFrom<RateKind>('billable', 'cost'),
  },
  ...{ cents: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 5 }), follows: fc.boolean() },
});
const step = fc.oneof(someBook, someEdit, someMany, someWorld, someRate);
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

/** In which currency somebody who sets a rate there is asked for it. */
function currencyOfScope(model: Model, kind: RateKind, scope: RateScope): string {
  if (kind === 'cost') return model.own;
  if (scope.level === 'client') return model.currencyOf.get(scope.client_id) ?? model.own;
  if (scope.level === 'task') return currencyFor(model, kind, world.projects[0] ?? null);
  return currencyFor(model, kind, 'project_id' in scope ? scope.project_id : null);
}

async function takeStep(model: Model, one: Step): Promise<void> {
  if (one.does === 'book') return book(model, one);
  if (one.does === 'edit') return edit(model, one);
  if (one.does === 'many') return changeMany(model, one);
  if (one.does === 'world') return changeWorld(model, one);
  return setRate(model, one);
}

const projectOf = (index: number): number | null => (index < 4 ? pick(world.projects, index) : null);
const taskOf = (project: number | null, index: number): number | null =>
  project === world.projects[0] && index < 2 ? pick(world.tasks, index) : null;

/** Two forms that say the same at once are a double click. */
let texts = 0;
const nameOf = (user: number) =>
  (['alice', 'bob', 'charlie'] as const)[world.people.indexOf(user)] ?? 'alice';

/** Through the form, or with a timer that stops. */
async function book(model: Model, one: Extract<Step, { does: 'book' }>): Promise<void> {
  const { db } = app.deps;
  const project = projectOf(one.project);
  const task = taskOf(project, one.task);
  const user = pick(world.people, one.user);
  texts += 1;
  const text = `booked ${texts}`;
  const work = { text, project_id: String(project ?? ''), task_id: String(task ?? '') };
  const person = app.as(nameOf(user));
  const closed = project !== null && model.archived.has(project);
  if (one.timer) {
    const { status } = await person.post('/timer/start', work);
    expect(status).toBe(closed ? 422 : 303);
    if (closed) return;
    const started = app.clock.now;
    app.clock.now += one.seconds * 1000;
    await person.post('/timer/stop').expect(303);
    app.clock.now = started;
  } else {
    const local_date = `2026-0${one.month}-${String(one.day).padStart(2, '0')}`;
    const duration = `${Math.floor(one.seconds / 3600)}:${String(Math.floor(one.seconds / 60) % 60).padStart(2, '0')}:${String(one.seconds % 60).padStart(2, '0')}`;
    const billable = one.billable ? '1' : '0';
    const { status } = await person.post('/entries', { ...work, billable, local_date, duration });
    expect(status).toBe(closed ? 422 : 303);
    if (closed) return;
  }
  const row = await db
    .selectFrom('entries')
    .selectAll()
    .where('description', '=', text)
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({ user_id: user, duration_seconds: one.seconds });
  const entry: ModelEntry = {
    ...{ id: row.id, user, project, task, billable: row.billable === 1 },
    rate: { billable: null, cost: null },
  };
  fixModel(model, entry);
  model.entries.push(entry);
}

/** Several entries changed, deleted or put back at once, by an administrator. */
async function changeMany(model: Model, one: Extract<Step, { does: 'many' }>): Promise<void> {
  if (one.what === 'undo') return undo(model);
  const start = one.first % Math.max(1, model.entries.length);
  const chosen = model.entries.slice(start, start + (one.what === 'delete one' ? 1 : one.count));
  const [only] = chosen;
  if (!only) return;
  // Beyond what counts as a second click.
  app.clock.now += 60_000;
  const project = one.project === null ? undefined : projectOf(one.project);
  if (one.what === 'change' && project !== undefined && model.archived.has(project ?? 0)) return;
  const before = await versionsOf();
  const item = await lastItem();
  if (one.what === 'delete one') await app.as('alice').post(`/entries/${only.id}/delete`).expect(303);
  else await sendMany(chosen, one, project);
  if ((await lastItem()) === item) return;
  const versions = await versionsOf();
  const changed = chosen.filter(({ id }) => versions.get(id) !== before.get(id));
  model.kept.push({
    ...{
      path: `/entries/restore/${await lastItem()}`,
      copies: changed.map((entry) => structuredClone(entry)),
    },
    ...{ does: one.what === 'change' ? 'change back' : 'put back', versions },
  });
  if (one.what !== 'change') model.entries = model.entries.filter((entry) => !chosen.includes(entry));
  else for (const entry of changed) await readWork(model, entry);
}

async function sendMany(
  chosen: readonly ModelEntry[],
  { what, tag, billable }: Extract<Step, { does: 'many' }>,
  project: number | null | undefined,
): Promise<void> {
  const ids = chosen.map(({ id }) => id).join();
  const work = { text: `#t${tag}`, billable, ...(project ? { project_id: String(project) } : {}) };
  await app
    .as('alice')
    .post('/entries/bulk', { ids, ...(what === 'delete' ? { do: what } : { do: what, ...work }) })
    .expect(303);
}

/** Where an entry is now, with new rates when that is elsewhere. */
async function readWork(model: Model, entry: ModelEntry): Promise<void> {
  const row = (await snapshot()).find(({ id }) => id === entry.id);
  const now = { project: row?.project_id ?? null, task: row?.task_id ?? null, billable: row?.billable === 1 };
  const same = isSameWork(entry, now);
  Object.assign(entry, now);
  if (!same) fixModel(model, entry);
}

type ModelWork = Pick<ModelEntry, 'project' | 'task' | 'billable'>;
const isSameWork = (one: ModelWork, other: ModelWork): boolean =>
  one.project === other.project && one.task === other.task && one.billable === other.billable;

const versionsOf = async () => new Map((await snapshot()).map((row) => [row.id, row.updated_at]));

async function lastItem(): Promise<number> {
  const { found } = await app.deps.db
    .selectFrom('deleted_items')
    .select((select) => select.fn.max('id').as('found'))
    .executeTakeFirstOrThrow();
  return found;
}

/** The last step that can be undone: what has changed since stays. */
async function undo(model: Model): Promise<void> {
  const kept = model.kept.pop();
  if (!kept) return;
  const versions = await versionsOf();
  await app.as('alice').post(kept.path).expect(303);
  for (const copy of kept.copies) {
    const entry = model.entries.find(({ id }) => id === copy.id);
    if (kept.does === 'put back') model.entries.push(copy);
    else if (entry && versions.get(entry.id) === kept.versions.get(entry.id) && !isSameWork(entry, copy))
      Object.assign(entry, copy);
  }
  model.entries.sort((before, after) => before.id - after.id);
}

function fixModel(model: Model, entry: ModelEntry): void {
  for (const kind of ['billable', 'cost'] as const) entry.rate[kind] = countingRate(model, kind, entry);
}

/** Through the form of an entry: another day alone is worth the same, another project, task or box is not. */
async function edit(model: Model, one: Extract<Step, { does: 'edit' }>): Promise<void> {
  const entry = model.entries[one.entry % Math.max(1, model.entries.length)];
  if (!entry) return;
  const project = projectOf(one.project);
  const task = taskOf(project, one.task);
  const answer = await app.as(nameOf(entry.user)).post(`/entries/${entry.id}`, {
    ...{ text: '', project_id: String(project ?? ''), task_id: String(task ?? '') },
    ...{ billable: one.billable ? '1' : '0', local_date: `2026-02-${String(one.day).padStart(2, '0')}` },
  });
  const closed = project !== null && project !== entry.project && model.archived.has(project);
  expect(answer.status).toBe(closed ? 422 : 303);
  if (closed) return;
  // Another project brings its own box, unless somebody also touched it.
  const brought = project !== null && project !== entry.project ? true : entry.billable;
  const billable = one.billable === entry.billable ? brought : one.billable;
  const same = project === entry.project && task === entry.task && billable === entry.billable;
  Object.assign(entry, { project, task, billable });
  if (!same) fixModel(model, entry);
}

/** What is around the time changes: none of it may touch what was fixed. */
async function changeWorld(model: Model, one: Extract<Step, { does: 'world' }>): Promise<void> {
  const { db } = app.deps;
  const project_id = pick(world.projects, one.one);
  const client = pick(world.clients, one.one);
  if (one.what === 'currency') {
    const currency = [null, 'USD', 'JPY'][one.two] ?? null;
    await db.updateTable('clients').set({ currency }).where('id', '=', client).execute();
    model.currencyOf.set(client, currency);
  } else if (one.what === 'own') {
    model.own = ['EUR', 'USD', 'JPY'][one.two] ?? 'EUR';
    await setOwnCurrency(model.own);
  } else if (one.what === 'client') {
    const client_id = one.two === 2 ? null : pick(world.clients, one.two);
    await db.updateTable('projects').set({ client_id }).where('id', '=', project_id).execute();
    if (client_id === null) model.clientOf.delete(project_id);
    else model.clientOf.set(project_id, client_id);
  } else if (one.what === 'archive') {
    const archived_at = one.three ? 1 : null;
    await db.updateTable('projects').set({ archived_at }).where('id', '=', project_id).execute();
    if (one.three) model.archived.add(project_id);
    else model.archived.delete(project_id);
  } else {
    const user_id = pick(world.people, one.two);
    await db.deleteFrom('project_members').where('user_id', '=', user_id).execute();
    if (one.three)
      await db.insertInto('project_members').values({ project_id, user_id, is_manager: 0 }).execute();
  }
}

async function setOwnCurrency(currency: string): Promise<void> {
  const row = { name: 'currency', value: JSON.stringify(currency) };
  await app.deps.db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

async function setRate(model: Model, one: Extract<Step, { does: 'rate' }>): Promise<void> {
  const { db, change } = app.deps;
  const { kind, cents } = one;
  const scope = scopeFor(one);
  const currency = currencyOfScope(model, kind, scope);
  const wanted = { kind, scope, amount_cents: cents, currency, own_currency: model.own };
  const preview = await previewRate(db, wanted);
  const before = await snapshot();
  const answer = { follow: one.follows ? ('all' as const) : ('new' as const), shown: shownText(preview) };
  const request = { wanted, answer, seen: undefined, now: 1 };
  const { followed } = await saveRate(change, { user_id: null }, request);
  const removes = cents === null && model.rates.has(keyOf(kind, scopeText(scope)));
  const { followers, copies } = changeRate(model, { kind, scope: scopeText(scope), cents, currency });
  // How many and how much, in every currency, is what was shown; and what was shown is what was done.
  const seconds = new Map(before.map((row) => [row.id, row.duration_seconds ?? 0]));
  expect(preview.sums).toEqual(sumFollowers(followers, kind, seconds));
  expect(preview.entries).toBe(followers.length);
  expect(followed).toBe(one.follows ? followers.length : 0);
  // Who says yes to none is asked nothing: then what could be put back stays as it was, too.
  const follows = one.follows && followers.length > 0;
  for (const { entry, next } of [...followers, ...copies]) {
    const own = entry.rate[kind];
    if (follows) entry.rate[kind] = next;
    // What stays keeps its amount, of a rate that nobody can change any more.
    else if (removes && own) entry.rate[kind] = { ...own, of: 'gone' };
  }
  const after = await snapshot();
  const touched = new Set(one.follows ? followers.map(({ entry }) => entry.id) : []);
  const untouched = (rows: typeof before) => rows.filter(({ id }) => !touched.has(id));
  expect(untouched(after)).toEqual(untouched(before));
}

function sumFollowers(
  followers: readonly { entry: ModelEntry; next: ModelRate | null }[],
  kind: RateKind,
  seconds: ReadonlyMap<number, number>,
) {
  const sums = Map.groupBy(
    followers,
    ({ entry, next }) => `${entry.rate[kind]?.currency ?? ''} ${next?.currency ?? ''}`,
  );
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, list]) => {
      const [currency = '', next_currency = ''] = key.split(' ');
      const total = (centsOf: (one: (typeof list)[number]) => number) =>
        list.reduce((sum, one) => sum + amountOf(seconds.get(one.entry.id) ?? 0, centsOf(one)), 0);
      return {
        ...{ currency, next_currency, entries: list.length },
        before_cents: total(({ entry }) => entry.rate[kind]?.cents ?? 0),
        after_cents: total(({ next }) => next?.cents ?? 0),
      };
    });
}

/** Nothing booked, no rates, and everything around as it was at the start. */
async function freshModel(): Promise<Model> {
  const { db } = app.deps;
  for (const table of ['entries', 'rates', 'project_members', 'deleted_items'] as const)
    await db.deleteFrom(table).execute();
  await setOwnCurrency('EUR');
  const [own, foreign] = world.clients as [number, number];
  const owners = [own, own, foreign, null];
  for (const [index, client_id] of owners.entries())
    await db
      .updateTable('projects')
      .set({ client_id, archived_at: null })
      .where('id', '=', pick(world.projects, index))
      .execute();
  for (const [id, currency] of [
    [own, null],
    [foreign, 'USD'],
  ] as const)
    await db.updateTable('clients').set({ currency }).where('id', '=', id).execute();
  const clientOf = new Map(
    owners.flatMap((client, index) =>
      client === null ? [] : [[pick(world.projects, index), client] as const],
    ),
  );
  const currencyOf = new Map<number, string | null>([
    [own, null],
    [foreign, 'USD'],
  ]);
  return { entries: [], kept: [], rates: new Map(), clientOf, currencyOf, own: 'EUR', archived: new Set() };
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

/** What is stored is what the model says, and every sum of it adds up. */
async function checkModel(model: Model) {
  const stored = await snapshot();
  expect(
    stored.map((row) => [row.id, row.rate_cents, row.currency, row.cost_rate_cents, row.cost_currency]),
  ).toEqual(
    model.entries.map(({ id, rate }) => [
      ...[id, rate.billable?.cents ?? null, rate.billable?.currency ?? null],
      ...[rate.cost?.cents ?? null, rate.cost?.currency ?? null],
    ]),
  );
  await checkSums();
  return stored;
}

// A statement costs ten times as much over a connection.
const runsOf = (embedded: number, connected: number) => ({
  numRuns: inject('postgres') === undefined ? embedded : connected,
});

it('any sequence of booking and changing rates ends as in the model, and money adds up in every grouping', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
      const { db } = app.deps;
      const model = await freshModel();
      for (const one of steps) await takeStep(model, one);
      const stored = await checkModel(model);
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
    runsOf(100, 15),
  );
}, 120_000);

const undoing: Step = {
  ...{ does: 'many', what: 'undo', first: 0, count: 1, tag: 0, project: null, billable: '' },
};

/** Few places, so that most rates are of the time that is booked there. */
const near = {
  book: someBook.map((one) => ({ ...one, user: one.user % 2, project: one.project % 2, billable: true })),
  rate: someRate.map((one) => ({ ...one, one: one.one % 2, two: one.two % 2 })),
};
const yes = near.rate.map((one) => ({ ...one, follows: true }));

it('what is undone after booked time followed a rate has followed it as well', async () => {
  const steps = fc.tuple(
    ...[
      fc.array(near.rate, { minLength: 1, maxLength: 3 }),
      fc.array(near.book, { minLength: 4, maxLength: 8 }),
    ],
    ...[someMany, fc.array(yes, { minLength: 1, maxLength: 4 }), fc.constant(undoing)],
  );
  await fc.assert(
    fc.asyncProperty(steps, async ([rates, books, many, changes, last]) => {
      const model = await freshModel();
      const all: Step[] = [...rates, ...books, many, ...changes, last];
      for (const one of all) await takeStep(model, one);
      await checkModel(model);
    }),
    runsOf(80, 20),
  );
}, 120_000);

/** One entry that all six levels hold, and every set of rates around it. */
describe.each(['billable', 'cost'] as const)('at all six levels, a %s rate', (kind) => {
  const levels = 6;
  const sets = Array.from({ length: 2 ** levels }, (_, bits) =>
    Array.from({ length: levels }, (_, level) => level).filter((level) => bits & (1 << level)),
  );
  const scopes = (): RateScope[] =>
    Array.from({ length: levels }, (_, level) =>
      scopeFor({ does: 'rate', level, one: 0, two: 0, kind, cents: null, follows: false }),
    );
  const centsOf = (level: number): number => 1_000 + level;

  async function insertRates(of: readonly number[]): Promise<void> {
    if (of.length === 0) return;
    await app.deps.db
      .insertInto('rates')
      .values(
        of.map((level) => ({
          ...{ kind, scope: scopeText(scopes()[level] as RateScope), amount_cents: centsOf(level) },
          ...{ currency: 'EUR', updated_at: 1 },
        })),
      )
      .execute();
  }

  async function save(level: number, cents: number | null): Promise<void> {
    const scope = scopes()[level] as RateScope;
    const wanted = { kind, scope, amount_cents: cents, currency: 'EUR', own_currency: 'EUR' };
    const shown = shownText(await previewRate(app.deps.db, wanted));
    const answer = { follow: 'all' as const, shown };
    await saveRate(app.deps.change, { user_id: null }, { wanted, answer, seen: undefined, now: 1 });
  }

  const bookOne = (model: Model) =>
    book(model, {
      ...{
        does: 'book',
        timer: false,
        user: 0,
        project: 0,
        task: 0,
        billable: true,
        seconds: 3600,
        day: 1,
        month: 1,
      },
    });
  async function stored(): Promise<number | null> {
    const [row] = await snapshot();
    return (kind === 'billable' ? row?.rate_cents : row?.cost_rate_cents) ?? null;
  }

  it('that counts is the nearest, and after it goes the next one', async () => {
    for (const set of sets) {
      const model = await freshModel();
      await insertRates(set);
      await bookOne(model);
      const [nearest, next] = set;
      expect([set, await stored()]).toEqual([set, nearest === undefined ? null : centsOf(nearest)]);
      if (nearest === undefined) continue;
      await save(nearest, null);
      expect([set, await stored()]).toEqual([set, next === undefined ? null : centsOf(next)]);
    }
  });

  it('that is new is taken by time without one where nothing nearer is', async () => {
    for (const set of sets)
      for (let level = 0; level < levels; level += 1) {
        if (set.includes(level)) continue;
        const model = await freshModel();
        await bookOne(model);
        await insertRates(set);
        await save(level, 5_000);
        const takes = set.every((other) => other > level);
        expect([set, level, await stored()]).toEqual([set, level, takes ? 5_000 : null]);
      }
  });
});
