import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAviary, createSearch, formsOf } from '../../audit/canaries.ts';
import { readingsOf } from '../../audit/evidence.ts';

/** What the privacy audit can find: a form that it missed would make it pass for nothing. */

const aviary = createAviary();
const planted = {
  word: aviary.word('a word'),
  greek: aviary.greek('a word in Greek'),
  address: aviary.add('an address', '203.0.113.77'),
  marked: aviary.add('with marks', `O'Neil & "Söhne" <x>`),
};
const search = createSearch(aviary.all());
const kindsIn = (text: string): string[] => search(text, 'here').map(({ kind }) => kind);
const noise = JSON.stringify({ at: 1_795_341_705_970, id: 'c0ffee-731', path: '/projects/:id', n: 0.25 });

describe('the search for canaries', () => {
  it('finds nothing where nothing is', () => {
    expect(kindsIn(noise.repeat(1000))).toEqual([]);
  });

  it.each(Object.entries(planted))(
    'finds a %s in every form that it knows, in the middle of a text',
    (_name, text) => {
      for (const [form, written] of formsOf(text))
        expect(kindsIn(`${noise}${written}${noise}`), form).toContain(
          aviary.all().find((one) => one.text === text)?.kind,
        );
    },
  );

  it.each(Object.entries(planted))('finds a %s that others have written down', (_name, text) => {
    const escaped = text.replace(
      /[\u0080-\uffff]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const written = {
      json: JSON.stringify({ note: text }),
      'escaped json': JSON.stringify({ note: 1 }).replace('1', `"${escaped.replaceAll('"', '\\"')}"`),
      query: `?${new URLSearchParams({ q: text }).toString()}`,
      path: `/projects/${encodeURIComponent(text)}`,
      hex: Buffer.from(`{"a":"${text}"}`).toString('hex'),
      ...Object.fromEntries(
        ['', 'x', 'xy', 'xyz'].map((before) => [
          `base64 behind ${before.length} bytes`,
          Buffer.from(`${before}${text}, and more`).toString('base64'),
        ]),
      ),
    };
    for (const [form, whole] of Object.entries(written)) expect(kindsIn(whole), form).not.toEqual([]);
  });

  it('finds a word that was cut off', () => {
    expect(kindsIn(`{"title":"${planted.word.slice(0, 5)}…"}`)).toEqual(['a piece of one']);
  });

  it('refuses a canary that is too short to be told from other text', () => {
    expect(() => createSearch([{ kind: 'short', text: 'abc' }])).toThrow('too short');
  });
});

describe('what is read of a connection', () => {
  const connection = (head: string, body: Buffer) => ({
    head,
    body,
    bytes: Buffer.concat([Buffer.from(head), body]),
  });
  const found = (head: string, body: Buffer) => readingsOf(connection(head, body)).flatMap(kindsIn);

  it('has its head, its body, and what is packed in it', () => {
    expect(found(`X-A: ${planted.word}\r\n\r\n`, Buffer.from(''))).toContain('a word');
    const packed = gzipSync(JSON.stringify({ note: planted.greek }));
    expect(found('Content-Encoding: gzip\r\n\r\n', packed)).toContain('a word in Greek');
  });

  it('has the parts of a mail', () => {
    const quoted = [...Buffer.from(planted.greek)]
      .map((byte) => `=${byte.toString(16).toUpperCase()}`)
      .join('=\r\n');
    expect(found('', Buffer.from(`Subject: x\r\n\r\n${quoted}`))).toContain('a word in Greek');
    const lines = Buffer.from(`Hello ${planted.word}, `.repeat(10))
      .toString('base64')
      .replace(/.{76}/g, '$&\r\n');
    expect(found('', Buffer.from(`Subject: x\r\n\r\n${lines}\r\n`))).toContain('a word');
  });
});
