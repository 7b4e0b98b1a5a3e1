import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changeTimes,
  endDateToTell,
  shownTimes,
  understandTimes,
} from '../../src/features/entries/entry-times.ts';
import type { StoredTimes, TypedTimes } from '../../src/features/entries/entry-times.ts';
import { localDateOf, splitAtMidnights } from '../../src/shared/calendar.ts';

const berlin = 'Europe/Berlin';
const newYork = 'America/New_York';
const hour = 3_600_000;
const utc = (text: string): number => Date.parse(text);

function understand(
  typed: Partial<TypedTimes>,
  context: { zone?: string; now?: number; last_end?: number } = {},
) {
  return understandTimes(
    { local_date: '', started_time: '', ended_time: '', duration: '', ...typed },
    {
      zone: context.zone ?? berlin,
      now: context.now ?? utc('2026-03-04T09:00:00Z'),
      last_end: context.last_end,
    },
  );
}

function times(...parameters: Parameters<typeof understand>) {
  const result = understand(...parameters);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}

function problems(...parameters: Parameters<typeof understand>) {
  const result = understand(...parameters);
  return result.ok
    ? {}
    : Object.fromEntries(Object.entries(result.problems).map(([field, { key }]) => [field, key]));
}

describe('times of a new entry', () => {
  it('start and end of one day', () => {
    const { times: at, notes } = times({ local_date: '2026-03-03', started_time: '9', ended_time: '10:30' });
    expect(at).toEqual({
      started_at: utc('2026-03-03T08:00:00Z'),
      ended_at: utc('2026-03-03T09:30:00Z'),
      local_date: '2026-03-03',
    });
    expect(notes).toEqual([]);
  });

  it('an end earlier than the start is on the next day', () => {
    const { times: at } = times({ local_date: '2026-03-03', started_time: '22:00', ended_time: '1:30' });
    expect(at.ended_at - at.started_at).toBe(3.5 * hour);
    expect(at.local_date).toBe('2026-03-03');
  });

  it('start and duration, end and duration', () => {
    const day = { local_date: '2026-03-03' };
    const from_start = times({ ...day, started_time: '9:00', duration: '90m' }).times;
    const from_end = times({ ...day, ended_time: '10:30', duration: '1,5' }).times;
    expect(from_start).toEqual(from_end);
    expect(from_start.ended_at).toBe(utc('2026-03-03T09:30:00Z'));
  });

  it('a duration longer than a day', () => {
    const { times: at } = times({ local_date: '2026-03-03', started_time: '9:00', duration: '30h' });
    expect(at.ended_at - at.started_at).toBe(30 * hour);
  });

  it('a duration alone ends now today, also when it then began yesterday', () => {
    const now = utc('2026-03-04T09:00:00Z');
    expect(times({ duration: '1h' }, { now }).times).toEqual({
      started_at: now - hour,
      ended_at: now,
      local_date: '2026-03-04',
    });
    const early = times({ duration: '2h', local_date: '2026-03-04' }, { now: utc('2026-03-04T00:00:00Z') });
    expect(early.times).toEqual({
      started_at: utc('2026-03-03T22:00:00Z'),
      ended_at: utc('2026-03-04T00:00:00Z'),
      local_date: '2026-03-03',
    });
  });

  it('a duration alone on another day starts at nine or follows the last entry', () => {
    const day = { local_date: '2026-03-02', duration: '1h' };
    expect(times(day).times.started_at).toBe(utc('2026-03-02T08:00:00Z'));
    const last_end = utc('2026-03-02T15:10:00Z');
    expect(times(day, { last_end }).times.started_at).toBe(last_end);
    const overnight = utc('2026-03-03T02:00:00Z');
    expect(times(day, { last_end: overnight }).times.started_at).toBe(utc('2026-03-02T08:00:00Z'));
  });

  it('refuses what cannot be, beside the field', () => {
    const day = { local_date: '2026-03-03' };
    expect(problems({})).toEqual({ duration: 'entry.end_or_duration' });
    expect(problems({ ...day, started_time: '9' })).toEqual({ ended_time: 'entry.end_or_duration' });
    expect(problems({ ...day, ended_time: '9' })).toEqual({ started_time: 'form.required' });
    expect(problems({ ...day, started_time: '9', ended_time: '9:00' })).toEqual({
      ended_time: 'entry.no_length',
    });
    expect(
      problems({ local_date: '2026-02-30', started_time: '25', ended_time: 'x', duration: '-1' }),
    ).toEqual({
      local_date: 'form.date',
      started_time: 'form.time',
      ended_time: 'form.time',
      duration: 'form.duration',
    });
    expect(problems({ ...day, started_time: '9', ended_time: '10', duration: '2h' })).toEqual({
      duration: 'entry.times_disagree',
    });
    expect(problems({ ...day, started_time: '9', ended_time: '10', duration: '1h' })).toEqual({});
    expect(problems({ local_date: '2027-03-06', duration: '1h' })).toEqual({ local_date: 'entry.too_far' });
    expect(problems({ local_date: '2027-03-05', duration: '1h' })).toEqual({});
    expect(problems({ local_date: '1970-01-01', started_time: '0:00', duration: '1h' })).toEqual({});
    expect(problems({ local_date: '1969-12-31', duration: '1h' })).toEqual({ local_date: 'form.date' });
  });
});

