import { createRequire } from 'node:module';
import type { IntlMessageFormat } from 'intl-messageformat';
import type { en } from './en/index.ts';

export type MessageKey = keyof typeof en;
export type MessageValues = Record<string, string | number>;
export type Translate = (key: MessageKey, values?: MessageValues) => string;
export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

type Catalogue = Record<MessageKey, string>;

// A language is read with its first text: half a server's own modules are words, and many servers need one language.
const require = createRequire(import.meta.url);
const catalogues: Partial<Record<Locale, Catalogue>> = {};

function catalogueOf(locale: Locale): Catalogue {
  catalogues[locale] ??=
    locale === 'de'
      ? (require('./de/index.ts') as { de: Catalogue }).de
      : (require('./en/index.ts') as { en: Catalogue }).en;
  return catalogues[locale];
}

/** True for a key of the catalogue; form problems arrive as strings and are checked with it. */
export const isMessageKey = (key: string): key is MessageKey => Object.hasOwn(catalogueOf('en'), key);

/**
 * The `t()` of a locale: plain strings are looked up directly, messages with arguments are compiled
 * by intl-messageformat at their first use and kept.
 */
export function createTranslate(locale: Locale): Translate {
  const catalogue = catalogueOf(locale);
  const format = require('intl-messageformat') as { IntlMessageFormat: typeof IntlMessageFormat };
  const compiled = new Map<MessageKey, IntlMessageFormat>();
  return (key, values) => {
    const text = catalogue[key];
    if (values === undefined) return text;
    let message = compiled.get(key);
    if (!message) {
      message = new format.IntlMessageFormat(text, locale);
      compiled.set(key, message);
    }
    return String(message.format(values));
  };
}

const translators = new Map<Locale, Translate>();

/** The shared `t()` of a locale; compiled messages are kept for the life of the process. */
export function translatorOf(locale: Locale): Translate {
  let translate = translators.get(locale);
  if (!translate) {
    translate = createTranslate(locale);
    translators.set(locale, translate);
  }
  return translate;
}

/** The best supported locale for an Accept-Language header; English when nothing fits. */
export function localeFor(acceptLanguage: string | undefined): Locale {
  const wanted = (acceptLanguage ?? '').slice(0, 200).toLowerCase().split(',');
  for (const part of wanted) {
    const language = part.trim().slice(0, 2);
    const found = locales.find((locale) => locale === language);
    if (found) return found;
  }
  return 'en';
}
