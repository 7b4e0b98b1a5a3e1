import * as z from 'zod';
import {
  durationFormat,
  email,
  newPassword,
  personName,
  timeZone,
  weekStart,
} from '../accounts/accounts.forms.ts';
import { isCurrency } from '../../shared/money.ts';
import { choice, line } from '../../http/forms.ts';

/** Who somebody is: the same rules in the browser and on the command line. */
const personFields = { name: personName, email, password: newPassword };

export const setupForm = z.object({
  ...personFields,
  used_by: choice(['alone', 'team']),
  // The browser's zone is preselected by script; without it the empty choice stands, which says UTC.
  time_zone: z.preprocess((value) => value || 'UTC', timeZone),
  week_start: weekStart,
  currency: line(3)
    .transform((code) => code.toUpperCase())
    .refine(isCurrency, 'form.currency'),
  duration_format: durationFormat,
  setup_code: line(100),
});
export type SetupChoices = z.output<typeof setupForm>;

export const commandForm = z.object({ ...personFields, role: choice(['admin', 'manager', 'member']) });
/** What a new password set by command needs. */
export const resetForm = z.object({ email, password: newPassword });
export type CommandPerson = z.output<typeof commandForm>;
