import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, typed } from '../../http/forms.ts';
import type { FormResult } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { managesProject } from '../access/access.queries.ts';
import { setFlash } from '../accounts/sessions.ts';
import { scopeText } from '../rates/rates.ts';
import { listRates } from '../rates/rates.queries.ts';
import { searchesIn } from '../work/choice-list.ts';
import { readChosen } from '../work/choice.forms.ts';
import { firstPage, listQuery, pageOf } from '../work/list-query.ts';
import { removeMember, setMember } from './project-people.ts';
import type { MemberWish } from './project-people.ts';
import { listMemberChoices, listMembers } from './project-people.queries.ts';
import type { Member } from './project-people.queries.ts';
import { archiveForm, memberForm } from './projects.forms.ts';
import type { ProjectRow } from './projects.queries.ts';
import { requireManagedProject } from './projects.ts';

/** Shows who is a member of a project, and the forms that change that. */
export async function showMembers(deps: Deps, req: Request, res: Response): Promise<void> {
  const project = await requireManagedProject(deps.db, personOf(res), idOf(req.params['id']));
  await showMembersPage(deps, req, res, { project, values: {}, problems: {} });
}

interface MembersState {
  project: ProjectRow;
  values: Record<string, string>;
  problems: Record<string, string>;
  /** What was not done because it takes the last manager away, and the form that does it anyway. */
  refused?: { text: string; action: string; fields: Record<string, string> };
}

async function showMembersPage(deps: Deps, req: Request, res: Response, state: MembersState): Promise<void> {
  const { project, problems } = state;
  const person = personOf(res);
  const searches = searchesIn(req.method === 'POST' ? req.body : req.query, ['user_id']);
  const data = {
    ...{ refused: null, ...state },
    may_name_anybody: person.role === 'admin',
    title: res.locals.functions.t('projects.members_of', { name: project.name }),
    ...(await pageOfMembers(deps, req, project.id)),
    people: await listMemberChoices(deps.db, person, {
      project_id: project.id,
      q: searches['user_id_q'] ?? '',
    }),
    values: { ...state.values, ...searches },
  };
  const invalid = data.refused !== null || Object.keys(problems).length > 0;
  await deps.page(req, res, 'projects/members', data, invalid ? 422 : 200);
}

/** Members, and what single ones are paid by the hour here. */
async function pageOfMembers({ db }: Deps, req: Request, project_id: number) {
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf(`/projects/${project_id}/members`, query, await listMembers(db, project_id, query));
  const scopeOf = ({ user_id }: Member): string => scopeText({ level: 'member', project_id, user_id });
  const rates = await listRates(db, list.rows.map(scopeOf));
  const members = list.rows.map((member) => ({
    ...member,
    rate_href: `/rates/edit?scope=${scopeOf(member)}`,
    rates: rates.filter(({ scope }) => scope === scopeOf(member)),
  }));
  return { query, list, members };
}

/** Makes somebody a member, or changes whether they manage. */
export async function addMember(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const project = await requireManagedProject(deps.db, person, idOf(req.params['id']));
  const form: FormResult<MemberWish> = readChosen(memberForm, req.body, ['user_id']);
  const set = form.ok
    ? await setMember(deps.change, person, { project_id: project.id, wish: form.value, now: deps.now() })
    : form;
  if (!set.ok)
    return answerInvalid(req, res, set.problems, ({ anyway, ...problems }, values) =>
      showMembersPage(deps, req, res, {
        ...{ project, values, problems },
        ...(anyway === undefined ? {} : { refused: lastManagerOf(req, anyway) }),
      }),
    );
  const gave_up = set.value === person.id && !(await managesProject(deps.db, person, project.id));
  const text = res.locals.functions.t(gave_up ? 'projects.self_demoted' : 'projects.member_saved');
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  // Who does not manage it any more sees the project, but not its members.
  res.redirect(303, gave_up ? `/projects/${project.id}` : `/projects/${project.id}/members`);
}

/** The same form once more, with the word that it is meant. */
function lastManagerOf(req: Request, text: string) {
  const { user_id = '', email = '' } = typed(req.body);
  return { text, action: req.path, fields: { user_id, email, is_manager: '0', anyway: '1' } };
}

/** Takes somebody off a project. */
export async function takeMember(deps: Deps, req: Request, res: Response): Promise<void> {
  const [project_id, user_id] = [idOf(req.params['id']), idOf(req.params['user_id'])];
  const person = personOf(res);
  const form = readForm(archiveForm, req.body);
  const wish = { project_id, user_id, anyway: form.ok && form.value.anyway, now: deps.now() };
  const removed = await removeMember(deps.change, person, wish);
  if (!removed.ok) {
    const project = await requireManagedProject(deps.db, person, project_id);
    return answerInvalid(req, res, removed.problems, ({ anyway = '' }) =>
      showMembersPage(deps, req, res, {
        ...{ project, values: {}, problems: {}, refused: lastManagerOf(req, anyway) },
      }),
    );
  }
  const { t } = res.locals.functions;
  const also = removed.value > 0 ? [t('projects.tasks_released', { tasks: removed.value })] : [];
  const text = [t('projects.member_removed'), ...also].join(' ');
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  // Who takes themselves off may not see this page any more.
  res.redirect(303, user_id === person.id ? '/projects' : `/projects/${project_id}/members`);
}
