import { randomBytes } from 'node:crypto';
import type { Insertable, Transaction } from 'kysely';
import type { Database, EntriesTable, UsersTable } from '../../db/schema.ts';
import type { Deps } from '../../deps.ts';
import { addDays, listDates, localDateOf, startOfDay } from '../../shared/calendar.ts';
import { foldCase } from '../../shared/text.ts';
import { hashPassword } from '../accounts/passwords.ts';
import { addPerson, emailKeyOf } from '../accounts/people.ts';
import {
  analyze,
  findFirstAdministrator,
  hasEntries,
  insertEntries,
  insertEntryTags,
  insertMissingNames,
  insertMissingPeople,
  insertProjects,
  listBookedDays,
  listProjectKeys,
} from './demo.queries.ts';
import type { DemoPlan, OwnedEntry, Teammate } from './demo-plan.ts';
import { DemoError, entriesOfPlan, piecesPerDay, planHistory } from './demo-plan.ts';
import type { DemoPerson } from './demo-team.ts';
import { nameOfPerson, personOfTeam } from './demo-team.ts';
import { insertMoney } from './demo-money.ts';
import type { DemoMoney } from './demo-money.ts';
import { demoClients, demoProjects, demoTags, endedClients, foreignClient } from './demo-work.ts';
import type { DemoProject } from './demo-work.ts';

export interface DemoRequest {
  seed: number;
  /** People of the team, the administrator among them. */
  people: number;
  /** Exactly so many entries; undefined is a year and a half of ordinary work. */
  entries: number | undefined;
  /** The last local date with entries. */
  until: string;
  /** Epoch milliseconds; nothing is later. */
  moment: number;
  /** Two people have a timer running; false for the same rows whenever it is made. */
  running: boolean;
  /** Also where time was booked already; those days of those people stay as they are. */
  force: boolean;
}

export interface DemoResult {
  entries: number;
  people: number;
  from: string;
  /** Only when there was no administrator: how to sign in, told once. */
  administrator: { email: string; password: string } | undefined;
}

type DemoDeps = Pick<Deps, 'db' | 'change' | 'settings'>;

const rowsPerStatement = 500;
const rowsPerTransaction = 5_000;
const peopleWithTimer = 2;
const administratorEmail = 'admin@example.com';

/**
 * Fills a migrated database with a made-up team and its time. The same request on the same people gives the same rows.
 *
 * @param onProgress - told how many entries are written, after each transaction.
 * @throws DemoError when the database holds entries and `force` is not set, or when the numbers cannot be.
 */
export async function seedDemo(
  { db, change, settings }: DemoDeps,
  request: DemoRequest,
  onProgress: (written: number) => void,
): Promise<DemoResult> {
  if (!request.force && (await hasEntries(db))) {
    throw new DemoError(
      'this database holds entries already; nothing was changed (--force adds demo data to them)',
    );
  }
  // Before the transaction: hashing takes its time, and the embedded database has one connection.
  const password = randomBytes(12).toString('base64url');
  const password_hash = await hashPassword(password);
  const { currency } = await settings.read();
  const { plan, work, isNew } = await change({ user_id: null }, async (trx, record) => {
    const existing = await findFirstAdministrator(trx);
    const owner = existing ?? (await addAdministrator(trx, settings, password_hash, request.moment));
    if (!existing) record('setup.completed', { used_by: 'team', source: 'command' });
    return { ...(await prepareWork(trx, request, owner, currency)), isNew: !existing };
  });
  let entries = 0;
  for (const batch of inBatches(entriesOfPlan(plan), rowsPerTransaction)) {
    await db.transaction().execute((trx) => writeEntries(trx, batch, work));
    entries += batch.length;
    onProgress(entries);
  }
  await analyze(db);
  const administrator = isNew ? { email: administratorEmail, password } : undefined;
  return { entries, people: plan.team.length, from: plan.from, administrator };
}

interface Owner {
  id: number;
  time_zone: string;
}

async function addAdministrator(
  trx: Transaction<Database>,
  settings: Deps['settings'],
  password_hash: string,
  now: number,
): Promise<Owner> {
  const choices = { time_zone: 'Europe/Berlin', week_start: 1, duration_format: 'clock' } as const;
  await settings.write(trx, { used_by: 'team', ...choices });
  const person = { name: 'Alex Morgan', email: administratorEmail, password_hash, locale: 'en' };
  return { id: await addPerson(trx, { ...person, role: 'admin' }, choices, now), ...choices };
}

interface WorkIds {
  projects: Map<string, number>;
  tags: Map<string, number>;
  money: DemoMoney;
}

/** People, clients, projects and tags; all of it or, when the numbers cannot be, nothing. */
async function prepareWork(trx: Transaction<Database>, request: DemoRequest, owner: Owner, currency: string) {
  const { seed, until, moment, running } = request;
  const members = Array.from({ length: request.people - 1 }, (_, index) => personOfTeam(index + 1));
  const everybody = [
    { user_id: owner.id, person: personOfTeam(0, owner.time_zone) },
    ...(await insertMembers(trx, members, request)),
  ];
  const team: Teammate[] = [];
  for (const { user_id, person } of everybody) {
    const { booked_dates, has_timer } = await bookedDates(trx, person.zone, user_id, moment);
    const keeps_running = running && !has_timer && person.index < peopleWithTimer;
    team.push({ ...person, user_id, booked_dates, keeps_running });
  }
  const world = { seed, until, moment, team, pieces_per_day: piecesPerDay(request.entries, team.length) };
  const plan = planHistory(world, request.entries);
  return { plan, work: await insertWork(trx, plan, currency) };
}

