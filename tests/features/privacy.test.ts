import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueVersion } from '../../src/telemetry/catalogue.ts';
import { pseudonym } from '../../src/telemetry/pseudonym.ts';
import type { CastName, TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';

let internet: Destination;
let app: TestApp;

beforeEach(async () => {
  internet = await openDestination();
});
afterEach(() => internet.close());

async function start(environment: Record<string, string> = {}): Promise<TestApp> {
  app = await createTestApp({
    environment: { POSTHOG_API_KEY: 'phc_key_of_a_test', POSTHOG_HOST: internet.url, ...environment },
  });
  await app.deps.telemetry.consents.refresh();
  return app;
}

const page = async (name: CastName = 'bob', headers: Record<string, string> = {}): Promise<string> => {
  const answer = await app.as(name).get('/privacy').set(headers);
  expect(answer.status).toBe(200);
  return answer.text.replace(/\s+/g, ' ');
};
const choose = (analytics_choice: string, name: CastName = 'bob') =>
  app.as(name).post('/privacy/analytics', { analytics_choice });
const waitingOf = async (name: CastName) => {
  const rows = await app.deps.db.selectFrom('outbox').select('user_id').execute();
  return rows.filter(({ user_id }) => user_id === app.ids[name]).length;
};
/** Each another text: the same one again at once is a second click. */
let starts = 0;
const startTimer = (name: CastName, headers: Record<string, string> = {}) =>
  app
    .as(name)
    .post('/timer/start', { text: `something ${(starts += 1)}` })
    .set(headers);
const choiceOf = async (name: CastName) => {
  const row = await app.deps.db
    .selectFrom('users')
    .select('analytics_choice')
    .where('id', '=', app.ids[name])
    .executeTakeFirstOrThrow();
  return row.analytics_choice;
};

describe('the choice about product events', () => {
  it('no: what waits about me is deleted, what is about others stays, and nothing of mine is queued again', async () => {
    await start();
    for (const name of ['bob', 'charlie'] as const) expect((await startTimer(name)).status).toBe(303);
    expect(await waitingOf('bob')).toBeGreaterThan(0);
    const ofCharlie = await waitingOf('charlie');
    expect(ofCharlie).toBeGreaterThan(0);
    const answer = await choose('out');
    expect([answer.status, answer.headers['location']]).toEqual([303, '/privacy']);
    expect(await choiceOf('bob')).toBe('out');
    expect(await waitingOf('bob')).toBe(0);
    const text = await page();
    expect(text).toContain('No product events about you leave this server any more.');
    expect(text).toContain('You said that no product events about you may leave.');
    // The idle question is answered by a request, and that is an event.
    expect(text).not.toContain('when you are at the keyboard');
    expect(text).toContain('that you were away, unless you answer the question');
    await startTimer('bob');
    await app.as('bob').get('/reports/summary');
    expect(await waitingOf('bob')).toBe(0);
    expect(await waitingOf('charlie')).toBe(ofCharlie);
    const told = app.logLines().filter((line) => line['event'] === 'privacy.opted_out');
    expect(told).toMatchObject([{ analytics_choice: 'out', user_id: app.ids.bob }]);
  });

  it('yes wins over the browser; to follow it is the third way', async () => {
    await start();
    const signal = { 'Sec-GPC': '1' };
    expect(await page('bob', signal)).toContain(
      'Your browser asks not to be tracked, and that is respected.',
    );
    await startTimer('bob', signal);
    expect(await waitingOf('bob')).toBe(0);
    await choose('in');
    expect(await choiceOf('bob')).toBe('in');
    expect(await page('bob', signal)).toContain(`Product events about you go to ${internet.host}.`);
    // Whoever allows it has not objected.
    expect(app.logLines().filter((line) => line['event'] === 'privacy.opted_out')).toEqual([]);
    await startTimer('bob', signal);
    expect(await waitingOf('bob')).toBeGreaterThan(0);
    await choose('browser');
    expect(await choiceOf('bob')).toBeNull();
    const text = await page('bob', { DNT: '1' });
    expect(text).toContain('Your browser sends such a signal now.');
    expect(text).toContain('No product events about you leave this server.');
    expect(await page()).toContain('Your browser sends no such signal now.');
  });

  it('drops what waits when the browser is to decide, and it says no', async () => {
    await start();
    await startTimer('bob');
    expect(await waitingOf('bob')).toBeGreaterThan(0);
    await choose('browser').set('DNT', '1');
    expect(await waitingOf('bob')).toBe(0);
  });

  it('says so where nothing leaves for anybody, and where an administrator looks first', async () => {
    await start({ DO_NOT_TRACK: '1' });
    const text = await page();
    expect(text).toContain('No product events leave this server for anybody. DO_NOT_TRACK=1');
    expect(text).toContain('If that changes, what you choose here holds.');
    await start();
    const fields = { mode: 'review', catalogue_version: catalogueVersion };
    await app.as('alice').post('/admin/telemetry/analytics/mode', fields);
    expect(await page()).toContain('an administrator releases or discards them');
  });

  it.each(['', 'maybe', 'null'])('takes no nonsense: "%s"', async (analytics_choice) => {
    await start();
    const answer = await choose(analytics_choice);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Please choose one of the offered values.');
    expect(await choiceOf('bob')).toBeNull();
    expect(app.logLines().filter((line) => line['event'] === 'privacy.opted_out')).toEqual([]);
  });

  it('is everybody’s own, and asks who they are', async () => {
    await start();
    await choose('out', 'charlie');
    expect(await choiceOf('bob')).toBeNull();
    expect((await app.stranger.get('/privacy')).headers['location']).toMatch(/^\/login/);
    expect((await app.stranger.post('/privacy/analytics')).headers['location']).toMatch(/^\/login/);
  });
});

describe('what is recorded about me', () => {
  it('is counted as it is', async () => {
    await start();
    for (const [date, description] of [
      ['2026-02-01', 'a'],
      ['2026-03-01', 'b'],
    ] as const) {
      const started_at = Date.parse(`${date}T09:00:00Z`);
      await app.deps.db
        .insertInto('entries')
        .values({
          ...{
            user_id: app.ids.bob,
            project_id: null,
            description,
            started_at,
            ended_at: started_at + 60_000,
          },
          ...{ zone: 'Europe/Berlin', local_date: date, billable: 0, source: 'manual' },
          ...{ created_at: started_at, updated_at: started_at },
        })
        .execute();
    }
    const text = await page();
    expect(text).toMatch(/Your time<\/a><\/th><td[^>]*>2<\/td><td[^>]*>02\/01\/2026 to 03\/01\/2026\./);
    expect(text).toMatch(/Where you are signed in<\/a><\/th><td[^>]*>1<\/td>/);
    expect(text).toContain(`with your number (${app.ids.bob})`);
    expect(await page('charlie')).toMatch(/Your time<\/a><\/th><td[^>]*>0<\/td>/);
  });

  it('is told in German too', async () => {
    await start();
    await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.bob).execute();
    expect(await page()).toContain('Was hier über Sie festgehalten ist');
  });
});

