import type { Request, Response } from 'express';
import { Router } from 'express';
import type { Deps } from '../../deps.ts';
import { lockPerson } from '../../db/lock.ts';
import type { Problems } from '../../http/forms.ts';
import { answerInvalid, idOf, readForm } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { parseDuration } from '../../shared/duration.ts';
import { changeEntry, deleteWithUndo } from '../entries/entry-changes.ts';
import type { EditResult } from '../entries/entry-changes.ts';
import { daysSentence, tell } from '../entries/entry-flash.ts';
import { backPath, showTimerPage } from '../entries/entry-page.ts';
import { billableOf } from '../entries/entry-text.ts';
import type { TypedWork } from '../entries/new-project.ts';
import { changeWithWork, creatable, mayCreateOnTheWay } from '../entries/new-project.ts';
import { flagsOf } from '../settings/flags.ts';
import { readChosen } from '../work/choice.forms.ts';
import { retryConflict } from '../work/conflicts.ts';
import { endDateToTell } from '../entries/entry-times.ts';
import { bookEntry, wholeSecond, whatOf } from '../entries/entries.ts';
import type { Trx } from '../entries/entries.ts';
import { describeEntry } from '../entries/entry-edit-page.ts';
import type { Entry } from '../entries/entries.queries.ts';
import { findRunning, requireOwnEntry } from '../entries/entries.queries.ts';
import { findBookableProject } from '../entries/project-choice.queries.ts';
import { listSuggestions } from './suggestions.ts';
import type { NotThere } from './timer.ts';
import { requireMeant, startTimer, stopIdleTimer, stopTimer } from './timer.ts';
import type { BarForm } from './timer-bar.ts';
import {
  discardForm,
  runningForm,
  startForm,
  stopForm,
  suggestionsQuery,
  timerQuery,
} from './timer.forms.ts';

export function timerRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/', async (_req, res) => res.redirect(303, '/timer'));
  router.get('/timer', async (req, res) => showTimer(deps, req, res));
  router.get('/timer/suggestions', async (req, res) => suggest(deps, req, res));
  router.post('/timer/start', async (req, res) => start(deps, req, res));
  router.post('/timer/stop', async (req, res) => stop(deps, req, res));
  router.post('/timer/discard', async (req, res) => discard(deps, req, res));
  router.post('/timer/running', async (req, res) => changeRunning(deps, req, res));
  router.post('/entries/:id/continue', async (req, res) => continueEntry(deps, req, res));
  return router;
}

async function showTimer(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(timerQuery, req.query);
  if (!query.ok) throw new AppError('bad_request', 'timer_query');
  const { until, day, page, select } = query.value;
  const wanted = day === undefined ? { until } : { day: { local_date: day, page } };
  await showTimerPage(deps, req, res, wanted, { selecting: select });
}

async function suggest(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(suggestionsQuery, req.query);
  if (!query.ok) throw new AppError('bad_request', 'suggestions_query');
  res.setHeader('Cache-Control', 'no-store');
  const person = personOf(res);
  const flags = await flagsOf(deps, res.locals);
  const found = flags.suggestions ? await listSuggestions(deps.db, person, query.value.q) : [];
  const may_create = mayCreateOnTheWay(person, flags);
  res.json(found.filter(({ kind }) => may_create || kind !== 'create_project'));
}

async function start(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readChosen(startForm, req.body, ['project_id']);
  if (!form.ok) return refuse(deps, req, res, 'start', form.problems);
  const { duration } = form.value;
  const seconds = duration === '' ? undefined : parseDuration(duration);
  if (duration !== '' && seconds === undefined) {
    return refuse(deps, req, res, 'start', { duration: { key: 'form.duration' } });
  }
  const typed = creatable(personOf(res), await flagsOf(deps, res.locals), form.value);
  const started =
    seconds === undefined ? await startNow(deps, res, typed) : await bookDuration(deps, res, typed, seconds);
  if (!started.ok) return refuse(deps, req, res, 'start', started.problems);
  res.redirect(303, backPath(req));
}

