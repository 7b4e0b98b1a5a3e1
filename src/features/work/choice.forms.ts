import type * as z from 'zod';
import { idOf, readForm, typed } from '../../http/forms.ts';
import type { FormResult } from '../../http/forms.ts';
import { searchIn, searchProblems } from './choice-list.ts';
import type { ChoiceWish } from './choice-list.ts';

/** What a page wants of its list of that name: what is searched in it, and what was chosen in a form that is shown again. */
export function wishOf(
  { method, body, query }: { method: string; body?: unknown; query: unknown },
  name: string,
): ChoiceWish {
  const fields = typed(method === 'POST' ? body : query);
  return { chosen: idOf(fields[name]) ?? null, q: searchIn(fields, name) };
}

/** Reads a form once everything in its long lists is chosen: see `searchProblems`. */
export function readChosen<Schema extends z.ZodType>(
  schema: Schema,
  fields: unknown,
  names: readonly string[],
): FormResult<z.output<Schema>> {
  const problems = searchProblems(fields, names);
  return Object.keys(problems).length > 0 ? { ok: false, problems } : readForm(schema, fields);
}
