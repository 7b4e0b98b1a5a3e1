import * as z from 'zod';
import { choice, line } from '../../http/forms.ts';
import { foldCase } from '../../shared/text.ts';

/** Rows on a page of clients, projects or tags. */
export const pageSize = 50;

const emptyAs = (fallback: string) => (value: unknown) =>
  value === undefined || value === '' ? fallback : value;

/** What the lists of clients, projects and tags can be asked: `?q=…&state=active|archived&page=2`. */
export const listQuery = z.object({
  q: line(120),
  state: z.preprocess(emptyAs('active'), choice(['active', 'archived'])),
  page: z.preprocess(
    emptyAs('1'),
    z
      .string('form.invalid')
      .regex(/^[1-9]\d{0,4}$/, 'form.invalid')
      .transform(Number),
  ),
});
export type ListQuery = z.output<typeof listQuery>;
export const firstPage: ListQuery = { q: '', state: 'active', page: 1 };

/** The address of a list with some of its query changed; what is as usual is left out. */
export function listHref(path: string, query: ListQuery, changed: Partial<ListQuery> = {}): string {
  const { q, state, page } = { ...query, ...changed };
  const parameters = new URLSearchParams();
  if (q !== '') parameters.set('q', q);
  if (state !== 'active') parameters.set('state', state);
  if (page > 1) parameters.set('page', String(page));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Cuts the row that was read beyond the page, and says where its neighbours are. */
export function pageOf<Row>(path: string, query: ListQuery, rows: readonly Row[]) {
  return {
    rows: rows.slice(0, pageSize),
    previous_href: query.page > 1 ? listHref(path, query, { page: query.page - 1 }) : null,
    next_href: rows.length > pageSize ? listHref(path, query, { page: query.page + 1 }) : null,
    active_href: listHref(path, query, { state: 'active', page: 1 }),
    archived_href: listHref(path, query, { state: 'archived', page: 1 }),
  };
}

/** Pattern for `name_key like … escape '\'`: the text anywhere in the name, its own wildcards taken literally. */
export const likePattern = (text: string): string => `%${foldCase(text).replace(/[\\%_]/g, '\\$&')}%`;
