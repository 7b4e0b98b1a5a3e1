import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Person } from '../../http/express-locals.ts';

/** Whose entries are looked at: these people's, or everybody's when null. */
export interface EntryScope {
  user_ids: readonly number[] | null;
}

/**
 * Whose entries a person may see. Everybody sees their own; administrators see all. Every query that reads entries for a
 * page about more than one's own timer goes through here. It stands here because clients, projects, tags and reports need
 * it, and entries need tags.
 */
export const entryScope = (person: Pick<Person, 'id' | 'role'>): EntryScope => ({
  user_ids: person.role === 'admin' ? null : [person.id],
});

/**
 * The chosen people's entries, as far as the person may see them; nobody chosen means everybody there is to see.
 *
 * @returns undefined when one of the chosen is not theirs to see
 */
export function narrowScope(scope: EntryScope, chosen: readonly number[]): EntryScope | undefined {
  if (chosen.length === 0) return scope;
  if (scope.user_ids !== null && chosen.some((id) => !scope.user_ids?.includes(id))) return undefined;
  return { user_ids: chosen };
}

/** The condition of a scope, for `where(inScope(scope))` of a query on entries. */
export const inScope =
  ({ user_ids }: EntryScope) =>
  (where: ExpressionBuilder<Database, 'entries'>): Expression<SqlBool> =>
    user_ids === null ? where.and([]) : where('entries.user_id', 'in', user_ids);
