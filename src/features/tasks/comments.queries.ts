import type { Db } from '../../db/connect.ts';

export interface Comment {
  id: number;
  user_id: number;
  person_name: string;
  body: string;
  created_at: number;
  updated_at: number;
}

/** Comments of a task, the oldest first: the newest ones, or those before one; and one more where there are more. */
export async function listComments(
  db: Db,
  task_id: number,
  { before_id, limit }: { before_id: number | null; limit: number },
): Promise<Comment[]> {
  const rows = await db
    .selectFrom('task_comments')
    .innerJoin('users', 'users.id', 'task_comments.user_id')
    .select(['task_comments.id', 'user_id', 'users.name as person_name', 'body'])
    .select(['task_comments.created_at', 'task_comments.updated_at'])
    .where('task_id', '=', task_id)
    .$if(before_id !== null, (query) => query.where('task_comments.id', '<', before_id))
    .orderBy('task_comments.id', 'desc')
    .limit(limit + 1)
    .execute();
  return rows.reverse();
}

export async function findComment(
  db: Db,
  task_id: number,
  id: number,
): Promise<{ id: number; user_id: number; body: string } | undefined> {
  return db
    .selectFrom('task_comments')
    .select(['id', 'user_id', 'body'])
    .where('task_id', '=', task_id)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The comment that was just written with those very words. */
export async function findSameComment(
  db: Db,
  { task_id, user_id, body, since }: { task_id: number; user_id: number; body: string; since: number },
): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('task_comments')
    .select('id')
    .where('task_id', '=', task_id)
    .where('user_id', '=', user_id)
    .where('created_at', '>=', since)
    .where('body', '=', body)
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

export async function insertComment(
  db: Db,
  row: { task_id: number; user_id: number; body: string; created_at: number; updated_at: number },
): Promise<number> {
  const { id } = await db.insertInto('task_comments').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

export async function updateComment(
  db: Db,
  id: number,
  changed: { body: string; updated_at: number },
): Promise<void> {
  await db.updateTable('task_comments').set(changed).where('id', '=', id).execute();
}

export async function deleteComment(db: Db, id: number): Promise<void> {
  await db.deleteFrom('task_comments').where('id', '=', id).execute();
}
