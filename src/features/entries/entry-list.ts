import type { Db } from '../../db/connect.ts';
import { addDays, clockOf, crossesMidnight, localDateOf, weekOf } from '../../shared/calendar.ts';
import { elapsedSeconds } from '../../shared/duration.ts';
import { wholeSecond } from './entries.ts';
import { listDayTotals, listEntriesNewestFirst, mapTagsOfPage } from './entry-list.queries.ts';
import type { DayTotal, ListedEntry } from './entry-list.queries.ts';

/** A page shows whole days up to about this many entries … */
const entriesPerPage = 150;
/** … and of one day at most this many. */
export const entriesPerDayPage = 300;

/** What the timer page needs to know of the person. */
export interface ListPerson {
  id: number;
  time_zone: string;
  week_start: number;
}

/** An entry as a row shows it. `duration_seconds` of a running one is up to now. */
export interface EntryRow {
  id: number;
  description: string;
  project: { id: number; name: string; color: string; client_name: string | null } | null;
  task_name: string | null;
  tags: string[];
  billable: boolean;
  started_at: number;
  ended_at: number | null;
  zone: string;
  local_date: string;
  duration_seconds: number;
  crosses_midnight: boolean;
  started_clock: string;
  ended_clock: string;
  zone_differs: boolean;
}

export interface ListedDay {
  local_date: string;
  total_seconds: number;
  is_today: boolean;
  entries: EntryRow[];
  /** Entries of this day that the page does not show, and where they are. */
  hidden_count: number;
  more_href: string | null;
}

export interface ListedWeek {
  start: string;
  end: string;
  is_current: boolean;
  total_seconds: number;
  days: ListedDay[];
}

export interface EntryWeeks {
  weeks: ListedWeek[];
  earlier_href: string | null;
  later_href: string | null;
  today: string;
  today_seconds: number;
  week_seconds: number;
}

export interface ListWanted {
  /** The last day to show; undefined for the current week. */
  until?: string | undefined;
  /** One day alone, in pages from 1. */
  day?: { local_date: string; page: number } | undefined;
}

/**
 * The entries of two weeks, newest first, in whole days, with totals of the database over whole days and weeks. Links
 * lead to the nearest days with entries before and after.
 */
export async function loadEntryWeeks(
  db: Db,
  person: ListPerson,
  wanted: ListWanted,
  at: number,
): Promise<EntryWeeks> {
  // SQLite binds numbers as reals: half a second would come back as half a second in every total.
  const now = wholeSecond(at);
  const today = localDateOf(now, person.time_zone) ?? '';
  const current = weekBounds(today, person.week_start);
  const to = wanted.day?.local_date ?? wanted.until ?? current.end;
  const last_week = weekBounds(to, person.week_start);
  const from = wanted.day ? last_week.start : weekBefore(last_week.start, person.week_start);
  const page = wanted.day?.page ?? 1;
  const shown = {
    user_id: person.id,
    from: wanted.day ? to : from,
    to,
    limit: wanted.day ? entriesPerDayPage : entriesPerDayPage + 1,
    offset: (page - 1) * entriesPerDayPage,
  };
  const [totals, entries, tags, current_totals] = await Promise.all([
    listDayTotals(db, { user_id: person.id, from, to: last_week.end, now }),
    listEntriesNewestFirst(db, shown),
    mapTagsOfPage(db, shown),
    last_week.start === current.start
      ? undefined
      : listDayTotals(db, { user_id: person.id, from: current.start, to: current.end, now }),
  ]);
  const by_day = Map.groupBy(entries, ({ local_date }) => local_date);
  const view: View = { person, wanted, today, current, from, to, totals, by_day, tags, now };
  const days = wanted.day ? oneDay(view, wanted.day) : wholeDays(view);
  const sums = (current_totals ?? totals).filter(({ kind }) => kind === 'day');
  return {
    weeks: groupByWeek(view, days),
    ...(wanted.day ? dayLinks(view, wanted.day) : weekLinks(view, days)),
    today,
    today_seconds: sumBetween(sums, today, today),
    week_seconds: sumBetween(sums, current.start, current.end),
  };
}

interface Bounds {
  start: string;
  end: string;
}
interface View {
  person: ListPerson;
  wanted: ListWanted;
  today: string;
  current: Bounds;
  from: string;
  to: string;
  totals: DayTotal[];
  by_day: Map<string, ListedEntry[]>;
  tags: Map<number, string[]>;
  now: number;
}

/** The week of a date; the first and the last of the calendar are cut where it ends. */
function weekBounds(date: string, week_start: number): Bounds {
  const week = weekOf(date, week_start);
  if (week) return week;
  const inner = date < '1971' ? addDays(date, 7) : addDays(date, -7);
  const neighbour = weekOf(inner ?? date, week_start) ?? { start: date, end: date };
  return date < '1971'
    ? { start: '1970-01-01', end: addDays(neighbour.start, -1) ?? date }
    : { start: addDays(neighbour.end, 1) ?? date, end: '2199-12-31' };
}

function weekBefore(start: string, week_start: number): string {
  const day = addDays(start, -1);
  return day === undefined ? start : weekBounds(day, week_start).start;
}

function sumBetween(totals: DayTotal[], from: string, to: string): number {
  let sum = 0;
  for (const { kind, local_date, total_seconds } of totals) {
    if (kind === 'day' && local_date !== null && local_date >= from && local_date <= to) sum += total_seconds;
  }
  return sum;
}

