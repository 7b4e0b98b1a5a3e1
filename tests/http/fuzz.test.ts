import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { startSession } from '../../src/features/accounts/sessions.ts';
import { publicPaths } from '../../src/routes.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import type { RouteOfApp } from '../support/crawl.ts';
import { crawl, fillWithWork, matches, routesOf } from '../support/crawl.ts';
import { elementsOf, formsOf, parseHtml } from '../support/html.ts';
import { randomOf } from '../../src/features/demo/random.ts';

/**
 * Every route with every field and parameter that the pages have, filled with what people, browsers and attackers send.
 * Values are percent-encoded already, so that bytes can be sent that no string holds.
 */
const script = '<script>alert(1)</script>';
const encoded = (text: string): string => encodeURIComponent(text);
const nasty: Record<string, string> = {
  empty: '',
  spaces: encoded('   \t '),
  nul: 'a%00b',
  controls: '%01%02%1B%5B31m%7F',
  bidi: encoded('abc\u202Edef'),
  'lone surrogate': '%ED%A0%80',
  'no utf-8': '%FF%FE%80',
  'broken percent': '%E0%A4%A',
  emoji: encoded('👩‍👩‍👧‍👦🏳️‍🌈'.repeat(20)),
  combining: encoded('e\u0301'.repeat(200)),
  html: encoded(`"'>${script}<img src=x onerror=alert(1)>`),
  sql: encoded("'; drop table entries; -- \\"),
  template: encoded('<%= process.exit() %> ${1} {{1}} #{1}'),
  long: 'x'.repeat(20_000),
  'nearly too large': 'x'.repeat(99_000),
  prototype: '__proto__',
  constructor: 'constructor',
  'to string': encoded('toString'),
  zero: '0',
  negative: '-1',
  fraction: '1.5',
  'not a number': 'NaN',
  infinite: '1e999',
  'beyond 2^53': '9007199254740993',
  'beyond 2^63': '9223372036854775808',
  'very long number': '9'.repeat(400),
  hexadecimal: '0x1F',
  'year 0': '0000-01-01',
  'year 9999': '9999-12-31',
  'year -1': '-000001-01-01',
  'no such day': '2026-02-30',
  'no such time': encoded('25:61'),
  'skipped hour': encoded('02:30'),
  'year 275760': encoded('+275760-09-13'),
  'other site': encoded('//evil.example.com/\\@x'),
  'script address': encoded('javascript:alert(1)'),
  json: encoded('{"$gt":""}'),
  true: 'true',
};
const nastyNames = Object.keys(nasty);
const random = randomOf('fuzz', 1);

const nastyIds = [
  ...[
    '0',
    '-1',
    '1.5',
    '1e3',
    'abc',
    '9223372036854775808',
    '9'.repeat(60),
    '%00',
    '%FF',
    '%E0%A4%A',
    '..%2F1',
  ],
  ...["1'--", encoded('🙂'), '__proto__', '1%2F2', ' 1', '%3Cscript%3Ealert(1)%3C/script%3E'],
];

const tables = [
  'users',
  'settings',
  'clients',
  'projects',
  'tags',
  'entries',
  'entry_tags',
  'deleted_items',
] as const;

/** How many rows each table has, in one statement, as it is asked before and after every refusal. */
async function countRows(app: TestApp): Promise<string> {
  const counts = tables.map((table) => sql`(select count(*) from ${sql.table(table)}) as ${sql.ref(table)}`);
  const { rows } = await sql`select ${sql.join(counts)}`.execute(app.deps.db);
  return JSON.stringify(rows[0]);
}

interface Target extends RouteOfApp {
  /** Names of form fields (POST) or query parameters (GET) with a value that the page offered. */
  fields: Map<string, string>;
}

let app: TestApp;
let targets: Target[] = [];
const problems = new Set<string>();

beforeAll(async () => {
  app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1000' } });
  await fillWithWork(app);
  // Made at its first use, whoever causes it.
  await app.deps.settings.secret();
  const found = new Map(
    (await routesOf(createApp(app.deps))).map((route) => [`${route.method} ${route.path}`, route]),
  );
  targets = [...found.values()].map((route) => ({ ...route, fields: new Map() }));
  for (const cookie of [app.cookies.alice, '']) await learnFields(cookie);
});

