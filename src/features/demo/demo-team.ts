import { addDays, weekOf } from '../../shared/calendar.ts';
import type { Activity } from './demo-work.ts';
import { randomOf } from './random.ts';

/** Who works in the made-up team, and when. */

export interface Habits {
  activities: readonly Activity[];
  /** Hours of a working day by ISO weekday, Monday first; 0 is a day off. */
  hours: readonly [number, number, number, number, number, number, number];
  /** Minutes after midnight at which a day usually begins. */
  starts_minute: number;
  lunch_minutes: number;
  /** Times are booked in steps of so many seconds: 1 for a timer, 900 for somebody who fills in quarters of an hour. */
  step_seconds: number;
  /** Pieces that a day of eight hours falls into, relative to the team's. */
  pace: number;
}

export interface DemoPerson {
  /** Part of the key of everything random about the person. */
  index: number;
  zone: string;
  habits: Habits;
  joined_days_ago?: number;
  left_days_ago?: number;
}

const fullTime = [8, 8, 8, 8, 7, 0, 0] as const;

const kinds: readonly Habits[] = [
  {
    activities: ['advice', 'office', 'development'],
    hours: fullTime,
    starts_minute: 510,
    lunch_minutes: 45,
    step_seconds: 1,
    pace: 1.2,
  },
  {
    activities: ['development', 'office'],
    hours: [8, 8, 8, 8, 8, 0, 0],
    starts_minute: 555,
    lunch_minutes: 40,
    step_seconds: 1,
    pace: 1,
  },
  {
    activities: ['design', 'writing', 'office'],
    hours: fullTime,
    starts_minute: 525,
    lunch_minutes: 60,
    step_seconds: 300,
    pace: 0.9,
  },
  {
    activities: ['development', 'office'],
    hours: [8, 8, 0, 8, 8, 0, 0],
    starts_minute: 480,
    lunch_minutes: 30,
    step_seconds: 60,
    pace: 1,
  },
  {
    activities: ['writing', 'advice', 'office'],
    hours: [5, 5, 5, 5, 0, 0, 0],
    starts_minute: 500,
    lunch_minutes: 30,
    step_seconds: 900,
    pace: 1,
  },
  {
    activities: ['development', 'design'],
    hours: [6, 6, 6, 6, 6, 0, 0],
    starts_minute: 600,
    lunch_minutes: 45,
    step_seconds: 1,
    pace: 1.1,
  },
];

const zones = [
  'Europe/Berlin',
  'Europe/Berlin',
  'Europe/Lisbon',
  'Europe/Berlin',
  'America/New_York',
] as const;
const firstNames = [
  'Mara',
  'Jonas',
  'Priya',
  'Tom',
  'Leonie',
  'Samuel',
  'Yara',
  'Henrik',
  'Chiara',
  'Björn',
  'Noor',
  'Felix',
  'Zoë',
  'Daniel',
  'Ayşe',
  'Oskar',
  'Hannah',
  'Mateo',
  'Greta',
  'Kofi',
];
const lastNames = [
  'Lindqvist',
  'Weber',
  'Raman',
  'Hollis',
  'Brandt',
  'Okafor',
  'Haddad',
  'Sørensen',
  'Moretti',
  'Castell',
  'Ferro',
  'Vogel',
];

/** Most people a made-up team can have: every name once. */
export const mostPeople = firstNames.length * lastNames.length;

/** Name and address of the person with that index, from 1; 0 is the administrator. */
export function nameOfPerson(index: number): { name: string; email: string } {
  const place = (index - 1) % firstNames.length;
  const round = Math.floor((index - 1) / firstNames.length);
  const first = firstNames[place] ?? '';
  // Each round shifts the last names by one, so that no name comes twice.
  const last = lastNames[(place + round) % lastNames.length] ?? '';
  const local = `${first}.${last}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return { name: `${first} ${last}`, email: `${local.replace('ø', 'o').replace('ş', 's')}@example.com` };
}

/** Habits, zone and time in the team of the person with that index. */
export function personOfTeam(index: number, zone?: string): DemoPerson {
  const place = index % kinds.length;
  return {
    index,
    zone: zone ?? zones[index % zones.length] ?? 'UTC',
    habits: kinds[place] as Habits,
    ...(place === 4 && index > 0 ? { joined_days_ago: 300 } : {}),
    ...(place === 5 ? { left_days_ago: 75 } : {}),
  };
}

const closedDays = new Set(['01-01', '05-01', '10-03', '12-24', '12-25', '12-26', '12-31']);

/** True on public holidays of fixed date, and while the person is on holiday or ill. */
export function isAway(seed: number, person: DemoPerson, date: string): boolean {
  if (closedDays.has(date.slice(5))) return true;
  if (randomOf(seed, 'ill', person.index, date).chance(0.02)) return true;
  const monday = weekOf(date, 1)?.start ?? date;
  return holidayWeeks(seed, person.index, monday.slice(0, 4)).has(monday);
}

const knownHolidays = new Map<string, ReadonlySet<string>>();

/** Mondays of the five weeks a person is away in a year: two in summer, one in spring, autumn and winter each. */
function holidayWeeks(seed: number, index: number, year: string): ReadonlySet<string> {
  const key = `${seed}|${index}|${year}`;
  const known = knownHolidays.get(key);
  if (known) return known;
  const random = randomOf('holiday', key);
  const summer = `${year}-07-01`;
  const days = [
    addDays(`${year}-02-01`, random.between(0, 80)),
    addDays(summer, 7 * random.between(0, 8)),
    addDays(`${year}-10-01`, random.between(0, 40)),
    `${year}-12-27`,
  ].flatMap((day) => (day === undefined ? [] : [day]));
  days.push(addDays(days[1] ?? summer, 7) ?? summer);
  const weeks = new Set(days.map((day) => weekOf(day, 1)?.start ?? day));
  if (knownHolidays.size > 5_000) knownHolidays.clear();
  knownHolidays.set(key, weeks);
  return weeks;
}
