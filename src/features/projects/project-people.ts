import type { FormResult } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Change } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import {
  deleteFavourite,
  deleteMember,
  findMemberChoice,
  findPersonByEmailKey,
  insertFavourite,
  upsertMember,
} from './project-people.queries.ts';
import { requireManagedProject, requireProject } from './projects.ts';

export interface MemberWish {
  user_id: number | null;
  email: string;
  is_manager: boolean;
}

/**
 * Makes somebody a member of a project, or changes whether they manage it.
 *
 * @returns what is wrong when nobody of that address is there, or nobody was named.
 */
export async function setMember(
  change: Change,
  viewer: Viewer,
  { project_id, wish }: { project_id: number | undefined; wish: MemberWish },
): Promise<FormResult<number>> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const project = await requireManagedProject(trx, viewer, project_id);
    const { user_id, email, is_manager } = wish;
    if (user_id === null && email === '')
      return { ok: false, problems: { user_id: { key: 'projects.member_needed' } } };
    const person =
      email === ''
        ? await findMemberChoice(trx, viewer, user_id ?? 0)
        : await findPersonByEmailKey(trx, foldCase(email));
    if (!person)
      return {
        ok: false,
        problems:
          email === '' ? { user_id: { key: 'form.choice' } } : { email: { key: 'projects.nobody_there' } },
      };
    await upsertMember(trx, {
      ...{ project_id: project.id, user_id: person.id },
      is_manager: is_manager ? 1 : 0,
    });
    record('project.members_changed', { project_id: project.id, change: is_manager ? 'manager' : 'member' });
    return { ok: true, value: person.id };
  });
}

/** Takes somebody off a project; their time on it stays. */
export async function removeMember(
  change: Change,
  viewer: Viewer,
  { project_id, user_id }: { project_id: number | undefined; user_id: number | undefined },
): Promise<void> {
  await change({ user_id: viewer.id }, async (trx, record) => {
    const project = await requireManagedProject(trx, viewer, project_id);
    if (user_id === undefined || !(await deleteMember(trx, project.id, user_id))) throw notFound('member');
    record('project.members_changed', { project_id: project.id, change: 'removed' });
  });
}

/** Marks a project as one of the viewer's favourites, which are offered first; or not any more. */
export async function setFavourite(
  change: Change,
  viewer: Viewer,
  { project_id, favourite }: { project_id: number | undefined; favourite: boolean },
): Promise<void> {
  await change({ user_id: viewer.id }, async (trx, record) => {
    const project = await requireProject(trx, viewer, project_id);
    if (favourite) await insertFavourite(trx, viewer.id, project.id);
    else await deleteFavourite(trx, viewer.id, project.id);
    record('project.favourite_changed', { project_id: project.id, favourite });
  });
}