function rowOfPerson(
  { name, email }: { name: string; email: string },
  time_zone: string,
  created_at: number,
): Insertable<UsersTable> {
  return {
    ...{ name, email, email_key: emailKeyOf(email), time_zone, created_at },
    // Nobody can sign in as a made-up person: there is no password to guess.
    password_hash: null,
    role: 'member',
    locale: 'en',
    week_start: 1,
    duration_format: 'clock',
    theme: 'system',
    deactivated_at: null,
  };
}

async function insertMembers(trx: Transaction<Database>, members: DemoPerson[], request: DemoRequest) {
  const rows = members.map((person) => {
    const dayAgo = (days: number) => startOfDay(addDays(request.until, -days) ?? request.until, person.zone);
    const created_at = dayAgo(person.joined_days_ago ?? 549) ?? request.moment;
    const left = person.left_days_ago;
    const deactivated_at = left === undefined ? null : (dayAgo(left - 1) ?? null);
    return { ...rowOfPerson(nameOfPerson(person.index), person.zone, created_at), deactivated_at };
  });
  const found = new Map((await insertMissingPeople(trx, rows)).map((row) => [row.email_key, row]));
  return members.flatMap((person, index) => {
    const row = found.get(rows[index]?.email_key ?? '');
    return row ? [{ user_id: row.id, person: { ...person, zone: row.time_zone } }] : [];
  });
}

/** The days that are taken: they are left alone, so that no two entries of a person overlap. */
async function bookedDates(trx: Transaction<Database>, zone: string, user_id: number, moment: number) {
  const days = await listBookedDays(trx, user_id);
  const dateOf = (instant: number) => localDateOf(instant, zone) ?? '';
  const dates = days.flatMap(({ started_at, ended_at, running }) =>
    listDates(
      dateOf(started_at),
      dateOf(running > 0 ? Math.max(moment, started_at) : (ended_at ?? started_at)),
    ),
  );
  return { booked_dates: new Set(dates), has_timer: days.some(({ running }) => running > 0) };
}

async function insertWork(
  trx: Transaction<Database>,
  plan: DemoPlan,
  own_currency: string,
): Promise<WorkIds> {
  const dayAgo = (days: number) => startOfDay(addDays(plan.until, -days) ?? plan.until, 'UTC') ?? plan.moment;
  const beginning = startOfDay(plan.from, 'UTC') ?? plan.moment;
  const named = (name: string, archived_at: number | null) => ({
    ...{ name, name_key: foldCase(name), created_at: beginning, archived_at },
  });
  const clients = await insertMissingNames(
    trx,
    'clients',
    demoClients.map((name) => ({
      ...named(name, endedClients.includes(name) ? dayAgo(200) : null),
      currency: name === foreignClient.name ? foreignClient.currency : null,
    })),
  );
  const tags = await insertMissingNames(
    trx,
    'tags',
    demoTags.map((name) => named(name, null)),
  );
  const rows = demoProjects.map((project) => {
    const { name, client, color, billable, began_days_ago, ended_days_ago, due_in_days } = project;
    return {
      ...named(name, ended_days_ago === undefined ? null : dayAgo(ended_days_ago - 1)),
      client_id: client === null ? null : (clients.get(foldCase(client)) ?? null),
      color,
      billable: billable ? (1 as const) : (0 as const),
      ...(began_days_ago === undefined ? {} : { created_at: Math.max(beginning, dayAgo(began_days_ago)) }),
      code: project.code ?? '',
      due_date: due_in_days === undefined ? null : (addDays(plan.until, due_in_days) ?? null),
      ...budgetOf(project, own_currency),
    };
  });
  const keyOf = (row: { client_id: number | null; name_key: string }) => `${row.client_id} ${row.name_key}`;
  const before = new Set((await listProjectKeys(trx)).map(keyOf));
  await insertProjects(
    trx,
    rows.filter((row) => !before.has(keyOf(row))),
  );
  const ids = new Map((await listProjectKeys(trx)).map((row) => [keyOf(row), row.id]));
  const projects = new Map(demoProjects.map(({ name }, index) => [name, ids.get(keyOf(rows[index]!))!]));
  const money = await insertMoney(trx, { plan, projects, clients, own_currency });
  return { projects, tags, money };
}

function budgetOf({ budget, client }: DemoProject, own_currency: string) {
  const currency = client === foreignClient.name ? foreignClient.currency : own_currency;
  return {
    budget_period: budget?.period ?? ('total' as const),
    budget_seconds: budget?.kind === 'hours' ? budget.amount * 3600 : null,
    budget_cents: budget?.kind === 'money' ? budget.amount * 100 : null,
    budget_currency: budget?.kind === 'money' ? currency : null,
    budget_thresholds: budget ? '80,100' : '',
  };
}

async function writeEntries(trx: Transaction<Database>, batch: OwnedEntry[], work: WorkIds): Promise<void> {
  for (const part of inBatches(batch, rowsPerStatement)) {
    const ids = await insertEntries(
      trx,
      part.map((entry) => rowOfEntry(entry, work)),
    );
    const tagged = part.flatMap(({ tags }, index) =>
      tags.map((tag) => ({ entry_id: ids[index] as number, tag_id: work.tags.get(tag) as number })),
    );
    await insertEntryTags(trx, tagged);
  }
}

function rowOfEntry(entry: OwnedEntry, work: WorkIds): Insertable<EntriesTable> {
  const { user_id, project, description, started_at, ended_at, zone, local_date, billable } = entry;
  const project_id = project === null ? null : (work.projects.get(project.name) as number);
  return {
    ...{ user_id, description, started_at, ended_at, zone, local_date, project_id },
    ...work.money.columnsOf(entry, project_id),
    billable: billable ? 1 : 0,
    source: 'demo',
    created_at: started_at,
    updated_at: ended_at ?? started_at,
  };
}

function* inBatches<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
