import type { Db } from '../../db/connect.ts';
import type { Problems } from '../../http/forms.ts';
import { findCurrencyLoss } from './currency-change.queries.ts';

/** A currency that is to become another; of a client, or (null) of the instance. */
export interface CurrencyMove {
  before: string;
  after: string;
  client_id: number | null;
}

/**
 * What has to be said before a currency changes: how many rates and budgets stop counting. Nothing where none does, and
 * where the form says that exactly that was shown.
 *
 * @param shown - as `shownLoss`.
 */
export async function currencyProblems(
  db: Db,
  { before, after, client_id }: CurrencyMove,
  shown: string,
): Promise<Problems> {
  if (before === after) return {};
  const { rates, budgets } = await findCurrencyLoss(db, { before, client_id });
  if (rates + budgets === 0) return {};
  const problems: Problems = {
    currency: { key: 'rates.currency_loss', values: { before, after, rates, budgets } },
  };
  return shownLoss(problems) === shown ? {} : problems;
}

/** What was said, in a few characters for a form to carry; '' when nothing was. */
export function shownLoss({ currency }: Problems): string {
  if (currency?.key !== 'rates.currency_loss') return '';
  const { after = '', rates = 0, budgets = 0 } = currency.values ?? {};
  return `${after}-${rates}-${budgets}`;
}
