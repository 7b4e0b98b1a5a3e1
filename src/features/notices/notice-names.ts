import type { Db } from '../../db/connect.ts';
import type { Viewer } from '../access/access.queries.ts';
import { mapPersonNames } from '../accounts/people.queries.ts';
import { mapProjectNames, mapTaskNames } from './notices.queries.ts';
import type { Notice, NoticeNames } from './notices.ts';

/**
 * Names of everything that somebody's messages are about, in three statements at most. What they do not see any more has
 * none, as if it were gone: a message outlives the rights of whoever got it.
 */
export async function namesOf(db: Db, viewer: Viewer, notices: readonly Notice[]): Promise<NoticeNames> {
  const project_ids = notices.flatMap((notice) => ('project_id' in notice ? [notice.project_id] : []));
  const task_ids = notices.flatMap((notice) => (notice.kind === 'estimate' ? [notice.task_id] : []));
  const user_ids = notices.flatMap((notice) => {
    // Whoever changed one's time is named at the entry, too. Mails are told of to administrators.
    if (notice.kind === 'entry') return [notice.actor_id];
    return notice.kind === 'mail' && viewer.role === 'admin' ? [notice.user_id] : [];
  });
  return {
    projects: await mapProjectNames(db, viewer, project_ids),
    tasks: await mapTaskNames(db, viewer, task_ids),
    people: await mapPersonNames(db, user_ids),
  };
}
