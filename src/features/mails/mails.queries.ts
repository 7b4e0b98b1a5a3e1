import type { Db } from '../../db/connect.ts';
import type { MailsTable } from '../../db/schema.ts';

/** A mail whose turn it is, as whoever claimed it knows it. */
export interface ClaimedMail {
  id: number;
  user_id: number;
  link_id: number | null;
  notice_id: number | null;
  origin: string | null;
  message_id: string;
  /** This attempt included. */
  attempts: number;
  give_up_at: number;
}

type NewMail = Pick<MailsTable, 'user_id' | 'link_id' | 'notice_id' | 'origin' | 'give_up_at' | 'created_at'>;

/** Puts mails into the queue, due at once; a link or notice that has one keeps it. @returns the new ids. */
export async function insertMails(
  db: Db,
  rows: readonly (NewMail & Pick<MailsTable, 'message_id'>)[],
): Promise<number[]> {
  if (rows.length === 0) return [];
  const inserted = await db
    .insertInto('mails')
    .values(
      rows.map((row) => ({
        ...row,
        ...{ state: 'waiting' as const, attempts: 0, next_try_at: row.created_at },
        ...{ ended_at: null, status: null, problem: null },
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute();
  return inserted.map(({ id }) => id);
}

/** Ids of mails whose turn it is, those that have waited longest first. */
export async function listDueMails(db: Db, now: number): Promise<{ id: number; link_id: number | null }[]> {
  return db
    .selectFrom('mails')
    .select(['id', 'link_id'])
    .where('state', '=', 'waiting')
    .where('next_try_at', '<=', now)
    .orderBy('next_try_at')
    .orderBy('id')
    .limit(200)
    .execute();
}

/**
 * Takes a mail to try it: it is nobody else's until `until`, when it is tried again should whoever took it have died.
 *
 * @returns undefined when somebody else has it, or it is not its turn.
 */
export async function claimMail(
  db: Db,
  id: number,
  { now, until }: { now: number; until: number },
): Promise<ClaimedMail | undefined> {
  return db
    .updateTable('mails')
    .set((set) => ({ attempts: set('attempts', '+', 1), next_try_at: until }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('next_try_at', '<=', now)
    .returning(['id', 'user_id', 'link_id', 'notice_id', 'origin', 'message_id', 'attempts', 'give_up_at'])
    .executeTakeFirst();
}

type Outcome = Pick<MailsTable, 'state' | 'next_try_at' | 'ended_at' | 'status' | 'problem'>;

/** What became of an attempt; nothing happens where the mail went with its link meanwhile. */
export async function updateMail(db: Db, id: number, outcome: Partial<Outcome>): Promise<void> {
  await db.updateTable('mails').set(outcome).where('id', '=', id).execute();
}

export async function deleteMail(db: Db, id: number): Promise<void> {
  await db.deleteFrom('mails').where('id', '=', id).execute();
}

export async function deleteMailOfLink(db: Db, link_id: number): Promise<void> {
  await db.deleteFrom('mails').where('link_id', '=', link_id).execute();
}

/** Ends mails that nobody tried in time, such as those of a server whose SMTP_URL was taken away. */
export async function updateMailsGivenUp(db: Db, now: number): Promise<void> {
  await db
    .updateTable('mails')
    .set({ state: 'given_up', ended_at: now })
    .where('state', '=', 'waiting')
    .where('give_up_at', '<=', now)
    .where('next_try_at', '<=', now)
    .execute();
}

export interface GivenUpMail {
  id: number;
  user_id: number;
  /** Of the link that it carried; null for a notice. */
  kind: 'invitation' | 'password_reset' | null;
  status: number | null;
  problem: string | null;
  ended_at: number | null;
}

/** Mails that were given up since an instant. */
export async function listMailsGivenUp(db: Db, since: number): Promise<GivenUpMail[]> {
  return db
    .selectFrom('mails')
    .leftJoin('account_links', 'account_links.id', 'mails.link_id')
    .select(['mails.id', 'mails.user_id', 'account_links.kind', 'mails.status', 'mails.problem'])
    .select('mails.ended_at')
    .where('mails.state', '=', 'given_up')
    .where('mails.ended_at', '>=', since)
    .orderBy('mails.id')
    .limit(500)
    .execute();
}

/** Forgets mails that ended long ago. */
export async function deleteOldMails(db: Db, ended_before: number): Promise<void> {
  await db.deleteFrom('mails').where('ended_at', '<', ended_before).execute();
}
