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

/** A switch: '1' or '0'; absent where the channel was not offered. The check box stands after its hidden '0'. */
const offered = z.preprocess(
  (value): unknown => (Array.isArray(value) ? (value as unknown[]).at(-1) : value),
  z.enum(['0', '1'], 'form.choice').optional(),
);

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
  send_errors: offered,
  send_analytics: offered,
  send_installation: offered,
});
export type SetupChoices = z.output<typeof setupForm>;

export const commandForm = z.object({ ...personFields, role: choice(['admin', 'manager', 'member']) });
/** What a new password set by command needs. */
export const resetForm = z.object({ email, password: newPassword });
export type CommandPerson = z.output<typeof commandForm>;
