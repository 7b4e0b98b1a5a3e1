import * as z from 'zod';
import { choice, line } from '../../http/forms.ts';
import { rateLevels, readScope } from './rates.ts';

const scope = line(60).transform((text, context) => {
  const read = readScope(text);
  if (read) return read;
  context.addIssue({ code: 'custom', message: 'form.choice' });
  return z.NEVER;
});

export const scopeQuery = z.object({ scope });

/** A rate as it is typed; whether its amount is one depends on its currency. */
export const rateForm = z.object({
  scope,
  kind: choice(['billable', 'cost']),
  amount: line(60),
  /** Empty until it was asked whether booked time follows. */
  follow: z.preprocess((value) => value ?? '', choice(['', 'all', 'new'])),
  shown: line(2_000),
  /** The rate that the form was filled with; empty when it does not say. */
  seen: line(40),
});
export type RateForm = z.output<typeof rateForm>;

export const ratesQuery = z.object({
  /** Of whom or of what: a part of a name. */
  q: line(120),
  level: z.preprocess((value) => value ?? '', choice(['', ...rateLevels])),
  page: z.preprocess(
    (value) => (value === undefined || value === '' ? '1' : value),
    z
      .string('form.invalid')
      .regex(/^[1-9]\d{0,4}$/, 'form.invalid')
      .transform(Number),
  ),
});
