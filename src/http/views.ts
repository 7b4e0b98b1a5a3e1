import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';

/**
 * Views are EJS files compiled once to plain functions. `with` is two thirds of EJS's cost, so views are strict:
 * data is read from `it.…`, and only the few declared view functions are names of their own.
 */
export const viewFunctionNames = [
  't',
  'path',
  'icon',
  'duration',
  'clock',
  'day',
  'money',
  'number',
] as const;

/** What a view may print; an object there is a mistake that the types of the page's data should show. */
export type Printable = string | number | bigint | boolean | null | undefined;
type Include = (view: string, data?: object) => string;
/** `once(row, key, () => html)` in a view. */
type Once = (of: object, key: string, make: () => string) => string;
type Compiled = (
  it: object,
  escapeFn: (value: Printable) => string,
  include: Include,
  once: Once,
  ...functions: unknown[]
) => string;
export interface Views {
  /** HTML of `views/<view>.ejs`; `it` is the data with the view functions on it. */
  render(view: string, it: object): string;
}

const unsafe = /[&<>"']/;
const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** HTML-escapes a value; most values need nothing, so a test comes first. `null` and `undefined` are empty. */
export function escapeHtml(value: Printable): string {
  if (typeof value === 'number') return String(value);
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : String(value);
  return unsafe.test(text) ? text.replace(/[&<>"']/g, (character) => entities[character] ?? '') : text;
}

const kept = new WeakMap<object, { key: string; html: string }>();

/**
 * The HTML of something frozen, which stays the same object while nothing changes: made once, and again when the key is
 * another, which names all that the HTML depends on besides. What is not frozen is made each time.
 */
const once: Once = (of, key, make) => {
  if (!Object.isFrozen(of)) return make();
  const found = kept.get(of);
  if (found?.key === key) return found.html;
  const html = make();
  kept.set(of, { key, html });
  return html;
};

/**
 * @param folder - absolute path of the views.
 * @returns a renderer that reads each file once. A name is a path below the folder without `.ejs`.
 */
export function createViews(folder: string): Views {
  const compiled = new Map<string, Compiled>();

  function viewOf(name: string): Compiled {
    let view = compiled.get(name);
    if (!view) {
      view = compile(readFileSync(join(folder, `${name}.ejs`), 'utf8'), name);
      compiled.set(name, view);
    }
    return view;
  }

  function render(view: string, it: object): string {
    const functions = viewFunctionNames.map((name) => (it as Record<string, unknown>)[name]);
    const renderWith = (name: string, data: object): string => {
      const include: Include = (inner, given) => renderWith(inner, given ? dataOf(inner, data, given) : data);
      return viewOf(name)(data, escapeHtml, include, once, ...functions);
    };
    return renderWith(view, it);
  }

  return { render };
}

/**
 * A partial gets what it is handed and nothing else: copying the page's data for each of some thirty includes was a
 * tenth of rendering. Parts of a feature's own views see the page as well. A copy, not an object with the page as its
 * prototype: V8 keeps every prototype alive until a full collection, and with it the whole page.
 */
const dataOf = (view: string, page: object, given: object): object =>
  view.startsWith('partials/') ? given : { ...page, ...given };

function compile(text: string, name: string): Compiled {
  const template = new ejs.Template(text, {
    strict: true,
    localsName: 'it',
    compileDebug: false,
    filename: name,
  });
  template.compile();
  // EJS's own wrapper copies every local on every call; its generated source does not need that.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const body = new Function(
    'it',
    'escapeFn',
    'include',
    'once',
    ...viewFunctionNames,
    `"use strict";\n${template.source}`,
  );
  return body as Compiled;
}
