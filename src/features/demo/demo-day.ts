import { daysBetween, localDateOf, resolveLocalTime, weekOf } from '../../shared/calendar.ts';
import type { DemoPerson } from './demo-team.ts';
import { isAway } from './demo-team.ts';
import type { Activity, DemoProject, DemoTag } from './demo-work.ts';
import { demoProjects, describeWork, internalProject } from './demo-work.ts';
import type { Random } from './random.ts';
import { randomOf } from './random.ts';

/** An entry before it has ids. Instants are epoch milliseconds, whole seconds. */
export interface DemoEntry {
  project: DemoProject | null;
  description: string;
  tags: readonly DemoTag[];
  billable: boolean;
  started_at: number;
  /** Null for a timer that runs. */
  ended_at: number | null;
  local_date: string;
}

export interface DemoWorld {
  seed: number;
  /** The last local date with entries. */
  until: string;
  /** Pieces that a working day of eight hours falls into. */
  pieces_per_day: number;
}

/** Seconds after midnight, local time. */
interface Span {
  from: number;
  to: number;
}

interface Piece extends Span {
  project: DemoProject | null;
  description: string;
  tags: readonly DemoTag[];
  /** False for what is never charged, such as a meeting of the team. */
  chargeable: boolean;
}

const minute = 60;
const hour = 60 * minute;

/**
 * The entries of a person on a local date, in order and without overlap; they depend on nothing but the arguments.
 * Only the last may end after midnight, before three in the morning.
 */
export function entriesOfDay(world: DemoWorld, person: DemoPerson, date: string): DemoEntry[] {
  const days_ago = daysBetween(date, world.until) ?? 0;
  const weekday = weekdayOf(date);
  if (!isEmployed(person, days_ago) || isAway(world.seed, person, date)) return [];
  const random = randomOf(world.seed, 'day', person.index, date);
  const hours = person.habits.hours[weekday - 1] ?? 0;
  const spans = hours > 0 ? workingSpans(person, hours, random) : extraSpans(random);
  const meetings = hours > 0 ? meetingsOf(person, weekday, date) : [];
  const focus = projectsOfWeek(world, person, date, days_ago);
  const pieces = spans.flatMap((span) => {
    const inside = meetings.filter((meeting) => meeting.from >= span.from && meeting.to <= span.to);
    return [
      ...inside,
      ...freeSpans(span, inside).flatMap((free) => fill(free, world, person, focus, random)),
    ];
  });
  if (hours > 0 && person.habits.step_seconds === 1 && random.chance(0.012))
    pieces.push(nightShift(focus, random));
  return placeOnClock(pieces, person, date, random);
}

function weekdayOf(date: string): number {
  return (daysBetween(weekOf(date, 1)?.start ?? date, date) ?? 0) + 1;
}

function isEmployed(person: DemoPerson, days_ago: number): boolean {
  if (person.joined_days_ago !== undefined && days_ago > person.joined_days_ago) return false;
  return person.left_days_ago === undefined || days_ago >= person.left_days_ago;
}

/** Morning and afternoon around lunch. */
function workingSpans(person: DemoPerson, hours: number, random: Random): Span[] {
  const { starts_minute, lunch_minutes, step_seconds } = person.habits;
  const round = (seconds: number) => Math.round(seconds / step_seconds) * step_seconds;
  const start = round((starts_minute + random.between(-20, 25)) * minute + random.between(0, 59));
  const length = Math.max(hour, round(hours * hour + random.between(-35, 30) * minute));
  const morning = Math.min(length, round((12 * 60 + random.between(0, 35)) * minute - start));
  if (morning >= length || morning < hour) return [{ from: start, to: start + length }];
  const lunch = round((lunch_minutes + random.between(-8, 15)) * minute + random.between(0, 59));
  const back = start + morning + Math.max(step_seconds, lunch);
  return [
    { from: start, to: start + morning },
    { from: back, to: back + length - morning },
  ];
}

/** A day off is rarely worked on, and then for an hour or two. */
function extraSpans(random: Random): Span[] {
  if (!random.chance(0.025)) return [];
  const from = random.between(9 * 60, 17 * 60) * minute;
  return [{ from, to: from + random.between(30, 130) * minute }];
}

const internal = demoProjects.find(({ name }) => name === internalProject) ?? null;

