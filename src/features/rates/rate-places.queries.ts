import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { managedProjects, visiblePeople } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { calledLike } from '../work/called-like.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { RateRow } from './rates.queries.ts';
import type { RateLevel, RateScope } from './rates.ts';

/** What a rate is of, in names, as far as its level has them. */
export interface RatePlace {
  task_name: string | null;
  project_id: number | null;
  project_name: string | null;
  person_name: string | null;
  client_id: number | null;
  client_name: string | null;
  /** The client's own; null where amounts are in the instance's currency. */
  currency: string | null;
}

const nowhere: RatePlace = {
  task_name: null,
  project_id: null,
  project_name: null,
  person_name: null,
  client_id: null,
  client_name: null,
  currency: null,
};

/**
 * The place of a rate, if the viewer may see and change it: those of projects are their managers', those of people,
 * clients and everybody the administrators'.
 */
export async function findRatePlace(
  db: Db,
  viewer: Viewer,
  scope: RateScope,
): Promise<RatePlace | undefined> {
  switch (scope.level) {
    case 'task':
      return findTask(db, viewer, scope.task_id);
    case 'project':
      return findProject(db, viewer, scope.project_id);
    case 'member': {
      const project = await findProject(db, viewer, scope.project_id);
      const person_name = project ? await findPersonName(db, viewer, scope.user_id) : undefined;
      return project && person_name !== undefined ? { ...project, person_name } : undefined;
    }
    default:
      return viewer.role === 'admin' ? findForAdministrator(db, viewer, scope) : undefined;
  }
}

async function findForAdministrator(
  db: Db,
  viewer: Viewer,
  scope: Extract<RateScope, { level: 'person' | 'client' | 'default' }>,
): Promise<RatePlace | undefined> {
  if (scope.level === 'default') return nowhere;
  if (scope.level === 'person') {
    const person_name = await findPersonName(db, viewer, scope.user_id);
    return person_name === undefined ? undefined : { ...nowhere, person_name };
  }
  const client = await db
    .selectFrom('clients')
    .select(['id as client_id', 'name as client_name', 'currency'])
    .where('id', '=', scope.client_id)
    .executeTakeFirst();
  return client && { ...nowhere, ...client };
}

/** The name of one of the viewer's people: ids must tell nobody else's. */
async function findPersonName(db: Db, viewer: Viewer, id: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('users')
    .select('name')
    .where('id', '=', id)
    .where(visiblePeople(viewer))
    .executeTakeFirst();
  return row?.name;
}

const managed = (db: Db, viewer: Viewer) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id as project_id', 'projects.name as project_name'])
    .select(['clients.id as client_id', 'clients.name as client_name', 'clients.currency'])
    .where(managedProjects(viewer));

async function findProject(db: Db, viewer: Viewer, id: number): Promise<RatePlace | undefined> {
  const row = await managed(db, viewer).where('projects.id', '=', id).executeTakeFirst();
  return row && { ...nowhere, ...row };
}

async function findTask(db: Db, viewer: Viewer, id: number): Promise<RatePlace | undefined> {
  const row = await managed(db, viewer)
    .innerJoin('tasks', 'tasks.project_id', 'projects.id')
    .select('tasks.name as task_name')
    .where('tasks.id', '=', id)
    .executeTakeFirst();
  return row && { ...nowhere, ...row };
}

export interface RatesQuery {
  q: string;
  /** '' for every one. */
  level: RateLevel | '';
  page: number;
}

/**
 * One page of all rates but the default ones, the newest change first, and one row more when another page follows. A
 * search finds those of people, projects, clients and tasks with that in their name.
 */
