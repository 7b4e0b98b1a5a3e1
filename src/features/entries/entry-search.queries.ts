import { sql } from 'kysely';
import type { ExpressionBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database, Flag } from '../../db/schema.ts';
import { inScope, knownProjects, visiblePeople, visibleProjects } from '../access/access.queries.ts';
import type { EntryScope, Viewer } from '../access/access.queries.ts';
import { likePattern } from '../work/list-query.ts';
import type { EntrySearch } from './entry-search.forms.ts';

export interface FoundEntry {
  id: number;
  user_id: number;
  person_name: string;
  description: string;
  project_name: string | null;
  project_color: string | null;
  client_name: string | null;
  task_name: string | null;
  local_date: string;
  zone: string;
  started_at: number;
  ended_at: number | null;
  duration_seconds: number | null;
  billable: Flag;
  created_by: number | null;
  updated_by: number | null;
}

/** What a search asks for, as far as the scope lets see it. */
const matching =
  ({ q, user_id, project_id, from, to }: EntrySearch, scope: EntryScope) =>
  (where: ExpressionBuilder<Database, 'entries'>) =>
    where.and([
      inScope(scope),
      ...(user_id === null ? [] : [where('entries.user_id', '=', user_id)]),
      ...(project_id === null ? [] : [where('entries.project_id', '=', project_id)]),
      ...(from === '' ? [] : [where('local_date', '>=', from)]),
      ...(to === '' ? [] : [where('local_date', '<=', to)]),
      // As typed too: SQLite folds only the letters of English.
      ...(q === ''
        ? []
        : [
            sql<boolean>`(lower(entries.description) like ${likePattern(q)} escape '\\' or entries.description like ${literal(q)} escape '\\')`,
          ]),
    ]);

const literal = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** The next entries of a search, newest first, running ones too. */
export async function listFoundEntries(
  db: Db,
  scope: EntryScope,
  search: EntrySearch,
  limit: number,
): Promise<FoundEntry[]> {
  const page = db
    .selectFrom('entries')
    .select(['id', 'user_id', 'project_id', 'description', 'local_date', 'zone', 'started_at', 'ended_at'])
    .select(['duration_seconds', 'billable', 'task_id', 'created_by', 'updated_by'])
    .where(matching(search, scope))
    .$if(search.before_id !== null, (query) =>
      query.where(
        // An entry that is not theirs to see has no place in their list.
        sql<boolean>`(local_date, started_at, id) < (select a.local_date, a.started_at, a.id from entries as a where a.id in (select entries.id from entries where entries.id = ${search.before_id} and ${inScope(scope)}))`,
      ),
    )
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .as('page');
  return db
    .selectFrom(page)
    .innerJoin('users', 'users.id', 'page.user_id')
    .leftJoin('projects', 'projects.id', 'page.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('tasks', 'tasks.id', 'page.task_id')
    .select(['page.id', 'user_id', 'users.name as person_name', 'page.description', 'local_date', 'zone'])
    .select(['started_at', 'ended_at', 'duration_seconds', 'page.billable', 'created_by', 'updated_by'])
    .select(['projects.name as project_name', 'projects.color as project_color'])
    .select(['clients.name as client_name', 'tasks.name as task_name'])
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .orderBy('page.id', 'desc')
    .execute();
}

/** How many entries a search finds, and their booked seconds. */
export async function sumFoundEntries(
  db: Db,
  scope: EntryScope,
  search: EntrySearch,
): Promise<{ entries: number; seconds: number }> {
  return db
    .selectFrom('entries')
    .select(sql<number>`count(*)`.as('entries'))
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('seconds'))
    .where(matching(search, scope))
    .executeTakeFirstOrThrow();
}

/** People to choose from: those whose time the viewer sees, former ones last. */
export async function listSearchPeople(db: Db, viewer: Viewer): Promise<{ id: number; name: string }[]> {
  return db
    .selectFrom('users')
    .select(['id', 'name'])
    .where(visiblePeople(viewer))
    .orderBy(sql`case when deactivated_at is null then 0 else 1 end`)
    .orderBy('name')
    .limit(1000)
    .execute();
}

/** Projects to choose from, and the chosen one when the viewer may know of it. */
export async function listSearchProjects(
  db: Db,
  viewer: Viewer,
  chosen: number | null,
): Promise<{ id: number; name: string; client_name: string | null }[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .where((where) =>
      where.or([
        visibleProjects(viewer),
        where.and([where('projects.id', '=', chosen ?? 0), knownProjects(viewer)]),
      ]),
    )
    .orderBy('projects.name_key')
    .limit(1000)
    .execute();
}
