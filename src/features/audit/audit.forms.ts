import * as z from 'zod';
import { choice, line, optionalId } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';
import { auditSubjects } from './audit.ts';

const date = line(20).refine((text) => text === '' || isLocalDate(text), 'form.date');

/** What the list of the audit log can be asked; both dates included, `before_id` pages on. */
export const auditQuery = z.object({
  subject: z.preprocess((value) => value ?? '', choice(['', ...auditSubjects])),
  person_id: optionalId,
  from: date,
  to: date,
  before_id: optionalId,
});
export type AuditFilter = z.output<typeof auditQuery>;
export const emptyAuditQuery: AuditFilter = {
  subject: '',
  person_id: null,
  from: '',
  to: '',
  before_id: null,
};

/** The address of the list with some of its query changed. */
export function auditHref(filter: AuditFilter, changed: Partial<AuditFilter> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, ...changed }))
    if (value !== '' && value !== null) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '/admin/audit' : `/admin/audit?${text}`;
}
