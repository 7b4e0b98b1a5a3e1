import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { visibleClients } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import { choicesAtMost, choicesOf } from './choice-list.ts';
import type { Choices, ChoiceWish } from './choice-list.ts';
import { likePattern } from './list-query.ts';

export interface ClientChoice {
  id: number;
  name: string;
  archived_at: number | null;
}

/** Active clients to choose from, by name, or those with that in it; the chosen one that the viewer sees in any case. */
export async function listClientChoices(
  db: Db,
  viewer: Viewer,
  { chosen, q }: ChoiceWish,
): Promise<Choices<ClientChoice>> {
  const clients = db
    .selectFrom('clients')
    .select(['id', 'name', 'archived_at'])
    .where(visibleClients(viewer));
  const found = await clients
    .where('archived_at', 'is', null)
    .$if(q !== '', (query) => query.where(sql<boolean>`name_key like ${likePattern(q)} escape '\\'`))
    .orderBy('name_key')
    .limit(choicesAtMost + 1)
    .execute();
  const one = chosen === null ? undefined : await clients.where('id', '=', chosen).executeTakeFirst();
  return choicesOf(found, one);
}
