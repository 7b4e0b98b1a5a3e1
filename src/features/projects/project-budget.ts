import type { Db } from '../../db/connect.ts';
import { addDays, daysBetween, rangeOf } from '../../shared/calendar.ts';
import { burnDownOf } from '../budgets/burn-down.ts';
import type { BurnDown, BurnPoint } from '../budgets/burn-down.ts';
import { budgetOf, forecastOf, uncountedBy, usedBy, useOf } from '../budgets/budgets.ts';
import type { Budget, BudgetUse, Forecast, MonthSums, Uncounted } from '../budgets/budgets.ts';
import { findFirstDay, listProjectDays } from '../budgets/budgets.queries.ts';
import type { ProjectRow } from './projects.queries.ts';

/** How a project stands against its budget, for the people who manage it. */
export interface BudgetView {
  budget: Budget;
  use: BudgetUse;
  uncounted: Uncounted;
  forecast: Forecast;
  burn_down: BurnDown | undefined;
}

interface BudgetWorld {
  project: ProjectRow;
  /** Of everybody, the earliest first. */
  months: readonly (MonthSums & { billable_seconds: number })[];
  own_currency: string;
  today: string;
}

/** @returns null for a project without a budget. */
export async function viewBudget(db: Db, world: BudgetWorld): Promise<BudgetView | null> {
  const { project, months, own_currency, today } = world;
  const budget = budgetOf(project, project.client_currency ?? own_currency);
  if (!budget) return null;
  const forecast = await foresee(db, budget, world);
  const drawn = await pointsOf(db, budget, world);
  const use = useOf(budget, months, today);
  const burn_down = burnDownOf({
    ...drawn,
    amount: budget.amount,
    due_date: budget.period === 'total' ? project.due_date : drawn.until,
    ...foreseenEnd(budget, { forecast, left: use.left, today, until: drawn.until }),
  });
  const uncounted = uncountedBy(budget, months, today);
  return { budget, use, uncounted, forecast, burn_down };
}

/** Where the line of the forecast ends: when nothing is left, or with what is left when the month ends. */
function foreseenEnd(
  { amount }: Budget,
  { forecast, left, today, until }: { forecast: Forecast; left: number; today: string; until: string | null },
): { ends: string | null; left_at_end?: number } {
  if (forecast.says === 'ends') return { ends: forecast.date };
  if (forecast.says !== 'month' || until === null) return { ends: null };
  const left_at_end = amount - (amount * forecast.percent) / 100;
  if (left_at_end >= 0) return { ends: until, left_at_end };
  const days = Math.floor(((daysBetween(today, until) ?? 0) * left) / (left - left_at_end));
  return { ends: addDays(today, days) ?? null };
}

async function foresee(db: Db, budget: Budget, { project, months, today }: BudgetWorld): Promise<Forecast> {
  if (project.archived_at !== null) return { says: 'archived' };
  const last_month = rangeOf('last_month', today, 1)?.from.slice(0, 7) ?? '';
  const first = months[0]?.month;
  // Long before the days whose pace counts, the very first one does not matter.
  const begun = first !== undefined && first >= last_month ? await findFirstDay(db, project.id) : undefined;
  return forecastOf(budget, months, { today, due_date: project.due_date, begun: begun ?? null });
}

/** A project this young is drawn by days, an older one by months. */
const daysAtMost = 62;

/** What was used so far: by days within a month's budget and in young projects, else by months. */
async function pointsOf(
  db: Db,
  budget: Budget,
  { project, months, today }: BudgetWorld,
): Promise<{ points: BurnPoint[]; from: string; until: string | null }> {
  const month = rangeOf('this_month', today, 1) ?? { from: today, to: today };
  if (budget.period === 'monthly')
    return {
      points: await dayPoints(db, budget, project.id, { ...month, today }),
      from: month.from,
      until: month.to,
    };
  const first = months[0] === undefined ? today : `${months[0].month}-01`;
  const from = [first, project.start_date ?? today, today].sort()[0] ?? today;
  if ((daysBetween(from, today) ?? 0) > daysAtMost)
    return { points: monthPoints(budget, months, today), from, until: null };
  // Months begin on their first day, work does not.
  const begun = (await findFirstDay(db, project.id)) ?? today;
  const start = [begun, project.start_date ?? today, today].sort()[0] ?? today;
  // Time that is booked ahead is used as well.
  const to = rangeOf('this_month', `${months.at(-1)?.month ?? today.slice(0, 7)}-01`, 1)?.to ?? today;
  const days = { from: start, to: to > today ? to : today, today };
  return { points: await dayPoints(db, budget, project.id, days), from: start, until: null };
}

async function dayPoints(
  db: Db,
  budget: Budget,
  project_id: number,
  { from, to, today }: { from: string; to: string; today: string },
): Promise<BurnPoint[]> {
  const days = await listProjectDays(db, project_id, { from, to });
  const by_date = Map.groupBy(days, ({ local_date }) => local_date);
  const points: BurnPoint[] = [];
  let used = 0;
  for (const [date, rows] of by_date) {
    used += usedBy(
      budget,
      rows.map((row) => ({ ...row, month: '' })),
    );
    points.push({ date, used });
  }
  return upToToday(points, used, today);
}

function monthPoints(budget: Budget, months: readonly MonthSums[], today: string): BurnPoint[] {
  const points: BurnPoint[] = [];
  let used = 0;
  for (const [month, rows] of Map.groupBy(months, (row) => row.month)) {
    used += usedBy(budget, rows);
    const end = rangeOf('this_month', `${month}-01`, 1)?.to ?? today;
    points.push({ date: end > today && month <= today.slice(0, 7) ? today : end, used });
  }
  return upToToday(points, used, today);
}

/** The line goes on to today, also when nothing was booked lately. */
function upToToday(points: BurnPoint[], used: number, today: string): BurnPoint[] {
  const last = points.at(-1);
  return last !== undefined && last.date >= today ? points : [...points, { date: today, used }];
}
