import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { burnDownOf } from '../../src/features/budgets/burn-down.ts';
import { forecastOf, readThresholds, useOf } from '../../src/features/budgets/budgets.ts';
import type { Budget } from '../../src/features/budgets/budgets.ts';
import { runAllJobs } from '../../src/jobs.ts';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { startMailServer } from '../support/mail-server.ts';
import type { MailServer } from '../support/mail-server.ts';

const hours = (amount: number, period: Budget['period'] = 'total'): Budget => ({
  ...{ kind: 'hours', amount: amount * 3600, currency: 'EUR', period, thresholds: [80, 100] },
});
const month = (name: string, seconds: number, amount_cents = 0, currency = 'EUR') => ({
  ...{ month: name, seconds, amount_cents, currency },
});

describe('a budget', () => {
  it('counts all time or this month, and money only in its own currency', () => {
    const months = [
      month('2026-02', 36_000, 5000),
      month('2026-03', 3600, 700),
      month('2026-03', 60, 900, 'USD'),
    ];
    expect(useOf(hours(10), months, '2026-03-04')).toMatchObject({
      used: 39_660,
      percent: 110,
      is_over: true,
    });
    expect(useOf(hours(10, 'monthly'), months, '2026-03-04')).toMatchObject({ used: 3660, percent: 10 });
    const money: Budget = { ...hours(0), kind: 'money', amount: 10_000 };
    expect(useOf(money, months, '2026-03-04')).toMatchObject({ used: 5700, left: 4300, percent: 57 });
    // 100 is only said when it is used up.
    expect(useOf({ ...money, amount: 5701 }, months, '2026-03-04').percent).toBe(99);
  });

  it('foresees when it is used up, at the pace of this month and the last', () => {
    const on = (
      months: ReturnType<typeof month>[],
      due_date: string | null = null,
      budget = hours(100),
      begun: string | null = null,
    ) => forecastOf(budget, months, { today: '2026-03-04', due_date, begun });
    // 32 days with 32 hours: 68 more hours last 68 days.
    const steady = [month('2026-02', 28 * 3600), month('2026-03', 4 * 3600)];
    expect(on(steady)).toEqual({ says: 'ends', date: '2026-05-11', before_due: null });
    expect(on(steady, '2026-06-01')).toMatchObject({ before_due: true });
    expect(on(steady, '2026-05-01')).toMatchObject({ before_due: false });
    // On the very day it is neither before nor after it.
    expect(on(steady, '2026-05-11')).toMatchObject({ before_due: null });
    // Nobody worked before the first day: ten hours in two days, so ninety more last eighteen.
    const young = [month('2026-03', 36_000)];
    expect(on(young, null, hours(100), '2026-03-03')).toMatchObject({ date: '2026-03-22' });
    // Of four hours in two days, twenty-nine days make fifty-eight.
    expect(on([month('2026-03', 4 * 3600)], null, hours(58, 'monthly'), '2026-03-03')).toEqual({
      says: 'month',
      percent: 100,
    });
    expect(on([])).toEqual({ says: 'idle' });
    expect(on([month('2026-01', 3600)])).toEqual({ says: 'idle' });
    expect(on([month('2026-02', 400_000)])).toEqual({ says: 'used_up' });
    expect(on([month('2026-02', 1)])).toEqual({ says: 'lasts' });
    expect(on([month('2026-03', 4 * 3600)], null, hours(31, 'monthly'))).toEqual({
      says: 'month',
      percent: 100,
    });
  });

  it('has thresholds as they are typed', () => {
    expect(readThresholds('100, 80 80')).toEqual([80, 100]);
    expect(readThresholds('50%')).toEqual([50]);
    expect(readThresholds('')).toEqual([]);
    for (const text of ['0', '1001', '-5', 'x', '1,2,3,4,5,6', '80.5'])
      expect(readThresholds(text)).toBeUndefined();
  });

  it('is drawn from full to what is left, below zero too', () => {
    const points = [
      { date: '2026-01-11', used: 50 },
      { date: '2026-01-21', used: 120 },
    ];
    const drawn = burnDownOf({
      amount: 100,
      points,
      from: '2026-01-01',
      until: null,
      due_date: '2026-01-21',
      ends: null,
    });
    expect(drawn).toMatchObject({ line: '0,0 50,41.67 100,100', zero_y: 83.33, ideal: '0,0 100,83.33' });
    expect(drawn?.points.at(-1)?.left).toBe(-20);
    const soon = burnDownOf({
      amount: 100,
      points: points.slice(0, 1),
      from: '2026-01-01',
      until: null,
      due_date: null,
      ends: '2026-01-21',
    });
    expect(soon).toMatchObject({ line: '0,0 50,50', forecast: '50,50 100,100', to: '2026-01-21' });
    expect(
      burnDownOf({ amount: 0, points, from: '2026-01-01', until: null, due_date: null, ends: null }),
    ).toBeUndefined();
  });
});

