import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { visibleSums } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { entryAmount } from '../rates/entry-amounts.queries.ts';

export interface WorkMonth {
  month: string;
  currency: string;
  cost_currency: string;
  seconds: number;
  billable_seconds: number;
  amount_cents: number;
  cost_cents: number;
}

/** Which projects are summed: one, or all of a client. */
export type SummedWork = { project_id: number } | { client_id: number };

const ofWork = (work: SummedWork) =>
  'project_id' in work
    ? sql<boolean>`work_months.project_id = ${work.project_id}`
    : sql<boolean>`work_months.project_id in (select id from projects where client_id = ${work.client_id})`;

/** Finished time by month, as far as the viewer sees it: few rows, whatever the entries. */
export async function listWorkMonths(db: Db, viewer: Viewer, work: SummedWork): Promise<WorkMonth[]> {
  return db
    .selectFrom('work_months')
    .select(['month', 'currency', 'cost_currency'])
    .select([
      sql<number>`sum(seconds)`.as('seconds'),
      sql<number>`sum(billable_seconds)`.as('billable_seconds'),
      sql<number>`sum(amount_cents)`.as('amount_cents'),
      sql<number>`sum(cost_cents)`.as('cost_cents'),
    ])
    .where(ofWork(work))
    .where('entries', '>', 0)
    .where(visibleSums(viewer))
    .groupBy(['month', 'currency', 'cost_currency'])
    .orderBy('month')
    .execute();
}

export interface PersonTime {
  user_id: number;
  name: string;
  deactivated_at: number | null;
  total_seconds: number;
  month_seconds: number;
}

/** The people with the most time, as far as the viewer sees it. @param month - 'YYYY-MM', the current one. */
export async function listWorkPeople(
  db: Db,
  viewer: Viewer,
  { work, month }: { work: SummedWork; month: string },
): Promise<PersonTime[]> {
  return db
    .selectFrom('work_months')
    .innerJoin('users', 'users.id', 'work_months.user_id')
    .select(['work_months.user_id', 'users.name', 'users.deactivated_at'])
    .select([
      sql<number>`sum(seconds)`.as('total_seconds'),
      sql<number>`sum(case when month = ${month} then seconds else 0 end)`.as('month_seconds'),
    ])
    .where(ofWork(work))
    .where('entries', '>', 0)
    .where(visibleSums(viewer))
    .groupBy(['work_months.user_id', 'users.name', 'users.deactivated_at'])
    .orderBy('total_seconds', 'desc')
    .orderBy('work_months.user_id')
    .limit(50)
    .execute();
}

export interface ProjectMonth {
  project_id: number;
  month: string;
  currency: string;
  seconds: number;
  amount_cents: number;
}

/** Finished time of some projects by month, of everybody: what budgets are held against. */
export async function listMonthsOfProjects(db: Db, ids: readonly number[]): Promise<ProjectMonth[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('work_months')
    .select(['project_id', 'month', 'currency'])
    .select([sql<number>`sum(seconds)`.as('seconds'), sql<number>`sum(amount_cents)`.as('amount_cents')])
    .where('project_id', 'in', [...ids])
    .groupBy(['project_id', 'month', 'currency'])
    .execute();
}

export interface DayUse {
  local_date: string;
  currency: string;
  seconds: number;
  amount_cents: number;
}

/** Finished time of a project by day, of everybody; for ranges of a few weeks. */
export async function listProjectDays(
  db: Db,
  project_id: number,
  { from, to }: { from: string; to: string },
): Promise<DayUse[]> {
  return db
    .selectFrom('entries')
    .select('local_date')
    .select([
      sql<string>`coalesce(currency, '')`.as('currency'),
      sql<number>`sum((ended_at - started_at) / 1000)`.as('seconds'),
      sql<number>`sum(${entryAmount(sql`coalesce(rate_cents, 0)`)})`.as('amount_cents'),
    ])
    .where('project_id', '=', project_id)
    .where('local_date', '>=', from)
    .where('local_date', '<=', to)
    .where('ended_at', 'is not', null)
    .groupBy(['local_date', sql`coalesce(currency, '')`])
    .orderBy('local_date')
    .execute();
}

/** The first day with finished time of a project; undefined without any. */
export async function findFirstDay(db: Db, project_id: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('entries')
    .select('local_date')
    .where('project_id', '=', project_id)
    .where('ended_at', 'is not', null)
    .orderBy('local_date')
    .limit(1)
    .executeTakeFirst();
  return row?.local_date;
}

export interface BudgetRow {
  id: number;
  name: string;
  budget_period: 'total' | 'monthly';
  budget_seconds: number | null;
  budget_cents: number | null;
  budget_currency: string | null;
  budget_thresholds: string;
  client_currency: string | null;
}

/** Projects after an id that have a budget which somebody wants to be told about. */
export async function listWatchedBudgets(
  db: Db,
  { after, limit }: { after: number; limit: number },
): Promise<BudgetRow[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'budget_period', 'budget_seconds', 'budget_cents'])
    .select(['budget_currency', 'budget_thresholds', 'clients.currency as client_currency'])
    .where('projects.id', '>', after)
    .where('projects.archived_at', 'is', null)
    .where('budget_thresholds', '<>', '')
    .where((where) =>
      where.or([where('budget_seconds', 'is not', null), where('budget_cents', 'is not', null)]),
    )
    .orderBy('projects.id')
    .limit(limit)
    .execute();
}

export interface EstimateRow {
  id: number;
  project_id: number;
  estimate_seconds: number;
  /** Finished time of everybody. */
  seconds: number;
}

/** Tasks after an id that are open and have used at least that much of their estimate. */
export async function listUsedEstimates(
  db: Db,
  { after, limit, percent }: { after: number; limit: number; percent: number },
): Promise<EstimateRow[]> {
  return db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .innerJoin('task_times', 'task_times.task_id', 'tasks.id')
    .select(['tasks.id', 'tasks.project_id', 'tasks.estimate_seconds'])
    .select(sql<number>`sum(task_times.seconds)`.as('seconds'))
    .where('tasks.id', '>', after)
    .where('tasks.estimate_seconds', 'is not', null)
    .where('tasks.status', '<>', 'done')
    .where('tasks.archived_at', 'is', null)
    .where('projects.archived_at', 'is', null)
    .groupBy(['tasks.id', 'tasks.project_id', 'tasks.estimate_seconds'])
    .having(sql<boolean>`sum(task_times.seconds) * 100 >= tasks.estimate_seconds * ${percent}`)
    .orderBy('tasks.id')
    .limit(limit)
    .$narrowType<{ estimate_seconds: number }>()
    .execute();
}

/** Who is told about these projects: their managers, and the administrators. */
export async function listWatchers(
  db: Db,
  project_ids: readonly number[],
): Promise<{ project_id: number; user_id: number }[]> {
  const managers = await db
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .select(['project_id', 'user_id'])
    .where('project_id', 'in', [...project_ids])
    .where('is_manager', '=', 1)
    .where('deactivated_at', 'is', null)
    .execute();
  const administrators = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .where('is_placeholder', '=', 0)
    .execute();
  return [
    ...managers,
    ...project_ids.flatMap((project_id) => administrators.map(({ id }) => ({ project_id, user_id: id }))),
  ];
}
