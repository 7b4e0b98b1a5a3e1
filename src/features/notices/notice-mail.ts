import type { Deps } from '../../deps.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import type { Mail } from '../../telemetry/mail.ts';
import { managesProject } from '../access/access.queries.ts';
import { queueNoticeMails } from '../mails/mails.ts';
import type { ClaimedMail } from '../mails/mails.queries.ts';
import { namesOf } from './notice-names.ts';
import { findMailedNotice, listUnmailedNotices } from './notices.queries.ts';
import type { MailedNotice } from './notices.queries.ts';
import { mailedKinds, noticeHref, noticeText, readNotice } from './notices.ts';
import type { Notice, NoticeNames } from './notices.ts';

/** What is older when mail is set up, or works again, is in the page only. */
const newForMs = 24 * 3_600_000;

/** Puts messages that were not read in the page yet into the queue of mails, once each. */
export async function queueNotices({ db, now }: Pick<Deps, 'db' | 'now'>): Promise<void> {
  const waiting = await listUnmailedNotices(db, { since: now() - newForMs, kinds: mailedKinds });
  await queueNoticeMails(db, waiting, now());
}

/**
 * The mail about a message; null when it was read meanwhile, is none that this version can tell, or is about the budget
 * or an estimate of a project that its reader does not manage any more.
 */
export async function composeNoticeMail(deps: Deps, { notice_id }: ClaimedMail): Promise<Mail | null> {
  const row = notice_id === null ? undefined : await findMailedNotice(deps.db, notice_id);
  const notice = row && readNotice(row.kind, row.content);
  if (!notice) return null;
  const reader = { id: row.user_id, role: row.role };
  if ('project_id' in notice && !(await managesProject(deps.db, reader, notice.project_id))) return null;
  return writeMail(deps, row, { notice, names: await namesOf(deps.db, reader, [notice]) });
}

function writeMail(
  deps: Deps,
  { user_id, name, email, locale: language, duration_format }: MailedNotice,
  { notice, names }: { notice: Notice; names: NoticeNames },
): Mail {
  const locale = language === 'de' ? 'de' : 'en';
  const functions = deps.viewFunctions(locale, duration_format);
  const { t } = functions;
  const lead = noticeText(notice, names, functions);
  const { public_url } = deps.config;
  // Without the public address nobody knows how people reach this server.
  const href = public_url === undefined ? null : noticeHref(notice, names);
  const url = href === null ? null : `${public_url?.replace(/\/$/, '')}${href}`;
  const data = {
    ...{ locale, url, lead, ...wordsFor(notice, names, functions) },
    greeting: t('mail.greeting', { name }),
  };
  const { subject } = data;
  const text = [data.greeting, lead, ...(url === null ? [] : [url]), data.why].join('\n\n');
  return {
    ...{ purpose: 'notice', user_id, to: email, subject },
    ...{ text: `${text}\n`, html: deps.views.render('mails/notice', data) },
  };
}

function wordsFor(notice: Notice, names: NoticeNames, { t }: Pick<ViewFunctions, 't'>) {
  if (notice.kind === 'entry') {
    const subject = t('notices.mail_entry_subject');
    return { subject, why: t('notices.mail_entry_why'), action: t('notices.mail_entry_action') };
  }
  if (notice.kind === 'estimate') {
    const task = names.tasks.get(notice.task_id) ?? '–';
    const subject = t('notices.mail_estimate_subject', { task });
    return { subject, why: t('notices.mail_why'), action: t('notices.mail_estimate_action') };
  }
  const name = notice.kind === 'budget' ? names.projects.get(notice.project_id) : undefined;
  const subject = t('notices.mail_subject', { project: name ?? t('notices.project_gone') });
  return { subject, why: t('notices.mail_why'), action: t('notices.mail_action') };
}
