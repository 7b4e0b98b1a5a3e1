import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../src/db/connect.ts';
import { flagNames } from '../src/features/settings/flags.ts';
import type { Aviary } from './canaries.ts';
import type { Answer, Client } from './client.ts';
import { addressOf, personIds, signIn } from './seed.ts';

/**
 * Every form as it is meant: with ids that exist, times that fit, and words that nobody else uses. A form that is
 * refused tells nothing about what leaves when it is taken.
 */

/** What came of filling in the forms. */
export interface FilledForms {
  requests: number;
  /** 'POST /pattern' of what was accepted. */
  taken: Set<string>;
  /** What was refused, and how. */
  refused: string[];
  /** 'GET /pattern' of pages that were shown on the way. */
  shown: Set<string>;
}

interface Desk {
  aviary: Aviary;
  db: Connection['db'];
  /**
   * Sends a form with canaries in the fields that `words` names.
   * @param ids - for the parameters of the pattern, in their order.
   */
  send: (
    pattern: string,
    fields?: Record<string, string | number>,
    sent?: { words?: string[]; ids?: (number | string)[]; cookie?: string },
  ) => Promise<Answer>;
  /** Asks for a page that no link tells how to ask for. */
  show: (
    pattern: string,
    query?: Record<string, string | number>,
    asked?: { id?: number; cookie?: string },
  ) => Promise<Answer>;
  newest: (table: 'clients' | 'projects' | 'tasks' | 'tags' | 'entries' | Late) => Promise<number>;
}
type Late = 'task_comments' | 'deleted_items' | 'users' | 'sessions' | 'notices';

/** Fills in everything once as an administrator, and what belongs to a person as one who was invited. */
export async function fillForms(parts: {
  client: Client;
  connection: Connection;
  aviary: Aviary;
}): Promise<FilledForms> {
  const filled: FilledForms = { requests: 0, taken: new Set(), refused: [], shown: new Set() };
  const desk = await deskOf(parts, filled);
  const work = await fillWork(desk);
  await fillTags(desk);
  await fillTime(desk, work);
  await fillNotices(desk, work);
  await fillMerges(desk, work);
  await fillEnds(desk);
  await fillPeople(desk);
  await fillSettings(desk);
  await fillObjection(desk, await signIn(parts.connection, 'member', parts.aviary, Date.now()));
  return filled;
}

async function deskOf(
  { client, connection, aviary }: Parameters<typeof fillForms>[0],
  filled: FilledForms,
): Promise<Desk> {
  const { db } = connection;
  const administrator = await signIn(connection, 'admin', aviary, Date.now());
  // A database that was walked before has the words of that walk.
  const people = await db.selectFrom('users').select('id').orderBy('id', 'desc').executeTakeFirst();
  const walk = Number(people?.id) - personIds.admin;
  const wordFor = (pattern: string, name: string): string => {
    const word = aviary.word(`POST ${pattern} ${name}, as it is meant, ${walk}.${filled.requests}`);
    if (name === 'email') return `${word}@canary.example.com`;
    return /code|password/.test(name)
      ? word
      : `${word} ${aviary.greek(`POST ${pattern} ${name}, as it is meant, Greek`)}`;
  };
  const send: Desk['send'] = async (pattern, fields = {}, { words = [], ids = [], cookie } = {}) => {
    filled.requests += 1;
    const rest = [...ids];
    const path = pattern.replace(/:\w+/g, () => String(rest.shift()));
    const typed = words.map((name): [string, string] => [name, wordFor(pattern, name)]);
    const body = new URLSearchParams([
      ...Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
      ...typed,
    ]);
    const answer = await client.send({
      ...{ method: 'POST', path, cookie: cookie ?? administrator, body: body.toString() },
    });
    const isTaken =
      answer.status === 200 || (answer.status === 303 && !/^\/login\?/.test(answer.location ?? ''));
    if (isTaken) filled.taken.add(`POST ${pattern}`);
    else filled.refused.push(`POST ${pattern}: ${answer.status}`);
    return answer;
  };
  return {
    ...{ aviary, db, send },
    show: async (pattern, query = {}, { id = 0, cookie = administrator } = {}) => {
      filled.requests += 1;
      const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
      const path = `${pattern.replace(':id', String(id))}?${asked.toString()}`;
      const answer = await client.send({ method: 'GET', path, cookie });
      if (answer.status === 200) filled.shown.add(`GET ${pattern}`);
      return answer;
    },
    newest: async (table) => {
      const row = await db.selectFrom(table).select('id').orderBy('id', 'desc').executeTakeFirst();
      return Number(row?.id);
    },
  };
}