let app: TestApp;
let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
  app = await createTestApp({
    environment: {
      ...{ SMTP_URL: mail.url, MAIL_FROM: 'time@example.com', PUBLIC_URL: 'http://time.example.com' },
    },
  });
});

const db = () => app.deps.db;
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));

let names = 0;
beforeEach(() => {
  names += 1;
});
async function makeProject(fields: Record<string, string>): Promise<number> {
  await app
    .as('alice')
    .post('/projects', { name: `Budget ${names}`, billable: '1', ...fields })
    .expect(303);
  const row = await db()
    .selectFrom('projects')
    .select('id')
    .where('name', '=', fields['name'] ?? `Budget ${names}`)
    .executeTakeFirstOrThrow();
  return row.id;
}
const book = (project: number, duration: string, local_date = '2026-03-03') =>
  app
    .as('bob')
    .post('/entries', {
      text: `work ${names} ${duration} ${local_date}`,
      project_id: String(project),
      local_date,
      duration,
    })
    .expect(303);
const noticesOf = async (project: number) => {
  const rows = await db()
    .selectFrom('notices')
    .selectAll()
    .where('once_key', 'like', `budget:${project}:%`)
    .execute();
  return rows.map(({ user_id, content }) => ({ user_id, ...(JSON.parse(content) as object) }));
};

describe('on the page of a project', () => {
  it('stands in hours with burn-down, forecast and table, for those who manage it only', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '10', budget_thresholds: '80,100' });
    await book(id, '4:00', '2026-02-02');
    await book(id, '1:30');
    const page = main(await app.as('alice').get(`/projects/${id}`).expect(200));
    expect(page).toContain('5:30:00 of 10:00:00 used (55 %)');
    expect(page).toContain('it is used up on');
    expect(page).toMatch(/<polyline class="burn-line color-\w+" points="0,0 /);
    expect(page).toContain('As a table');
    expect(main(await app.as('alice').get('/projects').expect(200))).toContain('55 %');
    const member = main(await app.as('bob').get(`/projects/${id}`).expect(200));
    expect(member).not.toContain('used (');
    expect(main(await app.as('bob').get('/projects'))).not.toContain('55 %');
  });

  it('stands in money, by month, in the currency of the client', async () => {
    const id = await makeProject({ budget_kind: 'money', budget_amount: '1,000', budget_period: 'monthly' });
    await app
      .as('alice')
      .post('/rates', { scope: `project:${id}`, kind: 'billable', amount: '100' })
      .expect(303);
    await book(id, '9:00', '2026-02-27');
    await book(id, '2:00');
    const page = main(await app.as('alice').get(`/projects/${id}`).expect(200));
    expect(page).toContain('€200.00 of €1,000.00 used (20 %)');
    expect(page).toContain('this month');
    expect(page).toContain('€1,100.00');
  });
});

