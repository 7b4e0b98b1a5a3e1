import { createHash } from 'node:crypto';

/** Words that occur nowhere but where they were planted. */
export interface Canary {
  /** What was planted, and where: 'header user-agent', 'POST /projects name'. */
  kind: string;
  text: string;
}

/** A canary that was found where it must not be. */
export interface Leak extends Canary {
  /** How it was written: 'as it is', 'base64', … */
  form: string;
  where: string;
}

/** Every planted word of one run. */
export interface Aviary {
  /** The same kind gets the same word; its letters survive every form and every database. */
  word: (kind: string) => string;
  /** A word of letters that are not ASCII. */
  greek: (kind: string) => string;
  /** Something that has a shape of its own, such as an address or a token. */
  add: (kind: string, text: string) => string;
  all: () => Canary[];
}

/** No text of ours, no hash by any likelihood, and short enough for the shortest field. */
const stem = 'kq7z';
const greekLetters = 'αβγδεζηθικ';

export function createAviary(): Aviary {
  const byKind = new Map<string, string>();
  const named = (kind: string, make: (number: string) => string): string => {
    const known = byKind.get(kind);
    if (known !== undefined) return known;
    const text = make(String(byKind.size).padStart(4, '0'));
    byKind.set(kind, text);
    return text;
  };
  return {
    word: (kind) => named(kind, (number) => `${stem}${number}xw`),
    greek: (kind) =>
      named(kind, (number) => `Ψηφίο${[...number].map((digit) => greekLetters[Number(digit)]).join('')}Ω`),
    add: (kind, text) => named(kind, () => text),
    all: () => [...byKind].map(([kind, text]) => ({ kind, text })),
  };
}

const digests = ['md5', 'sha1', 'sha256', 'sha512'] as const;

/** A text in base64 wherever it may begin in a longer one: the letters that do not depend on its neighbours. */
function base64Pieces(text: string, encoding: 'base64' | 'base64url'): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString(encoding)
      .replaceAll('=', '');
    return encoded.slice(shift === 0 ? 0 : shift + 1, -1);
  });
}

const codeUnits = (text: string): number[] =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

const beyondAscii = /[\u0080-\uffff]/g;
const escapedUnit = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Every way in which a text is commonly written down. */
export function formsOf(text: string): [form: string, written: string][] {
  const lower = text.toLowerCase();
  const json = JSON.stringify(text).slice(1, -1);
  const forms: [string, string][] = [
    ['as it is', text],
    ['lower case', lower],
    ['upper case', text.toUpperCase()],
    ['URL', encodeURIComponent(text)],
    ['URL, lower case', encodeURIComponent(text).toLowerCase()],
    ['form', new URLSearchParams({ '': text }).toString().slice(1)],
    [
      'HTML',
      text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
    ],
    ['HTML, numbers', [...text].map((letter) => `&#${letter.codePointAt(0)};`).join('')],
    ['JSON', json],
    ['JSON, ASCII', json.replace(beyondAscii, escapedUnit)],
    ['HTML, ASCII', text.replace(beyondAscii, (letter) => `&#${letter.codePointAt(0)};`)],
    [
      'JSON, escaped',
      codeUnits(text)
        .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
        .join(''),
    ],
    ['hex', Buffer.from(text).toString('hex')],
    ['hex, upper case', Buffer.from(text).toString('hex').toUpperCase()],
    ['backwards', [...text].reverse().join('')],
    ...base64Pieces(text, 'base64').map((piece): [string, string] => ['base64', piece]),
    ...base64Pieces(text, 'base64url').map((piece): [string, string] => ['base64url', piece]),
    ...base64Pieces(lower, 'base64').map((piece): [string, string] => ['base64 of lower case', piece]),
  ];
  for (const digest of digests)
    for (const [name, source] of [
      ['', text],
      [' of lower case', lower],
    ] as const)
      forms.push([digest + name, createHash(digest).update(source).digest('hex')]);
  return forms.filter(([, written], index) => forms.findIndex((other) => other[1] === written) === index);
}

const keyLength = 6;

/**
 * Looks for all canaries in texts. There are tens of thousands of written forms and megabytes to look through, so the
 * forms are found by their first letters.
 */
export function createSearch(canaries: Canary[]): (text: string, where: string) => Leak[] {
  const byKey = new Map<string, { canary: Canary; form: string; written: string }[]>();
  for (const canary of canaries)
    for (const [form, written] of formsOf(canary.text)) {
      const key = written.slice(0, keyLength);
      if (key.length < keyLength)
        throw new Error(`the canary "${canary.kind}" is too short to be told from text`);
      byKey.set(key, [...(byKey.get(key) ?? []), { canary, form, written }]);
    }
  return (text, where) => {
    const found: Leak[] = [];
    for (let at = 0; at + keyLength <= text.length; at += 1)
      for (const { canary, form, written } of byKey.get(text.slice(at, at + keyLength)) ?? [])
        if (text.startsWith(written, at)) found.push({ ...canary, form, where });
    // Cut off, or changed where it was not looked for: the beginning of any word of ours is a leak as well.
    if (found.length === 0 && text.toLowerCase().includes(stem))
      found.push({ kind: 'a piece of one', text: stem, form: 'cut off', where });
    return found;
  };
}
