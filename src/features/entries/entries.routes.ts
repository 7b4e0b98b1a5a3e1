import type { Request, Response } from 'express';
import { Router } from 'express';
import type { Deps } from '../../deps.ts';
import type { Problems } from '../../http/forms.ts';
import { answerInvalid, idOf, returnPath, typed } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { requireBookablePerson } from '../access/access.ts';
import { readChosen } from '../work/choice.forms.ts';
import { retryConflict } from '../work/conflicts.ts';
import { bookFor } from './entry-booking.ts';
import { showBookPage } from './entry-book-page.ts';
import type { BookedPerson } from './entry-book-page.ts';
import { wholeSecond } from './entries.ts';
import { addForm, editForm } from './entries.forms.ts';
import { findLastEnd, requireEntry } from './entries.queries.ts';
import type { Entry } from './entries.queries.ts';
import type { EditResult } from './entry-changes.ts';
import {
  changeEntry,
  deleteWithUndo,
  duplicateEntry,
  requireForChange,
  restoreEntry,
} from './entry-changes.ts';
import { describeEntry, showEditPage } from './entry-edit-page.ts';
import { changeBulk, showBulk } from './entry-bulk.routes.ts';
import { findBulkItem, undoBulk } from './entry-bulk-undo.ts';
import { answerTasks, answerUnderstood } from './entry-echo.routes.ts';
import { daysSentence, noteSentences, tell } from './entry-flash.ts';
import { showEntries } from './entry-search.routes.ts';
import { backPath, showTimerPage } from './entry-page.ts';
import { splitEntry, undoSplit } from './entry-split.ts';
import { billableOf, understandWhat } from './entry-text.ts';
import { endDateToTell, understandTimes } from './entry-times.ts';
import { flagsOf } from '../settings/flags.ts';
import { changeWithWork, creatable } from './new-project.ts';

export function entryRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/entries', async (req, res) => showEntries(deps, req, res));
  router.post('/entries', async (req, res) => add(deps, req, res));
  router.get('/entries/new', async (req, res) => {
    const owner = await requireBookablePerson(deps.db, personOf(res), idOf(req.query['user_id']));
    const return_to = returnPath(req.query['return_to'], '/timer');
    await showBookPage(deps, req, res, { owner, return_to });
  });
  // Before the page of an entry: the words are no ids.
  router.get('/entries/understood', async (req, res) => answerUnderstood(deps, req, res));
  router.get('/entries/tasks', async (req, res) => answerTasks(deps, req, res));
  router.get('/entries/bulk', async (req, res) => showBulk(deps, req, res));
  router.post('/entries/bulk', async (req, res) => changeBulk(deps, req, res));
  router.get('/entries/:id', async (req, res) => {
    const entry = await requireEntry(deps.db, personOf(res), idOf(req.params.id));
    await showEditPage(deps, req, res, entry, { return_to: returnPath(req.query['return_to'], '/timer') });
  });
  router.post('/entries/restore/:id', async (req, res) => restore(deps, req, res));
  router.post('/entries/:id', async (req, res) => edit(deps, req, res));
  router.post('/entries/:id/delete', async (req, res) => remove(deps, req, res));
  router.post('/entries/:id/duplicate', async (req, res) => duplicate(deps, req, res));
  router.post('/entries/:id/split', async (req, res) => split(deps, req, res));
  return router;
}

