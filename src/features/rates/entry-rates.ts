import type { Db } from '../../db/connect.ts';
import type { Flag } from '../../db/schema.ts';
import { defaultCurrency } from '../settings/settings.ts';
import type { Rate, RateKind } from './rates.ts';
import { rateFor, scopesOf } from './rates.ts';
import type { RateRow } from './rates.queries.ts';
import { findMoneyPlace, listRatesOfScopes } from './rates.queries.ts';

/** What an entry is worth an hour, and where that comes from: columns of an entry. */
export interface EntryRates {
  rate_cents: number | null;
  rate_id: number | null;
  currency: string | null;
  cost_rate_cents: number | null;
  cost_rate_id: number | null;
  cost_currency: string | null;
}

/** Of a timer that runs. */
export const noRates: EntryRates = {
  rate_cents: null,
  rate_id: null,
  currency: null,
  cost_rate_cents: null,
  cost_rate_id: null,
  cost_currency: null,
};

export interface RatedWork {
  user_id: number;
  project_id: number | null;
  task_id?: number | null | undefined;
  billable: Flag;
}

/**
 * The rates that count now, to be fixed at an entry: when it stops, when it is booked, and when its project, task or
 * billable flag changes. Later changes of a rate leave it alone unless somebody says otherwise.
 *
 * Billable rates are in the client's currency, else the instance's; what people cost is always in the instance's.
 */
export async function fixRates(
  trx: Db,
  { user_id, project_id, task_id, billable }: RatedWork,
): Promise<EntryRates> {
  const { client_id, client_currency, instance_currency } = await findMoneyPlace(trx, project_id);
  const subject = { user_id, project_id, task_id: task_id ?? null, client_id };
  const rates = await listRatesOfScopes(trx, scopesOf(subject));
  if (rates.length === 0) return noRates;
  const own_currency = readCurrency(instance_currency);
  const rate =
    billable === 1
      ? rateFor(subject, byScope(rates, 'billable'), client_currency ?? own_currency)
      : undefined;
  const cost = rateFor(subject, byScope(rates, 'cost'), own_currency);
  return {
    rate_cents: rate?.amount_cents ?? null,
    rate_id: rate?.id ?? null,
    currency: rate?.currency ?? null,
    cost_rate_cents: cost?.amount_cents ?? null,
    cost_rate_id: cost?.id ?? null,
    cost_currency: cost?.currency ?? null,
  };
}

const byScope = (rates: readonly RateRow[], kind: RateKind): Map<string, Rate> =>
  new Map(rates.filter((rate) => rate.kind === kind).map((rate) => [rate.scope, rate]));

/** The currency of the instance, inside a change. */
export const findOwnCurrency = async (db: Db): Promise<string> =>
  readCurrency((await findMoneyPlace(db, null)).instance_currency);

const readCurrency = (json: string | null): string =>
  json === null ? defaultCurrency : (JSON.parse(json) as string);
