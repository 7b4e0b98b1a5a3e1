import type { Person } from '../../http/express-locals.ts';
import { localDateOf, rangeOf } from '../../shared/calendar.ts';
import type { DateRange } from '../../shared/calendar.ts';

/** This week and this month of a person's calendar. */
export function currentRanges(person: Person, now: number): { week: DateRange; month: DateRange } {
  const today = localDateOf(now, person.time_zone) ?? '1970-01-01';
  const nothing = { from: today, to: today };
  return {
    week: rangeOf('this_week', today, person.week_start) ?? nothing,
    month: rangeOf('this_month', today, person.week_start) ?? nothing,
  };
}
