import type { Db } from '../../db/connect.ts';
import type { Person } from '../../http/express-locals.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { notFound } from '../../shared/errors.ts';
import { findEntryScope } from '../access/access.queries.ts';
import { withoutProject } from './report-filter.ts';
import type { ReportFilter } from './report-filter.ts';
import { listChosen, listChosenTasks, listChosenProjects } from './reports.queries.ts';
import type { EntrySelection, NamedProject, NamedRow } from './reports.queries.ts';

/** Today and the week's first day, as the person's report counts them. */
export const calendarOf = (person: Person, now: number): { today: string; week_start: number } => ({
  today: localDateOf(now, person.time_zone) ?? '1970-01-01',
  week_start: person.week_start,
});

/** The rows that a filter names. */
export interface ChosenRows {
  users: NamedRow[];
  clients: NamedRow[];
  projects: NamedProject[];
  tags: NamedRow[];
  tasks: NamedRow[];
}

/** What the filter chose of the entries that the person sees. */
export async function selectEntries(db: Db, person: Person, filter: ReportFilter): Promise<EntrySelection> {
  return { ...filter, scope: await findEntryScope(db, person) };
}

/** Names of what the filter chose. Throws not found when one of them does not exist or is not the person's to see. */
export async function requireChosen(db: Db, person: Person, filter: ReportFilter): Promise<ChosenRows> {
  const { user_ids, client_ids, task_ids, tag_ids } = filter;
  const project_ids = filter.project_ids.filter((id) => id !== withoutProject);
  const chosen = {
    users: await listChosen(db, person, 'users', user_ids),
    clients: await listChosen(db, person, 'clients', client_ids),
    projects: await listChosenProjects(db, person, project_ids),
    tags: await listChosen(db, person, 'tags', tag_ids),
    tasks: await listChosenTasks(db, person, task_ids),
  };
  if (chosen.users.length < user_ids.length) throw notFound('person');
  if (chosen.clients.length < client_ids.length) throw notFound('client');
  if (chosen.projects.length < project_ids.length) throw notFound('project');
  if (chosen.tags.length < tag_ids.length) throw notFound('tag');
  if (chosen.tasks.length < task_ids.length) throw notFound('task');
  return chosen;
}
