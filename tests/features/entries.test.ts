import { describe, expect, it } from 'vitest';
import { createTestApp, testNow } from '../support/app.ts';

const app = await createTestApp();
const { db } = app.deps;
const bob = app.as('bob');
const charlie = app.as('charlie');

async function clear(): Promise<void> {
  await db.deleteFrom('entries').execute();
  await db.deleteFrom('deleted_items').execute();
  app.clock.now = testNow;
}

async function entriesOf(name: 'bob' | 'charlie' = 'bob') {
  return db.selectFrom('entries').selectAll().where('user_id', '=', app.ids[name]).orderBy('id').execute();
}

async function tagsOf(entry_id: number): Promise<string[]> {
  const rows = await db
    .selectFrom('entry_tags')
    .innerJoin('tags', 'tags.id', 'tag_id')
    .select('name')
    .where('entry_id', '=', entry_id)
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}

async function addProject(name: string, billable: 0 | 1 = 0): Promise<number> {
  const { id } = await db
    .insertInto('projects')
    .values({
      name,
      name_key: name.toLowerCase(),
      color: 'teal',
      client_id: null,
      created_at: testNow,
      billable,
      archived_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

const archive = (id: number, archived_at: number | null) =>
  db.updateTable('projects').set({ archived_at }).where('id', '=', id).execute();

const site = await addProject('Site', 1);
const inside = await addProject('Inside');
const events = (name: string) => app.logLines().filter((line) => line['event'] === name);
const day = { local_date: '2026-03-03' };

/** Adds one entry of bob and reads it back. */
async function added(fields: Record<string, string | number> = {}) {
  await clear();
  await bob
    .post('/entries', { ...day, started_time: '9:00', ended_time: '10:00', text: 'work #a', ...fields })
    .expect(303);
  const [entry] = await entriesOf();
  if (!entry) throw new Error('the entry is missing');
  return entry;
}

async function undoPath(): Promise<string> {
  const page = await bob.get('/timer').expect(200);
  return /action="(\/entries\/restore\/\d+)"/.exec(page.text)?.[1] ?? 'no undo';
}

describe('adding by hand', () => {
  it("books start and end, with project, tags and the project's billable", async () => {
    const entry = await added({ text: 'work #a #b @Site' });
    expect(entry).toMatchObject({
      description: 'work',
      project_id: site,
      billable: 1,
      source: 'manual',
      started_at: Date.parse('2026-03-03T08:00:00Z'),
      duration_seconds: 3600,
      local_date: '2026-03-03',
    });
    expect(await tagsOf(entry.id)).toEqual(['a', 'b']);
    expect((await bob.get('/timer')).text).toContain('Added 1:00:00 on Tuesday, March 3, 2026.');
    expect(events('entry.created').at(-1)).toMatchObject({
      source: 'manual',
      project_id: site,
      has_tags: true,
    });
  });

  it("an unticked box is the project's default unless the form insists", async () => {
    expect(await added({ project_id: site, billable: '' })).toMatchObject({ billable: 1 });
    expect(await added({ project_id: site, billable: '0' })).toMatchObject({
      billable: 0,
    });
    expect(await added({ project_id: inside, billable: '1' })).toMatchObject({ billable: 1 });
  });

  it('a duration alone follows the last entry of the day', async () => {
    await added();
    await bob.post('/entries', { ...day, duration: '30m', text: 'more' }).expect(303);
    expect((await entriesOf())[1]).toMatchObject({
      started_at: Date.parse('2026-03-03T09:00:00Z'),
      duration_seconds: 1800,
      source: 'duration',
    });
  });

  it('says how a time was understood where the clocks change', async () => {
    await added({ local_date: '2026-03-29', started_time: '2:30', ended_time: '', duration: '1h' });
    expect((await bob.get('/timer')).text).toContain(
      'The clocks are put forward over 02:30 on that day; 03:30 was taken.',
    );
    await added({ local_date: '2026-10-25', started_time: '2:45', ended_time: '2:15' });
    expect((await bob.get('/timer')).text).toContain('the second one was taken');
  });

  it('the same form twice within two seconds books once', async () => {
    await added();
    await bob
      .post('/entries', { ...day, started_time: '9:00', ended_time: '10:00', text: 'work #a' })
      .expect(303);
    expect(await entriesOf()).toHaveLength(1);
    app.clock.now += 3000;
    await bob
      .post('/entries', { ...day, started_time: '9:00', ended_time: '10:00', text: 'work #a' })
      .expect(303);
    expect(await entriesOf()).toHaveLength(2);
  });

  it('refuses what cannot be with a sentence and what was typed', async () => {
    await clear();
    const answer = await bob.post('/entries', {
      ...day,
      started_time: '9:00',
      ended_time: 'noonish',
      text: 'kept text @Nowhere',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Please enter a time like 9:30.');
    expect(answer.text).toContain('There is no project “Nowhere”.');
    expect(answer.text).toContain('value="kept text @Nowhere"');
    expect(answer.text).toContain('value="noonish"');
    const wrong = [
      {},
      { ...day },
      { ...day, duration: '0' },
      { ...day, duration: '1000h' },
      { local_date: '2028-01-01', duration: '1h' },
      { local_date: '2026-3-3', duration: '1h' },
      { local_date: 'x\u0000', duration: '1h' },
      { ...day, duration: '1h', project_id: '9'.repeat(20) },
      { ...day, duration: ['1h', '2h'] },
      { ...day, duration: '1h', text: 'x'.repeat(501) },
    ];
    for (const fields of wrong) expect((await bob.post('/entries', fields)).status).toBe(422);
    expect(await entriesOf()).toEqual([]);
  });
});

describe('changing', () => {
  it('shows the entry in its form', async () => {
    const entry = await added({ text: 'a "quoted" \\@text #a', project_id: site });
    const page = await bob.get(`/entries/${entry.id}?return_to=/timer?until=2026-03-08`).expect(200);
    expect(page.text).toContain('value="a &#34;quoted&#34; \\@text #a"');
    expect(page.text).toContain('value="09:00"');
    expect(page.text).toContain(`value="${entry.updated_at}"`);
    expect(page.text).toContain('value="/timer?until=2026-03-08"');
  });

  it('saves text, project, tags and times', async () => {
    const entry = await added();
    await bob
      .post(`/entries/${entry.id}`, {
        text: 'better #b',
        project_id: site,
        billable: ['0', '1'],
        ...day,
        started_time: '8:30',
        ended_time: '10:00',
        duration: '',
        updated_at: entry.updated_at,
      })
      .expect(303);
    const [changed] = await entriesOf();
    expect(changed).toMatchObject({
      description: 'better',
      project_id: site,
      billable: 1,
      duration_seconds: 5400,
    });
    expect(await tagsOf(entry.id)).toEqual(['b']);
    expect(changed?.updated_at).toBeGreaterThan(entry.updated_at);
    expect(events('entry.updated').at(-1)).toMatchObject({
      time_changed: true,
      project_changed: true,
      description_changed: true,
    });
  });

  it('fields that are missing stay; a duration alone moves the end; a date moves both', async () => {
    const entry = await added({ project_id: site, billable: '1' });
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', duration: '2h' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({
      started_at: entry.started_at,
      duration_seconds: 7200,
      project_id: site,
      billable: 1,
    });
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', local_date: '2026-02-28' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ local_date: '2026-02-28', duration_seconds: 7200 });
  });

  it('the box says billable or not; another project brings its default when the box was not touched', async () => {
    const entry = await added({ project_id: site });
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', billable: '0' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ billable: 0 });
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', billable: '0', project_id: inside });
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', billable: '0', project_id: site });
    expect((await entriesOf())[0]).toMatchObject({ billable: 1, project_id: site });
  });

  it('an archived project stays when something else is saved, and cannot be chosen anew', async () => {
    const entry = await added({ project_id: site });
    await archive(site, testNow);
    const page = await bob.get(`/entries/${entry.id}`).expect(200);
    expect(page.text).toContain(`<option value="${site}" selected>Site`);
    await bob.post(`/entries/${entry.id}`, { text: 'other', project_id: site }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ description: 'other', project_id: site });
    await bob.post(`/entries/${entry.id}`, { text: 'other', project_id: inside }).expect(303);
    const back = await bob.post(`/entries/${entry.id}`, { text: 'other', project_id: site });
    expect(back.status).toBe(422);
    expect(back.text).toContain('The project “Site” is archived');
    await archive(site, null);
  });

  it('two tabs: the later one is told and may replace; the same change passes', async () => {
    const entry = await added();
    const { updated_at } = entry;
    await bob.post(`/entries/${entry.id}`, { text: 'first tab', updated_at }).expect(303);
    await bob.post(`/entries/${entry.id}`, { text: 'first tab', updated_at }).expect(303);
    const second = await bob.post(`/entries/${entry.id}`, { text: 'second tab', updated_at });
    expect(second.status).toBe(422);
    expect(second.text).toContain('It is now “first tab”');
    expect(second.text).toContain('09:00–10:00');
    expect(second.text).toContain('value="second tab"');
    const version = /name="updated_at" value="(\d+)"/.exec(second.text)?.[1] ?? '';
    await bob.post(`/entries/${entry.id}`, { text: 'second tab', updated_at: version }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ description: 'second tab' });
  });

  it('refuses wrong times beside the field, and stores nothing', async () => {
    const entry = await added();
    const answer = await bob.post(`/entries/${entry.id}`, { text: 'x', ended_time: '9:00' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Start and end are the same.');
    for (const fields of [
      { started_time: '' },
      { local_date: 'x' },
      { duration: 'x' },
      { ended_time: '25:00' },
    ]) {
      expect((await bob.post(`/entries/${entry.id}`, { text: 'x', ...fields })).status).toBe(422);
    }
    expect((await entriesOf())[0]).toEqual(entry);
  });

  it('keeps the zone of the entry when the person has moved', async () => {
    const entry = await added();
    await db
      .updateTable('users')
      .set({ time_zone: 'America/New_York' })
      .where('id', '=', app.ids.bob)
      .execute();
    const page = await bob.get('/timer');
    expect(page.text).toContain('09:00');
    expect(page.text).toContain('Europe/Berlin');
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', started_time: '9:30' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({
      zone: 'Europe/Berlin',
      started_at: Date.parse('2026-03-03T08:30:00Z'),
    });
    await db.updateTable('users').set({ time_zone: 'Europe/Berlin' }).where('id', '=', app.ids.bob).execute();
  });

  it('an end finishes a running timer', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'runs' });
    app.clock.now += 3_600_000;
    const [running] = await entriesOf();
    await bob.post(`/entries/${running?.id}`, { text: 'runs', ended_time: '10:30' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ duration_seconds: 1800 });
  });
});

