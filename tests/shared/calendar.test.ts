import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  clockOf,
  crossesMidnight,
  daysBetween,
  endOfDay,
  isLocalDate,
  isTimeZone,
  listDates,
  listTimeZones,
  localDateOf,
  parseClockTime,
  rangeOf,
  RANGE_NAMES,
  resolveLocalTime,
  splitAtMidnights,
  startOfDay,
  weekOf,
} from '../../src/shared/calendar.ts';
import type { RangeName } from '../../src/shared/calendar.ts';

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';
const HOUR_MS = 3_600_000;

const utc = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;

/** Half and three-quarter hours, half-hour summer time, changes at midnight, skipped days, odd rules. */
const ZONES = [
  BERLIN,
  NEW_YORK,
  'UTC',
  'Asia/Calcutta',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Beirut',
  'Asia/Tehran',
  'Europe/Dublin',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Antarctica/Troll',
];

const FIRST_SECOND = utc('1970-01-02T00:00Z') / 1000;
const LAST_SECOND = utc('2199-12-20T00:00Z') / 1000;
const zones = fc.constantFrom(...ZONES);
const instants = fc.integer({ min: FIRST_SECOND, max: LAST_SECOND }).map((seconds) => seconds * 1000);
const recent = fc.integer({ min: utc('2005-01-01T00:00Z') / 1000, max: utc('2035-01-01T00:00Z') / 1000 });
const dates = fc.integer({ min: 10, max: 83_900 }).map((days) => addDays('1970-01-01', days) ?? '');

/** An instant within two hours of a change of the clock (any instant where the zone has none). */
const nearChanges = fc
  .tuple(recent, zones, fc.integer({ min: -7200, max: 7200 }))
  .map(([seconds, zone, shift]): [number, string] => {
    const moment = Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toZonedDateTimeISO(zone);
    const change = moment.getTimeZoneTransition('previous') ?? moment;
    return [Math.max(change.epochMilliseconds, FIRST_SECOND * 1000) + shift * 1000, zone];
  });
const moments = fc.oneof(fc.tuple(instants, zones), nearChanges);

describe('dates', () => {
  it.each(['1970-01-01', '2199-12-31', '2024-02-29', '2000-02-29'])('%s is one', (text) => {
    expect(isLocalDate(text)).toBe(true);
  });

  it.each([
    '',
    '1969-12-31',
    '2200-01-01',
    '2023-02-29',
    '2100-02-29',
    '2024-00-10',
    '2024-13-01',
    '2024-01-00',
    '2024-04-31',
    '2024-1-1',
    '20240101',
    ' 2024-01-01',
    '2024-01-01\n',
    '2024-01-01T00:00',
    '+002024-01-01',
    '-2024-01-01',
    '２０２４-01-01',
  ])('%j is none', (text) => {
    expect(isLocalDate(text)).toBe(false);
  });

  it('are added and counted', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
    expect(addDays('2199-12-31', 1)).toBeUndefined();
    expect(addDays('1970-01-01', -1)).toBeUndefined();
    expect(addDays('2024-02-30', 1)).toBeUndefined();
    expect(addDays('2024-02-28', 0.5)).toBeUndefined();
    expect(addDays('2024-02-28', Infinity)).toBeUndefined();
    expect(daysBetween('2024-02-28', '2024-03-01')).toBe(2);
    expect(daysBetween('2024-03-01', '2024-02-28')).toBe(-2);
    expect(daysBetween('2024-03-01', 'x')).toBeUndefined();
  });

  it('are listed with both ends', () => {
    expect(listDates('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
    expect(listDates('2024-03-01', '2024-03-01')).toEqual(['2024-03-01']);
    expect(listDates('2024-03-01', '2024-02-28')).toEqual([]);
    expect(listDates('x', '2024-02-28')).toEqual([]);
  });

  it('adding and counting are inverse', () => {
    fc.assert(
      fc.property(dates, dates, (from, to) => {
        expect(addDays(from, daysBetween(from, to) ?? NaN)).toBe(to);
      }),
    );
  });
});

describe('weeks and ranges', () => {
  it.each([
    ['2026-11-22', 1, '2026-11-16', '2026-11-22'],
    ['2026-11-22', 7, '2026-11-22', '2026-11-28'],
    ['2026-11-22', 6, '2026-11-21', '2026-11-27'],
    ['2026-11-16', 1, '2026-11-16', '2026-11-22'],
    ['2027-01-01', 1, '2026-12-28', '2027-01-03'],
  ])('the week of %s starting on day %d', (date, week_start, start, end) => {
    expect(weekOf(date, week_start)).toEqual({ start, end });
  });

  it.each([
    ['2026-11-22', 0],
    ['2026-11-22', 8],
    ['2026-11-22', 1.5],
    ['nonsense', 1],
    ['1970-01-01', 1],
    ['2199-12-31', 1],
  ])('there is no week of %s starting on day %d', (date, week_start) => {
    expect(weekOf(date, week_start)).toBeUndefined();
  });

  it('a week has seven days, contains its date and starts on the wanted day', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: 1, max: 7 }), (date, week_start) => {
        const week = weekOf(date, week_start);
        expect(listDates(week?.start ?? '', week?.end ?? '')).toHaveLength(7);
        expect(listDates(week?.start ?? '', week?.end ?? '')).toContain(date);
        expect(Temporal.PlainDate.from(week?.start ?? '').dayOfWeek).toBe(week_start);
      }),
    );
  });

  it.each<[RangeName, string, string]>([
    ['today', '2024-03-31', '2024-03-31'],
    ['yesterday', '2024-03-30', '2024-03-30'],
    ['this_week', '2024-03-25', '2024-03-31'],
    ['last_week', '2024-03-18', '2024-03-24'],
    ['this_month', '2024-03-01', '2024-03-31'],
    ['last_month', '2024-02-01', '2024-02-29'],
    ['this_year', '2024-01-01', '2024-12-31'],
    ['last_30_days', '2024-03-02', '2024-03-31'],
  ])('%s on 2024-03-31', (name, from, to) => {
    expect(rangeOf(name, '2024-03-31', 1)).toEqual({ from, to });
  });

  it('the week start moves the ranges of weeks', () => {
    expect(rangeOf('this_week', '2024-03-31', 7)).toEqual({ from: '2024-03-31', to: '2024-04-06' });
    expect(rangeOf('last_week', '2024-03-31', 7)).toEqual({ from: '2024-03-24', to: '2024-03-30' });
  });

  it('no range of no day, by no name, or beyond the years', () => {
    expect(RANGE_NAMES.map((name) => rangeOf(name, 'nonsense', 1))).toEqual(RANGE_NAMES.map(() => undefined));
    expect(rangeOf('next_week' as RangeName, '2024-03-31', 1)).toBeUndefined();
    expect(rangeOf('this_week', '2024-03-31', 9)).toBeUndefined();
    expect(rangeOf('yesterday', '1970-01-01', 1)).toBeUndefined();
    expect(rangeOf('last_month', '1970-01-15', 1)).toBeUndefined();
  });
});

