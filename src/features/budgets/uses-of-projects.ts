import type { Db } from '../../db/connect.ts';
import { budgetOf, useOf } from './budgets.ts';
import type { BudgetColumns, BudgetUse } from './budgets.ts';
import { listMonthsOfProjects } from './budgets.queries.ts';

interface ListedWork extends BudgetColumns {
  id: number;
  /** 1 where the viewer manages it. */
  is_managed: number;
}

/**
 * How far the budgets of a list's projects are used, by id, where the viewer manages them; one statement for all.
 *
 * @param of - `currencyOf`: of a project without its client's own; `today`: local date.
 */
export async function usesOfProjects<Row extends ListedWork>(
  db: Db,
  rows: readonly Row[],
  { currencyOf, today }: { currencyOf: (row: Row) => string; today: string },
): Promise<Map<number, BudgetUse>> {
  const watched = rows.flatMap((row) => {
    const budget = row.is_managed === 1 ? budgetOf(row, currencyOf(row)) : null;
    return budget ? [{ id: row.id, budget }] : [];
  });
  const months = await listMonthsOfProjects(
    db,
    watched.map(({ id }) => id),
  );
  const by_project = Map.groupBy(months, ({ project_id }) => project_id);
  return new Map(watched.map(({ id, budget }) => [id, useOf(budget, by_project.get(id) ?? [], today)]));
}
