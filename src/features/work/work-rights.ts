import type { Person } from '../../http/express-locals.ts';
import { AppError } from '../../shared/errors.ts';

/** True for those who may create and change clients, projects and tags: administrators and managers. */
export const mayManageWork = (person: Pick<Person, 'role'>): boolean => person.role !== 'member';

/** Throws `forbidden` for people who may only look. */
export function requireWorkRights(person: Person): Person {
  if (!mayManageWork(person)) throw new AppError('forbidden', 'may_not_manage_work');
  return person;
}
