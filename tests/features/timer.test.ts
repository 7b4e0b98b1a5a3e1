import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { createTestApp, testNow } from '../support/app.ts';

const app = await createTestApp();
const { db } = app.deps;

/** Forgets everybody's time, so that a test can count. */
async function clear(at: TestApp = app): Promise<void> {
  await at.deps.db.deleteFrom('entries').execute();
  await at.deps.db.deleteFrom('deleted_items').execute();
  at.clock.now = testNow;
}

async function entriesOf(name: 'bob' | 'charlie' = 'bob') {
  return db.selectFrom('entries').selectAll().where('user_id', '=', app.ids[name]).orderBy('id').execute();
}

async function addProject(
  name: string,
  set: { billable?: 0 | 1; archived_at?: number } = {},
): Promise<number> {
  const row = { name, name_key: name.toLowerCase(), color: 'blue', client_id: null, created_at: testNow };
  const { id } = await db
    .insertInto('projects')
    .values({ ...row, billable: set.billable ?? 0, archived_at: set.archived_at ?? null })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

const events = (name: string) => app.logLines().filter((line) => line['event'] === name);
const bob = app.as('bob');
const website = await addProject('Web site', { billable: 1 });
const archived = await addProject('Old', { archived_at: testNow });

/** The message that the next page shows, with its undo address. */
async function flash(): Promise<{ text: string; undo_path: string | null }> {
  const page = await bob.get('/timer').expect(200);
  const row =
    /<[^>]+id="flash"[\s\S]*?<\/form>|<[^>]+class="[^"]*toast[^"]*"[\s\S]*?<\/div>/.exec(page.text)?.[0] ??
    '';
  return { text: row, undo_path: /action="(\/entries\/restore\/\d+)"/.exec(page.text)?.[1] ?? null };
}

describe('starting and stopping', () => {
  it('starts with project and tags out of the text, and stops', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'Write it @web site #draft #"two words"' }).expect(303);
    const [running] = await entriesOf();
    expect(running).toMatchObject({
      description: 'Write it',
      project_id: website,
      billable: 1,
      ended_at: null,
      started_at: testNow,
      local_date: '2026-03-04',
      zone: 'Europe/Berlin',
    });
    app.clock.now += 90_500;
    const answer = await bob.post('/timer/stop', { return_to: '/reports/summary?x=1' }).expect(303);
    expect(answer.headers['location']).toBe('/reports/summary?x=1');
    expect((await entriesOf())[0]).toMatchObject({ ended_at: testNow + 90_000, duration_seconds: 90 });
    expect(events('timer.started').at(-1)).toMatchObject({
      project_id: website,
      has_tags: true,
      billable: true,
    });
    expect(events('timer.stopped').at(-1)).toMatchObject({ duration_seconds: 60 });
    expect(events('entry.created').at(-1)).toMatchObject({ source: 'timer' });
    expect(events('tag.created')).toHaveLength(2);
  });

  it('a request without any body starts a timer without a text', async () => {
    await clear();
    const answer = await fetch(`${app.address}/timer/start`, {
      method: 'POST',
      headers: { cookie: app.cookies.bob },
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(await entriesOf()).toHaveLength(1);
  });

  it('stopping twice, or nothing, is a friendly message', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'once' });
    app.clock.now += 60_000;
    await bob.post('/timer/stop').expect(303);
    const before = await entriesOf();
    app.clock.now += 60_000;
    await bob.post('/timer/stop').expect(303);
    expect(await entriesOf()).toEqual(before);
    expect((await bob.get('/timer')).text).toContain('No timer was running.');
  });

  it('starting stops the running one at the same instant', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'one' });
    app.clock.now += 600_000;
    await bob.post('/timer/start', { text: 'two' }).expect(303);
    const [one, two] = await entriesOf();
    expect(one?.ended_at).toBe(testNow + 600_000);
    expect(two).toMatchObject({ started_at: testNow + 600_000, ended_at: null });
  });

  it('a double click on start leaves one entry', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'same #tag' });
    app.clock.now += 2_000;
    await bob.post('/timer/start', { text: 'same #TAG' }).expect(303);
    expect(await entriesOf()).toHaveLength(1);
    app.clock.now += 1_000;
    await bob.post('/timer/start', { text: 'same #tag' }).expect(303);
    expect(await entriesOf()).toHaveLength(2);
  });

  it('switching within the second leaves no entry of no length', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'one' });
    app.clock.now += 900;
    await bob.post('/timer/start', { text: 'two' });
    expect((await entriesOf()).map(({ description }) => description)).toEqual(['two']);
  });

  it('a clock that was set back ends the timer at its start', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'early' });
    app.clock.now -= 3_600_000;
    expect((await bob.get('/timer')).status).toBe(200);
    await bob.post('/timer/stop').expect(303);
    expect((await entriesOf())[0]).toMatchObject({ ended_at: testNow, duration_seconds: 0 });
  });

  it('a duration books finished time that ends now, once', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'call @Web site', duration: '1,5' }).expect(303);
    await bob.post('/timer/start', { text: 'call @Web site', duration: '1,5' }).expect(303);
    expect(await entriesOf()).toMatchObject([
      { source: 'duration', started_at: testNow - 5_400_000, ended_at: testNow, billable: 1 },
    ]);
    expect((await bob.get('/timer')).text).toContain('Booked 1:30:00, ending now.');
  });

  it('keeps what was typed when it cannot be taken', async () => {
    await clear();
    const unknown = await bob.post('/timer/start', { text: 'plan @Nowhere', return_to: '/projects' });
    expect(unknown.status).toBe(422);
    expect(unknown.text).toContain('There is no project “Nowhere”. Choose another one');
    expect(unknown.text).toContain('value="plan @Nowhere"');
    expect(unknown.text).toContain('name="return_to" value="/projects"');
    const by_admin = await app.as('alice').post('/timer/start', { text: '@Nowhere' }).expect(422);
    expect(by_admin.text).toContain('name="create_project" value="Nowhere"');
    expect(unknown.text).not.toContain('create_project');
    const wrong = [
      { text: 'x'.repeat(501) },
      { text: 'x', duration: 'soon' },
      { text: 'x', project_id: '999999' },
      { text: 'x', project_id: 'abc' },
      { text: 'x', project_id: String(archived) },
      { text: 'x @Old' },
      { text: `#${'t'.repeat(61)}` },
      { text: 'a\u0000b' },
      { text: ['x', 'y'] },
    ];
    for (const fields of wrong) expect((await bob.post('/timer/start', fields)).status).toBe(422);
    expect(await entriesOf()).toEqual([]);
    expect(await db.selectFrom('tags').select('id').where('name', 'like', 'tt%').execute()).toEqual([]);
  });

  it('an escaped sign is text', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'mail \\@bob about \\#1 @web site' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({
      description: 'mail @bob about #1',
      project_id: website,
    });
    const page = await bob.get('/timer');
    expect(page.text).toContain('mail @bob about');
  });
});

