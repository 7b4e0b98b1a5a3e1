import type { Transaction } from 'kysely';
import type { Database, Flag } from '../../db/schema.ts';
import type { FormResult } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Change } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import type { AuditAction } from '../audit/audit.ts';
import {
  countOtherManagers,
  deleteFavourite,
  deleteMember,
  findMember,
  findMemberByEmailKey,
  findMemberChoice,
  insertFavourite,
  releaseTasks,
  upsertMember,
} from './project-people.queries.ts';
import { requireManagedProject, requireProject } from './projects.ts';

type Trx = Transaction<Database>;

export interface MemberWish {
  user_id: number | null;
  email: string;
  is_manager: boolean;
  /** Also when nobody but administrators manages the project then. */
  anyway: boolean;
}

interface MemberWrite {
  project_id: number | undefined;
  now: number;
}

/**
 * Makes somebody a member of a project, or changes whether they manage it. Managers choose among the people they see:
 * whoever joins is theirs to book for, and what their hours cost theirs to read.
 *
 * @returns what is wrong when that is nobody they may choose, or the project would lose its last manager.
 */
export async function setMember(
  change: Change,
  viewer: Viewer,
  { project_id, wish, now }: MemberWrite & { wish: MemberWish },
): Promise<FormResult<number>> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const project = await requireManagedProject(trx, viewer, project_id);
    const chosen = await chooseMember(trx, viewer, wish);
    if (!chosen.ok) return chosen;
    const row = { project_id: project.id, user_id: chosen.value };
    const before = await findMember(trx, row);
    if (
      !wish.is_manager &&
      before?.is_manager === 1 &&
      !wish.anyway &&
      (await isLastManager(trx, viewer, row))
    )
      return lastManager;
    const is_manager: Flag = wish.is_manager ? 1 : 0;
    await upsertMember(trx, { ...row, is_manager });
    record('project.members_changed', { project_id: project.id, change: is_manager ? 'manager' : 'member' });
    const content = { is_manager, is_manager_before: before?.is_manager ?? null };
    await auditMember(trx, viewer, { ...row, now, action: 'project.member_saved', content });
    return { ok: true, value: chosen.value };
  });
}

const lastManager: { ok: false; problems: { anyway: { key: 'projects.last_manager' } } } = {
  ok: false,
  problems: { anyway: { key: 'projects.last_manager' } },
};

async function chooseMember(
  trx: Trx,
  viewer: Viewer,
  { user_id, email }: MemberWish,
): Promise<FormResult<number>> {
  if (user_id === null && email === '')
    return { ok: false, problems: { user_id: { key: 'projects.member_needed' } } };
  if (email === '') {
    const person = await findMemberChoice(trx, viewer, user_id ?? 0);
    return person
      ? { ok: true, value: person.id }
      : { ok: false, problems: { user_id: { key: 'form.choice' } } };
  }
  const person = await findMemberByEmailKey(trx, viewer, foldCase(email));
  if (person) return { ok: true, value: person.id };
  // Whether there is an account of that address is not theirs to learn.
  const key = viewer.role === 'admin' ? 'projects.nobody_there' : 'projects.member_hint';
  return { ok: false, problems: { email: { key } } };
}

/** True when a manager would leave the project to the administrators; these need no warning. */
const isLastManager = async (
  trx: Trx,
  viewer: Viewer,
  member: { project_id: number; user_id: number },
): Promise<boolean> => viewer.role !== 'admin' && (await countOtherManagers(trx, member)) === 0;

async function auditMember(
  trx: Trx,
  viewer: Viewer,
  told: {
    project_id: number;
    user_id: number;
    now: number;
    action: Extract<AuditAction, `project.member_${string}`>;
    content: Record<string, number | null>;
  },
): Promise<void> {
  const { project_id, user_id, now, action, content } = told;
  await appendAudit(trx, {
    ...{ at: now, actor_id: viewer.id, action, subject: 'project', subject_id: project_id },
    ...{ user_id, content },
  });
}

/**
 * Takes somebody off a project; their time on it stays. Open tasks of theirs that they do not see any more are nobody's.
 *
 * @returns how many tasks that were, or that the project would lose its last manager. Throws not found for no member.
 */
export async function removeMember(
  change: Change,
  viewer: Viewer,
  { project_id, user_id, anyway, now }: MemberWrite & { user_id: number | undefined; anyway: boolean },
): Promise<FormResult<number>> {
  return change({ user_id: viewer.id }, async (trx, record) => {
    const project = await requireManagedProject(trx, viewer, project_id);
    const row = { project_id: project.id, user_id: user_id ?? 0 };
    const member = await findMember(trx, row);
    if (!member) throw notFound('member');
    if (member.is_manager === 1 && !anyway && (await isLastManager(trx, viewer, row))) return lastManager;
    await deleteMember(trx, row);
    record('project.members_changed', { project_id: project.id, change: 'removed' });
    const content = { is_manager_before: member.is_manager };
    await auditMember(trx, viewer, { ...row, now, action: 'project.member_removed', content });
    return { ok: true, value: await releaseTasks(trx, project.id, now) };
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
