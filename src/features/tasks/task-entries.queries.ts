import type { Db } from '../../db/connect.ts';
import { visibleEntries } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';

/** The newest entries on a task, as far as the viewer sees them, the running ones too. */
export async function listTaskEntries(db: Db, viewer: Viewer, task_id: number) {
  return db
    .selectFrom('entries')
    .innerJoin('users', 'users.id', 'entries.user_id')
    .select(['entries.id', 'entries.user_id', 'users.name as person_name', 'entries.description'])
    .select(['local_date', 'zone', 'started_at', 'ended_at', 'duration_seconds'])
    .where('entries.task_id', '=', task_id)
    .where(visibleEntries(viewer))
    .orderBy('local_date', 'desc')
    .orderBy('started_at', 'desc')
    .limit(20)
    .execute();
}
