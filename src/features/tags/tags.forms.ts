import * as z from 'zod';
import { requiredLine } from '../../http/forms.ts';
import { tagNameMax } from './tags.ts';

/** People type the `#` they know from the timer; it is not part of the name. */
export const tagForm = z.object({
  name: z.preprocess(
    (value) => (typeof value === 'string' ? value.trim().replace(/^#+\s*/u, '') : value),
    requiredLine(tagNameMax),
  ),
});
export type TagForm = z.output<typeof tagForm>;
