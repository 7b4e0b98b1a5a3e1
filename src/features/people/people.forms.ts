import * as z from 'zod';
import { choice, idOf, line, optionalId } from '../../http/forms.ts';
import { locales } from '../../i18n/translate.ts';
import { email, personName } from '../accounts/accounts.forms.ts';

export const roleChoice = choice(['member', 'manager', 'admin']);

const idList = z.preprocess(
  (value) =>
    Array.isArray(value) ? (value as unknown[]) : value === undefined || value === '' ? [] : [value],
  z.array(z.unknown()).transform((texts, context) => {
    const ids = texts.map(idOf).filter((id) => id !== undefined);
    if (ids.length === texts.length && ids.length <= 100) return [...new Set(ids)];
    context.addIssue({ code: 'custom', message: 'form.choice' });
    return z.NEVER;
  }),
);

/** Somebody who is invited. The language is that of the mail and of their first page. */
export const inviteForm = z.object({
  name: personName,
  email,
  role: roleChoice,
  locale: choice(locales),
  project_id: idList,
});
export type InviteForm = z.output<typeof inviteForm>;

export const placeholderForm = z.object({ name: personName, project_id: idList });
export type PlaceholderForm = z.output<typeof placeholderForm>;

/** A change by an administrator; a placeholder has no address and no role to choose. */
export const personForm = z.object({ name: personName, email, role: roleChoice, version: line(20) });
export type PersonForm = z.output<typeof personForm>;
export const nameForm = z.object({ name: personName });

export const mergeForm = z.object({
  into_id: optionalId,
  /** What the page showed, as `shownMerge`: it is shown again when that is not so any more. */
  shown: line(120),
});
/** What the page of a merge is asked: whom to look for, and who is chosen. */
export const mergeQuery = z.object({ q: line(120), into_id: optionalId });

const emptyAs = (fallback: string) => (value: unknown) =>
  value === undefined || value === '' ? fallback : value;

/** What the list of people can be asked. */
export const peopleQuery = z.object({
  q: line(120),
  state: z.preprocess(emptyAs('active'), choice(['active', 'invited', 'placeholder', 'former'])),
  role: z.preprocess((value) => value ?? '', choice(['', 'member', 'manager', 'admin'])),
  page: z.preprocess(
    emptyAs('1'),
    z
      .string('form.invalid')
      .regex(/^[1-9]\d{0,4}$/, 'form.invalid')
      .transform(Number),
  ),
});
export type PeopleQuery = z.output<typeof peopleQuery>;
export const firstPeople: PeopleQuery = { q: '', state: 'active', role: '', page: 1 };

/** The address of the list with some of its query changed. */
export function peopleHref(query: PeopleQuery, changed: Partial<PeopleQuery> = {}): string {
  const { q, state, role, page } = { ...query, ...changed };
  const parameters = new URLSearchParams();
  if (q !== '') parameters.set('q', q);
  if (state !== 'active') parameters.set('state', state);
  if (role !== '') parameters.set('role', role);
  if (page > 1) parameters.set('page', String(page));
  const text = parameters.toString();
  return text === '' ? '/admin/users' : `/admin/users?${text}`;
}
