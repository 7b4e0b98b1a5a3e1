/**
 * What a person types in the timer bar: a description with `@project` and `#tag` inside.
 *
 * - Both count only at the start of a word, so `bob@example.com` and `C#` stay text; `#123` stays text (an issue number).
 * - A project's name may have spaces (the longest known name wins) or be quoted: `@"Name"`; so may a tag: `#"two words"`.
 *   A quote inside quotes is doubled.
 * - Clients may have projects of the same name: `@Website (Acme)` is the one of that client, `@Website ()` the one
 *   without a client.
 * - `\@` and `\#` at the start of a word are an ordinary `@` and `#`.
 */

import { foldCase, isVisible } from '../../shared/text.ts';

export interface TimerInput {
  description: string;
  project_id?: number;
  /** The last `@name` that is no known project. It stays in the description. */
  unknown_project?: string;
  /** The last `@name` that several projects have. It stays in the description. */
  ambiguous_project?: { name: string; project_ids: number[] };
  tag_names: string[];
}

export interface NamedProject {
  id: number;
  name: string;
  client_name?: string | null | undefined;
}

type Token =
  | { kind: 'text'; text: string; length: number }
  | { kind: 'project'; text: string; length: number; project_id: number }
  | { kind: 'unknown'; text: string; length: number; name: string }
  | { kind: 'ambiguous'; text: string; length: number; name: string; project_ids: number[] }
  | { kind: 'tag'; text: string; length: number; name: string };

/** Ids by folded name; several where clients have projects of the same name. */
interface KnownProjects {
  by_name: Map<string, number[]>;
  by_full_name: Map<string, number[]>;
  preferred_ids: readonly number[];
  most_words: number;
}

const QUOTED = /^[@#]"((?:[^"]|"")+)"(?= |$)/u;
// Joiners shape words of some scripts.
const PLAIN_TAG = /^[\p{L}\p{M}\p{N}\p{Join_Control}_.-]+$/u;
const DIGITS_ONLY = /^\p{N}+$/u;

/**
 * @param preferred_ids projects that are meant where a name has several, the first before the second
 * @returns tags in the order typed, each once whatever its case; at most one project, the last one typed (an earlier
 *   one stays in the description)
 */
export function parseTimerInput(
  text: string,
  projects: readonly NamedProject[],
  preferred_ids: readonly number[] = [],
): TimerInput {
  const line = oneLine(text);
  const tokens = readTokens(line, indexProjects(projects, preferred_ids, line.includes('(')));
  const chosen = tokens.findLast((token) => token.kind === 'project');
  const unknown = tokens.findLast((token) => token.kind === 'unknown');
  const ambiguous = tokens.findLast((token) => token.kind === 'ambiguous');
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
    ...(ambiguous && {
      ambiguous_project: { name: ambiguous.name, project_ids: ambiguous.project_ids },
    }),
    tag_names: [...tags.values()],
  };
}

/** Words that a name of 120 characters can have, and what a client behind it cannot exceed. */
const nameWordsMax = 60;

/**
 * Folded names that a text may mean behind `@`: the quoted one, or one to sixty words. Whoever knows the projects of these
 * names need not know the others.
 */
export function namesMeant(text: string): string[] {
  const line = oneLine(text);
  const names = new Set<string>();
  for (let at = 0; at < line.length; at = wordEnd(line, at) + 1) {
    if (line[at] !== '@') continue;
    const quoted = readQuoted(line, at);
    if (quoted) names.add(foldCase(quoted.name).replace(/ \([^()]*\)$/u, '')).add(foldCase(quoted.name));
    let end = at;
    for (let words = 0; words < nameWordsMax && end < line.length; words += 1) {
      end = wordEnd(line, end + 1);
      names.add(foldCase(line.slice(at + 1, end)));
    }
  }
  return [...names];
}

/** The name of a project that no other has, `Website (Acme)`. */
export const fullName = ({ name, client_name }: NamedProject): string => `${name} (${client_name ?? ''})`;

/** What one types for a project behind `@`: its name, with its client where another of `others` has the same name. */
export function spellProject(project: NamedProject, others: readonly NamedProject[]): string {
  const key = foldCase(project.name);
  const hasTwin = others.some(({ id, name }) => id !== project.id && foldCase(name) === key);
  return hasTwin ? fullName(project) : project.name;
}

/** Where others of a project's name would stand in a list by name: right beside it. */
export function namesakes(projects: readonly NamedProject[], id: number): readonly NamedProject[] {
  const at = projects.findIndex((project) => project.id === id);
  return at === -1 ? [] : projects.slice(Math.max(0, at - 1), at + 2);
}

/**
 * The text that `parseTimerInput` reads back as the same description, project and tags.
 *
 * @param entry - `project_name` as `spellProject` gives it.
 */
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

function indexProjects(
  projects: readonly NamedProject[],
  preferred_ids: readonly number[],
  with_full_names: boolean,
): KnownProjects {
  const known: KnownProjects = {
    by_name: new Map(),
    by_full_name: new Map(),
    preferred_ids,
    most_words: 0,
  };
  const index = (ids_by_name: Map<string, number[]>, name: string, id: number): void => {
    const line = oneLine(name);
    const folded = foldCase(line);
    const ids = ids_by_name.get(folded);
    if (ids) ids.push(id);
    else ids_by_name.set(folded, [id]);
    known.most_words = Math.max(known.most_words, line.split(' ').length);
  };
  for (const project of projects) {
    index(known.by_name, project.name, project.id);
    if (with_full_names) index(known.by_full_name, fullName(project), project.id);
  }
  return known;
}

/** The projects that a name may mean; a preferred one alone. */
function findProjects(name: string, known: KnownProjects): number[] {
  const folded = foldCase(name);
  const named = known.by_name.get(folded) ?? [];
  const fully_named = known.by_full_name.get(folded) ?? [];
  const preferred = known.preferred_ids.find((id) => named.includes(id) || fully_named.includes(id));
  if (preferred !== undefined) return [preferred];
  return named.length > 0 ? named : fully_named;
}

function projectToken(text: string, name: string, known: KnownProjects): Token | undefined {
  const project_ids = findProjects(name, known);
  const [project_id] = project_ids;
  if (project_id === undefined) return undefined;
  const place = { text, length: text.length };
  return project_ids.length === 1
    ? { kind: 'project', ...place, project_id }
    : { kind: 'ambiguous', ...place, name, project_ids };
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
  if (quoted) return projectToken(quoted.text, quoted.name, known) ?? { kind: 'unknown', ...quoted };
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
    longest = projectToken(text, text.slice(1), known) ?? longest;
  }
  return longest;
}

function readTag(line: string, at: number, word: string): Token {
  const quoted = readQuoted(line, at);
  // A tag that cannot be seen could never be found again.
  if (quoted && isVisible(quoted.name)) return { kind: 'tag', ...quoted };
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
  return PLAIN_TAG.test(name) && !DIGITS_ONLY.test(name) && isVisible(name);
}

/** A word of the description that would be read as a project or a tag gets a backslash. */
function escapeWord(word: string): string {
  const sign = /^\\*[@#]/u.exec(word)?.[0];
  if (sign === undefined || word === '@' || word === '#') return word;
  return sign === '#' && DIGITS_ONLY.test(word.slice(1)) ? word : `\\${word}`;
}

/** A name in quotes, as it is read behind `@` and `#` wherever it stands. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
