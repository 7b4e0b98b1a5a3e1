import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAmount,
  formatMoney,
  isCurrency,
  listCurrencies,
  minorDigits,
  parseMoney,
} from '../../src/shared/money.ts';

it('knows currencies by their ISO spelling', () => {
  expect(['EUR', 'USD', 'JPY', 'CHF'].every((code) => isCurrency(code))).toBe(true);
  expect(['', 'eur', 'EURO', 'E', '€', 'ZZZ', '__proto__'].some((code) => isCurrency(code))).toBe(false);
  expect(listCurrencies()).toContain('EUR');
});

it.each([
  ['EUR', 2],
  ['HUF', 2],
  ['JPY', 0],
  ['BHD', 3],
  ['CLF', 4],
])('%s has %d decimals', (currency, digits) => {
  expect(minorDigits(currency)).toBe(digits);
});

describe('formatMoney', () => {
  it.each([
    [123_450, 'EUR', 'de', '1.234,50 €'],
    [123_450, 'EUR', 'en', '€1,234.50'],
    [-5, 'USD', 'en', '-$0.05'],
    [1234, 'JPY', 'en', '¥1,234'],
    [1_234_567, 'BHD', 'en', 'BHD 1,234.567'],
    [Number.MAX_SAFE_INTEGER, 'EUR', 'en', '€90,071,992,547,409.91'],
    [0.5, 'EUR', 'en', '–'],
    [Number.NaN, 'EUR', 'en', '–'],
    [100, 'EUR', 'not a locale!', '€1.00'],
    [100, 'euro', 'en', '1.00 euro'],
  ])('%d %s in %s', (amount_minor, currency, locale, shown) => {
    expect(formatMoney(amount_minor, currency, locale).replace(/\u00A0/g, ' ')).toBe(shown);
  });
});

it.each([
  [123_450, 'EUR', 'de', '1234,50'],
  [123_450, 'EUR', 'en', '1234.50'],
  [1234, 'JPY', 'de', '1234'],
  [-5, 'EUR', 'de', '-0,05'],
  [0.5, 'EUR', 'de', '–'],
])('formatAmount(%d, %s, %s)', (amount_minor, currency, locale, shown) => {
  expect(formatAmount(amount_minor, currency, locale)).toBe(shown);
});

describe('parseMoney', () => {
  it.each([
    ['12', 'EUR', 1200],
    ['12.5', 'EUR', 1250],
    ['12,50', 'EUR', 1250],
    ['.5', 'EUR', 50],
    ['0', 'EUR', 0],
    ['-0', 'EUR', 0],
    ['1,234.50', 'EUR', 123_450],
    ['1.234,50', 'EUR', 123_450],
    ['1.234', 'EUR', 123_400],
    ['1,234', 'EUR', 123_400],
    ['1.234.567', 'EUR', 123_456_700],
    ['1 234,50', 'EUR', 123_450],
    ['1\u202F234,50', 'EUR', 123_450],
    ["1'234.50", 'CHF', 123_450],
    ['1’234.50', 'CHF', 123_450],
    ['12.50 EUR', 'EUR', 1250],
    ['eur 12,50', 'EUR', 1250],
    ['€12.50', 'EUR', 1250],
    ['12,50 €', 'EUR', 1250],
    ['-€12.50', 'EUR', -1250],
    ['€ -12.50', 'EUR', -1250],
    ['−12', 'EUR', -1200],
    ['CA$5', 'CAD', 500],
    ['US$5', 'USD', 500],
    ['$5', 'CAD', 500],
    ['1,234', 'JPY', 1234],
    ['1.234', 'BHD', 1234],
    ['1.234,5', 'BHD', 1_234_500],
    ['0.1', 'EUR', 10],
    ['90071992547409.91', 'EUR', Number.MAX_SAFE_INTEGER],
  ])('%j in %s is %d', (text, currency, amount_minor) => {
    expect(parseMoney(text, currency)).toBe(amount_minor);
  });

  it.each([
    ['', 'EUR'],
    ['€', 'EUR'],
    ['-', 'EUR'],
    ['abc', 'EUR'],
    ['12.505', 'CLF'],
    ['1.2345', 'EUR'],
    ['0.123', 'EUR'],
    ['1.234,567', 'EUR'],
    ['1 234.567', 'EUR'],
    ['1.23.456', 'EUR'],
    ['1,2,3', 'EUR'],
    ['12 34', 'EUR'],
    ["1'234 567", 'CHF'],
    ['5.', 'EUR'],
    ['1.5', 'JPY'],
    ['1e3', 'EUR'],
    ['--5', 'EUR'],
    ['12 USD', 'EUR'],
    ['$12', 'EUR'],
    ['90071992547409.92', 'EUR'],
    ['99999999999999999999', 'EUR'],
    ['١٢', 'EUR'],
  ])('%j in %s is refused', (text, currency) => {
    expect(parseMoney(text, currency)).toBeUndefined();
  });

  it.each([
    ['12.345', 'EUR', 'en', undefined],
    ['12,345', 'EUR', 'en', 1_234_500],
    ['1.000', 'EUR', 'en', undefined],
    ['12,345', 'EUR', 'de', undefined],
    ['1.000', 'EUR', 'de', 100_000],
    ['1.000', 'EUR', 'de-AT', 100_000],
    ['12,34', 'EUR', 'en', 1234],
    ['12.34', 'EUR', 'de', 1234],
    ['1.234,50', 'EUR', 'en', 123_450],
    ['1.234', 'JPY', 'en', undefined],
    ['1,234', 'JPY', 'en', 1234],
    ['1.234', 'BHD', 'en', 1234],
    ['1,234', 'BHD', 'en', 1_234_000],
    ['1,234', 'BHD', 'de', 1234],
    ['1.2345', 'CLF', 'en', 12_345],
  ])('%j in %s, typed in %s, is %d', (text, currency, locale, amount_minor) => {
    expect(parseMoney(text, currency, locale)).toBe(amount_minor);
  });

  it('refuses huge texts without reading them', () => {
    expect(parseMoney(`1${' '.repeat(1_000_000)}`, 'EUR')).toBeUndefined();
  });

  it('reads back what is printed, in every currency, to the last minor unit', () => {
    const currencies = fc.constantFrom(...listCurrencies());
    const locales = fc.constantFrom('en', 'de', 'en-GB', 'de-AT');
    fc.assert(
      fc.property(fc.maxSafeInteger(), currencies, locales, (amount_minor, currency, locale) => {
        expect(parseMoney(formatMoney(amount_minor, currency, locale), currency)).toBe(amount_minor);
        expect(parseMoney(formatAmount(amount_minor, currency, locale), currency)).toBe(amount_minor);
        expect(parseMoney(formatMoney(amount_minor, currency, locale), currency, locale)).toBe(amount_minor);
        expect(parseMoney(formatAmount(amount_minor, currency, locale), currency, locale)).toBe(amount_minor);
      }),
      { numRuns: 500 },
    );
  });
});
