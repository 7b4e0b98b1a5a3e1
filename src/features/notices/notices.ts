import type { ViewFunctions } from '../../http/view-functions.ts';
import type { OutboundProblem } from '../../telemetry/channels.ts';

/** What a message about a budget holds: ids and numbers, so that it can be told in any language. */
export interface BudgetNotice {
  project_id: number;
  threshold: number;
  percent: number;
  /** 'YYYY-MM' of a month's budget; null for one of all time. */
  month: string | null;
}

/** What a message about a mail that was given up holds. */
export interface MailNotice {
  user_id: number;
  purpose: 'invitation' | 'password_reset' | 'notice';
  /** Of the mail server, such as 550; null where it did not answer. */
  status: number | null;
  /** Why it did not answer: a code of the gateway; null where it did, or was never asked. */
  problem: string | null;
}

export type Notice = ({ kind: 'budget' } & BudgetNotice) | ({ kind: 'mail' } & MailNotice);

/** Kinds of messages that are sent by mail as well. That a mail could not be sent is not said by mail. */
export const mailedKinds: readonly Notice['kind'][] = ['budget'];

/** Reads the content of a message; undefined when it is not what this version writes. */
export function readNotice(kind: string, content: string): Notice | undefined {
  const fields = JSON.parse(content) as Partial<BudgetNotice & MailNotice>;
  if (kind === 'budget') {
    const { project_id, threshold, percent, month = null } = fields;
    if (project_id === undefined || threshold === undefined || percent === undefined) return undefined;
    return { kind, project_id, threshold, percent, month };
  }
  if (kind === 'mail') {
    const { user_id, purpose, status = null, problem = null } = fields;
    if (user_id === undefined || purpose === undefined) return undefined;
    return { kind, user_id, purpose, status, problem };
  }
  return undefined;
}

/** Names of what messages are about, by id; what is gone is missing. */
export interface NoticeNames {
  projects: ReadonlyMap<number, string>;
  people: ReadonlyMap<number, string>;
}

/** The message in a sentence. */
export function noticeText(notice: Notice, names: NoticeNames, { t }: Pick<ViewFunctions, 't'>): string {
  if (notice.kind === 'mail') {
    const name = names.people.get(notice.user_id) ?? t('notices.person_gone');
    return t(`notices.mail_${notice.purpose}`, { name, reason: refusalText(notice, { t }) });
  }
  const { threshold, percent, month } = notice;
  const project = names.projects.get(notice.project_id) ?? t('notices.project_gone');
  if (month === null) return t('notices.budget_total', { project, threshold, percent });
  return t('notices.budget_monthly', { project, threshold, percent, month });
}

/** Why a mail server did not take a mail, in a sentence. */
export function refusalText(
  { status, problem }: Pick<MailNotice, 'status' | 'problem'>,
  { t }: Pick<ViewFunctions, 't'>,
): string {
  if (status !== null) return t('notices.mail_refused', { status });
  // Codes are written by the gateway only.
  return problem === null
    ? t('notices.mail_never_tried')
    : t(`telemetry.problem.${problem as OutboundProblem}`);
}

/** Where a message leads: a path of this server; null when what it is about is gone. */
export function noticeHref(notice: Notice, names: NoticeNames): string | null {
  if (notice.kind === 'mail')
    return names.people.has(notice.user_id) ? `/admin/users/${notice.user_id}` : null;
  return names.projects.has(notice.project_id) ? `/projects/${notice.project_id}` : null;
}