describe('by hand', () => {
  /** Rows of the table below the burn-down: until when, used, left. */
  const rowsOf = (page: string): string[] =>
    [
      ...(page.split('<th scope="col">Until')[1]?.split('</table>')[0] ?? '').matchAll(
        /<tr><th scope="row">([^<]*)<\/th><td class="num">([^<]*)<\/td><td class="num">([^<]*)<\/td>/g,
      ),
    ].map(([, ...cells]) => cells.join(' '));
  const show = async (id: number) => main(await app.as('alice').get(`/projects/${id}`).expect(200));
  const line = (page: string, name: string) =>
    new RegExp(`class="${name}[^"]*" points="([^"]*)"`).exec(page)?.[1];
  const price = (id: number, amount: string) =>
    app
      .as('alice')
      .post('/rates', { scope: `project:${id}`, kind: 'billable', amount, follow: 'new' })
      .expect(303);

  it('hours in all: used, left, the days it lasts, and the line', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '100', due_date: '2026-03-16' });
    await book(id, '10:00', '2026-03-02');
    await book(id, '10:00', '2026-03-03');
    const page = await show(id);
    expect(page).toContain('20:00:00 of 100:00:00 used (20 %)');
    expect(rowsOf(page)).toEqual([
      '03/02/2026 10:00:00 90:00:00',
      '03/03/2026 20:00:00 80:00:00',
      '03/04/2026 20:00:00 80:00:00',
    ]);
    // Twenty hours in three days: eighty more last twelve.
    expect(page).toContain('it is used up on Monday, March 16, 2026.');
    expect(page).not.toContain('the project is due.');
    expect(line(page, 'burn-line')).toBe('0,0 0,10 7.14,20 14.29,20');
    expect(line(page, 'burn-forecast')).toBe('14.29,20 100,100');
    expect(line(page, 'color-slate')).toBe('0,0 100,100');
  });

  it('hours of a month: what the month will hold when it ends', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '29', budget_period: 'monthly' });
    await book(id, '2:00', '2026-03-03');
    const page = await show(id);
    expect(page).toContain('2:00:00 of 29:00:00 used (6 %)');
    // An hour a day since the third: twenty-nine days.
    expect(page).toContain('100 % will be used when the month ends');
    expect(rowsOf(page)).toEqual(['03/03/2026 2:00:00 27:00:00', '03/04/2026 2:00:00 27:00:00']);
    // From the first to the last of March; three of thirty days are over, and 2 of 29 hours used.
    expect(line(page, 'color-slate')).toBe('0,0 100,100');
    expect(line(page, 'burn-forecast')).toBe('10,6.9 100,100');
    expect(page).toContain('evenly until the month ends');
    await book(id, '9:00', '2026-02-20');
    // With time before the month its pace is that of its four days.
    const slower = await show(id);
    expect(slower).toContain('53 % will be used when the month ends');
    expect(line(slower, 'burn-forecast')).toBe('10,6.9 100,53');
    await book(id, '8:00', '2026-03-03');
    // Ten hours in four days make 77.5 in March: of the 19 that are left none is after seven days more.
    expect(line(await show(id), 'burn-forecast')).toBe('10,34.48 33.33,100');
    expect(await show(id)).toContain('10:00:00 of 29:00:00 used (34 %)');
  });

  it('money in all, over the budget: overdrawn in the line, and nothing left to foresee', async () => {
    const id = await makeProject({ budget_kind: 'money', budget_amount: '500' });
    await price(id, '100');
    await book(id, '4:00', '2026-03-02');
    await book(id, '2:00', '2026-03-03');
    const page = await show(id);
    expect(page).toContain('€600.00 of €500.00 used (120 %)');
    expect(page).toContain('over budget');
    expect(page).toContain('The budget is used up.');
    expect(rowsOf(page)).toEqual([
      '03/02/2026 €400.00 €100.00',
      '03/03/2026 €600.00 -€100.00',
      '03/04/2026 €600.00 -€100.00',
    ]);
    expect(line(page, 'burn-line')).toBe('0,0 0,66.67 50,100 100,100');
    expect(line(page, 'burn-forecast')).toBeUndefined();
  });

  it('money of a month: of its currency, and it says what it leaves out', async () => {
    const id = await makeProject({ budget_kind: 'money', budget_amount: '1000', budget_period: 'monthly' });
    await book(id, '1:30', '2026-03-02');
    const bare = await show(id);
    expect(bare).toContain('€0.00 of €1,000.00 used (0 %)');
    expect(bare).toContain('1:30:00 of billable time has no rate and is not counted.');
    await price(id, '100');
    await book(id, '2:00', '2026-03-03');
    await db()
      .updateTable('entries')
      .set({ currency: 'USD' })
      .where('project_id', '=', id)
      .where('rate_cents', 'is not', null)
      .execute();
    await book(id, '4:00', '2026-03-04');
    const page = await show(id);
    expect(page).toContain('€400.00 of €1,000.00 used (40 %)');
    expect(page).toContain('$200.00 is of another currency and is not counted');
  });

  it('of nothing yet, of time booked ahead, and of a project that is archived', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '10' });
    const empty = await show(id);
    expect(empty).toContain('0:00:00 of 10:00:00 used (0 %)');
    expect(empty).toContain('nothing can be foreseen');
    expect(rowsOf(empty)).toEqual(['03/04/2026 0:00:00 10:00:00']);
    const money = await makeProject({ name: `Money ${names}`, budget_kind: 'money', budget_amount: '10' });
    expect(await show(money)).toContain('Nothing that is billed in the currency of the budget');
    await book(id, '3:00', '2026-04-02');
    const ahead = await show(id);
    expect(ahead).toContain('3:00:00 of 10:00:00 used (30 %)');
    expect(rowsOf(ahead).at(-1)).toBe('04/02/2026 3:00:00 7:00:00');
    expect(line(ahead, 'burn-line')).toBe('0,0 100,30');
    await app.as('alice').post(`/projects/${id}/archive`).expect(303);
    const archived = await show(id);
    expect(archived).toContain('3:00:00 of 10:00:00 used (30 %)');
    expect(archived).toContain('The project is archived, so nothing is foreseen.');
  });
});

