import * as z from 'zod';
import { choice, idOf, line, readForm } from '../../http/forms.ts';
import type { FormResult } from '../../http/forms.ts';
import { addDays, daysBetween, isLocalDate, rangeOf } from '../../shared/calendar.ts';
import type { DateRange } from '../../shared/calendar.ts';

/** What a report is about. The page, its links and the export all read it from the same query string. */
export interface ReportFilter extends DateRange {
  /** Nobody chosen means everybody there is to see; the same goes for the lists below. */
  user_ids: readonly number[];
  client_ids: readonly number[];
  /** `withoutProject` stands for time that has no project. */
  project_ids: readonly number[];
  /** Entries that carry one of these. */
  tag_ids: readonly number[];
  task_ids: readonly number[];
  billable: '' | 'yes' | 'no';
}

/** In a list of projects: no project at all. Written `none` in a query string. */
export const withoutProject = 0;
const chosenMax = 100;
/** Ten years, the longest range of a report. */
const daysMax = 3653;

const dateField = line(20).refine((text) => text === '' || isLocalDate(text), 'form.date');

const asList = (value: unknown): unknown[] =>
  (Array.isArray(value) ? value : [value]).filter((item) => item !== undefined && item !== '');

const idList = (readId: (text: unknown) => number | undefined) =>
  z.preprocess(
    asList,
    z.array(z.unknown()).transform((texts, context) => {
      const ids = texts.map(readId).filter((id) => id !== undefined);
      if (ids.length === texts.length && ids.length <= chosenMax) return [...new Set(ids)];
      context.addIssue({ code: 'custom', message: 'form.choice' });
      return z.NEVER;
    }),
  );

const filterFields = z.object({
  from: dateField,
  to: dateField,
  user_id: idList(idOf),
  client_id: idList(idOf),
  project_id: idList((text) => (text === 'none' ? withoutProject : idOf(text))),
  tag_id: idList(idOf),
  task_id: idList(idOf),
  billable: z.preprocess((value) => value ?? '', choice(['', 'yes', 'no'])),
});

/**
 * Understands `?from=…&to=…&user_id=…&client_id=…&project_id=…&task_id=…&tag_id=…&billable=yes|no`; ids may be repeated.
 * Without dates it is this month.
 */
export function readFilter(
  query: unknown,
  { today, week_start }: { today: string; week_start: number },
): FormResult<ReportFilter> {
  const fields = readForm(filterFields, query);
  if (!fields.ok) return fields;
  const { from, to, user_id, client_id, project_id, task_id, tag_id, billable } = fields.value;
  const month = rangeOf('this_month', today, week_start) ?? { from: today, to: today };
  const range = completeRange({ from, to }, month);
  const days = daysBetween(range.from, range.to) ?? -1;
  if (days < 0) return { ok: false, problems: { to: { key: 'reports.ends_before_start' } } };
  if (days >= daysMax) return { ok: false, problems: { to: { key: 'reports.range_too_long' } } };
  const chosen = {
    ...{ user_ids: user_id, client_ids: client_id, project_ids: project_id },
    ...{ task_ids: task_id, tag_ids: tag_id },
  };
  return { ok: true, value: { ...range, ...chosen, billable } };
}

/** Only one date given: from there to the end of the usual range, or the usual range's start up to there. */
function completeRange({ from, to }: DateRange, usual: DateRange): DateRange {
  if (from === '' && to === '') return usual;
  if (to === '') return { from, to: from > usual.to ? (addDays(from, 30) ?? from) : usual.to };
  if (from === '') return { from: to < usual.from ? (addDays(to, -30) ?? to) : usual.from, to };
  return { from, to };
}

/** Days of a range, both ends included. */
export const dayCount = ({ from, to }: DateRange): number => (daysBetween(from, to) ?? 0) + 1;

/** The address of a page or export with this filter, some of it changed. */
export function filterHref(path: string, filter: ReportFilter, changed: Partial<ReportFilter> = {}): string {
  const { from, to, user_ids, client_ids, project_ids, task_ids, tag_ids, billable } = {
    ...filter,
    ...changed,
  };
  const parameters = new URLSearchParams({ from, to });
  for (const id of user_ids) parameters.append('user_id', String(id));
  for (const id of client_ids) parameters.append('client_id', String(id));
  for (const id of project_ids) parameters.append('project_id', id === withoutProject ? 'none' : String(id));
  for (const id of task_ids) parameters.append('task_id', String(id));
  for (const id of tag_ids) parameters.append('tag_id', String(id));
  if (billable !== '') parameters.set('billable', billable);
  return `${path}?${parameters.toString()}`;
}