describe('being away', () => {
  it('stops at the moment nobody was there any more, and goes on if wanted', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'long #tag @web site' });
    app.clock.now += 3_600_000;
    const stopped_at = testNow + 1_200_400;
    await bob.post('/timer/stop', { stopped_at, continue: '1' }).expect(303);
    const [before, after] = await entriesOf();
    expect(before).toMatchObject({ ended_at: testNow + 1_200_000 });
    expect(after).toMatchObject({
      description: 'long',
      project_id: website,
      billable: 1,
      started_at: app.clock.now,
      ended_at: null,
    });
    expect(events('timer.idle_detected').at(-1)).toMatchObject({ choice: 'discard_and_continue' });
    app.clock.now += 60_000;
    await bob.post('/timer/stop', { stopped_at: app.clock.now - 1000 }).expect(303);
    expect(events('timer.idle_detected').at(-1)).toMatchObject({ choice: 'discard' });
  });

  it.each([
    ['before the start', testNow - 1],
    ['in the future', testNow + 61_000],
    ['no number', 'soon'],
    ['far', 9e14],
  ])('refuses a moment %s', async (_name, stopped_at) => {
    await clear();
    await bob.post('/timer/start', { text: 'x' });
    app.clock.now += 60_000;
    const answer = await bob.post('/timer/stop', { stopped_at });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('The timer was not stopped');
    expect((await entriesOf())[0]?.ended_at).toBeNull();
  });
});