async function jobs(): Promise<void> {
  app.clock.now += 3_600_000;
  await runAllJobs(app.deps);
}

describe('a threshold', () => {
  it('is told once, in the page and by mail, to managers and administrators', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '10', budget_thresholds: '50, 90' });
    await db()
      .insertInto('project_members')
      .values({ project_id: id, user_id: app.ids.charlie, is_manager: 1 })
      .execute();
    await book(id, '4:00');
    await jobs();
    expect(await noticesOf(id)).toEqual([]);
    await book(id, '2:00');
    await jobs();
    const told = { project_id: id, threshold: 50, percent: 60, month: null };
    const people = [app.ids.alice, app.ids.charlie];
    expect((await noticesOf(id)).sort((a, b) => a.user_id - b.user_id)).toEqual(
      people.sort((a, b) => a - b).map((user_id) => ({ user_id, ...told })),
    );
    const received = (await mail.waitFor(2)).filter(({ raw }) => raw.includes(`Budget ${names}`));
    expect(received.map(({ to }) => to[0]).sort()).toEqual(['alice@example.com', 'charlie@example.com']);
    expect(received[0]?.raw).toContain(`http://time.example.com/projects/${id}`);
    await jobs();
    expect(await noticesOf(id)).toHaveLength(2);
    expect(mail.received.filter(({ raw }) => raw.includes(`Budget ${names}`))).toHaveLength(2);
    await book(id, '4:00');
    await jobs();
    expect(await noticesOf(id)).toHaveLength(4);
    // Raised, the budget can be used up once more.
    await app
      .as('alice')
      .post(`/projects/${id}`, {
        name: `Budget ${names}`,
        budget_kind: 'hours',
        budget_amount: '19',
        budget_thresholds: '50',
      })
      .expect(303);
    await jobs();
    expect(await noticesOf(id)).toHaveLength(6);
  });

  it('of a month is told in every month', async () => {
    const id = await makeProject({
      budget_kind: 'hours',
      budget_amount: '2',
      budget_period: 'monthly',
      budget_thresholds: '100',
    });
    await book(id, '3:00', '2026-01-20');
    await jobs();
    expect(await noticesOf(id)).toEqual([]);
    await book(id, '2:00');
    await jobs();
    expect(await noticesOf(id)).toMatchObject([{ month: '2026-03', threshold: 100, percent: 100 }]);
    // The last days of a month are booked when it is over.
    await book(id, '3:00', '2026-02-28');
    await jobs();
    await jobs();
    expect((await noticesOf(id)).slice(1)).toMatchObject([
      { month: '2026-02', threshold: 100, percent: 150 },
    ]);
  });

  it('stays in the page when the mail server refuses, and is sent once it takes mail', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '1', budget_thresholds: '100' });
    await book(id, '1:00');
    mail.refuse('451 not now');
    await jobs();
    const mailed = async () =>
      (
        await db()
          .selectFrom('notices')
          .innerJoin('mails', 'mails.notice_id', 'notices.id')
          .select(['state', 'status'])
          .where('once_key', 'like', `budget:${id}:%`)
          .execute()
      )[0];
    expect(await mailed()).toEqual({ state: 'waiting', status: 451 });
    mail.refuse(undefined);
    await jobs();
    expect(await mailed()).toEqual({ state: 'sent', status: null });
  });
});

