import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { idOf, readForm, sentences, typed } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import { addDays, localDateOf } from '../../shared/calendar.ts';
import { email } from '../accounts/accounts.forms.ts';
import { emailKeyOf } from '../accounts/people.ts';
import { findPersonByEmail } from '../accounts/people.queries.ts';
import { refusalText } from '../notices/notices.ts';
import { countOfPerson } from '../people/merge.queries.ts';
import { previewMerge, shownMerge, stateOf, versionOf } from '../people/people.ts';
import { firstPeople, mergeQuery, peopleHref, peopleQuery } from '../people/people.forms.ts';
import {
  countOpenTasks,
  findOpenLink,
  hasTraces,
  listClosedProjects,
  listMemberships,
  listMergeTargets,
  listPeoplePage,
  sumPeopleTime,
} from '../people/people-list.queries.ts';
import type { OpenLink, PersonRow } from '../people/people-list.queries.ts';
import { pageSize } from '../work/list-query.ts';

/** The list of people: who they are and where they stand, not when anybody was here. */
export async function showPeople(deps: Deps, req: Request, res: Response): Promise<void> {
  const asked = readForm(peopleQuery, req.query);
  const query = asked.ok ? asked.value : firstPeople;
  const rows = asked.ok ? await listPeoplePage(deps.db, query) : [];
  const shown = rows.slice(0, pageSize);
  const from = addDays(localDateOf(deps.now(), personOf(res).time_zone) ?? '1970-01-01', -29) ?? '1970-01-01';
  const seconds = await sumPeopleTime(
    deps.db,
    shown.map(({ id }) => id),
    from,
  );
  const { t } = res.locals.functions;
  const states = ['active', 'invited', 'placeholder', 'former'] as const;
  await deps.page(
    req,
    res,
    'admin/users',
    {
      ...{ title: t('people.title'), tab: 'users', query, values: typed(req.query) },
      problems: asked.ok ? {} : sentences(asked.problems, t),
      users: shown.map((row) => ({ ...row, state: stateOf(row), seconds: seconds.get(row.id) ?? 0 })),
      states: states.map((state) => ({ state, href: peopleHref(query, { state, page: 1 }) })),
      previous_href: query.page > 1 ? peopleHref(query, { page: query.page - 1 }) : null,
      next_href: rows.length > pageSize ? peopleHref(query, { page: query.page + 1 }) : null,
    },
    asked.ok ? 200 : 422,
  );
}

interface NewUserPage {
  values: Record<string, string>;
  problems: Record<string, string>;
  placeholder_values?: Record<string, string>;
  placeholder_problems?: Record<string, string>;
}

/** The forms that invite somebody, and that add somebody without an account. */
export async function showNewUser(deps: Deps, req: Request, res: Response, page: NewUserPage): Promise<void> {
  const { values, problems, placeholder_values = {}, placeholder_problems = {} } = page;
  const invalid = Object.keys({ ...problems, ...placeholder_problems }).length > 0;
  await deps.page(
    req,
    res,
    'admin/user-new',
    {
      ...{ title: res.locals.functions.t('people.new'), tab: 'users', problems, placeholder_problems },
      values: { role: 'member', locale: res.locals.locale, ...values },
      placeholder_values,
      chosen_projects: chosenProjects(req),
      projects: await listClosedProjects(deps.db),
      has_mail: deps.mailer.isOn,
      // Whose page offers what the form cannot: to be let in again, or another link.
      taken: problems['email'] ? await findTaken(deps, values['email']) : null,
    },
    invalid ? 422 : 200,
  );
}

/** Who has an address that was refused; nobody when it was refused because it is none. */
async function findTaken({ db }: Deps, typed: string | undefined) {
  const address = email.safeParse(typed);
  return address.success ? await findPersonByEmail(db, emailKeyOf(address.data)) : null;
}

/** Ids of the ticked boxes, for a form that is shown again. */
function chosenProjects(req: Request): number[] {
  const fields = (req.body ?? {}) as Record<string, unknown>;
  const ticked = fields['project_id'];
  return (Array.isArray(ticked) ? (ticked as unknown[]) : [ticked])
    .map(idOf)
    .filter((id) => id !== undefined);
}

