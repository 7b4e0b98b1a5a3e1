/**
 * What a person types in the timer bar: a description with `@project` and `#tag` inside.
 *
 * - Both count only at the start of a word, so `bob@example.com` and `C#` stay text; `#123` stays text (an issue number).
 * - A project's name may have spaces (the longest known name wins) or be quoted: `@"Name"`; so may a tag: `#"two words"`.
 *   A quote inside quotes is doubled.
 * - `\@` and `\#` at the start of a word are an ordinary `@` and `#`.
 */

import { foldCase } from '../../shared/text.ts';

export interface TimerInput {
  description: string;
  project_id?: number;
  /** The last `@name` that is no known project. It stays in the description. */
  unknown_project?: string;
  tag_names: string[];
}

type Token =
  | { kind: 'text'; text: string; length: number }
  | { kind: 'project'; text: string; length: number; project_id: number }
  | { kind: 'unknown'; text: string; length: number; name: string }
  | { kind: 'tag'; text: string; length: number; name: string };

interface KnownProjects {
  exact: Map<string, number>;
  folded: Map<string, number>;
  most_words: number;
}

const QUOTED = /^[@#]"((?:[^"]|"")+)"(?= |$)/u;
const PLAIN_TAG = /^[\p{L}\p{M}\p{N}_.-]+$/u;
const DIGITS_ONLY = /^\p{N}+$/u;

/**
 * @param projects the projects to choose from; of two with the same name the one in the same case wins, then the first
 * @returns tags in the order typed, each once whatever its case; at most one project, the last one typed (an earlier
 *   one stays in the description)
 */
export function parseTimerInput(text: string, projects: readonly { id: number; name: string }[]): TimerInput {
  const tokens = readTokens(oneLine(text), indexProjects(projects));
  const chosen = tokens.findLast((token) => token.kind === 'project');
  const unknown = tokens.findLast((token) => token.kind === 'unknown');
  const tags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'tag' && !tags.has(foldCase(token.name))) tags.set(foldCase(token.name), token.name);
  }
  const description = tokens
    .filter((token) => token.kind !== 'tag' && token !== chosen)
    .map((token) => token.text);
  return {
    description: description.join(' '),
    ...(chosen && { project_id: chosen.project_id }),
    ...(unknown && { unknown_project: unknown.name }),
    tag_names: [...tags.values()],
  };
}

/** The text that `parseTimerInput` reads back as the same description, project and tags. */
export function formatTimerInput(entry: {
  description: string;
  project_name?: string | null | undefined;
  tag_names: readonly string[];
}): string {
  const words = oneLine(entry.description).split(' ').map(escapeWord);
  const tags = entry.tag_names.map((name) => `#${isPlainTag(name) ? name : quote(name)}`);
  // The project comes last: nothing after its name could then be read as more of it.
  const project = entry.project_name
    ? [`@${entry.project_name.startsWith('"') ? quote(entry.project_name) : entry.project_name}`]
    : [];
  return oneLine([...words, ...tags, ...project].join(' '));
}

function oneLine(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

function indexProjects(projects: readonly { id: number; name: string }[]): KnownProjects {
  const known: KnownProjects = { exact: new Map(), folded: new Map(), most_words: 0 };
  for (const { id, name } of projects) {
    const line = oneLine(name);
    const folded = foldCase(line);
    if (!known.exact.has(line)) known.exact.set(line, id);
    if (!known.folded.has(folded)) known.folded.set(folded, id);
    known.most_words = Math.max(known.most_words, line.split(' ').length);
  }
  return known;
}

function findProject(name: string, known: KnownProjects): number | undefined {
  return known.exact.get(name) ?? known.folded.get(foldCase(name));
}

/** Every token starts at a word's start, because each one ends where a word ends. */
function readTokens(line: string, known: KnownProjects): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    const token = readToken(line, at, known);
    tokens.push(token);
    at += token.length + 1;
  }
  return tokens;
}

function readToken(line: string, at: number, known: KnownProjects): Token {
  const word = line.slice(at, wordEnd(line, at));
  if (word.startsWith('@')) return readProject(line, at, word, known);
  if (word.startsWith('#')) return readTag(line, at, word);
  const text = /^\\+[@#]/u.test(word) ? word.slice(1) : word;
  return { kind: 'text', text, length: word.length };
}

function readProject(line: string, at: number, word: string, known: KnownProjects): Token {
  const quoted = readQuoted(line, at);
  if (quoted) {
    const project_id = findProject(quoted.name, known);
    return project_id === undefined
      ? { kind: 'unknown', ...quoted }
      : { kind: 'project', ...quoted, project_id };
  }
  const named = readLongestName(line, at, known);
  if (named) return named;
  const name = word.slice(1);
  if (name === '' || name.startsWith('"')) return { kind: 'text', text: word, length: word.length };
  return { kind: 'unknown', text: word, length: word.length, name };
}

function readLongestName(line: string, at: number, known: KnownProjects): Token | undefined {
  let longest: Token | undefined;
  let end = at;
  for (let words = 0; words < known.most_words && end < line.length; words += 1) {
    end = wordEnd(line, end + 1);
    const text = line.slice(at, end);
    const project_id = findProject(text.slice(1), known);
    if (project_id !== undefined) longest = { kind: 'project', text, length: text.length, project_id };
  }
  return longest;
}

function readTag(line: string, at: number, word: string): Token {
  const quoted = readQuoted(line, at);
  if (quoted) return { kind: 'tag', ...quoted };
  const name = word.slice(1);
  if (isPlainTag(name)) return { kind: 'tag', text: word, length: word.length, name };
  return { kind: 'text', text: word, length: word.length };
}

function readQuoted(line: string, at: number): { text: string; length: number; name: string } | undefined {
  if (line[at + 1] !== '"') return undefined;
  const match = QUOTED.exec(line.slice(at));
  const name = match?.[1]?.replaceAll('""', '"').trim();
  return match && name ? { text: match[0], length: match[0].length, name } : undefined;
}

function wordEnd(line: string, from: number): number {
  const space = line.indexOf(' ', from);
  return space === -1 ? line.length : space;
}

function isPlainTag(name: string): boolean {
  return PLAIN_TAG.test(name) && !DIGITS_ONLY.test(name);
}

/** A word of the description that would be read as a project or a tag gets a backslash. */
function escapeWord(word: string): string {
  const sign = /^\\*[@#]/u.exec(word)?.[0];
  if (sign === undefined || word === '@' || word === '#') return word;
  return sign === '#' && DIGITS_ONLY.test(word.slice(1)) ? word : `\\${word}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
