/**
 * Dates, zones and the instants between them.
 *
 * A local date is the text `YYYY-MM-DD` (years 1970 to 2199), an instant is epoch milliseconds, a zone is an IANA name.
 * Everything here is total: what is not a date, a zone or an instant gives undefined (or an empty list), never an error.
 */

export interface ClockTime {
  hour: number;
  minute: number;
  second?: number;
}

export interface DateRange {
  from: string;
  to: string;
}

export interface ResolvedTime {
  instant_ms: number;
  /** `skipped`: the clock jumps over this time; `repeated`: the clock shows it twice. */
  kind: 'exact' | 'skipped' | 'repeated';
  /** The other of the two instants of a repeated time. */
  other_ms?: number;
}

export interface DayPiece {
  started_at: number;
  ended_at: number;
  local_date: string;
}

export const RANGE_NAMES = [
  'today',
  'yesterday',
  'this_week',
  'last_week',
  'this_month',
  'last_month',
  'this_year',
  'last_30_days',
] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;
const DAY_MS = 86_400_000;
const LAST_WALL_MS = Date.UTC(LAST_YEAR + 1, 0, 1);
// A day of room on both sides for the zones; the local year is what decides.
const FIRST_INSTANT_MS = -DAY_MS;
const LAST_INSTANT_MS = LAST_WALL_MS + DAY_MS;

// ---- dates

/** True for a real date of the years 1970 to 2199, spelled `YYYY-MM-DD`. */
export function isLocalDate(text: string): boolean {
  return plainDate(text) !== undefined;
}

function plainDate(text: string): Temporal.PlainDate | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1) return undefined;
  const nearest = Temporal.PlainDate.from({ year, month, day }, { overflow: 'constrain' });
  return nearest.day === day ? nearest : undefined;
}

function dateText(date: Temporal.PlainDate): string | undefined {
  return date.year < FIRST_YEAR || date.year > LAST_YEAR ? undefined : date.toString();
}

/** The date that many whole days later (earlier when negative); undefined beyond the years 1970 to 2199. */
export function addDays(date: string, days: number): string | undefined {
  return remembered(movedDates, `${date} ${days}`, () => moveDate(date, days));
}

const movedDates = new Map<string, string>();

function moveDate(date: string, days: number): string | undefined {
  const start = plainDate(date);
  if (!start || !Number.isInteger(days) || Math.abs(days) > 100_000) return undefined;
  return dateText(start.add({ days }));
}

/** Whole days from one date to the other: 0 for the same, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number | undefined {
  const [start, end] = [plainDate(from), plainDate(to)];
  return start && end ? start.until(end).days : undefined;
}

/** Every date from `from` to `to`, both included; empty when `to` is earlier. */
export function listDates(from: string, to: string): string[] {
  const start = plainDate(from);
  const days = daysBetween(from, to);
  if (!start || days === undefined) return [];
  return Array.from({ length: Math.max(0, days + 1) }, (_, index) => start.add({ days: index }).toString());
}

/**
 * The week a date is in.
 *
 * @param week_start 1 = Monday … 7 = Sunday
 * @returns its first and last date, both included
 */
export function weekOf(date: string, week_start: number): { start: string; end: string } | undefined {
  return remembered(weeks, `${date} ${week_start}`, () => findWeek(date, week_start));
}

const weeks = new Map<string, { start: string; end: string }>();

function findWeek(date: string, week_start: number): { start: string; end: string } | undefined {
  const day = plainDate(date);
  if (!day || !Number.isInteger(week_start) || week_start < 1 || week_start > 7) return undefined;
  const first = day.subtract({ days: (day.dayOfWeek - week_start + 7) % 7 });
  const [start, end] = [dateText(first), dateText(first.add({ days: 6 }))];
  return start !== undefined && end !== undefined ? Object.freeze({ start, end }) : undefined;
}

const REMEMBERED_MAX = 2000;

/** Pages ask for the same few days and weeks again and again, and working one out costs more than the rest of a row. */
function remembered<Key, Value>(
  known: Map<Key, Value>,
  key: Key,
  find: () => Value | undefined,
): Value | undefined {
  const value = known.get(key) ?? find();
  if (value !== undefined && !known.has(key)) {
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(key, value);
  }
  return value;
}

/** A range named relative to `today`; both dates included. */
export function rangeOf(name: RangeName, today: string, week_start: number): DateRange | undefined {
  const day = plainDate(today);
  if (!day) return undefined;
  const bounds = rangeBounds(name, day, week_start);
  if (!bounds) return undefined;
  const [from, to] = [dateText(bounds[0]), dateText(bounds[1])];
  return from !== undefined && to !== undefined ? { from, to } : undefined;
}