interface Work {
  client: number;
  project: number;
  task: number;
}

async function fillWork(desk: Desk): Promise<Work> {
  const { send, show, newest } = desk;
  const client = await addClient(desk);
  await send('/clients/:id', { color: 'red' }, { ids: [client], words: ['name', 'code', 'description'] });
  const project = await addProject(desk, client);
  const shape = { client_id: client, color: 'red', billable: 1, visibility: 'members' };
  await send('/projects/:id', shape, { ids: [project], words: ['name', 'code', 'description'] });
  await send('/projects/:id/favourite', { favourite: 1 }, { ids: [project] });
  const { manager, member } = personIds;
  await send('/projects/:id/members', { email: await addressOf(desk.db, 'member') }, { ids: [project] });
  await send('/projects/:id/members', { user_id: manager, is_manager: 1 }, { ids: [project] });
  await send('/projects/:id/members/:user_id/remove', {}, { ids: [project, manager] });
  const task = await addTask(desk, project);
  const plan = {
    project_id: project,
    status: 'open',
    priority: 'high',
    assignee_id: member,
    estimate: '2:00',
  };
  await send('/tasks/:id', plan, { ids: [task], words: ['name', 'description'] });
  await send('/tasks/:id/status', { status: 'in_progress' }, { ids: [task] });
  await send('/tasks/:id/comments', {}, { ids: [task], words: ['body'] });
  const comment = await newest('task_comments');
  await send('/tasks/:id/comments/:comment_id', {}, { ids: [task, comment], words: ['body'] });
  await send('/tasks/:id/comments/:comment_id/delete', {}, { ids: [task, comment] });
  await send('/rates', { scope: `project:${project}`, kind: 'billable', amount: '5', follow: 'new' });
  await show('/entries/tasks', { project_id: project });
  return { client, project, task };
}

async function addClient({ send, newest }: Desk): Promise<number> {
  await send('/clients', { color: 'teal', currency: 'EUR' }, { words: ['name', 'code', 'description'] });
  return newest('clients');
}

async function addProject({ send, newest }: Desk, client_id: number | ''): Promise<number> {
  const shape = { client_id, color: 'teal', billable: 1, visibility: 'members' };
  await send('/projects', shape, { words: ['name', 'code', 'description'] });
  return newest('projects');
}

async function addTask({ send, newest }: Desk, project_id: number): Promise<number> {
  await send('/tasks', { project_id, status: 'open' }, { words: ['name', 'description'] });
  return newest('tasks');
}

async function fillTags({ send, newest }: Desk): Promise<void> {
  await send('/tags', {}, { words: ['name'] });
  const ids = [await newest('tags')];
  await send('/tags/:id', {}, { ids, words: ['name'] });
  for (const end of ['archive', 'restore', 'delete']) await send(`/tags/:id/${end}`, {}, { ids });
}

