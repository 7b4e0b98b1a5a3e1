import type { Db } from '../../db/connect.ts';
import { daysBetween, rangeOf } from '../../shared/calendar.ts';
import { burnDownOf } from '../budgets/burn-down.ts';
import type { BurnDown, BurnPoint } from '../budgets/burn-down.ts';
import { budgetOf, forecastOf, usedBy, useOf } from '../budgets/budgets.ts';
import type { Budget, BudgetUse, Forecast, MonthSums } from '../budgets/budgets.ts';
import { listProjectDays } from '../budgets/budgets.queries.ts';
import type { ProjectRow } from './projects.queries.ts';

/** How a project stands against its budget, for the people who manage it. */
export interface BudgetView {
  budget: Budget;
  use: BudgetUse;
  forecast: Forecast;
  burn_down: BurnDown | undefined;
}

interface BudgetWorld {
  project: ProjectRow;
  /** Of everybody. */
  months: readonly MonthSums[];
  own_currency: string;
  today: string;
}

/** @returns null for a project without a budget. */
export async function viewBudget(db: Db, world: BudgetWorld): Promise<BudgetView | null> {
  const { project, months, own_currency, today } = world;
  const budget = budgetOf(project, project.client_currency ?? own_currency);
  if (!budget) return null;
  const forecast = forecastOf(budget, months, { today, due_date: project.due_date });
  const drawn = await pointsOf(db, budget, world);
  const burn_down = burnDownOf({
    ...drawn,
    amount: budget.amount,
    due_date: budget.period === 'total' ? project.due_date : null,
    ends: forecast.says === 'ends' ? forecast.date : null,
  });
  return { budget, use: useOf(budget, months, today), forecast, burn_down };
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
  const first = months[0];
  const begins = first === undefined ? today : `${first.month}-01`;
  const from = project.start_date !== null && project.start_date < begins ? project.start_date : begins;
  if ((daysBetween(from, today) ?? 0) <= daysAtMost)
    return { points: await dayPoints(db, budget, project.id, { from, to: today, today }), from, until: null };
  return { points: monthPoints(budget, months, today), from, until: null };
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
