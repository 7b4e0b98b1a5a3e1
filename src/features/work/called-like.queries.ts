import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { likePattern } from './list-query.ts';

/** Of `users`: as typed too, because SQLite folds the case of English letters only and people have no key of their name. */
export function calledLike(q: string): RawBuilder<boolean> {
  const as_typed = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`(lower(users.name) like ${likePattern(q)} escape '\\' or users.name like ${as_typed} escape '\\')`;
}

/** Of `projects` with their `clients`: those with that in their own or their client's name. */
export function projectCalledLike(q: string): RawBuilder<boolean> {
  const pattern = likePattern(q);
  return sql<boolean>`(projects.name_key like ${pattern} escape '\\' or clients.name_key like ${pattern} escape '\\')`;
}
