import * as z from 'zod';
import { checkbox } from '../../http/forms.ts';
import type { FlagName } from '../settings/flags.ts';
import { flagNames } from '../settings/flags.ts';

/** One check box per flag; one that is not sent is off. */
export const featuresForm = z.object(
  Object.fromEntries(flagNames.map((name) => [name, checkbox])) as Record<FlagName, typeof checkbox>,
);
