import type { Insertable } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { AccountLinksTable, Flag, LinkTokensTable, Role } from '../../db/schema.ts';

type Kind = AccountLinksTable['kind'];

export async function insertLink(db: Db, row: Insertable<AccountLinksTable>): Promise<number> {
  const { id } = await db.insertInto('account_links').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** Ends every link of a person that was not used, or only those that they asked for themselves; returns how many. */
export async function deleteOpenLinks(
  db: Db,
  user_id: number,
  { own_only = false }: { own_only?: boolean } = {},
): Promise<number> {
  const result = await db
    .deleteFrom('account_links')
    .where('user_id', '=', user_id)
    .where('used_at', 'is', null)
    .$if(own_only, (query) => query.where('created_by', 'is', null))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** The invitation of a person that still opens. */
export async function findOpenInvitation(
  db: Db,
  user_id: number,
  now: number,
): Promise<{ id: number; expires_at: number } | undefined> {
  return db
    .selectFrom('account_links')
    .select(['id', 'expires_at'])
    .where('user_id', '=', user_id)
    .where('kind', '=', 'invitation')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export interface LinkedPerson {
  link_id: number;
  user_id: number;
  name: string;
  email: string;
  role: Role;
  locale: string;
  is_placeholder: Flag;
  analytics_choice: 'in' | 'out' | null;
}

/** Whom a link is for, while it opens: not used, not too old, and the person is still here. */
export async function findLinkedPerson(
  db: Db,
  link: { kind: Kind; token_hash: string; now: number },
): Promise<LinkedPerson | undefined> {
  return db
    .selectFrom('account_links')
    .innerJoin('users', 'users.id', 'account_links.user_id')
    .select(['account_links.id as link_id', 'user_id', 'name', 'email', 'role', 'locale', 'is_placeholder'])
    .select('analytics_choice')
    .where((where) =>
      where.or([
        where('account_links.token_hash', '=', link.token_hash),
        where('account_links.id', 'in', (sub) =>
          sub.selectFrom('link_tokens').select('link_id').where('token_hash', '=', link.token_hash),
        ),
      ]),
    )
    .where('kind', '=', link.kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', link.now)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst();
}

/** Uses a link up; false when another request was faster. */
export async function updateLinkUsed(db: Db, id: number, used_at: number): Promise<boolean> {
  const result = await db
    .updateTable('account_links')
    .set({ used_at })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function insertLinkToken(db: Db, row: LinkTokensTable): Promise<void> {
  await db.insertInto('link_tokens').values(row).execute();
}

export interface MailedLink {
  kind: Kind;
  expires_at: number;
  name: string;
  email: string;
  locale: string;
  /** Who made it, as they are called now; null when the person asked for it. */
  maker_name: string | null;
}

/** What a mail says about a link, while that opens and has somebody to go to. */
export async function findMailedLink(db: Db, id: number, now: number): Promise<MailedLink | undefined> {
  return db
    .selectFrom('account_links')
    .innerJoin('users', 'users.id', 'account_links.user_id')
    .leftJoin('users as makers', 'makers.id', 'account_links.created_by')
    .select(['account_links.kind', 'account_links.expires_at', 'users.name', 'users.email', 'users.locale'])
    .select('makers.name as maker_name')
    .where('account_links.id', '=', id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where('users.deactivated_at', 'is', null)
    .executeTakeFirst();
}

/** Links that neither open any more nor tell anything. */
export async function deleteEndedLinks(db: Db, expired_before: number): Promise<void> {
  await db.deleteFrom('account_links').where('expires_at', '<', expired_before).execute();
}