function rangeBounds(
  name: RangeName,
  day: Temporal.PlainDate,
  week_start: number,
): [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  switch (name) {
    case 'today':
      return [day, day];
    case 'yesterday':
      return [day.subtract({ days: 1 }), day.subtract({ days: 1 })];
    case 'this_week':
      return weekBounds(day, week_start);
    case 'last_week':
      return weekBounds(day.subtract({ days: 7 }), week_start);
    case 'this_month':
      return monthBounds(day);
    case 'last_month':
      return monthBounds(day.with({ day: 1 }).subtract({ months: 1 }));
    case 'this_year':
      return [day.with({ month: 1, day: 1 }), day.with({ month: 12, day: 31 })];
    case 'last_30_days':
      return [day.subtract({ days: 29 }), day];
    default:
      return undefined;
  }
}

function weekBounds(
  day: Temporal.PlainDate,
  week_start: number,
): [Temporal.PlainDate, Temporal.PlainDate] | undefined {
  const week = weekOf(day.toString(), week_start);
  return week && [Temporal.PlainDate.from(week.start), Temporal.PlainDate.from(week.end)];
}

function monthBounds(day: Temporal.PlainDate): [Temporal.PlainDate, Temporal.PlainDate] {
  return [day.with({ day: 1 }), day.with({ day: day.daysInMonth })];
}

// ---- zones

/** True for an IANA name in its own spelling (`Europe/Berlin`, `UTC`); offsets such as `+01:00` are none. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId === zone;
  } catch {
    return false;
  }
}

let timeZones: readonly string[] | undefined;

/**
 * The zones to choose from, sorted. Older names (`Asia/Kolkata` and `Asia/Calcutta` are one zone) are valid as well
 * without all being listed: a form adds the person's own when it is missing.
 */
