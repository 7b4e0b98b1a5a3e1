import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { previewRate, saveRate, shownText } from '../../src/features/rates/rate-changes.ts';
import { rateFor, readScope, scopesOf, scopeText } from '../../src/features/rates/rates.ts';
import type { Rate, RateScope, RateSubject } from '../../src/features/rates/rates.ts';
import { amountOf } from '../../src/shared/money.ts';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

const id = fc.integer({ min: 1, max: 3 });
const someScope: fc.Arbitrary<RateScope> = fc.oneof(
  fc.record({ level: fc.constant('task' as const), task_id: id }),
  fc.record({ level: fc.constant('member' as const), project_id: id, user_id: id }),
  fc.record({ level: fc.constant('project' as const), project_id: id }),
  fc.record({ level: fc.constant('person' as const), user_id: id }),
  fc.record({ level: fc.constant('client' as const), client_id: id }),
  fc.constant({ level: 'default' as const }),
);
const someSubject: fc.Arbitrary<RateSubject> = fc.record({
  task_id: fc.option(id),
  project_id: fc.option(id),
  user_id: id,
  client_id: fc.option(id),
});

/** The rule in its plainest words. */
function naiveRate(
  subject: RateSubject,
  rates: { scope: RateScope; amount: number; currency: string }[],
  currency: string,
): number | undefined {
  const questions: ((scope: RateScope) => boolean)[] = [
    (scope) => scope.level === 'task' && scope.task_id === subject.task_id,
    (scope) =>
      scope.level === 'member' &&
      scope.project_id === subject.project_id &&
      scope.user_id === subject.user_id,
    (scope) => scope.level === 'project' && scope.project_id === subject.project_id,
    (scope) => scope.level === 'person' && scope.user_id === subject.user_id,
    (scope) => scope.level === 'client' && scope.client_id === subject.client_id,
    (scope) => scope.level === 'default',
  ];
  for (const matches of questions) {
    const found = rates.find((rate) => matches(rate.scope) && rate.currency === currency);
    if (found) return found.amount;
  }
  return undefined;
}

