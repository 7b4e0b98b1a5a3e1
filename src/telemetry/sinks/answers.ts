import type { OutboundAnswer } from '../channels.ts';

/** What an answer says about the rows of its request. */
export const verdicts = ['delivered', 'rejected', 'retry'] as const;
export type Verdict = (typeof verdicts)[number];

/** The destination read it and will refuse it at every attempt. */
const refusals: readonly (number | null)[] = [400, 413, 422];

/** 2xx took it; 400, 413 and 422 never will; everything else (401 and redirects too) may be different next time. */
export function verdictOf({ status }: Pick<OutboundAnswer, 'status'>): Verdict {
  if (status !== null && status >= 200 && status < 300) return 'delivered';
  return refusals.includes(status) ? 'rejected' : 'retry';
}

/** A code for the panel, or null when all went well. */
export function problemOf(answer: Pick<OutboundAnswer, 'status' | 'problem'>): string | null {
  if (answer.problem !== null) return answer.problem;
  return verdictOf(answer) === 'delivered' ? null : `http_${answer.status}`;
}
