import type { Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { KeptWork } from '../work/kept-copies.queries.ts';
import { rewriteKeptCopies } from '../work/kept-copies.queries.ts';
import { fixRates } from './entry-rates.ts';
import type { EntryRates } from './entry-rates.ts';
import type { RateChange } from './followers.queries.ts';
import type { RateKind } from './rates.ts';
import { rateLevels, readScope } from './rates.ts';
import { findMoneyPlace, listRatesOfKind } from './rates.queries.ts';

type Trx = Transaction<Database>;

/** What one kind of rate is in the columns of an entry. */
interface Fixed {
  cents: number | null;
  id: number | null;
  currency: string | null;
}

const fixedOf = (kind: RateKind, rates: EntryRates): Fixed =>
  kind === 'billable'
    ? { cents: rates.rate_cents, id: rates.rate_id, currency: rates.currency }
    : { cents: rates.cost_rate_cents, id: rates.cost_rate_id, currency: rates.cost_currency };

const columnsOf = (kind: RateKind, { cents, id, currency }: Fixed): Partial<EntryRates> =>
  kind === 'billable'
    ? { rate_cents: cents, rate_id: id, currency }
    : { cost_rate_cents: cents, cost_rate_id: id, cost_currency: currency };

/**
 * Lets what is kept for an undo follow a rate as the entries do that are there: else the undo of something else would
 * take the new rate back. To be called when the rate is written; `rate_id` is the one that was changed, made or removed.
 */
export async function followKept(trx: Trx, change: RateChange, rate_id: number): Promise<void> {
  const nextOf = await followerOf(trx, change, rate_id);
  await rewriteKeptCopies(trx, async (work) => {
    if (work.ended_at === null) return undefined;
    const next = await nextOf(work, fixedOf(change.kind, work));
    return next && columnsOf(change.kind, next);
  });
}

/** Tells what a kept entry has after a change of a rate; undefined when it is none that follows: see `followers`. */
async function followerOf(trx: Trx, change: RateChange, rate_id: number) {
  const { kind } = change;
  const ratesNow = fixedOnce(trx);
  if (change.does === 'change') {
    const { amount_cents: cents, currency, own_currency } = change;
    return async (work: KeptWork, own: Fixed): Promise<Fixed | undefined> => {
      if (own.id !== rate_id) return undefined;
      const counts_in =
        kind === 'cost'
          ? own_currency
          : ((await findMoneyPlace(trx, work.project_id)).client_currency ?? own_currency);
      return counts_in === currency ? { cents, id: rate_id, currency } : undefined;
    };
  }
  if (change.does === 'remove')
    return async (work: KeptWork, own: Fixed): Promise<Fixed | undefined> =>
      own.id === rate_id ? fixedOf(kind, await ratesNow(work)) : undefined;
  const farther = await listFartherRates(trx, change);
  return async (work: KeptWork, own: Fixed): Promise<Fixed | undefined> => {
    if (own.cents !== null && !farther.has(own.id ?? 0)) return undefined;
    const next = fixedOf(kind, await ratesNow(work));
    return next.id === rate_id ? next : undefined;
  };
}

/** Rates that are less specific than one that was added: those that used them may follow. */
async function listFartherRates(
  trx: Trx,
  { kind, scope }: Extract<RateChange, { does: 'add' }>,
): Promise<Set<number>> {
  const levelOf = (text: string) => rateLevels.indexOf(readScope(text)?.level ?? 'task');
  const rates = await listRatesOfKind(trx, kind);
  const own = rateLevels.indexOf(scope.level);
  return new Set(rates.filter((rate) => levelOf(rate.scope) > own).map(({ id }) => id));
}

/** The rates that count now, looked up once for everything that is rated alike. */
function fixedOnce(trx: Trx) {
  const known = new Map<string, EntryRates>();
  return async ({ user_id, project_id, task_id, billable }: KeptWork): Promise<EntryRates> => {
    const key = [user_id, project_id, task_id, billable].join();
    const rates = known.get(key) ?? (await fixRates(trx, { user_id, project_id, task_id, billable }));
    known.set(key, rates);
    return rates;
  };
}
