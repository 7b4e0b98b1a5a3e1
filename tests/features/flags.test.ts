import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildDeps } from '../../src/deps.ts';
import type { FlagName, Flags } from '../../src/features/settings/flags.ts';
import { evaluateFlags, flagNames, flagsOf, flagTable } from '../../src/features/settings/flags.ts';
import { updatePerson } from '../../src/features/accounts/people.queries.ts';
import { de } from '../../src/i18n/de/index.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
beforeEach(() => save(...flagNames));

/** Switches these flags on and the others off, as the page does. */
async function save(...on: FlagName[]): Promise<void> {
  const answer = await app
    .as('alice')
    .post('/admin/features', Object.fromEntries(on.map((name) => [name, '1'])));
  expect(answer.status).toBe(303);
}
const without = (name: FlagName) => save(...flagNames.filter((other) => other !== name));
const timerPage = async () => (await app.as('alice').get('/timer')).text;
const stored = () => app.deps.db.selectFrom('settings').selectAll().where('name', '=', 'flags').execute();

describe('a flag', () => {
  it('has its default until somebody decides', () => {
    const defaults = Object.fromEntries(flagNames.map((name) => [name, flagTable[name].default]));
    expect(evaluateFlags({})).toEqual(defaults);
    expect(evaluateFlags({ idle_question: 'no', suggestions: null, gone: true })).toEqual(defaults);
    expect(evaluateFlags({ idle_question: false })).toEqual({ ...defaults, idle_question: false });
  });

  it('is the same all through a request, and what was decided in the next', async () => {
    const locals: { flags?: Flags } = {};
    expect((await flagsOf(app.deps, locals)).suggestions).toBe(true);
    await without('suggestions');
    expect((await flagsOf(app.deps, locals)).suggestions).toBe(true);
    expect((await flagsOf(app.deps, {})).suggestions).toBe(false);
  });

  it('holds on other instances after five seconds', async () => {
    const other = await buildDeps(app.deps.config, { now: () => app.clock.now });
    opened.push({ close: other.close });
    expect((await flagsOf(other, {})).suggestions).toBe(true);
    await without('suggestions');
    app.clock.now += 5_000;
    expect((await flagsOf(other, {})).suggestions).toBe(false);
  });
});

describe('the page', () => {
  it('shows every flag with its state and keeps what is chosen', async () => {
    await save('suggestions');
    const { text, status } = await app.as('alice').get('/admin/features');
    expect(status).toBe(200);
    const checked = flagNames.filter((name) =>
      new RegExp(`name="${name}" value="1" checked`).test(text.replaceAll(/\s+/g, ' ')),
    );
    expect(checked).toEqual(['suggestions']);
    expect(text).toContain('aria-current="page">Features</a>');
    expect(text).toContain('Saved: 2 features.');
    expect(JSON.parse((await stored())[0]?.value ?? '')).toEqual({
      idle_question: false,
      suggestions: true,
      projects_on_the_way: false,
    });
  });

  it('records and audits each flag that was changed, and no other', async () => {
    const settings = () =>
      app
        .logLines()
        .filter(({ event }) => event === 'admin.settings_updated')
        .map(({ setting }) => setting);
    const before = settings().length;
    await without('idle_question');
    await without('idle_question');
    expect(settings().slice(before)).toEqual(['idle_question']);
    const audit = await app.deps.db.selectFrom('audit').selectAll().orderBy('id', 'desc').executeTakeFirst();
    expect(audit).toMatchObject({ action: 'settings.updated', actor_id: app.ids.alice });
    expect(JSON.parse(audit?.content ?? '')).toEqual({ idle_question: false, idle_question_before: true });
    expect((await app.as('alice').get('/admin/features')).text).toContain('Nothing has changed.');
  });

  it('is not there for anybody but administrators', async () => {
    for (const name of ['bob', 'charlie'] as const) {
      expect((await app.as(name).get('/admin/features')).status).toBe(404);
      expect((await app.as(name).post('/admin/features', {})).status).toBe(404);
    }
    expect((await app.stranger.get('/admin/features')).headers['location']).toMatch(/^\/login/);
    expect((await app.stranger.post('/admin/features', {})).status).toBe(303);
    expect((await flagsOf(app.deps, {})).suggestions).toBe(true);
  });

  it('takes a field that comes twice, and nothing that it does not know', async () => {
    const answer = await app.as('alice').post('/admin/features', { suggestions: ['1', '0'], gone: '1' });
    expect(answer.status).toBe(303);
    expect(JSON.parse((await stored())[0]?.value ?? '')).toEqual({
      idle_question: false,
      suggestions: false,
      projects_on_the_way: false,
    });
  });

  it('speaks German', async () => {
    await updatePerson(app.deps.db, app.ids.alice, { locale: 'de' });
    const { text } = await app.as('alice').get('/admin/features');
    await updatePerson(app.deps.db, app.ids.alice, { locale: 'en' });
    for (const name of flagNames) expect(text).toContain(de[flagTable[name].label]);
  });
});

