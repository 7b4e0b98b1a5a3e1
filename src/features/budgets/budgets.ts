import { addDays, daysBetween, rangeOf } from '../../shared/calendar.ts';

/** Budgets: pure sums over what the database keeps by month. */

/** A budget of a project, in hours or in money. */
export interface Budget {
  kind: 'hours' | 'money';
  /** Seconds, or minor units of `currency`. */
  amount: number;
  currency: string;
  period: 'total' | 'monthly';
  /** Percentages, ascending. */
  thresholds: number[];
}

export interface BudgetColumns {
  budget_period: 'total' | 'monthly';
  budget_seconds: number | null;
  budget_cents: number | null;
  budget_currency: string | null;
  budget_thresholds: string;
}

/**
 * The budget of a project's row; null without one. Money stays in the currency in which it was set.
 *
 * @param currency - in which the project is billed, for a budget of hours: its client's, else the instance's.
 */
export function budgetOf(row: BudgetColumns, currency: string): Budget | null {
  const amount = row.budget_seconds ?? row.budget_cents;
  if (amount === null) return null;
  return {
    kind: row.budget_seconds === null ? 'money' : 'hours',
    amount,
    currency: (row.budget_cents === null ? null : row.budget_currency) ?? currency,
    period: row.budget_period,
    thresholds: readThresholds(row.budget_thresholds) ?? [],
  };
}

/** Percentages as they are typed and stored, `80, 100`; undefined when they are none. */
export function readThresholds(text: string): number[] | undefined {
  const parts = text.split(/[\s,;%]+/).filter((part) => part !== '');
  const numbers = parts.map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : 0));
  if (numbers.some((number) => number < 1 || number > 1000) || numbers.length > 5) return undefined;
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** What a month of a project holds, of everybody. */
export interface MonthSums {
  month: string;
  /** '' for time without a rate. */
  currency: string;
  seconds: number;
  amount_cents: number;
}

/** How much of a budget some months used: seconds, or money in the currency of the budget. */
export function usedBy(budget: Pick<Budget, 'kind' | 'currency'>, months: readonly MonthSums[]): number {
  let used = 0;
  for (const { currency, seconds, amount_cents } of months) {
    if (budget.kind === 'hours') used += seconds;
    else if (currency === budget.currency) used += amount_cents;
  }
  return used;
}

/** What a budget of money leaves out, because amounts are never converted and time without a rate has none. */
export interface Uncounted {
  amounts: { currency: string; cents: number }[];
  /** Billable time without a rate. */
  seconds: number;
}

/** What the use of a budget on a day leaves out; nothing of one in hours. */
export function uncountedBy(
  budget: Budget,
  months: readonly (MonthSums & { billable_seconds: number })[],
  today: string,
): Uncounted {
  const amounts = new Map<string, number>();
  let seconds = 0;
  for (const { currency, amount_cents, billable_seconds } of countedMonths(budget, months, today)) {
    if (budget.kind === 'hours' || currency === budget.currency) continue;
    if (currency === '') seconds += billable_seconds;
    else amounts.set(currency, (amounts.get(currency) ?? 0) + amount_cents);
  }
  return { amounts: [...amounts].map(([currency, cents]) => ({ currency, cents })), seconds };
}

function countedMonths<Sums extends MonthSums>(
  { period }: Budget,
  months: readonly Sums[],
  today: string,
): readonly Sums[] {
  const month = today.slice(0, 7);
  return period === 'total' ? months : months.filter((one) => one.month === month);
}

export interface BudgetUse {
  used: number;
  left: number;
  /** Whole percent, rounded down: 100 is only said when it is used up. */
  percent: number;
  is_over: boolean;
}

/** The state of a budget on a day: of that month, or of all time. */
export function useOf(budget: Budget, months: readonly MonthSums[], today: string): BudgetUse {
  const used = usedBy(budget, countedMonths(budget, months, today));
  return {
    used,
    left: budget.amount - used,
    percent: Math.floor((used * 100) / budget.amount),
    is_over: used > budget.amount,
  };
}

/** The highest threshold that a budget has reached; undefined below the first one. */
export const reachedThreshold = (budget: Budget, percent: number): number | undefined =>
  budget.thresholds.filter((threshold) => percent >= threshold).at(-1);

export type Forecast =
  /** Work on it has ended. */
  | { says: 'archived' }
  /** Nothing that counts was booked lately. */
  | { says: 'idle' }
  | { says: 'used_up' }
  /** Used up on a day, at the pace of this month and the last; `before_due` is null without a due date, and on that day. */
  | { says: 'ends'; date: string; before_due: boolean | null }
  /** Lasts longer than anybody plans. */
  | { says: 'lasts' }
  /** A month's budget: what will be used when the month ends. */
  | { says: 'month'; percent: number };

export interface ForecastDates {
  today: string;
  due_date: string | null;
  /** The first day with time; null without any, or when that was long ago. A pace is not measured before it. */
  begun: string | null;
}

/** What happens when work goes on as it did this month and the last. */
export function forecastOf(
  budget: Budget,
  months: readonly MonthSums[],
  { today, due_date, begun }: ForecastDates,
): Forecast {
  const { used, left } = useOf(budget, months, today);
  const this_month = rangeOf('this_month', today, 1);
  const last_month = rangeOf('last_month', today, 1);
  if (!this_month || !last_month) return { says: 'idle' };
  const since = (start: string): string =>
    begun !== null && begun > start && begun <= today ? begun : start;
  if (budget.period === 'monthly') {
    const first = since(this_month.from);
    const [elapsed, days] = [daysFrom(first, today), daysFrom(first, this_month.to)];
    return { says: 'month', percent: Math.floor((used * days * 100) / (elapsed * budget.amount)) };
  }
  if (left <= 0) return { says: 'used_up' };
  const recent = usedBy(
    budget,
    months.filter(({ month }) => month >= last_month.from.slice(0, 7) && month <= today.slice(0, 7)),
  );
  if (recent <= 0) return { says: 'idle' };
  const elapsed = daysFrom(since(last_month.from), today);
  const date = addDays(today, Math.floor((left * elapsed) / recent));
  if (date === undefined || date > '2199') return { says: 'lasts' };
  return { says: 'ends', date, before_due: due_date === null || date === due_date ? null : date < due_date };
}

/** Days of a range, both ends included. */
const daysFrom = (from: string, to: string): number => (daysBetween(from, to) ?? 0) + 1;
