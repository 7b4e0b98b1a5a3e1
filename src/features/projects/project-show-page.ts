import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { findEntryScope, managesProject } from '../access/access.queries.ts';
import { listWorkMonths, listWorkPeople } from '../budgets/budgets.queries.ts';
import type { PersonTime, WorkMonth } from '../budgets/budgets.queries.ts';
import { figuresOf } from '../budgets/figures.ts';
import { nameRates } from '../rates/rate-names.ts';
import { listMemberRates } from '../rates/rate-places.queries.ts';
import { scopeText } from '../rates/rates.ts';
import { listRates } from '../rates/rates.queries.ts';
import { listOpenTasks } from '../tasks/open-tasks.ts';
import { currentRanges } from '../work/current-ranges.ts';
import { firstPage } from '../work/list-query.ts';
import { viewBudget } from './project-budget.ts';
import { isFavourite, listMembers } from './project-people.queries.ts';
import type { Member } from './project-people.queries.ts';
import { listRecentEntries, noTime, sumProjectTime } from './projects.queries.ts';
import type { ProjectRow } from './projects.queries.ts';

interface ProjectPageState {
  project: ProjectRow;
  /** Why it stays as it is. */
  refused?: string;
}

/** The page of a project; what costs money or is other people's is only for those who manage it. */
export async function showProjectPage(
  deps: Deps,
  req: Request,
  res: Response,
  { project, refused }: ProjectPageState,
): Promise<void> {
  const person = personOf(res);
  const { db } = deps;
  const may_manage = await managesProject(db, person, project.id);
  const scope = await findEntryScope(db, person);
  const ranges = currentRanges(person, deps.now());
  const today = localDateOf(deps.now(), person.time_zone) ?? '1970-01-01';
  const seconds = await sumProjectTime(db, { ids: [project.id], viewer: person, scope, ...ranges });
  const months = await listWorkMonths(db, person, { project_id: project.id });
  const data = {
    title: project.name,
    may_manage,
    may_price: may_manage,
    sees_everybody: may_manage,
    project,
    today,
    is_favourite: await isFavourite(db, person.id, project.id),
    seconds: seconds.get(project.id) ?? noTime,
    entries: await listRecentEntries(db, project.id, scope),
    tasks: await listOpenTasks(db, person, { work: { project_id: project.id }, today }),
    report_href: `/reports/summary?from=${ranges.month.from}&to=${ranges.month.to}&project_id=${project.id}`,
    refused: refused ?? null,
    managed: may_manage ? await managedData(deps, res, { project, months, today }) : null,
  };
  await deps.page(req, res, 'projects/show', data, refused === undefined ? 200 : 422);
}

/** Money, budget, people and rates. */
async function managedData(
  deps: Deps,
  res: Response,
  { project, months, today }: { project: ProjectRow; months: WorkMonth[]; today: string },
) {
  const { db } = deps;
  const { currency: own_currency } = await deps.settings.read();
  const figures = figuresOf(months, today.slice(0, 7));
  const members = await listMembers(db, project.id, firstPage);
  const work = { project_id: project.id };
  const booked = await listWorkPeople(db, personOf(res), { work, month: today.slice(0, 7) });
  const member_rates = await listMemberRates(db, project.id, ratesShown + 1);
  const own_rates = await listRates(db, [scopeText({ level: 'project', project_id: project.id })]);
  return {
    figures,
    people: peopleOf(booked, members),
    rates: await nameRates(db, [...own_rates, ...member_rates.slice(0, ratesShown)], res.locals.functions.t),
    has_more_rates: member_rates.length > ratesShown,
    ...(await viewBudgetPage(deps, res, { project, months, own_currency, today })),
  };
}

/** Rates of single people that the page of a project lists; all are on that of its members. */
const ratesShown = 20;

/** The first of those with time on the project or a place in it. */
function peopleOf(booked: readonly PersonTime[], members: readonly Member[]) {
  const managers = new Set(members.filter((member) => member.is_manager === 1).map(({ user_id }) => user_id));
  const with_time = new Set(booked.map(({ user_id }) => user_id));
  const without_time = members
    .filter(({ user_id }) => !with_time.has(user_id))
    .map(({ is_manager: _, ...person }) => ({ ...person, total_seconds: 0, month_seconds: 0 }));
  return [...booked, ...without_time]
    .slice(0, 50)
    .map((person) => ({ ...person, is_manager: managers.has(person.user_id) }));
}

async function viewBudgetPage(
  deps: Deps,
  res: Response,
  world: { project: ProjectRow; months: WorkMonth[]; own_currency: string; today: string },
) {
  const view = await viewBudget(deps.db, world);
  if (!view) return { budget: null };
  const { duration, money } = res.locals.functions;
  const { budget } = view;
  const billed_in = world.project.client_currency ?? world.own_currency;
  const amount = (value: number): string =>
    budget.kind === 'hours'
      ? `${value < 0 ? '−' : ''}${duration(Math.abs(value))}`
      : money(value, budget.currency);
  return {
    budget: {
      ...view,
      // Booked in another currency than that of the budget: it does not count.
      billed_in: budget.kind === 'money' && billed_in !== budget.currency ? billed_in : null,
      texts: { used: amount(view.use.used), left: amount(view.use.left), whole: amount(budget.amount) },
      points: (view.burn_down?.points ?? []).map(({ date, used, left }) => ({
        ...{ date, used: amount(used), left: amount(left) },
      })),
    },
  };
}
