import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { prepare } from '../../db/prepared.ts';

export interface PastWork {
  /** The latest entry of this description, project and task. */
  id: number;
  description: string;
  project_id: number | null;
  project_name: string | null;
  project_color: string | null;
  client_name: string | null;
  task_id: number | null;
  task_name: string | null;
}

const pastWork = prepare<{ user_id: number; scanned: number; limit: number }, PastWork>((db, parameter) =>
  db
    .selectFrom(
      db
        .selectFrom('entries')
        .select(['id', 'description', 'project_id', 'task_id', 'local_date', 'started_at'])
        .where('user_id', '=', parameter('user_id'))
        .orderBy('local_date', 'desc')
        .orderBy('started_at', 'desc')
        .limit(parameter('scanned'))
        .as('recent'),
    )
    .leftJoin('projects', (join) =>
      join.onRef('projects.id', '=', 'recent.project_id').on('projects.archived_at', 'is', null),
    )
    .leftJoin('clients', 'clients.id', 'projects.client_id')
    .leftJoin('tasks', (join) =>
      join
        .onRef('tasks.id', '=', 'recent.task_id')
        .onRef('tasks.project_id', '=', 'projects.id')
        .on('tasks.archived_at', 'is', null),
    )
    .select([
      sql<number>`max(recent.id)`.as('id'),
      'recent.description',
      'projects.id as project_id',
      'projects.name as project_name',
      'projects.color as project_color',
      'clients.name as client_name',
      'tasks.id as task_id',
      'tasks.name as task_name',
    ])
    .groupBy(['recent.description', 'projects.id', 'projects.name', 'projects.color', 'clients.name'])
    .groupBy(['tasks.id', 'tasks.name'])
    .orderBy(sql`max(recent.started_at)`, 'desc')
    .limit(parameter('limit')),
);

/**
 * What the person worked on lately, each once, the latest first. An archived project or task is left out of its work.
 *
 * @param most - `scanned` entries at most are looked at, `limit` rows at most come back.
 */
export async function listPastWork(
  db: Db,
  user_id: number,
  most: { scanned: number; limit: number },
): Promise<PastWork[]> {
  return pastWork(db, { user_id, ...most });
}

/** Tag names of some entries, by entry. */
export async function mapTagNames(db: Db, entry_ids: readonly number[]): Promise<Map<number, string[]>> {
  const names = new Map<number, string[]>();
  if (entry_ids.length === 0) return names;
  const rows = await db
    .selectFrom('entry_tags')
    .innerJoin('tags', 'tags.id', 'entry_tags.tag_id')
    .select(['entry_id', 'tags.name'])
    .where('entry_id', 'in', [...entry_ids])
    .orderBy('tags.name_key')
    .execute();
  for (const { entry_id, name } of rows) names.set(entry_id, [...(names.get(entry_id) ?? []), name]);
  return names;
}

/** Names of tags that are in use, by name. */
export async function listTagNames(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('tags')
    .select('name')
    .where('archived_at', 'is', null)
    .orderBy('name_key')
    .limit(limit)
    .execute();
  return rows.map(({ name }) => name);
}
