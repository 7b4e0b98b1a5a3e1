import { sql } from 'kysely';
import type { ExpressionBuilder } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import {
  inScope,
  knownProjects,
  visiblePeople,
  visibleProjects,
  visibleSums,
} from '../access/access.queries.ts';
import type { EntryScope, Viewer } from '../access/access.queries.ts';
import { calledLike, projectCalledLike } from '../work/called-like.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices, ChoiceWish } from '../work/choice-list.ts';
import { likePattern } from '../work/list-query.ts';
import { listedEntries, withNames } from './entry-rows.queries.ts';
import type { EntryRow } from './entry-rows.queries.ts';
import type { EntrySearch } from './entry-search.forms.ts';

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

/** Where a page of a list begins: right after this entry. */
export interface SearchAnchor {
  id: number;
  local_date: string;
  started_at: number;
}

/** The entry that a page begins after, if it is one of theirs: what is not has no place in their list. */
export async function findSearchAnchor(
  db: Db,
  scope: EntryScope,
  id: number,
): Promise<SearchAnchor | undefined> {
  return db
    .selectFrom('entries')
    .select(['entries.id', 'local_date', 'started_at'])
    .where('entries.id', '=', id)
    .where(inScope(scope))
    .executeTakeFirst();
}

/** First and last day with any entry at all; null when there is none. */
export async function findFirstAndLastDay(db: Db): Promise<{ first: string | null; last: string | null }> {
  // Two questions of an index; asked together, SQLite would read every entry.
  return db
    .selectNoFrom([
      sql<string | null>`(select min(local_date) from entries)`.as('first'),
      sql<string | null>`(select max(local_date) from entries)`.as('last'),
    ])
    .executeTakeFirstOrThrow();
}

/**
 * The next entries of a search, newest first, running ones too.
 *
 * @param page - `after` is the entry before the first one. Its day should be the last of the search: SQLite begins at the
 *   first bound it finds.
 */
export async function listFoundEntries(
  db: Db,
  scope: EntryScope,
  search: EntrySearch,
  { after, limit }: { after: SearchAnchor | undefined; limit: number },
): Promise<EntryRow[]> {
  const page = listedEntries(db)
    .where(matching(search, scope))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(local_date, started_at, id) < (${after?.local_date}, ${after?.started_at}, ${after?.id})`,
      ),
    )
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .as('page');
  return withNames(db, page);
}

export interface SearchTotal {
  entries: number;
  seconds: number;
}

/** How many entries a search finds, and their booked seconds. */
export async function sumFoundEntries(db: Db, scope: EntryScope, search: EntrySearch): Promise<SearchTotal> {
  return db
    .selectFrom('entries')
    .select(sql<number>`count(*)`.as('entries'))
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('seconds'))
    .where(matching(search, scope))
    .executeTakeFirstOrThrow();
}

/** The same over whole months, whatever the text says: from the sums that the database keeps. Finished time only. */
export async function sumFoundMonths(
  db: Db,
  scope: EntryScope,
  { user_id, project_id }: EntrySearch,
  months: { first: string; last: string },
): Promise<SearchTotal> {
  return db
    .selectFrom('work_months')
    .select(sql<number>`coalesce(sum(entries), 0)`.as('entries'))
    .select(sql<number>`coalesce(sum(seconds), 0)`.as('seconds'))
    .where('month', '>=', months.first)
    .where('month', '<=', months.last)
    .where(scope.sees === 'all' ? sql<boolean>`1 = 1` : visibleSums(scope.viewer))
    .$if(user_id !== null, (query) => query.where('work_months.user_id', '=', user_id ?? 0))
    .$if(project_id !== null, (query) => query.where('work_months.project_id', '=', project_id ?? 0))
    .executeTakeFirstOrThrow();
}

/** The timers that run and are in the scope: as many as people at most. */
export async function listRunningInScope(
  db: Db,
  scope: EntryScope,
): Promise<{ user_id: number; project_id: number | null; local_date: string }[]> {
  // With any other condition, SQLite would read everything in the range instead of these few.
  return db
    .selectFrom('entries')
    .select(['user_id', 'project_id', 'local_date'])
    .where('ended_at', 'is', null)
    .where(inScope(scope))
    .execute();
}

/** People to choose from: those whose time the viewer sees, former ones last. */
export async function listSearchPeople(
  db: Db,
  viewer: Viewer,
  { chosen, q }: ChoiceWish,
): Promise<Choices<{ id: number; name: string }>> {
  const people = db.selectFrom('users').select(['id', 'name']).where(visiblePeople(viewer));
  const found = await people
    .$if(q !== '', (query) => query.where(calledLike(q)))
    .orderBy(sql`case when deactivated_at is null then 0 else 1 end`)
    .orderBy('name')
    .orderBy('id')
    .limit(choicesAtMost + 1)
    .execute();
  const one = chosen === null ? undefined : await people.where('id', '=', chosen).executeTakeFirst();
  return choicesOf(found, one);
}

/** Projects to choose from, and the chosen one when the viewer may know of it. */
export async function listSearchProjects(
  db: Db,
  viewer: Viewer,
  { chosen, q }: ChoiceWish,
): Promise<Choices<{ id: number; name: string; client_name: string | null }>> {
  const projects = db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name']);
  const found = await projects
    .where(visibleProjects(viewer))
    .$if(q !== '', (query) => query.where(projectCalledLike(q)))
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(choicesAtMost + 1)
    .execute();
  const one =
    chosen === null
      ? undefined
      : await projects.where('projects.id', '=', chosen).where(knownProjects(viewer)).executeTakeFirst();
  return choicesOf(found, one);
}
