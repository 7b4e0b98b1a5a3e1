import * as z from 'zod';
import { checkbox, choice, idOf, line } from '../../http/forms.ts';
import { textMax } from './entries.forms.ts';

/** So many entries are changed together at most: one transaction holds up everybody's writes on SQLite. */
export const bulkMost = 500;

/** The ids of a selection, each once; undefined when there is something among them that cannot be one. */
export function readIds(values: readonly unknown[]): number[] | undefined {
  const ids = values.map(idOf);
  return ids.every((id) => id !== undefined) ? [...new Set(ids)] : undefined;
}

/** `?id=1&id=2`, as check boxes send it. */
export function selectedIds(id: unknown): number[] | undefined {
  if (id === undefined || id === '') return [];
  return readIds(Array.isArray(id) ? (id as unknown[]) : [id]);
}

/** '1,2,3' of a hidden field: hundreds of fields are more than a form may have. */
export const listedIds = (ids: string): number[] | undefined => (ids === '' ? [] : readIds(ids.split(',')));

/** Empty: stays as it is; 'none': is taken away. */
const stays = line(20).transform((value, context): number | null | undefined => {
  if (value === '') return undefined;
  const id = value === 'none' ? null : idOf(value);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'form.choice' });
  return z.NEVER;
});

const ids = z.preprocess(
  (value): unknown => (value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(z.unknown()).transform((values, context) => {
    const read = readIds(values);
    if (read) return read;
    context.addIssue({ code: 'custom', message: 'form.choice' });
    return z.NEVER;
  }),
);

/** What to do with a selection of entries. Whatever is empty stays as it is. */
export const bulkForm = z.object({
  do: z.optional(choice(['change', 'delete'])),
  /** 'change:…' or 'delete:…' with a fingerprint of the entries that stay as they are: yes to leaving them out. */
  agreed: line(60),
  ids: line(20_000),
  /** Fingerprint of the versions that the page showed. */
  seen: line(40),
  /** Description with `@project` and `#tag` inside. */
  text: line(textMax),
  clear_description: checkbox,
  project_id: stays,
  task_id: stays,
  billable: z.preprocess((value) => value ?? '', choice(['', '1', '0'])),
  remove_tag_id: ids,
});
export type BulkForm = z.output<typeof bulkForm>;