export function listTimeZones(): readonly string[] {
  timeZones ??= Object.freeze(
    [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC'])].filter((zone) => isTimeZone(zone)).sort(),
  );
  return timeZones;
}

interface OffsetSpan {
  from_ms: number;
  until_ms: number;
  offset_ms: number;
}

interface ZoneOffsets {
  spans: OffsetSpan[];
  latest: OffsetSpan;
}

/**
 * Offsets by zone, as the spans between two changes of the clock: exact whatever the minute a zone changes at, and a
 * page of rows costs one comparison a row where Temporal costs microseconds. Bounded by the known zones' changes.
 */
const offsetsByZone = new Map<string, ZoneOffsets>();

function offsetMs(ms: number, zone: string): number | undefined {
  if (!Number.isSafeInteger(ms) || ms < FIRST_INSTANT_MS || ms > LAST_INSTANT_MS) return undefined;
  const offsets = offsetsByZone.get(zone);
  if (offsets && covers(offsets.latest, ms)) return offsets.latest.offset_ms;
  if (!offsets && !isTimeZone(zone)) return undefined;
  const span = offsets?.spans.find((known) => covers(known, ms)) ?? readSpan(ms, zone);
  if (!offsets) offsetsByZone.set(zone, { spans: [span], latest: span });
  else {
    if (!offsets.spans.includes(span)) offsets.spans.push(span);
    offsets.latest = span;
  }
  return span.offset_ms;
}

function covers(span: OffsetSpan, ms: number): boolean {
  return ms >= span.from_ms && ms < span.until_ms;
}

function readSpan(ms: number, zone: string): OffsetSpan {
  const moment = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  // "Previous" is strictly before, so one nanosecond later also finds a change at this very instant.
  const previous = moment.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  const next = moment.getTimeZoneTransition('next');
  return {
    from_ms: previous?.epochMilliseconds ?? -Infinity,
    until_ms: next?.epochMilliseconds ?? Infinity,
    offset_ms: moment.offsetNanoseconds / 1_000_000,
  };
}

/** Milliseconds since 1970-01-01T00:00 as a clock on the wall there counts them; undefined outside 1970 to 2199. */
function wallMs(ms: number, zone: string): number | undefined {
  const offset = offsetMs(ms, zone);
  if (offset === undefined) return undefined;
  const wall = ms + offset;
  return wall < 0 || wall >= LAST_WALL_MS ? undefined : wall;
}

const dayTexts = new Map<number, string>();

/** The date at that instant in that zone. */
export function localDateOf(ms: number, zone: string): string | undefined {
  const wall = wallMs(ms, zone);
  if (wall === undefined) return undefined;
  return remembered(dayTexts, Math.floor(wall / DAY_MS), () => new Date(wall).toISOString().slice(0, 10));
}

/** The time of day at that instant in that zone, `HH:MM` of 24 hours. */
export function clockOf(ms: number, zone: string): string | undefined {
  const wall = wallMs(ms, zone);
  if (wall === undefined) return undefined;
  const minutes = Math.floor((wall % DAY_MS) / 60_000);
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

// ---- days as instants

/** The first instant of a date there: not always midnight, some zones change their clocks at midnight. */
export function startOfDay(date: string, zone: string): number | undefined {
  const day = plainDate(date);
  if (!day || !isTimeZone(zone)) return undefined;
  return day.toZonedDateTime(zone).epochMilliseconds;
}

/** The first instant after a date there (not part of it). A day has 23, 24 or 25 hours, rarely others. */
export function endOfDay(date: string, zone: string): number | undefined {
  return remembered(dayEnds, `${date} ${zone}`, () => findEndOfDay(date, zone));
}

const dayEnds = new Map<string, number>();

function findEndOfDay(date: string, zone: string): number | undefined {
  const day = plainDate(date);
  if (!day || !isTimeZone(zone)) return undefined;
  return day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
}

/** True when the time between the instants counts for more than its first date. Ending at midnight sharp does not. */
export function crossesMidnight(started_at: number, ended_at: number, zone: string): boolean {
  if (ended_at <= started_at) return false;
  const [first, last] = [localDateOf(started_at, zone), localDateOf(ended_at - 1, zone)];
  return first !== undefined && last !== undefined && first < last;
}

/**
 * The time between two instants cut where the local date moves on. The pieces join without a gap, so that their
 * lengths sum to the original; empty when the end is not after the start.
 */
export function splitAtMidnights(started_at: number, ended_at: number, zone: string): DayPiece[] {
  const pieces: DayPiece[] = [];
  const last_date = localDateOf(ended_at - 1, zone);
  let from = started_at;
  while (from < ended_at && last_date !== undefined) {
    const local_date = localDateOf(from, zone);
    if (local_date === undefined) return [];
    const midnight = local_date < last_date ? midnightAfter(from, local_date, zone) : ended_at;
    const until = Math.min(midnight, ended_at);
    pieces.push({ started_at: from, ended_at: until, local_date });
    from = until;
  }
  return pieces;
}

function midnightAfter(ms: number, date: string, zone: string): number {
  const first = endOfDay(date, zone) ?? Infinity;
  if (first > ms) return first;
  // Clocks that go back across midnight show it twice, and this instant lies between the two.
  const midnight = Temporal.PlainDate.from(date).add({ days: 1 }).toPlainDateTime();
  const second = midnight.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
  return second > ms ? second : Infinity;
}

// ---- times of day

const HOUR_ONLY = /^(\d{1,2})(?:h|\s?uhr)?$/;
const HOUR_AND_MINUTE = /^(\d{1,2})(?:[:.h]|\s?uhr\s?)([0-5]\d)(?:\s?uhr)?$/;
const DIGITS_IN_A_ROW = /^(\d{1,2})([0-5]\d)$/;

/**
 * A time of day as people type it: `9`, `9:30`, `930`, `0930`, `9.30`, `9:30pm`, `9 am`, `21h30`, `9 Uhr`.
 *
 * @returns hour 0–23 and minute 0–59, or undefined
 */
export function parseClockTime(text: string): { hour: number; minute: number } | undefined {
  if (text.length > 20) return undefined;
  const match = /^(.*?)\s*(?:([ap])(?:m|\.m\.)?)?$/.exec(text.trim().toLowerCase());
  const [, digits = '', half] = match ?? [];
  const parts = HOUR_ONLY.exec(digits) ?? HOUR_AND_MINUTE.exec(digits) ?? DIGITS_IN_A_ROW.exec(digits);
  if (!parts) return undefined;
  const [hour, minute] = [Number(parts[1]), Number(parts[2] ?? 0)];
  if (half === undefined) return hour <= 23 ? { hour, minute } : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return { hour: (hour % 12) + (half === 'p' ? 12 : 0), minute };
}

/**
 * The instant of a local time. A time the clock jumps over moves forward by the jump; of a time the clock shows twice
 * the earlier instant is taken unless `prefer` says otherwise.
 */
export function resolveLocalTime(
  date: string,
  time: ClockTime,
  zone: string,
  options: { prefer?: 'earlier' | 'later' } = {},
): ResolvedTime | undefined {
  const day = plainDate(date);
  if (!day || !isClockTime(time) || !isTimeZone(zone)) return undefined;
  const wall = day.toPlainDateTime({ hour: time.hour, minute: time.minute, second: time.second ?? 0 });
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) {
    return { instant_ms: earlier.epochMilliseconds, kind: 'exact' };
  }
  if (!earlier.toPlainDateTime().equals(wall))
    return { instant_ms: later.epochMilliseconds, kind: 'skipped' };
  const [chosen, other] = options.prefer === 'later' ? [later, earlier] : [earlier, later];
  return { instant_ms: chosen.epochMilliseconds, kind: 'repeated', other_ms: other.epochMilliseconds };
}

function isClockTime({ hour, minute, second = 0 }: ClockTime): boolean {
  return (
    [hour, minute, second].every((part) => Number.isInteger(part) && part >= 0 && part <= 59) && hour <= 23
  );
}
