import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { prepareKept } from '../../db/prepared.ts';
import type { Flag } from '../../db/schema.ts';
import { elapsedSeconds } from '../../shared/duration.ts';

/** Everything the timer page needs comes from the three prepared queries here, whatever the number of entries. */

export interface DayTotal {
  /** `earlier` and `later` name the nearest day outside the range that has entries; null when there is none. */
  kind: 'day' | 'earlier' | 'later';
  local_date: string | null;
  entry_count: number;
  total_seconds: number;
}

interface DayRange {
  user_id: number;
  from: string;
  to: string;
}

/** A day without the time of what runs: the present is no part of the query, so its answer can be kept. */
interface EndedTotal extends DayTotal {
  /** Start of the entry that runs, epoch ms. */
  running_since: number | null;
}

const dayTotals = prepareKept<DayRange, EndedTotal>((db, parameter) =>
  db
    .selectFrom('entries')
    .select([
      sql<DayTotal['kind']>`'day'`.as('kind'),
      sql<string | null>`local_date`.as('local_date'),
      sql<number>`count(*)`.as('entry_count'),
      sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('total_seconds'),
      sql<number | null>`max(case when ended_at is null then started_at end)`.as('running_since'),
    ])
    .where('user_id', '=', parameter('user_id'))
    .where('local_date', '>=', parameter('from'))
    .where('local_date', '<=', parameter('to'))
    .groupBy('local_date')
    .unionAll(
      db
        .selectFrom('entries')
        .select([
          sql<DayTotal['kind']>`'earlier'`.as('kind'),
          sql<string | null>`max(local_date)`.as('local_date'),
          sql<number>`0`.as('entry_count'),
          sql<number>`0`.as('total_seconds'),
          sql<number | null>`null`.as('running_since'),
        ])
        .where('user_id', '=', parameter('user_id'))
        .where('local_date', '<', parameter('from')),
    )
    .unionAll(
      db
        .selectFrom('entries')
        .select([
          sql<DayTotal['kind']>`'later'`.as('kind'),
          sql<string | null>`min(local_date)`.as('local_date'),
          sql<number>`0`.as('entry_count'),
          sql<number>`0`.as('total_seconds'),
          sql<number | null>`null`.as('running_since'),
        ])
        .where('user_id', '=', parameter('user_id'))
        .where('local_date', '>', parameter('to')),
    ),
);

/** Count and seconds per day of a range, and the nearest days with entries before and after it. */
export async function listDayTotals(
  db: Db,
  { now, ...range }: DayRange & { now: number },
): Promise<DayTotal[]> {
  const rows = await dayTotals(db, range);
  return rows.map(({ running_since, ...total }) =>
    running_since === null
      ? total
      : { ...total, total_seconds: total.total_seconds + elapsedSeconds(running_since, now) },
  );
}

export interface ListedEntry {
  id: number;
  description: string;
  billable: Flag;
  started_at: number;
  ended_at: number | null;
  zone: string;
  local_date: string;
  duration_seconds: number | null;
  project_id: number | null;
  project_name: string | null;
  project_color: string | null;
  client_name: string | null;
  task_name: string | null;
}

type Page = DayRange & { limit: number; offset: number };

/** The page's entries alone, so that what is joined to them is joined to few. */
function pageOf(db: Db, parameter: <Name extends keyof Page>(name: Name) => Page[Name]) {
  return db
    .selectFrom('entries')
    .select(['id', 'description', 'billable', 'started_at', 'ended_at', 'zone', 'local_date'])
    .select(['duration_seconds', 'project_id', 'task_id'])
    .where('user_id', '=', parameter('user_id'))
    .where('local_date', '>=', parameter('from'))
    .where('local_date', '<=', parameter('to'))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(parameter('limit'))
    .offset(parameter('offset'))
    .as('page');
}

const newestFirst = prepareKept<Page, ListedEntry>((db, parameter) =>
  db
    .selectFrom(pageOf(db, parameter))
    .leftJoin('projects', 'projects.id', 'page.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('tasks', 'tasks.id', 'page.task_id')
    .select([
      'page.id',
      'page.description',
      'page.billable',
      'page.started_at',
      'page.ended_at',
      'page.zone',
      'page.local_date',
    ])
    .select(['page.duration_seconds', 'page.project_id', 'projects.name as project_name'])
    .select(['projects.color as project_color', 'clients.name as client_name', 'tasks.name as task_name'])
    .orderBy('page.local_date', 'desc')
    .orderBy('page.started_at', 'desc')
    .orderBy('page.id', 'desc'),
);

/** Entries of a range of days, newest first. */
export async function listEntriesNewestFirst(db: Db, page: Page): Promise<readonly ListedEntry[]> {
  return newestFirst(db, page);
}

const tagsOfPage = prepareKept<Page, { entry_id: number; name: string }>((db, parameter) =>
  db
    .selectFrom(pageOf(db, parameter))
    .innerJoin('entry_tags', 'entry_tags.entry_id', 'page.id')
    .innerJoin('tags', 'tags.id', 'entry_tags.tag_id')
    .select(['entry_tags.entry_id', 'tags.name'])
    .orderBy('tags.name_key'),
);

/** Tag names by entry, for the entries that `listEntriesNewestFirst` gives for the same page. */
export async function mapTagsOfPage(db: Db, page: Page): Promise<Map<number, string[]>> {
  const tags = new Map<number, string[]>();
  for (const { entry_id, name } of await tagsOfPage(db, page)) {
    const names = tags.get(entry_id);
    if (names) names.push(name);
    else tags.set(entry_id, [name]);
  }
  return tags;
}