beforeEach(() => problems.clear());

/** Reads the fields of every form and the parameters of every link on every page. */
async function learnFields(cookie: string): Promise<void> {
  const start = [
    '/timer',
    '/account',
    '/reports/summary',
    '/projects',
    '/clients',
    '/tags',
    '/login',
    '/privacy',
  ];
  const pages = await crawl(start, async (path) => {
    const answer = await fetch(app.address + path, { headers: { cookie } });
    const isPage = answer.headers.get('content-type')?.startsWith('text/html') ?? false;
    return { status: answer.status, html: isPage ? await answer.text() : '' };
  });
  const learn = (method: string, address: string, names: [string, string][]): void => {
    const path = new URL(address, app.address).pathname;
    for (const target of targets.filter((route) => route.method === method && matches(route, path)))
      for (const [name, value] of names) if (!target.fields.get(name)) target.fields.set(name, value);
  };
  for (const { address, page } of pages) {
    learn('GET', address, [...new URL(address, app.address).searchParams]);
    for (const form of formsOf(page, address)) {
      const action = new URL(form.action, app.address + address).pathname;
      learn(
        form.method.toUpperCase(),
        action,
        form.fields.map(({ name, value }) => [name, value]),
      );
    }
  }
}

/** A session and rows of its own for every field, as accepted values change and delete things. */
async function prepare(): Promise<{ cookie: string; ids: Record<string, number> }> {
  const { db } = app.deps;
  const unique = { name: `n${random.next()}`, name_key: `n${random.next()}`, created_at: app.clock.now };
  const insert = async (table: 'clients' | 'tags' | 'projects' | 'entries', row: object): Promise<number> =>
    (
      await db
        .insertInto(table)
        .values(row as never)
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  const clients = await insert('clients', unique);
  const projects = await insert('projects', { ...unique, client_id: clients, color: 'teal', billable: 1 });
  const times = { zone: 'Europe/Berlin', local_date: '2026-03-03', created_at: app.clock.now, updated_at: 0 };
  const started_at = app.clock.now - 86_400_000;
  const entry = {
    user_id: app.ids.alice,
    description: 'x',
    billable: 0,
    source: 'manual',
    started_at,
    ...times,
  };
  const entries = await insert('entries', { ...entry, ended_at: started_at + 3_600_000 });
  await db.deleteFrom('entries').where('ended_at', 'is', null).where('user_id', '=', app.ids.alice).execute();
  if (random.chance(0.5)) await insert('entries', { ...entry, ended_at: null });
  const token = await startSession(db, {
    ...{ user_id: app.ids.alice, device: 'test', now: app.clock.now, limits: app.deps.config },
  });
  return {
    cookie: `tt_session=${token}`,
    ids: { clients, projects, entries, tags: await insert('tags', unique) },
  };
}

const pathOf = (route: RouteOfApp, ids: Record<string, number>): string =>
  route.path.replace(/:\w+/, String(ids[route.path.split('/')[1] ?? ''] ?? 1));

interface Sent {
  method: string;
  path: string;
  body?: string;
  type?: string;
  cookie: string;
}

/** Sends it and notes whatever is wrong with the answer. */
async function send(
  label: string,
  { method, path, body, type, cookie }: Sent,
  rows?: string,
): Promise<Response> {
  const answer = await fetch(app.address + path, {
    method,
    redirect: 'manual',
    headers: { cookie, 'content-type': type ?? 'application/x-www-form-urlencoded', accept: 'text/html' },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const complain = (what: string) => problems.add(`${label}: ${what} (${method} ${path.slice(0, 80)})`);
  const { status } = answer;
  if (status >= 500 || (status >= 300 && status < 400 && status !== 303)) complain(`status ${status}`);
  if (text.includes(script)) complain('the script came back as it was');
  if (/\n {4}at |node_modules|SQLITE|syntax error/.test(text)) complain('shows what is inside');
  if (status >= 400 && status < 500 && method !== 'HEAD') checkHelpful(answer, text, complain);
  if (status >= 400 && rows !== undefined && (await countRows(app)) !== rows)
    complain(`${status}, but rows changed`);
  return answer;
}

/** A refusal is a page with a heading, in a language, that says what is wrong. */
function checkHelpful(answer: Response, text: string, complain: (what: string) => void): void {
  if (!answer.headers.get('content-type')?.startsWith('text/html')) {
    complain(`status ${answer.status} without a page`);
    return;
  }
  const elements = [...elementsOf(parseHtml(text))];
  const has = (test: (element: (typeof elements)[number]) => boolean) => elements.some(test);
  if (!has(({ name }) => name === 'h1')) complain(`status ${answer.status} without a heading`);
  if (!has(({ name, attributes }) => name === 'html' && /^(en|de)$/.test(attributes['lang'] ?? '')))
    complain('no language');
  const tells = has(
    ({ attributes }) => attributes['aria-invalid'] === 'true' || attributes['role'] === 'alert',
  );
  if (answer.status === 422 && !tells) complain('422 without saying what is wrong');
}

const formOf = (fields: Map<string, string>, changed: string[]): string =>
  [...[...fields].map(([name, value]) => `${encoded(name)}=${encoded(value)}`), ...changed].join('&');

describe('whatever is sent', () => {
  test('every form is known with its fields', () => {
    const posts = targets.filter(({ method }) => method === 'POST');
    expect(posts.length).toBeGreaterThan(20);
    const fields = new Set(targets.flatMap((target) => [...target.fields.keys()]));
    for (const name of [
      'text',
      'project_id',
      'local_date',
      'started_time',
      'duration',
      'name',
      'email',
      'return_to',
    ])
      expect(fields).toContain(name);
  });

  test('in a field of a form is accepted or refused with a page', { timeout: 600_000 }, async () => {
    for (const target of targets.filter(({ method }) => method === 'POST')) {
      for (const field of [...target.fields.keys(), 'id']) await fuzzField(target, field);
    }
    expect([...problems]).toEqual([]);
  });

  async function fuzzField(target: Target, field: string): Promise<void> {
    const { cookie, ids } = await prepare();
    const path = pathOf(target, ids);
    const others = new Map([...target.fields].filter(([name]) => name !== field));
    for (const name of nastyNames) {
      const rows = await countRows(app);
      const label = `${target.path} ${field} = ${name}`;
      const body = formOf(others, [`${encoded(field)}=${nasty[name]}`]);
      const answer = await send(label, { method: 'POST', path, body, cookie }, rows);
      const next = answer.headers.get('location');
      if (answer.status !== 303 || next === null) continue;
      if (!next.startsWith('/') || next.startsWith('//')) problems.add(`${label}: leads to ${next}`);
      else await send(`${label}, then`, { method: 'GET', path: next, cookie });
    }
  }

  test('in a parameter of an address is accepted or refused with a page', { timeout: 300_000 }, async () => {
    const { cookie, ids } = await prepare();
    for (const target of targets.filter(({ method }) => method === 'GET')) {
      for (const field of [...target.fields.keys(), 'page', 'return_to', '__proto__']) {
        for (const name of nastyNames.filter((value) => !/large|long/.test(value))) {
          const others = new Map([...target.fields].filter(([other]) => other !== field));
          const query = formOf(others, [`${encoded(field)}=${nasty[name]}`]);
          const path = `${pathOf(target, ids)}?${query}`;
          await send(
            `${target.path}?${field} = ${name}`,
            { method: 'GET', path, cookie },
            await countRows(app),
          );
        }
        const twice = `${pathOf(target, ids)}?${encoded(field)}=1&${encoded(field)}=2&${encoded(field)}[x]=3`;
        await send(`${target.path}?${field} three times`, { method: 'GET', path: twice, cookie });
      }
    }
    expect([...problems]).toEqual([]);
  });

  test('in the place of an id is nobody’s, and not found', { timeout: 60_000 }, async () => {
    const { cookie } = await prepare();
    for (const { method, path, fields } of targets.filter((target) => target.path.includes(':'))) {
      for (const id of nastyIds) {
        const rows = await countRows(app);
        const body = method === 'POST' ? { body: formOf(fields, []) } : {};
        const answer = await send(
          `${path} with ${id}`,
          { method, path: path.replace(/:\w+/, id), cookie, ...body },
          rows,
        );
        if (![400, 404].includes(answer.status)) problems.add(`${path} with ${id}: status ${answer.status}`);
      }
    }
    expect([...problems]).toEqual([]);
  });

  test(
    'as a body of any kind is refused before it is read, or read as a form',
    { timeout: 60_000 },
    async () => {
      const bodies: [string, string | undefined, string][] = [
        ['a megabyte', undefined, `text=${'x'.repeat(1_000_000)}`],
        ['a thousand fields', undefined, Array.from({ length: 1000 }, (_, index) => `f${index}=1`).join('&')],
        [
          'brackets',
          undefined,
          'text[a][b]=1&text[__proto__][x]=1&__proto__[x]=1&constructor[prototype][x]=1',
        ],
        ['only signs', undefined, '&&&===&=&%&'],
        ['json', 'application/json', '{"text":{"$ne":null}}'],
        [
          'multipart',
          'multipart/form-data; boundary=x',
          '--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n1\r\n--x--',
        ],
        ['a strange charset', 'application/x-www-form-urlencoded; charset=utf-7', 'text=1'],
        ['no type that exists', 'x', 'text=1'],
        ['nothing', undefined, ''],
      ];
      for (const target of targets.filter(({ method }) => method === 'POST')) {
        for (const [name, type, body] of bodies) {
          const { cookie, ids } = await prepare();
          const rows = await countRows(app);
          const sent = { method: 'POST', path: pathOf(target, ids), body, cookie, ...(type ? { type } : {}) };
          await send(`${target.path} with ${name}`, sent, rows);
          const repeated = [...target.fields.keys()]
            .map((field) => `${encoded(field)}=1&${encoded(field)}=2`)
            .join('&');
          await send(`${target.path} twice everything`, {
            ...sent,
            body: repeated,
            type: 'application/x-www-form-urlencoded',
          });
        }
      }
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      expect([...problems]).toEqual([]);
    },
  );

  test('by somebody who is not signed in changes nothing', { timeout: 300_000 }, async () => {
    const { ids } = await prepare();
    const rows = await countRows(app);
    for (const target of targets) {
      for (const cookie of [
        '',
        'tt_session=',
        `tt_session=${'A'.repeat(43)}`,
        'tt_session=%00; tt_session[]=1',
      ]) {
        const body = target.method === 'POST' ? { body: formOf(target.fields, []) } : {};
        const sent = { method: target.method, path: pathOf(target, ids), cookie, ...body };
        const answer = await send(`${target.path} signed out`, sent, rows);
        const leadsAway = answer.status === 303 && /^\/login/.test(answer.headers.get('location') ?? '');
        const isOpen = publicPaths.has(target.path);
        if (!leadsAway && !isOpen)
          problems.add(`${target.method} ${target.path} signed out: status ${answer.status}`);
      }
    }
    for (const field of ['email', 'password', 'return_to', 'name', 'setup_code']) {
      for (const name of nastyNames) {
        const body = `email=a%40example.com&password=wrong&${field}=${nasty[name]}`;
        await send(`/login ${field} = ${name}`, { method: 'POST', path: '/login', body, cookie: '' }, rows);
      }
    }
    expect(await countRows(app)).toBe(rows);
    expect([...problems]).toEqual([]);
  });

  test('with another method is refused or harmless', { timeout: 60_000 }, async () => {
    const { cookie, ids } = await prepare();
    const rows = await countRows(app);
    for (const path of new Set(targets.map((target) => pathOf(target, ids)))) {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'])
        await send(`${method} ${path}`, { method, path, cookie }, rows);
    }
    expect(await countRows(app)).toBe(rows);
    expect([...problems]).toEqual([]);
  });
});