describe('what left about me', () => {
  const pseudonymOf = async (name: CastName) =>
    pseudonym(await app.deps.settings.secret(), { namespace: 'analytics', kind: 'user', id: app.ids[name] });
  const batch = (distinct_ids: string[]) =>
    JSON.stringify({
      api_key: 'phc_key_of_a_test',
      batch: distinct_ids.map((distinct_id) => ({ event: `of ${distinct_id}`, distinct_id })),
    });
  const append = (body: string, names: CastName[], more: object = {}) =>
    app.deps.telemetry.ledger.append({
      ...{
        channel: 'analytics',
        purpose: 'events',
        consent_id: null,
        host: 'events.example.com',
        head: null,
      },
      ...{ body: Buffer.from(body), people: names.map((name) => app.ids[name]) },
      ...more,
    });

  it('is nothing at first, and then my part of it with my pseudonym: no key, and nobody else', async () => {
    await start();
    expect(await page()).toContain('Nothing about you has left this server');
    const [bob, charlie] = [await pseudonymOf('bob'), await pseudonymOf('charlie')];
    await append(batch([bob, charlie]), ['bob', 'charlie']);
    const text = await page();
    expect(text).toContain(`<code>${bob}</code>`);
    expect(text).toContain(`{&#34;event&#34;:&#34;of ${bob}&#34;,&#34;distinct_id&#34;:&#34;${bob}&#34;}`);
    expect(text).not.toContain(charlie);
    expect(text).not.toContain('phc_key_of_a_test');
    expect(await page('alice')).toContain('Nothing about you has left this server');
  });

  it('shows a request whole when it is about nobody else, and not at all when it cannot be taken apart', async () => {
    await start();
    await append('{"event_id":"1"}\n{"type":"event"}', ['bob'], { channel: 'errors' });
    await append('for several people', ['bob', 'charlie'], { channel: 'mail' });
    const text = await page();
    expect(text).toContain('{&#34;event_id&#34;:&#34;1&#34;} {&#34;type&#34;:&#34;event&#34;}');
    expect(text).not.toContain('for several people');
    expect(text.match(/Exact bytes/g)).toHaveLength(2);
  });

  it('tells attempts that reached nobody from what left', async () => {
    await start();
    const answered = async (problem: string | null, status: number | null) => {
      const id = await append('{"event_id":"1"}', ['bob'], { channel: 'errors' });
      await app.deps.telemetry.ledger.answer(id, { status, problem, body: new Uint8Array() });
    };
    await answered('refused', null);
    await answered('unresolved', null);
    await answered(null, 200);
    const text = await page();
    expect(text).toMatch(/Left about you<\/a><\/th><td[^>]*>1<\/td>/);
    expect(text).toContain('And 2 attempts that reached nobody.');
    expect(text.match(/The request, exactly as it was sent/g)).toHaveLength(1);
    expect(text.match(/no connection came about, so nothing left/g)).toHaveLength(2);
  });

  it('has pages', async () => {
    await start();
    for (let index = 0; index < 51; index += 1) await append('{}', ['bob']);
    const text = await page();
    expect(text.match(/Exact bytes/g)).toHaveLength(50);
    const next = /\/privacy\?before_id=\d+/.exec(text)?.[0] ?? '';
    const second = await app.as('bob').get(next);
    expect(second.text.match(/Exact bytes/g)).toHaveLength(1);
    const back = /\/privacy\?after_id=\d+/.exec(second.text)?.[0] ?? '';
    expect((await app.as('bob').get(back)).text.match(/Exact bytes/g)).toHaveLength(50);
    expect((await app.as('bob').get('/privacy?before_id=x')).status).toBe(200);
  });

  it('is counted as far as a thousand, and then as at least that', async () => {
    await start();
    const ids = Array.from({ length: 1001 }, (_, index) => index + 1);
    const first = await append('{}', ['bob']);
    const { id: _id, ...row } = (await app.deps.telemetry.ledger.find(first))?.request ?? { id: 0 };
    const rows = ids.slice(1).map((id) => ({ ...row, id: first + id - 1 }));
    await app.deps.db
      .insertInto('ledger')
      .values(rows as never)
      .execute();
    const people = rows.map(({ id }) => ({ ledger_id: id, user_id: app.ids.bob }));
    await app.deps.db.insertInto('ledger_people').values(people).execute();
    const text = await page();
    expect(text).toMatch(/Left about you<\/a><\/th><td[^>]*>at least 1,000<\/td>/);
    expect(text).toContain('Of the newest 1,000 only: there are more.');
  });

  it('is what really went, by the whole way', async () => {
    await start();
    await startTimer('bob');
    app.deps.telemetry.start();
    await internet.until(1);
    const sent = JSON.parse(internet.requests[0]?.body.toString('utf8') ?? '') as { batch: object[] };
    const own = await pseudonymOf('bob');
    const mine = sent.batch.filter((event) => 'distinct_id' in event && event.distinct_id === own);
    expect(mine.length).toBeGreaterThan(0);
    const text = await page();
    for (const event of mine) expect(text).toContain(JSON.stringify(event).replaceAll('"', '&#34;'));
  });
});
