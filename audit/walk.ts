import { sql } from 'kysely';
import type { Connection } from '../src/db/connect.ts';
import type { Aviary } from './canaries.ts';
import type { Answer, Client } from './client.ts';
import { fillForms } from './forms.ts';
import type { FilledForms } from './forms.ts';
import { firstId, mendPeople, roles, signIn } from './seed.ts';
import type { Walker } from './seed.ts';
import type { Field, Target } from './targets.ts';
import { pathOf } from './targets.ts';

/** What came of a walk. */
export interface Footprints {
  requests: number;
  /** Answers by their first digit: '2' … '5'. */
  statuses: Record<string, number>;
  /** 'role METHOD /pattern' of everything that was asked for. */
  asked: Set<string>;
  /** Roles that ran into an unexpected error. */
  failedFor: Set<Walker>;
  /** 'GET /pattern' of every page that somebody was shown: answered with 200. */
  shown: Set<string>;
  /** Field by field, what was planted. */
  fields: Set<string>;
  /** Every form as it is meant. */
  forms: FilledForms;
}

interface Ways {
  client: Client;
  connection: Connection;
  targets: Target[];
  aviary: Aviary;
}

/** What would switch the channel that is being watched; the panel is walked by `usePanel`. */
const isSwitch = ({ method, pattern }: Target): boolean =>
  method === 'POST' && pattern.startsWith('/admin/telemetry/:channel');

/** Every route as every role with canaries in every field, then again while the database is broken in some ways. */
export async function walk(ways: Ways): Promise<Footprints> {
  await mendPeople(ways.connection);
  const forms = await fillForms(ways);
  const prints: Footprints = {
    forms,
    ...{ requests: forms.requests, statuses: {}, asked: new Set(), failedFor: new Set() },
    ...{ shown: new Set(forms.shown), fields: new Set() },
  };
  for (const role of roles) {
    await mendPeople(ways.connection);
    const person = await walkerOf(ways, role, prints);
    for (const target of ways.targets) {
      if (role === 'admin' && isSwitch(target)) continue;
      await person.visit(target);
    }
    await person.sendOddities();
  }
  await mendPeople(ways.connection);
  await walkBroken(ways, prints);
  return prints;
}

async function walkerOf({ client, connection, aviary }: Ways, role: Walker, prints: Footprints) {
  let cookie = await signIn(connection, role, aviary, Date.now());
  const ask = async (method: string, path: string, body?: string, type?: string): Promise<Answer> => {
    const answer = await client.send({
      ...{ method, path, cookie },
      ...(body === undefined ? {} : { body }),
      ...(type === undefined ? {} : { type }),
    });
    prints.requests += 1;
    const kind = String(answer.status)[0] ?? '';
    prints.statuses[kind] = (prints.statuses[kind] ?? 0) + 1;
    if (answer.status >= 500) prints.failedFor.add(role);
    // Signed out by what was asked for.
    if (role !== 'signed out' && answer.location?.startsWith('/login')) {
      await mendPeople(connection);
      cookie = await signIn(connection, role, aviary, Date.now());
    }
    return answer;
  };
  const visit = async (target: Target): Promise<void> => {
    const { method, pattern, fields } = target;
    prints.asked.add(`${role} ${method} ${pattern}`);
    for (const name of fields.keys()) prints.fields.add(`${method} ${pattern} ${name}`);
    for (const fill of [plausible, hostile]) {
      const values = fill(target, aviary);
      const path = pathOf(target);
      const answer =
        method === 'GET'
          ? await ask(method, `${path}?${values.toString()}`)
          : await ask(method, path, values.toString());
      if (method === 'GET' && answer.status === 200) prints.shown.add(`GET ${pattern}`);
    }
  };
  return { ask, visit, sendOddities: () => sendOddities(ask, aviary) };
}

/** Words where a person would write words, and what the page offered elsewhere: meant to be accepted. */
function plausible({ method, pattern, fields }: Target, aviary: Aviary): URLSearchParams {
  const values = new URLSearchParams();
  for (const [name, field] of fields) {
    const kind = `${method} ${pattern} ${name}`;
    values.append(name, isWordy(name, field) ? wordyValue(name, field, kind, aviary) : field.value);
  }
  return values;
}

const isWordy = (name: string, { type }: Field): boolean =>
  ['textarea', 'email', 'password', 'search', 'url', 'tel', 'file'].includes(type) ||
  (type === 'text' &&
    /(?:name|description|note|comment|body|text|code|title|project|client)$|^q$/.test(name));

function wordyValue(name: string, { type }: Field, kind: string, aviary: Aviary): string {
  const word = aviary.word(kind);
  if (type === 'email' || name === 'email') return `${word}@canary.example.com`;
  if (type === 'password') return `${word} ${word} secret`;
  if (/code/.test(name)) return word;
  return `${word} "<b>&' ${aviary.greek(`${kind}, Greek`)}`;
}

