import { sql } from 'kysely';
import type { Insertable, Updateable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { ClientsTable } from '../../db/schema.ts';
import { foldCase } from '../../shared/text.ts';
import {
  managedProjects,
  visibleClients,
  visibleEntries,
  visibleProjects,
  visibleSums,
} from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { ListQuery } from '../work/list-query.ts';

export interface ClientRow {
  id: number;
  name: string;
  archived_at: number | null;
  /** ISO 4217; null is the instance's. */
  currency: string | null;
  code: string;
  description: string;
  color: string;
}

const clientColumns = ['id', 'name', 'archived_at', 'currency', 'code', 'description', 'color'] as const;

/** One page by name of what the viewer sees, and one row more when another page follows. A search finds codes too. */
export async function listClients(
  db: Db,
  viewer: Viewer,
  { q, state, page }: ListQuery,
): Promise<ClientRow[]> {
  const pattern = likePattern(q);
  return db
    .selectFrom('clients')
    .select(clientColumns)
    .where('archived_at', state === 'active' ? 'is' : 'is not', null)
    .where(visibleClients(viewer))
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`(name_key like ${pattern} escape '\\' or code_key like ${pattern} escape '\\')`,
      ),
    )
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

export async function findClient(db: Db, id: number): Promise<ClientRow | undefined> {
  return db.selectFrom('clients').select(clientColumns).where('id', '=', id).executeTakeFirst();
}

/** The client, when the viewer sees it. */
export async function findVisibleClient(db: Db, viewer: Viewer, id: number): Promise<ClientRow | undefined> {
  return db
    .selectFrom('clients')
    .select(clientColumns)
    .where('id', '=', id)
    .where(visibleClients(viewer))
    .executeTakeFirst();
}

export async function findClientByKey(db: Db, name_key: string): Promise<ClientRow | undefined> {
  return db.selectFrom('clients').select(clientColumns).where('name_key', '=', name_key).executeTakeFirst();
}

const withCodeKey = (changed: Updateable<ClientsTable>): Updateable<ClientsTable> =>
  typeof changed.code === 'string' ? { ...changed, code_key: foldCase(changed.code) } : changed;

/** The client that has a code, whatever its case. */
export async function findClientByCode(
  db: Db,
  code: string,
): Promise<{ id: number; name: string } | undefined> {
  return db
    .selectFrom('clients')
    .select(['id', 'name'])
    .where('code_key', '=', foldCase(code))
    .where('code_key', '<>', '')
    .executeTakeFirst();
}

/** Timers that run on projects of a client now. */
export async function countRunningOfClient(db: Db, client_id: number): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .innerJoin('projects', 'projects.id', 'entries.project_id')
    .select((select) => select.fn.countAll<number>().as('running'))
    .where('entries.ended_at', 'is', null)
    .where('projects.client_id', '=', client_id)
    .executeTakeFirstOrThrow();
  return running;
}

const hasNameOrCode = (q: string) =>
  sql<boolean>`(projects.name_key like ${likePattern(q)} escape '\\' or projects.code_key like ${likePattern(q)} escape '\\')`;

/**
 * A page of those of a client's projects that the viewer sees, by name, archived ones last, with the time they see on
 * them. One more than fits a page: see `pageOf`.
 */
export async function listProjectsOfClient(
  db: Db,
  viewer: Viewer,
  { client_id, month, query }: { client_id: number; month: string; query: Pick<ListQuery, 'q' | 'page'> },
) {
  return db
    .selectFrom('projects')
    .leftJoin(
      (from) =>
        from
          .selectFrom('work_months')
          .select('project_id')
          .select([
            sql<number>`sum(seconds)`.as('total_seconds'),
            sql<number>`sum(case when month = ${month} then seconds else 0 end)`.as('month_seconds'),
          ])
          .where('project_id', 'in', (select) =>
            select.selectFrom('projects').select('projects.id').where('client_id', '=', client_id),
          )
          .where(visibleSums(viewer))
          .groupBy('project_id')
          .as('sums'),
      (join) => join.onRef('sums.project_id', '=', 'projects.id'),
    )
    .select(['projects.id', 'projects.name', 'projects.color', 'projects.archived_at', 'projects.code'])
    .select(['budget_period', 'budget_seconds', 'budget_cents', 'budget_currency', 'budget_thresholds'])
    .select(sql<number>`case when ${managedProjects(viewer)} then 1 else 0 end`.as('is_managed'))
    .select([
      sql<number>`coalesce(total_seconds, 0)`.as('total_seconds'),
      sql<number>`coalesce(month_seconds, 0)`.as('month_seconds'),
    ])
    .where('client_id', '=', client_id)
    .where(visibleProjects(viewer))
    .$if(query.q !== '', (named) => named.where(hasNameOrCode(query.q)))
    .orderBy(sql`case when projects.archived_at is null then 0 else 1 end`)
    .orderBy('name_key')
    .limit(pageSize + 1)
    .offset((query.page - 1) * pageSize)
    .execute();
}

/** Seconds of a range of days on a client's projects, as far as the viewer sees them. */
export async function sumClientRange(
  db: Db,
  viewer: Viewer,
  { client_id, from, to }: { client_id: number; from: string; to: string },
): Promise<number> {
  const { seconds } = await db
    .selectFrom('entries')
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('seconds'))
    .where('project_id', 'in', (select) =>
      select.selectFrom('projects').select('projects.id').where('client_id', '=', client_id),
    )
    .where('local_date', '>=', from)
    .where('local_date', '<=', to)
    .where(visibleEntries(viewer))
    .executeTakeFirstOrThrow();
  return seconds;
}

/** The newest entries on a client's projects, as far as the viewer sees them, out of the last weeks. */
export async function listClientEntries(
  db: Db,
  viewer: Viewer,
  { client_id, since }: { client_id: number; since: string },
) {
  return db
    .selectFrom('entries')
    .innerJoin('users', 'users.id', 'entries.user_id')
    .innerJoin('projects', 'projects.id', 'entries.project_id')
    .select(['entries.id', 'entries.user_id', 'users.name as person_name', 'entries.description'])
    .select(['local_date', 'zone', 'projects.name as detail_name'])
    .select(['started_at', 'ended_at', 'duration_seconds'])
    .where('projects.client_id', '=', client_id)
    .where('local_date', '>=', since)
    .where(visibleEntries(viewer))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .limit(20)
    .execute();
}

/** @returns the new client's id. */
export async function insertClient(db: Db, row: Insertable<ClientsTable>): Promise<number> {
  const { id } = await db
    .insertInto('clients')
    .values({ ...row, code_key: foldCase(row.code ?? '') })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function updateClient(db: Db, id: number, changed: Updateable<ClientsTable>): Promise<void> {
  await db.updateTable('clients').set(withCodeKey(changed)).where('id', '=', id).execute();
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
