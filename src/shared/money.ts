/** Money as integer minor units and an ISO 4217 currency. No floating-point number ever holds an amount. */

// Pinned here and not read from Intl: its answer follows the runtime's locale data (which says 0 for HUF), and a new
// Node must not change what a stored amount means.
const OTHER_THAN_TWO_DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};
const MINOR_DIGITS = new Map(
  Object.entries(OTHER_THAN_TWO_DIGITS).flatMap(([digits, codes]) =>
    codes.split(' ').map((code) => [code, Number(digits)] as const),
  ),
);

const MAX_TEXT_LENGTH = 40;
// Americans write $ and British people US$.
const SYMBOL_LOCALES = ['en', 'en-GB', 'de'];
const NOT_AN_AMOUNT_TEXT = '–';
const GROUP_SEPARATORS = " '’\u00A0\u2009\u202F";

/**
 * What some time costs at a rate an hour, rounded half up to the minor unit, once. Sums are sums of these, never of
 * unrounded amounts, so that every list adds up to its total.
 *
 * @param seconds - whole, not negative.
 * @param rate_cents - per hour in minor units, whole, not negative.
 */
export function amountOf(seconds: number, rate_cents: number): number {
  // Seconds times cents can pass the exact integers of a number.
  return Number((BigInt(seconds) * BigInt(rate_cents) + 1800n) / 3600n);
}

/** True for a currency in ISO 4217's spelling (`EUR`) that this runtime knows. */
export function isCurrency(code: string): boolean {
  return listCurrencies().includes(code);
}

let currencies: readonly string[] | undefined;

/** Every currency to choose from, sorted by code. */
export function listCurrencies(): readonly string[] {
  currencies ??= Object.freeze(Intl.supportedValuesOf('currency'));
  return currencies;
}

/** How many decimals the currency's major unit has (EUR 2, JPY 0, BHD 3). */
export function minorDigits(currency: string): number {
  return MINOR_DIGITS.get(currency) ?? 2;
}

/** `1.234,50 €` in the locale's way. What is no whole number of minor units shows as a dash. */
export function formatMoney(amount_minor: number, currency: string, locale: string): string {
  const amount = decimalAmount(amount_minor, currency);
  if (amount === undefined) return NOT_AN_AMOUNT_TEXT;
  const format = moneyFormat(currency, locale);
  // A decimal text goes in, because 0.01 of a large amount does not survive a floating-point number.
  return format === undefined ? `${amount} ${currency}` : format.format(amount);
}

/** `1234.50` or `1234,50` by locale: what an amount field holds, understood again by `parseMoney`. */
export function formatAmount(amount_minor: number, currency: string, locale: string): string {
  const amount = decimalAmount(amount_minor, currency);
  if (amount === undefined) return NOT_AN_AMOUNT_TEXT;
  return decimalSign(locale) === ',' ? amount.replace('.', ',') : amount;
}

/** What stands before the decimals in a locale: a comma or a point. */
export function decimalSign(locale: string): ',' | '.' {
  const parts = moneyFormat('EUR', locale)?.formatToParts(0.5) ?? [];
  return parts.some(({ type, value }) => type === 'decimal' && value === ',') ? ',' : '.';
}

/** `1234.50` whatever the locale, for files; undefined when it is no whole number of minor units. */
export function decimalAmount(amount_minor: number, currency: string): `${number}` | undefined {
  if (!Number.isSafeInteger(amount_minor)) return undefined;
  const digits = minorDigits(currency);
  const all = String(Math.abs(amount_minor)).padStart(digits + 1, '0');
  const sign = amount_minor < 0 ? '-' : '';
  const text = digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`;
  return `${sign}${text}` as `${number}`;
}

/**
 * Understands an amount in any of the usual spellings: `1234.5`, `1,234.50`, `1.234,50`, `1 234,50`, `1'234.50`,
 * with the currency's code or symbol before or after it, negative with a leading minus.
 *
 * A lone `,` or `.` before exactly three digits is what it is in the locale: the decimal sign there never groups, so that
 * nobody's 12.345 becomes twelve thousand. Without a locale it groups thousands, unless the currency has three decimals:
 * then it is the decimal sign, as everything this product prints has all its decimals.
 *
 * @returns minor units; undefined when it is none, is ambiguous, has too many decimals, or is too large to be exact
 */
export function parseMoney(text: string, currency: string, locale?: string): number | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const match = /^([-−]?)\s*(.+)$/u.exec(withoutCurrency(text.trim(), currency));
  if (!match) return undefined;
  const digits = minorDigits(currency);
  const sign = locale === undefined ? undefined : decimalSign(locale);
  const minor = parseUnsigned(match[2] ?? '', digits, (typed) =>
    sign === undefined ? unknownGroups(digits) : typed !== sign,
  );
  if (minor === undefined) return undefined;
  return match[1] === '' || minor === 0 ? minor : -minor;
}

