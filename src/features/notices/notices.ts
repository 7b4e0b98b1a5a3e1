import type { ViewFunctions } from '../../http/view-functions.ts';

/** What a message about a budget holds: ids and numbers, so that it can be told in any language. */
export interface BudgetNotice {
  project_id: number;
  threshold: number;
  percent: number;
  /** 'YYYY-MM' of a month's budget; null for one of all time. */
  month: string | null;
}

/** Reads the content of a message; undefined when it is not what this version writes. */
export function readNotice(kind: string, content: string): BudgetNotice | undefined {
  if (kind !== 'budget') return undefined;
  const { project_id, threshold, percent, month } = JSON.parse(content) as Partial<BudgetNotice>;
  if (project_id === undefined || threshold === undefined || percent === undefined) return undefined;
  return { project_id, threshold, percent, month: month ?? null };
}

/** The message in a sentence. @param name - of the project; undefined when it is gone. */
export function noticeText(
  { threshold, percent, month }: BudgetNotice,
  name: string | undefined,
  { t }: Pick<ViewFunctions, 't'>,
): string {
  const project = name ?? t('notices.project_gone');
  if (month === null) return t('notices.budget_total', { project, threshold, percent });
  return t('notices.budget_monthly', { project, threshold, percent, month });
}
