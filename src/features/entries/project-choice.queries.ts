import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { prepareKept } from '../../db/prepared.ts';
import type { Flag } from '../../db/schema.ts';
import { bookableProjects, visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { projectCalledLike } from '../work/called-like.queries.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices, ChoiceWish } from '../work/choice-list.ts';
import { likePattern } from '../work/list-query.ts';

/** A project as one chooses it for an entry. */
export interface ProjectChoice {
  id: number;
  name: string;
  color: string;
  client_name: string | null;
}

const activeProjects = (db: Db) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'clients.name as client_name'])
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .orderBy('projects.name_key')
    .orderBy('projects.id');

const listAll = prepareKept<{ limit: number }, ProjectChoice>((db, parameter) =>
  activeProjects(db).limit(parameter('limit')),
);
const listVisible = prepareKept<{ id: number; limit: number }, ProjectChoice>((db, parameter) =>
  activeProjects(db)
    .where(visibleProjects({ id: parameter('id'), role: 'member' }))
    .limit(parameter('limit')),
);

const listFavourites = prepareKept<{ id: number }, ProjectChoice>((db, parameter) =>
  activeProjects(db)
    .where(visibleProjects({ id: parameter('id'), role: 'member' }))
    .where(
      sql<boolean>`projects.id in (select project_id from favourites where user_id = ${parameter('id')})`,
    )
    .limit(50),
);

/**
 * Active projects of active clients that the viewer sees, favourites first, then by name; on every page, hence prepared.
 * Favourites are a query of their own: one order for all would sort every project there is.
 */
export async function listProjectChoices(
  db: Db,
  viewer: Viewer,
  limit: number,
): Promise<readonly ProjectChoice[]> {
  const { id, role } = viewer;
  const choices = await (role === 'admin' ? listAll(db, { limit }) : listVisible(db, { id, limit }));
  const favourites = await listFavourites(db, { id });
  if (favourites.length === 0) return choices;
  const first = new Set(favourites.map((project) => project.id));
  return [...favourites, ...choices.filter((project) => !first.has(project.id))];
}

/**
 * Active projects that the viewer sees with that in their or their client's name, those that begin with it first, by name;
 * and those of these names.
 *
 * @param wanted - case-folded. @param names - case-folded.
 */
export async function searchProjectChoices(
  db: Db,
  viewer: Viewer,
  { wanted, names, limit }: { wanted: string; names: readonly string[]; limit: number },
): Promise<ProjectChoice[]> {
  const pattern = likePattern(wanted);
  const begins = sql<number>`case when projects.name_key like ${pattern.slice(1)} escape '\\' then 0 else 1 end`;
  const found = await activeProjects(db)
    .clearOrderBy()
    .where(visibleProjects(viewer))
    .where(
      sql<boolean>`(projects.name_key like ${pattern} escape '\\' or clients.name_key like ${pattern} escape '\\' or projects.name_key || ' (' || coalesce(clients.name_key, '') || ')' like ${pattern} escape '\\')`,
    )
    .orderBy(begins)
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(limit)
    .execute();
  if (names.length === 0) return found;
  const named = await activeProjects(db)
    .where(visibleProjects(viewer))
    .where('projects.name_key', 'in', [...names])
    .limit(limit)
    .execute();
  const known = new Set(found.map(({ id }) => id));
  return [...found, ...named.filter(({ id }) => !known.has(id))];
}

/** Active projects on which time can be booked, see `bookableProjects`, to choose from. */
export async function listBookableChoices(
  db: Db,
  booking: Booking,
  { chosen, q }: ChoiceWish,
): Promise<Choices<ProjectChoice>> {
  const found = await activeProjects(db)
    .where(bookableProjects(booking.viewer, booking.owner_id))
    .$if(q !== '', (query) => query.where(projectCalledLike(q)))
    .limit(choicesAtMost + 1)
    .execute();
  const is_listed = chosen === null || found.slice(0, choicesAtMost).some(({ id }) => id === chosen);
  return choicesOf(found, is_listed ? undefined : await findBookableProject(db, booking, chosen));
}

/** Who books time, and whose time it is. */
export interface Booking {
  viewer: Viewer;
  owner_id: number;
}

/**
 * The projects that `@` may mean: active ones of these names that can be booked on, and the one that the entry already has.
 *
 * @param meant - case-folded.
 */
export async function listProjectNames(
  db: Db,
  { viewer, owner_id }: Booking,
  { meant, kept_id }: { meant: readonly string[]; kept_id: number | null },
): Promise<{ id: number; name: string; client_name: string | null }[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .where((where) =>
      where.or([
        where.and([
          where('projects.name_key', 'in', [...meant]),
          where('projects.archived_at', 'is', null),
          where('clients.archived_at', 'is', null),
          bookableProjects(viewer, owner_id),
        ]),
        where('projects.id', '=', kept_id ?? 0),
      ]),
    )
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .execute();
}

/** The active projects of these names that the viewer sees, whoever's. @param name_keys - case-folded. */
export async function listNamesakes(
  db: Db,
  viewer: Viewer,
  name_keys: readonly string[],
): Promise<{ id: number; name: string }[]> {
  if (name_keys.length === 0) return [];
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name'])
    .where('projects.name_key', 'in', [...name_keys])
    .where(visibleProjects(viewer))
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .execute();
}

export interface ProjectState {
  id: number;
  name: string;
  color: string;
  billable: Flag;
  /** When it, or else its client, was archived. */
  archived_at: number | null;
  client_name: string | null;
}

/** The project, when time can be booked on it. */
export async function findBookableProject(
  db: Db,
  { viewer, owner_id }: Booking,
  id: number,
): Promise<ProjectState | undefined> {
  return projectStates(db)
    .where('projects.id', '=', id)
    .where(bookableProjects(viewer, owner_id))
    .executeTakeFirst();
}

/** The project of an entry, whoever may see it. */
export async function findProjectState(db: Db, id: number): Promise<ProjectState | undefined> {
  return projectStates(db).where('projects.id', '=', id).executeTakeFirst();
}

const projectStates = (db: Db) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'projects.billable'])
    .select((select) => select.fn.coalesce('projects.archived_at', 'clients.archived_at').as('archived_at'))
    .select('clients.name as client_name');

/** The open tasks of a project, by name. */
export async function listOpenTasks(db: Db, project_id: number): Promise<{ id: number; name: string }[]> {
  return db
    .selectFrom('tasks')
    .select(['id', 'name'])
    .where('project_id', '=', project_id)
    .where('status', '<>', 'done')
    .where('archived_at', 'is', null)
    .orderBy('name_key')
    .limit(300)
    .execute();
}