async function startNow(deps: Deps, res: Response, typed: TypedWork) {
  const viewer = personOf(res);
  const { id: user_id, time_zone: zone } = viewer;
  const now = wholeSecond(deps.now());
  const booking = { viewer, owner_id: user_id };
  const result = await changeWithWork(deps.change, { booking, typed, now }, async (trx, record, what) => {
    const billable = billableOf(what.project);
    return startTimer(trx, record, { user_id, zone, what, billable, source: 'timer' }, now);
  });
  if (result.ok && result.stopped) deps.metrics.entriesCreated('timer');
  return result;
}

/** Books time that is already done and ends now. */
async function bookDuration(deps: Deps, res: Response, typed: TypedWork, seconds: number) {
  const viewer = personOf(res);
  const { id: user_id, time_zone: zone } = viewer;
  const now = wholeSecond(deps.now());
  const times = { started_at: now - seconds * 1000, ended_at: now };
  const booking = { viewer, owner_id: user_id };
  const result = await changeWithWork(deps.change, { booking, typed, now }, async (trx, record, what) => {
    const billable = billableOf(what.project);
    return bookEntry(trx, record, { user_id, zone, what, billable, ...times, source: 'duration' }, now);
  });
  if (!result.ok || !result.created) return result;
  deps.metrics.entriesCreated('duration');
  const { functions } = res.locals;
  const sentence = functions.t('entry.booked_now', { duration: functions.duration(seconds) });
  const start_date = localDateOf(times.started_at, zone) ?? '';
  const days = daysSentence(start_date, endDateToTell(times, zone), functions);
  await tell(deps, res, 'success', [sentence, ...days]);
  return result;
}

async function stop(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readForm(stopForm, req.body);
  if (!form.ok) return refuse(deps, req, res, 'start', { form: { key: 'entry.stop_outside' } });
  const { id: user_id, time_zone: zone } = personOf(res);
  const now = wholeSecond(deps.now());
  const { entry_id, stopped_at, continue: continues } = form.value;
  const outcome = await deps.change({ user_id }, async (trx, record) => {
    if (stopped_at === undefined) return stopTimer(trx, record, { user_id, entry_id }, now);
    const idle = { user_id, entry_id, zone, stopped_at, continues };
    return (await stopIdleTimer(trx, record, idle, now)).outcome;
  });
  if (outcome === 'outside') {
    return refuse(deps, req, res, 'start', { form: { key: 'entry.stop_outside' } });
  }
  if (outcome !== 'stopped') return notThere(deps, req, res, outcome);
  deps.metrics.entriesCreated('timer');
  res.redirect(303, backPath(req));
}

async function discard(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readForm(discardForm, req.body);
  if (!form.ok) throw notFound('entry');
  const viewer = personOf(res);
  const { id: user_id } = viewer;
  const { entry_id } = form.value;
  const now = wholeSecond(deps.now());
  const item_id = await deps.change({ user_id }, async (trx, record) => {
    const running = await requireMeant(trx, { user_id, entry_id });
    return typeof running === 'string'
      ? running
      : deleteWithUndo(trx, record, { viewer, entry: running }, now);
  });
  if (typeof item_id === 'string') return notThere(deps, req, res, item_id);
  const undo_path = `/entries/restore/${item_id}`;
  await tell(deps, res, 'success', [res.locals.functions.t('entry.discarded')], undo_path);
  res.redirect(303, backPath(req));
}

async function changeRunning(deps: Deps, req: Request, res: Response): Promise<void> {
  const { id: user_id } = personOf(res);
  // Another tab stopped it: there is no form left that could show what is wrong with this one.
  if (!(await findRunning(deps.db, user_id))) return notThere(deps, req, res, 'nothing_ran');
  const form = readChosen(runningForm, req.body, ['project_id']);
  if (!form.ok) return refuse(deps, req, res, 'running', form.problems);
  const { entry_id, started_date, started_time, ...said } = form.value;
  const now = wholeSecond(deps.now());
  const times = { local_date: started_date || undefined, started_time };
  const flags = await flagsOf(deps, res.locals);
  const edit = { ...creatable(personOf(res), flags, said), viewer: personOf(res), times };
  const result = await retryConflict(() =>
    deps.change({ user_id }, async (trx, record) => {
      await lockPerson(trx, user_id);
      const running = await findRunning(trx, user_id);
      if (!running) return undefined;
      // Saving would turn the one that runs by now into what was typed for another.
      if ((entry_id ?? running.id) !== running.id) return { outcome: 'conflict' as const, entry: running };
      return changeEntry(trx, record, running, edit, now);
    }),
  );
  if (!result) return notThere(deps, req, res, 'nothing_ran');
  if (result.outcome === 'invalid') return refuse(deps, req, res, 'running', runningProblems(result));
  if (result.outcome === 'conflict') return refuseChanged(deps, req, res, result.entry);
  res.redirect(303, backPath(req));
}