describe('the estimate of a task', () => {
  it('is told of at 80 and at 100 %, once each, to managers and administrators, in the page and by mail', async () => {
    const project_id = await makeProject({});
    await db()
      .insertInto('project_members')
      .values({ project_id, user_id: app.ids.charlie, is_manager: 1 })
      .execute();
    const name = `Estimated ${names}`;
    await app
      .as('alice')
      .post('/tasks', { name, project_id: String(project_id), estimate: '2:00' })
      .expect(303);
    const { id: task_id } = await db()
      .selectFrom('tasks')
      .select('id')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    const work = async (duration: string) => {
      const fields = { text: name, project_id: String(project_id), task_id: String(task_id), duration };
      await app
        .as('bob')
        .post('/entries', { ...fields, local_date: '2026-03-03' })
        .expect(303);
      await jobs();
      await jobs();
      const rows = await db()
        .selectFrom('notices')
        .select(['user_id', 'content'])
        .where('once_key', 'like', `estimate:${task_id}:%`)
        .orderBy('id')
        .execute();
      return rows.map(({ user_id, content }) => ({ user_id, ...(JSON.parse(content) as object) }));
    };
    expect(await work('1:00')).toEqual([]);
    const at_80 = await work('0:40');
    expect(new Set(at_80.map(({ user_id }) => user_id))).toEqual(new Set([app.ids.alice, app.ids.charlie]));
    expect(at_80).toMatchObject(Array(2).fill({ task_id, project_id, threshold: 80, percent: 83 }));
    const at_100 = await work('0:30');
    expect(at_100).toHaveLength(4);
    expect(at_100[3]).toMatchObject({ threshold: 100, percent: 108 });
    const page = main(await app.as('charlie').get('/notices').expect(200));
    expect(page).toContain(
      `The time on ${name} (Budget ${names}) has reached 100 % of its estimate: 108 % is used.`,
    );
    expect(page).toContain(`href="/tasks/${task_id}"`);
    const mails = mail.received.filter(({ raw }) => raw.includes(`Estimate of ${name}`));
    expect(mails.map(({ to }) => to[0]).sort()).toEqual([
      ...['alice@example.com', 'alice@example.com', 'charlie@example.com', 'charlie@example.com'],
    ]);
    // Whoever does not see the project any more does not read its name or the task's.
    await db().updateTable('projects').set({ visibility: 'members' }).where('id', '=', project_id).execute();
    await db().deleteFrom('project_members').where('project_id', '=', project_id).execute();
    expect(main(await app.as('charlie').get('/notices').expect(200))).not.toContain(name);
  });
});

