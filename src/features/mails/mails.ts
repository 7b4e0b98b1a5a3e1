import { randomUUID } from 'node:crypto';
import type { Db } from '../../db/connect.ts';
import type { Deps } from '../../deps.ts';
import type { Mail, MailRefusal } from '../../telemetry/mail.ts';
import {
  claimMail,
  deleteMail,
  deleteMailOfLink,
  deleteOldMails,
  insertMails,
  updateMail,
  updateMailsGivenUp,
} from './mails.queries.ts';
import type { ClaimedMail } from './mails.queries.ts';

/** How long a mail is tried, in milliseconds; a link not beyond its own end. */
export const triedForMs = 3 * 24 * 3_600_000;
/** Pauses after the first attempts, in milliseconds; the last one after every attempt that follows. */
const pausesMs = [60_000, 300_000, 900_000, 1_800_000, 3_600_000];
/** Longer than an attempt can take: only a server that died is overtaken. */
const claimedForMs = 900_000;
const keptMs = 30 * 24 * 3_600_000;

/** Puts a mail about a link into the queue, in the transaction that makes the link. @returns its id. */
export async function queueLinkMail(
  db: Db,
  mail: { user_id: number; link_id: number; origin: string; expires_at: number; now: number },
): Promise<number> {
  const { user_id, link_id, origin, expires_at, now } = mail;
  const [id = 0] = await insertMails(db, [
    {
      ...{ user_id, link_id, notice_id: null, origin, message_id: randomUUID(), created_at: now },
      give_up_at: Math.min(expires_at, now + triedForMs),
    },
  ]);
  return id;
}

/** Sends the mail about a link once more, with a token of its own. @returns its id. */
export async function sendLinkMailAgain(
  db: Db,
  mail: { user_id: number; link_id: number; origin: string; expires_at: number; now: number },
): Promise<number> {
  await deleteMailOfLink(db, mail.link_id);
  return queueLinkMail(db, mail);
}

/** Puts mails about notices into the queue; a notice that was mailed or waits already is passed over. */
export async function queueNoticeMails(
  db: Db,
  notices: readonly { id: number; user_id: number }[],
  now: number,
): Promise<void> {
  const rows = notices.map(({ id, user_id }) => ({
    ...{ user_id, link_id: null, notice_id: id, origin: null, message_id: randomUUID() },
    ...{ created_at: now, give_up_at: now + triedForMs },
  }));
  await insertMails(db, rows);
}

/**
 * Tries a mail now, unless somebody else does or it is not its turn. What it says is made for each attempt.
 *
 * @param compose - the mail; null when nobody needs it any more.
 * @returns false when the mail server could not be reached: then others need not be tried either.
 */
export async function tryMail(
  deps: Deps,
  id: number,
  compose: (deps: Deps, mail: ClaimedMail) => Promise<Omit<Mail, 'message_id'> | null>,
): Promise<boolean> {
  const now = deps.now();
  const claimed = await claimMail(deps.db, id, { now, until: now + claimedForMs });
  if (!claimed) return true;
  const mail = await compose(deps, claimed);
  if (!mail) {
    await deleteMail(deps.db, id);
    return true;
  }
  const refusal = await deps.mailer.send({ ...mail, message_id: claimed.message_id });
  if (refusal === null)
    await updateMail(deps.db, id, { state: 'sent', ended_at: deps.now(), status: null, problem: null });
  else await refused(deps, claimed, refusal);
  return refusal === null || refusal.status !== null;
}

async function refused(
  deps: Deps,
  { id, attempts, give_up_at }: ClaimedMail,
  refusal: MailRefusal,
): Promise<void> {
  const { status, problem, is_final } = refusal;
  const now = deps.now();
  const pauseMs = pausesMs[attempts - 1] ?? pausesMs.at(-1) ?? 0;
  const next_try_at = now + pauseMs;
  deps.log.logger.warn({ mail_id: id, attempts, problem, smtp_status: status }, 'a mail was not sent');
  if (!is_final && next_try_at < give_up_at) return updateMail(deps.db, id, { next_try_at, status, problem });
  await updateMail(deps.db, id, { state: 'given_up', ended_at: now, status, problem });
}

/** Gives up what waited too long, and forgets what ended long ago. Also without a mail server: nothing waits for ever. */
export async function endMails({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<void> {
  await updateMailsGivenUp(db, now());
  await deleteOldMails(db, now() - keptMs);
}
