import { isVisible } from '../../shared/text.ts';
import * as z from 'zod';
import { checkbox, choice, line, optionalId, requiredLine } from '../../http/forms.ts';

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

export const projectForm = z.object({
  name: requiredLine(projectNameMax),
  client_id: optionalId,
  /** Name of a client to add; goes before `client_id`. */
  new_client: line(120).refine((name) => name === '' || isVisible(name), 'form.required'),
  color: z.preprocess((value) => (value === undefined ? 'blue' : value), choice(projectColors)),
  billable: checkbox,
});
export type ProjectForm = z.output<typeof projectForm>;
