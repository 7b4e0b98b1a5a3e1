import { AppError, notFound } from '../../shared/errors.ts';
import type { Change } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import {
  deleteComment,
  findComment,
  findSameComment,
  insertComment,
  updateComment,
} from './comments.queries.ts';
import { requireTask } from './tasks.ts';

interface CommentWrite {
  viewer: Viewer;
  task_id: number | undefined;
  now: number;
}

/** The same words twice within this time are one click that was made twice. */
const sameClickMs = 2_000;

/** Adds a comment to a task that the viewer sees; the second click adds nothing. @returns its id and its task's. */
export async function addComment(
  change: Change,
  { viewer, task_id, now, body }: CommentWrite & { body: string },
): Promise<{ id: number; task_id: number }> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const task = await requireTask(trx, viewer, task_id);
    const twin = { task_id: task.id, user_id: viewer.id, body, since: now - sameClickMs };
    const same = await findSameComment(trx, twin);
    if (same) return { id: same.id, task_id: task.id };
    const row = { task_id: task.id, user_id: viewer.id, body, created_at: now, updated_at: now };
    const id = await insertComment(trx, row);
    record('comment.created', { task_id: task.id });
    return { id, task_id: task.id };
  });
}

/** Changes one's own comment. Throws not found for anything else. */
export async function changeComment(
  change: Change,
  { viewer, task_id, id, now, body }: CommentWrite & { id: number | undefined; body: string },
): Promise<void> {
  await change({ user_id: viewer.id }, async (trx, record) => {
    const task = await requireTask(trx, viewer, task_id);
    const comment = id === undefined ? undefined : await findComment(trx, task.id, id);
    if (!comment || comment.user_id !== viewer.id) throw notFound('comment');
    if (comment.body === body) return;
    await updateComment(trx, comment.id, { body, updated_at: Math.max(now, 1) });
    record('comment.updated', { task_id: task.id });
  });
}

/** Deletes a comment: one's own, or anybody's on a project that one manages, which the audit log tells. */
export async function removeComment(
  change: Change,
  { viewer, task_id, id, now }: CommentWrite & { id: number | undefined },
): Promise<void> {
  await change({ user_id: viewer.id }, async (trx, record) => {
    const task = await requireTask(trx, viewer, task_id);
    const comment = id === undefined ? undefined : await findComment(trx, task.id, id);
    if (!comment) throw notFound('comment');
    if (comment.user_id !== viewer.id && task.is_managed !== 1)
      throw new AppError('forbidden', 'may_not_delete_comment');
    await deleteComment(trx, comment.id);
    if (comment.user_id !== viewer.id)
      await appendAudit(trx, {
        ...{ at: now, actor_id: viewer.id, action: 'task.comment_deleted', subject: 'task' },
        ...{ subject_id: task.id, user_id: comment.user_id, content: { project_id: task.project_id } },
      });
    record('comment.deleted', { task_id: task.id });
  });
}
