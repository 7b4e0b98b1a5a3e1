import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { entryAmount } from './entry-amounts.queries.ts';
import type { RateKind, RateScope } from './rates.ts';
import { rateLevels } from './rates.ts';

/** Entries that follow a change of a rate: how many and how much, and the change itself. */

export type RateChange =
  /** The rate has another amount: entries that used it and are still billed in its currency. */
  | {
      does: 'change';
      kind: RateKind;
      id: number;
      amount_cents: number;
      currency: string;
      own_currency: string;
    }
  /** There is a rate where none was: entries that none or a less specific one counted for, and for which this one does. */
  | {
      does: 'add';
      kind: RateKind;
      scope: RateScope;
      amount_cents: number;
      currency: string;
      own_currency: string;
    }
  /** The rate goes: entries that used it take what counts without it. */
  | { does: 'remove'; kind: RateKind; id: number; own_currency: string };

interface Columns {
  rate: RawBuilder<number | null>;
  rate_id: RawBuilder<number | null>;
  currency: RawBuilder<string | null>;
}

const columnsOf = (kind: RateKind): Columns =>
  kind === 'billable'
    ? { rate: sql`entries.rate_cents`, rate_id: sql`entries.rate_id`, currency: sql`entries.currency` }
    : {
        rate: sql`entries.cost_rate_cents`,
        rate_id: sql`entries.cost_rate_id`,
        currency: sql`entries.cost_currency`,
      };

/** The currency in which an entry counts, read from its client; costs are always in the instance's. */
const currencyOfEntry = (kind: RateKind, own_currency: string): RawBuilder<string> =>
  kind === 'cost'
    ? sql<string>`cast(${own_currency} as text)`
    : sql<string>`coalesce((select clients.currency from projects join clients on clients.id = projects.client_id where projects.id = entries.project_id), ${own_currency})`;

const scopeOfEntry: Record<(typeof rateLevels)[number], RawBuilder<string>> = {
  task: sql`'task:' || entries.task_id`,
  member: sql`'member:' || entries.project_id || ':' || entries.user_id`,
  project: sql`'project:' || entries.project_id`,
  person: sql`'person:' || entries.user_id`,
  client: sql`'client:' || (select client_id from projects where projects.id = entries.project_id)`,
  default: sql`'default'`,
};

/** Entries that the scope of a rate holds. */
function heldBy(scope: RateScope): RawBuilder<boolean> {
  switch (scope.level) {
    case 'task':
      return sql`entries.task_id = ${scope.task_id}`;
    case 'member':
      return sql`entries.project_id = ${scope.project_id} and entries.user_id = ${scope.user_id}`;
    case 'project':
      return sql`entries.project_id = ${scope.project_id}`;
    case 'person':
      return sql`entries.user_id = ${scope.user_id}`;
    case 'client':
      return sql`entries.project_id in (select id from projects where client_id = ${scope.client_id})`;
    case 'default':
      return sql`1 = 1`;
  }
}

/** No rate of a more specific level counts for the entry. */
function nothingNearer(kind: RateKind, scope: RateScope, currency: string): RawBuilder<boolean> {
  const nearer = rateLevels.slice(0, rateLevels.indexOf(scope.level)).map((level) => scopeOfEntry[level]);
  if (nearer.length === 0) return sql`1 = 1`;
  return sql`not exists (select 1 from rates where rates.kind = ${kind} and rates.currency = ${currency} and rates.scope in (${sql.join(nearer)}))`;
}

/** The entry has no rate yet, or one that is there and less specific. One that is gone stays: somebody decided that. */
function hasFartherOrNone(kind: RateKind, scope: RateScope): RawBuilder<boolean> {
  const { rate, rate_id } = columnsOf(kind);
  const farther = rateLevels.slice(rateLevels.indexOf(scope.level) + 1).map((level) =>
    // Texts for a pattern, of which none comes from outside.
    level === 'default' ? sql`scope = 'default'` : sql`scope like ${sql.lit(`${level}:%`)}`,
  );
  if (farther.length === 0) return sql`${rate} is null`;
  return sql`(${rate} is null or ${rate_id} in (select id from rates where kind = ${kind} and (${sql.join(farther, sql` or `)})))`;
}

