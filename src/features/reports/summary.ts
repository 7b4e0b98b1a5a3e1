import { setImmediate as nextTurn } from 'node:timers/promises';
import { addDays, daysBetween, listDates, rangeOf, weekOf } from '../../shared/calendar.ts';
import type { DateRange } from '../../shared/calendar.ts';
import { addRow, addSums, noMoney } from './money.ts';
import type { MoneySums } from './money.ts';
import { dayCount, withoutProject } from './report-filter.ts';
import type { DaySums, EntrySelection, ProjectSums } from './reports.queries.ts';

export interface Sums {
  seconds: number;
  billable_seconds: number;
  entries: number;
  money: MoneySums;
}
export type BucketUnit = 'day' | 'week' | 'month';
/** A bar of the chart; both dates included, cut to the range of the report. */
export interface Bucket extends Sums, DateRange {}

export interface Summary {
  total: Sums;
  /** Most time first; `withoutProject` is time that has no project. */
  projects: (Sums & { project_id: number })[];
  unit: BucketUnit;
  /** Every day, week or month of the range, those without time too. */
  buckets: Bucket[];
}

/** Where a summary reads from: the sums of one slice of the range. */
export interface SumSource {
  byDay: (selection: EntrySelection) => Promise<DaySums[]>;
  byProject: (selection: EntrySelection) => Promise<ProjectSums[]>;
}

const nothing = (): Sums => ({ seconds: 0, billable_seconds: 0, entries: 0, money: noMoney() });

/** Entries to sum at once: some twenty milliseconds, after which everybody else gets a turn. */
const entriesAtOnce = 20_000;

/**
 * Adds up a selection by project and by day, week or month. The range is read in slices with a pause in between, so that
 * a year of a big team keeps nobody else waiting. Projects, bars and total come from the same rows: they agree even while
 * somebody books time.
 *
 * @param week_start - ISO weekday that weeks start on.
 */
export async function summarize(
  selection: EntrySelection,
  source: SumSource,
  week_start: number,
): Promise<Summary> {
  const unit = unitOf(selection);
  const buckets = bucketsOf(selection, unit, week_start);
  const bucketOf = indexBuckets(buckets, unit);
  const total = nothing();
  const projects = new Map<number, Sums & { project_id: number }>();
  let days = 7;
  for (let slice = sliceOf(selection, selection.from, days); slice; await nextTurn()) {
    const part = { ...selection, ...slice };
    // Slices lie within a month, so bars of months need nobody's days.
    const rows = unit === 'month' ? await source.byProject(part) : await source.byDay(part);
    for (const row of rows) {
      const project_id = row.project_id ?? withoutProject;
      const project = projects.get(project_id) ?? { project_id, ...nothing() };
      projects.set(project_id, project);
      const bucket = bucketOf('local_date' in row ? (row.local_date as string) : slice.from);
      for (const sums of [total, project, bucket]) add(sums, row);
    }
    days = nextDays(days, slice, rows);
    slice = sliceOf(selection, addDays(slice.to, 1), days);
  }
  const sorted = [...projects.values()].sort((a, b) => b.seconds - a.seconds || a.project_id - b.project_id);
  return { total, projects: sorted, unit, buckets };
}

/** So many days from there, at most to the end of the month and of the range; undefined behind its end. */
function sliceOf({ to }: DateRange, from: string | undefined, days: number): DateRange | undefined {
  if (from === undefined || from > to) return undefined;
  const ends = [to, rangeOf('this_month', from, 1)?.to ?? to, addDays(from, days - 1) ?? to];
  return { from, to: ends.sort()[0] ?? to };
}

/** Days of the next slice: as many as should hold enough, and at most twice as many as before, after a quiet week too. */
function nextDays(days: number, slice: DateRange, rows: readonly Pick<Sums, 'entries'>[]): number {
  const entries = rows.reduce((sum, row) => sum + row.entries, 0);
  const enough = entries === 0 ? 31 : Math.floor((dayCount(slice) * entriesAtOnce) / entries);
  return Math.max(1, Math.min(31, 2 * days, enough));
}

function add(sums: Sums, row: ProjectSums): void {
  sums.seconds += row.seconds;
  sums.billable_seconds += row.billable_seconds;
  sums.entries += row.entries;
  addRow(sums.money, row);
}

/** Several sums as one. */
export function sumOf(all: readonly Sums[]): Sums {
  const sum = nothing();
  for (const { seconds, billable_seconds, entries, money } of all) {
    sum.seconds += seconds;
    sum.billable_seconds += billable_seconds;
    sum.entries += entries;
    addSums(sum.money, money);
  }
  return sum;
}

function unitOf(range: DateRange): BucketUnit {
  const days = dayCount(range);
  if (days <= 92) return 'day';
  return days <= 366 ? 'week' : 'month';
}

function bucketsOf(range: DateRange, unit: BucketUnit, week_start: number): Bucket[] {
  const ranges =
    unit === 'day'
      ? listDates(range.from, range.to).map((date) => ({ from: date, to: date }))
      : unit === 'week'
        ? cut(range, (date) => weekOf(date, week_start)?.end)
        : monthsOf(range);
  return ranges.map((part) => ({ ...part, ...nothing() }));
}

/** The calendar months of a range, the first and last cut to it. */
export const monthsOf = (range: DateRange): DateRange[] =>
  cut(range, (date) => rangeOf('this_month', date, 1)?.to);

function cut({ from, to }: DateRange, endOf: (date: string) => string | undefined): DateRange[] {
  const parts: DateRange[] = [];
  for (let start: string | undefined = from; start !== undefined && start <= to;) {
    const natural: string = endOf(start) ?? to;
    const end: string = natural < to ? natural : to;
    parts.push({ from: start, to: end });
    start = addDays(end, 1);
  }
  return parts;
}

/** Finds the bucket of a date. All but the first and last are equally long, or found by their month. */
function indexBuckets(buckets: Bucket[], unit: BucketUnit): (date: string) => Bucket {
  const byStart = new Map<string, Bucket>();
  for (const bucket of buckets) {
    if (unit === 'month') byStart.set(bucket.from.slice(0, 7), bucket);
    else for (const date of datesOf(bucket)) byStart.set(date, bucket);
  }
  return (date) => {
    const bucket = byStart.get(unit === 'month' ? date.slice(0, 7) : date);
    if (!bucket) throw new RangeError('a date outside the range of the report');
    return bucket;
  };
}

const datesOf = ({ from, to }: DateRange): string[] =>
  daysBetween(from, to) === 0 ? [from] : listDates(from, to);
