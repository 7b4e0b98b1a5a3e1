import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { typed } from '../../http/forms.ts';
import { sendProblem, wantsJson } from '../../http/problem.ts';

/**
 * Answers an attempt that is one too many: the same page with status 429 and a sentence saying when to try again.
 *
 * @param showPage - renders the page with the sentence and what was typed.
 */
export async function answerLimited(
  deps: Deps,
  req: Request,
  res: Response,
  resets_at: number,
  showPage: (problems: Record<string, string>, values: Record<string, string>) => Promise<void>,
): Promise<void> {
  const seconds = Math.max(1, Math.ceil((resets_at - deps.now()) / 1000));
  const sentence = res.locals.functions.t('login.limited', { minutes: Math.ceil(seconds / 60) });
  res.setHeader('Retry-After', String(seconds));
  if (wantsJson(req)) sendProblem(res, 429, { detail: sentence });
  else await showPage({ form: sentence }, typed(req.body));
}
