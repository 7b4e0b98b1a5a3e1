import type { Db } from '../../db/connect.ts';
import type { Flag } from '../../db/schema.ts';
import { foldCase } from '../../shared/text.ts';
import type { Viewer } from '../access/access.queries.ts';
import { tagNameMax } from '../tags/tags.ts';
import { findTaskState, findVisibleTask } from '../tasks/task-choice.queries.ts';
import type { TaskState } from '../tasks/task-choice.queries.ts';
import type { Booking, ProjectState } from './project-choice.queries.ts';
import { findBookableProject, findProjectState, listProjectNames } from './project-choice.queries.ts';
import type { NamedProject, TimerInput } from './timer-input.ts';
import { formatTimerInput, fullName, namesMeant, parseTimerInput } from './timer-input.ts';

/** What somebody works on, understood from a form. */
export interface EntryWhat {
  description: string;
  project: ProjectState | null;
  /** Of the project; null for none. */
  task: TaskState | null;
  tag_names: string[];
}

export interface TypedWhat {
  /** Description with `@project` and `#tag` inside. */
  text: string;
  /** The chosen project; null for none, undefined when the form has no such field. */
  project_id?: number | null | undefined;
  /** The project that the text named as the form showed it: taken out of the text, it is taken away. */
  shown_project_id?: number | null | undefined;
  /** The chosen task; null for none, undefined when the form has no such field. */
  task_id?: number | null | undefined;
  /** Task of the entry that is changed. */
  kept_task_id?: number | null | undefined;
  /** Task of a suggestion that was taken, for when none is chosen and the project is its own. */
  suggested_task_id?: number | null | undefined;
}

export type WhatProblem =
  | { key: 'entry.unknown_project'; values: { name: string } }
  | { key: 'entry.ambiguous_project'; values: { name: string; choices: string } }
  | { key: 'entry.tag_too_long'; values: { maximum: number } }
  | { key: 'entry.project_gone' }
  | { key: 'entry.project_not_managed'; values: { name: string } }
  | { key: 'entry.task_gone' }
  | { key: 'entry.task_archived' | 'entry.task_elsewhere'; values: { name: string; project: string } }
  | { key: 'entry.project_archived'; values: { name: string } };
export type WhatResult =
  | { ok: true; what: EntryWhat }
  /** By field. */
  | { ok: false; problems: Record<string, WhatProblem> };

/**
 * Understands text and chosen project together. A project named in the text wins over the chosen one, because it was
 * typed on purpose, unless it is the one the entry already has and another was chosen.
 *
 * @param booking - who books, and whose time it is.
 * @param kept_project_id - project of the entry that is changed; it may stay although it is archived.
 */
export async function understandWhat(
  db: Db,
  booking: Booking,
  typed: TypedWhat,
  kept_project_id: number | null = null,
): Promise<WhatResult> {
  const meant = namesMeant(typed.text);
  const names =
    meant.length > 0 ? await listProjectNames(db, booking, { meant, kept_id: kept_project_id }) : [];
  // Clients may have projects of the same name: the one that is chosen already is meant.
  const preferred_ids = [kept_project_id, typed.project_id].filter((id) => typeof id === 'number');
  const read = parseTimerInput(typed.text, names, preferred_ids);
  const { description, project_id, tag_names } = read;
  const problem = textProblem(read, names);
  if (problem) return refused('text', (await notManaged(db, booking, problem)) ?? problem);
  const task = await findChosenTask(db, booking.viewer, typed);
  if (task === undefined) return refused('task_id', { key: 'entry.task_gone' });
  const wanted = chosenProject(project_id, typed, kept_project_id);
  // A task that is chosen on its own brings its project.
  const follows =
    task !== null && task.id !== typed.kept_task_id && (wanted ?? kept_project_id) === kept_project_id;
  const chosen = follows && project_id === undefined ? task.project_id : wanted;
  if (chosen === null) return { ok: true, what: { description, project: null, task: null, tag_names } };
  // What the entry has may stay; a project that is not theirs to book on is none.
  const project =
    chosen === kept_project_id
      ? await findProjectState(db, chosen)
      : await findBookableProject(db, booking, chosen);
  if (!project) return refused('project_id', await whyNotBookable(db, booking, chosen));
  if (project.archived_at !== null && project.id !== kept_project_id) {
    return refused('project_id', { key: 'entry.project_archived', values: { name: project.name } });
  }
  const done = withTask({ description, project, task, tag_names }, typed.kept_task_id ?? null);
  if (!done.ok || done.what.task) return done;
  return { ok: true, what: { ...done.what, task: await findSuggestedTask(db, typed, project) } };
}