/** Shows what was typed once more: saved again, it replaces the timer as it is described. */
async function refuseChanged(deps: Deps, req: Request, res: Response, running: Entry): Promise<void> {
  const values = await describeEntry(deps, res, running);
  await refuse(deps, req, res, 'running', { form: { key: 'entry.changed_elsewhere', values } });
}

const notThereKeys = { nothing_ran: 'entry.nothing_ran', another_runs: 'entry.stopped_already' } as const;

async function notThere(deps: Deps, req: Request, res: Response, why: NotThere): Promise<void> {
  await tell(deps, res, 'info', [res.locals.functions.t(notThereKeys[why])]);
  res.redirect(303, backPath(req));
}

/** The bar calls the date's field started_date. */
function runningProblems({ problems }: Extract<EditResult, { outcome: 'invalid' }>): Problems {
  const renamed: Problems = { ...problems };
  if (renamed['local_date']) renamed['started_date'] = renamed['local_date'];
  delete renamed['local_date'];
  return renamed;
}

async function continueEntry(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const { id: user_id, time_zone: zone } = viewer;
  const now = wholeSecond(deps.now());
  const outcome = await deps.change({ user_id }, async (trx, record) => {
    const entry = await requireOwn(trx, user_id, idOf(req.params['id']));
    const what = await whatOf(trx, entry);
    if (what.project && what.project.archived_at !== null) return { archived: what.project.name };
    if (entry.ended_at === null) return { stopped: false };
    const booking = { viewer, owner_id: user_id };
    if (what.project && !(await findBookableProject(trx, booking, what.project.id)))
      return { closed: what.project.name };
    return startTimer(
      trx,
      record,
      { user_id, zone, what, billable: entry.billable, source: 'continue' },
      now,
    );
  });
  if ('archived' in outcome) {
    const text = res.locals.functions.t('entry.project_archived', { name: outcome.archived });
    await tell(deps, res, 'error', [text]);
  } else if ('closed' in outcome) {
    const text = res.locals.functions.t('entry.project_closed', { name: outcome.closed });
    await tell(deps, res, 'error', [text]);
  } else if (outcome.stopped) deps.metrics.entriesCreated('timer');
  res.redirect(303, backPath(req));
}

/** Locks the person and reads one of their own entries: nobody starts another's timer. */
async function requireOwn(trx: Trx, user_id: number, id: number | undefined): Promise<Entry> {
  await lockPerson(trx, user_id);
  return requireOwnEntry(trx, user_id, id);
}

/** Shows the timer page again with the refused form of the bar: what was typed, and what is wrong beside it. */
async function refuse(
  deps: Deps,
  req: Request,
  res: Response,
  form: BarForm['form'],
  problems: Problems,
): Promise<void> {
  const { text } = problems;
  const unknown = text?.key === 'entry.unknown_project' ? String(text.values?.['name']) : null;
  const flags = await flagsOf(deps, res.locals);
  const create_project = mayCreateOnTheWay(personOf(res), flags) ? unknown : null;
  const is_conflict = problems['form']?.key === 'entry.changed_elsewhere';
  await answerInvalid(req, res, problems, async (told, typed) => {
    const { entry_id: _, updated_at: __, ...rest } = typed;
    const values = is_conflict ? rest : typed;
    res.locals.bar_form = { form, values, problems: told, return_to: backPath(req), create_project };
    await showTimerPage(deps, req, res, {}, { return_to: '/timer' }, 422);
  });
}
