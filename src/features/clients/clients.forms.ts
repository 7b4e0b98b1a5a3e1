import * as z from 'zod';
import { checkbox, choice, line, requiredLine, text } from '../../http/forms.ts';
import { isCurrency } from '../../shared/money.ts';

/** The colours of clients; '' is none. The same as those of projects. */
const colors = [
  ...['', 'red', 'orange', 'amber', 'lime', 'green', 'teal'],
  ...['cyan', 'blue', 'indigo', 'violet', 'pink', 'slate'],
] as ['', ...string[]];

export const clientForm = z.object({
  name: requiredLine(120),
  code: line(30),
  description: text(10_000),
  color: z.preprocess((value) => value ?? '', choice(colors)),
  /** Empty is the instance's. */
  currency: line(3)
    .transform((code) => code.toUpperCase())
    .refine((code) => code === '' || isCurrency(code), 'form.currency')
    .transform((code) => (code === '' ? null : code)),
  /** What was said about another currency; empty where nothing was. */
  currency_shown: line(60),
  /** Of what the form showed; empty where it showed nothing. */
  version: line(20),
});
export type ClientForm = z.output<typeof clientForm>;
export const archiveClientForm = z.object({ anyway: checkbox });
