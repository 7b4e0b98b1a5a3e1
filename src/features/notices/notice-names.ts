import type { Db } from '../../db/connect.ts';
import { mapNames } from './notices.queries.ts';
import type { Notice, NoticeNames } from './notices.ts';

/** Names of everything that some messages are about, in two statements at most. */
export async function namesOf(db: Db, notices: readonly Notice[]): Promise<NoticeNames> {
  const project_ids = notices.flatMap((notice) => (notice.kind === 'budget' ? [notice.project_id] : []));
  const user_ids = notices.flatMap((notice) => (notice.kind === 'mail' ? [notice.user_id] : []));
  return {
    projects: await mapNames(db, 'projects', project_ids),
    people: await mapNames(db, 'users', user_ids),
  };
}
