import type { Db } from '../../db/connect.ts';
import { prepare } from '../../db/prepared.ts';
import type { Flag } from '../../db/schema.ts';

/** A project as one chooses it for an entry. */
export interface ProjectChoice {
  id: number;
  name: string;
  color: string;
  client_name: string | null;
}

const listActive = prepare<{ limit: number }, ProjectChoice>((db, parameter) =>
  db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'clients.name as client_name'])
    .where('projects.archived_at', 'is', null)
    .where('clients.archived_at', 'is', null)
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .limit(parameter('limit')),
);

/** Active projects of active clients by name; on every page, hence prepared. */
export async function listProjectChoices(db: Db, limit: number): Promise<ProjectChoice[]> {
  return listActive(db, { limit });
}

/** The names that `@` may mean: every active project, and the one that the entry already has. */
export async function listProjectNames(
  db: Db,
  kept_id: number | null,
): Promise<{ id: number; name: string; client_name: string | null }[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .where((where) =>
      where.or([
        where.and([where('projects.archived_at', 'is', null), where('clients.archived_at', 'is', null)]),
        where('projects.id', '=', kept_id ?? 0),
      ]),
    )
    .orderBy('projects.name_key')
    .orderBy('projects.id')
    .execute();
}

/** The active projects of these names, whoever's. @param name_keys - case-folded. */
export async function listNamesakes(
  db: Db,
  name_keys: readonly string[],
): Promise<{ id: number; name: string }[]> {
  if (name_keys.length === 0) return [];
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name'])
    .where('projects.name_key', 'in', [...name_keys])
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

export async function findProjectState(db: Db, id: number): Promise<ProjectState | undefined> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'projects.color', 'projects.billable'])
    .select((select) => select.fn.coalesce('projects.archived_at', 'clients.archived_at').as('archived_at'))
    .select('clients.name as client_name')
    .where('projects.id', '=', id)
    .executeTakeFirst();
}
