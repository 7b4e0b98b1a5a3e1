'use strict';
const dateFormat = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const clockFormats = new Map();
const dayMs = 86_400_000;

const formatters = {
  clockTime: (epochMs, zone) => clockFormat(zone).format(epochMs),
  date: (localDate) => dateFormat.format(new Date(localDate)),
  duration: (seconds) =>
    `${Math.floor(seconds / 3600)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`,
  icon: (name) =>
    `<svg class="icon" aria-hidden="true" focusable="false"><use href="/public/icons.svg#${name}"></use></svg>`,
};

/** GET /timer: this week and the one before, grouped by week and day, through `res.render` with Express's view cache. */
exports.timerPage = (queries) => (_request, response) => {
  const { person } = response.locals;
  const nowMs = Date.now();
  const today = isoDate(nowMs);
  const thisMonday = mondayOf(today);
  const from = addDays(thisMonday, -7);
  const entries = queries.listEntries(person.id, from).map((entry) => ({
    ...entry,
    tags: entry.tags === null ? [] : entry.tags.split('\n'),
    duration_seconds: entry.duration_seconds ?? Math.floor((nowMs - entry.started_at) / 1000),
  }));
  const running = queries.findRunning(person.id);
  const weeks = groupByWeek(entries, thisMonday);
  response.render('timer', {
    ...formatters,
    person,
    today,
    now_ms: nowMs,
    running: running && {
      ...running,
      duration_seconds: Math.floor((nowMs - running.started_at) / 1000),
    },
    projects: queries.listProjects(),
    weeks,
    today_seconds: weeks[0]?.days.find((day) => day.local_date === today)?.seconds ?? 0,
    week_seconds: weeks[0]?.is_current ? weeks[0].seconds : 0,
    earlier_date: queries.findEarlierDate(person.id, from),
  });
};

function clockFormat(zone) {
  let format = clockFormats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone });
    clockFormats.set(zone, format);
  }
  return format;
}

function twoDigits(value) {
  return String(value).padStart(2, '0');
}

function isoDate(epochMs) {
  return new Date(epochMs).toISOString().slice(0, 10);
}

function addDays(date, days) {
  return isoDate(Date.parse(date) + days * dayMs);
}

function mondayOf(date) {
  return addDays(date, -((new Date(date).getUTCDay() + 6) % 7));
}

function groupByWeek(entries, thisMonday) {
  const weeks = new Map();
  for (const [local_date, dayEntries] of Map.groupBy(entries, (entry) => entry.local_date)) {
    const start = local_date >= thisMonday ? thisMonday : addDays(thisMonday, -7);
    const week = weeks.get(start) ?? {
      start,
      end: addDays(start, 6),
      is_current: start === thisMonday,
      seconds: 0,
      days: [],
    };
    const seconds = dayEntries.reduce((sum, entry) => sum + entry.duration_seconds, 0);
    week.days.push({ local_date, seconds, entries: dayEntries });
    week.seconds += seconds;
    weeks.set(start, week);
  }
  return [...weeks.values()];
}
