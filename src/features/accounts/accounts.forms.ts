import * as z from 'zod';
import { checkbox, choice, line, requiredLine } from '../../http/forms.ts';
import { locales } from '../../i18n/translate.ts';
import { isTimeZone } from '../../shared/calendar.ts';

/** Long enough to be safe against guessing together with the limits on attempts, and no rules about characters. */
export const minimumPasswordLength = 10;
const maximumPasswordLength = 200;

/** A password as typed: nothing is trimmed or cleaned, a missing field is empty. */
const typedPassword = z.preprocess(
  (value) => value ?? '',
  z.string('form.invalid').max(maximumPasswordLength, 'form.too_long'),
);
/** A password somebody signs in with. */
export const password = typedPassword.refine((value) => value !== '', 'form.required');
/** A password somebody chooses. */
export const newPassword = password.refine((value) => [...value].length >= minimumPasswordLength, {
  message: 'form.too_short',
  params: { minimum: minimumPasswordLength },
});

export const email = requiredLine(254).refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), 'form.email');
export const personName = requiredLine(120);
export const timeZone = line(64).refine(isTimeZone, 'form.time_zone');
/** ISO weekdays that weeks start on somewhere: Monday, Saturday, Sunday. */
export const weekStart = choice(['1', '6', '7']).transform(Number);
export const durationFormat = choice(['clock', 'minutes', 'decimal']);

export const signInForm = z.object({ email: requiredLine(254), password });

export const profileForm = z.object({
  name: personName,
  email,
  locale: choice(locales),
  time_zone: timeZone,
  week_start: weekStart,
  duration_format: durationFormat,
  theme: choice(['system', 'light', 'dark']),
  entry_mails: checkbox.transform((ticked): 0 | 1 => (ticked ? 1 : 0)),
  budget_mails: checkbox.transform((ticked): 0 | 1 => (ticked ? 1 : 0)),
});
export type Profile = z.output<typeof profileForm>;

export const passwordForm = z.object({ current_password: password, new_password: newPassword });
