import { addDays, localDateOf } from '../../shared/calendar.ts';
import type { DemoEntry, DemoWorld } from './demo-day.ts';
import { entriesOfDay } from './demo-day.ts';
import type { DemoPerson } from './demo-team.ts';
import { randomOf } from './random.ts';

/** Why demo data cannot be made; the message is for the person at the terminal. */
export class DemoError extends Error {}

/** A person of the team as the database knows them. */
export interface Teammate extends DemoPerson {
  user_id: number;
  /** Local dates that hold entries already and are left alone. */
  booked_dates: ReadonlySet<string>;
  /** Leaves a timer running on the last day. */
  keeps_running: boolean;
}

export interface OwnedEntry extends DemoEntry {
  user_id: number;
  zone: string;
}

export interface DemoPlan extends DemoWorld {
  team: readonly Teammate[];
  /** Nothing is later than this instant. */
  moment: number;
  from: string;
  /** Entries of the first days that are left out, so that the number is exact. */
  skipped: number;
}

const usualDays = 548;
const usualPiecesPerDay = 2.5;
const mostPiecesPerDay = 16;
const earliestDate = '1990-01-01';

/** How finely days are cut so that a wanted number of entries fits into the usual history, if it can. */
export function piecesPerDay(entries: number | undefined, people: number): number {
  if (entries === undefined) return usualPiecesPerDay;
  // About half of all days are worked on: weekends, holidays, part time.
  const wanted = entries / (people * usualDays * 0.5);
  return Math.min(mostPiecesPerDay, Math.max(usualPiecesPerDay, wanted));
}

/**
 * Finds the first day: a year and a half back, or as far back as the wanted number of entries needs.
 *
 * @throws DemoError when so few people cannot have booked so much.
 */
export function planHistory(
  world: Omit<DemoPlan, 'from' | 'skipped'>,
  entries: number | undefined,
): DemoPlan {
  if (entries === undefined) {
    return { ...world, from: addDays(world.until, -usualDays) ?? earliestDate, skipped: 0 };
  }
  let date = world.until;
  let found = 0;
  for (;;) {
    for (const person of world.team) found += entriesOf(world, person, date).length;
    if (found >= entries) return { ...world, from: date, skipped: found - entries };
    date = addDays(date, -1) ?? earliestDate;
    if (date <= earliestDate) {
      throw new DemoError(
        `${world.team.length} people cannot have booked ${entries} entries; ask for more --people`,
      );
    }
  }
}

/** Every entry of a plan, day by day. */
export function* entriesOfPlan(plan: DemoPlan): Generator<OwnedEntry> {
  let left_out = 0;
  for (let date = plan.from; date <= plan.until; date = addDays(date, 1) ?? '9999') {
    for (const person of plan.team) {
      for (const entry of entriesOf(plan, person, date)) {
        left_out += 1;
        if (left_out > plan.skipped) yield { ...entry, user_id: person.user_id, zone: person.zone };
      }
    }
  }
}

function entriesOf(plan: Pick<DemoPlan, 'moment'> & DemoWorld, person: Teammate, date: string): DemoEntry[] {
  if (person.booked_dates.has(date)) return [];
  const latest = person.keeps_running ? runningSince(plan, person) : plan.moment;
  const entries = entriesOfDay(plan, person, date).filter(
    ({ ended_at }) =>
      ended_at !== null &&
      ended_at <= latest &&
      !person.booked_dates.has(localDateOf(ended_at, person.zone) ?? date),
  );
  if (!person.keeps_running || date !== plan.until) return entries;
  return [...entries, runningTimer(entries.at(-1), latest, person, date)];
}

const minuteMs = 60_000;

/** A timer that runs was started at most an hour ago, and nothing of the person's ends later. */
function runningSince(plan: Pick<DemoPlan, 'moment'> & DemoWorld, person: Teammate): number {
  const minutes = randomOf(plan.seed, 'running', person.index).between(11, 55);
  return Math.floor(plan.moment / 1000) * 1000 - minutes * minuteMs;
}

/** What was done last goes on. */
function runningTimer(
  last: DemoEntry | undefined,
  started_at: number,
  person: Teammate,
  date: string,
): DemoEntry {
  return {
    project: last?.project ?? null,
    description: last?.description || 'Plan the next days',
    tags: [],
    billable: last?.billable ?? false,
    started_at,
    ended_at: null,
    local_date: localDateOf(started_at, person.zone) ?? date,
  };
}