describe('which rate counts', () => {
  it('is what the naive model says, for any rates and any work', () => {
    const rate = fc.record({ scope: someScope, amount: fc.nat(), currency: fc.constantFrom('EUR', 'USD') });
    fc.assert(
      fc.property(
        fc.uniqueArray(rate, { selector: ({ scope }) => scopeText(scope), maxLength: 20 }),
        someSubject,
        fc.constantFrom('EUR', 'USD'),
        (rates, subject, currency) => {
          const stored = new Map<string, Rate>(
            rates.map(({ scope, amount, currency: own }, index) => [
              scopeText(scope),
              { id: index + 1, scope: scopeText(scope), amount_cents: amount, currency: own },
            ]),
          );
          expect(rateFor(subject, stored, currency)?.amount_cents).toBe(naiveRate(subject, rates, currency));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never looks at more than six scopes, and a scope is read as it was written', () => {
    fc.assert(
      fc.property(someSubject, someScope, (subject, scope) => {
        expect(scopesOf(subject).length).toBeLessThanOrEqual(6);
        expect(readScope(scopeText(scope))).toEqual(scope);
      }),
    );
    for (const text of ['', 'task', 'task:0', 'task:1:2', 'member:1', 'person:-1', 'default:1', 'x:1'])
      expect(readScope(text)).toBeUndefined();
  });
});

describe('an amount', () => {
  it('is rounded half up, once, exactly', () => {
    expect(amountOf(3600, 8500)).toBe(8500);
    expect(amountOf(1800, 1)).toBe(1);
    expect(amountOf(1799, 1)).toBe(0);
    expect(amountOf(1, 1)).toBe(0);
    expect(amountOf(300_000_000, 10_000_000_000)).toBe(833_333_333_333_333);
  });
});

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const db = () => app.deps.db;
const eventsNamed = (event: string) => app.logLines().filter((line) => line['event'] === event);
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));

async function wipe(): Promise<void> {
  await db().deleteFrom('entries').execute();
  await db().deleteFrom('rates').execute();
  await db().deleteFrom('projects').execute();
  await db().deleteFrom('clients').execute();
}

let names = 0;
async function makeClient(currency: string | null = null): Promise<number> {
  names += 1;
  const row = { name: `Client ${names}`, name_key: `client ${names}`, created_at: 1, archived_at: null };
  const { id } = await db()
    .insertInto('clients')
    .values({ ...row, currency })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
async function makeProject(client_id: number | null = null): Promise<number> {
  names += 1;
  const { id } = await db()
    .insertInto('projects')
    .values({
      ...{ client_id, name: `Project ${names}`, name_key: `project ${names}`, color: 'blue', billable: 1 },
      ...{ created_at: 1, archived_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
const setRate = (scope: string, amount: string, more: Record<string, string> = {}) =>
  app.as('alice').post('/rates', { scope, kind: 'billable', amount, ...more });
/** What the table of a question says: how many entries, now, then, the difference. */
const cellsOf = (page: string): string[] =>
  [...page.matchAll(/<td class="num" data-label="[^"]*">([^<]*)<\/td>/g)].map(([, text = '']) => text);
/** Books an hour and a half through the form, and gives what is stored. */
async function book(who: 'alice' | 'bob', fields: Record<string, string> = {}) {
  names += 1;
  await app
    .as(who)
    .post('/entries', { text: `work ${names}`, local_date: '2026-03-03', duration: '1:30', ...fields })
    .expect(303);
  return db()
    .selectFrom('entries')
    .selectAll()
    .where('description', '=', `work ${names}`)
    .executeTakeFirstOrThrow();
}
const entryOf = (entry_id: number) =>
  db().selectFrom('entries').selectAll().where('id', '=', entry_id).executeTakeFirstOrThrow();

describe('a rate is fixed at an entry', () => {
  beforeEach(wipe);

  it('when it is booked: the most specific one, with a cost beside it', async () => {
    const client_id = await makeClient();
    const project_id = await makeProject(client_id);
    const book_here = () => book('bob', { project_id: String(project_id) });
    expect(await book_here()).toMatchObject({ rate_cents: null, currency: null, cost_rate_cents: null });
    const levels: [string, string, number][] = [
      ['default', '50', 5000],
      [`client:${client_id}`, '60', 6000],
      [`person:${app.ids.bob}`, '70.5', 7050],
      [`project:${project_id}`, '80', 8000],
      [`member:${project_id}:${app.ids.bob}`, '90', 9000],
    ];
    for (const [scope, amount, cents] of levels) {
      await setRate(scope, amount, { follow: 'new' }).expect(303);
      expect(await book_here()).toMatchObject({ rate_cents: cents, currency: 'EUR', cost_rate_cents: null });
    }
    await setRate('default', '30', { kind: 'cost', follow: 'new' }).expect(303);
    const entry = await book_here();
    expect(entry).toMatchObject({ rate_cents: 9000, cost_rate_cents: 3000, cost_currency: 'EUR' });
    expect(eventsNamed('rate.updated').at(-1)).toMatchObject({
      ...{ rate_kind: 'cost', rate_level: 'default', change: 'add', row_count: 0 },
    });
  });

  it('when a timer stops, not before', async () => {
    const project_id = await makeProject();
    await setRate(`project:${project_id}`, '80').expect(303);
    await app
      .as('bob')
      .post('/timer/start', { text: 'clock', project_id: String(project_id) })
      .expect(303);
    const running = await db()
      .selectFrom('entries')
      .selectAll()
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow();
    expect(running.rate_cents).toBeNull();
    await setRate(`project:${project_id}`, '95').expect(303);
    app.clock.now += 3_600_000;
    await app.as('bob').post('/timer/stop').expect(303);
    expect(await entryOf(running.id)).toMatchObject({ rate_cents: 9500, currency: 'EUR' });
  });

  it('anew when project or billable change, and not when only the time does', async () => {
    const [one, other] = [await makeProject(), await makeProject()];
    await setRate(`project:${one}`, '80').expect(303);
    await setRate(`project:${other}`, '40').expect(303);
    const { id: entry_id, description: text } = await book('bob', { project_id: String(one) });
    await setRate(`project:${one}`, '100', { follow: 'new' }).expect(303);
    const edit = (fields: Record<string, string>) =>
      app
        .as('bob')
        .post(`/entries/${entry_id}`, { text, ...fields })
        .expect(303);
    await edit({ project_id: String(one), duration: '2:00' });
    expect(await entryOf(entry_id)).toMatchObject({ rate_cents: 8000, duration_seconds: 7200 });
    await edit({ project_id: String(other) });
    expect(await entryOf(entry_id)).toMatchObject({ rate_cents: 4000 });
    await edit({ project_id: String(other), billable: '0' });
    expect(await entryOf(entry_id)).toMatchObject({ rate_cents: null, rate_id: null, currency: null });
    await edit({ project_id: String(one), billable: '1' });
    expect(await entryOf(entry_id)).toMatchObject({ rate_cents: 10_000 });
    await app.as('bob').post(`/entries/${entry_id}/duplicate`).expect(303);
    const copies = await db().selectFrom('entries').select('rate_cents').execute();
    expect(copies).toEqual([{ rate_cents: 10_000 }, { rate_cents: 10_000 }]);
  });

  it('in the currency of the client; a rate in another one does not count', async () => {
    await setRate('default', '50').expect(303);
    const client_id = await makeClient('JPY');
    const project_id = await makeProject(client_id);
    expect(await book('bob', { project_id: String(project_id) })).toMatchObject({ rate_cents: null });
    await setRate(`project:${project_id}`, '9000', { follow: 'new' }).expect(303);
    expect(await book('bob', { project_id: String(project_id) })).toMatchObject({
      ...{ rate_cents: 9000, currency: 'JPY' },
    });
    const page = await app.as('alice').get(`/rates/edit?scope=project:${project_id}`).expect(200);
    expect(main(page)).toContain('in JPY');
    await db().updateTable('clients').set({ currency: 'USD' }).where('id', '=', client_id).execute();
    const passed = await app.as('alice').get(`/rates/edit?scope=project:${project_id}`).expect(200);
    expect(main(passed)).toContain('does not count');
  });
});

describe('changing a rate', () => {
  beforeEach(wipe);

  it('asks about the entries that used it, with how many and how much, and touches only those', async () => {
    const project_id = await makeProject();
    const scope = `project:${project_id}`;
    await setRate('default', '10').expect(303);
    await setRate(scope, '80').expect(303);
    const used = [
      await book('bob', { project_id: String(project_id) }),
      await book('bob', { project_id: String(project_id) }),
    ];
    const elsewhere = await book('bob', { billable: '1' });
    const asked = await setRate(scope, '100', { return_to: '/projects' }).expect(303);
    expect(asked.headers['location']).toMatch(/^\/rates\/review\?/);
    expect(
      (await db().selectFrom('rates').select('amount_cents').where('scope', '=', scope).execute())[0],
    ).toEqual({
      amount_cents: 8000,
    });
    const review = await app
      .as('alice')
      .get(asked.headers['location'] as string)
      .expect(200);
    expect(main(review)).toContain('€240.00');
    expect(main(review)).toContain('€300.00');
    expect(main(review)).toContain('+€60.00');
    expect(main(review)).toContain('Change these 2 entries too');
    const shown = /name="shown" value="([^"]*)"/.exec(review.text)?.[1] ?? '';
    const done = await setRate(scope, '100', { follow: 'all', shown, return_to: '/projects' }).expect(303);
    expect(done.headers['location']).toBe('/projects');
    for (const { id: entry_id } of used)
      expect(await entryOf(entry_id)).toMatchObject({ rate_cents: 10_000 });
    expect(await entryOf(elsewhere.id)).toMatchObject({ rate_cents: 1000 });
    expect(eventsNamed('rate.updated').at(-1)).toMatchObject({ change: 'change', row_count: 1 });
    await setRate(scope, '120', { follow: 'new' }).expect(303);
    expect(await entryOf(used[0]?.id ?? 0)).toMatchObject({ rate_cents: 10_000 });
  });

  it('asks again when the figures are not those that were shown', async () => {
    const project_id = await makeProject();
    const scope = `project:${project_id}`;
    await setRate(scope, '80').expect(303);
    const first = await book('bob', { project_id: String(project_id) });
    const asked = await setRate(scope, '100').expect(303);
    const review = await app.as('alice').get(asked.headers['location'] as string);
    const shown = /name="shown" value="([^"]*)"/.exec(review.text)?.[1] ?? '';
    await book('bob', { project_id: String(project_id) });
    const again = await setRate(scope, '100', { follow: 'all', shown }).expect(303);
    expect(again.headers['location']).toMatch(/^\/rates\/review\?/);
    expect(await entryOf(first.id)).toMatchObject({ rate_cents: 8000 });
  });

  it('says so when somebody else set it since the form was opened, and saves at the second try', async () => {
    const scope = `project:${await makeProject()}`;
    await setRate(scope, '80').expect(303);
    const seenIn = (page: { text: string }) => /name="seen" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const first = await app.as('alice').get(`/rates/edit?scope=${scope}`).expect(200);
    await setRate(scope, '90').expect(303);
    const refused = await setRate(scope, '100', { seen: seenIn(first) }).expect(422);
    expect(main(refused)).toContain('Somebody else set this rate to €90.00 an hour meanwhile.');
    expect(main(refused)).toContain('value="100"');
    const stored = () => db().selectFrom('rates').select('amount_cents').where('scope', '=', scope).execute();
    expect(await stored()).toEqual([{ amount_cents: 9000 }]);
    await setRate(scope, '100', { seen: seenIn(refused) }).expect(303);
    expect(await stored()).toEqual([{ amount_cents: 10_000 }]);
    // A double click sends the same form twice: the second one finds it done.
    await setRate(scope, '100', { seen: seenIn(refused) }).expect(303);
    await setRate(scope, '').expect(303);
    const gone = await setRate(scope, '70', { seen: '10000-EUR' }).expect(422);
    expect(main(gone)).toContain('Somebody else removed this rate meanwhile.');
    expect(await stored()).toEqual([]);
  });

  it('asks again when the rate itself was changed while the question was open', async () => {
    const project_id = await makeProject();
    const scope = `project:${project_id}`;
    await setRate(scope, '80').expect(303);
    const { id: entry_id } = await book('bob', { project_id: String(project_id) });
    const asked = await setRate(scope, '100').expect(303);
    const review = await app
      .as('alice')
      .get(asked.headers['location'] as string)
      .expect(200);
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(review.text)?.[1] ?? '';
    await setRate(scope, '95', { follow: 'new' }).expect(303);
    for (const follow of ['all', 'new']) {
      const answer = { follow, shown: field('shown'), seen: field('seen') };
      const again = await setRate(scope, '100', answer).expect(303);
      expect(again.headers['location']).toMatch(/^\/rates\/review\?/);
    }
    expect(await entryOf(entry_id)).toMatchObject({ rate_cents: 8000 });
    const rates = await db().selectFrom('rates').select('amount_cents').where('scope', '=', scope).execute();
    expect(rates).toEqual([{ amount_cents: 9500 }]);
  });

  const shownOn = async (answer: { headers: Record<string, unknown> }) => {
    const page = await app
      .as('alice')
      .get(answer.headers['location'] as string)
      .expect(200);
    return { page: main(page), shown: /name="shown" value="([^"]*)"/.exec(page.text)?.[1] ?? '' };
  };

  it('lets others have their turn while many entries follow', async () => {
    await setRate('default', '80').expect(303);
    const one = await book('bob', { billable: '1' });
    const { id: _, duration_seconds: __, ...row } = one;
    const rows = Array.from({ length: 500 }, () => row);
    for (let batch = 0; batch < 12; batch += 1) await db().insertInto('entries').values(rows).execute();
    const wanted = {
      ...{ kind: 'billable' as const, scope: { level: 'default' as const }, amount_cents: 9000 },
      ...{ currency: 'EUR', own_currency: 'EUR' },
    };
    const answer = { follow: 'all' as const, shown: shownText(await previewRate(db(), wanted)) };
    let turns = 0;
    let is_done = false;
    const count = () => {
      turns += 1;
      if (!is_done) setImmediate(count);
    };
    setImmediate(count);
    const request = { wanted, answer, seen: undefined, now: 1 };
    const saved = await saveRate(app.deps.change, { user_id: null }, request);
    is_done = true;
    expect(saved.followed).toBe(6001);
    // A turn for every thousand of them.
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(await entryOf(one.id)).toMatchObject({ rate_cents: 9000 });
  });

  it('refuses what means a thousand times as much in another language', async () => {
    const typed = async (amount: string) => main(await setRate('default', amount).expect(422));
    expect(await typed('12.345')).toContain('EUR has 2 decimals. Please round it.');
    await setRate('default', '12,345').expect(303);
    expect(await db().selectFrom('rates').select('amount_cents').execute()).toEqual([
      { amount_cents: 1_234_500 },
    ]);
  });

  it('leaves out time that is billed in another currency', async () => {
    const in_euros = await makeProject(await makeClient('EUR'));
    await setRate('default', '80').expect(303);
    const theirs = await book('bob', { project_id: String(in_euros) });
    const own = await book('bob', { billable: '1' });
    const currency = (value: string) =>
      app.deps.change({ user_id: null }, (trx) => app.deps.settings.write(trx, { currency: value }));
    await currency('USD');
    const asked = await setRate('default', '90').expect(303);
    const { page, shown } = await shownOn(asked);
    expect(cellsOf(page)).toEqual(['1', '€120.00', '$135.00', '–']);
    await setRate('default', '90', { follow: 'all', shown }).expect(303);
    await currency('EUR');
    expect(await entryOf(theirs.id)).toMatchObject({ rate_cents: 8000, currency: 'EUR' });
    expect(await entryOf(own.id)).toMatchObject({ rate_cents: 9000, currency: 'USD' });
  });

  it('offers a new rate to time that a less specific one counted for, not to what a nearer one did', async () => {
    const project_id = await makeProject();
    const here = { project_id: String(project_id) };
    await setRate('default', '80').expect(303);
    const booked = await book('bob', here);
    const elsewhere = await book('bob', { billable: '1' });
    await setRate(`member:${project_id}:${app.ids.alice}`, '200').expect(303);
    const nearer = await book('alice', here);
    const asked = await setRate(`project:${project_id}`, '150').expect(303);
    expect(asked.headers['location']).toMatch(/^\/rates\/review\?/);
    const { page, shown } = await shownOn(asked);
    expect(page).toContain('less specific');
    expect(cellsOf(page)).toEqual(['1', '€120.00', '€225.00', '+€105.00']);
    await setRate(`project:${project_id}`, '150', { follow: 'all', shown }).expect(303);
    const rates = async () =>
      Promise.all([booked, elsewhere, nearer].map(async ({ id }) => (await entryOf(id)).rate_cents));
    expect(await rates()).toEqual([15_000, 8000, 20_000]);
    // What somebody left as it was when its rate went is not asked about again.
    await setRate(`project:${project_id}`, '', { follow: 'new' }).expect(303);
    await setRate(`project:${project_id}`, '160').expect(303);
    expect(await rates()).toEqual([15_000, 8000, 20_000]);
  });

  it('offers a first rate to time that has none, and what counts without it when it goes', async () => {
    const project_id = await makeProject();
    const bare = await book('bob', { project_id: String(project_id) });
    const asked = await setRate(`project:${project_id}`, '80').expect(303);
    const review = await app
      .as('alice')
      .get(asked.headers['location'] as string)
      .expect(200);
    expect(main(review)).toContain('has no rate or a less specific one');
    // No rate is not a rate of zero.
    expect(main(review)).toContain('data-label="Now">No rate<');
    expect(main(review)).toContain('data-label="Then">€120.00<');
    expect(main(review)).not.toContain('€0.00');
    const shown = /name="shown" value="([^"]*)"/.exec(review.text)?.[1] ?? '';
    await setRate(`project:${project_id}`, '80', { follow: 'all', shown }).expect(303);
    expect(await entryOf(bare.id)).toMatchObject({ rate_cents: 8000, currency: 'EUR' });
    await setRate('default', '20').expect(303);
    const gone = await setRate(`project:${project_id}`, '').expect(303);
    const last = await app
      .as('alice')
      .get(gone.headers['location'] as string)
      .expect(200);
    const then = /name="shown" value="([^"]*)"/.exec(last.text)?.[1] ?? '';
    await setRate(`project:${project_id}`, '', { follow: 'all', shown: then }).expect(303);
    expect(await entryOf(bare.id)).toMatchObject({ rate_cents: 2000, currency: 'EUR' });
  });

  it.each([
    ['1000000000000', 'At most €100,000,000.00.'],
    ['9'.repeat(30), 'At most €100,000,000.00.'],
    ['-5', 'An amount cannot be negative.'],
    ['80.1234', 'EUR has 2 decimals. Please round it.'],
    ['lots', 'Please enter an amount like 85 or 85.50.'],
    ['1e9', 'Please enter an amount like 85 or 85.50.'],
    ['x'.repeat(100), 'At most 60 characters.'],
  ])('refuses %j in a sentence of its own, and keeps it in the form', async (amount, sentence) => {
    const page = await setRate('default', amount).expect(422);
    expect(main(page)).toContain(sentence);
    if (amount.length <= 60) expect(main(page)).toContain(`value="${amount}"`);
    expect(await db().selectFrom('rates').select('id').execute()).toEqual([]);
  });

  it('writes the most there may be in the way of the person’s language', async () => {
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    try {
      const page = await setRate('default', '1000000000000').expect(422);
      expect(main(page)).toContain('Höchstens 100.000.000,00\u00A0€.');
    } finally {
      await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
    }
  });

  it('says so when it is no kind of rate', async () => {
    const page = await setRate('default', '5', { kind: 'free' }).expect(422);
    expect(main(page)).toContain('Please choose one of the offered values.');
  });

  it('is for those who may: a member learns nothing, a manager the projects they manage', async () => {
    const project_id = await makeProject();
    await setRate(`project:${project_id}`, '80').expect(303);
    const scopes = [
      'default',
      `person:${app.ids.bob}`,
      `project:${project_id}`,
      `member:${project_id}:${app.ids.bob}`,
    ];
    for (const scope of scopes) {
      await app.as('bob').get(`/rates/edit?scope=${scope}`).expect(404);
      await app.as('bob').post('/rates', { scope, kind: 'billable', amount: '1' }).expect(404);
    }
    await app.as('bob').get('/rates').expect(404);
    await app.stranger.get('/rates').expect(303);
    await db()
      .insertInto('project_members')
      .values({ project_id, user_id: app.ids.bob, is_manager: 1 })
      .execute();
    await app.as('bob').get(`/rates/edit?scope=project:${project_id}`).expect(200);
    await app.as('bob').get('/rates/edit?scope=default').expect(404);
    await app.as('alice').get('/rates/edit?scope=person:99999').expect(404);
    await app.as('alice').get('/rates/edit?scope=nonsense').expect(404);
  });

  it('is found by the name of what it is of', async () => {
    const client_id = await makeClient();
    const project_id = await makeProject(client_id);
    const task = {
      project_id,
      name: 'Varnish',
      name_key: 'varnish',
      description: '',
      status: 'open',
    } as const;
    const { id: task_id } = await db()
      .insertInto('tasks')
      .values({
        ...{ ...task, priority: 'normal', assignee_id: null, due_date: null, estimate_seconds: null },
        ...{ created_at: 1, updated_at: 1, archived_at: null },
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const nameOf = async (table: 'projects' | 'clients', of: number) =>
      (await db().selectFrom(table).select('name').where('id', '=', of).executeTakeFirstOrThrow()).name;
    const [project, client] = [await nameOf('projects', project_id), await nameOf('clients', client_id)];
    const { bob, charlie } = app.ids;
    const scopes = [`person:${bob}`, `person:${charlie}`, `member:${project_id}:${bob}`];
    for (const scope of [...scopes, `project:${project_id}`, `client:${client_id}`, `task:${task_id}`])
      await setRate(scope, '80').expect(303);
    const found = async (q: string) => {
      const page = main(
        await app
          .as('alice')
          .get(`/rates?q=${encodeURIComponent(q)}`)
          .expect(200),
      );
      return [...page.matchAll(/<a href="\/rates\/edit\?scope=([^&]*)&amp;return_to=\/rates">/g)]
        .map(([, scope = '']) => decodeURIComponent(scope))
        .sort();
    };
    expect(await found('BOB')).toEqual([`member:${project_id}:${bob}`, `person:${bob}`]);
    expect(await found(project)).toEqual([`member:${project_id}:${bob}`, `project:${project_id}`]);
    expect(await found(client)).toEqual([`client:${client_id}`]);
    expect(await found('varn')).toEqual([`task:${task_id}`]);
    // Wildcards are letters.
    expect(await found('%')).toEqual([]);
    expect(main(await app.as('alice').get('/rates?q=nobody').expect(200))).toContain('No such rates');
    expect(
      main(
        await app
          .as('alice')
          .get(`/rates?q=${'x'.repeat(200)}`)
          .expect(422),
      ),
    ).toContain('At most 120');
    await app.as('alice').get('/rates?page=x').expect(400);
    await db().deleteFrom('tasks').execute();
  });

  it('is listed, in German too', async () => {
    await setRate(`person:${app.ids.bob}`, '80').expect(303);
    expect(main(await app.as('alice').get('/rates').expect(200))).toContain('Rate of the person Bob');
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    const page = await app.as('alice').get('/rates').expect(200);
    expect(main(page)).toContain('80,00');
    expect(main(page)).toContain('Satz der Person Bob');
    await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
  });

  it('says of which level it is and of whose project, and a level can be asked for', async () => {
    await wipe();
    const [one, other] = [await makeClient(), await makeClient()];
    const [mine, yours] = [await makeProject(one), await makeProject(other)];
    await db().updateTable('projects').set({ name: 'Relaunch', name_key: 'relaunch' }).execute();
    await setRate(`project:${mine}`, '72').expect(303);
    await setRate(`project:${yours}`, '71').expect(303);
    await setRate(`client:${one}`, '70').expect(303);
    const page = main(await app.as('alice').get('/rates?q=relaunch').expect(200));
    const titles = [...page.matchAll(/<th scope="row"><a [^>]*>([^<]*)</g)].map(([, title]) => title);
    expect(titles).toEqual([
      `Rate of the project Relaunch · Client ${names - 2}`,
      `Rate of the project Relaunch · Client ${names - 3}`,
    ]);
    expect(page).toContain('<td data-label="Level">Project</td>');
    const clients = main(await app.as('alice').get('/rates?level=client').expect(200));
    expect(clients).toContain(`Rate of the client Client ${names - 3}`);
    expect(clients).not.toContain('Relaunch');
    expect(main(await app.as('alice').get('/rates?level=task').expect(200))).toContain('No such rates');
    await app.as('alice').get('/rates?level=nonsense').expect(422);
  });

  it('says what counts where there is none of its own', async () => {
    await wipe();
    const client_id = await makeClient();
    const project_id = await makeProject(client_id);
    const counted = async (scope: string) =>
      main(await app.as('alice').get(`/rates/edit?scope=${scope}`).expect(200));
    expect(await counted(`project:${project_id}`)).toContain('No rate counts now');
    await setRate('default', '60').expect(303);
    expect(await counted(`project:${project_id}`)).toContain(
      'What counts now: Default rate, €60.00 an hour.',
    );
    await setRate(`client:${client_id}`, '70').expect(303);
    const page = await counted(`project:${project_id}`);
    expect(page).toContain(`What counts now: Rate of the client Client ${names - 1}, €70.00 an hour.`);
    expect(page).toContain('People with a rate of their own have theirs.');
    const bob = `member:${project_id}:${app.ids.bob}`;
    expect(await counted(bob)).toContain('€70.00');
    await setRate(`person:${app.ids.bob}`, '75').expect(303);
    expect(await counted(bob)).toContain('What counts now: Rate of the person Bob, €75.00 an hour.');
    await setRate(bob, '76').expect(303);
    expect((await counted(bob)).match(/What counts now/g) ?? []).toHaveLength(0);
  });

  it('is marked where amounts are counted in another currency', async () => {
    await wipe();
    const client_id = await makeClient();
    await setRate('default', '60').expect(303);
    await setRate(`client:${client_id}`, '70').expect(303);
    expect(main(await app.as('alice').get('/rates').expect(200))).not.toContain('Only for clients');
    await db().updateTable('clients').set({ currency: 'USD' }).execute();
    expect(main(await app.as('alice').get('/rates').expect(200))).toContain('Does not count: USD here');
    await app.deps.settings.write(db(), { currency: 'USD' });
    expect(main(await app.as('alice').get('/rates').expect(200))).toContain('Only for clients in EUR');
    await app.deps.settings.write(db(), { currency: 'EUR' });
  });
});

