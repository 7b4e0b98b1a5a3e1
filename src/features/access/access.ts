import type { Db } from '../../db/connect.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { findBookablePerson, managesClient, managesProject } from './access.queries.ts';
import type { Viewer } from './access.queries.ts';

/** True for those who may make clients, projects and tags: administrators and managers. */
export const mayManageWork = (viewer: Pick<Viewer, 'role'>): boolean => viewer.role !== 'member';

/** Throws `forbidden` for people who may make nothing. */
export function requireWorkRights<Someone extends Pick<Viewer, 'role'>>(viewer: Someone): Someone {
  if (!mayManageWork(viewer)) throw new AppError('forbidden', 'may_not_manage_work');
  return viewer;
}

/** Throws not found for everybody else: who is no administrator does not learn what administrators have. */
export function requireAdministrator<Someone extends Pick<Viewer, 'role'>>(viewer: Someone): Someone {
  if (viewer.role !== 'admin') throw notFound('page');
  return viewer;
}

/** Throws `forbidden` for people who see a project and do not manage it. */
export async function requireManager(db: Db, viewer: Viewer, project_id: number): Promise<void> {
  if (!(await managesProject(db, viewer, project_id)))
    throw new AppError('forbidden', 'may_not_manage_project');
}

/** Throws `forbidden` for people who see a client and may not change it. */
export async function requireClientRights(db: Db, viewer: Viewer, client_id: number): Promise<void> {
  if (!(await managesClient(db, viewer, client_id))) throw new AppError('forbidden', 'may_not_manage_client');
}

/** The person whom the viewer books for, themselves included. Throws not found. */
export async function requireBookablePerson(db: Db, viewer: Viewer, id: number | undefined) {
  const person = id === undefined ? undefined : await findBookablePerson(db, viewer, id);
  if (!person) throw notFound('person');
  return person;
}
