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

/** What a message about the estimate of a task holds. */
export interface EstimateNotice {
  task_id: number;
  project_id: number;
  threshold: number;
  percent: number;
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

/** What a message about one's own entries holds that somebody else changed. */
export interface EntryNotice {
  /** Whose they are. */
  user_id: number;
  actor_id: number;
  change: 'created' | 'updated' | 'deleted' | 'restored';
  entry_ids: readonly number[];
  /** First and last local date. */
  from: string;
  to: string;
}

export type Notice =
  | ({ kind: 'budget' } & BudgetNotice)
  | ({ kind: 'estimate' } & EstimateNotice)
  | ({ kind: 'mail' } & MailNotice)
  | ({ kind: 'entry' } & EntryNotice);

/**
 * Kinds of messages that are sent by mail as well; those about one's entries to whoever wants them. That a mail could not
 * be sent is not said by mail.
 */
export const mailedKinds: readonly Notice['kind'][] = ['budget', 'estimate', 'entry'];

/** Reads the content of a message; undefined when it is not what this version writes. */
export function readNotice(kind: string, content: string): Notice | undefined {
  const fields = JSON.parse(content) as Partial<BudgetNotice & EstimateNotice & MailNotice & EntryNotice>;
  if (kind === 'budget') {
    const { project_id, threshold, percent, month = null } = fields;
    if (project_id === undefined || threshold === undefined || percent === undefined) return undefined;
    return { kind, project_id, threshold, percent, month };
  }
  if (kind === 'estimate') {
    const { task_id, project_id, threshold, percent } = fields;
    if (task_id === undefined || project_id === undefined) return undefined;
    if (threshold === undefined || percent === undefined) return undefined;
    return { kind, task_id, project_id, threshold, percent };
  }
  if (kind === 'mail') {
    const { user_id, purpose, status = null, problem = null } = fields;
    if (user_id === undefined || purpose === undefined) return undefined;
    return { kind, user_id, purpose, status, problem };
  }
  if (kind === 'entry') {
    const { user_id, actor_id, change, entry_ids, from, to } = fields;
    if (user_id === undefined || actor_id === undefined || change === undefined) return undefined;
    if (entry_ids === undefined || from === undefined || to === undefined) return undefined;
    return { kind, user_id, actor_id, change, entry_ids, from, to };
  }
  return undefined;
}

/** Names of what messages are about, by id; what is gone is missing. */
export interface NoticeNames {
  projects: ReadonlyMap<number, string>;
  tasks: ReadonlyMap<number, string>;
  people: ReadonlyMap<number, string>;
}

/** The message in a sentence. */
export function noticeText(
  notice: Notice,
  names: NoticeNames,
  { t, day }: Pick<ViewFunctions, 't' | 'day'>,
): string {
  if (notice.kind === 'entry') {
    const { from, to, change, entry_ids } = notice;
    const days = from === to ? day(from, 'long') : `${day(from, 'short')} – ${day(to, 'short')}`;
    const name = names.people.get(notice.actor_id) ?? t('entry.by_somebody');
    return t(`notices.entry_${change}`, { name, count: entry_ids.length, days });
  }
  if (notice.kind === 'mail') {
    const name = names.people.get(notice.user_id) ?? t('notices.person_gone');
    return t(`notices.mail_${notice.purpose}`, { name, reason: refusalText(notice, { t }) });
  }
  const { threshold, percent } = notice;
  const project = names.projects.get(notice.project_id) ?? t('notices.project_gone');
  if (notice.kind === 'estimate') {
    const task = names.tasks.get(notice.task_id);
    return task === undefined
      ? t('notices.task_gone')
      : t('notices.estimate', { task, project, threshold, percent });
  }
  const { month } = notice;
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
  if (notice.kind === 'entry')
    return `/entries?user_id=${notice.user_id}&from=${notice.from}&to=${notice.to}`;
  if (notice.kind === 'mail')
    return names.people.has(notice.user_id) ? `/admin/users/${notice.user_id}` : null;
  if (notice.kind === 'estimate') return names.tasks.has(notice.task_id) ? `/tasks/${notice.task_id}` : null;
  return names.projects.has(notice.project_id) ? `/projects/${notice.project_id}` : null;
}
