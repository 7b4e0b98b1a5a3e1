import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, foldCase, isVisible } from '../../src/shared/text.ts';

describe('cleanLine', () => {
  it.each([
    ['  Acme   GmbH ', 'Acme GmbH'],
    ['a\tb\r\nc', 'a b c'],
    ['a\u00A0\u2003b', 'a b'],
    ['Cafe\u0301', 'Café'],
    ['', ''],
    [' \n ', ''],
    ['👩‍🚀 launch', '👩‍🚀 launch'],
    ['שלום', 'שלום'],
  ])('%j becomes %j', (text, value) => {
    expect(cleanLine(text, 50)).toEqual({ ok: true, value });
  });

  it.each([
    'a\u0000b',
    'a\u001Bb',
    'a\u007Fb',
    'a\u0085b',
    'a\u202Eb',
    'a\u202Ab',
    'a\u2066b',
    'a\u2069b',
    'a\uD800',
    '\uDC00a',
  ])('%j is refused', (text) => {
    expect(cleanLine(text, 50)).toEqual({ ok: false, problem: 'control_characters' });
    expect(cleanText(text, 50)).toEqual({ ok: false, problem: 'control_characters' });
  });

  it('counts code points after cleaning', () => {
    expect(cleanLine('  👍👍👍  ', 3)).toEqual({ ok: true, value: '👍👍👍' });
    expect(cleanLine('e\u0301e\u0301', 2)).toEqual({ ok: true, value: 'éé' });
    expect(cleanLine('👍👍👍👍', 3)).toEqual({ ok: false, problem: 'too_long' });
  });
});

describe('cleanText', () => {
  it.each([
    ['  one\r\ntwo\rthree\u2028four\n\n  five\t6  ', 'one\ntwo\nthree\nfour\n\n  five\t6'],
    ['Cafe\u0301', 'Café'],
  ])('%j becomes %j', (text, value) => {
    expect(cleanText(text, 100)).toEqual({ ok: true, value });
  });

  it('is too long only beyond the limit', () => {
    expect(cleanText('abc', 3)).toEqual({ ok: true, value: 'abc' });
    expect(cleanText('abcd', 3)).toEqual({ ok: false, problem: 'too_long' });
  });
});

it('cleaning what is clean changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      for (const clean of [cleanLine, cleanText]) {
        const once = clean(text, 200);
        if (once.ok) expect(clean(once.value, 200)).toEqual(once);
        else expect(once.problem).toBe('control_characters');
      }
    }),
    { numRuns: 1000 },
  );
});

it('foldCase makes spellings of one name meet, whatever the case', () => {
  expect(foldCase('STRASSE')).toBe(foldCase('Straße'));
  expect(foldCase('ΟΔΟΣ')).toBe(foldCase('οδος'));
  expect(foldCase('Cafe\u0301')).toBe(foldCase('CAFÉ'));
  expect(foldCase('TITLE')).toBe(foldCase('title'));
  expect(foldCase('Acme')).not.toBe(foldCase('Acne'));
});

describe('isVisible', () => {
  it.each([
    '',
    ' ',
    '\u200B',
    '\u200D\u2060',
    '\u00AD \uFEFF',
    '\u2800',
    '\u3164',
    '\u115F\u1160',
    '\uFFA0',
    '\uFE0F',
  ])('%j cannot be seen', (text) => expect(isVisible(text)).toBe(false));
  it.each(['a', '0', '.', '👩\u200D🚀', 'می\u200Cخواهم', '日', '\u200Bx'])('%j can be seen', (text) =>
    expect(isVisible(text)).toBe(true),
  );
});
