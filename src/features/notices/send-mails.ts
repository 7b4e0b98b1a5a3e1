import type { Deps } from '../../deps.ts';
import { composeLinkMail } from '../invitations/link-mail.ts';
import { endMails, tryMail } from '../mails/mails.ts';
import { listDueMails, listMailsGivenUp } from '../mails/mails.queries.ts';
import { composeNoticeMail, queueNotices } from './notice-mail.ts';
import { insertNotices, listAdministratorIds } from './notices.queries.ts';
import type { MailNotice } from './notices.ts';

const dayMs = 86_400_000;

/**
 * Sends the mails whose turn it is, gives up those that were tried for too long, and tells administrators of these. When
 * the mail server cannot be reached the others wait for the next run. Without SMTP_URL nothing is queued or sent.
 */
export async function sendMails(deps: Deps): Promise<void> {
  if (deps.mailer.isOn) {
    await queueNotices(deps);
    for (const { id, link_id } of await listDueMails(deps.db, deps.now())) {
      const isThere = await tryMail(deps, id, link_id === null ? composeNoticeMail : composeLinkMail);
      if (!isThere) break;
    }
  }
  await endMails(deps);
  await noticeGivenUp(deps);
}

/** Tells every administrator once of each mail that was given up within the last days. */
async function noticeGivenUp({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<void> {
  const mails = await listMailsGivenUp(db, now() - 2 * dayMs);
  if (mails.length === 0) return;
  const administrators = await listAdministratorIds(db);
  const rows = mails.flatMap(({ id, user_id, kind, status, problem, ended_at }) => {
    const notice: MailNotice = { user_id, purpose: kind ?? 'notice', status, problem };
    // A link is needed by somebody; of notices that did not reach a person one word a day will do.
    const about = kind === null ? `notices:${user_id}:${Math.floor((ended_at ?? 0) / dayMs)}` : id;
    const row = {
      kind: 'mail',
      once_key: `mail:${about}`,
      content: JSON.stringify(notice),
      created_at: now(),
    };
    return administrators.map((administrator_id) => ({ ...row, user_id: administrator_id }));
  });
  for (let start = 0; start < rows.length; start += 500)
    await insertNotices(db, rows.slice(start, start + 500));
}
