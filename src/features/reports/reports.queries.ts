import { sql } from 'kysely';
import type { Expression, ExpressionBuilder, RawBuilder, SqlBool } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database, Flag } from '../../db/schema.ts';
import {
  inScope,
  knownProjects,
  pricedIn,
  visibleClients,
  visiblePeople,
  visibleProjects,
} from '../access/access.queries.ts';
import type { EntryScope, Viewer } from '../access/access.queries.ts';
import { calledLike, projectCalledLike } from '../work/called-like.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices } from '../work/choice-list.ts';
import { likePattern } from '../work/list-query.ts';
import { entryAmount } from '../rates/entry-amounts.queries.ts';
import type { MoneyRow } from './money.ts';
import { withoutProject } from './report-filter.ts';
import type { ReportFilter } from './report-filter.ts';

/** The chosen entries, and whose of them may be seen. */
export type EntrySelection = ReportFilter & { scope: EntryScope };

type Where = ExpressionBuilder<Database, 'entries'>;

/** The one condition that charts, tables, totals and exports share. Running timers are not excluded by it. */
const matching =
  ({ from, to, scope, user_ids, client_ids, project_ids, task_ids, tag_ids, billable }: EntrySelection) =>
  (where: Where): Expression<SqlBool> =>
    where.and([
      where('local_date', '>=', from),
      where('local_date', '<=', to),
      inScope(scope),
      ...(user_ids.length > 0 ? [where('user_id', 'in', user_ids)] : []),
      ...(client_ids.length > 0 ? [ofClients(where, client_ids)] : []),
      ...(project_ids.length > 0 ? [ofProjects(where, project_ids)] : []),
      ...(task_ids.length > 0 ? [where('task_id', 'in', task_ids)] : []),
      ...(tag_ids.length > 0 ? [withTags(where, tag_ids)] : []),
      ...(billable === '' ? [] : [where('billable', '=', billable === 'yes' ? 1 : 0)]),
    ]);

const ofClients = (where: Where, ids: readonly number[]) =>
  where('project_id', 'in', where.selectFrom('projects').select('projects.id').where('client_id', 'in', ids));

function ofProjects(where: Where, ids: readonly number[]) {
  const some = where(
    'project_id',
    'in',
    ids.filter((id) => id !== withoutProject),
  );
  if (!ids.includes(withoutProject)) return some;
  const none = where('project_id', 'is', null);
  return ids.length === 1 ? none : where.or([some, none]);
}

const withTags = (where: Where, ids: readonly number[]) =>
  where.exists(
    where
      .selectFrom('entry_tags')
      .select('tag_id')
      .whereRef('entry_id', '=', 'entries.id')
      .where('tag_id', 'in', ids),
  );

// Not `duration_seconds`: SQLite never answers from an index alone when a query names a generated column.
const seconds = sql<number>`(ended_at - started_at) / 1000`;

/** Time of one entry. */
const timeColumns = [
  seconds.as('entry_seconds'),
  sql<number>`case when billable = 1 then ${seconds} else 0 end`.as('entry_billable_seconds'),
] as const;

/** Money of one entry, as far as the viewer sees it; '' for no currency. */
function moneyColumns(scope: EntryScope) {
  const priced = pricedIn(scope);
  const ifPriced = <Value>(value: RawBuilder<Value>, nothing: RawBuilder<Value>): RawBuilder<Value> =>
    priced ? sql<Value>`case when ${priced} then ${value} else ${nothing} end` : nothing;
  const none = sql<string>`''`;
  const zero = sql<number>`0`;
  const isUnrated = sql`billable = 1 and rate_cents is null`;
  return [
    ifPriced(sql<string>`coalesce(currency, '')`, none).as('billed_currency'),
    ifPriced(sql<string>`coalesce(cost_currency, '')`, none).as('paid_currency'),
    ifPriced(entryAmount(sql`coalesce(rate_cents, 0)`), zero).as('entry_amount_cents'),
    ifPriced(entryAmount(sql`coalesce(cost_rate_cents, 0)`), zero).as('entry_cost_cents'),
    ifPriced(sql<number>`case when ${isUnrated} then ${seconds} else 0 end`, zero).as(
      'entry_unrated_seconds',
    ),
  ] as const;
}

const sums = [
  sql<number>`sum(entry_seconds)`.as('seconds'),
  sql<number>`sum(entry_billable_seconds)`.as('billable_seconds'),
  sql<number>`count(*)`.as('entries'),
  sql<number>`sum(entry_amount_cents)`.as('amount_cents'),
  sql<number>`sum(entry_cost_cents)`.as('cost_cents'),
  sql<number>`sum(entry_unrated_seconds)`.as('unrated_seconds'),
] as const;

