import type { Problem } from '../../http/forms.ts';
import { parseDuration } from '../../shared/duration.ts';
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

type ReadBudget =
  | { ok: true; value: { budget_seconds: number | null; budget_cents: number | null } }
  | { ok: false; problem: Problem };

/** Understands the amount of a budget, which is in hours or in the currency of the project. */
export function readBudget(
  { budget_kind, budget_amount }: BudgetForm,
  { currency, locale }: { currency: string; locale: string },
): ReadBudget {
  if (budget_kind === 'none') return { ok: true, value: { budget_seconds: null, budget_cents: null } };
  if (budget_amount === '') return { ok: false, problem: { key: 'budgets.amount_needed' } };
  if (/^[-−]/.test(budget_amount)) return { ok: false, problem: { key: 'budgets.negative' } };
  const read =
    budget_kind === 'hours'
      ? readHours(budget_amount)
      : readAmount(budget_amount, { currency, maximum_cents: budgetMaxCents, locale });
  if (!read.ok) return read;
  if (read.value === 0) return { ok: false, problem: { key: 'budgets.nothing' } };
  const [budget_seconds, budget_cents] = budget_kind === 'hours' ? [read.value, null] : [null, read.value];
  return { ok: true, value: { budget_seconds, budget_cents } };
}

/** A bare number is hours here: nobody budgets minutes. */
function readHours(text: string): { ok: true; value: number } | { ok: false; problem: Problem } {
  const plain = text.replace(/[\s'’]/g, '').replace(/h$/i, '');
  const hours = /^\d{1,15}([.,]\d{1,2})?$/.test(plain) ? Number(plain.replace(',', '.')) : undefined;
  const seconds = hours === undefined ? parseDuration(text) : Math.round(hours * 3600);
  if (seconds === undefined) return { ok: false, problem: { key: 'budgets.hours_problem' } };
  if (seconds > budgetMaxHours * 3600)
    return { ok: false, problem: { key: 'budgets.too_many_hours', values: { maximum: budgetMaxHours } } };
  return { ok: true, value: seconds };
}
