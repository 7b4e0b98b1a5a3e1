import * as z from 'zod';
import { choice, lastOf } from '../../http/forms.ts';

export const analyticsForm = z.object({ analytics_choice: lastOf(choice(['in', 'out', 'browser'])) });
export type AnalyticsForm = z.output<typeof analyticsForm>;

/** Pages of what left; anything that is no number is the first one. */
export const pageQuery = z.object({
  page: z.preprocess(
    (value) => (typeof value === 'string' && /^[1-9]\d{0,5}$/.test(value) ? Number(value) : 1),
    z.number(),
  ),
});
