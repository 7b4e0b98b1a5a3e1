import { sql } from 'kysely';
import type { Insertable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { ClientsTable } from '../../db/schema.ts';
import { visibleClients, visibleProjects } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { ListQuery } from '../work/list-query.ts';

export interface ClientRow {
  id: number;
  name: string;
  archived_at: number | null;
}

/** One page by name of what the viewer sees, and one row more when another page follows. */
export async function listClients(
  db: Db,
  viewer: Viewer,
  { q, state, page }: ListQuery,
): Promise<ClientRow[]> {
  return db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where('archived_at', state === 'active' ? 'is' : 'is not', null)
    .where(visibleClients(viewer))
    .$if(q !== '', (query) => query.where(sql<boolean>`name_key like ${likePattern(q)} escape '\\'`))
    .orderBy('name_key')
    .orderBy('id')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** How many projects, archived ones too, the viewer sees of each of these clients; clients without any are missing. */
export async function countProjectsByClient(
  db: Db,
  viewer: Viewer,
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('projects')
    .select((select) => ['client_id', select.fn.countAll<number>().as('projects')])
    .where('client_id', 'in', ids)
    .where(visibleProjects(viewer))
    .groupBy('client_id')
    .execute();
  return new Map(rows.map(({ client_id, projects }) => [client_id ?? 0, projects]));
}

/** Clients to choose from in a form: the active ones by name, and the chosen one whatever its state. */
export async function listClientChoices(db: Db, viewer: Viewer, chosen: number | null): Promise<ClientRow[]> {
  return db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where((where) =>
      where.or([
        where.and([where('archived_at', 'is', null), visibleClients(viewer)]),
        where('id', '=', chosen ?? 0),
      ]),
    )
    .orderBy('name_key')
    .limit(1000)
    .execute();
}

export async function findClient(db: Db, id: number): Promise<ClientRow | undefined> {
  return db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The client, when the viewer sees it. */
export async function findVisibleClient(db: Db, viewer: Viewer, id: number): Promise<ClientRow | undefined> {
  return db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where('id', '=', id)
    .where(visibleClients(viewer))
    .executeTakeFirst();
}

export async function findClientByKey(db: Db, name_key: string): Promise<ClientRow | undefined> {
  return db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where('name_key', '=', name_key)
    .executeTakeFirst();
}

/** Those of a client's projects that the viewer sees, by name, archived ones last. */
export async function listProjectsOfClient(db: Db, viewer: Viewer, client_id: number) {
  return db
    .selectFrom('projects')
    .select(['id', 'name', 'color', 'archived_at'])
    .where('client_id', '=', client_id)
    .where(visibleProjects(viewer))
    .orderBy(sql`case when archived_at is null then 0 else 1 end`)
    .orderBy('name_key')
    .limit(200)
    .execute();
}

/** @returns the new client's id. */
export async function insertClient(db: Db, row: Insertable<ClientsTable>): Promise<number> {
  const { id } = await db.insertInto('clients').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateClient(db: Db, id: number, changed: Updateable<ClientsTable>): Promise<void> {
  await db.updateTable('clients').set(changed).where('id', '=', id).execute();
}

/** Archives (an instant) or restores (null); false when that was so already. */
export async function updateClientArchived(db: Db, id: number, archived_at: number | null): Promise<boolean> {
  const result = await db
    .updateTable('clients')
    .set({ archived_at })
    .where('id', '=', id)
    .where('archived_at', archived_at === null ? 'is not' : 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Deletes a client that has no projects; false when it has some. */
export async function deleteClient(db: Db, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('clients')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(
          where.selectFrom('projects').select('projects.id').whereRef('client_id', '=', 'clients.id'),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
