import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ejs from 'ejs';
import { describe, expect, it } from 'vitest';
import { createViews, escapeHtml, viewFunctionNames } from '../../src/http/views.ts';

const folder = join(import.meta.dirname, '../../views');
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ejs'))
  .map((file) => file.slice(0, -4));

describe('views', () => {
  it.each(names)('%s compiles as a strict function', (name) => {
    const text = readFileSync(join(folder, `${name}.ejs`), 'utf8');
    expect(() =>
      new ejs.Template(text, { strict: true, localsName: 'it', compileDebug: false }).compile(),
    ).not.toThrow();
    // Raw output is for includes and for markup that our own code made, never for data.
    const raw = [...text.matchAll(/<%-\s*([\s\S]*?)-?%>/g)].map((match) => match[1]?.trim() ?? '');
    for (const expression of raw)
      expect(expression).toMatch(/^(include\(|once\(\w+, \w+, \(\) => include\(|icon\(|it\.body$)/);
  });

  it('renders the same bytes as EJS itself', () => {
    const name = 'errors/error';
    const it_ = {
      status: 404,
      title: '<Title>',
      text: 'a & b',
      request_id: 'x"1',
      current_path: '/',
      person: null,
      t: (key: string) => `[${key}]`,
      path: (file: string) => `/assets/${file}`,
      icon: (icon: string) => `<svg>${icon}</svg>`,
      duration: String,
      clock: String,
      day: String,
      money: String,
      number: String,
    };
    const stock = ejs.render(readFileSync(join(folder, `${name}.ejs`), 'utf8'), it_, {
      strict: true,
      localsName: 'it',
      destructuredLocals: [...viewFunctionNames],
      views: [folder],
      filename: join(folder, `${name}.ejs`),
      root: folder,
    });
    expect(createViews(folder).render(name, it_)).toBe(stock);
  });

  it('makes what is frozen once for each key, and everything else each time', () => {
    const own = mkdtempSync(join(tmpdir(), 'timetracker-views-'));
    writeFileSync(join(own, 'list.ejs'), '<%- once(it.row, it.key, () => include("row", it)) %>');
    writeFileSync(join(own, 'row.ejs'), '<b><%= it.row.name %> <%= it.count() %></b>');
    const views = createViews(own);
    let made = 0;
    const show = (row: object, key: string) => views.render('list', { row, key, count: () => (made += 1) });
    const [frozen, open] = [Object.freeze({ name: '<i>' }), { name: 'open' }];
    expect([show(frozen, 'en'), show(frozen, 'en')]).toEqual(['<b>&lt;i&gt; 1</b>', '<b>&lt;i&gt; 1</b>']);
    expect([show(frozen, 'de'), show(frozen, 'de')]).toEqual(['<b>&lt;i&gt; 2</b>', '<b>&lt;i&gt; 2</b>']);
    expect(show(Object.freeze({ name: '<i>' }), 'de')).toBe('<b>&lt;i&gt; 3</b>');
    expect([show(open, 'en'), show(open, 'en')]).toEqual(['<b>open 4</b>', '<b>open 5</b>']);
    rmSync(own, { recursive: true });
  });

  it('escapes what could end an element or an attribute, and shows nothing for nothing', () => {
    expect(escapeHtml(`<a href="x" title='y'>&</a>`)).toBe(
      '&lt;a href=&#34;x&#34; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
    );
    expect([null, undefined, 0, false, 'plain'].map(escapeHtml)).toEqual(['', '', '0', 'false', 'plain']);
  });
});