/** Without a locale, by the decimals of the currency alone. */
const unknownGroups = (digits: number): boolean | undefined => (digits > 3 ? undefined : digits < 3);

/** @param groups - whether a lone sign before three digits groups thousands; undefined when nobody can tell. */
function parseUnsigned(
  typed: string,
  digits: number,
  groups: (sign: string) => boolean | undefined,
): number | undefined {
  const split = splitDecimals(typed, groups);
  if (!split || split.decimals.length > digits) return undefined;
  const whole = ungroup(split.whole);
  if (whole === undefined) return undefined;
  const minor = Number(whole + split.decimals.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : undefined;
}

function splitDecimals(
  typed: string,
  groups: (sign: string) => boolean | undefined,
): { whole: string; decimals: string } | undefined {
  const signs = typed.match(/[.,]/g) ?? [];
  const last = signs.at(-1);
  const noDecimals = { whole: typed, decimals: '' };
  if (last === undefined) return noDecimals;
  // The same sign twice can only be grouping: 1,234,567.
  if (signs.length > 1 && signs.every((sign) => sign === last)) return noDecimals;
  const at = typed.lastIndexOf(last);
  const decimals = typed.slice(at + 1);
  if (!/^\d+$/.test(decimals)) return undefined;
  const grouped = signs.length > 1 || [...GROUP_SEPARATORS].some((sign) => typed.includes(sign));
  const is_group = decimals.length === 3 && !grouped ? groups(last) : false;
  if (is_group === undefined) return undefined;
  if (is_group) return noDecimals;
  return { whole: typed.slice(0, at) || '0', decimals };
}

/** `1.234.567` as `1234567`; undefined when the groups are not groups of three of one kind. */
function ungroup(whole: string): string | undefined {
  if (/^\d+$/.test(whole)) return whole;
  const separator = new RegExp(`[.,${GROUP_SEPARATORS}]`, 'u').exec(whole)?.[0];
  if (separator === undefined) return undefined;
  const [first = '', ...groups] = whole.split(separator);
  if (!/^[1-9]\d{0,2}$/.test(first) || !groups.every((group) => /^\d{3}$/.test(group))) return undefined;
  return first + groups.join('');
}

/** Takes the currency's code or symbol off one end; another currency's stays and is then refused. */
function withoutCurrency(typed: string, currency: string): string {
  const [minus, unsigned] = /^[-−]/u.test(typed) ? [typed.slice(0, 1), typed.slice(1).trim()] : ['', typed];
  const upper = unsigned.toUpperCase();
  for (const name of currencyNames(currency)) {
    if (upper.startsWith(name)) return minus + unsigned.slice(name.length).trim();
    if (upper.endsWith(name)) return minus + unsigned.slice(0, -name.length).trim();
  }
  return typed;
}

/** Code and symbols in capitals, the longest first: `CA$` must not be left with its `CA`. */
function currencyNames(currency: string): string[] {
  if (!/^[A-Z]{3}$/.test(currency)) return [];
  const symbols = SYMBOL_LOCALES.flatMap((locale) =>
    (['symbol', 'narrowSymbol'] as const).map(
      (currencyDisplay) =>
        new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay })
          .formatToParts(0)
          .find((part) => part.type === 'currency')?.value ?? currency,
    ),
  );
  return [...new Set([currency, ...symbols])]
    .map((name) => name.toUpperCase())
    .sort((a, b) => b.length - a.length);
}

const formats = new Map<string, Intl.NumberFormat>();

/** undefined when the currency is not even spelled like one. A locale that is none counts in English. */
function moneyFormat(currency: string, locale: string): Intl.NumberFormat | undefined {
  const key = `${currency} ${locale}`;
  const known = formats.get(key);
  if (known) return known;
  if (!/^[A-Z]{3}$/.test(currency)) return undefined;
  const digits = minorDigits(currency);
  const fresh = new Intl.NumberFormat(usableLocale(locale), {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    numberingSystem: 'latn',
  });
  // Locales can come from a request header: without the cap a stranger could fill the memory.
  if (formats.size < 500) formats.set(key, fresh);
  return fresh;
}

function usableLocale(locale: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