async function add(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const form = readChosen(addForm, req.body, ['project_id']);
  const wanted = typed(req.body)['user_id'] || String(viewer.id);
  const owner =
    wanted === String(viewer.id) ? viewer : await requireBookablePerson(deps.db, viewer, idOf(wanted));
  const refuse = (problems: Problems) => refuseAdding(deps, req, res, { owner, problems });
  if (!form.ok) return refuse(form.problems);
  const { id: user_id, time_zone: zone } = owner;
  const booking = { viewer, owner_id: user_id };
  const now = wholeSecond(deps.now());
  const last_end = await findLastEnd(deps.db, user_id, form.value.local_date);
  const when = understandTimes(form.value, { zone, now, last_end });
  if (!when.ok) {
    const understood = await understandWhat(deps.db, booking, form.value);
    return refuse({ ...(understood.ok ? {} : understood.problems), ...when.problems });
  }
  const source = form.value.started_time === '' && form.value.ended_time === '' ? 'duration' : 'manual';
  const { started_at, ended_at, local_date } = when.times;
  const flags = await flagsOf(deps, res.locals);
  const work = { booking, typed: creatable(viewer, flags, form.value), now };
  const booked = await changeWithWork(deps.change, work, async (trx, record, what) => {
    const billable = billableOf(what.project, form.value.billable);
    const entry = { user_id, zone, what, billable, started_at, ended_at, source } as const;
    return bookFor(trx, record, { viewer, entry }, now);
  });
  if (!booked.ok || booked.problems) return refuse(booked.problems);
  if (booked.created) deps.metrics.entriesCreated(source);
  const { functions } = res.locals;
  const { t, duration, day } = functions;
  const values = { duration: duration((ended_at - started_at) / 1000), day: day(local_date, 'long') };
  const days = daysSentence(local_date, endDateToTell(when.times, zone), functions);
  const added =
    owner === viewer ? t('entry.added', values) : t('entry.added_for', { ...values, name: owner.name });
  await tell(deps, res, 'success', [added, ...days, ...noteSentences(when.notes, t)]);
  res.redirect(303, backPath(req));
}

async function refuseAdding(
  deps: Deps,
  req: Request,
  res: Response,
  { owner, problems }: { owner: BookedPerson; problems: Problems },
): Promise<void> {
  const return_to = backPath(req);
  await answerInvalid(req, res, problems, async (told, values) =>
    owner.id === personOf(res).id
      ? showTimerPage(deps, req, res, {}, { add: { values, problems: told }, return_to }, 422)
      : showBookPage(deps, req, res, { owner, values, problems: told, return_to }),
  );
}

async function edit(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const id = idOf(req.params['id']);
  const form = readChosen(editForm, req.body, ['project_id']);
  if (!form.ok) {
    return refuseEdit(deps, req, res, await requireEntry(deps.db, viewer, id), form.problems);
  }
  const { local_date, started_time, ended_time, duration, ...said } = form.value;
  const times = { local_date, started_time, ended_time, duration };
  const now = wholeSecond(deps.now());
  const flags = await flagsOf(deps, res.locals);
  const edited = { ...creatable(viewer, flags, said), viewer, times };
  const result = await retryConflict(() =>
    deps.change({ user_id: viewer.id }, async (trx, record) =>
      changeEntry(trx, record, await requireForChange(trx, viewer, id), edited, now),
    ),
  );
  if (result.outcome === 'invalid' || result.outcome === 'conflict') {
    const problems = await problemsOf(deps, res, result);
    return refuseEdit(deps, req, res, result.entry, problems);
  }
  if (result.outcome === 'changed') await tellChanged(deps, res, result);
  res.redirect(303, backPath(req));
}

async function tellChanged(
  deps: Deps,
  res: Response,
  { entry, notes, end_date, finished }: Extract<EditResult, { outcome: 'changed' }>,
): Promise<void> {
  if (finished) deps.metrics.entriesCreated(entry.source);
  const { functions } = res.locals;
  const told = [...daysSentence(entry.local_date, end_date, functions), ...noteSentences(notes, functions.t)];
  if (told.length > 0) await tell(deps, res, 'info', [functions.t('entry.saved'), ...told]);
}

async function problemsOf(
  deps: Deps,
  res: Response,
  result: Extract<EditResult, { outcome: 'invalid' | 'conflict' }>,
): Promise<Problems> {
  if (result.outcome === 'invalid') return result.problems;
  const values = await describeEntry(deps, res, result.entry);
  return { form: { key: 'entry.changed_elsewhere', values } };
}

