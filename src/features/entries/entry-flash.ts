import type { Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Flash } from '../../http/express-locals.ts';
import { sessionOf } from '../../http/person.ts';
import type { MessageKey, Translate } from '../../i18n/translate.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import { setFlash } from '../accounts/sessions.ts';
import type { TimeNote } from './entry-times.ts';

/** Leaves a message of some sentences for the next page. */
export async function tell(
  deps: Deps,
  res: Response,
  kind: Flash['kind'],
  sentences: string[],
  undo_path: string | null = null,
): Promise<void> {
  await setFlash(deps.db, sessionOf(res), { kind, text: sentences.join(' '), undo_path });
}

const noteKeys: Record<TimeNote['kind'], MessageKey> = {
  skipped: 'entry.note_skipped',
  first: 'entry.note_first',
  second: 'entry.note_second',
};

/** What was understood where the clocks change. */
export function noteSentences(notes: readonly TimeNote[], t: Translate): string[] {
  return notes.map(({ kind, typed, understood }) => t(noteKeys[kind], { typed, understood }));
}

/** Which days an entry lies on, when it ends on another than it starts on; nothing when `end_date` is undefined. */
export function daysSentence(
  start_date: string,
  end_date: string | undefined,
  { t, day }: Pick<ViewFunctions, 't' | 'day'>,
): string[] {
  if (end_date === undefined) return [];
  return [t('entry.note_days', { started_day: day(start_date, 'short'), ended_day: day(end_date, 'short') })];
}
