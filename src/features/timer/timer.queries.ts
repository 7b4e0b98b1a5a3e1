import type { Db } from '../../db/connect.ts';
import { prepareKept } from '../../db/prepared.ts';
import type { Flag } from '../../db/schema.ts';

/** Timers that run now, of everybody. */
export async function countRunning(db: Db): Promise<number> {
  const { running } = await db
    .selectFrom('entries')
    .select((select) => select.fn.countAll<number>().as('running'))
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return running;
}

export interface RunningRow {
  id: number;
  description: string;
  billable: Flag;
  started_at: number;
  updated_at: number;
  zone: string;
  local_date: string;
  project_id: number | null;
  project_name: string | null;
  project_color: string | null;
  client_name: string | null;
  task_id: number | null;
  task_name: string | null;
  tag_name: string | null;
}

const runningRows = prepareKept<{ user_id: number }, RunningRow>((db, parameter) =>
  db
    .selectFrom('entries')
    .leftJoin('projects', 'projects.id', 'entries.project_id')
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('tasks', 'tasks.id', 'entries.task_id')
    .leftJoin('entry_tags', 'entry_tags.entry_id', 'entries.id')
    .leftJoin('tags', 'tags.id', 'entry_tags.tag_id')
    .select(['entries.id', 'entries.description', 'entries.billable', 'started_at', 'zone', 'local_date'])
    .select('entries.updated_at')
    .select(['projects.id as project_id', 'projects.name as project_name'])
    .select(['projects.color as project_color', 'clients.name as client_name', 'tags.name as tag_name'])
    .select(['entries.task_id', 'tasks.name as task_name'])
    .where('user_id', '=', parameter('user_id'))
    .where('ended_at', 'is', null)
    .orderBy('tags.name_key'),
);

/** The running timer as one row per tag, or one row without a tag; empty when nothing runs. On every page. */
export async function listRunningRows(db: Db, user_id: number): Promise<readonly RunningRow[]> {
  return runningRows(db, { user_id });
}
