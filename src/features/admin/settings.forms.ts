import * as z from 'zod';
import { choice, line } from '../../http/forms.ts';
import { isCurrency } from '../../shared/money.ts';
import { durationFormat, timeZone, weekStart } from '../accounts/accounts.forms.ts';

/** The settings of the instance, all at once. */
export const settingsForm = z.object({
  used_by: choice(['alone', 'team']),
  time_zone: timeZone,
  currency: line(3)
    .transform((code) => code.toUpperCase())
    .refine(isCurrency, 'form.currency'),
  week_start: weekStart,
  duration_format: durationFormat,
  /** What was said about another currency; empty where nothing was. */
  currency_shown: line(60),
});
