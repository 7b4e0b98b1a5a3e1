import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm, sentences, typed } from '../../http/forms.ts';
import type { Person } from '../../http/express-locals.ts';
import { personOf } from '../../http/person.ts';
import { rangeOf, localDateOf } from '../../shared/calendar.ts';
import { notFound } from '../../shared/errors.ts';
import { findEntryScope } from '../access/access.queries.ts';
import type { EntryScope } from '../access/access.queries.ts';
import { searchesIn } from '../work/choice-list.ts';
import { pageSize } from '../work/list-query.ts';
import { emptySearch, entrySearch, searchHref } from './entry-search.forms.ts';
import type { EntrySearch } from './entry-search.forms.ts';
import { listSearchPeople, listSearchProjects } from './entry-search.queries.ts';
import { nothingFound, searchEntries } from './entry-search.ts';

/** All the time that a person sees: their own, and for managers their people's, to look through, change and book. */
export async function showEntries(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const asked = readForm(entrySearch, req.query);
  const search = asked.ok ? withUsualRange(asked.value, deps, res) : emptySearch;
  const scope = await findEntryScope(deps.db, viewer);
  const searches = searchesIn(req.query, ['user_id', 'project_id']);
  const { people, projects } = await listSearchChoices(deps, { viewer, scope, search, searches });
  const knows = { people: [...people.rows, viewer], projects: projects.rows };
  requireKnown(search, knows);
  const { rows, total } = asked.ok ? await searchEntries(deps.db, scope, search, pageSize + 1) : nothingFound;
  const shown = rows.slice(0, pageSize);
  const last = shown.at(-1);
  await deps.page(
    req,
    res,
    'entries/list',
    {
      title: res.locals.functions.t('entries.title'),
      ...{
        search,
        scope,
        entries: shown,
        people: people.rows.map(({ id, name }) => ({ value: id, label: name })),
        more: { people: people.has_more, projects: projects.has_more },
      },
      values: { ...search, ...typed(req.query), ...searches },
      problems: asked.ok ? {} : sentences(asked.problems, res.locals.functions.t),
      projects: projects.rows.map(({ id, name, client_name }) => ({
        value: id,
        label: client_name === null ? name : `${name} · ${client_name}`,
      })),
      total,
      here: searchHref(search),
      newest_href: search.before_id === null ? null : searchHref(search, { before_id: null }),
      older_href: rows.length > pageSize && last ? searchHref(search, { before_id: last.id }) : null,
    },
    asked.ok ? 200 : 422,
  );
}

/** The first people and projects to choose from, or those that are searched. */
async function listSearchChoices(
  { db }: Deps,
  asked: { viewer: Person; scope: EntryScope; search: EntrySearch; searches: Record<string, string> },
) {
  const { viewer, scope, search, searches } = asked;
  const { user_id_q = '', project_id_q = '' } = searches;
  const people =
    scope.sees === 'own'
      ? { rows: [], has_more: false }
      : await listSearchPeople(db, viewer, { chosen: search.user_id, q: user_id_q });
  const wanted = { chosen: search.project_id, q: project_id_q };
  return { people, projects: await listSearchProjects(db, viewer, wanted) };
}

/** Without dates it is this month: all of a big team's years would be nobody's question. */
function withUsualRange(search: EntrySearch, deps: Deps, res: Response): EntrySearch {
  if (search.from !== '' || search.to !== '') return search;
  const { time_zone, week_start } = personOf(res);
  const today = localDateOf(deps.now(), time_zone) ?? '1970-01-01';
  const { from, to } = rangeOf('this_month', today, week_start) ?? { from: today, to: today };
  return { ...search, from, to };
}

interface Known {
  people: { id: number }[];
  projects: { id: number }[];
}

/** Throws not found for a filter by somebody or something that is not theirs to see. */
function requireKnown({ user_id, project_id }: EntrySearch, { people, projects }: Known): void {
  if (user_id !== null && !people.some(({ id }) => id === user_id)) throw notFound('person');
  if (project_id !== null && !projects.some(({ id }) => id === project_id)) throw notFound('project');
}
