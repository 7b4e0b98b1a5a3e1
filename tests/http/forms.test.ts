import { describe, expect, it } from 'vitest';
import { idOf, line, readForm, requiredLine, returnPath, typed } from '../../src/http/forms.ts';
import * as z from 'zod';
import { createTestApp } from '../support/app.ts';

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

  it('refuses a name that cannot be seen, and keeps joiners inside a word', () => {
    const required = { ok: false, problems: { name: { key: 'form.required' } } };
    for (const name of ['\u200B', '\u2800', '\u3164', '\u200D \u2060'])
      expect(readForm(schema, { name })).toEqual(required);
    expect(readForm(schema, { name: 'ب\u200Cد' })).toMatchObject({ ok: true });
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

describe('a form body', async () => {
  const app = await createTestApp();
  const send = (body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${app.address}/timer/start`, {
      method: 'POST',
      headers: { cookie: app.cookies.bob, 'content-type': 'application/x-www-form-urlencoded' },
      body,
      redirect: 'manual',
    });

  it.each([
    ['a broken percent sequence', 'text=%E0%A4%A'],
    ['a lone surrogate', 'text=%ED%A0%80'],
    ['a broken name', '%FF=1'],
    ['a half sequence cut by the next field', 'text=%C3&x=%A4'],
    ['bytes that are no UTF-8', Uint8Array.from([0x74, 0x3d, 0xc3, 0x28])],
    ['a name with brackets', 'text[a]=1'],
    ['a name with encoded brackets', 'x=1&text%5b%5D=1'],
  ])('with %s is refused, and nothing is written', async (_name, body) => {
    const answer = await send(body);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('<h1>');
    expect(await app.deps.db.selectFrom('entries').select('id').execute()).toEqual([]);
    expect(JSON.stringify(app.logLines())).not.toContain('text%5b');
  });

  it('takes percent signs, brackets and any script in values', async () => {
    expect((await send('text=100%25+%5Ba%5D+[b]+%F0%9F%91%8D+ä')).status).toBe(303);
    const rows = await app.deps.db.selectFrom('entries').select('description').execute();
    expect(rows).toEqual([{ description: '100% [a] [b] 👍 ä' }]);
  });
});