async function refuseEdit(
  deps: Deps,
  req: Request,
  res: Response,
  entry: Entry,
  problems: Problems,
): Promise<void> {
  await answerInvalid(req, res, problems, async (told, values) => {
    // After a conflict was shown, saving again replaces the version that was shown.
    const version = problems['form']?.key === 'entry.changed_elsewhere' ? entry.updated_at : undefined;
    const shown = version === undefined ? values : { ...values, updated_at: String(version) };
    await showEditPage(deps, req, res, entry, { values: shown, problems: told, return_to: backPath(req) });
  });
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const now = wholeSecond(deps.now());
  const { item_id, ran, description } = await deps.change({ user_id: viewer.id }, async (trx, record) => {
    const entry = await requireForChange(trx, viewer, idOf(req.params['id']));
    const item_id = await deleteWithUndo(trx, record, { viewer, entry }, now);
    return { item_id, ran: entry.ended_at === null, description: entry.description };
  });
  const { t } = res.locals.functions;
  // Named, because several of these messages may stand beside each other.
  const named =
    description === '' ? t('entry.deleted') : t('entry.deleted_named', { text: shortened(description) });
  const sentence = ran ? t('entry.discarded') : named;
  await tell(deps, res, 'success', [sentence], `/entries/restore/${item_id}`);
  res.redirect(303, backPath(req));
}

/** At most 60 characters: enough to recognise a text in a message. */
function shortened(text: string): string {
  const characters = [...text];
  return characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : text;
}

const restoredKeys = {
  restored: 'entry.restored',
  runs_again: 'entry.runs_again',
  finished: 'entry.restored_finished',
  already: 'entry.restored_already',
  joined: 'entry.split_undone',
  joined_already: 'entry.restored_already',
  part_changed: 'entry.split_changed',
} as const;

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const item_id = idOf(req.params['id']);
  const now = wholeSecond(deps.now());
  const outcome = await deps.change({ user_id: viewer.id }, async (trx, record) => {
    const item = await findBulkItem(trx, viewer, item_id);
    if (item) return undoBulk(trx, record, { viewer, item }, now);
    const joined = await undoSplit(trx, record, { viewer, item_id }, now);
    return joined ?? restoreEntry(trx, record, { viewer, item_id }, now);
  });
  const { t } = res.locals.functions;
  const sentence = typeof outcome === 'string' ? t(restoredKeys[outcome]) : t('bulk.undone', { ...outcome });
  await tell(deps, res, outcome === 'part_changed' ? 'info' : 'success', [sentence]);
  res.redirect(303, backPath(req));
}

async function duplicate(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const now = wholeSecond(deps.now());
  const outcome = await deps.change({ user_id: viewer.id }, async (trx, record) => {
    const entry = await requireForChange(trx, viewer, idOf(req.params['id']));
    return duplicateEntry(trx, record, { viewer, entry }, now);
  });
  const { t } = res.locals.functions;
  if (outcome.outcome === 'duplicated') deps.metrics.entriesCreated('duplicate');
  if (outcome.outcome === 'duplicated') await tell(deps, res, 'success', [t('entry.duplicated')]);
  else if (outcome.outcome === 'runs') await tell(deps, res, 'info', [t('entry.runs_still')]);
  else if (outcome.outcome === 'closed')
    await tell(deps, res, 'error', [t('entry.project_closed', { name: outcome.name })]);
  else await tell(deps, res, 'error', [t('entry.project_archived', { name: outcome.name })]);
  res.redirect(303, backPath(req));
}

async function split(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const now = wholeSecond(deps.now());
  const done = await deps.change({ user_id: viewer.id }, async (trx, record) => {
    const entry = await requireForChange(trx, viewer, idOf(req.params['id']));
    return splitEntry(trx, record, { viewer, entry }, now);
  });
  const { t } = res.locals.functions;
  if (done) {
    const { count, item_id } = done;
    deps.metrics.entriesCreated('split', count - 1);
    await tell(deps, res, 'success', [t('entry.split_done', { count })], `/entries/restore/${item_id}`);
  } else await tell(deps, res, 'info', [t('entry.split_nothing')]);
  res.redirect(303, backPath(req));
}
