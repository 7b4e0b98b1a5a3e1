import type { AliasedExpression } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Flag } from '../../db/schema.ts';

/** An entry as a list shows it, with the names of what it belongs to. */
export interface EntryRow {
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

/** What is read of the entries themselves. */
export const listedEntries = (db: Db) =>
  db
    .selectFrom('entries')
    .select(['entries.id', 'entries.user_id', 'entries.project_id', 'entries.task_id', 'description'])
    .select(['local_date', 'zone', 'started_at', 'ended_at', 'duration_seconds', 'billable'])
    .select(['entries.created_by', 'entries.updated_by']);

type Listed = Awaited<ReturnType<ReturnType<typeof listedEntries>['execute']>>[number];

/** Those entries with their names, newest first: names are looked up for these alone, however many entries there are. */
export async function withNames(db: Db, page: AliasedExpression<Listed, 'page'>): Promise<EntryRow[]> {
  return db
    .selectFrom(page)
    .innerJoin('users', 'users.id', 'page.user_id')
    .leftJoin('projects', 'projects.id', 'page.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('tasks', 'tasks.id', 'page.task_id')
    .select(['page.id', 'page.user_id', 'users.name as person_name', 'page.description'])
    .select(['page.local_date', 'page.zone', 'page.started_at', 'page.ended_at', 'page.duration_seconds'])
    .select(['page.billable', 'page.created_by', 'page.updated_by'])
    .select(['projects.name as project_name', 'projects.color as project_color'])
    .select(['clients.name as client_name', 'tasks.name as task_name'])
    .orderBy('page.local_date', 'desc')
    .orderBy('page.started_at', 'desc')
    .orderBy('page.id', 'desc')
    .execute();
}
