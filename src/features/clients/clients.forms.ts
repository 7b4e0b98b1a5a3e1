import * as z from 'zod';
import { requiredLine } from '../../http/forms.ts';

export const clientForm = z.object({ name: requiredLine(120) });
export type ClientForm = z.output<typeof clientForm>;