describe('where the clocks change', () => {
  it.each([
    ['Berlin', berlin, '2026-03-29', '2026-03-29T01:30:00Z', '03:30'],
    ['New York', newYork, '2026-03-08', '2026-03-08T07:30:00Z', '03:30'],
  ])(
    '%s: a start in the hour that does not exist moves on by an hour',
    (_name, zone, local_date, start, clock) => {
      const result = times({ local_date, started_time: '2:30', duration: '1h' }, { zone });
      expect(result.times.started_at).toBe(utc(start));
      expect(result.notes).toEqual([{ kind: 'skipped', typed: '02:30', understood: clock }]);
      expect(result.times.local_date).toBe(local_date);
    },
  );

  it.each([
    ['Berlin', berlin, '2026-10-25', '2026-10-25T00:30:00Z', '02:30'],
    ['New York', newYork, '2026-11-01', '2026-11-01T05:30:00Z', '01:30'],
  ])('%s: of a start that comes twice the first is taken', (_name, zone, local_date, start, clock) => {
    const now = utc('2026-12-01T00:00:00Z');
    const result = times({ local_date, started_time: clock, duration: '1h' }, { zone, now });
    expect(result.times.started_at).toBe(utc(start));
    expect(result.notes).toEqual([{ kind: 'first', typed: clock, understood: clock }]);
  });

  it.each([
    ['Berlin', berlin, '2026-10-25', '02:45', '02:15'],
    ['New York', newYork, '2026-11-01', '01:45', '01:15'],
  ])(
    '%s: an end before the start in the repeated hour is the later one',
    (_name, zone, local_date, start, end) => {
      const now = utc('2026-12-01T00:00:00Z');
      const result = times({ local_date, started_time: start, ended_time: end }, { zone, now });
      expect(result.times.ended_at - result.times.started_at).toBe(hour / 2);
      expect(result.notes.map(({ kind }) => kind)).toEqual(['first', 'second']);
    },
  );

  it('the night of a change has 7 or 9 hours', () => {
    const night = { started_time: '22:00', ended_time: '6:00' };
    const now = utc('2026-12-01T00:00:00Z');
    const length = (local_date: string): number => {
      const { started_at, ended_at } = times({ ...night, local_date }, { now }).times;
      return (ended_at - started_at) / hour;
    };
    expect([length('2026-03-28'), length('2026-10-24'), length('2026-06-01')]).toEqual([7, 9, 8]);
  });

  it('an end that the skipped hour swallows is refused, not put on the next day', () => {
    const local_date = '2026-03-29';
    expect(problems({ local_date, started_time: '2:30', ended_time: '3:15' })).toEqual({
      ended_time: 'entry.end_before_skipped',
    });
    const result = understand({ local_date, started_time: '2:30', ended_time: '3:15' });
    expect(result).toMatchObject({
      problems: { ended_time: { values: { typed: '02:30', understood: '03:30' } } },
    });
  });
});

