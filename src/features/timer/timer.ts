import { lockPerson } from '../../db/lock.ts';
import type { Flag } from '../../db/schema.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import type { NewEntry, Trx } from '../entries/entries.ts';
import {
  addEntry,
  isSameWork,
  nextVersion,
  recordCreated,
  sameClickMs,
  wholeSecond,
  whatOf,
} from '../entries/entries.ts';
import type { Entry } from '../entries/entries.queries.ts';
import { deleteEntry, findRunning, listTagsOfEntry, updateEntry } from '../entries/entries.queries.ts';
import type { EntryWhat } from '../entries/entry-text.ts';
import { fixRates } from '../rates/entry-rates.ts';

/** What a timer is started with. */
export interface TimerStart {
  user_id: number;
  zone: string;
  what: EntryWhat;
  billable: Flag;
  source: 'timer' | 'continue';
}

/** What became of a start. `stopped` is true when another timer ran and is now a finished entry. */
export interface Started {
  started: boolean;
  stopped: boolean;
}

/**
 * Starts a timer; one that runs ends at the same instant.
 *
 * - The same work started twice within two seconds is a double click: the timer that runs is kept.
 * - A timer that would end in the very second it began was switched away from at once: it is dropped, not kept as an
 *   entry of no length.
 *
 * @param now - epoch ms, whole seconds.
 */
export async function startTimer(
  trx: Trx,
  record: RecordInChange,
  start: TimerStart,
  now: number,
): Promise<Started> {
  await lockPerson(trx, start.user_id);
  const running = await findRunning(trx, start.user_id);
  if (running && (await isDoubleClick(trx, running, start, now))) return { started: false, stopped: false };
  const stopped = running ? await makeWay(trx, record, running, now) : false;
  const { user_id, zone, what, billable } = start;
  const entry: NewEntry = { user_id, zone, what, billable, started_at: now, ended_at: null, source: 'timer' };
  await addEntry(trx, record, entry, now);
  record('timer.started', {
    project_id: what.project?.id ?? null,
    has_description: what.description !== '',
    has_tags: what.tag_names.length > 0,
    billable: billable === 1,
    source: start.source,
    switched: running !== undefined,
  });
  return { started: true, stopped };
}

async function isDoubleClick(trx: Trx, running: Entry, start: TimerStart, now: number): Promise<boolean> {
  const age = now - running.created_at;
  return age >= 0 && age <= sameClickMs && (await isSameWork(trx, running, start.what));
}

/** Ends the timer that runs because another starts. @returns false when it was dropped. */
async function makeWay(trx: Trx, record: RecordInChange, running: Entry, now: number): Promise<boolean> {
  // A request that waited for another's may carry the slightly earlier time.
  if (running.started_at >= now && running.started_at - now <= sameClickMs) {
    await deleteEntry(trx, running.id);
    record('timer.discarded', { duration_seconds: 0 });
    return false;
  }
  await endTimer(trx, record, running, now, now);
  return true;
}

/** Which timer a form means: the one its page showed, or, when it does not say, whichever runs. */
export interface MeantTimer {
  user_id: number;
  entry_id?: number | null | undefined;
}
/** Why a form does nothing: a second tab's click may find no timer any more, or another one than it means. */
export type NotThere = 'nothing_ran' | 'another_runs';

/** Locks the person and finds the timer that a form means. */
export async function requireMeant(trx: Trx, { user_id, entry_id }: MeantTimer): Promise<Entry | NotThere> {
  await lockPerson(trx, user_id);
  const running = await findRunning(trx, user_id);
  if (!running) return 'nothing_ran';
  return (entry_id ?? running.id) === running.id ? running : 'another_runs';
}

/** Stops the person's timer now; where the clock was set back behind its start, at its start. */
export async function stopTimer(
  trx: Trx,
  record: RecordInChange,
  meant: MeantTimer,
  now: number,
): Promise<'stopped' | NotThere> {
  const running = await requireMeant(trx, meant);
  if (typeof running === 'string') return running;
  await endTimer(trx, record, running, now, now);
  return 'stopped';
}

async function endTimer(
  trx: Trx,
  record: RecordInChange,
  running: Entry,
  wanted: number,
  now: number,
): Promise<void> {
  const ended_at = Math.max(wanted, running.started_at);
  const rates = await fixRates(trx, running);
  await updateEntry(trx, running.id, { ended_at, updated_at: nextVersion(running, now), ...rates });
  const duration_seconds = (ended_at - running.started_at) / 1000;
  record('timer.stopped', { duration_seconds, project_id: running.project_id });
  const tags = await listTagsOfEntry(trx, running.id);
  recordCreated(record, running, { ended_at, has_tags: tags.length > 0 });
}

/** What became of a stop at an earlier moment: `outside` is a moment before the start or still to come. */
export type IdleStop = { outcome: 'stopped' | 'outside' | NotThere; continued: boolean };

/**
 * Stops the timer at the moment since which nobody was there; with `continues`, the same work goes on from now.
 *
 * @param stopped_at - epoch ms.
 */
export async function stopIdleTimer(
  trx: Trx,
  record: RecordInChange,
  stop: MeantTimer & { zone: string; stopped_at: number; continues: boolean },
  now: number,
): Promise<IdleStop> {
  const running = await requireMeant(trx, stop);
  if (typeof running === 'string') return { outcome: running, continued: false };
  const ended_at = wholeSecond(stop.stopped_at);
  if (ended_at < running.started_at || ended_at > now) return { outcome: 'outside', continued: false };
  await endTimer(trx, record, running, ended_at, now);
  record('timer.idle_detected', { choice: stop.continues ? 'discard_and_continue' : 'discard' });
  const what = await whatOf(trx, running);
  const continued = stop.continues && (what.project === null || what.project.archived_at === null);
  if (continued) {
    const { user_id, zone } = stop;
    await startTimer(
      trx,
      record,
      { user_id, zone, what, billable: running.billable, source: 'continue' },
      now,
    );
  }
  return { outcome: 'stopped', continued };
}
