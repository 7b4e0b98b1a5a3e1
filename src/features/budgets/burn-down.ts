import { addDays, daysBetween } from '../../shared/calendar.ts';

/** The chart of what is left of a budget: pure geometry, in percent of the drawing. */

export interface BurnPoint {
  /** The last day that is counted. */
  date: string;
  used: number;
}

export interface BurnDown {
  /** What is left, over time; a polyline's points. */
  line: string;
  /** From full to empty between start and due date, or the end of the month; null without both. */
  ideal: string | null;
  /** From today on, as it went lately; null where that cannot be told. */
  forecast: string | null;
  /** Where zero is: below it the budget is overdrawn. */
  zero_y: number;
  from: string;
  to: string;
  points: (BurnPoint & { left: number })[];
}

interface BurnInput {
  amount: number;
  /** By date, the used sum so far. */
  points: readonly BurnPoint[];
  from: string;
  /** The last day of the drawing, when it is later than everything else. */
  until: string | null;
  due_date: string | null;
  /** When the budget would be used up; null when that is not foreseen. */
  ends: string | null;
  /** What would be left then, of a month's budget that lasts to its end; nothing when it is not said. */
  left_at_end?: number;
}

/** The geometry of a burn-down. @returns undefined when there is nothing to draw. */
export function burnDownOf(input: BurnInput): BurnDown | undefined {
  const { amount, points, from, until, due_date, ends, left_at_end = 0 } = input;
  const last = points.at(-1);
  if (!last || amount <= 0) return undefined;
  // A budget that lasts for years would press what happened so far into a corner.
  const horizon = addDays(last.date, Math.max(30, 2 * (daysBetween(from, last.date) ?? 0))) ?? last.date;
  const shown_end = ends !== null && ends < horizon ? ends : null;
  const to = [last.date, until, due_date, shown_end].reduce<string>(
    (latest, date) => (date !== null && date > latest ? date : latest),
    last.date,
  );
  const days = Math.max(1, daysBetween(from, to) ?? 1);
  const lowest = Math.min(0, ...points.map(({ used }) => amount - used));
  const x = (date: string): number => round(((daysBetween(from, date) ?? 0) * 100) / days);
  const y = (left: number): number => round(((amount - left) * 100) / (amount - lowest));
  const at = (date: string, left: number): string => `${x(date)},${y(left)}`;
  const left_now = amount - last.used;
  return {
    line: [at(from, amount), ...points.map(({ date, used }) => at(date, amount - used))].join(' '),
    ideal: due_date !== null && due_date > from ? `${at(from, amount)} ${at(due_date, 0)}` : null,
    forecast:
      ends === null || left_now <= 0 || ends <= last.date
        ? null
        : `${at(last.date, left_now)} ${at(to < ends ? to : ends, leftOn(to, { ends, last, left_now, left_at_end }))}`,
    zero_y: y(0),
    from,
    to,
    points: points.map((point) => ({ ...point, left: amount - point.used })),
  };
}

/** What is left where the drawing ends, on the way to what is foreseen. */
function leftOn(
  to: string,
  {
    ends,
    last,
    left_now,
    left_at_end,
  }: { ends: string; last: BurnPoint; left_now: number; left_at_end: number },
): number {
  if (to >= ends) return left_at_end;
  const whole = daysBetween(last.date, ends) ?? 1;
  return left_now - ((left_now - left_at_end) * (daysBetween(last.date, to) ?? 0)) / Math.max(1, whole);
}

const round = (value: number): number => Math.round(value * 100) / 100;
