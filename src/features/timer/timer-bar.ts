import type { Request } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import { clockOf, endOfDay, localDateOf } from '../../shared/calendar.ts';
import { elapsedSeconds } from '../../shared/duration.ts';
import { foldCase } from '../../shared/text.ts';
import type { ProjectChoice } from '../entries/project-choice.queries.ts';
import {
  findBookableProject,
  listProjectChoices,
  searchProjectChoices,
} from '../entries/project-choice.queries.ts';
import { formatTimerInput, namesakes, spellProject } from '../entries/timer-input.ts';
import { flagsOf } from '../settings/flags.ts';
import { choicesAtMost, choicesOf } from '../work/choice-list.ts';
import type { Choices, ChoiceWish } from '../work/choice-list.ts';
import type { RunningRow } from './timer.queries.ts';
import { listRunningRows } from './timer.queries.ts';

/** A form of the bar that could not be taken: shown again with what was typed. */
export interface BarForm {
  form: 'start' | 'running';
  values: Record<string, string>;
  problems: Record<string, string>;
  return_to: string;
  /** Name of the project that does not exist yet and may be made by this person. */
  create_project: string | null;
}

declare module 'express-serve-static-core' {
  interface Locals {
    bar_form?: BarForm;
  }
}

export interface RunningTimer {
  id: number;
  description: string;
  /** What one would type to get it. */
  text: string;
  project: ProjectChoice | null;
  task: { id: number; name: string } | null;
  tags: string[];
  billable: boolean;
  started_at: number;
  started_clock: string;
  started_date: string;
  elapsed_seconds: number;
  /** Which version the forms of the bar show. */
  updated_at: number;
}

export interface TimerBar {
  running: RunningTimer | null;
  /** To choose from; `q` is what is searched in it, and `from` the page that narrows it. */
  projects: Choices<ProjectChoice> & { q: string; from: string };
  /** Which form `values` and `problems` belong to; null when none was refused. */
  form: BarForm['form'] | null;
  values: Record<string, string>;
  problems: Record<string, string>;
  create_project: BarForm['create_project'];
  return_to: string | undefined;
  now_ms: number;
  /** When the person's today ends: a page that is still open then shows yesterday. */
  next_midnight_ms: number | null;
  too_long: boolean;
  /** Minutes without a sign of life after which the page asks; null when it never does. */
  idle_minutes: number | null;
  /** Whether the page offers what may be meant while somebody types. */
  suggests: boolean;
}

/** The timer bar that every signed-in page shows: two prepared queries, and others only where projects are searched. */
export async function loadTimerBar(
  deps: Deps,
  person: Person,
  _functions: ViewFunctions,
  req: Request,
): Promise<TimerBar> {
  const now_ms = deps.now();
  const [rows, projects, flags] = await Promise.all([
    listRunningRows(deps.db, person.id),
    listProjectChoices(deps.db, person, choicesAtMost + 1),
    flagsOf(deps, req.res?.locals ?? {}),
  ]);
  const running = runningTimer(rows, projects, now_ms);
  const refused = req.res?.locals.bar_form;
  return {
    running,
    projects: await projectsToChoose(deps, person, {
      listed: projects,
      running,
      wish: req.res?.locals.project_wish,
    }),
    form: refused?.form ?? null,
    values: refused?.values ?? {},
    problems: refused?.problems ?? {},
    create_project: refused?.create_project ?? null,
    return_to: refused?.return_to,
    now_ms,
    next_midnight_ms: nextMidnight(now_ms, person.time_zone),
    // A timer that runs this long was probably forgotten.
    too_long: running !== null && running.elapsed_seconds > deps.config.timer_long_hours * 3600,
    idle_minutes: flags.idle_question ? deps.config.timer_idle_minutes : null,
    suggests: flags.suggestions,
  };
}

function nextMidnight(now: number, zone: string): number | null {
  const today = localDateOf(now, zone);
  return (today === undefined ? undefined : endOfDay(today, zone)) ?? null;
}

/**
 * The list must offer what the running timer has and what a refused form had chosen, archived or beyond the list's end:
 * saving would take it away.
 */
async function projectsToChoose(
  { db }: Deps,
  person: Person,
  {
    listed,
    running,
    wish,
  }: { listed: readonly ProjectChoice[]; running: RunningTimer | null; wish: ChoiceWish | undefined },
): Promise<TimerBar['projects']> {
  const { q = '', chosen = null } = wish ?? {};
  const limit = choicesAtMost + 1;
  const found =
    q === '' ? listed : await searchProjectChoices(db, person, { wanted: foldCase(q), names: [], limit });
  const booking = { viewer: person, owner_id: person.id };
  const one = chosen === null ? undefined : await findBookableProject(db, booking, chosen);
  return { ...choicesOf(found, running?.project, one), q, from: '/timer' };
}

type Lists = { projects: readonly ProjectChoice[]; running: Omit<RunningTimer, 'elapsed_seconds'> };
const keptRunning = new WeakMap<readonly RunningRow[], Lists>();

/** The same for every page for as long as the database gives the same rows; only its seconds go on. */
function runningTimer(
  rows: readonly RunningRow[],
  projects: readonly ProjectChoice[],
  now: number,
): RunningTimer | null {
  const [row] = rows;
  if (!row) return null;
  let kept = keptRunning.get(rows);
  if (kept?.projects !== projects) {
    kept = { projects, running: shownTimer(row, rows, projects) };
    keptRunning.set(rows, kept);
  }
  return { ...kept.running, elapsed_seconds: elapsedSeconds(row.started_at, now) };
}

function shownTimer(
  row: RunningRow,
  rows: readonly RunningRow[],
  projects: readonly ProjectChoice[],
): Omit<RunningTimer, 'elapsed_seconds'> {
  const { id, description, started_at, zone, local_date, project_id } = row;
  const tags = rows.map(({ tag_name }) => tag_name).filter((name) => name !== null);
  const project =
    project_id === null
      ? null
      : {
          id: project_id,
          name: row.project_name ?? '',
          color: row.project_color ?? '',
          client_name: row.client_name,
        };
  return {
    id,
    description,
    text: formatTimerInput({
      description,
      project_name: project && spellProject(project, namesakes(projects, project.id)),
      tag_names: tags,
    }),
    project,
    task: row.task_id === null ? null : { id: row.task_id, name: row.task_name ?? '' },
    tags,
    billable: row.billable === 1,
    started_at,
    started_clock: clockOf(started_at, zone) ?? '',
    started_date: local_date,
    updated_at: row.updated_at,
  };
}