describe('times of an entry that is changed', () => {
  const entry: StoredTimes = {
    started_at: utc('2026-03-03T08:00:37Z'),
    ended_at: utc('2026-03-03T09:30:11Z'),
    zone: berlin,
    local_date: '2026-03-03',
  };
  const now = utc('2026-03-04T09:00:00Z');
  const changed = (typed: Partial<TypedTimes>, from: StoredTimes = entry, at = now) => {
    const result = changeTimes(from, { ...shownTimes(from), ...typed }, at);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.times;
  };

  it('what is shown changes nothing, seconds included', () => {
    const { started_at, ended_at, local_date } = entry;
    expect(changed({})).toEqual({ started_at, ended_at, local_date });
    expect(changeTimes(entry, {}, now)).toMatchObject({ ok: true, times: { started_at, ended_at } });
  });

  it('a duration alone moves the end', () => {
    const { started_at } = entry;
    expect(changed({ duration: '2h' })).toMatchObject({ started_at, ended_at: started_at + 2 * hour });
  });

  it('a start alone leaves the end where it is', () => {
    expect(changed({ started_time: '8:30' })).toMatchObject({
      started_at: utc('2026-03-03T07:30:00Z'),
      ended_at: entry.ended_at,
    });
  });

  it('an end alone leaves the start where it is', () => {
    expect(changed({ ended_time: '12:00' })).toMatchObject({
      started_at: entry.started_at,
      ended_at: utc('2026-03-03T11:00:00Z'),
    });
  });

  describe('over several days', () => {
    const long = { ...entry, ended_at: utc('2026-03-04T14:00:11Z') };
    const overnight = {
      ...entry,
      started_at: utc('2026-03-03T21:00:00Z'),
      ended_at: utc('2026-03-04T00:00:00Z'),
    };

    it('an entry of a day or more keeps its days when its end or its date changes', () => {
      expect(changed({ ended_time: '16:00' }, long).ended_at).toBe(utc('2026-03-04T15:00:00Z'));
      expect(changed({ ended_time: '8:00' }, long).ended_at).toBe(utc('2026-03-04T07:00:00Z'));
      expect(changed({ started_time: '10:00', ended_time: '16:00' }, long)).toMatchObject({
        started_at: utc('2026-03-03T09:00:00Z'),
        ended_at: utc('2026-03-04T15:00:00Z'),
      });
      expect(changed({ local_date: '2026-02-27', ended_time: '16:00' }, long).ended_at).toBe(
        utc('2026-02-28T15:00:00Z'),
      );
      const disagrees = changeTimes(long, { ...shownTimes(long), ended_time: '16:00', duration: '3h' }, now);
      expect(disagrees).toEqual({ ok: false, problems: { duration: { key: 'entry.times_disagree' } } });
    });

    it('a shorter one ends at the first such time after its start', () => {
      expect(changed({ ended_time: '23:00' }, overnight).ended_at).toBe(utc('2026-03-03T22:00:00Z'));
      expect(changed({ ended_time: '2:00' }, overnight).ended_at).toBe(utc('2026-03-04T01:00:00Z'));
      expect(changed({ ended_time: '8:00' }).ended_at).toBe(utc('2026-03-04T07:00:00Z'));
    });

    it.each([['10:31'], ['10:45'], ['23:59']])(
      'a start moved to %s, past the end, is refused beside the start, with another date too',
      (started_time) => {
        for (const local_date of [entry.local_date, '2026-02-27']) {
          const result = changeTimes(entry, { ...shownTimes(entry), local_date, started_time }, now);
          expect(result).toEqual({ ok: false, problems: { started_time: { key: 'entry.start_after_end' } } });
        }
      },
    );

    it('a date whose skipped hour swallows the end says which start was taken', () => {
      const early = {
        ...entry,
        started_at: utc('2026-03-03T01:30:00Z'),
        ended_at: utc('2026-03-03T02:15:00Z'),
      };
      const result = changeTimes(early, { ...shownTimes(early), local_date: '2026-03-29' }, now);
      expect(result).toMatchObject({
        problems: { started_time: { key: 'entry.end_before_skipped', values: { understood: '03:30' } } },
      });
    });

    it('tells the day of the end when it is news', () => {
      expect(endDateToTell(entry, berlin)).toBeUndefined();
      expect(endDateToTell(overnight, berlin)).toBe('2026-03-04');
      expect(endDateToTell(overnight, berlin, entry)).toBe('2026-03-04');
      expect(endDateToTell(overnight, berlin, { ...entry, ended_at: null })).toBe('2026-03-04');
      expect(endDateToTell(overnight, berlin, long)).toBeUndefined();
      expect(endDateToTell(entry, berlin, long)).toBeUndefined();
      expect(endDateToTell({ ...long, ended_at: null }, berlin)).toBeUndefined();
    });
  });

  it('another date moves both, across midnight as well', () => {
    expect(changed({ local_date: '2026-02-27' })).toEqual({
      started_at: utc('2026-02-27T08:00:37Z'),
      ended_at: utc('2026-02-27T09:30:11Z'),
      local_date: '2026-02-27',
    });
    const overnight = { ...entry, ended_at: utc('2026-03-04T01:00:00Z') };
    expect(changed({ local_date: '2026-02-27' }, overnight).ended_at).toBe(utc('2026-02-28T01:00:00Z'));
  });

  it('the second of two repeated hours stays it when something else changes', () => {
    const second = {
      started_at: utc('2026-10-25T01:15:00Z'),
      ended_at: utc('2026-10-25T01:45:00Z'),
      zone: berlin,
      local_date: '2026-10-25',
    };
    expect(changed({}, second, utc('2026-10-26T00:00:00Z'))).toMatchObject({ started_at: second.started_at });
  });

  it('is read in the zone of the entry, wherever the person is', () => {
    const abroad = { ...entry, zone: newYork, local_date: '2026-03-03' };
    expect(shownTimes(abroad).started_time).toBe('03:00');
    expect(changed({ started_time: '3:30' }, abroad).started_at).toBe(utc('2026-03-03T08:30:00Z'));
  });

  it('a longer entry than can be typed keeps its length when only the text changes', () => {
    const forgotten = { ...entry, started_at: utc('2025-12-01T09:00:00Z'), local_date: '2025-12-01' };
    expect(changed({}, forgotten).started_at).toBe(forgotten.started_at);
  });

  it('a running timer: start not ahead, yesterday without a date, finished by an end', () => {
    const running = {
      ...entry,
      started_at: utc('2026-03-04T08:00:00Z'),
      ended_at: null,
      local_date: '2026-03-04',
    };
    expect(changed({ started_time: '8:15' }, running)).toMatchObject({
      started_at: utc('2026-03-04T07:15:00Z'),
      ended_at: null,
    });
    const ahead = changeTimes(running, { ...shownTimes(running), started_time: '10:01' }, now);
    expect(ahead).toEqual({ ok: false, problems: { started_time: { key: 'entry.start_in_future' } } });
    const yesterday = changeTimes(running, { started_time: '23:30' }, now);
    expect(yesterday).toMatchObject({
      ok: true,
      times: { started_at: utc('2026-03-03T22:30:00Z'), local_date: '2026-03-03' },
    });
    expect(changed({ ended_time: '9:30' }, running).ended_at).toBe(utc('2026-03-04T08:30:00Z'));
  });
});

describe('splitting', () => {
  const zones = [berlin, newYork, 'Asia/Kathmandu', 'Pacific/Apia', 'America/Havana', 'UTC'];

  it('keeps the sum, joins without gaps and gives every piece its own day', () => {
    const anyTime = fc.integer({
      min: utc('2024-01-01T00:00:00Z') / 1000,
      max: utc('2027-12-31T00:00:00Z') / 1000,
    });
    const property = fc.property(
      anyTime,
      fc.integer({ min: 1, max: 999 * 3600 }),
      fc.constantFrom(...zones),
      (start, length, zone) => {
        const [from, to] = [start * 1000, (start + length) * 1000];
        const pieces = splitAtMidnights(from, to, zone);
        expect(pieces.reduce((sum, piece) => sum + piece.ended_at - piece.started_at, 0)).toBe(to - from);
        expect(pieces[0]?.started_at).toBe(from);
        expect(pieces.at(-1)?.ended_at).toBe(to);
        for (const [index, piece] of pieces.entries()) {
          expect(piece.local_date).toBe(localDateOf(piece.started_at, zone));
          expect(piece.started_at % 1000).toBe(0);
          if (index > 0) expect(piece.started_at).toBe(pieces[index - 1]?.ended_at);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
