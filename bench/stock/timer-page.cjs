'use strict';
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const dateFormat = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const dayMs = 86_400_000;

const formatters = {
  clockTime: (epochMs) => clockFormat.format(epochMs),
  date: (localDate) => dateFormat.format(new Date(localDate)),
  duration: (seconds) =>
    `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}`,
  clock: (elapsedMs) => new Date(elapsedMs).toISOString().slice(11, 19),
};

/** GET /timer: three queries, grouped by day, through `res.render` with Express's own view cache. */
exports.timerPage = (queries) => (_request, response) => {
  const { person } = response.locals;
  const nowMs = Date.now();
  const totals = queries.listTotals(person.id, mondayOf(nowMs));
  response.render('timer', {
    ...formatters,
    person,
    now_ms: nowMs,
    running: queries.findRunning(person.id),
    totals,
    week_seconds: totals.reduce((sum, total) => sum + total.seconds, 0),
    days: groupByDay(queries.listEntries(person.id)),
  });
};

function mondayOf(nowMs) {
  const daysSinceMonday = (new Date(nowMs).getUTCDay() + 6) % 7;
  return new Date(nowMs - daysSinceMonday * dayMs).toISOString().slice(0, 10);
}

function groupByDay(entries) {
  const days = new Map();
  for (const entry of entries) {
    const day = days.get(entry.local_date) ?? { local_date: entry.local_date, seconds: 0, entries: [] };
    day.entries.push(entry);
    day.seconds += entry.duration_seconds;
    days.set(entry.local_date, day);
  }
  return [...days.values()];
}
