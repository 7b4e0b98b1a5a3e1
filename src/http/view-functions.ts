import { clockOf } from '../shared/calendar.ts';
import { formatDuration } from '../shared/duration.ts';
import type { DurationFormat } from '../shared/duration.ts';
import { formatMoney } from '../shared/money.ts';
import type { Locale, Translate } from '../i18n/translate.ts';
import { translatorOf } from '../i18n/translate.ts';

export type DayStyle = 'short' | 'long' | 'weekday' | 'numeric';

/** What a view may call by a bare name; `viewFunctionNames` in views.ts lists the same names. */
export interface ViewFunctions {
  t: Translate;
  path: (file: string) => string;
  icon: (name: string) => string;
  duration: (seconds: number) => string;
  clock: (epochMs: number, zone: string) => string;
  day: (localDate: string, style: DayStyle) => string;
  money: (amountMinor: number, currency: string) => string;
  number: (value: number) => string;
}

const dayStyles: Record<DayStyle, Intl.DateTimeFormatOptions> = {
  short: { weekday: 'short', day: 'numeric', month: 'short' },
  long: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  weekday: { weekday: 'short' },
  numeric: { year: 'numeric', month: '2-digit', day: '2-digit' },
};

/** A day label per locale, style and date: formatters cost microseconds, and a page repeats the same few dates. */
function dayFormatter(locale: Locale): ViewFunctions['day'] {
  const formatters = new Map<DayStyle, Intl.DateTimeFormat>();
  const labels = new Map<string, string>();
  return (localDate, style) => {
    const key = style + localDate;
    let label = labels.get(key);
    if (label === undefined) {
      let formatter = formatters.get(style);
      if (!formatter) {
        formatter = new Intl.DateTimeFormat(locale, { ...dayStyles[style], timeZone: 'UTC' });
        formatters.set(style, formatter);
      }
      label = formatter.format(Date.parse(`${localDate}T00:00:00Z`));
      if (labels.size > 2000) labels.clear();
      labels.set(key, label);
    }
    return label;
  };
}

/**
 * The view functions for a locale and duration format, made once per combination.
 *
 * @param assetPath - fingerprinted address of a file below `public/`.
 */
export function createViewFunctions(assetPath: (file: string) => string) {
  const made = new Map<string, ViewFunctions>();
  return (locale: Locale, durationFormat: DurationFormat): ViewFunctions => {
    const key = `${locale} ${durationFormat}`;
    const known = made.get(key);
    if (known) return known;
    const numbers = new Intl.NumberFormat(locale);
    const functions: ViewFunctions = {
      t: translatorOf(locale),
      path: assetPath,
      icon: (name) =>
        `<svg class="icon" aria-hidden="true" focusable="false"><use href="${assetPath('icons.svg')}#${name}"></use></svg>`,
      duration: (seconds) => formatDuration(seconds, durationFormat, locale),
      clock: (epochMs, zone) => clockOf(epochMs, zone) ?? '',
      day: dayFormatter(locale),
      money: (amountMinor, currency) => formatMoney(amountMinor, currency, locale),
      number: (value) => numbers.format(value),
    };
    made.set(key, functions);
    return functions;
  };
}