export async function listRatesPage(db: Db, { q, level, page }: RatesQuery): Promise<RateRow[]> {
  return db
    .selectFrom('rates')
    .selectAll()
    .where('scope', '<>', 'default')
    .$if(q !== '', (query) => query.where(ofNamed(q)))
    .$if(level !== '', (query) => query.where('scope', 'like', `${level}:%`))
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** Rates of what is called like that. Their scopes are texts, so ids are compared as such, on either database. */
function ofNamed(q: string): RawBuilder<boolean> {
  const pattern = likePattern(q);
  const people = sql`(select cast(id as text) from users where ${calledLike(q)})`;
  const named = (table: 'projects' | 'clients' | 'tasks') =>
    sql`(select cast(id as text) from ${sql.table(table)} where name_key like ${pattern} escape '\\')`;
  const last = sql`substr(scope, length(rtrim(scope, '0123456789')) + 1)`;
  const project_of_member = sql`substr(rtrim(rtrim(scope, '0123456789'), ':'), length('member:') + 1)`;
  return sql<boolean>`((scope like 'person:%' and ${last} in ${people})
    or (scope like 'member:%' and (${last} in ${people} or ${project_of_member} in ${named('projects')}))
    or (scope like 'project:%' and ${last} in ${named('projects')})
    or (scope like 'client:%' and ${last} in ${named('clients')})
    or (scope like 'task:%' and ${last} in ${named('tasks')}))`;
}

/** A project as it can be told from its namesakes of other clients. */
export interface NamedProject {
  project_name: string;
  client_name: string | null;
  /** The client's own; null where amounts are in the instance's currency. */
  currency: string | null;
}

export interface RateNames {
  tasks: Map<number, NamedProject & { task_name: string }>;
  projects: Map<number, NamedProject>;
  people: Map<number, string>;
  clients: Map<number, { client_name: string; currency: string | null }>;
}

/** Names of what some scopes are of: four queries, whatever their number. */
export async function mapRateNames(db: Db, scopes: readonly RateScope[]): Promise<RateNames> {
  const idsOf = (read: (scope: RateScope) => number | undefined): number[] => [
    ...new Set(scopes.flatMap((scope) => read(scope) ?? [])),
  ];
  return {
    tasks: await mapTasks(
      db,
      idsOf((scope) => ('task_id' in scope ? scope.task_id : undefined)),
    ),
    projects: await mapProjects(
      db,
      idsOf((scope) => ('project_id' in scope ? scope.project_id : undefined)),
    ),
    people: await mapPeople(
      db,
      idsOf((scope) => ('user_id' in scope ? scope.user_id : undefined)),
    ),
    clients: await mapClients(
      db,
      idsOf((scope) => ('client_id' in scope ? scope.client_id : undefined)),
    ),
  };
}

async function mapPeople(db: Db, ids: readonly number[]): Promise<RateNames['people']> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('users').select(['id', 'name']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function mapClients(db: Db, ids: readonly number[]): Promise<RateNames['clients']> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('clients')
    .select(['id', 'name as client_name', 'currency'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...named }) => [id, named]));
}

async function mapProjects(db: Db, ids: readonly number[]): Promise<RateNames['projects']> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select([
      'projects.id',
      'projects.name as project_name',
      'clients.name as client_name',
      'clients.currency',
    ])
    .where('projects.id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...named }) => [id, named]));
}

async function mapTasks(db: Db, ids: readonly number[]): Promise<RateNames['tasks']> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('tasks')
    .innerJoin('projects', 'projects.id', 'tasks.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['tasks.id', 'tasks.name as task_name'])
    .select(['projects.name as project_name', 'clients.name as client_name', 'clients.currency'])
    .where('tasks.id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...named }) => [id, named]));
}

/** Rates of single people on a project, the oldest first. */
export async function listMemberRates(db: Db, project_id: number, limit: number): Promise<RateRow[]> {
  return db
    .selectFrom('rates')
    .selectAll()
    .where(sql<boolean>`scope like ${`member:${project_id}:%`}`)
    .orderBy('id')
    .limit(limit)
    .execute();
}

const peopleOffered = 50;

/** Active people to choose from, by name; of many the first ones that are called like that, and one more. */
export async function listPeopleChoices(
  db: Db,
  q: string,
): Promise<{ people: NamedPerson[]; has_more: boolean }> {
  const rows = await db
    .selectFrom('users')
    .select(['id', 'name'])
    .where('deactivated_at', 'is', null)
    .$if(q !== '', (query) => query.where(calledLike(q)))
    .orderBy('name')
    .orderBy('id')
    .limit(peopleOffered + 1)
    .execute();
  return { people: rows.slice(0, peopleOffered), has_more: rows.length > peopleOffered };
}

interface NamedPerson {
  id: number;
  name: string;
}
