/** When an entry was, as people type it: pure, the clock comes as an argument. Instants are epoch ms, whole seconds. */

import {
  addDays,
  clockOf,
  daysBetween,
  isLocalDate,
  localDateOf,
  parseClockTime,
  resolveLocalTime,
  startOfDay,
} from '../../shared/calendar.ts';
import type { ClockTime } from '../../shared/calendar.ts';
import { parseDuration } from '../../shared/duration.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The longest entry that can be typed; the same as the longest duration that is understood. */
export const longestMs = 999 * hourMs;
/** How far ahead an entry may be dated. */
export const daysAhead = 366;
/** Where a duration without a time is put on a day that has no entry yet. */
const dayStart: ClockTime = { hour: 9, minute: 0 };

/** The fields of a form; empty when nothing was typed. */
export interface TypedTimes {
  local_date: string;
  started_time: string;
  ended_time: string;
  duration: string;
}
export type TimeField = keyof TypedTimes;

export type TimeProblem =
  | { key: 'form.date' | 'form.time' | 'form.duration' | 'form.required' }
  | { key: 'entry.too_far'; values: { days: number } }
  | { key: 'entry.end_or_duration' | 'entry.no_length' | 'entry.end_before_start' | 'entry.too_long' }
  | { key: 'entry.times_disagree' | 'entry.start_in_future' | 'entry.start_after_end' }
  | { key: 'entry.end_before_skipped'; values: { typed: string; understood: string } };
/** By field. */
export type TimeProblems = Record<string, TimeProblem>;
/** A field that a form does not have is undefined. */
export type SomeTimes = { [Field in TimeField]?: string | undefined };

/** How a time was understood that the clock shows twice or jumps over. */
export interface TimeNote {
  kind: 'skipped' | 'first' | 'second';
  /** As typed, HH:MM. */
  typed: string;
  /** What the clock shows at the instant that was taken, HH:MM. */
  understood: string;
}

export interface EntryTimes {
  started_at: number;
  ended_at: number;
  local_date: string;
}
export type TimesResult =
  { ok: true; times: EntryTimes; notes: TimeNote[] } | { ok: false; problems: TimeProblems };

export interface TimesContext {
  /** IANA zone in which the times are meant. */
  zone: string;
  now: number;
  /** When the day's last finished entry ended; undefined for an empty day. */
  last_end: number | undefined;
}

interface Read {
  date: string;
  start: ClockTime | undefined;
  end: ClockTime | undefined;
  seconds: number | undefined;
}

interface Taken {
  at: number;
  notes: TimeNote[];
}

const refused = (field: TimeField, problem: TimeProblem): { ok: false; problems: TimeProblems } => ({
  ok: false,
  problems: { [field]: problem },
});

/**
 * Times of an entry that is added by hand: start and end, start and duration, end and duration, or a duration alone,
 * which ends now when it is today's (whatever day it then began on) and otherwise follows the day's last entry (or
 * starts at nine).
 */
export function understandTimes(typed: TypedTimes, context: TimesContext): TimesResult {
  const today = localDateOf(context.now, context.zone) ?? '';
  const { problems, read } = readFields({ ...typed, local_date: typed.local_date || today }, today);
  if (!read) return { ok: false, problems };
  const { start, end, seconds } = read;
  if (start) {
    const started = takeTime(read.date, start, context.zone);
    if (!started) return refused('local_date', { key: 'form.date' });
    return finish(started, read, context.zone);
  }
  if (end && seconds !== undefined) return fromEnd(read.date, end, seconds, context.zone);
  if (end) return refused('started_time', { key: 'form.required' });
  if (seconds === undefined) return refused('duration', { key: 'entry.end_or_duration' });
  const started_at = startForDuration(read.date, seconds, today, context);
  return booked({ at: started_at, notes: [] }, { at: started_at + seconds * 1000, notes: [] }, context.zone);
}

