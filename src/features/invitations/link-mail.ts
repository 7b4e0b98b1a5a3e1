import type { Deps } from '../../deps.ts';
import type { Locale } from '../../i18n/translate.ts';
import type { Mail } from '../../telemetry/mail.ts';
import { tryMail } from '../mails/mails.ts';
import type { ClaimedMail } from '../mails/mails.queries.ts';
import { addToken, linkPath } from './links.ts';
import { findMailedLink } from './links.queries.ts';
import type { MailedLink } from './links.queries.ts';

/**
 * Tries the mail with a link at once, in the background: no page waits for a mail server. Call it after the transaction
 * that made the link. What is not sent now is sent by the job, also after a restart.
 */
export function mailLink(deps: Deps, mail_id: number | null): void {
  if (mail_id === null) return;
  tryMail(deps, mail_id, composeLinkMail).catch((error: unknown) =>
    deps.log.logger.warn({ err: error }, 'a mail with a link was not sent'),
  );
}

/** The mail about a link, with a token of its own; null when the link opens no more or the person is gone. */
export async function composeLinkMail(
  deps: Deps,
  { link_id, user_id, origin }: ClaimedMail,
): Promise<Mail | null> {
  const link = link_id === null ? undefined : await findMailedLink(deps.db, link_id, deps.now());
  if (link_id === null || link === undefined || link.email === '') return null;
  const token = await addToken(deps.db, link_id);
  return writeMail(deps, link, { user_id, token, url: `${origin ?? ''}${linkPath(link.kind, token)}` });
}

function writeMail(
  deps: Deps,
  { kind, expires_at, name, email, locale: language, maker_name }: MailedLink,
  { user_id, token, url }: { user_id: number; token: string; url: string },
): Mail {
  const locale: Locale = language === 'de' ? 'de' : 'en';
  const { t } = deps.viewFunctions(locale, 'clock');
  const hours = Math.max(1, Math.round((expires_at - deps.now()) / 3_600_000));
  const valid =
    hours >= 48 ? t('mail.valid_days', { days: Math.round(hours / 24) }) : t('mail.valid_hours', { hours });
  const lead =
    kind === 'invitation'
      ? t('mail.invitation_lead', { maker: maker_name ?? '' })
      : maker_name === null
        ? t('mail.reset_lead')
        : t('mail.reset_lead_by', { maker: maker_name });
  const data = {
    ...{ locale, url, lead, valid, greeting: t('mail.greeting', { name }) },
    ...{ subject: t(`mail.${kind}_subject`), action: t(`mail.${kind}_action`), ignore: t('mail.ignore') },
  };
  const text = [data.greeting, lead, url, valid, data.ignore].join('\n\n');
  return {
    ...{ purpose: kind, user_id, to: email, subject: data.subject },
    ...{ text: `${text}\n`, html: deps.views.render('mails/link', data), secret: token },
  };
}