async function fillTime(desk: Desk, { project, task }: Work): Promise<void> {
  const { db, send, show, newest } = desk;
  const hourMs = 3_600_000;
  const day = (ago: number): string => new Date(Date.now() - ago * 24 * hourMs).toISOString().slice(0, 10);
  await send('/timer/start', { project_id: project, task_id: task }, { words: ['text'] });
  const entry_id = await newest('entries');
  await send('/timer/running', { entry_id, project_id: project }, { words: ['text'] });
  const started_at = Math.floor(Date.now() / 1000) * 1000 - 2 * hourMs;
  await db.updateTable('entries').set({ started_at }).where('id', '=', entry_id).execute();
  await send('/timer/stop', { entry_id, stopped_at: started_at + hourMs, continue: 1 });
  await send('/timer/discard');
  const booked = { local_date: day(3), duration: '1:00', project_id: project };
  await send('/entries', booked, { words: ['text'] });
  // Asks whether what is booked follows, so there has to be something.
  await show('/rates/review', { scope: `project:${project}`, kind: 'cost', amount: '6' });
  const ids = [await newest('entries')];
  const times = { local_date: day(3), started_time: '8:00', ended_time: '9:00', project_id: project };
  await send('/entries/:id', times, { ids, words: ['text'] });
  await send('/entries/:id/duplicate', {}, { ids });
  await send('/entries/:id/split', {}, { ids });
  await send('/entries/:id/continue', {}, { ids });
  await send('/timer/stop');
  await send('/entries/bulk', { do: 'change', ids: ids.join() }, { words: ['text'] });
  await send('/entries/:id/delete', {}, { ids });
  await send('/entries/restore/:id', {}, { ids: [await newest('deleted_items')] });
}

async function fillNotices({ db, send, newest }: Desk, { project }: Work): Promise<void> {
  const tell = (once_key: string) =>
    db
      .insertInto('notices')
      .values({
        ...{ user_id: personIds.admin, kind: 'budget', once_key, created_at: Date.now(), read_at: null },
        content: JSON.stringify({ project_id: project, threshold: 80, percent: 81, month: null }),
      })
      .execute();
  await tell(`of the audit, one of ${project}`);
  await send('/notices/:id/read', {}, { ids: [await newest('notices')] });
  await tell(`of the audit, all of ${project}`);
  await send('/notices/read', { up_to: await newest('notices') });
}

/** Into another of its kind, as the page of the merge showed it. */
async function fillMerges(desk: Desk, { client, project, task }: Work): Promise<void> {
  const merges: [kind: string, from: number, into: number][] = [
    ['tasks', await addTask(desk, project), task],
    ['projects', await addProject(desk, client), project],
    ['clients', await addClient(desk), client],
  ];
  for (const [kind, from, into] of merges) {
    const shown = shownOn(await desk.show(`/${kind}/:id/merge`, { into }, { id: from }));
    await desk.send(`/${kind}/:id/merge`, { into, shown }, { ids: [from] });
  }
}

/** What the page of a question says it is about, so that the answer is to that. */
const shownOn = ({ text }: Answer): string => /name="shown" value="([^"]*)"/.exec(text)?.[1] ?? '';

async function fillEnds(desk: Desk): Promise<void> {
  const project = await addProject(desk, '');
  const kinds: [kind: string, id: number][] = [
    ['tasks', await addTask(desk, project)],
    ['projects', project],
    ['clients', await addClient(desk)],
  ];
  for (const [kind, id] of kinds)
    for (const end of ['archive', 'restore', 'delete'])
      await desk.send(`/${kind}/:id/${end}`, { anyway: 1 }, { ids: [id] });
}

/** Somebody is invited, joins, looks after their account and leaves; others are merged, deactivated and deleted. */
async function fillPeople(desk: Desk): Promise<void> {
  const { aviary, db, send, show, newest } = desk;
  const role = { role: 'member', locale: 'en' };
  await send('/admin/users', role, { words: ['name', 'email'] });
  const guest = await newest('users');
  const ids = [guest];
  await send('/admin/users/:id', { role: 'manager' }, { ids, words: ['name', 'email'] });
  const link = async (): Promise<string> => tokenIn(await send('/admin/users/:id/link', {}, { ids }), aviary);
  const password = `${aviary.word('POST /invitation password, as it is meant')} secret`;
  const token = await link();
  await show('/invitation', { token }, { cookie: '' });
  await send('/invitation', { token, password }, { words: ['name'], cookie: '' });
  const { email } = await db
    .selectFrom('users')
    .select('email')
    .where('id', '=', guest)
    .executeTakeFirstOrThrow();
  await send('/password/forgot', { email }, { cookie: '' });
  const changed = `${aviary.word('POST /password/reset password, as it is meant')} secret`;
  const reset = await link();
  await show('/password/reset', { token: reset }, { cookie: '' });
  await send('/password/reset', { token: reset, password: changed }, { cookie: '' });
  await link();
  await send('/admin/users/:id/link/revoke', {}, { ids });
  await fillAccount(desk, { email, password: changed });
  for (const end of ['deactivate', 'activate']) await send(`/admin/users/:id/${end}`, {}, { ids });
  await fillPlaceholders(desk, guest);
}

