import type { Problem } from '../../http/forms.ts';
import { formatMoney, minorDigits, parseMoney } from '../../shared/money.ts';

/**
 * Understands a typed amount of money that must not be negative, or says what is wrong with it in a sentence of its own.
 *
 * @returns minor units of the currency.
 */
export function readAmount(
  text: string,
  { currency, maximum_cents, locale }: { currency: string; maximum_cents: number; locale: string },
): { ok: true; value: number } | { ok: false; problem: Problem } {
  const digits = minorDigits(currency);
  const too_large: Problem = {
    key: 'amount.too_large',
    values: { maximum: formatMoney(maximum_cents, currency, locale) },
  };
  const cents = parseMoney(text, currency, locale);
  if (cents !== undefined && cents > maximum_cents) return { ok: false, problem: too_large };
  if (cents !== undefined && cents < 0) return { ok: false, problem: { key: 'amount.negative' } };
  if (cents !== undefined) return { ok: true, value: cents };
  // More digits than an exact number has.
  if (/^\d{15,}$/.test(text.replace(/[\s.,']/g, ''))) return { ok: false, problem: too_large };
  if (new RegExp(`^\\D{0,4}\\d+[.,]\\d{${digits + 1},}\\D{0,4}$`).test(text))
    return { ok: false, problem: { key: 'amount.decimals', values: { digits, currency } } };
  return { ok: false, problem: { key: 'amount.not_understood' } };
}