describe('zones', () => {
  it.each(['UTC', BERLIN, 'Asia/Kolkata', 'Asia/Calcutta', 'Etc/GMT+5', 'America/Argentina/Buenos_Aires'])(
    '%s is one',
    (zone) => {
      expect(isTimeZone(zone)).toBe(true);
    },
  );

  it.each([
    '',
    'utc',
    'europe/berlin',
    '+01:00',
    'Mars/Olympus',
    '2024-01-01T00:00[Europe/Berlin]',
    'Z',
    'x'.repeat(65),
  ])('%j is none', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });

  it('lists what can be chosen', () => {
    const listed = listTimeZones();
    expect(listed).toContain(BERLIN);
    expect(listed).toContain('UTC');
    expect(listed).toEqual([...listed].sort());
    expect(listed.filter((zone) => !isTimeZone(zone))).toEqual([]);
  });
});

describe('localDateOf and clockOf', () => {
  it.each([
    ['2026-03-29T00:59:59Z', BERLIN, '2026-03-29', '01:59'],
    ['2026-03-29T01:00:00Z', BERLIN, '2026-03-29', '03:00'],
    ['2026-10-25T00:59:59Z', BERLIN, '2026-10-25', '02:59'],
    ['2026-10-25T01:00:00Z', BERLIN, '2026-10-25', '02:00'],
    ['2026-03-08T06:59:59Z', NEW_YORK, '2026-03-08', '01:59'],
    ['2026-03-08T07:00:00Z', NEW_YORK, '2026-03-08', '03:00'],
    ['2026-11-01T06:00:00Z', NEW_YORK, '2026-11-01', '01:00'],
    ['2026-06-30T22:00:00Z', BERLIN, '2026-07-01', '00:00'],
    ['2026-06-30T21:59:59Z', BERLIN, '2026-06-30', '23:59'],
    ['2026-06-30T18:15:00Z', 'Asia/Kathmandu', '2026-07-01', '00:00'],
    ['1969-12-31T23:00:00Z', BERLIN, '1970-01-01', '00:00'],
  ])('%s in %s', (instant, zone, date, clock) => {
    expect(localDateOf(utc(instant), zone)).toBe(date);
    expect(clockOf(utc(instant), zone)).toBe(clock);
  });

  it.each([
    [Number.NaN, BERLIN],
    [Infinity, BERLIN],
    [0.5, BERLIN],
    [0, 'Mars/Olympus'],
    [0, NEW_YORK],
    [utc('2200-01-01T00:00Z'), BERLIN],
    [8.64e15, 'UTC'],
  ])('%d in %s is nothing', (ms, zone) => {
    expect(localDateOf(ms, zone)).toBeUndefined();
    expect(clockOf(ms, zone)).toBeUndefined();
  });

  it('say what Temporal says, in any order of instants and zones, near every kind of change', () => {
    fc.assert(
      fc.property(fc.array(moments, { minLength: 1, maxLength: 20 }), (asked) => {
        for (const [ms, zone] of asked) {
          const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
          expect(localDateOf(ms, zone)).toBe(wall.toPlainDate().toString());
          expect(clockOf(ms, zone)).toBe(wall.toPlainTime().toString().slice(0, 5));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('say what Temporal says one second before, at and after every change of every zone in thirty years', () => {
    for (const zone of ZONES) {
      let change = Temporal.Instant.from('2005-01-01T00:00Z')
        .toZonedDateTimeISO(zone)
        .getTimeZoneTransition('next');
      while (change && change.year < 2035) {
        for (const ms of [-1000, 0, 1000].map((shift) => (change?.epochMilliseconds ?? 0) + shift)) {
          const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
          expect(`${localDateOf(ms, zone)}T${clockOf(ms, zone)}`).toBe(
            wall.toPlainDateTime().toString().slice(0, 16),
          );
        }
        change = change.getTimeZoneTransition('next');
      }
    }
  });
});

describe('startOfDay and endOfDay', () => {
  it.each([
    ['2026-03-29', BERLIN, '2026-03-28T23:00:00Z', 23],
    ['2026-10-25', BERLIN, '2026-10-24T22:00:00Z', 25],
    ['2026-07-01', BERLIN, '2026-06-30T22:00:00Z', 24],
    ['2026-03-08', NEW_YORK, '2026-03-08T05:00:00Z', 23],
    ['2026-11-01', NEW_YORK, '2026-11-01T04:00:00Z', 25],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00Z', 23],
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00Z', 23],
    ['2026-04-05', 'Australia/Lord_Howe', '2026-04-04T13:00:00Z', 24.5],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00Z', 0],
  ])('%s in %s', (date, zone, start, hours) => {
    expect(startOfDay(date, zone)).toBe(utc(start));
    expect((endOfDay(date, zone) ?? NaN) - (startOfDay(date, zone) ?? NaN)).toBe(hours * HOUR_MS);
  });

  it('a day that skips midnight starts at one', () => {
    expect(clockOf(startOfDay('2018-11-04', 'America/Sao_Paulo') ?? NaN, 'America/Sao_Paulo')).toBe('01:00');
  });

  it('need a date and a zone', () => {
    expect(startOfDay('2026-02-30', BERLIN)).toBeUndefined();
    expect(endOfDay('2026-02-30', BERLIN)).toBeUndefined();
    expect(startOfDay('2026-02-28', 'Mars/Olympus')).toBeUndefined();
    expect(endOfDay('2026-02-28', 'Mars/Olympus')).toBeUndefined();
    expect(endOfDay('2199-12-31', 'UTC')).toBe(utc('2200-01-01T00:00Z'));
  });
});

describe('parseClockTime', () => {
  it.each([
    ['9', 9, 0],
    ['09', 9, 0],
    ['0', 0, 0],
    ['23', 23, 0],
    ['9:30', 9, 30],
    ['09:30', 9, 30],
    ['930', 9, 30],
    ['0930', 9, 30],
    ['1230', 12, 30],
    ['0000', 0, 0],
    ['9.30', 9, 30],
    ['21h30', 21, 30],
    ['9h', 9, 0],
    ['9:30pm', 21, 30],
    ['930pm', 21, 30],
    ['9 am', 9, 0],
    ['9 p.m.', 21, 0],
    ['9a', 9, 0],
    ['12am', 0, 0],
    ['12:15 am', 0, 15],
    ['12pm', 12, 0],
    ['9 Uhr', 9, 0],
    ['9:30 Uhr', 9, 30],
    ['9 Uhr 30', 9, 30],
    ['  9:30 PM ', 21, 30],
  ])('%j', (text, hour, minute) => {
    expect(parseClockTime(text)).toEqual({ hour, minute });
  });

  it.each([
    '',
    '24',
    '24:00',
    '2400',
    '9:60',
    '960',
    '9:5',
    '9:',
    ':30',
    '-9',
    '9,30',
    '13pm',
    '0am',
    'am',
    'noon',
    '9:30:15',
    '93000',
    '9 30',
    '٩:٣٠',
  ])('%j is refused', (text) => {
    expect(parseClockTime(text)).toBeUndefined();
  });

  it('refuses huge texts without reading them', () => {
    expect(parseClockTime(`9${' '.repeat(1_000_000)}`)).toBeUndefined();
  });

  it('reads every clock that clockOf writes', () => {
    for (let minutes = 0; minutes < 1440; minutes += 1) {
      const text = clockOf(minutes * 60_000, 'UTC') ?? '';
      expect(parseClockTime(text)).toEqual({ hour: Math.floor(minutes / 60), minute: minutes % 60 });
    }
  });
});

describe('resolveLocalTime', () => {
  it.each([
    ['2026-07-01', 9, 30, BERLIN, '2026-07-01T07:30:00Z'],
    ['2026-03-29', 1, 59, BERLIN, '2026-03-29T00:59:00Z'],
    ['2026-03-29', 3, 0, BERLIN, '2026-03-29T01:00:00Z'],
    ['2026-10-25', 3, 0, BERLIN, '2026-10-25T02:00:00Z'],
  ])('%s %d:%d in %s is exact', (date, hour, minute, zone, instant) => {
    expect(resolveLocalTime(date, { hour, minute }, zone)).toEqual({
      instant_ms: utc(instant),
      kind: 'exact',
    });
  });

  it.each([
    ['2026-03-29', 2, 30, BERLIN, '2026-03-29T01:30:00Z'],
    ['2026-03-29', 2, 0, BERLIN, '2026-03-29T01:00:00Z'],
    ['2026-03-08', 2, 30, NEW_YORK, '2026-03-08T07:30:00Z'],
    ['2026-10-04', 2, 15, 'Australia/Lord_Howe', '2026-10-03T15:45:00Z'],
    ['2018-11-04', 0, 0, 'America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ])('%s %d:%d in %s is skipped and moves forward', (date, hour, minute, zone, instant) => {
    const moved = { instant_ms: utc(instant), kind: 'skipped' };
    expect(resolveLocalTime(date, { hour, minute }, zone)).toEqual(moved);
    expect(resolveLocalTime(date, { hour, minute }, zone, { prefer: 'earlier' })).toEqual(moved);
  });

  it.each([
    ['2026-10-25', 2, 30, BERLIN, '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    ['2026-11-01', 1, 0, NEW_YORK, '2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z'],
    ['2026-04-05', 1, 45, 'Australia/Lord_Howe', '2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z'],
  ])('%s %d:%d in %s is repeated', (date, hour, minute, zone, earlier, later) => {
    const [early, late] = [utc(earlier), utc(later)];
    const time = { hour, minute };
    const first = { instant_ms: early, kind: 'repeated', other_ms: late };
    expect(resolveLocalTime(date, time, zone)).toEqual(first);
    expect(resolveLocalTime(date, time, zone, { prefer: 'earlier' })).toEqual(first);
    expect(resolveLocalTime(date, time, zone, { prefer: 'later' })).toEqual({
      instant_ms: late,
      kind: 'repeated',
      other_ms: early,
    });
  });

  it('takes seconds, and refuses what is no date, time or zone', () => {
    const time = { hour: 9, minute: 0, second: 5 };
    expect(resolveLocalTime('2026-07-01', time, 'UTC')?.instant_ms).toBe(utc('2026-07-01T09:00:05Z'));
    expect(resolveLocalTime('2026-02-30', time, 'UTC')).toBeUndefined();
    expect(resolveLocalTime('2026-07-01', time, 'Mars/Olympus')).toBeUndefined();
    for (const bad of [
      { hour: 24 },
      { hour: -1 },
      { hour: 0.5 },
      { minute: 60 },
      { second: 60 },
      { minute: Number.NaN },
    ]) {
      expect(resolveLocalTime('2026-07-01', { ...time, ...bad }, 'UTC')).toBeUndefined();
    }
  });

  it('finds every instant again from its date and clock', () => {
    fc.assert(
      fc.property(moments, ([ms, zone]) => {
        const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
        const found = resolveLocalTime(wall.toPlainDate().toString(), wall, zone);
        expect([found?.instant_ms, found?.other_ms]).toContain(ms);
        expect(found?.kind).not.toBe('skipped');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('splitAtMidnights', () => {
  const split = (from: string, to: string, zone: string): string[] =>
    splitAtMidnights(utc(from), utc(to), zone).map(
      ({ started_at, ended_at, local_date }) => `${local_date} ${(ended_at - started_at) / HOUR_MS}`,
    );

  it.each<[string, string, string, string[]]>([
    ['2026-07-01T08:00Z', '2026-07-01T10:00Z', BERLIN, ['2026-07-01 2']],
    ['2026-07-01T20:00Z', '2026-07-01T22:00Z', BERLIN, ['2026-07-01 2']],
    ['2026-07-01T20:00Z', '2026-07-01T23:00Z', BERLIN, ['2026-07-01 2', '2026-07-02 1']],
    ['2026-07-01T20:00Z', '2026-07-01T23:00Z', 'UTC', ['2026-07-01 3']],
    ['2026-03-28T22:00Z', '2026-03-29T23:00Z', BERLIN, ['2026-03-28 1', '2026-03-29 23', '2026-03-30 1']],
    ['2026-10-24T21:00Z', '2026-10-26T00:00Z', BERLIN, ['2026-10-24 1', '2026-10-25 25', '2026-10-26 1']],
    ['2026-11-01T03:00Z', '2026-11-02T06:00Z', NEW_YORK, ['2026-10-31 1', '2026-11-01 25', '2026-11-02 1']],
    ['2018-11-04T02:00Z', '2018-11-04T04:00Z', 'America/Sao_Paulo', ['2018-11-03 1', '2018-11-04 1']],
    ['2199-12-31T23:00Z', '2200-01-01T00:00Z', 'UTC', ['2199-12-31 1']],
    ['2011-12-30T09:00Z', '2011-12-30T11:00Z', 'Pacific/Apia', ['2011-12-29 1', '2011-12-31 1']],
  ])('%s to %s in %s', (from, to, zone, pieces) => {
    expect(split(from, to, zone)).toEqual(pieces);
    expect(crossesMidnight(utc(from), utc(to), zone)).toBe(pieces.length > 1);
  });

  it('cuts at the second midnight where the clock goes back across midnight', () => {
    // St. John's went from 00:01 back to 23:01 until 2011; 02:31 UTC is that change in 2006.
    const zone = 'America/St_Johns';
    const change = utc('2006-10-29T02:31:00Z');
    expect(localDateOf(change - 1000, zone)).toBe('2006-10-29');
    expect(localDateOf(change, zone)).toBe('2006-10-28');
    expect(splitAtMidnights(change, change + 2 * HOUR_MS, zone)).toEqual([
      { started_at: change, ended_at: change + 59 * 60_000, local_date: '2006-10-28' },
      { started_at: change + 59 * 60_000, ended_at: change + 2 * HOUR_MS, local_date: '2006-10-29' },
    ]);
  });

  it('of nothing is nothing', () => {
    const noon = utc('2026-07-01T12:00Z');
    expect(splitAtMidnights(noon, noon, BERLIN)).toEqual([]);
    expect(splitAtMidnights(noon, noon - 1000, BERLIN)).toEqual([]);
    expect(splitAtMidnights(noon, noon + 1000, 'Mars/Olympus')).toEqual([]);
    expect(splitAtMidnights(Number.NaN, noon, BERLIN)).toEqual([]);
    expect(splitAtMidnights(noon, Infinity, BERLIN)).toEqual([]);
    expect(splitAtMidnights(utc('1960-01-01T00:00Z'), noon, BERLIN)).toEqual([]);
    expect(crossesMidnight(noon, Number.NaN, BERLIN)).toBe(false);
  });

  it('gives pieces that join, sum to the original, and start on the date they count for', () => {
    const lengths = fc.integer({ min: 1, max: 100 * 3600 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(moments, lengths, ([from, zone], length) => {
        const pieces = splitAtMidnights(from, from + length, zone);
        expect(pieces[0]?.started_at).toBe(from);
        expect(pieces.at(-1)?.ended_at).toBe(from + length);
        pieces.forEach((piece, index) => {
          expect(piece.ended_at).toBeGreaterThan(piece.started_at);
          expect(piece.local_date).toBe(localDateOf(piece.started_at, zone));
          if (index > 0) expect(piece.started_at).toBe(pieces[index - 1]?.ended_at);
          if (index > 0) expect(piece.local_date > (pieces[index - 1]?.local_date ?? '')).toBe(true);
        });
        const seconds = pieces.reduce((sum, piece) => sum + (piece.ended_at - piece.started_at) / 1000, 0);
        expect(seconds).toBe(length / 1000);
        expect(Number.isInteger(seconds)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