describe('the running timer', () => {
  it('changes text, project, tags and start', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'old #a' });
    app.clock.now += 60_000;
    const fields = { text: 'new #b', project_id: website, started_date: '2026-03-04', started_time: '9:15' };
    await bob.post('/timer/running', fields).expect(303);
    expect((await entriesOf())[0]).toMatchObject({
      description: 'new',
      project_id: website,
      billable: 1,
      started_at: Date.parse('2026-03-04T08:15:00Z'),
      ended_at: null,
    });
    await bob.post('/timer/running', { text: 'new #b @Web site', project_id: '' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ project_id: null });
    expect(events('entry.updated').at(-1)).toMatchObject({ time_changed: false, project_changed: true });
    expect((await bob.get('/timer')).text).toContain('value="new #b"');
  });

  it('keeps a project that was archived meanwhile', async () => {
    await clear();
    const ends = await addProject('Ends soon');
    await bob.post('/timer/start', { text: 'x', project_id: ends });
    await db.updateTable('projects').set({ archived_at: testNow }).where('id', '=', ends).execute();
    const page = await bob.get('/timer').expect(200);
    expect(page.text).toContain(`<option value="${ends}" selected>Ends soon`);
    await bob.post('/timer/running', { text: 'y @Ends soon', project_id: ends }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ description: 'y', project_id: ends });
  });

  it('moves to the day of its new start', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'x' });
    await bob
      .post('/timer/running', { text: 'x', started_date: '2026-03-03', started_time: '23:50' })
      .expect(303);
    expect((await entriesOf())[0]).toMatchObject({ local_date: '2026-03-03' });
  });

  it('refuses a start that lies ahead or is none, beside the field', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'x' });
    const ahead = await bob.post('/timer/running', {
      text: 'x',
      started_date: '2026-03-04',
      started_time: '10:30',
    });
    expect(ahead.status).toBe(422);
    expect(ahead.text).toContain('A running timer cannot have started in the future.');
    expect(
      (await bob.post('/timer/running', { text: 'x', started_date: 'x', started_time: '9' })).status,
    ).toBe(422);
    expect((await bob.post('/timer/running', { text: 'x', started_time: '' })).status).toBe(422);
    expect((await entriesOf())[0]).toMatchObject({ started_at: testNow });
  });

  it('nothing runs: a message, no error', async () => {
    await clear();
    await bob.post('/timer/running', { text: 'x', started_time: '9' }).expect(303);
    await bob.post('/timer/discard').expect(303);
    expect((await bob.get('/timer')).text).toContain('No timer was running.');
  });

  it('is discarded, and runs again after undo', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'mistake #a' });
    const [before] = await entriesOf();
    app.clock.now += 60_000;
    await bob.post('/timer/discard').expect(303);
    expect(await entriesOf()).toEqual([]);
    expect(events('timer.discarded').at(-1)).toMatchObject({ duration_seconds: 60 });
    const { undo_path } = await flash();
    await bob.post(undo_path ?? '').expect(303);
    expect(await entriesOf()).toEqual([before]);
    expect(events('timer.started').at(-1)).toMatchObject({ source: 'restore' });
  });

  it('comes back as an entry that ended when it was discarded while another one runs', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'first' });
    app.clock.now += 60_000;
    await bob.post('/timer/discard');
    const { undo_path } = await flash();
    app.clock.now += 60_000;
    await bob.post('/timer/start', { text: 'second' });
    await bob.post(undo_path ?? '').expect(303);
    const rows = await entriesOf();
    expect(rows.find(({ description }) => description === 'first')).toMatchObject({
      ended_at: testNow + 60_000,
    });
    expect(rows.filter(({ ended_at }) => ended_at === null)).toHaveLength(1);
  });
});

