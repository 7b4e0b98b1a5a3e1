import type { Problem } from '../../http/forms.ts';
import { formatClock, parseDuration } from '../../shared/duration.ts';
import { decimalSign, formatAmount } from '../../shared/money.ts';
import type { BudgetColumns } from './budgets.ts';
import { readAmount } from '../work/amounts.ts';

export interface BudgetForm {
  budget_kind: 'none' | 'hours' | 'money';
  budget_amount: string;
  budget_period: 'total' | 'monthly';
  budget_thresholds: string;
}

/** The most that a budget may be, in minor units and in hours. */
const budgetMaxCents = 100_000_000_000_000;
const budgetMaxHours = 10_000_000;

type ReadAmounts = Pick<BudgetColumns, 'budget_seconds' | 'budget_cents' | 'budget_currency'>;
type ReadBudget = { ok: true; value: ReadAmounts } | { ok: false; problem: Problem };

const noBudget: ReadAmounts = { budget_seconds: null, budget_cents: null, budget_currency: null };

interface BudgetPlace {
  /** In which the project is billed once it is saved, and as it is stored; undefined for a new one. */
  currency: string;
  stored_currency: string | undefined;
  stored: ReadAmounts | undefined;
  locale: string;
}

/**
 * Understands the amount of a budget, which is in hours or in the currency of the project. One of money that was left as
 * it is keeps its currency; a project that goes to a client with another currency must say what the amount is then.
 */
export function readBudget({ budget_kind, budget_amount }: BudgetForm, place: BudgetPlace): ReadBudget {
  const { stored } = place;
  const has_one = stored && (stored.budget_seconds !== null || stored.budget_cents !== null);
  // To take a budget away one need not empty its amount; an amount that was typed is meant.
  if (budget_kind === 'none' && budget_amount !== '' && !has_one)
    return { ok: false, problem: { key: 'budgets.kind_needed' } };
  if (budget_kind === 'none') return { ok: true, value: noBudget };
  if (budget_amount === '') return { ok: false, problem: { key: 'budgets.amount_needed' } };
  if (/^[-−]/.test(budget_amount)) return { ok: false, problem: { key: 'budgets.negative' } };
  const read =
    budget_kind === 'hours' ? readHours(budget_amount, place.locale) : readMoney(budget_amount, place);
  if (!read.ok) return read;
  if (typeof read.value !== 'number') return { ok: true, value: read.value };
  if (read.value === 0) return { ok: false, problem: { key: 'budgets.nothing' } };
  return budget_kind === 'hours'
    ? { ok: true, value: { ...noBudget, budget_seconds: read.value } }
    : { ok: true, value: { ...noBudget, budget_cents: read.value, budget_currency: place.currency } };
}

/** @returns minor units of the project's currency, or what is stored when that was left as it is. */
function readMoney(
  text: string,
  { currency, stored_currency, stored, locale }: BudgetPlace,
): { ok: true; value: number | ReadAmounts } | { ok: false; problem: Problem } {
  const own = stored?.budget_currency ?? stored_currency;
  if (stored && stored.budget_cents !== null && own !== undefined) {
    const same = readAmount(text, { currency: own, maximum_cents: budgetMaxCents, locale });
    if (same.ok && same.value === stored.budget_cents) {
      if (own === currency || currency === stored_currency)
        return {
          ok: true,
          value: { ...noBudget, budget_cents: stored.budget_cents, budget_currency: own },
        };
      const amount = `${formatAmount(stored.budget_cents, own, locale)} ${own}`;
      return { ok: false, problem: { key: 'budgets.other_currency', values: { amount, currency } } };
    }
  }
  return readAmount(text, { currency, maximum_cents: budgetMaxCents, locale });
}

/** The amount of a budget in its field, read again as just that: the currency stands there where it is not the project's. */
export function budgetText(
  { budget_seconds, budget_cents, budget_currency }: ReadAmounts,
  { currency, locale }: { currency: string; locale: string },
): string {
  if (budget_seconds !== null) return hoursText(budget_seconds, locale);
  if (budget_cents === null) return '';
  const own = budget_currency ?? currency;
  const amount = formatAmount(budget_cents, own, locale);
  return own === currency ? amount : `${amount} ${own}`;
}

/** Decimal hours where two decimals hold them, else by the clock, to the second. */
function hoursText(seconds: number, locale: string): string {
  if (seconds % 36 !== 0) return formatClock(seconds);
  return new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 2 }).format(
    seconds / 3600,
  );
}

/** A bare number is hours here: nobody budgets minutes. */
function readHours(
  text: string,
  locale: string,
): { ok: true; value: number } | { ok: false; problem: Problem } {
  const unspaced = text.replace(/[\s'’]/g, '').replace(/h$/i, '');
  const grouped =
    decimalSign(locale) === ',' ? /^\d{1,3}(\.\d{3})+(,\d{1,2})?$/ : /^\d{1,3}(,\d{3})+(\.\d{1,2})?$/;
  // A thousand hours, not one.
  const plain = grouped.test(unspaced)
    ? unspaced.replaceAll(decimalSign(locale) === ',' ? '.' : ',', '')
    : unspaced;
  const hours = /^\d{1,15}([.,]\d{1,2})?$/.test(plain) ? Number(plain.replace(',', '.')) : undefined;
  const seconds = hours === undefined ? parseDuration(text) : Math.round(hours * 3600);
  if (seconds === undefined) return { ok: false, problem: { key: 'budgets.hours_problem' } };
  if (seconds > budgetMaxHours * 3600)
    return { ok: false, problem: { key: 'budgets.too_many_hours', values: { maximum: budgetMaxHours } } };
  return { ok: true, value: seconds };
}
