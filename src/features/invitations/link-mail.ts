import type { Deps } from '../../deps.ts';
import type { Locale } from '../../i18n/translate.ts';
import { linkPath } from './links.ts';
import type { LinkKind, NewLink } from './links.ts';
import { updateLinkMail } from './links.queries.ts';

export interface LinkMailing {
  kind: LinkKind;
  link: NewLink;
  person: { id: number; name: string; email: string; locale: string };
  /** Who made it; null when the person asked for it. */
  maker: string | null;
  /** Address of this server as people type it: https://time.example.com. */
  origin: string;
}

/** Waits before the second and third attempt; after that the administrator is told. */
const pausesMs = [20_000, 180_000];

/**
 * Sends a link after its transaction has committed, in the background: no page waits for a mail server. The link's row
 * says what became of it, and the administrator's page shows that.
 */
export function mailLink(deps: Deps, mailing: LinkMailing): void {
  if (!deps.mailer.isOn) return;
  attempt(deps, mailing, 0).catch((error: unknown) =>
    deps.log.logger.warn({ err: error }, 'a mail with a link could not be prepared'),
  );
}

async function attempt(deps: Deps, mailing: LinkMailing, tried: number): Promise<void> {
  const problem = await deps.mailer.send(composeMail(deps, mailing));
  const pauseMs = pausesMs[tried];
  if (problem === null || pauseMs === undefined) {
    await updateLinkMail(deps.db, mailing.link.id, problem === null ? 'sent' : 'failed');
    if (problem !== null) deps.log.logger.warn({ problem }, 'a mail with a link was not sent');
    return;
  }
  // Told at once: whoever waits for it can hand over the link instead.
  await updateLinkMail(deps.db, mailing.link.id, 'failed');
  const again = (): void => {
    attempt(deps, mailing, tried + 1).catch((error: unknown) =>
      deps.log.logger.warn({ err: error }, 'a mail with a link was not sent'),
    );
  };
  setTimeout(again, pauseMs).unref();
}

function composeMail(deps: Deps, { kind, link, person, maker, origin }: LinkMailing) {
  const locale: Locale = person.locale === 'de' ? 'de' : 'en';
  const { t } = deps.viewFunctions(locale, 'clock');
  const hours = Math.max(1, Math.round((link.expires_at - deps.now()) / 3_600_000));
  const valid =
    hours >= 48 ? t('mail.valid_days', { days: Math.round(hours / 24) }) : t('mail.valid_hours', { hours });
  const lead =
    kind === 'invitation'
      ? t('mail.invitation_lead', { maker: maker ?? '' })
      : maker === null
        ? t('mail.reset_lead')
        : t('mail.reset_lead_by', { maker });
  const url = `${origin}${linkPath(kind, link.token)}`;
  const data = {
    ...{ locale, url, lead, valid, greeting: t('mail.greeting', { name: person.name }) },
    ...{ subject: t(`mail.${kind}_subject`), action: t(`mail.${kind}_action`), ignore: t('mail.ignore') },
  };
  const text = [data.greeting, lead, url, valid, data.ignore].join('\n\n');
  return {
    ...{ purpose: kind, user_id: person.id, to: person.email, subject: data.subject },
    ...{ text: `${text}\n`, html: deps.views.render('mails/link', data), secret: link.token },
  };
}
