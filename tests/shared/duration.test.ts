import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatClock, formatDuration, parseDuration, speakDuration } from '../../src/shared/duration.ts';

const HOUR = 3600;
const LONGEST = 999 * HOUR;
const durations = fc.integer({ min: 1, max: LONGEST });

describe('parseDuration', () => {
  it.each([
    ['1:30', 5400],
    ['01:30', 5400],
    ['1:30:15', 5415],
    ['0:00:30', 30],
    [':45', 2700],
    ['1h30', 5400],
    ['1h5', 3900],
    ['1h 30m', 5400],
    ['1 h 30 min', 5400],
    ['1h30m15s', 5415],
    ['1h 15s', 3615],
    ['90m', 5400],
    ['90min', 5400],
    ['90 Minuten', 5400],
    ['1.5', 5400],
    ['1,5', 5400],
    ['.5', 1800],
    ['0.333', 1199],
    ['2', 7200],
    ['2h', 7200],
    ['2,5h', 9000],
    ['2,5 Std.', 9000],
    ['45s', 45],
    ['1 hour, 30 minutes', 5400],
    ['1 Stunde und 30 Minuten', 5400],
    ['  1:30  ', 5400],
    ['1\u00A0h\u202F30\u00A0min', 5400],
    ['1H 30M', 5400],
    ['999', LONGEST],
    ['999:00:00', LONGEST],
  ])('%j is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    ' ',
    '0',
    '0:00',
    '0h',
    '0.0001',
    '-1',
    '-1:30',
    '−1',
    '+1',
    '1:75',
    '1:5',
    '1:30:75',
    ':45:10',
    ':5',
    '1h 75m',
    '1h75',
    '1.5h 30m',
    '30m 1h',
    '30m15',
    '1h 1h',
    '1 30',
    ', 30m',
    '1d',
    '1.',
    '1.5.5',
    '1,5,5',
    '1e3',
    '0x10',
    'Infinity',
    'NaN',
    'h',
    'h30',
    ':',
    'an hour',
    '1000',
    '999:00:01',
    '1000h',
    '60000m',
    '١:٣٠',
    '１：３０',
    '１',
    '1\u0000',
  ])('%j is refused', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('refuses huge texts without reading them', () => {
    expect(parseDuration(`${'0'.repeat(1_000_000)}1`)).toBeUndefined();
    expect(parseDuration(`1${' '.repeat(1_000_000)}h`)).toBeUndefined();
  });

  it('gives whole seconds between 1 and 999 hours, or nothing, for any text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom(...'0123456789:.,-hms und'), { maxLength: 12 })
        .map((letters) => letters.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const seconds = parseDuration(text);
        expect(
          seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatting', () => {
  it.each([
    [0, '0:00', '0:00:00', '0.00'],
    [59, '0:00', '0:00:59', '0.02'],
    [5400, '1:30', '1:30:00', '1.50'],
    [5405, '1:30', '1:30:05', '1.50'],
    [5418, '1:30', '1:30:18', '1.51'],
    [45_296_000, '12582:13', '12582:13:20', '12582.22'],
    [-5400, '-1:30', '-1:30:00', '-1.50'],
    [-30, '0:00', '-0:00:30', '-0.01'],
    [Number.NaN, '–', '–', '–'],
    [Infinity, '–', '–', '–'],
  ])('%d seconds', (seconds, minutes, clock, decimal) => {
    expect(formatDuration(seconds, 'minutes', 'en')).toBe(minutes);
    expect(formatDuration(seconds, 'clock', 'en')).toBe(clock);
    expect(formatClock(seconds)).toBe(clock);
    expect(formatDuration(seconds, 'decimal', 'en')).toBe(decimal);
  });

  it('writes decimals by locale, in digits that can be typed back', () => {
    expect(formatDuration(5400, 'decimal', 'de')).toBe('1,50');
    expect(formatDuration(4_444_200, 'decimal', 'de')).toBe('1234,50');
    expect(formatDuration(5400, 'decimal', 'ar-EG')).toMatch(/^1[.,]50$/);
    expect(formatDuration(5400, 'decimal', 'not a locale!')).toBe('1.50');
  });

  it('speaks English and German', () => {
    expect(speakDuration(5400, 'en')).toBe('1 hour, 30 minutes');
    expect(speakDuration(5400, 'de')).toBe('1 Stunde, 30 Minuten');
    expect(speakDuration(5405, 'de')).toBe('1 Stunde, 30 Minuten und 5 Sekunden');
    expect(speakDuration(0, 'en')).toBe('0 minutes');
    expect(speakDuration(-60, 'en')).toBe('-1 minute');
    expect(speakDuration(60, 'not a locale!')).toBe('1 minute');
    expect(speakDuration(Number.NaN, 'en')).toBe('–');
  });

  it('is read back: the clock with seconds and the words exactly, the others to their precision', () => {
    fc.assert(
      fc.property(durations, fc.constantFrom('en', 'de', 'en-GB'), (seconds, locale) => {
        expect(parseDuration(formatClock(seconds))).toBe(seconds);
        expect(parseDuration(speakDuration(seconds, locale))).toBe(seconds);
        const wholeMinutes = seconds - (seconds % 60);
        expect(parseDuration(formatDuration(seconds, 'minutes', locale)) ?? 0).toBe(wholeMinutes);
        const decimal = parseDuration(formatDuration(seconds, 'decimal', locale)) ?? 0;
        expect(Math.abs(decimal - seconds)).toBeLessThanOrEqual(18);
      }),
      { numRuns: 1000 },
    );
  });
});

it('runs in a browser as it is: no imports, nothing a browser lacks', async () => {
  const source = readFileSync(new URL('../../src/shared/duration.ts', import.meta.url), 'utf8');
  const script = stripTypeScriptTypes(source);
  expect(script).not.toMatch(/\bimport\b\s*[{*'"(]|\bTemporal\b|\bprocess\b|\bBuffer\b|\brequire\(/);
  const served = (await import(`data:text/javascript,${encodeURIComponent(script)}`)) as {
    parseDuration: typeof parseDuration;
  };
  expect(served.parseDuration('1h30')).toBe(5400);
});
