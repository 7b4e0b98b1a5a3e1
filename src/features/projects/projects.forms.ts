import { isVisible } from '../../shared/text.ts';
import * as z from 'zod';
import { checkbox, choice, line, optionalId, requiredLine, text } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';
import { budgetFields } from '../budgets/budgets.forms.ts';

/** The colours of projects; each is a class of the style sheet. */
export const projectColors = [
  'red',
  'orange',
  'amber',
  'lime',
  'green',
  'teal',
  'cyan',
  'blue',
  'indigo',
  'violet',
  'pink',
  'slate',
] as const;

/** The longest name of a project, in characters. */
export const projectNameMax = 120;

const dateOrNone = line(20)
  .refine((value) => value === '' || isLocalDate(value), 'form.date')
  .transform((value) => (value === '' ? null : value));

export const projectForm = z.object({
  name: requiredLine(projectNameMax),
  client_id: optionalId,
  /** Name of a client to add; goes before `client_id`. */
  new_client: line(120).refine((name) => name === '' || isVisible(name), 'form.required'),
  color: z.preprocess((value) => (value === undefined ? 'blue' : value), choice(projectColors)),
  billable: checkbox,
  code: line(30),
  description: text(10_000),
  start_date: dateOrNone,
  due_date: dateOrNone,
  visibility: z.preprocess(
    (value) => (value === undefined || value === '' ? 'everyone' : value),
    choice(['everyone', 'members']),
  ),
  /** Of what the form showed; empty where it showed nothing. */
  version: line(20),
  ...budgetFields,
});
export type ProjectForm = z.output<typeof projectForm>;

export const memberForm = z.object({
  /** Somebody from the list … */
  user_id: optionalId,
  /** … or anybody by address. */
  email: line(254),
  is_manager: checkbox,
  anyway: checkbox,
});
export const favouriteForm = z.object({ favourite: checkbox });
export const archiveForm = z.object({ anyway: checkbox });