/** Days with entries, newest first, as many as fit the page; the first one always does. */
function wholeDays(view: View): ListedDay[] {
  const days: ListedDay[] = [];
  let room = entriesPerPage;
  for (const total of daysNewestFirst(view)) {
    if (days.length > 0 && total.entry_count > room) break;
    room -= total.entry_count;
    days.push(listedDay(view, total, entriesPerDayPage));
  }
  return days;
}

function daysNewestFirst(view: View): (DayTotal & { local_date: string })[] {
  return view.totals
    .filter(
      (total): total is DayTotal & { local_date: string } =>
        total.kind === 'day' && total.local_date !== null && total.local_date <= view.to,
    )
    .sort((one, other) => (one.local_date < other.local_date ? 1 : -1));
}

function listedDay(view: View, total: DayTotal & { local_date: string }, most: number): ListedDay {
  const rows = (view.by_day.get(total.local_date) ?? []).slice(0, most);
  const hidden_count = view.wanted.day ? 0 : Math.max(0, total.entry_count - rows.length);
  return {
    local_date: total.local_date,
    total_seconds: total.total_seconds,
    is_today: total.local_date === view.today,
    entries: rows.map((row) => entryRow(row, view.tags.get(row.id) ?? [], view.person, view.now)),
    hidden_count,
    more_href: hidden_count > 0 ? `/timer?day=${total.local_date}&page=2` : null,
  };
}

function oneDay(view: View, day: { local_date: string }): ListedDay[] {
  return daysNewestFirst(view)
    .filter(({ local_date }) => local_date === day.local_date)
    .map((total) => listedDay(view, total, entriesPerDayPage));
}

const keptRows = new WeakMap<ListedEntry, EntryRow>();

/** A row of a page. What ended is worked out once for as long as the database gives the same frozen row again. */
export function entryRow(entry: ListedEntry, tags: string[], person: ListPerson, now: number): EntryRow {
  if (entry.ended_at === null || !Object.isFrozen(entry)) return newRow(entry, tags, person, now);
  let row = keptRows.get(entry);
  if (!row || row.zone_differs !== (entry.zone !== person.time_zone)) {
    row = Object.freeze(newRow(entry, tags, person, now));
    keptRows.set(entry, row);
  }
  return row;
}

function newRow(entry: ListedEntry, tags: string[], person: ListPerson, now: number): EntryRow {
  const { id, description, started_at, ended_at, zone, local_date, project_id } = entry;
  return {
    id,
    description,
    project:
      project_id === null
        ? null
        : {
            id: project_id,
            name: entry.project_name ?? '',
            color: entry.project_color ?? '',
            client_name: entry.client_name,
          },
    task_name: entry.task_name,
    tags,
    billable: entry.billable === 1,
    started_at,
    ended_at,
    zone,
    local_date,
    duration_seconds: entry.duration_seconds ?? elapsedSeconds(started_at, now),
    crosses_midnight: crossesMidnight(started_at, ended_at ?? now, zone),
    started_clock: clockOf(started_at, zone) ?? '',
    ended_clock: ended_at === null ? '' : (clockOf(ended_at, zone) ?? ''),
    zone_differs: zone !== person.time_zone,
  };
}

function groupByWeek(view: View, days: ListedDay[]): ListedWeek[] {
  const weeks: ListedWeek[] = [];
  for (const day of days) {
    let week = weeks.at(-1);
    if (!week || day.local_date < week.start) {
      const { start, end } = weekBounds(day.local_date, view.person.week_start);
      const total_seconds = sumBetween(view.totals, start, end);
      week = { start, end, is_current: start === view.current.start, total_seconds, days: [] };
      weeks.push(week);
    }
    week.days.push(day);
  }
  return weeks;
}

type Links = Pick<EntryWeeks, 'earlier_href' | 'later_href'>;

function weekLinks(view: View, days: ListedDay[]): Links {
  const outside = (kind: DayTotal['kind']) => view.totals.find((total) => total.kind === kind)?.local_date;
  const next_day = daysNewestFirst(view)[days.length]?.local_date ?? outside('earlier') ?? undefined;
  const later_in_week = view.totals
    .filter(({ kind, local_date }) => kind === 'day' && local_date !== null && local_date > view.to)
    .map(({ local_date }) => local_date ?? '')
    .sort()[0];
  const later = later_in_week ?? outside('later') ?? undefined;
  return {
    earlier_href: next_day === undefined ? null : untilHref(view, next_day),
    later_href: later === undefined ? whereNow(view) : untilHref(view, later),
  };
}

/** Back to the current week, which is where the person came from, also when it has no entries yet. */
function whereNow(view: View): string | null {
  return view.to < view.current.start ? '/timer' : null;
}

/** The page on which a day is among the days shown. */
function untilHref(view: View, date: string): string {
  const week = weekBounds(date, view.person.week_start);
  if (date > view.to) {
    return week.start === view.current.start ? '/timer' : `/timer?until=${week.end}`;
  }
  // In the middle of a week whose later days are on this page: exactly where they end.
  const shown_below = date >= view.from;
  return `/timer?until=${shown_below ? date : week.end}`;
}

function dayLinks(view: View, day: { local_date: string; page: number }): Links {
  const count = view.totals.find(({ local_date }) => local_date === day.local_date)?.entry_count ?? 0;
  const href = (page: number): string => `/timer?day=${day.local_date}&page=${page}`;
  return {
    earlier_href: day.page * entriesPerDayPage < count ? href(day.page + 1) : null,
    later_href: day.page > 1 ? href(day.page - 1) : null,
  };
}