describe('another currency', () => {
  const settings = { used_by: 'team', time_zone: 'UTC', week_start: '1', duration_format: 'clock' };
  const instance = (more: Record<string, string>) =>
    app.as('alice').post('/admin/settings', { ...settings, ...more });
  const hidden = (page: { text: string }): string =>
    /name="currency_shown" value="([^"]*)"/.exec(page.text)?.[1] ?? 'none';
  const currency = async () => (await app.deps.settings.read()).currency;

  /** A project of a client billed in the instance's currency, and one of a client with its own, each with rates. */
  async function priced() {
    await wipe();
    const [follows, own] = [await makeClient(), await makeClient('CHF')];
    const [one, other, alone] = [await makeProject(follows), await makeProject(own), await makeProject()];
    const places = [
      `client:${follows}`,
      `project:${one}`,
      `member:${one}:${app.ids.bob}`,
      `project:${alone}`,
    ];
    for (const scope of ['default', `person:${app.ids.bob}`, ...places])
      await setRate(scope, '80').expect(303);
    for (const scope of [`client:${own}`, `project:${other}`]) await setRate(scope, '90').expect(303);
    await setRate(`project:${other}`, '50', { kind: 'cost' }).expect(303);
    const budget = { budget_cents: 1000, budget_currency: 'EUR' };
    await db().updateTable('projects').set(budget).where('id', 'in', [one, alone]).execute();
    return { follows };
  }

  it('of the instance asks first, with what stops counting, and again for other figures', async () => {
    await priced();
    const asked = await instance({ currency: 'USD' }).expect(422);
    expect(asked.text).toContain('7 rates and 2 budgets in EUR would not count any more');
    expect(await currency()).toBe('EUR');
    const shown = hidden(asked);
    await setRate(`person:${app.ids.charlie}`, '70').expect(303);
    const again = await instance({ currency: 'USD', currency_shown: shown }).expect(422);
    expect(again.text).toContain('8 rates and 2 budgets');
    await instance({ currency: 'JPY', currency_shown: hidden(again) }).expect(422);
    await instance({ currency: 'USD', currency_shown: hidden(again) }).expect(303);
    expect(await currency()).toBe('USD');
    // None is in dollars, so none is lost.
    await instance({ currency: 'EUR' }).expect(303);
    expect(await currency()).toBe('EUR');
  });

  it('of a client asks first, with what of that client stops counting', async () => {
    const { follows } = await priced();
    const form = { name: 'Moves away', currency: 'CHF' };
    const asked = await app.as('alice').post(`/clients/${follows}`, form).expect(422);
    expect(asked.text).toContain('3 rates and 1 budget in EUR would not count any more');
    const stored = db().selectFrom('clients').select('currency').where('id', '=', follows);
    expect((await stored.executeTakeFirst())?.currency).toBeNull();
    // The same currency by its name is no other.
    await app
      .as('alice')
      .post(`/clients/${follows}`, { ...form, currency: 'EUR' })
      .expect(303);
    await app
      .as('alice')
      .post(`/clients/${follows}`, { ...form, currency_shown: hidden(asked) })
      .expect(303);
    expect((await stored.executeTakeFirst())?.currency).toBe('CHF');
  });
});