function readFields(typed: TypedTimes, today: string): { problems: TimeProblems; read?: Read } {
  const problems: TimeProblems = {};
  const start = typed.started_time === '' ? undefined : parseClockTime(typed.started_time);
  const end = typed.ended_time === '' ? undefined : parseClockTime(typed.ended_time);
  const seconds = typed.duration === '' ? undefined : parseDuration(typed.duration);
  if (!isLocalDate(typed.local_date)) problems['local_date'] = { key: 'form.date' };
  else if ((daysBetween(today, typed.local_date) ?? 0) > daysAhead) {
    problems['local_date'] = { key: 'entry.too_far', values: { days: daysAhead } };
  }
  if (typed.started_time !== '' && !start) problems['started_time'] = { key: 'form.time' };
  if (typed.ended_time !== '' && !end) problems['ended_time'] = { key: 'form.time' };
  if (typed.duration !== '' && seconds === undefined) problems['duration'] = { key: 'form.duration' };
  if (Object.keys(problems).length > 0) return { problems };
  return { problems, read: { date: typed.local_date, start, end, seconds } };
}

/** The instant of a local time; of two the first. */
function takeTime(date: string, time: ClockTime, zone: string): Taken | undefined {
  const resolved = resolveLocalTime(date, time, zone);
  if (!resolved) return undefined;
  const at = resolved.instant_ms;
  if (resolved.kind === 'exact') return { at, notes: [] };
  return { at, notes: [noteOf(resolved.kind === 'skipped' ? 'skipped' : 'first', time, at, zone)] };
}

function noteOf(kind: TimeNote['kind'], time: ClockTime, at: number, zone: string): TimeNote {
  const twoDigits = (number: number): string => String(number).padStart(2, '0');
  return {
    kind,
    typed: `${twoDigits(time.hour)}:${twoDigits(time.minute)}`,
    understood: clockOf(at, zone) ?? '',
  };
}

/** The end of an entry whose start is known. */
function finish(started: Taken, read: Read, zone: string): TimesResult {
  const { end, seconds } = read;
  if (!end && seconds === undefined) return refused('ended_time', { key: 'entry.end_or_duration' });
  if (!end) return booked(started, { at: started.at + (seconds ?? 0) * 1000, notes: [] }, zone);
  const ended = takeEnd({ at: started.at, typed: read.start ?? end }, end, zone);
  if ('key' in ended) return refused('ended_time', skippedProblem(started) ?? ended);
  if (seconds !== undefined && !agrees(seconds, ended.at - started.at)) {
    return refused('duration', { key: 'entry.times_disagree' });
  }
  return booked(started, ended, zone);
}

/** Why an end lies before a start that the clocks jumped over: nobody typed the time that was taken. */
function skippedProblem(started: Taken): TimeProblem | undefined {
  const note = started.notes.find(({ kind }) => kind === 'skipped');
  if (!note) return undefined;
  return {
    key: 'entry.end_before_skipped',
    values: { typed: note.typed, understood: note.understood },
  };
}

/** Fields show whole minutes, so less than a minute between them is no contradiction. */
function agrees(seconds: number, ms: number): boolean {
  return Math.abs(seconds - ms / 1000) < 60;
}

/**
 * The first instant after the start at which the clock shows a time: on the start's date, else, for an earlier time of
 * day, on the next. Where the hour repeats, the second one is taken when the first lies before the start.
 */
