import type { WorkMonth } from './budgets.queries.ts';

/** Sums of a project or a client out of its months: pure. */

export interface MoneySum {
  currency: string;
  total_cents: number;
  month_cents: number;
}

export interface Figures {
  total_seconds: number;
  month_seconds: number;
  billable_seconds: number;
  /** What is billed, by currency. */
  amounts: MoneySum[];
  costs: MoneySum[];
}

/** @param month - 'YYYY-MM', the current one. */
export function figuresOf(rows: readonly WorkMonth[], month: string): Figures {
  const figures = { total_seconds: 0, month_seconds: 0, billable_seconds: 0 };
  const amounts = new Map<string, MoneySum>();
  const costs = new Map<string, MoneySum>();
  for (const row of rows) {
    const { seconds } = row;
    const this_month = row.month === month;
    figures.total_seconds += seconds;
    figures.month_seconds += this_month ? seconds : 0;
    figures.billable_seconds += row.billable_seconds;
    addMoney(amounts, { currency: row.currency, cents: row.amount_cents, this_month });
    addMoney(costs, { currency: row.cost_currency, cents: row.cost_cents, this_month });
  }
  return {
    ...figures,
    amounts: [...amounts.values()],
    costs: [...costs.values()],
  };
}

function addMoney(
  sums: Map<string, MoneySum>,
  { currency, cents, this_month }: { currency: string; cents: number; this_month: boolean },
): void {
  if (currency === '') return;
  const sum = sums.get(currency) ?? { currency, total_cents: 0, month_cents: 0 };
  sum.total_cents += cents;
  sum.month_cents += this_month ? cents : 0;
  sums.set(currency, sum);
}
