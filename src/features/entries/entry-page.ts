import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { returnPath } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import type { ChoiceWish } from '../work/choice-list.ts';
import { wishOf } from '../work/choice.forms.ts';
import { listAssignedTasks } from '../tasks/task-choice.queries.ts';
import type { EntryWeeks, ListWanted } from './entry-list.ts';
import { loadEntryWeeks } from './entry-list.ts';

/** What was typed in the form that adds time by hand, and what is wrong with it. */
export interface AddForm {
  values: Record<string, string>;
  problems: Record<string, string>;
}

interface TimerPageState {
  add?: AddForm;
  /** Where the page's forms lead back to, when that is not the address of the page. */
  return_to?: string;
  /** With a box at every entry, to change several at once. */
  selecting?: boolean;
}

declare module 'express-serve-static-core' {
  interface Locals {
    /** What the timer page wants of the list of projects in its bar, which its other form offers as well. */
    project_wish?: ChoiceWish;
  }
}

/** Shows the timer page: the person's weeks under the timer bar. */
export async function showTimerPage(
  deps: Deps,
  req: Request,
  res: Response,
  wanted: ListWanted,
  state: TimerPageState = {},
  status = 200,
): Promise<void> {
  res.locals.project_wish = wishOf(req, 'project_id');
  const data = await loadTimerPage(deps, personOf(res), wanted, state);
  const title = res.locals.functions.t('nav.timer');
  await deps.page(req, res, 'timer/index', { ...data, title }, status);
}

/** What the page shows, apart from what every page has. */
export async function loadTimerPage(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  person: Person,
  wanted: ListWanted,
  state: TimerPageState = {},
) {
  const weeks = await loadEntryWeeks(db, person, wanted, now());
  const tasks = await listAssignedTasks(db, person.id);
  const { add = { values: {}, problems: {} }, selecting = false, return_to } = state;
  return {
    ...weeks,
    ...selection(weeks, wanted, selecting),
    ...{ add, tasks },
    ...(return_to === undefined ? undefined : { return_to }),
  };
}

/** Whether entries can be selected, the other way round, and pages before and after in the same way. */
function selection(
  { earlier_href, later_href }: EntryWeeks,
  { until, day }: ListWanted,
  selecting: boolean,
): { selecting: boolean; select_href: string; earlier_href: string | null; later_href: string | null } {
  const shown: Record<string, string> = day
    ? { day: day.local_date, page: String(day.page) }
    : until === undefined
      ? {}
      : { until };
  const text = new URLSearchParams(selecting ? shown : { ...shown, select: '1' }).toString();
  const select_href = text === '' ? '/timer' : `/timer?${text}`;
  const kept = (href: string | null) =>
    href === null || !selecting ? href : `${href}${href.includes('?') ? '&' : '?'}select=1`;
  return { selecting, select_href, earlier_href: kept(earlier_href), later_href: kept(later_href) };
}

/** Where the form that was sent leads back to. */
export function backPath(req: Request): string {
  const fields = req.body as Record<string, unknown> | undefined;
  return returnPath(fields?.['return_to'], '/timer');
}
