import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { isPostgres } from '../../db/lock.ts';
import type { Database, Flag, MailState, Role } from '../../db/schema.ts';
import { likePattern, pageSize } from '../work/list-query.ts';
import type { PeopleQuery } from './people.forms.ts';

export interface PersonRow {
  id: number;
  name: string;
  email: string;
  role: Role;
  locale: string;
  is_placeholder: Flag;
  /** 0: nobody can sign in as this person yet. */
  has_password: Flag;
  created_at: number;
  deactivated_at: number | null;
}

const people = (db: Db) =>
  db
    .selectFrom('users')
    .select(['id', 'name', 'email', 'role', 'locale', 'is_placeholder', 'created_at', 'deactivated_at'])
    .select(sql<Flag>`case when password_hash is null then 0 else 1 end`.as('has_password'));

/** SQLite folds only the letters of English: a name with others is found as it is written. */
const literalPattern = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** One page by name, and one row more when another page follows. A search finds addresses too. */
export async function listPeoplePage(db: Db, { q, state, role, page }: PeopleQuery): Promise<PersonRow[]> {
  const pattern = likePattern(q);
  const literal = literalPattern(q);
  return people(db)
    .where('deactivated_at', state === 'former' ? 'is not' : 'is', null)
    .$if(state === 'placeholder', (query) => query.where('is_placeholder', '=', 1))
    .$if(state === 'invited', (query) =>
      query.where('is_placeholder', '=', 0).where('password_hash', 'is', null),
    )
    .$if(role !== '', (query) => query.where('role', '=', role as Role))
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`(lower(name) like ${pattern} escape '\\' or name like ${literal} escape '\\' or (is_placeholder = 0 and email_key like ${pattern} escape '\\'))`,
      ),
    )
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .limit(pageSize + 1)
    .offset((page - 1) * pageSize)
    .execute();
}

/** Booked seconds of some people since a local date; people without any are missing. */
export async function sumPeopleTime(
  db: Db,
  ids: readonly number[],
  from: string,
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('entries')
    .select('user_id')
    .select(sql<number>`coalesce(sum((ended_at - started_at) / 1000), 0)`.as('seconds'))
    .where('user_id', 'in', ids)
    .where('local_date', '>=', from)
    .groupBy('user_id')
    .execute();
  return new Map(rows.map(({ user_id, seconds }) => [user_id, seconds]));
}

export async function findPersonRow(db: Db, id: number): Promise<PersonRow | undefined> {
  return people(db).where('id', '=', id).executeTakeFirst();
}

/**
 * Makes changes that could take the last administrator away wait for each other: of two at once that each rely on the
 * other's administrator, the second then sees what the first one did. All in one order, and before the lock of the
 * person, so that no two wait for each other for ever. SQLite's writers wait anyway.
 */
export async function lockAdministrators(trx: Transaction<Database>): Promise<void> {
  if (!isPostgres(trx)) return;
  const administrators = trx.selectFrom('users').select('id').where('role', '=', 'admin').orderBy('id');
  await administrators.forNoKeyUpdate().execute();
}

/** Administrators who can sign in, without one of them. */
export async function countOtherAdministrators(db: Db, id: number): Promise<number> {
  const { others } = await db
    .selectFrom('users')
    .select((select) => select.fn.countAll<number>().as('others'))
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .where('password_hash', 'is not', null)
    .where('id', '!=', id)
    .executeTakeFirstOrThrow();
  return others;
}

/** True when anything says that the person was here: time, comments, an audit record of what they did. */
export async function hasTraces(db: Db, id: number): Promise<boolean> {
  const { traces } = await db
    .selectFrom('users')
    .select(
      sql<number>`(exists (select 1 from entries where user_id = ${id}) or exists (select 1 from task_comments where user_id = ${id}) or exists (select 1 from audit where actor_id = ${id}))`.as(
        'traces',
      ),
    )
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return Boolean(traces);
}