describe('idle_question', () => {
  it('decides whether pages have the question', async () => {
    expect(await timerPage()).toMatch(/<dialog[^>]* id="idle"[^>]* data-minutes="15"/);
    await without('idle_question');
    expect(await timerPage()).not.toContain('id="idle"');
  });
});

describe('suggestions', () => {
  it('decides whether the timer bar asks, and whether it gets answers', async () => {
    const found = async () => (await app.as('alice').get('/timer/suggestions?q=%40Ne')).body as unknown[];
    expect(await found()).not.toEqual([]);
    expect(await timerPage()).not.toContain('data-no-suggestions');
    await without('suggestions');
    expect(await found()).toEqual([]);
    expect(await timerPage()).toMatch(/<section class="timer-bar"[^>]* data-no-suggestions/);
  });
});

describe('projects_on_the_way', () => {
  const start = (name: string) =>
    app.as('alice').post('/timer/start', { text: `work @${name}`, create_project: name });
  const projects = async () =>
    (await app.deps.db.selectFrom('projects').select('name').execute()).map(({ name }) => name);

  it('decides whether the text of a timer makes a project', async () => {
    await without('projects_on_the_way');
    const refused = await start('Harbour');
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('There is no project “Harbour”.');
    expect(refused.text).not.toContain('name="create_project"');
    expect(await projects()).not.toContain('Harbour');
    await save(...flagNames);
    expect((await app.as('alice').post('/timer/start', { text: 'work @Quay' })).text).toContain(
      'name="create_project" value="Quay"',
    );
    expect((await start('Harbour')).status).toBe(303);
    expect(await projects()).toContain('Harbour');
  });

  it('decides it for running timers, new entries and edited ones', async () => {
    const made = { create_project: 'Pier', text: 'work @Pier' };
    const times = { local_date: '2026-03-03', started_time: '09:00', ended_time: '10:00', duration: '' };
    await app.as('alice').post('/timer/start', { text: 'something' });
    await app.as('alice').post('/entries', { text: 'something', ...times });
    const { id } = await app.deps.db
      .selectFrom('entries')
      .select('id')
      .where('ended_at', 'is not', null)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    await without('projects_on_the_way');
    const posts = [
      () => app.as('alice').post('/timer/running', { ...made, started_time: '09:00' }),
      () => app.as('alice').post('/entries', { ...made, ...times }),
      () => app.as('alice').post(`/entries/${id}`, { ...made, ...times }),
    ];
    for (const post of posts) expect((await post()).status).toBe(422);
    expect(await projects()).not.toContain('Pier');
  });

  it('decides whether one is offered', async () => {
    const kinds = async () =>
      ((await app.as('alice').get('/timer/suggestions?q=%40Lighthouse')).body as { kind: string }[]).map(
        ({ kind }) => kind,
      );
    expect(await kinds()).toEqual(['create_project']);
    await without('projects_on_the_way');
    expect(await kinds()).toEqual([]);
  });
});
