import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { prepare } from '../../db/prepared.ts';
import type { RateKind } from './rates.ts';

export interface RateRow {
  id: number;
  kind: RateKind;
  scope: string;
  amount_cents: number;
  currency: string;
  updated_at: number;
}

export interface MoneyPlace {
  client_id: number | null;
  /** Of the client; null where it has none of its own. */
  client_currency: string | null;
  /** The setting as JSON; null while it was never set. */
  instance_currency: string | null;
}

const places = prepare<{ project_id: number | null }, MoneyPlace>((db, parameter) =>
  db.selectNoFrom((select) => [
    select
      .selectFrom('projects')
      .select('client_id')
      .where('projects.id', '=', parameter('project_id') as number)
      .as('client_id'),
    select
      .selectFrom('projects')
      .innerJoin('clients', 'clients.id', 'projects.client_id')
      .select('clients.currency')
      .where('projects.id', '=', parameter('project_id') as number)
      .as('client_currency'),
    select.selectFrom('settings').select('value').where('name', '=', 'currency').as('instance_currency'),
  ]),
);

/** In which currencies time on a project counts. Runs whenever a timer stops, hence prepared. */
export async function findMoneyPlace(db: Db, project_id: number | null): Promise<MoneyPlace> {
  const [place] = await places(db, { project_id });
  return place ?? { client_id: null, client_currency: null, instance_currency: null };
}

interface SixScopes {
  first: string;
  second: string;
  third: string;
  fourth: string;
  fifth: string;
  sixth: string;
}

const ofScopes = prepare<SixScopes, RateRow>((db, parameter) =>
  db
    .selectFrom('rates')
    .selectAll()
    .where('scope', 'in', [
      parameter('first'),
      parameter('second'),
      parameter('third'),
      parameter('fourth'),
      parameter('fifth'),
      parameter('sixth'),
    ]),
);

/** Rates of both kinds of at most six scopes. Runs whenever a timer stops, hence prepared. */
export async function listRatesOfScopes(db: Db, scopes: readonly string[]): Promise<RateRow[]> {
  const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = scopes;
  return ofScopes(db, { first, second, third, fourth, fifth, sixth });
}

/** Rates of both kinds of some scopes, however many. */
export async function listRates(db: Db, scopes: readonly string[]): Promise<RateRow[]> {
  if (scopes.length === 0) return [];
  return db
    .selectFrom('rates')
    .selectAll()
    .where('scope', 'in', [...scopes])
    .execute();
}

/** Ids and scopes of every rate of a kind. */
export async function listRatesOfKind(db: Db, kind: RateKind): Promise<Pick<RateRow, 'id' | 'scope'>[]> {
  return db.selectFrom('rates').select(['id', 'scope']).where('kind', '=', kind).execute();
}

export async function findRate(db: Db, kind: RateKind, scope: string): Promise<RateRow | undefined> {
  return db
    .selectFrom('rates')
    .selectAll()
    .where('kind', '=', kind)
    .where('scope', '=', scope)
    .executeTakeFirst();
}

/** @returns the new rate's id. */
export async function insertRate(db: Db, row: Omit<RateRow, 'id'>): Promise<number> {
  const { id } = await db.insertInto('rates').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateRate(
  db: Db,
  id: number,
  changed: Pick<RateRow, 'amount_cents' | 'currency' | 'updated_at'>,
): Promise<void> {
  await db.updateTable('rates').set(changed).where('id', '=', id).execute();
}

export async function deleteRate(db: Db, id: number): Promise<void> {
  await db.deleteFrom('rates').where('id', '=', id).execute();
}

/** Removes the rates of a project and of people on it, however many. */
export async function deleteRatesOfProject(db: Db, project_id: number): Promise<void> {
  await db
    .deleteFrom('rates')
    .where(sql<boolean>`(scope = ${`project:${project_id}`} or scope like ${`member:${project_id}:%`})`)
    .execute();
}

/** Removes every rate of these scopes; entries keep what they were given. */
export async function deleteRatesOf(db: Db, scopes: readonly string[]): Promise<void> {
  if (scopes.length === 0) return;
  await db
    .deleteFrom('rates')
    .where('scope', 'in', [...scopes])
    .execute();
}
