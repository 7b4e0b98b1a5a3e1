import type { Deps } from '../../deps.ts';
import type { UnmailedNotice } from './notices.queries.ts';
import { listUnmailedNotices, mapProjectNames, updateNoticeMailed } from './notices.queries.ts';
import type { BudgetNotice } from './notices.ts';
import { noticeText, readNotice } from './notices.ts';

/** What nobody could be told within a day is in the page only. */
const triedForMs = 24 * 3_600_000;

/**
 * Sends messages by mail that were not read in the page yet, once each. A mail server that does not take one is asked
 * again when the job runs next. Without SMTP_URL nothing is sent.
 */
export async function mailNotices(deps: Deps): Promise<void> {
  if (!deps.mailer.isOn) return;
  const waiting = await listUnmailedNotices(deps.db, deps.now() - triedForMs);
  const read = waiting.flatMap((notice) => {
    const budget = readNotice(notice.kind, notice.content);
    return budget ? [{ notice, budget }] : [];
  });
  const names = await mapProjectNames(
    deps.db,
    read.map(({ budget }) => budget.project_id),
  );
  for (const { notice, budget } of read) {
    const name = names.get(budget.project_id);
    const problem = await deps.mailer.send(composeNotice(deps, notice, { budget, name }));
    if (problem !== null) {
      deps.log.logger.warn({ problem }, 'a notice was not sent by mail');
      return;
    }
    await updateNoticeMailed(deps.db, notice.id, deps.now());
  }
}

function composeNotice(
  deps: Deps,
  { user_id, name: person, email, locale, duration_format }: UnmailedNotice,
  { budget, name }: { budget: BudgetNotice; name: string | undefined },
) {
  const language = locale === 'de' ? 'de' : 'en';
  const functions = deps.viewFunctions(language, duration_format);
  const { t } = functions;
  const lead = noticeText(budget, name, functions);
  const { public_url } = deps.config;
  // Without the public address nobody knows how people reach this server.
  const url =
    public_url === undefined ? null : `${public_url.replace(/\/$/, '')}/projects/${budget.project_id}`;
  const subject = t('notices.mail_subject', { project: name ?? t('notices.project_gone') });
  const data = {
    ...{ locale: language, url, lead, subject, why: t('notices.mail_why') },
    ...{ greeting: t('mail.greeting', { name: person }), action: t('notices.mail_action') },
  };
  const text = [data.greeting, lead, ...(url === null ? [] : [url]), data.why].join('\n\n');
  return {
    ...{ purpose: 'notice', user_id, to: email, subject },
    ...{ text: `${text}\n`, html: deps.views.render('mails/notice', data) },
  };
}
