import type { Insertable, Transaction } from 'kysely';
import type { Database, EntriesTable, TaskPriority, TaskStatus } from '../../db/schema.ts';
import { addDays } from '../../shared/calendar.ts';
import { foldCase } from '../../shared/text.ts';
import { rateFor, scopeText } from '../rates/rates.ts';
import type { Rate, RateKind, RateScope } from '../rates/rates.ts';
import type { DemoPlan, OwnedEntry } from './demo-plan.ts';
import { demoProjects, foreignClient } from './demo-work.ts';
import {
  insertMissingMembers,
  insertMissingRates,
  insertMissingTasks,
  listAllRates,
  listClientCurrencies,
  listTaskKeys,
} from './demo.queries.ts';
import { randomOf } from './random.ts';

/** Tasks, members, rates and budgets of the made-up team. */

const taskNames = ['Concept', 'Design', 'Implementation', 'Tests', 'Handover', 'Support', 'Documentation'];
const ownTaskNames = ['Planning', 'Reading', 'Housekeeping'];
const statuses: readonly TaskStatus[] = [
  'in_progress',
  'open',
  'in_progress',
  'review',
  'open',
  'done',
  'open',
];
const priorities: readonly TaskPriority[] = ['high', 'normal', 'urgent', 'normal', 'low'];

/** Looks up what an entry of the plan is worth and which task it is on. */
export interface DemoMoney {
  columnsOf: (
    entry: OwnedEntry,
    project_id: number | null,
  ) => Pick<
    Insertable<EntriesTable>,
    'task_id' | 'rate_cents' | 'rate_id' | 'currency' | 'cost_rate_cents' | 'cost_rate_id' | 'cost_currency'
  >;
}

interface MoneyWorld {
  plan: DemoPlan;
  projects: ReadonlyMap<string, number>;
  clients: ReadonlyMap<string, number>;
  own_currency: string;
}

/** Writes tasks, members and rates; what is there already stays. */
export async function insertMoney(trx: Transaction<Database>, world: MoneyWorld): Promise<DemoMoney> {
  await insertTasks(trx, world);
  await insertMembers(trx, world);
  await insertRates(trx, world);
  const tasks = new Map<number, number[]>();
  for (const { id, project_id } of await listTaskKeys(trx)) {
    tasks.set(project_id, [...(tasks.get(project_id) ?? []), id]);
  }
  const rates = await listAllRates(trx);
  const places = await listClientCurrencies(trx);
  return { columnsOf: columnsWith({ tasks, rates, places, world }) };
}

interface Known {
  tasks: ReadonlyMap<number, number[]>;
  rates: readonly (Rate & { kind: RateKind })[];
  places: ReadonlyMap<number, { client_id: number | null; currency: string | null }>;
  world: MoneyWorld;
}

function columnsWith({ tasks, rates, places, world }: Known): DemoMoney['columnsOf'] {
  const of = (kind: RateKind) =>
    new Map(rates.filter((rate) => rate.kind === kind).map((rate) => [rate.scope, rate as Rate]));
  const [billable, cost] = [of('billable'), of('cost')];
  return (entry, project_id) => {
    const random = randomOf(world.plan.seed, 'task', entry.zone, entry.started_at, entry.description);
    const own = project_id === null ? [] : (tasks.get(project_id) ?? []);
    const task_id = own.length > 0 && random.chance(0.7) ? random.pick(own) : null;
    const none = { rate_cents: null, rate_id: null, currency: null };
    const no_cost = { cost_rate_cents: null, cost_rate_id: null, cost_currency: null };
    if (entry.ended_at === null) return { task_id, ...none, ...no_cost };
    const place = project_id === null ? undefined : places.get(project_id);
    const client_id = place?.client_id ?? null;
    const subject = { task_id, project_id, user_id: entry.user_id, client_id };
    const rate = entry.billable
      ? rateFor(subject, billable, place?.currency ?? world.own_currency)
      : undefined;
    const costs = rateFor(subject, cost, world.own_currency);
    return {
      task_id,
      ...(rate ? { rate_cents: rate.amount_cents, rate_id: rate.id, currency: rate.currency } : none),
      ...(costs
        ? { cost_rate_cents: costs.amount_cents, cost_rate_id: costs.id, cost_currency: costs.currency }
        : no_cost),
    };
  };
}

async function insertTasks(trx: Transaction<Database>, { plan, projects }: MoneyWorld): Promise<void> {
  const rows = demoProjects.flatMap((project, which) => {
    const project_id = projects.get(project.name);
    if (project_id === undefined) return [];
    const names = project.client === null ? ownTaskNames : taskNames;
    return names.map((name, index) => ({
      ...{ project_id, name, name_key: foldCase(name), description: '' },
      status:
        project.ended_days_ago === undefined
          ? (statuses[(index + which) % statuses.length] ?? 'open')
          : 'done',
      priority: priorities[(index + which) % priorities.length] ?? 'normal',
      assignee_id: index % 3 === 2 ? null : (plan.team[(index + which) % plan.team.length]?.user_id ?? null),
      due_date: index % 2 === 0 ? (addDays(plan.until, index * 5 + which - 8) ?? null) : null,
      estimate_seconds: project.client === null ? null : (index + 2) * 20 * 3600,
      ...{ created_at: plan.moment, updated_at: plan.moment, archived_at: null },
    }));
  });
  await insertMissingTasks(trx, rows);
}

/** The second and third person of the team each lead two projects. */
async function insertMembers(trx: Transaction<Database>, { plan, projects }: MoneyWorld): Promise<void> {
  const led = [
    ['Booking portal', 1],
    ['Warehouse app', 2],
    ['Online shop', 1],
    ['Tariff calculator', 2],
  ] as const;
  const rows = led.flatMap(([name, leader]) => {
    const project_id = projects.get(name);
    if (project_id === undefined) return [];
    return plan.team.slice(0, 20).map(({ user_id }, index) => ({
      ...{ project_id, user_id },
      is_manager: index === leader ? (1 as const) : (0 as const),
    }));
  });
  await insertMissingMembers(trx, rows);
}

async function insertRates(
  trx: Transaction<Database>,
  { plan, projects, clients, own_currency }: MoneyWorld,
): Promise<void> {
  const person = (index: number) => plan.team[index]?.user_id;
  const row = (kind: RateKind, scope: RateScope, amount: number, currency = own_currency) => ({
    ...{ kind, scope: scopeText(scope), amount_cents: amount * 100, currency, updated_at: plan.moment },
  });
  const project = (name: string) => projects.get(name) ?? 0;
  const leader = person(1);
  const client = clients.get(foldCase(foreignClient.name));
  await insertMissingRates(trx, [
    row('billable', { level: 'default' }, 80),
    row('cost', { level: 'default' }, 42),
    row('billable', { level: 'project', project_id: project('Tariff calculator') }, 110),
    row('billable', { level: 'project', project_id: project('Support contract') }, 95),
    ...(leader === undefined
      ? []
      : [
          row('billable', { level: 'person', user_id: leader }, 90),
          row('cost', { level: 'person', user_id: leader }, 55),
          row('billable', { level: 'member', project_id: project('Warehouse app'), user_id: leader }, 120),
        ]),
    ...(client === undefined
      ? []
      : [row('billable', { level: 'client', client_id: client }, 98, foreignClient.currency)]),
  ]);
}