function followers(change: RateChange): RawBuilder<boolean> {
  const { rate_id } = columnsOf(change.kind);
  if (change.does === 'remove') return sql`${rate_id} = ${change.id}`;
  const { kind, currency, own_currency } = change;
  const counts_in_it = sql`${currencyOfEntry(kind, own_currency)} = ${currency}`;
  if (change.does === 'change') return sql`${rate_id} = ${change.id} and ${counts_in_it}`;
  const { scope } = change;
  const billable = kind === 'billable' ? sql`and entries.billable = 1` : sql``;
  return sql`entries.ended_at is not null ${billable} and ${heldBy(scope)} and ${hasFartherOrNone(kind, scope)}
    and ${counts_in_it} and ${nothingNearer(kind, scope, currency)}`;
}

/** Of the rate that counts without the one that goes. */
function nextRate<Value>(
  change: Extract<RateChange, { does: 'remove' }>,
  column: 'id' | 'amount_cents' | 'currency',
): RawBuilder<Value> {
  const scopes = rateLevels.map((level) => scopeOfEntry[level]);
  const rank = rateLevels.map((level, index) =>
    level === 'default'
      ? sql`when rates.scope = 'default' then ${sql.lit(index)}`
      : sql`when rates.scope like ${sql.lit(`${level}:%`)} then ${sql.lit(index)}`,
  );
  return sql<Value>`(select rates.${sql.ref(column)} from rates where rates.kind = ${change.kind} and rates.id <> ${change.id}
    and rates.currency = ${currencyOfEntry(change.kind, change.own_currency)} and rates.scope in (${sql.join(scopes)})
    order by case ${sql.join(rank, sql` `)} end limit 1)`;
}

export interface FollowSum {
  /** Currency before and after; '' where there is no amount. */
  currency: string;
  next_currency: string;
  entries: number;
  before_cents: number;
  after_cents: number;
}

/** How many entries would follow and what they are worth before and after, by currency. */
export async function sumFollowers(db: Db, change: RateChange): Promise<FollowSum[]> {
  const { rate, currency } = columnsOf(change.kind);
  const next_rate =
    change.does === 'remove'
      ? nextRate<number | null>(change, 'amount_cents')
      : sql<number>`cast(${change.amount_cents} as bigint)`;
  const next_currency =
    change.does === 'remove'
      ? sql<string>`coalesce(${nextRate<string | null>(change, 'currency')}, '')`
      : sql<string>`cast(${change.currency} as text)`;
  const { rows } = await sql<FollowSum>`
    select currency, next_currency, count(*) as entries, sum(before_cents) as before_cents,
      sum(after_cents) as after_cents
    from (select coalesce(${currency}, '') as currency, ${next_currency} as next_currency,
        ${entryAmount(sql`coalesce(${rate}, 0)`)} as before_cents, ${entryAmount(sql`coalesce(${next_rate}, 0)`)} as after_cents
      from entries where ${followers(change)}) as followers
    group by currency, next_currency order by currency, next_currency`.execute(db);
  return rows;
}

/** People whose entries would follow, in the order of their ids. */
export async function listFollowedPeople(db: Db, change: RateChange): Promise<number[]> {
  const { rows } = await sql<{ user_id: number }>`
    select distinct user_id from entries where ${followers(change)} order by user_id`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** First and last id of all entries. */
export async function findEntryIds(db: Db): Promise<{ first: number; last: number }> {
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    select min(id) as first, max(id) as last from entries`.execute(db);
  return { first: rows[0]?.first ?? 1, last: rows[0]?.last ?? 0 };
}

interface IdRange {
  from: number;
  to: number;
}

/**
 * Lets the entries between two ids follow. The rate itself must have been written before when one is added (`rate_id`),
 * and must still be there when it goes. @returns how many followed.
 */
export async function updateFollowers(
  db: Db,
  change: RateChange,
  { range, rate_id }: { range: IdRange; rate_id: number },
): Promise<number> {
  const names =
    change.kind === 'billable'
      ? { rate: 'rate_cents', id: 'rate_id', currency: 'currency' }
      : { rate: 'cost_rate_cents', id: 'cost_rate_id', currency: 'cost_currency' };
  const next =
    change.does === 'remove'
      ? {
          rate: nextRate(change, 'amount_cents'),
          id: nextRate(change, 'id'),
          currency: nextRate(change, 'currency'),
        }
      : {
          rate: sql`cast(${change.amount_cents} as bigint)`,
          id: sql`cast(${rate_id} as bigint)`,
          currency: sql`cast(${change.currency} as text)`,
        };
  const result =
    await sql`update entries set ${sql.ref(names.rate)} = ${next.rate}, ${sql.ref(names.id)} = ${next.id},
    ${sql.ref(names.currency)} = ${next.currency}
    where entries.id between ${range.from} and ${range.to} and ${followers(change)}`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}
