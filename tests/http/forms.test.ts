import { describe, expect, it } from 'vitest';
import { idOf, line, readForm, requiredLine, returnPath, typed } from '../../src/http/forms.ts';
import * as z from 'zod';

describe('a form', () => {
  const schema = z.object({ name: requiredLine(5), note: line(3) });

  it('reports the first problem of every field at once', () => {
    expect(readForm(schema, { name: ' ', note: 'four' })).toEqual({
      ok: false,
      problems: { name: { key: 'form.required' }, note: { key: 'form.too_long', values: { maximum: 3 } } },
    });
  });

  it('cleans what it accepts', () => {
    expect(readForm(schema, { name: '  a   b ' })).toEqual({ ok: true, value: { name: 'a b', note: '' } });
  });

  it.each([{ name: ['a', 'b'] }, { name: 7 }, { name: 'a\u0000b' }, { name: {} }, null, 'text', []])(
    'refuses %j without throwing',
    (fields) => {
      expect(readForm(schema, fields).ok).toBe(false);
    },
  );

  it('shows again only strings, cut', () => {
    expect(typed({ a: 'x'.repeat(9_000), b: ['1', '2'], c: 5, __proto__: 'y' })).toEqual({
      a: 'x'.repeat(5_000),
      b: '2',
    });
  });
});

describe('a way back', () => {
  it.each([
    ['/timer?week=1', '/timer?week=1'],
    ['//evil.example.com', '/x'],
    ['/\\evil.example.com', '/x'],
    ['https://evil.example.com', '/x'],
    ['/a\r\nSet-Cookie: x', '/x'],
    ['javascript:alert(1)', '/x'],
    [undefined, '/x'],
    [['/a', '/b'], '/x'],
    [`/${'a'.repeat(600)}`, '/x'],
  ])('%j leads to %s', (value, expected) => {
    expect(returnPath(value, '/x')).toBe(expected);
  });
});

it.each([
  ['7', 7],
  ['007', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['9007199254740993', undefined],
  ['99999999999999999999', undefined],
  ['', undefined],
  [7, undefined],
])('the id in %j is %s', (text, id) => {
  expect(idOf(text)).toBe(id);
});
