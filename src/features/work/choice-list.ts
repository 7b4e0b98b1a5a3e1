import type { Problems } from '../../http/forms.ts';
import { cleanLine } from '../../shared/text.ts';

/** Options that a list of choices has at most; the others are found by a part of their name. */
export const choicesAtMost = 200;

/** A list of choices, and whether there are more than it has. */
export interface Choices<Row> {
  rows: Row[];
  has_more: boolean;
  /** How many were found, without what is in the list because it is chosen. */
  shown: number;
}

/** What a list of choices is asked for: the chosen one in any case, else those with that in their name. */
export interface ChoiceWish {
  chosen: number | null;
  q: string;
}

/** Cuts what was read beyond the list; what is chosen is in it, wherever it would stand. */
export function choicesOf<Row extends { id: number }>(
  found: readonly Row[],
  ...chosen: readonly (Row | null | undefined)[]
): Choices<Row> {
  const rows = found.slice(0, choicesAtMost);
  for (const row of chosen) if (row && !rows.some(({ id }) => id === row.id)) rows.unshift(row);
  return { rows, has_more: found.length > choicesAtMost, shown: Math.min(found.length, choicesAtMost) };
}

/**
 * What a form or an address searches in its list of that name: the field `project_id_q` belongs to `project_id`. A form that
 * was shown with what was found says so in `project_id_found`: it is not searched for once more.
 */
export function searchIn(fields: unknown, name: string): string {
  const all = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  const typed = all[`${name}_q`];
  if (typed === all[`${name}_found`]) return '';
  const line = typeof typed === 'string' ? cleanLine(typed, 120) : undefined;
  return line?.ok ? line.value : '';
}

/** The searches among the fields of a form, as they were typed. */
export const searchesIn = (fields: unknown, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`${name}_q`, searchIn(fields, name)]));

/**
 * A form that comes with a search in one of its lists wants to choose first: without JavaScript its button is the only one
 * there is.
 */
export const searchProblems = (fields: unknown, names: readonly string[]): Problems =>
  Object.fromEntries(
    names
      .filter((name) => searchIn(fields, name) !== '')
      .map((name) => [name, { key: 'choice.found' as const }]),
  );
