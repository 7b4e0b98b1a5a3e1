import * as z from 'zod';
import { line, optionalId } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';

const date = line(20).refine((text) => text === '' || isLocalDate(text), 'form.date');

/** What the list of entries can be asked; both dates included, `before_id` pages on. */
export const entrySearch = z
  .object({
    q: line(120),
    user_id: optionalId,
    project_id: optionalId,
    from: date,
    to: date,
    before_id: optionalId,
  })
  .refine(({ from, to }) => from === '' || to === '' || from <= to, {
    message: 'reports.ends_before_start',
    path: ['to'],
  });
export type EntrySearch = z.output<typeof entrySearch>;
export const emptySearch: EntrySearch = {
  ...{ q: '', user_id: null, project_id: null, from: '', to: '', before_id: null },
};

/** The address of the list with some of its query changed. */
export function searchHref(search: EntrySearch, changed: Partial<EntrySearch> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...search, ...changed }))
    if (value !== '' && value !== null) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '/entries' : `/entries?${text}`;
}
