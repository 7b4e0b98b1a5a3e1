import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { returnPath } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { listAssignedTasks } from '../tasks/task-choice.queries.ts';
import type { ListWanted } from './entry-list.ts';
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
  const weeks = await loadEntryWeeks(deps.db, personOf(res), wanted, deps.now());
  const tasks = await listAssignedTasks(deps.db, personOf(res).id);
  await deps.page(
    req,
    res,
    'timer/index',
    {
      ...weeks,
      title: res.locals.functions.t('nav.timer'),
      add: state.add ?? { values: {}, problems: {} },
      editing: null,
      tasks,
      ...(state.return_to === undefined ? {} : { return_to: state.return_to }),
    },
    status,
  );
}

/** Where the form that was sent leads back to. */
export function backPath(req: Request): string {
  const fields = req.body as Record<string, unknown> | undefined;
  return returnPath(fields?.['return_to'], '/timer');
}
