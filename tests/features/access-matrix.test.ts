import { beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
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
 * - manager: of the project · other: manager of another one · owner: a member whose entry it is · colleague: a member of
 *   the project · stranger: a member of nothing · out: not signed in
 */
const roles = ['admin', 'manager', 'other', 'owner', 'colleague', 'stranger', 'out'] as const;
type Role = (typeof roles)[number];
/** ok: it works, or tells what is wrong with an empty form · in: leads to /login. */
type Outcome = 'ok' | '403' | '404' | 'in';

const everybody = 'ok ok ok ok ok ok in';
const administrators = 'ok 404 404 404 404 404 in';
const nobody = '404 404 404 404 404 404 404';
const makers = 'ok ok ok 403 403 403 in';
const seers = 'ok ok 404 ok ok 404 in';
const managers = 'ok ok 404 403 403 404 in';
/** Who may see the owner's entry. */
const ofEntry = 'ok ok 404 ok 404 404 in';

const expectations: Record<string, string> = {
  'GET /': everybody,
  'GET /timer': everybody,
  'GET /timer/suggestions': everybody,
  'POST /timer/start': everybody,
  'POST /timer/stop': everybody,
  'POST /timer/discard': everybody,
  'POST /timer/running': everybody,
  'POST /entries/:id/continue': '404 404 404 ok 404 404 in',

  'GET /entries': everybody,
  'POST /entries': everybody,
  // For somebody: those whose people they are.
  'GET /entries/new': 'ok ok 404 ok 404 404 in',
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
  'POST /notices/:id/read': '404 404 404 ok 404 404 in',

  'GET /clients': everybody,
  'GET /clients/new': makers,
  'POST /clients': makers,
  'GET /clients/:id': seers,
  'GET /clients/:id/edit': managers,
  'POST /clients/:id': managers,
  'POST /clients/:id/archive': managers,
  'POST /clients/:id/restore': managers,
  'POST /clients/:id/delete': managers,
  'GET /clients/:id/merge': managers,
  'POST /clients/:id/merge': managers,

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
  'POST /tasks/:id/comments/:comment_id': '404 404 404 ok 404 404 in',
  'POST /tasks/:id/comments/:comment_id/delete': 'ok ok 404 ok 403 404 in',

  // Of the project: nobody else learns what its hours cost.
  'GET /rates': administrators,
  'GET /rates/edit': 'ok ok 404 404 404 404 in',
  'GET /rates/review': 'ok ok 404 404 404 404 in',
  'POST /rates': 'ok ok 404 404 404 404 in',

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
  'GET /password/forgot': 'ok ok ok ok ok ok ok',
  'POST /password/forgot': 'ok ok ok ok ok ok ok',

  'GET /login': 'ok ok ok ok ok ok ok',
  'POST /login': 'ok ok ok ok ok ok ok',
  'POST /logout': 'in in in in in in in',
  'GET /account': everybody,
  'POST /account': everybody,
  'POST /account/password': everybody,
  // The session is the owner's.
  'POST /account/sessions/:id/revoke': '404 404 404 ok 404 404 in',
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

  'GET /setup': '404 404 404 404 404 404 in',
  'POST /setup': '404 404 404 404 404 404 in',
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

test('every route answers every role as it should', { timeout: 180_000 }, async () => {
  const unexpected: string[] = [];
  let cells = 0;
  let money_shown = false;
  for (const route of routes) {
    const wanted = (expectations[nameOf(route)] ?? '').split(' ') as Outcome[];
    for (const [index, role] of roles.entries()) {
      const world = await makeWorld(app);
      const before = await fingerprint();
      const cookie = await cookieOf(world, role);
      const answer = await ask(route, world, cookie);
      cells += 1;
      if (answer.outcome !== wanted[index])
        unexpected.push(`${nameOf(route)} for ${role}: ${answer.outcome}, not ${wanted[index]}`);
      if (answer.outcome !== 'ok' && route.path !== '/logout') {
        if ((await fingerprint()) !== before)
          unexpected.push(`${nameOf(route)} for ${role} changed something`);
      }
      if (['stranger', 'other', 'out'].includes(role) && answer.body.includes(world.secret))
        unexpected.push(`${nameOf(route)} tells the ${role} about the project`);
      if (!['admin', 'manager'].includes(role) && world.amounts.some((text) => answer.body.includes(text)))
        unexpected.push(`${nameOf(route)} tells the ${role} about money`);
      if (['admin', 'manager'].includes(role))
        money_shown ||= world.amounts.some((text) => answer.body.includes(text));
      if (role === 'colleague' && answer.body.includes(world.own_secret))
        unexpected.push(`${nameOf(route)} tells the colleague about the entry`);
    }
  }
  expect(unexpected).toEqual([]);
  // Else the amounts that nobody else may read are no amounts of any page.
  expect(money_shown).toBe(true);
  expect(cells).toBe(routes.length * roles.length);
});

test('no list, filter, search, sort or export tells what is not theirs', { timeout: 60_000 }, async () => {
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
        const mine = role === 'owner' ? [] : [world.own_secret];
        const project_too = role === 'owner' || role === 'colleague' ? [] : [world.secret];
        const hidden = [...world.amounts, ...mine, ...project_too];
        if (hidden.some((text) => body.includes(text))) told.push(`${path}?${query} tells the ${role}`);
      }
    }
  }
  expect(told).toEqual([]);
});

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

/** What a form or an address must hold before it is understood; everything else is sent empty. */
function sentTo(route: RouteOfApp, { ids, people }: World): string {
  const rate = `scope=project:${ids.project}&kind=billable&amount=5`;
  const fields: Record<string, string> = {
    'GET /entries/new': `user_id=${people.owner}`,
    'GET /entries/tasks': `project_id=${ids.project}`,
    'GET /entries/bulk': `id=${ids.entry}`,
    'POST /entries/bulk': `do=delete&ids=${ids.entry}`,
    'POST /tasks/:id/status': 'status=done',
    'POST /tasks/:id/comments': 'body=x',
    'POST /tasks/:id/comments/:comment_id': 'body=x',
    'GET /rates/edit': rate,
    'GET /rates/review': rate,
    'POST /rates': rate,
  };
  return fields[nameOf(route)] ?? '';
}

async function ask(route: RouteOfApp, world: World, cookie: string) {
  const sent = sentTo(route, world);
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
  return { outcome: outcomeOf(answer), body };
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
      [world.people.owner, 0],
      [world.people.colleague, 0],
    ].sort(),
  );
  expect(await createPerson(app.deps, 'dora', 'member')).toBeGreaterThan(0);
});