/** One that is hidden is answered like one that is gone; of one that they see it is said what keeps them from it. */
async function whyNotBookable(db: Db, { viewer }: Booking, project_id: number): Promise<WhatProblem> {
  const seen = await findBookableProject(db, { viewer, owner_id: viewer.id }, project_id);
  return seen
    ? { key: 'entry.project_not_managed', values: { name: seen.name } }
    : { key: 'entry.project_gone' };
}

/** The same of a project that the text names; undefined when it is something else. */
async function notManaged(
  db: Db,
  { viewer, owner_id }: Booking,
  problem: WhatProblem,
): Promise<WhatProblem | undefined> {
  if (problem.key !== 'entry.unknown_project' || viewer.id === owner_id) return undefined;
  const own = { viewer, owner_id: viewer.id };
  const seen = await listProjectNames(db, own, { meant: [foldCase(problem.values.name)], kept_id: null });
  return seen.length === 0
    ? undefined
    : { key: 'entry.project_not_managed', values: { name: problem.values.name } };
}

/** Nothing is said about one that does not fit any more: nobody typed it. */
async function findSuggestedTask(
  db: Db,
  { suggested_task_id }: TypedWhat,
  project: ProjectState,
): Promise<TaskState | null> {
  const task = typeof suggested_task_id === 'number' ? await findTaskState(db, suggested_task_id) : undefined;
  return task?.project_id === project.id && task.archived_at === null ? task : null;
}

/**
 * The chosen task, or the one the entry has when the form does not say. One that whoever books does not see is gone: what
 * is said of it would tell them its name.
 *
 * @returns undefined when it is gone.
 */
async function findChosenTask(
  db: Db,
  viewer: Viewer,
  { task_id, kept_task_id }: TypedWhat,
): Promise<TaskState | null | undefined> {
  const id = task_id === undefined ? (kept_task_id ?? null) : task_id;
  if (id === null) return null;
  return id === kept_task_id ? findTaskState(db, id) : findVisibleTask(db, viewer, id);
}

/** A task of another project goes when the project was changed, and is refused when it was chosen. */
function withTask(what: EntryWhat & { project: ProjectState }, kept_task_id: number | null): WhatResult {
  const { task, project } = what;
  if (task === null) return { ok: true, what };
  const is_kept = task.id === kept_task_id;
  const values = { name: task.name, project: task.project_name };
  if (task.project_id !== project.id)
    return is_kept
      ? { ok: true, what: { ...what, task: null } }
      : refused('task_id', { key: 'entry.task_elsewhere', values });
  if (task.archived_at !== null && !is_kept)
    return refused('task_id', { key: 'entry.task_archived', values });
  return { ok: true, what };
}

/** An unknown project comes last: it is the one that may be mended by making the project. */
function textProblem(read: TimerInput, names: readonly NamedProject[]): WhatProblem | undefined {
  const { unknown_project, ambiguous_project, tag_names } = read;
  if (tag_names.some((name) => name.length > tagNameMax)) {
    return { key: 'entry.tag_too_long', values: { maximum: tagNameMax } };
  }
  if (ambiguous_project) {
    const { name, project_ids } = ambiguous_project;
    const choices = names
      .filter(({ id }) => project_ids.includes(id))
      .slice(0, choicesNamed)
      .map((project) =>
        formatTimerInput({ description: '', project_name: fullName(project), tag_names: [] }),
      );
    return { key: 'entry.ambiguous_project', values: { name, choices: choices.join(', ') } };
  }
  if (unknown_project === undefined) return undefined;
  return { key: 'entry.unknown_project', values: { name: unknown_project } };
}

/** So many projects of one name are spelled out at most. */
const choicesNamed = 6;

function refused(field: 'text' | 'project_id' | 'task_id', problem: WhatProblem): WhatResult {
  return { ok: false, problems: { [field]: problem } };
}

function chosenProject(
  named: number | undefined,
  { project_id: selected, shown_project_id: shown }: TypedWhat,
  kept: number | null,
): number | null {
  if (named === undefined && typeof shown === 'number' && (selected ?? shown) === shown) return null;
  if (named !== undefined && named !== kept) return named;
  if (selected !== undefined && selected !== kept) return selected;
  return named ?? selected ?? kept;
}

/** Whether new time is billable: what was chosen, else what the project says. */
export function billableOf(
  project: Pick<ProjectState, 'billable'> | null,
  chosen: '' | '1' | '0' = '',
): Flag {
  if (chosen === '') return project?.billable ?? 0;
  return chosen === '1' ? 1 : 0;
}