async function fillAccount({ aviary, send, newest }: Desk, credentials: { email: string; password: string }) {
  const signedIn = async (): Promise<string> => {
    const { session = '' } = await send('/login', credentials, { cookie: '' });
    aviary.add(`session ${session.slice(-6)}`, session.replace('tt_session=', ''));
    return session;
  };
  const cookie = await signedIn();
  const changed = `${aviary.word('POST /account/password new_password, as it is meant')} secret`;
  await signedIn();
  await send('/account/sessions/:id/revoke', {}, { ids: [await newest('sessions')], cookie });
  await send('/account/sessions/revoke-others', {}, { cookie });
  const { email, password } = credentials;
  const profile = { email, locale: 'en', time_zone: 'Europe/Berlin', week_start: 1, theme: 'dark' };
  await send('/account', { ...profile, duration_format: 'clock' }, { words: ['name'], cookie });
  await send('/account/password', { current_password: password, new_password: changed }, { cookie });
  await send('/logout', {}, { cookie });
}

async function fillPlaceholders({ send, show, newest }: Desk, guest: number): Promise<void> {
  const placeholder = async (): Promise<number[]> => {
    await send('/admin/users/placeholders', {}, { words: ['name'] });
    return [await newest('users')];
  };
  const ids = await placeholder();
  const asked = { into_id: guest };
  const shown = shownOn(await show('/admin/users/:id/merge', asked, { id: ids[0] ?? 0 }));
  await send('/admin/users/:id/merge', { ...asked, shown }, { ids });
  await send('/admin/users/:id/delete', {}, { ids: await placeholder() });
  const invited = { role: 'member', locale: 'de' };
  await send('/admin/users/:id/invite', invited, { ids: await placeholder(), words: ['name', 'email'] });
}

async function fillSettings({ db, send, show }: Desk): Promise<void> {
  await show('/admin/telemetry/ledger/:id', {}, { id: await mailedRequest(db) });
  const settings = { used_by: 'team', currency: 'EUR', week_start: 1, duration_format: 'clock' };
  await send('/admin/settings', { ...settings, time_zone: 'Europe/Vienna' });
  await send('/admin/settings', { ...settings, time_zone: 'Europe/Berlin' });
  await send('/admin/features', Object.fromEntries(flagNames.map((name) => [name, 1])));
}

/** The record of a mail, which leaves whatever the channels are; those of the links are on their way by now. */
async function mailedRequest(db: Desk['db']): Promise<number> {
  for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; await sleep(20)) {
    const row = await db
      .selectFrom('ledger')
      .select('id')
      .where('kind', '=', 'request')
      .where('channel', '=', 'mail')
      .executeTakeFirst();
    if (row) return row.id;
  }
  throw new Error('no mail of a link left');
}

/** By somebody who did nothing yet: what is queued of who objects goes, and with it what this walk is to see. */
async function fillObjection({ send }: Desk, cookie: string): Promise<void> {
  for (const analytics_choice of ['out', 'in'])
    await send('/privacy/analytics', { analytics_choice }, { cookie });
}

/** The secret of a link on the page that shows it; it must not leave but in its mail. */
function tokenIn({ text }: Answer, aviary: Aviary): string {
  const token = /[?&](?:amp;)?token=([\w-]+)/.exec(text)?.[1] ?? '';
  if (token.length >= 6) aviary.add(`secret of a link ${token.slice(0, 6)}`, token);
  return token;
}