describe('a tab that shows another timer than the one that runs', () => {
  /** Two timers one after the other; the stale tab still shows the first. */
  async function switched() {
    await clear();
    await bob.post('/timer/start', { text: 'first' });
    const [first] = await entriesOf();
    app.clock.now += 60_000;
    await bob.post('/timer/start', { text: 'second #b' });
    app.clock.now += 60_000;
    const [, second] = await entriesOf();
    if (!first || !second) throw new Error('two entries were expected');
    return { first, second };
  }
  const shown = (name: string, text: string) => new RegExp(`name="${name}" value="(\\d+)"`).exec(text)?.[1];

  it('cannot change it unseen: what was typed is kept, and saved again it replaces', async () => {
    const { first, second } = await switched();
    const fields = {
      entry_id: first.id,
      updated_at: first.updated_at,
      text: 'first, better',
      started_date: '2026-03-04',
      started_time: '9:00',
    };
    const refused = await bob.post('/timer/running', fields).expect(422);
    expect(refused.text).toContain('It is now “second #b”');
    expect(refused.text).toContain('value="first, better"');
    expect((await entriesOf())[1]).toEqual(second);
    const form = /action="\/timer\/running"[\s\S]*?<\/form>/.exec(refused.text)?.[0] ?? '';
    const again = { entry_id: shown('entry_id', form) ?? '', updated_at: shown('updated_at', form) ?? '' };
    expect(again).toEqual({ entry_id: String(second.id), updated_at: String(second.updated_at) });
    await bob.post('/timer/running', { ...fields, ...again }).expect(303);
    expect((await entriesOf())[1]).toMatchObject({ description: 'first, better' });
  });

  it('cannot overwrite what another tab changed about the same timer', async () => {
    const { second } = await switched();
    const { id: entry_id, updated_at } = second;
    await bob.post('/timer/running', { entry_id, updated_at, text: 'tab one', started_time: '9:15' });
    await bob.post('/timer/running', { entry_id, updated_at, text: 'tab two' }).expect(422);
    expect((await entriesOf())[1]).toMatchObject({ description: 'tab one' });
    // A mistake keeps the version that the form showed, so that it is not lost on the second try.
    const wrong = { entry_id, updated_at, text: 'tab two', started_time: 'x' };
    expect((await bob.post('/timer/running', wrong).expect(422)).text).toContain(
      `name="updated_at" value="${updated_at}"`,
    );
  });

  it('neither stops nor discards it, and says so', async () => {
    const { first } = await switched();
    const before = await entriesOf();
    const ways: [string, Record<string, string | number>][] = [
      ['/timer/stop', {}],
      ['/timer/stop', { stopped_at: app.clock.now - 1000, continue: '1' }],
      ['/timer/discard', {}],
    ];
    for (const [path, fields] of ways) {
      await bob.post(path, { entry_id: first.id, ...fields }).expect(303);
      expect((await bob.get('/timer')).text).toContain('That timer had already been stopped.');
      expect(await entriesOf()).toEqual(before);
    }
    expect((await bob.post('/timer/discard', { entry_id: 'x' })).status).toBe(404);
  });

  it('the right one is stopped; every form of the page names it', async () => {
    const { second } = await switched();
    const page = await bob.get('/timer').expect(200);
    const named = page.text.match(new RegExp(`name="entry_id" value="${second.id}"`, 'g'));
    expect(named?.length).toBeGreaterThanOrEqual(4);
    expect(page.text).toMatch(/name="entry_id" value="\d+" form="idle-stop"/);
    expect(page.text).toContain('id="idle-stop"');
    await bob.post('/timer/stop', { entry_id: second.id }).expect(303);
    expect((await entriesOf())[1]?.ended_at).toBe(app.clock.now);
  });
});

describe('many clicks at once', () => {
  it('200 starts of one person leave exactly one running timer and no error', async () => {
    await clear();
    const send = (text: string) =>
      fetch(`${app.address}/timer/start`, {
        method: 'POST',
        headers: { cookie: app.cookies.bob, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ text }),
        redirect: 'manual',
      });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        app.clock.now += index % 3 === 0 ? 1000 : 0;
        const answer = await send(`work ${index} #tag${index % 7}`);
        await answer.text();
        return answer.status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([303]));
    const rows = await entriesOf();
    expect(rows.filter(({ ended_at }) => ended_at === null)).toHaveLength(1);
    for (const row of rows) if (row.ended_at !== null) expect(row.duration_seconds).toBeGreaterThanOrEqual(0);
  });

  it('starts, stops and discards mixed leave at most one', async () => {
    await clear();
    const paths = ['/timer/start', '/timer/stop', '/timer/start', '/timer/discard'];
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        bob.post(paths[index % paths.length] ?? '', { text: `mixed ${index}` }).then(({ status }) => status),
      ),
    );
    expect(new Set(answers)).toEqual(new Set([303]));
    expect((await entriesOf()).filter(({ ended_at }) => ended_at === null).length).toBeLessThanOrEqual(1);
  });
});