export interface ProjectSums extends MoneyRow {
  project_id: number | null;
  seconds: number;
  billable_seconds: number;
  entries: number;
}
export type DaySums = ProjectSums & { local_date: string };

/** Booked time, with its money for who sees that. A query of its own, so that the sums name a value of a row once. */
const booked = (db: Db, selection: EntrySelection) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom('entries')
        .select(['local_date', 'project_id'])
        .select(timeColumns)
        .select(moneyColumns(selection.scope))
        .where(matching(selection))
        .where('ended_at', 'is not', null)
        .as('booked'),
    )
    .select(['project_id', 'billed_currency', 'paid_currency'])
    .select(sums);

/** Booked time and its money by day, project and currency. */
export async function sumByDay(db: Db, selection: EntrySelection): Promise<DaySums[]> {
  return booked(db, selection)
    .select('local_date')
    .groupBy(['local_date', 'project_id', 'billed_currency', 'paid_currency'])
    .execute();
}

/** Booked time and its money by project and currency. */
export async function sumByProject(db: Db, selection: EntrySelection): Promise<ProjectSums[]> {
  return booked(db, selection).groupBy(['project_id', 'billed_currency', 'paid_currency']).execute();
}

/** Timers among the selection that run and are therefore not counted. */
export async function countRunningIn(db: Db, selection: EntrySelection): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .select((select) => select.fn.countAll<number>().as('running'))
    // A list of its own: SQLite would walk through the whole range instead of the few that run.
    .where('entries.id', 'in', (sub) =>
      sub.selectFrom('entries as running').select('running.id').where('running.ended_at', 'is', null),
    )
    .where(matching(selection))
    .executeTakeFirstOrThrow();
  return running;
}

export interface ExportRow {
  id: number;
  user_id: number;
  project_id: number | null;
  description: string;
  started_at: number;
  ended_at: number | null;
  zone: string;
  local_date: string;
  duration_seconds: number | null;
  billable: Flag;
  task_id: number | null;
  /** Of `rate_cents`, as of `cost_currency`: null where the entry has no rate, or it is not the viewer's to see. */
  currency: string | null;
  rate_cents: number | null;
  cost_currency: string | null;
  cost_rate_cents: number | null;
}
export type Cursor = Pick<ExportRow, 'local_date' | 'started_at' | 'id'>;

/** Rates of an entry, where the viewer sees them. */
function rateColumns(scope: EntryScope) {
  const priced = pricedIn(scope);
  const ifPriced = <Value>(column: string) =>
    priced ? sql<Value | null>`case when ${priced} then ${sql.ref(column)} end` : sql<Value | null>`null`;
  return [
    ifPriced<string>('currency').as('currency'),
    ifPriced<number>('rate_cents').as('rate_cents'),
    ifPriced<string>('cost_currency').as('cost_currency'),
    ifPriced<number>('cost_rate_cents').as('cost_rate_cents'),
  ] as const;
}