/** What the whole team does together: stand-up in the middle of the week, planning on Mondays, looking back every other Friday. */
function meetingsOf(person: DemoPerson, weekday: number, date: string): Piece[] {
  const meeting = (description: string, at: number, minutes: number, tags: readonly DemoTag[]): Piece => ({
    ...{ from: at, to: at + minutes * minute, project: internal, description, tags, chargeable: false },
  });
  const meetings: Piece[] = [];
  if (weekday >= 2 && weekday <= 4) meetings.push(meeting('Stand-up', 10.25 * hour, 15, ['meeting']));
  if (weekday === 1) meetings.push(meeting('Planning of the week', 10.5 * hour, 60, ['meeting', 'planning']));
  const weeks = Math.floor((daysBetween('1970-01-02', date) ?? 0) / 7);
  if (weekday === 5 && weeks % 2 === 0) meetings.push(meeting('Looking back', 11 * hour, 45, ['meeting']));
  if (weekday === 4 && person.index % 2 === 0)
    meetings.push(meeting('One to one', 11 * hour, 30, ['meeting']));
  return meetings;
}

/** What a span has left beside the meetings in it. */
function freeSpans(span: Span, meetings: readonly Span[]): Span[] {
  const free: Span[] = [];
  let from = span.from;
  for (const meeting of meetings) {
    if (meeting.from > from) free.push({ from, to: meeting.from });
    from = meeting.to;
  }
  if (span.to > from) free.push({ from, to: span.to });
  return free;
}

interface Focus {
  project: DemoProject;
  activity: Activity;
  weight: number;
}

/** The few projects that somebody is busy with in a week; one of them takes most of the time. */
function projectsOfWeek(world: DemoWorld, person: DemoPerson, date: string, days_ago: number): Focus[] {
  const random = randomOf(world.seed, 'week', person.index, weekOf(date, 1)?.start ?? date);
  const possible = demoProjects
    .filter((project) => isOpen(project, days_ago))
    .flatMap((project) =>
      project.activities
        .filter((activity) => person.habits.activities.includes(activity))
        .map((activity) => ({ project, activity, weight: project.weight })),
    );
  return [6, 3, 2].map((weight) => ({ ...random.pickWeighted(possible), weight }));
}

function isOpen({ began_days_ago = Infinity, ended_days_ago = -1 }: DemoProject, days_ago: number): boolean {
  return days_ago <= began_days_ago && days_ago >= ended_days_ago;
}

const shortestPiece = 4 * minute;

/** Fills free time with pieces of work, with a short break now and then. */
function fill(
  span: Span,
  world: DemoWorld,
  person: DemoPerson,
  focus: readonly Focus[],
  random: Random,
): Piece[] {
  const { step_seconds, pace } = person.habits;
  const mean = (8 * hour) / (world.pieces_per_day * pace);
  const pieces: Piece[] = [];
  let from = span.from;
  while (span.to - from >= shortestPiece) {
    const wanted = Math.max(
      step_seconds,
      Math.round((mean * (0.4 + 1.2 * random.next())) / step_seconds) * step_seconds,
    );
    const rest = span.to - from - wanted;
    const to = rest < Math.max(shortestPiece, mean * 0.3) ? span.to : from + wanted;
    pieces.push({ from, to, chargeable: true, ...workOn(focus, random, pieces.at(-1)) });
    from =
      to +
      (random.chance(0.25) ? Math.ceil((random.between(3, 14) * minute) / step_seconds) * step_seconds : 0);
  }
  return pieces;
}

type Work = Pick<Piece, 'project' | 'description' | 'tags'>;

/** Often what was done before the break goes on, and one entry in thirty has no project. */
function workOn(focus: readonly Focus[], random: Random, before: Piece | undefined): Work {
  if (before && random.chance(0.18)) {
    return { project: before.project, description: before.description, tags: before.tags };
  }
  const { project, activity } = random.pickWeighted(focus);
  return { project: random.chance(0.03) ? null : project, ...describeWork(activity, random) };
}

/** A release late in the evening that goes on after midnight. */
function nightShift(focus: readonly Focus[], random: Random): Piece {
  const from = 22 * hour + random.between(10, 60) * minute + random.between(0, 59);
  const to = 24 * hour + random.between(15, 100) * minute + random.between(0, 59);
  const project = random.pickWeighted(focus).project;
  return { from, to, project, description: 'Release at night', tags: ['urgent'], chargeable: true };
}

/**
 * Seconds after midnight become instants. The day is anchored at five in the morning: no zone changes its clock during
 * working hours, and what goes on after midnight is as long as it took.
 */
function placeOnClock(pieces: Piece[], person: DemoPerson, date: string, random: Random): DemoEntry[] {
  if (pieces.length === 0) return [];
  const anchor = resolveLocalTime(date, { hour: 5, minute: 0 }, person.zone)?.instant_ms;
  if (anchor === undefined) return [];
  const instantOf = (seconds: number): number => anchor + (seconds - 5 * hour) * 1000;
  return pieces
    .sort((one, other) => one.from - other.from)
    .map(({ from, to, chargeable, project, description, tags }) => ({
      ...{ project, description, tags, started_at: instantOf(from), ended_at: instantOf(to) },
      billable: chargeable && project !== null && project.billable !== random.chance(0.04),
      local_date: localDateOf(instantOf(from), person.zone) ?? date,
    }));
}