describe('notices', () => {
  it('ring the bell until they are read, and are one’s own', async () => {
    const page = await app.as('alice').get('/notices').expect(200);
    expect(main(page)).toContain('has reached');
    expect(page.text).toMatch(/aria-label="Notices, \d+ unread"/);
    const { id } = await db()
      .selectFrom('notices')
      .select('id')
      .where('user_id', '=', app.ids.alice)
      .where('read_at', 'is', null)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    await app.as('bob').post(`/notices/${id}/read`).expect(404);
    const unread = async () =>
      (
        await db()
          .selectFrom('notices')
          .select('id')
          .where('user_id', '=', app.ids.alice)
          .where('read_at', 'is', null)
          .execute()
      ).length;
    const before = await unread();
    await app.as('alice').post(`/notices/${id}/read`).expect(303);
    expect(await unread()).toBe(before - 1);
    await app.as('alice').post('/notices/read').expect(303);
    expect(await unread()).toBe(0);
    expect((await app.as('alice').get('/timer')).text).toContain('aria-label="Notices"');
    expect(app.logLines().filter((line) => line['event'] === 'notice.read').length).toBe(2);
    expect(main(await app.as('bob').get('/notices').expect(200))).toMatch(
      /No notices.*changes or deletes your time.*estimate.*a mail could not be sent/s,
    );
    await app.stranger.get('/notices').expect(303);
    await app.as('alice').get('/notices?page=x').expect(400);
    await db().updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    expect(main(await app.as('alice').get('/notices'))).toContain('hat 50 % erreicht');
    await db().updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
  });
});

