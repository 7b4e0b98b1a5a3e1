import { beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import {
  previewMerge as previewPersonMerge,
  shownMerge as shownPersonMerge,
} from '../../src/features/people/people.ts';
import { insertProjectManager } from '../../src/features/access/access.queries.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
import { insertEntry } from '../../src/features/entries/entries.queries.ts';
import { insertClient } from '../../src/features/clients/clients.queries.ts';
import { previewMerge, shownMerge } from '../../src/features/merging/merging.ts';
import type { MergeKind } from '../../src/features/merging/merging.ts';
import { insertProject } from '../../src/features/projects/projects.queries.ts';
import { insertTask } from '../../src/features/tasks/tasks.queries.ts';
import type { TestApp } from '../support/app.ts';
import { createPerson, createTestApp } from '../support/app.ts';
import { routesOf } from '../support/crawl.ts';
import type { RouteOfApp } from '../support/crawl.ts';
import { makeWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';

/**
 * Every route × every role, read from the router: a route that is not in this table fails the test. The project, its
 * client, task and entry are ones that only its members know of.
 *
 * - manager: of the project · lead: a member by role who manages the project · other: manager of another one · owner: a member whose entry it is · colleague: a member of
 *   the project · stranger: a member of nothing · out: not signed in
 */
const roles = ['admin', 'manager', 'lead', 'other', 'owner', 'colleague', 'stranger', 'out'] as const;
type Role = (typeof roles)[number];
/** Of the entry, or of a sum that it is in. */
const readsTime: readonly Role[] = ['admin', 'manager', 'lead', 'owner'];
const readsMoney: readonly Role[] = ['admin', 'manager', 'lead'];
/** ok: it works, and what is sent is done · in: leads to /login. */
type Outcome = 'ok' | '403' | '404' | 'in';

const everybody = 'ok ok ok ok ok ok ok in';
const administrators = 'ok 404 404 404 404 404 404 in';
const nobody = '404 404 404 404 404 404 404 404';
const makers = 'ok ok 403 ok 403 403 403 in';
const seers = 'ok ok ok 404 ok ok 404 in';
const managers = 'ok ok ok 404 403 403 404 in';
/** Clients, whose managers are managers by role. */
const client_managers = 'ok ok 403 404 403 403 404 in';
/** Who may see the owner's entry. */
const ofEntry = 'ok ok ok 404 ok 404 404 in';

const expectations: Record<string, string> = {
  'GET /': everybody,
  'GET /timer': everybody,
  'GET /timer/suggestions': everybody,
  'POST /timer/start': everybody,
  'POST /timer/stop': everybody,
  'POST /timer/discard': everybody,
  'POST /timer/running': everybody,
  'POST /entries/:id/continue': '404 404 404 404 ok 404 404 in',

  'GET /entries': everybody,
  'POST /entries': everybody,
  // For somebody: those whose people they are.
  'GET /entries/new': 'ok ok ok 404 ok 404 404 in',
  'GET /entries/understood': everybody,
  // Of the project; a form is sent with the owner's entry.
  'GET /entries/tasks': seers,
  'GET /entries/bulk': ofEntry,
  'POST /entries/bulk': ofEntry,
  'GET /entries/:id': ofEntry,
  'POST /entries/restore/:id': ofEntry,
  'POST /entries/:id': ofEntry,
  'POST /entries/:id/delete': ofEntry,
  'POST /entries/:id/duplicate': ofEntry,
  'POST /entries/:id/split': ofEntry,

  'GET /projects': everybody,
  'GET /projects/new': makers,
  'POST /projects': makers,
  'GET /projects/:id': seers,
  'GET /projects/:id/edit': managers,
  'POST /projects/:id': managers,
  'POST /projects/:id/archive': managers,
  'POST /projects/:id/restore': managers,
  'POST /projects/:id/delete': managers,
  'GET /projects/:id/merge': managers,
  'POST /projects/:id/merge': managers,
  'POST /projects/:id/favourite': seers,
  'GET /projects/:id/members': managers,
  'POST /projects/:id/members': managers,
  'POST /projects/:id/members/:user_id/remove': managers,
  'GET /notices': everybody,
  'POST /notices/read': everybody,
  // The notice is the owner's.
  'POST /notices/:id/read': '404 404 404 404 ok 404 404 in',

  'GET /clients': everybody,
  'GET /clients/new': makers,
  'POST /clients': makers,
  'GET /clients/:id': seers,
  'GET /clients/:id/edit': client_managers,
  'POST /clients/:id': client_managers,
  'POST /clients/:id/archive': client_managers,
  'POST /clients/:id/restore': client_managers,
  'POST /clients/:id/delete': client_managers,
  'GET /clients/:id/merge': client_managers,
  'POST /clients/:id/merge': client_managers,

  'GET /tasks': everybody,
  'GET /tasks/board': everybody,
  'GET /tasks/new': everybody,
  'POST /tasks': everybody,
  'GET /tasks/:id': seers,
  'GET /tasks/:id/edit': seers,
  'POST /tasks/:id': seers,
  'POST /tasks/:id/status': seers,
  'POST /tasks/:id/archive': managers,
  'POST /tasks/:id/restore': managers,
  'POST /tasks/:id/delete': managers,
  'GET /tasks/:id/merge': managers,
  'POST /tasks/:id/merge': managers,
  'POST /tasks/:id/comments': seers,
  // The comment is the owner's.
  'POST /tasks/:id/comments/:comment_id': '404 404 404 404 ok 404 404 in',
  'POST /tasks/:id/comments/:comment_id/delete': 'ok ok ok 404 ok 403 404 in',

  // Of the project: nobody else learns what its hours cost.
  'GET /rates': administrators,
  'GET /rates/edit': 'ok ok ok 404 404 404 404 in',
  'GET /rates/review': 'ok ok ok 404 404 404 404 in',
  'POST /rates': 'ok ok ok 404 404 404 404 in',

  'GET /tags': everybody,
  'GET /tags/new': makers,
  'POST /tags': makers,
  'GET /tags/:id/edit': makers,
  'POST /tags/:id': makers,
  'POST /tags/:id/archive': makers,
  'POST /tags/:id/restore': makers,
  'POST /tags/:id/delete': makers,

  'GET /reports/summary': everybody,
  'GET /reports/export.csv': everybody,

  'GET /admin/system': administrators,
  'GET /admin/system/live': administrators,
  'GET /admin/users': administrators,
  'GET /admin/users/new': administrators,
  'POST /admin/users': administrators,
  'POST /admin/users/placeholders': administrators,
  'GET /admin/users/:id': administrators,
  'POST /admin/users/:id': administrators,
  'POST /admin/users/:id/invite': administrators,
  'GET /admin/users/:id/link': administrators,
  'POST /admin/users/:id/link': administrators,
  'POST /admin/users/:id/link/revoke': administrators,
  'POST /admin/users/:id/deactivate': administrators,
  'POST /admin/users/:id/activate': administrators,
  'POST /admin/users/:id/delete': administrators,
  'GET /admin/users/:id/merge': administrators,
  'POST /admin/users/:id/merge': administrators,
  'GET /admin/settings': administrators,
  'POST /admin/settings': administrators,
  'GET /admin/audit': administrators,
  'GET /admin/audit/check': administrators,

  // Without a link that opens.
  'GET /invitation': nobody,
  'POST /invitation': nobody,
  'GET /password/reset': nobody,
  'POST /password/reset': nobody,
  'GET /password/forgot': 'ok ok ok ok ok ok ok ok',
  'POST /password/forgot': 'ok ok ok ok ok ok ok ok',

  'GET /login': 'ok ok ok ok ok ok ok ok',
  'POST /login': 'ok ok ok ok ok ok ok ok',
  'POST /logout': 'in in in in in in in in',
  'GET /account': everybody,
  'POST /account': everybody,
  'POST /account/password': everybody,
  // The session is the owner's.
  'POST /account/sessions/:id/revoke': '404 404 404 404 ok 404 404 in',
  'POST /account/sessions/revoke-others': everybody,
  'GET /privacy': everybody,
  'POST /privacy/analytics': everybody,

  'GET /admin': administrators,
  'GET /admin/features': administrators,
  'POST /admin/features': administrators,
  'GET /admin/telemetry': administrators,
  'GET /admin/telemetry/events': administrators,
  'GET /admin/telemetry/export.json': administrators,
  'GET /admin/telemetry/:channel': administrators,
  'POST /admin/telemetry/:channel/mode': administrators,
  'POST /admin/telemetry/:channel/agree': administrators,
  'POST /admin/telemetry/:channel/test': administrators,
  'POST /admin/telemetry/:channel/release': administrators,
  'POST /admin/telemetry/:channel/discard': administrators,
  'GET /admin/telemetry/ledger': administrators,
  'GET /admin/telemetry/ledger/check': administrators,
  'GET /admin/telemetry/ledger/export.jsonl': administrators,
  'GET /admin/telemetry/ledger/:id': administrators,

  'GET /setup': '404 404 404 404 404 404 404 in',
  'POST /setup': '404 404 404 404 404 404 404 in',
};

let app: TestApp;
let routes: RouteOfApp[];

beforeAll(async () => {
  app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1000' } });
  await app.deps.settings.secret();
  const found = (await routesOf(createApp(app.deps))).map(
    (route) => [`${route.method} ${route.path}`, route] as const,
  );
  routes = [...new Map(found).values()];
});

const nameOf = ({ method, path }: RouteOfApp): string => `${method} ${path}`;

test('every route has its expectations, and every expectation its route', () => {
  expect(routes.map(nameOf).filter((name) => expectations[name] === undefined)).toEqual([]);
  expect(Object.keys(expectations).filter((name) => !routes.some((route) => nameOf(route) === name))).toEqual(
    [],
  );
});

test('every route answers every role as it should', { timeout: 300_000 }, async () => {
  const unexpected: string[] = [];
  let cells = 0;
  let money_shown = false;
  let time_shown = false;
  for (const route of routes) {
    const wanted = (expectations[nameOf(route)] ?? '').split(' ') as Outcome[];
    for (const [index, role] of roles.entries()) {
      const world = await makeWorld(app);
      const cookie = await cookieOf(world, role);
      const sent = await sentTo(route, world, role);
      const before = await fingerprint();
      const answer = await ask(route, world, { cookie, sent });
      cells += 1;
      if (answer.outcome !== wanted[index])
        unexpected.push(`${nameOf(route)} for ${role}: ${answer.outcome}, not ${wanted[index]}`);
      const wanted_status = taken[nameOf(route)] === undefined ? 303 : taken[nameOf(route)];
      if (
        route.method === 'POST' &&
        wanted[index] === 'ok' &&
        (wanted_status ?? answer.status) !== answer.status
      )
        unexpected.push(`${nameOf(route)} for ${role}: the form was not taken (${answer.status})`);
      if (answer.outcome !== 'ok' && route.path !== '/logout') {
        if ((await fingerprint()) !== before)
          unexpected.push(`${nameOf(route)} for ${role} changed something`);
      }
      if (['stranger', 'other', 'out'].includes(role) && answer.body.includes(world.secret))
        unexpected.push(`${nameOf(route)} tells the ${role} about the project`);
      if (!readsMoney.includes(role) && world.amounts.some((text) => answer.body.includes(text)))
        unexpected.push(`${nameOf(route)} tells the ${role} about money`);
      if (readsMoney.includes(role)) money_shown ||= world.amounts.some((text) => answer.body.includes(text));
      const shows_time = world.times.some((text) => answer.body.includes(text));
      if (!readsTime.includes(role) && (answer.body.includes(world.own_secret) || shows_time))
        unexpected.push(`${nameOf(route)} tells the ${role} about the entry`);
      time_shown ||= shows_time;
    }
  }
  expect(unexpected).toEqual([]);
  // Else the amounts and times that nobody else may read are none of any page.
  expect([money_shown, time_shown]).toEqual([true, true]);
  expect(cells).toBe(routes.length * roles.length);
});

test('no list, filter, search, sort or export tells what is not theirs', { timeout: 240_000 }, async () => {
  const world = await makeWorld(app);
  const { project, client, entry, task } = world.ids;
  const owner = world.people.owner;
  const queries = [
    ...['q=secret', `user_id=${owner}`, `project_id=${project}`, `client_id=${client}`, `task_id=${task}`],
    ...[
      `entry_id=${entry}`,
      'sort=name',
      'sort=rate',
      'order=desc',
      'page=2',
      'state=archived',
      'group=person',
    ],
    ...['from=2020-01-01&to=2029-12-31', `from=2020-01-01&to=2029-12-31&user_id=${owner}`],
    ...[`from=2020-01-01&to=2029-12-31&project_id=${project}`, 'from=2020-01-01&to=2029-12-31&q=secret'],
  ];
  const lists = routes.filter(({ method, path }) => method === 'GET' && !path.includes(':'));
  const told: string[] = [];
  for (const role of ['stranger', 'other', 'colleague', 'owner'] as const) {
    const cookie = await cookieOf(world, role);
    for (const { path } of lists) {
      for (const query of queries) {
        const answer = await fetch(`${app.address}${path}?${query}`, { headers: { cookie } });
        const body = await answer.text();
        if (answer.status >= 500) told.push(`${path}?${query} for ${role}: ${answer.status}`);
        const mine = role === 'owner' ? [] : [world.own_secret, ...world.times];
        const project_too = role === 'owner' || role === 'colleague' ? [] : [world.secret];
        const hidden = [...world.amounts, ...mine, ...project_too];
        if (hidden.some((text) => body.includes(text))) told.push(`${path}?${query} tells the ${role}`);
      }
    }
  }
  expect(told).toEqual([]);
});

/**
 * Every field that takes an id, filled with what is not theirs: a stranger and the manager of another project, in forms
 * that they may send, about things of their own.
 */
test('no form takes an id that is not theirs', { timeout: 240_000 }, async () => {
  const wrong: string[] = [];
  for (const role of ['stranger', 'other'] as const) {
    for (const make of foreignForms) {
      const world = await makeWorld(app);
      const own = await ownWorld(world, role);
      const [path, fields] = make(world, own);
      const cookie = await cookieOf(world, role);
      const before = await traces(world);
      const answer = await fetch(`${app.address}${path}`, {
        ...{ method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams(fields) },
      });
      const page = answer.headers.get('location');
      const shown =
        page === null ? '' : await (await fetch(app.address + page, { headers: { cookie } })).text();
      const told = `${path} ${JSON.stringify(fields)} of the ${role}: ${answer.status}`;
      if (answer.status >= 500) wrong.push(told);
      // What they typed is in the page again; nothing else of it may be.
      const typed = Object.values(fields)
        .join(' ')
        .match(/(?:project |client |p-|c-)secret-[\w-]+/)?.[0];
      const texts = `${await answer.text()}${shown}`.replaceAll(typed ?? '\0', '');
      if (texts.includes(world.secret) || texts.includes(world.own_secret)) wrong.push(`${told}, tells`);
      if ((await traces(world)) !== before) wrong.push(`${told}, changed something`);
    }
  }
  expect(wrong).toEqual([]);
});

interface Own {
  project: number;
  task: number;
  entry: number;
}
type ForeignForm = (world: World, own: Own) => [path: string, fields: Record<string, string>];

const booked = { text: 'new', local_date: '2026-03-03', duration: '1:00' };
const named = { name: 'new', color: 'teal' };
const foreignForms: ForeignForm[] = [
  ({ ids }) => ['/timer/start', { text: 'new', project_id: `${ids.project}` }],
  ({ ids }) => ['/timer/start', { text: 'new', task_id: `${ids.task}` }],
  ({ ids }) => ['/timer/start', { text: 'new', suggested_task_id: `${ids.task}` }],
  ({ ids }, own) => ['/timer/start', { text: 'new', project_id: `${own.project}`, task_id: `${ids.task}` }],
  ({ secret }) => ['/timer/start', { text: `new @"project ${secret}"` }],
  ({ ids }) => ['/timer/stop', { entry_id: `${ids.entry}` }],
  ({ ids }) => ['/timer/discard', { entry_id: `${ids.entry}` }],
  ({ ids }) => ['/timer/running', { entry_id: `${ids.entry}`, text: 'new', project_id: `${ids.project}` }],
  ({ people }) => ['/entries', { ...booked, user_id: `${people.owner}` }],
  ({ people }, own) => ['/entries', { ...booked, user_id: `${people.owner}`, project_id: `${own.project}` }],
  ({ ids }) => ['/entries', { ...booked, project_id: `${ids.project}` }],
  ({ ids }, own) => ['/entries', { ...booked, project_id: `${own.project}`, task_id: `${ids.task}` }],
  ({ ids }) => ['/entries', { ...booked, task_id: `${ids.task}` }],
  ({ ids }, own) => [`/entries/${own.entry}`, { text: 'own', project_id: `${ids.project}` }],
  ({ ids }, own) => [
    `/entries/${own.entry}`,
    { text: 'own', project_id: `${own.project}`, task_id: `${ids.task}` },
  ],
  ({ ids }) => ['/entries/bulk', { do: 'delete', ids: `${ids.entry}` }],
  ({ ids }, own) => ['/entries/bulk', { do: 'delete', ids: `${own.entry},${ids.entry}` }],
  ({ ids }, own) => ['/entries/bulk', { do: 'change', ids: `${own.entry}`, project_id: `${ids.project}` }],
  ({ ids }, own) => ['/entries/bulk', { do: 'change', ids: `${own.entry}`, task_id: `${ids.task}` }],
  ({ ids }) => ['/projects', { ...named, client_id: `${ids.client}` }],
  ({ secret }) => ['/projects', { ...named, new_client: `client ${secret}` }],
  ({ secret }) => ['/projects', { ...named, code: `p-${secret}` }],
  ({ ids }, own) => [`/projects/${own.project}`, { ...named, client_id: `${ids.client}` }],
  ({ people }, own) => [`/projects/${own.project}/members`, { user_id: `${people.owner}` }],
  (_, own) => [`/projects/${own.project}/members`, { email: 'owner@example.com' }],
  ({ ids }, own) => [`/projects/${own.project}/merge`, { into: `${ids.project}`, shown: '1-0-0-0-0-0' }],
  ({ secret }) => ['/clients', { name: 'new', code: `c-${secret}` }],
  ({ ids }) => ['/tasks', { name: 'new', project_id: `${ids.project}` }],
  ({ people }, own) => [
    '/tasks',
    { name: 'new', project_id: `${own.project}`, assignee_id: `${people.owner}` },
  ],
  ({ ids }, own) => [`/tasks/${own.task}`, { name: 'new', project_id: `${ids.project}` }],
  ({ people }, own) => [
    `/tasks/${own.task}`,
    { name: 'new', project_id: `${own.project}`, assignee_id: `${people.owner}` },
  ],
  ({ ids }, own) => [`/tasks/${own.task}/status`, { status: 'done', before_id: `${ids.task}` }],
  ({ ids }, own) => [`/tasks/${own.task}/status`, { status: 'open', after_id: `${ids.task}` }],
  ({ ids }, own) => [`/tasks/${own.task}/merge`, { into: `${ids.task}`, shown: '1-0-0-0-0-0' }],
  ({ ids }, own) => [`/tasks/${own.task}/comments/${ids.comment}`, { body: 'mine' }],
  ({ ids }, own) => [`/tasks/${own.task}/comments/${ids.comment}/delete`, {}],
  ({ ids }) => ['/rates', { scope: `project:${ids.project}`, kind: 'billable', amount: '5' }],
  ({ ids }) => ['/rates', { scope: `task:${ids.task}`, kind: 'cost', amount: '5' }],
  ({ ids }) => ['/rates', { scope: `client:${ids.client}`, kind: 'billable', amount: '5' }],
  ({ people }) => ['/rates', { scope: `person:${people.owner}`, kind: 'cost', amount: '5' }],
  ({ people }, own) => [
    '/rates',
    { scope: `member:${own.project}:${people.owner}`, kind: 'cost', amount: '5' },
  ],
];

/** A project that they manage, where they may, or are a member of, with a task and an hour of theirs. */
async function ownWorld({ ids, people }: World, role: 'stranger' | 'other'): Promise<Own> {
  const { db } = app.deps;
  const [project, user_id, now] = [ids.foreign, people[role], app.clock.now];
  if (role === 'stranger')
    await db.insertInto('project_members').values({ project_id: project, user_id, is_manager: 0 }).execute();
  const task = await insertTask(db, {
    ...{ name: 'own', name_key: 'own', project_id: project, description: '', status: 'open' },
    ...{ priority: 'normal', assignee_id: null, due_date: null, estimate_seconds: null },
    ...{ created_at: now, updated_at: now, archived_at: null },
  });
  const entry = await insertEntry(db, {
    ...{ user_id, project_id: project, task_id: null, description: 'own', started_at: now - 7_200_000 },
    ...{ ended_at: now - 3_600_000, zone: 'Europe/Berlin', local_date: '2026-03-04', billable: 0 },
    ...{ source: 'manual', created_at: now, updated_at: now },
  });
  return { project, task, entry };
}

/** Everything that belongs to the project, its people and its client, and whatever would belong to it. */
async function traces({ ids, people }: World): Promise<string> {
  const { db } = app.deps;
  const { project, client, task } = ids;
  const others = [people.owner, people.colleague, people.manager, people.lead];
  const rows = [
    await db.selectFrom('projects').selectAll().where('client_id', '=', client).execute(),
    await db.selectFrom('clients').selectAll().where('id', '=', client).execute(),
    await db.selectFrom('tasks').select(['id', 'name', 'status']).where('project_id', '=', project).execute(),
    await db.selectFrom('tasks').select('id').where('assignee_id', 'in', others).execute(),
    await db.selectFrom('task_comments').selectAll().where('task_id', '=', task).execute(),
    await db.selectFrom('project_members').selectAll().where('user_id', 'in', others).execute(),
    await db.selectFrom('project_members').selectAll().where('project_id', '=', project).execute(),
    await db.selectFrom('rates').selectAll().execute(),
    await db
      .selectFrom('entries')
      .selectAll()
      .where((where) =>
        where.or([
          where('user_id', 'in', others),
          where('project_id', '=', project),
          where('task_id', '=', task),
        ]),
      )
      .execute(),
  ];
  return JSON.stringify(rows);
}

async function cookieOf(world: World, role: Role): Promise<string> {
  if (role === 'out') return '';
  const user_id = role === 'admin' ? app.ids.alice : world.people[role];
  const token = await startSession(app.deps.db, {
    ...{ user_id, device: 'test', now: app.clock.now, limits: app.deps.config },
  });
  return `tt_session=${token}`;
}

/** What the name of a parameter stands for, by the word before it in the path. */
function pathOf({ path }: RouteOfApp, world: World): string {
  const parts = path.split('/');
  return parts
    .map((part, index) => {
      if (!part.startsWith(':')) return part;
      const before = parts[index - 1] ?? '';
      const id = world.parameters[before];
      if (id === undefined) throw new Error(`tests/support/world.ts does not say what ${part} of ${path} is`);
      return String(id);
    })
    .join('/');
}

/** What is sent, so that whoever may do it does it: a form that is refused for what it says would prove nothing. */
async function sentTo(route: RouteOfApp, world: World, role: Role): Promise<string> {
  const { ids, people } = world;
  const rate = `scope=project:${ids.project}&kind=billable&amount=5&follow=new`;
  const work = 'color=teal&visibility=members';
  const fields: Record<string, string> = {
    'GET /entries/new': `user_id=${people.owner}`,
    'GET /entries/tasks': `project_id=${ids.project}`,
    'GET /entries/bulk': `id=${ids.entry}`,
    'GET /rates/edit': rate,
    'GET /rates/review': rate,
    'POST /timer/start': 'text=new',
    'POST /entries': 'text=new&local_date=2026-03-03&duration=1:00',
    'POST /entries/bulk': `do=delete&ids=${ids.entry}`,
    'POST /entries/:id': `text=new&project_id=${ids.project}&local_date=2026-03-04&started_time=8:00&ended_time=9:00`,
    'POST /projects': `name=new&${work}`,
    'POST /projects/:id': `name=new&client_id=${ids.client}&${work}`,
    'POST /projects/:id/archive': 'anyway=1',
    'POST /projects/:id/favourite': 'favourite=1',
    'POST /projects/:id/members': `user_id=${people.colleague}&is_manager=1`,
    'POST /clients': 'name=new',
    'POST /clients/:id': 'name=new',
    'POST /clients/:id/archive': 'anyway=1',
    'POST /tasks': `name=new&project_id=${['other', 'stranger'].includes(role) ? ids.foreign : ids.project}`,
    'POST /tasks/:id': `name=new&project_id=${ids.project}&assignee_id=${people.colleague}`,
    'POST /tasks/:id/status': 'status=done',
    'POST /tasks/:id/archive': 'anyway=1',
    'POST /tasks/:id/comments': 'body=x',
    'POST /tasks/:id/comments/:comment_id': 'body=x',
    'POST /rates': rate,
    'POST /tags': 'name=new',
    'POST /tags/:id': 'name=new',
    'POST /admin/users': 'name=New&email=new-guest@example.com&role=member&locale=en',
    'POST /admin/users/placeholders': 'name=New',
    'POST /admin/users/:id': `name=New&email=new-renamed@example.com&role=member`,
    'POST /admin/users/:id/invite': 'name=New&email=new-renamed@example.com&role=member&locale=en',
    'POST /admin/settings':
      'used_by=team&time_zone=Europe/Berlin&currency=EUR&week_start=1&duration_format=clock',
    'POST /account': `name=${role}&email=${role === 'admin' ? 'alice' : role}@example.com&locale=en&time_zone=Europe/Berlin&week_start=1&duration_format=clock&theme=system`,
    'POST /privacy/analytics': 'analytics_choice=out',
    'POST /password/forgot': 'email=owner@example.com',
  };
  await prepare(nameOf(route), world);
  return fields[nameOf(route)] ?? (await mergeOf(route, world)) ?? (await personMergeOf(route, world)) ?? '';
}

/** What must be there, or be gone, for somebody to do it. */
async function prepare(name: string, { ids, people }: World): Promise<void> {
  const { db } = app.deps;
  // What has time stays.
  if (name === 'POST /projects/:id/delete' || name === 'POST /tasks/:id/delete')
    await db.deleteFrom('entries').where('project_id', '=', ids.project).execute();
  if (name === 'POST /admin/users/:id/invite' || name === 'POST /admin/users/:id/merge')
    await db
      .updateTable('users')
      .set({ is_placeholder: 1, email: '' })
      .where('id', '=', ids.person)
      .execute();
  // A member of nothing else, on the project of others.
  if (name === 'POST /tasks')
    await db
      .insertInto('project_members')
      .values({ project_id: ids.foreign, user_id: people.stranger, is_manager: 0 })
      .execute();
}

async function personMergeOf(route: RouteOfApp, { ids, people }: World): Promise<string | undefined> {
  if (nameOf(route) !== 'POST /admin/users/:id/merge') return undefined;
  const preview = await previewPersonMerge(app.deps.db, { id: ids.person, into_id: people.owner });
  return `into_id=${people.owner}&shown=${preview.ok ? shownPersonMerge(preview.value) : ''}`;
}

/** The form of a merge: into what, and what its page showed. */
async function mergeOf(route: RouteOfApp, { ids, people }: World): Promise<string | undefined> {
  const kind = /^POST \/(project|client|task)s\/:id\/merge$/.exec(nameOf(route))?.[1] as
    MergeKind | undefined;
  if (kind === undefined) return undefined;
  const { db } = app.deps;
  const row = { name: 'target', name_key: 'target', created_at: app.clock.now, archived_at: null };
  const inserted = async (): Promise<number> => {
    if (kind === 'client') return insertClient(db, { ...row, created_by: people.manager });
    if (kind === 'task')
      return insertTask(db, {
        ...{ ...row, project_id: ids.project, description: '', status: 'open', priority: 'normal' },
        ...{ assignee_id: null, due_date: null, estimate_seconds: null, updated_at: app.clock.now },
      });
    const id = await insertProject(db, { ...row, client_id: null, color: 'red', billable: 1 });
    for (const leads of [people.manager, people.lead]) await insertProjectManager(db, id, leads);
    return id;
  };
  const into = await inserted();
  const viewer = { id: app.ids.alice, role: 'admin' as const };
  return `into=${into}&shown=${shownMerge(await previewMerge(db, viewer, { kind, from: ids[kind], into }))}`;
}

/** How a form that was taken is answered, where that is not with another page; null where this test fills in none. */
const taken: Record<string, number | null> = {
  // The page with the link.
  'POST /admin/users': 200,
  'POST /admin/users/:id/link': 200,
  'POST /admin/users/:id/invite': 200,
  'POST /password/forgot': 200,
  // Only a client without projects goes, which everybody who makes projects sees: clients.test.ts.
  'POST /clients/:id/delete': null,
  // Passwords, and what needs a destination or something held for review, have tests of their own.
  'POST /login': null,
  'POST /account/password': null,
  'POST /admin/telemetry/:channel/mode': null,
  'POST /admin/telemetry/:channel/agree': null,
  'POST /admin/telemetry/:channel/test': null,
  'POST /admin/telemetry/:channel/release': null,
  'POST /admin/telemetry/:channel/discard': null,
};

async function ask(route: RouteOfApp, world: World, { cookie, sent }: { cookie: string; sent: string }) {
  const query = route.method === 'GET' && sent !== '' ? `?${sent}` : '';
  const answer = await fetch(`${app.address}${pathOf(route, world)}${query}`, {
    method: route.method,
    redirect: 'manual',
    headers: {
      cookie,
      ...(route.method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(route.method === 'POST' ? { body: sent } : {}),
  });
  const body = await answer.text();
  return { outcome: outcomeOf(answer), status: answer.status, body };
}

function outcomeOf(answer: Response): string {
  const location = answer.headers.get('location') ?? '';
  if (answer.status === 303 && /^\/login(\?|$)/.test(location)) return 'in';
  return [200, 303, 409, 422].includes(answer.status) ? 'ok' : String(answer.status);
}

/** All rows of what a refused request could have changed. */
async function fingerprint(): Promise<string> {
  const { db } = app.deps;
  const tables = ['users', 'clients', 'projects', 'tags', 'tasks', 'entries', 'entry_tags'] as const;
  const more = ['project_members', 'rates', 'settings', 'deleted_items', 'account_links', 'audit'] as const;
  const decided = ['consents', 'outbox'] as const;
  const rows: unknown[] = [];
  for (const table of [...tables, ...more, ...decided])
    rows.push(await db.selectFrom(table).selectAll().execute());
  return JSON.stringify(rows);
}

test('people of a world are who they should be', async () => {
  const world = await makeWorld(app);
  const { db } = app.deps;
  const member = await db
    .selectFrom('project_members')
    .selectAll()
    .where('project_id', '=', world.ids.project)
    .execute();
  expect(member.map(({ user_id, is_manager }) => [user_id, is_manager]).sort()).toEqual(
    [
      [world.people.manager, 1],
      [world.people.lead, 1],
      [world.people.owner, 0],
      [world.people.colleague, 0],
    ].sort(),
  );
  expect(await createPerson(app.deps, 'dora', 'member')).toBeGreaterThan(0);
});