describe('the page', () => {
  it('leads home from /, and nowhere when signed out', async () => {
    expect((await bob.get('/').expect(303)).headers['location']).toBe('/timer');
    for (const path of ['/timer', '/timer/suggestions?q=x']) {
      expect((await app.stranger.get(path).expect(303)).headers['location']).toContain('/login');
    }
    for (const path of ['/timer/start', '/timer/stop', '/timer/discard', '/timer/running']) {
      expect((await app.stranger.post(path).expect(303)).headers['location']).toContain('/login');
    }
  });

  it('refuses addresses that make no sense', async () => {
    for (const query of [
      'until=x',
      'until=2026-02-30',
      'until=a&until=b',
      'day=x',
      'day=2026-03-04&page=0',
    ]) {
      expect((await bob.get(`/timer?${query}`)).status).toBe(400);
    }
    for (const until of ['1970-01-01', '2199-12-31']) {
      expect((await bob.get(`/timer?until=${until}`)).status).toBe(200);
    }
  });

  it('speaks German', async () => {
    await clear();
    await db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.charlie).execute();
    const charlie = app.as('charlie');
    expect((await charlie.post('/timer/start', { text: '@Nirgends' })).text).toContain(
      'Es gibt kein Projekt „Nirgends“',
    );
    await charlie.post('/timer/stop');
    expect((await charlie.get('/timer')).text).toContain('Es lief keine Uhr.');
  });

  it('points out a timer that was forgotten', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'forgotten' });
    app.clock.now += 10 * 3_600_000;
    expect((await bob.get('/timer')).text).not.toContain('Was it forgotten?');
    app.clock.now += 1000;
    expect((await bob.get('/timer')).text).toContain('Was it forgotten?');
  });
});

describe('suggestions', () => {
  const suggest = async (q: string, name: 'bob' | 'alice' = 'bob') => {
    const answer = await app
      .as(name)
      .get(`/timer/suggestions?q=${encodeURIComponent(q)}`)
      .expect(200);
    return answer.body as { kind: string; text: string; description: string; tags: string[] }[];
  };

  it('past work, each once, the latest first, with the tags it had', async () => {
    await clear();
    for (const text of ['Review #a', 'Write @Web site #b', 'Review #c', '']) {
      await bob.post('/timer/start', { text });
      app.clock.now += 60_000;
    }
    await app.as('charlie').post('/timer/start', { text: 'secret' });
    expect(await suggest('')).toMatchObject([
      { kind: 'entry', text: 'Review #c', description: 'Review', tags: ['c'] },
      { kind: 'entry', text: 'Write #b @Web site', project: { id: website, color: 'blue' } },
    ]);
    expect((await suggest('web wri')).map(({ text }) => text)).toEqual(['Write #b @Web site']);
    expect(await suggest('100%')).toEqual([]);
  });

  it('projects after @ and tags after #', async () => {
    expect(await suggest('write it @we')).toMatchObject([{ kind: 'project', text: 'write it @Web site' }]);
    expect((await suggest('@')).map(({ description }) => description)).toEqual(['Web site']);
    expect((await suggest('x #A')).map(({ text }) => text)).toContain('x #a');
    expect(await suggest('@Web site call')).toEqual([]);
  });

  it('creating a project is offered to those who may', async () => {
    expect(await suggest('@Brand new')).toEqual([]);
    expect(await suggest('@Brand new', 'alice')).toMatchObject([
      { kind: 'create_project', description: 'Brand new', text: '@"Brand new"' },
    ]);
    expect((await suggest('@web site', 'alice')).map(({ kind }) => kind)).toEqual(['project']);
  });

  it('refuses what is no text', async () => {
    expect((await bob.get(`/timer/suggestions?q=${'x'.repeat(501)}`)).status).toBe(400);
    expect((await bob.get('/timer/suggestions?q=%00')).status).toBe(400);
    expect((await bob.get('/timer/suggestions')).status).toBe(200);
  });
});

