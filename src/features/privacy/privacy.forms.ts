import * as z from 'zod';
import { choice, lastOf } from '../../http/forms.ts';

export const analyticsForm = z.object({ analytics_choice: lastOf(choice(['in', 'out', 'browser'])) });
export type AnalyticsForm = z.output<typeof analyticsForm>;

const place = z.preprocess(
  (value) => (typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined),
  z.number().optional(),
);

/** Where in what left; anything that is no number is its beginning. */
export const placeQuery = z.object({ before_id: place, after_id: place });
