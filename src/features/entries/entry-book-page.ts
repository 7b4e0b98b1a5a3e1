import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { listTaskChoices } from '../tasks/task-choice.queries.ts';
import { wishOf } from '../work/choice.forms.ts';
import { listBookableChoices } from './project-choice.queries.ts';

/** Whose time is booked. */
export interface BookedPerson {
  id: number;
  name: string;
  time_zone: string;
}

interface BookPage {
  owner: BookedPerson;
  return_to: string;
  /** What was typed in a form that was refused; the page has status 422 then. */
  values?: Record<string, string>;
  problems?: Record<string, string>;
}

/** Shows the form that books time for another person, on the projects that whoever books it manages. */
export async function showBookPage(deps: Deps, req: Request, res: Response, page: BookPage): Promise<void> {
  const { owner, return_to, values, problems = {} } = page;
  const viewer = personOf(res);
  const today = localDateOf(deps.now(), owner.time_zone) ?? '';
  const wish = wishOf(req, 'project_id');
  const projects = await listBookableChoices(deps.db, { viewer, owner_id: owner.id }, wish);
  await deps.page(
    req,
    res,
    'entries/book',
    {
      title: res.locals.functions.t('entry.book_for', { name: owner.name }),
      owner,
      zone_differs: owner.time_zone !== viewer.time_zone,
      values: values ?? { local_date: today },
      problems,
      projects: { ...projects, q: wish.q, from: `/entries/new?user_id=${owner.id}` },
      tasks: await listTaskChoices(deps.db, viewer, { project_id: null, assignee_id: owner.id }),
      return_to,
    },
    values ? 422 : 200,
  );
}
