import type { Deps } from '../../deps.ts';
import { localDateOf, rangeOf } from '../../shared/calendar.ts';
import { insertNotices } from '../notices/notices.queries.ts';
import type { BudgetNotice, EstimateNotice } from '../notices/notices.ts';
import { budgetOf, reachedThreshold, useOf } from './budgets.ts';
import type { Budget } from './budgets.ts';
import type { BudgetRow, ProjectMonth } from './budgets.queries.ts';
import {
  listMonthsOfProjects,
  listUsedEstimates,
  listWatchedBudgets,
  listWatchers,
} from './budgets.queries.ts';

const projectsAtOnce = 500;

/**
 * Tells the managers of projects, and the administrators, when a budget has reached one of its thresholds: once for each
 * threshold, period and amount. Reads sums by month only, so it costs the same at a million entries.
 */
export async function noticeBudgets({
  db,
  settings,
  now,
}: Pick<Deps, 'db' | 'settings' | 'now'>): Promise<void> {
  const { currency, time_zone } = await settings.read();
  const today = localDateOf(now(), time_zone) ?? '1970-01-01';
  for (let after = 0; ;) {
    const rows = await listWatchedBudgets(db, { after, limit: projectsAtOnce });
    const months = Map.groupBy(
      await listMonthsOfProjects(
        db,
        rows.map(({ id }) => id),
      ),
      ({ project_id }) => project_id,
    );
    const reached = rows.flatMap((row) => reachedBy(row, months.get(row.id) ?? [], { currency, today }));
    if (reached.length > 0) await tellWatchers(db, reached, now());
    const last = rows.at(-1);
    if (!last || rows.length < projectsAtOnce) return;
    after = last.id;
  }
}

/** Percentages of a task's estimate that are told of. */
const estimateThresholds = [80, 100] as const;

/** Tells the same people when the time on an open task has reached most of its estimate, and all of it. */
export async function noticeEstimates({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<void> {
  for (let after = 0; ;) {
    const [percent] = estimateThresholds;
    const rows = await listUsedEstimates(db, { after, limit: projectsAtOnce, percent });
    const reached = rows.map(({ id, project_id, estimate_seconds, seconds }): Reached => {
      const used = Math.floor((seconds * 100) / estimate_seconds);
      const threshold = estimateThresholds.findLast((one) => used >= one) ?? percent;
      const once_key = `estimate:${id}:${threshold}:${estimate_seconds}`;
      return { kind: 'estimate', once_key, notice: { task_id: id, project_id, threshold, percent: used } };
    });
    if (reached.length > 0) await tellWatchers(db, reached, now());
    const last = rows.at(-1);
    if (!last || rows.length < projectsAtOnce) return;
    after = last.id;
  }
}

type Reached = { once_key: string } & (
  { kind: 'budget'; notice: BudgetNotice } | { kind: 'estimate'; notice: EstimateNotice }
);

function reachedBy(
  row: BudgetRow,
  months: readonly ProjectMonth[],
  { currency, today }: { currency: string; today: string },
): Reached[] {
  const budget = budgetOf(row, row.client_currency ?? currency);
  if (!budget) return [];
  return watchedDays(budget, today).flatMap((day): Reached[] => {
    const { percent } = useOf(budget, months, day);
    const threshold = reachedThreshold(budget, percent);
    if (threshold === undefined) return [];
    const month = budget.period === 'monthly' ? day.slice(0, 7) : null;
    const once_key = onceKey(row.id, { budget, month, threshold });
    return [{ kind: 'budget', once_key, notice: { project_id: row.id, threshold, percent, month } }];
  });
}

/** Of a month's budget the month before as well: its last days are often booked when it is over. */
function watchedDays({ period }: Budget, today: string): string[] {
  const before = period === 'monthly' ? rangeOf('last_month', today, 1)?.to : undefined;
  return before === undefined ? [today] : [before, today];
}

/** The amount is part of it: a budget that was raised can be used up once more. */
const onceKey = (
  project_id: number,
  { budget, month, threshold }: { budget: Budget; month: string | null; threshold: number },
): string =>
  `budget:${project_id}:${month ?? 'total'}:${threshold}:${budget.kind === 'hours' ? 'hours' : budget.currency}:${budget.amount}`;

async function tellWatchers(db: Deps['db'], reached: readonly Reached[], now: number): Promise<void> {
  const watchers = Map.groupBy(
    await listWatchers(
      db,
      reached.map(({ notice }) => notice.project_id),
    ),
    ({ project_id }) => project_id,
  );
  const rows = reached.flatMap(({ kind, once_key, notice }) => {
    const people = new Set((watchers.get(notice.project_id) ?? []).map(({ user_id }) => user_id));
    return [...people].map((user_id) => ({
      ...{ user_id, kind, once_key, content: JSON.stringify(notice), created_at: now },
    }));
  });
  // A statement takes only so many values.
  for (let start = 0; start < rows.length; start += 500)
    await insertNotices(db, rows.slice(start, start + 500));
}