describe('a project made on the way', () => {
  const alice = app.as('alice');
  const named = (name: string) => db.selectFrom('projects').selectAll().where('name', '=', name).execute();
  const ofAlice = () =>
    db.selectFrom('entries').selectAll().where('user_id', '=', app.ids.alice).orderBy('id').execute();

  it('is made with the timer by those who may, with what the form of projects would give it', async () => {
    await clear();
    const text = 'plan #a @"Brand new"';
    const refused = await alice.post('/timer/start', { text }).expect(422);
    expect(refused.text).toContain('Create the project “Brand new” and start');
    expect(await named('Brand new')).toEqual([]);
    await alice.post('/timer/start', { text, create_project: 'Brand new' }).expect(303);
    const [project] = await named('Brand new');
    expect(project).toMatchObject({ client_id: null, billable: 1, created_at: testNow });
    const [running] = await ofAlice();
    expect(running).toMatchObject({ description: 'plan', project_id: project?.id, billable: 1 });
    expect(events('project.created').at(-1)).toMatchObject({ project_id: project?.id, has_client: false });
    await alice.post('/timer/start', { text: 'again @Brand new', create_project: 'Brand new' }).expect(303);
    expect(await named('Brand new')).toHaveLength(1);
  });

  it('with a duration, by the form that adds time, and by changing what runs or is booked', async () => {
    await clear();
    await alice.post('/timer/start', { text: '@By-1', duration: '1h', create_project: 'By-1' }).expect(303);
    const times = { local_date: '2026-03-03', started_time: '9', ended_time: '10' };
    await alice.post('/entries', { ...times, text: '@By-2', create_project: ['', 'By-2'] }).expect(303);
    await alice.post('/timer/start', { text: 'x' });
    await alice.post('/timer/running', { text: '@By-3', create_project: 'by-3' }).expect(303);
    const [entry] = await ofAlice();
    await alice.post(`/entries/${entry?.id}`, { text: '@By-4', create_project: 'By-4' }).expect(303);
    const of_entries = (await ofAlice()).map(({ project_id }) => project_id);
    const expected = [];
    for (const name of ['By-4', 'By-2', 'By-3']) expected.push((await named(name))[0]?.id);
    expect(of_entries).toEqual(expected);
  });

  it('is not made for a member, under another name than agreed, or when anything else is wrong', async () => {
    await clear();
    await bob.post('/timer/start', { text: '@No-1', create_project: 'No-1' }).expect(422);
    const wrong: [string, Record<string, string | number>][] = [
      ['/timer/start', { text: '@No-1', create_project: 'No-2' }],
      ['/timer/start', { text: '@No-1', create_project: 'No-1', duration: 'soon' }],
      ['/timer/start', { text: `@No-1 #${'t'.repeat(61)}`, create_project: 'No-1' }],
      ['/timer/start', { text: `@${'N'.repeat(121)}`, create_project: 'N'.repeat(121) }],
      ['/timer/start', { text: '@"\u200B"', create_project: '\u200B' }],
      ['/entries', { text: '@No-1', create_project: 'No-1', local_date: '2026-03-03' }],
    ];
    for (const [path, fields] of wrong) await alice.post(path, fields).expect(422);
    const long = 'N'.repeat(121);
    const refused = await alice.post('/timer/start', { text: `@${long}`, create_project: long });
    expect(refused.text).toContain('At most 120 characters.');
    expect((await alice.post('/timer/start', { text: '@Old', create_project: 'Old' })).text).toContain(
      'value="@Old"',
    );
    await alice.post('/timer/start', { text: 'x' });
    const stale = { text: '@No-1', create_project: 'No-1', updated_at: 1 };
    await alice.post('/timer/running', stale).expect(422);
    await alice.post('/timer/running', { text: '@No-1', create_project: 'No-1', started_time: 'x' });
    const rows = await db.selectFrom('projects').select('name').where('name', 'like', 'N%').execute();
    expect(rows).toEqual([]);
    expect(await named('Old')).toHaveLength(1);
  });

  it('two clicks at once make one', async () => {
    await clear();
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => alice.post('/timer/start', { text: '@Once', create_project: 'Once' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
    expect(await named('Once')).toHaveLength(1);
  });
});

describe('projects of one name', () => {
  let plain = 0;
  let ofBeta = 0;
  beforeAll(async () => {
    const { id: client_id } = await db
      .insertInto('clients')
      .values({ name: 'Beta', name_key: 'beta', created_at: testNow, archived_at: null })
      .returning('id')
      .executeTakeFirstOrThrow();
    plain = await addProject('Shop');
    ofBeta = await addProject('Shop too');
    const twin = { client_id, name: 'Shop', name_key: 'shop' };
    await db.updateTable('projects').set(twin).where('id', '=', ofBeta).execute();
  });

  it('are refused by name with the choices, and told apart by client', async () => {
    await clear();
    const answer = await bob.post('/timer/start', { text: 'sell @Shop' }).expect(422);
    expect(answer.text).toContain('There are several projects “Shop”.');
    expect(answer.text).toContain('@Shop (), @Shop (Beta)');
    expect(await entriesOf()).toEqual([]);
    await bob.post('/timer/start', { text: 'sell @Shop (Beta)' }).expect(303);
    await bob.post('/timer/start', { text: 'sell it @"shop ()"' }).expect(303);
    await bob.post('/timer/start', { text: 'chosen @Shop', project_id: ofBeta }).expect(303);
    expect((await entriesOf()).map(({ project_id }) => project_id)).toContain(ofBeta);
    expect((await entriesOf()).at(-1)).toMatchObject({ description: 'chosen', project_id: ofBeta });
  });

  it('stay what they are in the forms of what has them', async () => {
    await clear();
    for (const [id, spelled] of [
      [plain, '@Shop ()'],
      [ofBeta, '@Shop (Beta)'],
    ] as const) {
      await bob.post('/timer/start', { text: `x${id}`, project_id: id });
      expect((await bob.get('/timer')).text).toContain(`value="x${id} ${spelled}"`);
      await bob.post('/timer/running', { text: `y @Shop`, project_id: id }).expect(303);
      await bob.post('/timer/running', { text: `z ${spelled}`, project_id: id }).expect(303);
      expect((await entriesOf()).at(-1)).toMatchObject({ description: 'z', project_id: id });
    }
  });

  it('are suggested with their client', async () => {
    await clear();
    const ask = async (q: string) => {
      const answer = await bob.get(`/timer/suggestions?q=${encodeURIComponent(q)}`).expect(200);
      return answer.body as { text: string; project: { client_name: string | null } }[];
    };
    const both = ['x @Shop ()', 'x @Shop (Beta)'];
    expect((await ask('x @sho')).map(({ text }) => text)).toEqual(both);
    expect((await ask('x @sho')).map(({ project }) => project.client_name)).toEqual([null, 'Beta']);
    expect((await ask('x @shop (b')).map(({ text }) => text)).toEqual([both[1]]);
    await bob.post('/timer/start', { text: 'past @Shop (Beta)' });
    expect(await ask('past')).toMatchObject([
      { text: 'past @Shop (Beta)', project: { id: ofBeta, client_name: 'Beta' } },
    ]);
  });

  it('a project taken out of the text of the running timer is taken away', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'x @Shop (Beta)' });
    const page = await bob.get('/timer');
    expect(page.text).toContain(`name="shown_project_id" value="${ofBeta}"`);
    const fields = { shown_project_id: ofBeta, project_id: ofBeta };
    await bob.post('/timer/running', { ...fields, text: 'x @Shop (Beta)' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ project_id: ofBeta });
    await bob.post('/timer/running', { ...fields, text: 'x', project_id: plain }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ project_id: plain });
    const shown_project_id = plain;
    await bob.post('/timer/running', { shown_project_id, project_id: plain, text: 'x' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ project_id: null });
    await bob.post('/timer/running', { shown_project_id: '', project_id: plain, text: 'x' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ project_id: plain });
  });
});