describe('over midnight', () => {
  const told = 'It starts on Tue, Mar 3 and ends on Wed, Mar 4.';

  it('is said when time is added that ends on the next day, and not otherwise', async () => {
    await added({ started_time: '22:00', ended_time: '1:00' });
    expect((await bob.get('/timer')).text).toContain(`Added 3:00:00 on Tuesday, March 3, 2026. ${told}`);
    await added();
    expect((await bob.get('/timer')).text).not.toContain('It starts on');
  });

  it('is said when a change makes it so, once', async () => {
    const entry = await added();
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', ended_time: '8:00' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ duration_seconds: 23 * 3600 });
    expect((await bob.get('/timer')).text).toContain(`Saved. ${told}`);
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', ended_time: '8:30' }).expect(303);
    expect((await bob.get('/timer')).text).not.toContain('It starts on');
  });

  it('the form says the day of the end, also when it is shown again', async () => {
    const entry = await added({ started_time: '9:00', ended_time: '', duration: '30h' });
    expect((await bob.get(`/entries/${entry.id}`)).text).toContain('On Wed, Mar 4');
    const again = await bob.post(`/entries/${entry.id}`, { text: 'x', started_time: '' }).expect(422);
    expect(again.text).toContain('On Wed, Mar 4');
    await bob.post(`/entries/${entry.id}`, { text: 'work #a', ended_time: '16:00' }).expect(303);
    expect((await entriesOf())[0]).toMatchObject({ duration_seconds: 31 * 3600 });
    const short = await added();
    expect((await bob.get(`/entries/${short.id}`)).text).not.toContain('On Tue, Mar 3');
  });

  it('a start past the end is refused beside the start', async () => {
    const entry = await added();
    const answer = await bob.post(`/entries/${entry.id}`, { text: 'work #a', started_time: '10:30' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('The start is after the end.');
    expect((await entriesOf())[0]).toEqual(entry);
  });

  it("today's duration alone ends now, whatever day it began on", async () => {
    await clear();
    app.clock.now = Date.parse('2026-03-04T00:30:00Z');
    await bob.post('/entries', { local_date: '2026-03-04', duration: '2h', text: 'late' }).expect(303);
    expect((await bob.get('/timer')).text).toContain(`Added 2:00:00 on Tuesday, March 3, 2026. ${told}`);
    await bob.post('/timer/start', { text: 'late too', duration: '2h' }).expect(303);
    expect((await bob.get('/timer')).text).toContain(`Booked 2:00:00, ending now. ${told}`);
    const [first, second] = await entriesOf();
    expect(first).toMatchObject({ ended_at: app.clock.now, local_date: '2026-03-03' });
    expect(second).toMatchObject({ started_at: first?.started_at, ended_at: first?.ended_at });
  });
});

describe('how times would be understood', () => {
  const understood = async (query: Record<string, string>, who = bob) => {
    const answer = await who.get(`/entries/understood?${new URLSearchParams(query).toString()}`).expect(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    return answer.body as unknown;
  };

  it('a new entry', async () => {
    await clear();
    const day = { local_date: '2026-03-03', started_time: '', ended_time: '', duration: '' };
    const nothing = { text: null, problem: null };
    expect(await understood({})).toEqual(nothing);
    expect(await understood({ ...day, started_time: '9' })).toEqual(nothing);
    expect(await understood({ ...day, started_time: '9', ended_time: '10:30' })).toEqual({
      text: '1 hour, 30 minutes',
      problem: null,
    });
    expect(await understood({ ...day, started_time: '22', ended_time: '1' })).toEqual({
      text: '3 hours. It starts on Tue, Mar 3 and ends on Wed, Mar 4.',
      problem: null,
    });
    expect(await understood({ local_date: '2026-03-29', started_time: '2:30', duration: '1h' })).toEqual({
      text: '1 hour. The clocks are put forward over 02:30 on that day; 03:30 was taken.',
      problem: null,
    });
    expect(await understood({ ...day, started_time: '9', ended_time: 'noon' })).toEqual({
      text: null,
      problem: 'Please enter a time like 9:30.',
    });
    expect(await understood({ ...day, duration: 'x'.repeat(60) })).toMatchObject({ text: null });
    await db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.charlie).execute();
    expect(await understood({ ...day, started_time: '22', ended_time: '1' }, charlie)).toEqual({
      text: '3 Stunden. Der Eintrag beginnt am Di., 3. März und endet am Mi., 4. März.',
      problem: null,
    });
    await db.updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.charlie).execute();
  });

  it('a change of an own entry; of nobody else, and not in the log', async () => {
    const entry = await added({ started_time: '9:00', ended_time: '', duration: '30h' });
    const entry_id = String(entry.id);
    expect(await understood({ entry_id, ended_time: '16:00' })).toEqual({
      text: '31 hours. It starts on Tue, Mar 3 and ends on Wed, Mar 4.',
      problem: null,
    });
    expect(await understood({ entry_id, started_time: '17:17', local_date: '2026-03-05' })).toMatchObject({
      text: expect.stringContaining('21 hours, 43 minutes') as string,
    });
    for (const id of [entry_id, 'x', '99999']) {
      await charlie.get(`/entries/understood?entry_id=${id}`).expect(404);
    }
    expect((await app.stranger.get('/entries/understood')).headers['location']).toContain('/login');
    expect((await bob.get('/entries/understood?started_time=a&started_time=b')).status).toBe(200);
    // The lines' own time may well be 17:17.
    const logged = JSON.stringify(app.logLines().map(({ time: _, ...line }) => line));
    expect(logged).not.toContain('17:17');
    expect(logged).not.toContain('17%3A17');
    expect(await entriesOf()).toEqual([entry]);
  });
});

describe('deleting and undo', () => {
  it('brings back the same entry, once, with its tags', async () => {
    const entry = await added({ text: 'work #a #b', project_id: site });
    await bob.post(`/entries/${entry.id}/delete`).expect(303);
    expect(await entriesOf()).toEqual([]);
    expect(events('entry.deleted').at(-1)).toMatchObject({ duration_seconds: 3600 });
    const undo = await undoPath();
    await charlie.post(undo).expect(404);
    await bob.post(undo).expect(303);
    await bob.post(undo).expect(303);
    expect(await entriesOf()).toEqual([entry]);
    expect(await tagsOf(entry.id)).toEqual(['a', 'b']);
    expect((await bob.get('/timer')).text).toContain('It is back already.');
    expect(events('entry.restored')).toHaveLength(1);
  });

  it('names what was deleted, shortened, and never as markup', async () => {
    const entry = await added({ text: `<b>${'long '.repeat(20)}` });
    await bob.post(`/entries/${entry.id}/delete`).expect(303);
    const { text } = await bob.get('/timer');
    expect(text).toContain('Deleted “&lt;b&gt;long long');
    expect(text).toContain('…”.');
    expect(text).not.toContain('<b>long');
  });

  it('comes back without a project or tag that was deleted meanwhile', async () => {
    const gone = await addProject('Gone soon');
    const entry = await added({ text: 'work #vanishing #a', project_id: gone });
    await bob.post(`/entries/${entry.id}/delete`);
    const undo = await undoPath();
    await db.deleteFrom('projects').where('id', '=', gone).execute();
    await db.deleteFrom('tags').where('name', '=', 'vanishing').execute();
    await bob.post(undo).expect(303);
    expect(await entriesOf()).toEqual([{ ...entry, project_id: null }]);
    expect(await tagsOf(entry.id)).toEqual(['a']);
  });

  it('a running one is discarded', async () => {
    await clear();
    await bob.post('/timer/start', { text: 'runs' });
    const [running] = await entriesOf();
    await bob.post(`/entries/${running?.id}/delete`).expect(303);
    expect((await bob.get('/timer')).text).toContain('Timer discarded.');
  });
});

describe('duplicate, continue, split', () => {
  it('duplicates on the same day at the same time', async () => {
    const entry = await added({ project_id: site });
    await bob.post(`/entries/${entry.id}/duplicate`).expect(303);
    const [, copy] = await entriesOf();
    const { id: _, source: __, ...same } = entry;
    expect(copy).toMatchObject({ ...same, source: 'duplicate' });
    expect(await tagsOf(copy?.id ?? 0)).toEqual(['a']);
    expect(events('entry.created').at(-1)).toMatchObject({ source: 'duplicate' });
  });

  it('continues with the same work from now', async () => {
    const entry = await added({ project_id: site, billable: '0' });
    await bob.post(`/entries/${entry.id}/continue`).expect(303);
    const [, running] = await entriesOf();
    expect(running).toMatchObject({
      description: 'work',
      project_id: site,
      billable: 0,
      started_at: testNow,
      ended_at: null,
    });
    expect(await tagsOf(running?.id ?? 0)).toEqual(['a']);
    expect(events('timer.started').at(-1)).toMatchObject({ source: 'continue' });
    app.clock.now += 60_000;
    await bob.post(`/entries/${running?.id}/continue`).expect(303);
    await bob.post(`/entries/${running?.id}/duplicate`).expect(303);
    expect(await entriesOf()).toHaveLength(2);
  });

  it('no new time on an archived project: a message', async () => {
    const entry = await added({ project_id: site });
    await archive(site, testNow);
    for (const what of ['continue', 'duplicate']) {
      await bob.post(`/entries/${entry.id}/${what}`).expect(303);
      expect((await bob.get('/timer')).text).toContain('The project “Site” is archived');
    }
    expect(await entriesOf()).toHaveLength(1);
    await archive(site, null);
  });

  it('splits at every midnight and keeps the sum', async () => {
    const entry = await added({
      local_date: '2026-03-28',
      started_time: '22:00',
      ended_time: '',
      duration: '30h',
    });
    await bob.post(`/entries/${entry.id}/split`).expect(303);
    const rows = await entriesOf();
    // The night of 29 March has 23 hours.
    expect(
      rows.map(({ local_date, duration_seconds }) => [local_date, Number(duration_seconds) / 3600]),
    ).toEqual([
      ['2026-03-28', 2],
      ['2026-03-29', 23],
      ['2026-03-30', 5],
    ]);
    expect(rows.map(({ source }) => source)).toEqual(['manual', 'split', 'split']);
    expect(await tagsOf(rows[2]?.id ?? 0)).toEqual(['a']);
    expect((await bob.get('/timer')).text).toContain('Split into 3 entries.');
    await bob.post(`/entries/${entry.id}/split`).expect(303);
    expect((await bob.get('/timer')).text).toContain('This entry does not cross midnight.');
    expect(await entriesOf()).toHaveLength(3);
  });

  /** Splits a night of bob; gives the entry as it was, and the path that undoes it. */
  async function splitNight() {
    const night = { local_date: '2026-03-02', started_time: '22:00', ended_time: '', duration: '30h' };
    const entry = await added({ ...night, project_id: site });
    app.clock.now += 60_000;
    await bob.post(`/entries/${entry.id}/split`).expect(303);
    const { text } = await bob.get('/timer').expect(200);
    const undo = /action="(\/entries\/restore\/\d+)"/.exec(text)?.[1] ?? '';
    expect(undo).not.toBe('');
    return { entry, undo };
  }

  it('puts together again what was split, once, whatever a double click does', async () => {
    const { entry, undo } = await splitNight();
    const parts = await entriesOf();
    expect(parts).toHaveLength(3);
    app.clock.now += 60_000;
    await bob.post(undo).expect(303);
    expect((await bob.get('/timer')).text).toContain('It is one entry again.');
    const [whole, ...more] = await entriesOf();
    expect(more).toEqual([]);
    expect(whole).toEqual({ ...entry, updated_at: app.clock.now });
    expect(await tagsOf(entry.id)).toEqual(['a']);
    const lost = events('entry.deleted').slice(-2);
    expect(lost.map((line) => line['duration_seconds'])).toEqual(
      parts.slice(1).map(({ duration_seconds }) => duration_seconds),
    );
    await bob.post(undo).expect(303);
    expect((await bob.get('/timer')).text).toContain('It is back already.');
    expect(await entriesOf()).toEqual([whole]);
  });

  it.each(['changed', 'deleted', 'put back after it was deleted, and changed'])(
    'leaves all parts alone when one was %s since',
    async (what) => {
      for (const part of [0, 1, 2]) {
        const { undo } = await splitNight();
        const id = (await entriesOf())[part]?.id ?? 0;
        if (what !== 'changed') await bob.post(`/entries/${id}/delete`).expect(303);
        const back = /action="(\/entries\/restore\/\d+)"/.exec((await bob.get('/timer')).text)?.[1] ?? '';
        if (what.startsWith('put back')) await bob.post(back).expect(303);
        if (what !== 'deleted') await bob.post(`/entries/${id}`, { text: 'mine now' }).expect(303);
        const before = await entriesOf();
        await bob.post(undo).expect(303);
        expect((await bob.get('/timer')).text).toContain('One of its parts was changed since');
        expect(await entriesOf()).toEqual(before);
      }
    },
  );

  it('is undone by nobody else', async () => {
    const { undo } = await splitNight();
    await charlie.post(undo).expect(404);
    await app.stranger.post(undo).expect(303);
    expect(await entriesOf()).toHaveLength(3);
  });
});

describe('whose entry it is', () => {
  it('a stranger gets 404, somebody signed out the login page, nothing changes', async () => {
    const entry = await added();
    const paths = ['', '/delete', '/duplicate', '/continue', '/split'].map(
      (end) => `/entries/${entry.id}${end}`,
    );
    for (const path of paths) {
      expect((await charlie.post(path, { text: 'mine' })).status).toBe(404);
      expect((await app.stranger.post(path)).headers['location']).toBe('/login');
    }
    expect((await charlie.get(`/entries/${entry.id}`)).status).toBe(404);
    expect((await charlie.get('/timer')).text).not.toContain(`entry-${entry.id}"`);
    expect(await entriesOf()).toEqual([entry]);
    expect(await entriesOf('charlie')).toEqual([]);
  });

  it('what is no id is 404', async () => {
    for (const id of ['0', '-1', 'x', '1e3', '99999999999999999999', '%00', '1.5']) {
      expect((await bob.get(`/entries/${id}`)).status).toBe(404);
      expect((await bob.post(`/entries/${id}/delete`)).status).toBe(404);
      expect((await bob.post(`/entries/restore/${id}`)).status).toBe(404);
    }
  });
});

describe('the list', () => {
  async function insertMany(local_date: string, count: number, seconds = 60): Promise<void> {
    const start = Date.parse(`${local_date}T05:00:00Z`);
    const row = { project_id: null, zone: 'Europe/Berlin', billable: 0 as const, source: 'demo' as const };
    for (let from = 0; from < count; from += 100) {
      const rows = Array.from({ length: Math.min(100, count - from) }, (_, index) => ({
        ...row,
        user_id: app.ids.bob,
        description: `${local_date} no ${from + index}`,
        started_at: start + (from + index) * 60_000,
        ended_at: start + (from + index) * 60_000 + seconds * 1000,
        local_date,
        created_at: 1,
        updated_at: 1,
      }));
      await db.insertInto('entries').values(rows).execute();
    }
  }

  const rowsOf = (html: string): number => [...html.matchAll(/id="entry-\d+"/g)].length;
  const pagerOf = (html: string): string[] =>
    [...html.matchAll(/href="(\/timer(?:\?(?:until|day)=[^"]+)?)"/g)].map(([, href = '']) =>
      href.replaceAll('&#38;', '&').replaceAll('&amp;', '&'),
    );
  const earlier = (html: string): string | undefined =>
    pagerOf(html).find((href) => /until=|page=/.test(href));

  it('this week and the last, then further back by links; every entry is on some page', async () => {
    await clear();
    const dates = ['2026-03-04', '2026-03-02', '2026-02-25', '2026-02-10', '2025-11-30'];
    for (const date of dates) await insertMany(date, 2);
    const seen: string[] = [];
    let path: string | undefined = '/timer';
    for (let pages = 0; path !== undefined && pages < 10; pages += 1) {
      const { text }: { text: string } = await bob.get(path).expect(200);
      const shown = dates.filter((date) => text.includes(`${date} no 0`));
      expect(shown.length).toBeGreaterThan(0);
      seen.push(...shown);
      const here: string = path;
      path = pagerOf(text).find(
        (href) => href.includes('until=') && (here === '/timer' || href.slice(13) < here.slice(13)),
      );
    }
    expect(seen).toEqual(dates);
  });

  it('cuts by whole days; totals are those of the whole day and week', async () => {
    await clear();
    await insertMany('2026-03-04', 100);
    await insertMany('2026-03-03', 40);
    await insertMany('2026-03-02', 60);
    const first = await bob.get('/timer').expect(200);
    expect(rowsOf(first.text)).toBe(140);
    // 200 minutes in the week, 100 and 40 on the days.
    expect(first.text).toContain('3:20:00');
    expect(first.text).toContain('1:40:00');
    const rest = await bob.get(earlier(first.text) ?? '').expect(200);
    expect(rowsOf(rest.text)).toBe(60);
    expect(rest.text).toContain('3:20:00');
    expect(rest.text).toContain('href="/timer"');
  });

  it('a day of very many entries shows its whole total and leads to the rest', async () => {
    await clear();
    await insertMany('2026-03-04', 700);
    const first = await bob.get('/timer').expect(200);
    expect(rowsOf(first.text)).toBe(300);
    expect(first.text).toContain('11:40:00');
    const last = await bob.get('/timer?day=2026-03-04&page=3').expect(200);
    expect(rowsOf(last.text)).toBe(100);
    expect(last.text).toContain('2026-03-04 no 0<');
    expect(last.text).toContain('11:40:00');
  });

  it('time that is dated ahead is found by going forward', async () => {
    await clear();
    await insertMany('2026-06-10', 1);
    const now = await bob.get('/timer').expect(200);
    expect(rowsOf(now.text)).toBe(0);
    const ahead = await bob.get(earlier(now.text) ?? '').expect(200);
    expect(ahead.text).toContain('2026-06-10 no 0');
    expect(ahead.text).toContain('href="/timer"');
  });

  it('counts the running timer, and shows nothing of others', async () => {
    await clear();
    await insertMany('2026-03-04', 1, 1800);
    await charlie.post('/timer/start', { text: 'not of bob' });
    await bob.post('/timer/start', { text: 'runs' });
    app.clock.now += 3_600_000;
    const { text } = await bob.get('/timer').expect(200);
    expect(text).toContain('data-seconds="5400"');
    expect(text).toContain('data-seconds="3600"');
    expect(text).not.toContain('not of bob');
    await charlie.post('/timer/stop');
  });

  it('the number of queries does not depend on the number of entries', async () => {
    const count = async (): Promise<number> => {
      const before = await queries();
      await bob.get('/timer').expect(200);
      return (await queries()) - before;
    };
    const queries = async (): Promise<number> => {
      const text = await app.deps.metrics.render();
      return [...text.matchAll(/^tt_db_query_seconds_count\{[^}]*select[^}]*\} (\d+)/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    };
    await clear();
    await insertMany('2026-03-04', 1);
    const few = await count();
    await insertMany('2026-03-03', 120);
    expect(await count()).toBe(few);
    expect(few).toBeLessThanOrEqual(8);
  });
});
