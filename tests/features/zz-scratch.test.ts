import { expect, it } from 'vitest';
import fc from 'fast-check';
import { createTestApp } from '../support/app.ts';
import { loadEntryWeeks } from '../../src/features/entries/entry-list.ts';
import { localDateOf } from '../../src/shared/calendar.ts';
const app = await createTestApp();
const bob = app.as('bob');
it('adds up', async () => {
  const one = fc.constantFrom;
  const time = one('', '9', '9:30', '02:30', '2:15', '23:59', '0', '9pm');
  const date = one('', '2026-03-29', '2026-10-25', '1970-01-01', '2027-03-04', '2026-03-04', '2026-03-03');
  const fields = fc.record({ text: one('', 'a', 'a #x', 'b #"two w"', '\\@x'), started_time: time, ended_time: time, local_date: date, started_date: date, duration: one('', '', '', '1h', '999h', '1s', '30h'), billable: one('0', '1', '') }, { requiredKeys: [] });
  const path = one('/timer/start', '/timer/start', '/timer/stop', '/timer/discard', '/timer/running', '/entries', '/entries', '/entries/1', '/entries/2', '/entries/7', '/entries/3/split', '/entries/4/split', '/entries/4/duplicate', '/entries/5/continue', '/entries/6/delete', '/entries/restore/1', '/entries/restore/2');
  const seen = new Map<string, number>();
  await fc.assert(fc.asyncProperty(path, fields, fc.integer({ min: -10, max: 5000 }), async (p, f, step) => {
    app.clock.now += step * 1000;
    const a = await bob.post(p, f);
    seen.set(p + ' ' + a.status, (seen.get(p + ' ' + a.status) ?? 0) + 1);
    if (a.status >= 500) throw new Error(JSON.stringify([p, f, a.status]));
    const now = app.deps.now();
    for (const until of [undefined, '2026-03-30', '2026-10-27', '1970-01-03']) {
      const w = await loadEntryWeeks(app.deps.db, { id: app.ids.bob, time_zone: 'Europe/Berlin', week_start: 1 }, { until }, now);
      for (const week of w.weeks) {
        let sum = 0;
        for (const d of week.days) {
          const rows = d.entries.reduce((n, e) => n + e.duration_seconds, 0);
          sum += rows;
          if (rows !== d.total_seconds && d.hidden_count === 0) throw new Error('day');
          if (d.entries.some((e) => e.local_date !== d.local_date)) throw new Error('date');
        }
        if (until === undefined && w.weeks.flatMap((x) => x.days).flatMap((x) => x.entries).length < 100 && sum !== week.total_seconds) throw new Error(`week ${sum} ${week.total_seconds}`);
      }
    }
  }), { numRuns: 1200 });
  console.log([...seen].sort().map((x) => x.join(': ')).join('\n'));
  for (const e of await app.deps.db.selectFrom('entries').selectAll().execute()) {
    expect(e.local_date).toBe(localDateOf(e.started_at, e.zone));
    expect(e.started_at % 1000).toBe(0);
    if (e.ended_at !== null) { expect(e.ended_at % 1000).toBe(0); expect(e.ended_at).toBeGreaterThanOrEqual(e.started_at); }
  }
}, 200000);