/** A canary in every field, whatever it is for; and in one that does not exist. */
function hostile({ method, pattern, fields }: Target, aviary: Aviary): URLSearchParams {
  const values = new URLSearchParams();
  for (const name of fields.keys()) values.append(name, aviary.word(`${method} ${pattern} ${name}`));
  values.append(aviary.word('name of a field'), aviary.word('field that does not exist'));
  return values;
}

type AskFor = (method: string, path: string, body?: string, type?: string) => Promise<Answer>;

/** What no page offers, and the internet sends all the same. */
async function sendOddities(ask: AskFor, aviary: Aviary): Promise<void> {
  const word = aviary.word('file name');
  const part = `--b\r\nContent-Disposition: form-data; name="file"; filename="${word}.pdf"\r\n\r\n${aviary.word('file content')}\r\n--b--\r\n`;
  await ask('POST', '/entries', part, 'multipart/form-data; boundary=b');
  await ask(
    'POST',
    '/entries',
    JSON.stringify({ description: aviary.word('JSON body') }),
    'application/json',
  );
  await ask('POST', '/entries', aviary.word('text body'), 'text/plain');
  await ask('POST', '/timer/start', `description=${aviary.word('body that does not decode')}%E0%A4%A`);
  await ask('GET', `/${aviary.word('path')}/${encodeURIComponent(aviary.greek('path, Greek'))}`);
  await ask('GET', `/projects/${aviary.word('id in a path')}`);
  await ask('GET', `/reports/summary?from=${aviary.word('query string')}&to=%00`);
  await ask('PROPFIND', `/${aviary.word('path of another method')}`);
  await ask('PUT', `/projects/${firstId}`, aviary.word('body of another method'));
}

interface Fault {
  /** Only writes below this place fail; undefined where pages do. */
  writesTo?: string;
  break: () => Promise<unknown>;
  mend: () => Promise<unknown>;
}

/** Ways to make handlers fail, with canaries in the messages of what is thrown. */
function faults({ db }: Connection, aviary: Aviary): Fault[] {
  const rename = (from: string, to: string) =>
    sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db);
  const renamed = ['entries', 'projects', 'tags', 'tasks'].map((table) => ({
    break: () => rename(table, `${table}_${aviary.word('name of a table')}`),
    mend: () => rename(`${table}_${aviary.word('name of a table')}`, table),
  }));
  const set = (time_zone: string, locale?: string) =>
    db
      .updateTable('users')
      .set({ time_zone, ...(locale === undefined ? {} : { locale }) })
      .where('id', '>=', firstId)
      .execute();
  // As a database does that quotes the row it refuses.
  const refusing = ['entries', 'projects', 'tags', 'clients'].map((table) => ({
    writesTo: `/${table}`,
    break: async () => {
      for (const event of ['insert', 'update']) {
        const [name, words] = [`refuse_${table}_${event}`, aviary.word(`message of the database, ${table}`)];
        await sql`create trigger ${sql.ref(name)} before ${sql.raw(event)} on ${sql.table(table)}
          begin select raise(abort, ${sql.lit(`refused (${words})`)}); end`.execute(db);
      }
    },
    mend: async () => {
      for (const event of ['insert', 'update'])
        await sql`drop trigger ${sql.ref(`refuse_${table}_${event}`)}`.execute(db);
    },
  }));
  return [
    ...refusing,
    ...renamed,
    { break: () => set(`Canary/${aviary.word('broken time zone')}`), mend: () => set('Europe/Berlin') },
    {
      break: () =>
        db
          .updateTable('entries')
          .set({ local_date: aviary.word('broken date'), zone: aviary.word('broken zone') })
          .execute(),
      mend: () =>
        db.updateTable('entries').set({ local_date: '2026-03-04', zone: 'Europe/Berlin' }).execute(),
    },
  ];
}

/** First part of a path, and whether it is about one row. */
const shapeOf = ({ pattern }: Target): string => `${pattern.split('/', 2)[1]} ${pattern.includes(':')}`;

async function walkBroken(ways: Ways, prints: Footprints): Promise<void> {
  const targets = ways.targets.filter((target) => !isSwitch(target));
  // One page of each place, and one of a row.
  const pages = targets.filter(({ method }, at) => method === 'GET' && at === firstLike(targets, at));
  const writes = targets.filter(({ method, pattern }) => method === 'POST' && !/logout|revoke/.test(pattern));
  const asked = ({ writesTo }: Fault): Target[] =>
    writesTo === undefined ? pages : writes.filter(({ pattern }) => pattern.startsWith(writesTo));
  for (const fault of faults(ways.connection, ways.aviary)) {
    // Before something breaks that signing in needs.
    const people = [];
    for (const role of roles) people.push(await walkerOf(ways, role, prints));
    await fault.break();
    for (const person of people)
      for (const target of asked(fault))
        await person.ask(target.method, pathOf(target), bodyOf(target, ways.aviary));
    await fault.mend();
  }
}

const bodyOf = (target: Target, aviary: Aviary): string | undefined =>
  target.method === 'GET' ? undefined : plausible(target, aviary).toString();

const firstLike = (targets: Target[], at: number): number =>
  targets.findIndex((other) => other.method === 'GET' && shapeOf(other) === shapeOf(targets[at] as Target));
