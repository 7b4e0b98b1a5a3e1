import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { FormResult } from '../../http/forms.ts';
import { idOf, readForm, sentences } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { speakDuration } from '../../shared/duration.ts';
import { notFound } from '../../shared/errors.ts';
import { wholeSecond } from './entries.ts';
import { timesQuery } from './entries.forms.ts';
import type { Entry } from './entries.queries.ts';
import { findLastEnd, requireEntry } from './entries.queries.ts';
import { daysSentence, noteSentences } from './entry-flash.ts';
import type { ChangedTimes, SomeTimes, TimeProblem } from './entry-times.ts';
import { changeTimes, endDateToTell, understandTimes } from './entry-times.ts';
import { findBookableProject, listOpenTasks } from './project-choice.queries.ts';

/**
 * Answers `{ text, problem }`: how the times typed so far would be taken, for a new entry or, with `entry_id`, for one
 * of the person's own. At most one of the two is a sentence; both are null while too little was typed.
 *
 * @throws not found for an entry that is not theirs.
 */
export async function answerUnderstood(deps: Deps, req: Request, res: Response): Promise<void> {
  const { entry_id } = req.query;
  const isNew = entry_id === undefined || entry_id === '';
  const entry = isNew ? undefined : await requireEntry(deps.db, personOf(res), idOf(entry_id));
  const typed = readForm(timesQuery, req.query);
  const answer = typed.ok
    ? wordsFor(await understand(deps, res, typed.value, entry), entry?.zone ?? personOf(res).time_zone, res)
    : { text: null, problem: firstSentence(typed, res) };
  res.setHeader('Cache-Control', 'no-store');
  res.json(answer);
}

/**
 * Answers `[{ id, name }]`: the open tasks of `project_id`, for a form in which that project was just chosen.
 *
 * @throws not found for a project that the person does not see.
 */
export async function answerTasks(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const project_id = idOf(req.query['project_id']);
  const seen =
    project_id !== undefined &&
    (await findBookableProject(deps.db, { viewer, owner_id: viewer.id }, project_id));
  if (!seen) throw notFound('project');
  res.setHeader('Cache-Control', 'no-store');
  res.json(await listOpenTasks(deps.db, project_id));
}

async function understand(
  deps: Deps,
  res: Response,
  typed: SomeTimes,
  entry: Entry | undefined,
): Promise<ChangedTimes> {
  const now = wholeSecond(deps.now());
  if (entry) return changeTimes(entry, typed, now);
  const { id: user_id, time_zone: zone } = personOf(res);
  const { local_date = '', started_time = '', ended_time = '', duration = '' } = typed;
  const last_end = await findLastEnd(deps.db, user_id, local_date);
  return understandTimes({ local_date, started_time, ended_time, duration }, { zone, now, last_end });
}

/** What is missing while somebody still types is no problem yet. */
const unfinished: ReadonlySet<string> = new Set<TimeProblem['key']>([
  'form.required',
  'entry.end_or_duration',
]);

function wordsFor(understood: ChangedTimes, zone: string, res: Response) {
  const { locale, functions } = res.locals;
  if (!understood.ok) {
    const isUnfinished = Object.values(understood.problems).every(({ key }) => unfinished.has(key));
    return { text: null, problem: isUnfinished ? null : firstSentence(understood, res) };
  }
  const { times, notes } = understood;
  if (times.ended_at === null) return { text: null, problem: null };
  const spoken = speakDuration((times.ended_at - times.started_at) / 1000, locale);
  const more = [
    ...daysSentence(times.local_date, endDateToTell(times, zone), functions),
    ...noteSentences(notes, functions.t),
  ];
  return { text: more.length === 0 ? spoken : `${spoken}. ${more.join(' ')}`, problem: null };
}

function firstSentence({ problems }: Extract<FormResult<never>, { ok: false }>, res: Response) {
  return Object.values(sentences(problems, res.locals.functions.t))[0] ?? null;
}
