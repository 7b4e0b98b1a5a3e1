import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { de } from '../src/i18n/de/index.ts';
import { en } from '../src/i18n/en/index.ts';
import { localeFor } from '../src/i18n/translate.ts';
import type { Deps } from '../src/deps.ts';
import { createTestApp } from './support/app.ts';
import type { CrawledPage } from './support/crawl.ts';
import { crawl, fillWithWork, serve } from './support/crawl.ts';
import type { HtmlElement } from './support/html.ts';
import { elementsOf, formsOf, parseHtml } from './support/html.ts';

const root = join(import.meta.dirname, '..');
const filesOf = (folder: string, extension: string): { file: string; text: string }[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => ({ file: `${folder}/${file}`, text: readFileSync(join(root, folder, file), 'utf8') }));

const views = filesOf('views', '.ejs');
const scripts = filesOf('public/js', '.js');
const sources = filesOf('src', '.ts').filter(({ file }) => !file.startsWith('src/i18n/'));
const letters = /\p{L}/u;

describe('texts come from the catalogue', () => {
  test('views hold no words of their own', () => {
    const found = views.flatMap(({ file, text }) => literalTexts(text).map((words) => `${file}: ${words}`));
    expect(views.length).toBeGreaterThan(20);
    expect(found).toEqual([]);
  });

  test('views hold no sentences in their code', () => {
    const found = views.flatMap(({ file, text }) =>
      [...text.matchAll(/<%[\s\S]*?%>/g)]
        .flatMap(([code]) => literalsOf(code.replaceAll(/\/\*[\s\S]*?\*\//g, '')))
        .filter((literal) => looksLikeWords(literal))
        .map((literal) => `${file}: ${literal}`),
    );
    expect(found).toEqual([]);
  });

  test('scripts in the browser show nothing of their own', () => {
    const shown =
      /\.(textContent|innerText|title|placeholder|ariaLabel|alt)\s*=\s*(['"`])([^'"`]*\p{L}[^'"`]*)\2/gu;
    const found = scripts.flatMap(({ file, text }) => [
      ...[...text.matchAll(shown)]
        .filter(([, , , words]) => letters.test(words ?? ''))
        .map(([all]) => `${file}: ${all}`),
      ...literalsOf(withoutComments(text))
        .filter((literal) => looksLikeWords(literal))
        .map((literal) => `${file}: ${literal}`),
    ]);
    expect(scripts.length).toBeGreaterThan(5);
    expect(found).toEqual([]);
  });

  test('pages are not given sentences by the server either', () => {
    const found = sources
      .filter(({ file }) => /^src\/(features|http)\//.test(file) && !file.startsWith('src/features/demo/'))
      .flatMap(({ file, text }) =>
        literalsOf(withoutComments(text))
          .filter((literal) => looksLikeWords(literal))
          .map((literal) => `${file}: ${literal}`),
      );
    expect(found).toEqual([]);
  });
});

/** Text between the tags and in the attributes that are read aloud, once the template's own parts are gone. */
function literalTexts(template: string): string[] {
  const html = template
    .replace(/<%[\s\S]*?%>/g, '')
    .replace(/<!--[\s\S]*?-->|<!doctype[^>]*>/gi, '')
    .replace(/<(script|style|kbd)\b[^>]*>[\s\S]*?<\/\1>/gi, '');
  const attributes = [...html.matchAll(/\b(?:title|aria-label|placeholder|alt|aria-description)="([^"]*)"/g)];
  const texts = html.replace(/<[^<>]*>/g, '\n').split('\n');
  return [...attributes.map(([, value]) => value ?? ''), ...texts]
    .map((words) => words.replace(/&#?\w+;/g, '').trim())
    .filter((words) => letters.test(words));
}

const withoutComments = (code: string): string =>
  code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

function literalsOf(code: string): string[] {
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(
    ([, single, double, template]) => (single ?? double ?? template ?? '').replace(/\$\{[^}]*\}/g, ''),
  );
}

/** A capital letter, small ones, a space: a sentence. Ours for logs and errors begin small. */
const looksLikeWords = (literal: string): boolean => /^\s*\p{Lu}\p{Ll}+[,:]?\s+\p{Ll}/u.test(literal);

describe('the catalogue', () => {
  const keys = Object.keys(en) as (keyof typeof en)[];

  test('has German for every key, with the same placeholders', () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());
    const different = keys.filter((key) => argumentsOf(en[key]) !== argumentsOf(de[key]));
    expect(different).toEqual([]);
  });

  test('has no English sentence in German', () => {
    const same = keys.filter((key) => de[key] === en[key] && /\p{Ll} \p{Ll}/u.test(en[key]));
    expect(same).toEqual([]);
  });

  test('has no text that is empty or has spaces around it', () => {
    expect(
      keys.filter((key) => [en[key], de[key]].some((text) => text !== text.trim() || text === '')),
    ).toEqual([]);
  });

  test('has no key that nothing asks for', () => {
    const everything = [...views, ...sources].map(({ text }) => text);
    const named = new Set(everything.flatMap((text) => text.match(/[a-z_0-9]+(?:\.[a-z_0-9]+)+/g) ?? []));
    const built = everything.flatMap((text) =>
      [...text.matchAll(/[`'"]([a-z_]+(?:\.[a-z_0-9]+)*[._])(?:\$\{|['"]\s*\+)/g)].map(
        ([, prefix]) => prefix ?? '',
      ),
    );
    const unused = keys.filter((key) => !named.has(key) && !built.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });

  test('is chosen by what the browser asks for', () => {
    expect(['de-AT,de;q=0.9', 'fr,de;q=0.5', 'fr', undefined, 'x'.repeat(5000)].map(localeFor)).toEqual([
      'de',
      'de',
      'en',
      'en',
      'en',
    ]);
  });
});

/** Names of the placeholders with their kind, sorted: `count plural, name argument`. */
function argumentsOf(text: string): string {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      if ('type' in value && 'value' in value && typeof value.value === 'string' && value.type !== 0)
        found.add(`${value.value} ${String(value.type)}`);
      Object.values(value).forEach(visit);
    }
  };
  visit(new IntlMessageFormat(text, 'en').getAst());
  return [...found].sort().join(', ');
}

/** The application in a language of which every text is recognised: what t() and the formats give is in brackets. */
function inBrackets(deps: Deps): Deps {
  const viewFunctions: Deps['viewFunctions'] = (locale, format) => {
    const real = deps.viewFunctions(locale, format);
    return {
      ...real,
      t: (key, values) => `⟦${real.t(key, values)}⟧`,
      duration: (seconds) => `⟦${real.duration(seconds)}⟧`,
      clock: (instant, zone) => `⟦${real.clock(instant, zone)}⟧`,
      day: (date, style) => `⟦${real.day(date, style)}⟧`,
      money: (amount, currency) => `⟦${real.money(amount, currency)}⟧`,
      number: (value) => `⟦${real.number(value)}⟧`,
    };
  };
  return { ...deps, viewFunctions };
}

const readAloud = [
  'title',
  'aria-label',
  'placeholder',
  'alt',
  'data-label',
  'data-text',
  'data-confirm',
  'content',
];

/** Texts of a page that neither the catalogue nor the person wrote. */
function foreignTexts({ address, page }: CrawledPage): string[] {
  return [...elementsOf(page)]
    .filter((element) => !isQuiet(element))
    .flatMap((element) => {
      const { name, attributes, children } = element;
      const texts = children.filter((child) => typeof child === 'string');
      const spoken = readAloud.flatMap((key) => (name === 'meta' ? [] : [attributes[key] ?? '']));
      const onButton = name === 'input' && attributes['type'] === 'submit' ? [attributes['value'] ?? ''] : [];
      return [...texts, ...spoken, ...onButton]
        .filter((text) => letters.test(withoutKnown(text)))
        .map((text) => `${address} <${name}>: ${text.trim()}`);
    });
}

/** Elements whose text is no language of ours: code, what somebody typed, keys to press, time zones and currencies by their codes. */
function isQuiet(element: HtmlElement): boolean {
  if (['script', 'style', 'kbd', 'code', 'textarea'].includes(element.name)) return true;
  const listed = element.name === 'select' ? element.attributes['name'] : undefined;
  if (listed === 'time_zone' || listed === 'currency') return true;
  return element.parent !== undefined && isQuiet(element.parent);
}

function withoutKnown(text: string): string {
  let left = text;
  for (let before = ''; before !== left;) {
    before = left;
    left = left.replace(/⟦[^⟦⟧]*⟧/gu, '');
  }
  return left
    .replace(/\p{Script=Greek}+/gu, '')
    .replace(/\S+@example\.com/g, '')
    .replace(/\b(Europe\/Berlin|English|Deutsch|EUR)\b/g, '');
}

describe('every page in a made-up language', () => {
  async function bracketed(empty = false) {
    const app = await createTestApp({ empty });
    const ids = empty ? undefined : await fillWithWork(app);
    const address = await serve(inBrackets(app.deps));
    const ask =
      (cookie: string) =>
      async (path: string, init: RequestInit = {}) => {
        const headers = {
          cookie,
          'accept-language': 'en',
          'content-type': 'application/x-www-form-urlencoded',
        };
        const answer = await fetch(address + path, { ...init, headers });
        return { status: answer.status, html: isHtml(answer) ? await answer.text() : '' };
      };
    return { app, ids, ask };
  }
  const isHtml = ({ headers }: Response) => headers.get('content-type')?.startsWith('text/html') ?? false;

  test('says nothing that the catalogue does not say', async () => {
    const { app, ids, ask } = await bracketed();
    const start = ['/timer', '/account', '/privacy', '/reports/summary', '/projects', '/clients', '/tags'];
    start.push(
      '/nothing-here',
      `/projects/${ids?.ended_project}`,
      `/clients/${ids?.ended_client}`,
      '/timer?start=x',
    );
    const pages = [
      ...(await crawl(start, ask(app.cookies.alice))),
      ...(await crawl(start, ask(app.cookies.charlie))),
      ...(await crawl(['/login'], ask(''))),
    ];
    expect(pages.filter(({ status }) => status === 200).length).toBeGreaterThan(25);
    expect(pages.flatMap(foreignTexts)).toEqual([]);
  });

  test('says nothing else about a form that is wrong, or a change that was made', async () => {
    const { app, ask } = await bracketed();
    const send = ask(app.cookies.alice);
    const start = ['/timer', '/account', '/projects', '/projects/new', '/clients/new', '/tags/new'];
    const pages = await crawl(start, send, 2);
    const answers: CrawledPage[] = [];
    for (const fields of ['-1\u00010', 'x'.repeat(3000), '', '1']) {
      for (const form of formsToPost(pages)) {
        const body = new URLSearchParams(
          form.fields.map(({ name, value }) => [name, fields === '1' ? value : fields]),
        );
        const { status, html } = await send(form.action, { method: 'POST', body: body.toString() });
        answers.push({ address: `POST ${form.action}`, status, page: parseHtml(html) });
      }
    }
    expect(answers.filter(({ status }) => status === 422).length).toBeGreaterThan(20);
    expect([...new Set(answers.flatMap(foreignTexts))]).toEqual([]);
  });

  test('asks for the first administrator in the same way', async () => {
    const { ask } = await bracketed(true);
    const send = ask('');
    const { html } = await send('/setup', { method: 'POST', body: 'email=x' });
    const pages = [
      ...(await crawl(['/setup'], send)),
      { address: 'POST /setup', status: 422, page: parseHtml(html) },
    ];
    expect(pages.flatMap(foreignTexts)).toEqual([]);
  });
});

/** Each form once; signing out and the password would end the session that asks. */
function formsToPost(pages: CrawledPage[]) {
  const forms = pages.flatMap(({ page, address }) => formsOf(page, address));
  const posted = forms.filter(
    ({ method, action }) => method === 'post' && !/logout|password|sessions/.test(action),
  );
  return [...new Map(posted.map((form) => [form.action, form])).values()];
}