export interface UserPage {
  values?: Record<string, string>;
  problems?: Record<string, string>;
  invite_values?: Record<string, string>;
  invite_problems?: Record<string, string>;
}

/** Everything about one person; a form with problems is shown as it was typed, the other parts as they are stored. */
export async function showUser(
  deps: Deps,
  req: Request,
  res: Response,
  user: PersonRow,
  page: UserPage,
): Promise<void> {
  const { values = {}, problems = {}, invite_values = {}, invite_problems = {} } = page;
  const state = stateOf(user);
  const invalid = Object.keys({ ...problems, ...invite_problems }).length > 0;
  await deps.page(
    req,
    res,
    'admin/user',
    {
      ...{ title: user.name, tab: 'users', user, state, problems, invite_problems },
      values: { name: user.name, email: user.email, role: user.role, ...values },
      // After a conflict was told, of what is stored now: saving again replaces that.
      version: (problems['form'] ? undefined : values['version']) ?? versionOf(user),
      invite_values: { name: user.name, role: 'member', locale: res.locals.locale, ...invite_values },
      is_own: user.id === personOf(res).id,
      created_day: localDateOf(user.created_at, personOf(res).time_zone) ?? '',
      has_traces: await hasTraces(deps.db, user.id),
      counts: await countOfPerson(deps.db, user.id),
      memberships: await listMemberships(deps.db, user.id),
      open_tasks: await countOpenTasks(deps.db, user.id),
      link: await shownLink(deps, res, user.id),
      has_mail: deps.mailer.isOn,
    },
    invalid ? 422 : 200,
  );
}

async function shownLink(deps: Deps, res: Response, user_id: number) {
  const link = await findOpenLink(deps.db, user_id, deps.now());
  if (!link) return null;
  const { time_zone } = personOf(res);
  const { functions } = res.locals;
  const { day, clock } = functions;
  const at = `${day(localDateOf(link.expires_at, time_zone) ?? '', 'long')}, ${clock(link.expires_at, time_zone)}`;
  return { kind: link.kind, expires: at, mail: shownMail(link, time_zone, functions) };
}

/** What became of the mail with a link: where it stands, why, and when it is tried again; null where none was sent. */
function shownMail({ state, ...mail }: OpenLink, time_zone: string, functions: ViewFunctions) {
  if (state === null) return null;
  const has_failed = state !== 'sent' && (mail.status !== null || mail.problem !== null);
  return {
    state: has_failed && state === 'waiting' ? ('again' as const) : state,
    reason: has_failed || state === 'given_up' ? refusalText(mail, functions) : null,
    again: mail.next_try_at === null ? '' : functions.clock(mail.next_try_at, time_zone),
  };
}

interface MergePage {
  problems?: Record<string, string>;
  values?: Record<string, string>;
}

/** Chooses the account that takes a placeholder's time over, and shows what that moves before it happens. */
export async function showMerge(
  deps: Deps,
  req: Request,
  res: Response,
  user: PersonRow,
  page: MergePage,
): Promise<void> {
  const { t } = res.locals.functions;
  const asked = readForm(mergeQuery, page.values ? { into_id: page.values['into_id'] } : req.query);
  const { q, into_id } = asked.ok ? asked.value : { q: '', into_id: null };
  const preview = await previewMerge(deps.db, { id: user.id, into_id });
  const wrong = into_id === null || preview.ok ? {} : sentences(preview.problems, t);
  const unread = asked.ok ? {} : sentences(asked.problems, t);
  const problems = { ...wrong, ...unread, ...page.problems };
  await deps.page(
    req,
    res,
    'admin/user-merge',
    {
      ...{ title: t('people.merge_title', { name: user.name }), tab: 'users', user, q, into_id, problems },
      merge: preview.ok ? preview.value : null,
      shown: preview.ok ? shownMerge(preview.value) : '',
      into_is_former: preview.ok && preview.value.into.deactivated_at !== null,
      targets: user.is_placeholder === 1 ? await listMergeTargets(deps.db, q) : [],
    },
    Object.keys(problems).length > 0 ? 422 : 200,
  );
}