export async function deletePerson(db: Db, id: number): Promise<void> {
  await db.updateTable('tasks').set({ assignee_id: null }).where('assignee_id', '=', id).execute();
  await db
    .deleteFrom('rates')
    .where((where) =>
      where.or([where('scope', '=', `person:${id}`), where('scope', 'like', `member:%:${id}`)]),
    )
    .execute();
  await db.deleteFrom('users').where('id', '=', id).execute();
}

export interface Membership {
  project_id: number;
  name: string;
  color: string;
  client_name: string | null;
  is_manager: Flag;
}

/** The projects that a person is a member of, by name; at most 200. */
export async function listMemberships(db: Db, user_id: number): Promise<Membership[]> {
  return db
    .selectFrom('project_members')
    .innerJoin('projects', 'projects.id', 'project_members.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['project_id', 'projects.name', 'projects.color', 'clients.name as client_name', 'is_manager'])
    .where('user_id', '=', user_id)
    .orderBy('projects.name_key')
    .limit(200)
    .execute();
}

/** Tasks that a person was given and that are not done. */
export async function countOpenTasks(db: Db, user_id: number): Promise<number> {
  const { tasks } = await db
    .selectFrom('tasks')
    .select((select) => select.fn.countAll<number>().as('tasks'))
    .where('assignee_id', '=', user_id)
    .where('status', '<>', 'done')
    .where('archived_at', 'is', null)
    .executeTakeFirstOrThrow();
  return tasks;
}

/** Makes somebody a member of projects; those that do not exist are passed over. */
export async function insertMemberships(
  db: Db,
  user_id: number,
  project_ids: readonly number[],
): Promise<void> {
  if (project_ids.length === 0) return;
  await db
    .insertInto('project_members')
    .columns(['project_id', 'user_id', 'is_manager'])
    .expression((select) =>
      select
        .selectFrom('projects')
        .select(['projects.id', sql<number>`${user_id}`.as('user_id'), sql<Flag>`0`.as('is_manager')])
        .where('projects.id', 'in', [...project_ids])
        .where('archived_at', 'is', null),
    )
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doNothing())
    .execute();
}

/** Active projects that only their members see: those a new person may be missing from. */
export async function listClosedProjects(
  db: Db,
): Promise<{ id: number; name: string; client_name: string | null }[]> {
  return db
    .selectFrom('projects')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .select(['projects.id', 'projects.name', 'clients.name as client_name'])
    .where('projects.visibility', '=', 'members')
    .where('projects.archived_at', 'is', null)
    .orderBy('projects.name_key')
    .limit(100)
    .execute();
}

export interface OpenLink {
  id: number;
  kind: 'invitation' | 'password_reset';
  created_at: number;
  expires_at: number;
  /** Of its mail; null where none was sent, or nobody knows of it any more. */
  state: MailState | null;
  next_try_at: number | null;
  status: number | null;
  problem: string | null;
}

/** The newest link of a person that still opens, and the mail that brings it; undefined when there is none. */
export async function findOpenLink(db: Db, user_id: number, now: number): Promise<OpenLink | undefined> {
  return db
    .selectFrom('account_links')
    .leftJoin('mails', 'mails.link_id', 'account_links.id')
    .select(['account_links.id', 'account_links.kind', 'account_links.created_at', 'expires_at'])
    .select(['mails.state', 'mails.next_try_at', 'mails.status', 'mails.problem'])
    .where('account_links.user_id', '=', user_id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('account_links.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** People to merge a placeholder into: those with an account, by name; a search narrows them. */
export async function listMergeTargets(
  db: Db,
  q: string,
): Promise<{ id: number; name: string; email: string }[]> {
  const pattern = likePattern(q);
  const literal = literalPattern(q);
  return db
    .selectFrom('users')
    .select(['id', 'name', 'email'])
    .where('is_placeholder', '=', 0)
    .$if(q !== '', (query) =>
      query.where(
        sql<boolean>`(lower(name) like ${pattern} escape '\\' or name like ${literal} escape '\\' or email_key like ${pattern} escape '\\')`,
      ),
    )
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .limit(100)
    .execute();
}