/** What the form of a project holds, as a browser sends it back. */
async function formOf(path: string): Promise<Record<string, string>> {
  const page = main(await app.as('alice').get(`${path}/edit`).expect(200));
  const fields: Record<string, string> = {};
  const decode = (text: string) => text.replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  for (const [tag] of page.matchAll(/<input[^>]*>/g)) {
    const name = / name="([^"]*)"/.exec(tag)?.[1];
    const is_set = !/type="(radio|checkbox)"/.test(tag) || tag.includes(' checked');
    if (name !== undefined && is_set) fields[name] = decode(/ value="([^"]*)"/.exec(tag)?.[1] ?? '');
  }
  for (const [, name = '', options = ''] of page.matchAll(
    /<select[^>]* name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g,
  ))
    fields[name] = /<option value="([^"]*)" selected/.exec(options)?.[1] ?? '';
  return fields;
}
const budgetOf = (id: number) =>
  db()
    .selectFrom('projects')
    .select(['budget_seconds', 'budget_cents', 'budget_currency', 'description'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

describe('a budget that is not touched', () => {
  it('stays to the second, and is not told of again', async () => {
    const id = await makeProject({ budget_kind: 'hours', budget_amount: '1:40', budget_thresholds: '50' });
    await book(id, '1:00');
    await jobs();
    const told = await noticesOf(id);
    expect(told).not.toEqual([]);
    const fields = await formOf(`/projects/${id}`);
    expect(fields).toMatchObject({ budget_amount: '1:40:00', budget_kind: 'hours' });
    await app
      .as('alice')
      .post(`/projects/${id}`, { ...fields, description: 'more' })
      .expect(303);
    expect(await budgetOf(id)).toMatchObject({ budget_seconds: 6000, description: 'more' });
    await jobs();
    expect(await noticesOf(id)).toEqual(told);
    const thousand = { name: `Thousand ${names}`, budget_kind: 'hours', budget_amount: '1,000' };
    expect(await budgetOf(await makeProject(thousand))).toMatchObject({ budget_seconds: 3_600_000 });
    const decimal = await makeProject({
      name: `Decimal ${names}`,
      budget_kind: 'hours',
      budget_amount: '7.25',
    });
    expect(await formOf(`/projects/${decimal}`)).toMatchObject({ budget_amount: '7.25' });
  });

  it('stays what it was when the client is billed in another currency, and says what does not count', async () => {
    const id = await makeProject({
      ...{ budget_kind: 'money', budget_amount: '1,000', new_client: `Moves ${names}` },
    });
    await app
      .as('alice')
      .post('/rates', { scope: `project:${id}`, kind: 'billable', amount: '100' })
      .expect(303);
    await book(id, '2:00');
    const { client_id } = await db()
      .selectFrom('projects')
      .select('client_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const show = async () => main(await app.as('alice').get(`/projects/${id}`).expect(200));
    expect(await show()).not.toContain('does not count against it');
    await app
      .as('alice')
      .post(`/clients/${client_id}`, {
        ...{ name: `Moves ${names}`, currency: 'JPY', currency_shown: 'JPY-1-1' },
      })
      .expect(303);
    expect(await show()).toContain('€200.00 of €1,000.00 used (20 %)');
    expect(await show()).toContain('This budget is in EUR, but the project is billed in JPY now');
    const fields = await formOf(`/projects/${id}`);
    expect(fields).toMatchObject({ budget_amount: '1000.00 EUR' });
    const save = (more: object) =>
      app.as('alice').post(`/projects/${id}`, { ...fields, version: '', ...more });
    await save({ description: 'more' }).expect(303);
    expect(await budgetOf(id)).toMatchObject({ budget_cents: 100_000, budget_currency: 'EUR' });
    await save({ budget_amount: '160000' }).expect(303);
    expect(await budgetOf(id)).toMatchObject({ budget_cents: 160_000, budget_currency: 'JPY' });
  });

  it('is asked for when the project goes to a client that is billed otherwise', async () => {
    const id = await makeProject({ budget_kind: 'money', budget_amount: '1,000' });
    await app
      .as('alice')
      .post('/clients', { name: `Dollar ${names}`, currency: 'USD' })
      .expect(303);
    const fields = { ...(await formOf(`/projects/${id}`)), new_client: `Dollar ${names}` };
    const asked = await app.as('alice').post(`/projects/${id}`, fields).expect(422);
    expect(main(asked)).toContain('This budget is 1000.00 EUR, but the project would be billed in USD');
    expect(await budgetOf(id)).toMatchObject({ budget_cents: 100_000, budget_currency: 'EUR' });
    await app
      .as('alice')
      .post(`/projects/${id}`, { ...fields, budget_amount: '1000 USD' })
      .expect(303);
    expect(await budgetOf(id)).toMatchObject({ budget_cents: 100_000, budget_currency: 'USD' });
  });
});

describe('a budget that cannot be', () => {
  it.each([
    [{ budget_kind: 'hours', budget_amount: '-5' }, 'A budget cannot be negative.'],
    [{ budget_kind: 'money', budget_amount: '-5' }, 'A budget cannot be negative.'],
    [{ budget_kind: 'hours', budget_amount: '0' }, 'A budget must be more than nothing.'],
    [{ budget_kind: 'hours', budget_amount: '' }, 'Please enter how much, or choose no budget.'],
    [{ budget_kind: 'hours', budget_amount: 'many' }, 'Please enter hours like 120 or 7.5.'],
    [{ budget_kind: 'money', budget_amount: '12.345' }, 'EUR has 2 decimals. Please round it.'],
    [{ budget_kind: 'hours', budget_amount: '99999999999' }, 'At most 10,000,000 hours.'],
    [{ budget_kind: 'money', budget_amount: '9999999999999999' }, 'At most €1,000,000,000,000.00.'],
    [{ budget_kind: 'hours', budget_amount: '5', budget_thresholds: '80,many' }, 'up to five percentages'],
    [{ budget_kind: 'lots' }, 'Please choose one of the offered values.'],
    [{ start_date: '2026-03-02', due_date: '2026-03-01' }, 'This is before the project starts.'],
    [{ name: 'x'.repeat(10_000) }, 'At most 120 characters.'],
    [{ visibility: 'nobody' }, 'Please choose one of the offered values.'],
  ])('is refused: %j', async (fields, sentence) => {
    const before = await db().selectFrom('projects').select('id').execute();
    const page = await app
      .as('alice')
      .post('/projects', {
        name: `Wrong ${names}`,
        new_client: `Nobody ${names}`,
        description: 'kept & safe',
        ...fields,
      })
      .expect(422);
    expect(main(page)).toContain(sentence);
    expect(main(page)).toContain('kept &amp; safe');
    expect(await db().selectFrom('projects').select('id').execute()).toEqual(before);
    // Nothing half done: the new client was not made either.
    expect(
      await db().selectFrom('clients').select('id').where('name', '=', `Nobody ${names}`).execute(),
    ).toEqual([]);
  });
});

describe('codes, members and favourites', () => {
  it('a code is used once, and says by which project', async () => {
    await makeProject({ name: `First ${names}`, code: `c-${names}` });
    const page = await app
      .as('alice')
      .post('/projects', { name: `Second ${names}`, code: `C-${names}` })
      .expect(422);
    expect(main(page)).toContain(`The project First ${names} already has the code C-${names}.`);
    await app
      .as('alice')
      .post('/clients', { name: `First ${names}`, code: `k-${names}` })
      .expect(303);
    const client = await app
      .as('alice')
      .post('/clients', { name: `Second ${names}`, code: `K-${names}` })
      .expect(422);
    expect(main(client)).toContain(`The client First ${names} already has the code K-${names}.`);
    expect(main(await app.as('alice').get(`/projects?q=c-${names}`))).toContain(`First ${names}`);
  });

  it('members see what only members see, managers its money', async () => {
    const id = await makeProject({ visibility: 'members' });
    await app.as('bob').get(`/projects/${id}`).expect(404);
    const add = (fields: Record<string, string>) => app.as('alice').post(`/projects/${id}/members`, fields);
    await add({ user_id: String(app.ids.bob) }).expect(303);
    expect(main(await app.as('bob').get(`/projects/${id}`).expect(200))).not.toContain('Set rates');
    await app.as('bob').get(`/projects/${id}/members`).expect(403);
    await add({ email: 'BOB@example.com', is_manager: '1' }).expect(303);
    expect(main(await app.as('bob').get(`/projects/${id}`).expect(200))).toContain('Set rates');
    expect(main(await app.as('bob').get(`/projects/${id}/members`).expect(200))).toContain('Manager');
    expect(main(await add({ email: 'nobody@example.com' }).expect(422))).toContain(
      'There is no active account',
    );
    expect(main(await add({}).expect(422))).toContain('Please choose somebody');
    expect(main(await add({ user_id: '99999' }).expect(422))).toContain('Please choose one of');
    await app.as('charlie').post(`/projects/${id}/members/${app.ids.bob}/remove`).expect(404);
    await app.as('alice').post(`/projects/${id}/members/${app.ids.bob}/remove`).expect(303);
    await app.as('bob').get(`/projects/${id}`).expect(404);
    await app.as('alice').post(`/projects/${id}/members/${app.ids.bob}/remove`).expect(404);
    const events = app.logLines().filter((line) => line['event'] === 'project.members_changed');
    expect(events.map((line) => line['change'])).toEqual(['member', 'manager', 'removed']);
  });

  it('favourites come first, for the person who marked them', async () => {
    const id = await makeProject({ name: `Zzz ${names}` });
    const firstOf = async (who: 'alice' | 'bob') =>
      /<th scope="row"><a class="project[^"]*" href="\/projects\/(\d+)"/.exec(
        main(await app.as(who).get('/projects')),
      )?.[1];
    await app
      .as('bob')
      .post(`/projects/${id}/favourite`, { favourite: '1', return_to: '/projects' })
      .expect(303);
    expect(await firstOf('bob')).toBe(String(id));
    expect(await firstOf('alice')).not.toBe(String(id));
    const bar = (await app.as('bob').get('/timer')).text;
    expect(/<option value="(\d+)"/.exec(bar.slice(bar.indexOf('name="project_id"')))?.[1]).toBe(String(id));
    await app.as('bob').post(`/projects/${id}/favourite`, { favourite: '' }).expect(303);
    expect(await firstOf('bob')).not.toBe(String(id));
    await app.as('bob').post('/projects/999999/favourite', { favourite: '1' }).expect(404);
  });

  it('a project or client with a running timer is archived only when one says so', async () => {
    const id = await makeProject({ new_client: `Runs ${names}` });
    const project = await db()
      .selectFrom('projects')
      .select('client_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    await app
      .as('bob')
      .post('/timer/start', { text: 'go', project_id: String(id) })
      .expect(303);
    for (const path of [`/projects/${id}`, `/clients/${project.client_id}`]) {
      const page = await app.as('alice').post(`${path}/archive`).expect(422);
      expect(main(page)).toContain('A timer runs on');
      expect(main(page)).toContain('Archive anyway');
      await app.as('alice').post(`${path}/archive`, { anyway: '1' }).expect(303);
    }
    app.clock.now += 60_000;
    await app.as('bob').post('/timer/stop').expect(303);
    const rows = await db().selectFrom('entries').select('ended_at').where('project_id', '=', id).execute();
    expect(rows).toEqual([{ ended_at: app.clock.now }]);
  });
});
