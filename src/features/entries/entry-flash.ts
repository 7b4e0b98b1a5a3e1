import type { Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Flash } from '../../http/express-locals.ts';
import { sessionOf } from '../../http/person.ts';
import type { MessageKey, Translate } from '../../i18n/translate.ts';
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