/** The next rows of the selection after the cursor, in the order of date, start and id. */
export async function listExportRows(
  db: Db,
  selection: EntrySelection,
  { after, limit }: { after: Cursor | undefined; limit: number },
): Promise<ExportRow[]> {
  return db
    .selectFrom('entries')
    .select(['id', 'user_id', 'project_id', 'description', 'started_at', 'ended_at', 'zone', 'local_date'])
    .select(['duration_seconds', 'billable', 'task_id'])
    .select(rateColumns(selection.scope))
    .where(matching(selection))
    .where('ended_at', 'is not', null)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(local_date, started_at, id) > (${after?.local_date}, ${after?.started_at}, ${after?.id})`,
      ),
    )
    .orderBy('local_date')
    .orderBy('started_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Tags of some entries, by name. */
export async function listTagsOfEntries(
  db: Db,
  entry_ids: readonly number[],
): Promise<{ entry_id: number; tag_id: number }[]> {
  return db
    .selectFrom('entry_tags')
    .select(['entry_id', 'tag_id'])
    .where('entry_id', 'in', entry_ids)
    .execute();
}

export interface NamedRow {
  id: number;
  name: string;
}
export interface NamedProject extends NamedRow {
  color: string;
  client_name: string | null;
}
/** Something to choose in a filter; what is not current any more comes in a group of its own. */
export interface Choice extends NamedRow {
  is_former: boolean;
}

const choicesMax = 1000;
const isFormer = (column: 'archived_at' | 'projects.archived_at' | 'deactivated_at') =>
  sql<number>`case when ${sql.ref(column)} is null then 0 else 1 end`;
const asChoice = ({ id, name, former }: NamedRow & { former: number }): Choice => ({
  id,
  name,
  is_former: former === 1,
});

type Table = 'users' | 'clients' | 'tags';

/** Of a table: what the viewer may choose. Tags are everybody's. */
function choosable(table: Table, viewer: Viewer) {
  if (table === 'users') return visiblePeople(viewer);
  return table === 'clients' ? visibleClients(viewer) : sql<boolean>`1 = 1`;
}

/** People, clients or tags that the viewer may filter by, or those called like that: current ones first, by name. */
export async function listChoices(
  db: Db,
  viewer: Viewer,
  { table, q }: { table: Table; q: string },
): Promise<Choices<Choice>> {
  const former = isFormer(table === 'users' ? 'deactivated_at' : 'archived_at');
  const rows = await db
    .selectFrom(table)
    .select(['id', 'name'])
    .where(choosable(table, viewer))
    .$if(q !== '', (query) => query.where(calledIn(table, q)))
    .select(former.as('former'))
    .orderBy(former)
    .orderBy('name')
    .orderBy('id')
    .limit(choicesAtMost + 1)
    .execute();
  return choicesOf(rows.map(asChoice));
}

const calledIn = (table: Table, q: string) =>
  table === 'users'
    ? calledLike(q)
    : sql<boolean>`${sql.ref(`${table}.name_key`)} like ${likePattern(q)} escape '\\'`;

/**
 * Projects that the viewer may filter by, or those with that in their or their client's name: current ones first, by name;
 * the client's name follows the project's.
 */
export async function listProjectChoices(db: Db, viewer: Viewer, q: string): Promise<Choices<Choice>> {
  const former = isFormer('projects.archived_at');
  const rows = await db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .select(former.as('former'))
    .where(visibleProjects(viewer))
    .$if(q !== '', (query) => query.where(projectCalledLike(q)))
    .orderBy(former)
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(choicesAtMost + 1)
    .execute();
  return choicesOf(
    rows.map(({ id, name, client_name, former }) =>
      asChoice({ id, name: client_name === null ? name : `${name} · ${client_name}`, former }),
    ),
  );
}

/** Tasks of some projects to filter by: open ones first, by name. */
export async function listTaskFilters(
  db: Db,
  viewer: Viewer,
  project_ids: readonly number[],
): Promise<Choice[]> {
  if (project_ids.length === 0) return [];
  const former = sql<number>`case when tasks.archived_at is null and tasks.status <> 'done' then 0 else 1 end`;
  const rows = await db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .select(['tasks.id', 'tasks.name'])
    .select(former.as('former'))
    .where('tasks.project_id', 'in', [...project_ids])
    .where(knownProjects(viewer))
    .orderBy(former)
    .orderBy('tasks.name_key')
    .orderBy('tasks.id')
    .limit(choicesMax)
    .execute();
  return rows.map(asChoice);
}

/** Names of those of some tasks that the viewer may filter by. */
export async function listChosenTasks(db: Db, viewer: Viewer, ids: readonly number[]): Promise<NamedRow[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .select(['tasks.id', 'tasks.name'])
    .where('tasks.id', 'in', [...ids])
    .where(knownProjects(viewer))
    .execute();
}

/** Names of some people, clients, tags or tasks: those of entries that the reader sees. */
export async function listNames(db: Db, table: Table | 'tasks', ids: readonly number[]): Promise<NamedRow[]> {
  if (ids.length === 0) return [];
  return db.selectFrom(table).select(['id', 'name']).where('id', 'in', ids).execute();
}

/** Names of those of some people, clients or tags that the viewer may filter by. */
export async function listChosen(
  db: Db,
  viewer: Viewer,
  table: Table,
  ids: readonly number[],
): Promise<NamedRow[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom(table)
    .select(['id', 'name'])
    .where('id', 'in', ids)
    .where(choosable(table, viewer))
    .execute();
}

/** The same of projects; those of the viewer's own time too. */
export async function listChosenProjects(
  db: Db,
  viewer: Viewer,
  ids: readonly number[],
): Promise<NamedProject[]> {
  if (ids.length === 0) return [];
  return namedProjects(db).where('projects.id', 'in', ids).where(knownProjects(viewer)).execute();
}

const namedProjects = (db: Db) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'clients.name as client_name']);

/** Names of some projects with their clients'. */
export async function listNamedProjects(db: Db, ids: readonly number[]): Promise<NamedProject[]> {
  if (ids.length === 0) return [];
  return namedProjects(db).where('projects.id', 'in', ids).execute();
}
