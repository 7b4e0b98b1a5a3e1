import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { personOf } from '../../http/person.ts';
import { clockOf, crossesMidnight } from '../../shared/calendar.ts';
import { findTaskState, listTaskChoices } from '../tasks/task-choice.queries.ts';
import type { TaskChoice } from '../tasks/task-choice.queries.ts';
import { mapPersonNames } from '../accounts/people.queries.ts';
import { wishOf } from '../work/choice.forms.ts';
import type { Entry } from './entries.queries.ts';
import { listTagsOfEntry } from './entries.queries.ts';
import { endDateToTell, shownTimes } from './entry-times.ts';
import { findProjectState, listBookableChoices } from './project-choice.queries.ts';
import { formatTimerInput } from './timer-input.ts';

interface EditPageState {
  /** What was typed in a form that was refused; the page has status 422 then. */
  values?: Record<string, string>;
  problems?: Record<string, string>;
  return_to: string;
}

/** Shows the form of one entry, as it is stored or as it was typed. */
export async function showEditPage(
  deps: Deps,
  req: Request,
  res: Response,
  entry: Entry,
  state: EditPageState,
): Promise<void> {
  const values = { ...(state.values ?? (await storedValues(deps, entry))), ended_day: endedDay(res, entry) };
  const ended_at = entry.ended_at ?? entry.started_at;
  await deps.page(
    req,
    res,
    'entries/edit',
    {
      title: res.locals.functions.t('timer.edit_title'),
      entry: { ...entry, crosses_midnight: crossesMidnight(entry.started_at, ended_at, entry.zone) },
      values,
      problems: state.problems ?? {},
      ...(await peopleOf(deps, res, entry)),
      projects: await choicesFor(deps, req, personOf(res), entry),
      tasks: await tasksFor(deps, personOf(res), entry),
      return_to: state.return_to,
    },
    state.values ? 422 : 200,
  );
}

/** Whose it is, and who else had a hand in it: nobody's time is changed unseen. */
async function peopleOf(deps: Deps, res: Response, entry: Entry) {
  const { user_id, created_by, updated_by } = entry;
  const is_own = user_id === personOf(res).id;
  const ids = [...(is_own ? [] : [user_id]), created_by, updated_by].filter((id) => id !== null);
  const names = await mapPersonNames(deps.db, ids);
  const { t } = res.locals.functions;
  const nameOf = (id: number | null): string | null =>
    id === null ? null : (names.get(id) ?? t('entry.by_somebody'));
  return {
    is_own,
    owner_name: is_own ? null : (names.get(user_id) ?? ''),
    booked_by: nameOf(created_by),
    changed_by: nameOf(updated_by),
  };
}

/** The day of the stored end when it is not the start's: the field of the end shows only a time. */
function endedDay(res: Response, entry: Entry): string | undefined {
  const { t, day } = res.locals.functions;
  const end_date = endDateToTell(entry, entry.zone);
  return end_date === undefined ? undefined : t('entry.ends_on', { day: day(end_date, 'short') });
}

/** The text holds description and tags; the project is chosen in its own field. */
async function storedValues(deps: Deps, entry: Entry): Promise<Record<string, string | number | boolean>> {
  return {
    ...shownTimes(entry),
    text: await textOf(deps, entry),
    project_id: entry.project_id ?? '',
    task_id: entry.task_id ?? '',
    billable: entry.billable === 1,
    updated_at: entry.updated_at,
  };
}

async function textOf(deps: Deps, entry: Entry): Promise<string> {
  const tags = await listTagsOfEntry(deps.db, entry.id);
  return formatTimerInput({ description: entry.description, tag_names: tags.map(({ name }) => name) });
}

/** Active projects and the entry's own, which may be archived: saving something else must not take it away. */
async function choicesFor(deps: Deps, req: Request, viewer: Person, entry: Entry) {
  const wish = wishOf(req, 'project_id');
  const { rows, has_more } = await listBookableChoices(deps.db, { viewer, owner_id: entry.user_id }, wish);
  const is_missing = entry.project_id !== null && !rows.some(({ id }) => id === entry.project_id);
  const own = is_missing ? await findProjectState(deps.db, entry.project_id ?? 0) : undefined;
  return { rows: own ? [own, ...rows] : rows, has_more, q: wish.q, from: `/entries/${entry.id}` };
}

/** Open tasks of its project and of the person, and the entry's own, which may be done or archived. */
async function tasksFor(deps: Deps, viewer: Person, entry: Entry): Promise<TaskChoice[]> {
  const { project_id, task_id, user_id } = entry;
  const choices = await listTaskChoices(deps.db, viewer, { project_id, assignee_id: user_id });
  if (task_id === null || choices.some(({ id }) => id === task_id)) return choices;
  const own = await findTaskState(deps.db, task_id);
  return own ? [own, ...choices] : choices;
}

/** How an entry is now, in words: for somebody whose own version is older. */
export async function describeEntry(
  deps: Deps,
  res: Response,
  entry: Entry,
): Promise<{ text: string; times: string }> {
  const { day } = res.locals.functions;
  const project = entry.project_id === null ? undefined : await findProjectState(deps.db, entry.project_id);
  const text = [await textOf(deps, entry), ...(project ? [`@${project.name}`] : [])].join(' ').trim();
  const clocks = [entry.started_at, entry.ended_at].map((at) =>
    at === null ? '' : (clockOf(at, entry.zone) ?? ''),
  );
  return { text, times: `${day(entry.local_date, 'short')}, ${clocks.join('–')}` };
}