function takeEnd(
  started: { at: number; typed: ClockTime },
  end: ClockTime,
  zone: string,
): Taken | TimeProblem {
  const started_at = started.at;
  const date = localDateOf(started_at, zone) ?? '';
  const same_day = resolveLocalTime(date, end, zone);
  if (!same_day) return { key: 'form.time' };
  if (same_day.instant_ms > started_at) return takeTime(date, end, zone) ?? { key: 'form.time' };
  if (same_day.other_ms !== undefined && same_day.other_ms > started_at) {
    return { at: same_day.other_ms, notes: [noteOf('second', end, same_day.other_ms, zone)] };
  }
  const [minutes, start_minutes] = [end, started.typed].map((time) => time.hour * 60 + time.minute);
  if (minutes === start_minutes) return { key: 'entry.no_length' };
  // What was typed decides: an end that only a skipped hour puts before the start does not mean tomorrow.
  const next = Number(minutes) < Number(start_minutes) ? addDays(date, 1) : undefined;
  return (next === undefined ? undefined : takeTime(next, end, zone)) ?? { key: 'entry.end_before_start' };
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

/** An end with a duration: the date is the day on which it started, as everywhere. */
function fromEnd(date: string, end: ClockTime, seconds: number, zone: string): TimesResult {
  const ended = takeTime(date, end, zone);
  if (!ended) return refused('local_date', { key: 'form.date' });
  return booked({ at: ended.at - seconds * 1000, notes: [] }, ended, zone);
}

function startForDuration(date: string, seconds: number, today: string, context: TimesContext): number {
  const { zone, now, last_end } = context;
  if (date === today) return now - seconds * 1000;
  const nine = takeTime(date, dayStart, zone)?.at ?? startOfDay(date, zone) ?? now;
  const follows = last_end !== undefined && last_end > nine && localDateOf(last_end, zone) === date;
  return follows ? last_end : nine;
}

function booked(started: Taken, ended: Taken, zone: string): TimesResult {
  const local_date = localDateOf(started.at, zone);
  if (local_date === undefined || localDateOf(ended.at, zone) === undefined) {
    return refused('local_date', { key: 'form.date' });
  }
  if (ended.at - started.at > longestMs) return refused('duration', { key: 'entry.too_long' });
  return {
    ok: true,
    times: { started_at: started.at, ended_at: ended.at, local_date },
    notes: [...started.notes, ...ended.notes],
  };
}

/** Midnights between start and end. */
function daysSpanned(
  { started_at, ended_at }: { started_at: number; ended_at: number },
  zone: string,
): number {
  return daysBetween(localDateOf(started_at, zone) ?? '', localDateOf(ended_at, zone) ?? '') ?? 0;
}

/**
 * The date on which an entry ends, where somebody should be told: not the day of its start, and not as many days after
 * it as before the change.
 */
export function endDateToTell(
  times: { started_at: number; ended_at: number | null },
  zone: string,
  before?: { started_at: number; ended_at: number | null },
): string | undefined {
  const { started_at, ended_at } = times;
  if (ended_at === null) return undefined;
  const days = daysSpanned({ started_at, ended_at }, zone);
  const known =
    before === undefined || before.ended_at === null
      ? 0
      : daysSpanned({ started_at: before.started_at, ended_at: before.ended_at }, zone);
  return days === 0 || days === known ? undefined : localDateOf(ended_at, zone);
}

// ---- changing an entry

export interface StoredTimes {
  started_at: number;
  /** Null while the timer runs. */
  ended_at: number | null;
  /** The zone in which the entry was made; its times are shown and typed in it, wherever the person is now. */
  zone: string;
  local_date: string;
}
export type ChangedTimes =
  | { ok: true; times: Omit<EntryTimes, 'ended_at'> & { ended_at: number | null }; notes: TimeNote[] }
  | { ok: false; problems: TimeProblems };

/** What the fields of an entry's form show. */
export function shownTimes(entry: StoredTimes): TypedTimes {
  return {
    local_date: entry.local_date,
    started_time: clockOf(entry.started_at, entry.zone) ?? '',
    ended_time: entry.ended_at === null ? '' : (clockOf(entry.ended_at, entry.zone) ?? ''),
    duration: '',
  };
}

/**
 * New times of an entry. A field that shows what it showed before (or is missing) changes nothing, so seconds, and
 * which of two repeated hours it was, survive an edit of something else.
 *
 * - Another date moves start and end together.
 * - A duration alone moves the end.
 * - A start alone moves nothing else, and must not pass the end.
 * - Another end of an entry of a day or more stays as many days after the start; otherwise it is the first such time
 *   after the start.
 * - The start of a running timer must not lie ahead; without a date, a time still to come is yesterday's. An end or a
 *   duration finishes it.
 */
export function changeTimes(entry: StoredTimes, typed: SomeTimes, now: number): ChangedTimes {
  const shown = shownTimes(entry);
  const filled: TypedTimes = {
    local_date: typed.local_date ?? shown.local_date,
    started_time: typed.started_time ?? shown.started_time,
    ended_time: typed.ended_time ?? shown.ended_time,
    duration: typed.duration ?? '',
  };
  if (filled.started_time === '') return refused('started_time', { key: 'form.required' });
  const { problems, read } = readFields(filled, localDateOf(now, entry.zone) ?? '');
  if (!read?.start) return { ok: false, problems };
  const same_date = read.date === entry.local_date;
  const same_clock = isShown(read.start, shown.started_time);
  const started =
    same_date && same_clock
      ? { at: entry.started_at, notes: [] }
      : takeTime(read.date, read.start, entry.zone);
  if (!started) return refused('local_date', { key: 'form.date' });
  if (entry.ended_at === null && typed.local_date === undefined && started.at > now) {
    const before = addDays(localDateOf(now, entry.zone) ?? '', -1);
    if (before !== undefined) {
      return changeTimes(entry, { ...typed, local_date: before }, now);
    }
  }
  if (!same_date && same_clock) started.at += entry.started_at % 60_000;
  return changeEnd({ entry, shown, read, started, same_date }, now);
}

function isShown(time: ClockTime | undefined, clock: string): boolean {
  return time === undefined
    ? clock === ''
    : minutesOf(clock) === time.hour * 60 + time.minute && clock !== '';
}

interface Changing {
  entry: StoredTimes;
  shown: TypedTimes;
  read: Read;
  started: Taken;
  same_date: boolean;
}

function changeEnd({ entry, shown, read, started, same_date }: Changing, now: number): ChangedTimes {
  const { zone, ended_at } = entry;
  if (ended_at === null && !read.end && read.seconds === undefined) {
    if (started.at > now) return refused('started_time', { key: 'entry.start_in_future' });
    if (now - started.at > longestMs) return refused('local_date', { key: 'entry.too_long' });
    const local_date = localDateOf(started.at, zone) ?? entry.local_date;
    return { ok: true, times: { started_at: started.at, ended_at: null, local_date }, notes: started.notes };
  }
  if (ended_at === null) return finish(started, read, zone);
  const same_end = isShown(read.end, shown.ended_time);
  if (!same_end) {
    const is_long = ended_at - entry.started_at >= dayMs;
    return is_long && read.end
      ? endDaysLater({ ...entry, ended_at }, read, started)
      : finish(started, read, zone);
  }
  if (read.seconds !== undefined) return finish(started, { ...read, end: undefined }, zone);
  if (same_date) return endThatStays({ ...entry, ended_at }, started);
  const moved = endDaysLater({ ...entry, ended_at }, read, started, ended_at % 60_000);
  return moved.ok || !('ended_time' in moved.problems) ? moved : startPassesEnd(started);
}

type Finished = StoredTimes & { ended_at: number };

/** Only the start may have moved: the end stays to the second. */
function endThatStays(entry: Finished, started: Taken): ChangedTimes {
  const { ended_at, local_date, zone } = entry;
  if (started.at === entry.started_at) {
    return { ok: true, times: { started_at: started.at, ended_at, local_date }, notes: [] };
  }
  if (started.at >= ended_at) return startPassesEnd(started);
  return booked(started, { at: ended_at, notes: [] }, zone);
}

const startPassesEnd = (started: Taken): ChangedTimes =>
  refused('started_time', skippedProblem(started) ?? { key: 'entry.start_after_end' });

/** An end at a time of day, as many days after the start as before. @param second - ms into its minute. */
function endDaysLater(entry: Finished, read: Read, started: Taken, second = 0): ChangedTimes {
  const { zone } = entry;
  const date = addDays(read.date, daysSpanned(entry, zone));
  const ended = date && read.end ? takeTime(date, read.end, zone) : undefined;
  if (!ended) return refused('local_date', { key: 'form.date' });
  const at = ended.at + second;
  if (at <= started.at) return refused('ended_time', { key: 'entry.end_before_start' });
  if (read.seconds !== undefined && !agrees(read.seconds, at - started.at)) {
    return refused('duration', { key: 'entry.times_disagree' });
  }
  return booked(started, { at, notes: ended.notes }, zone);
}
