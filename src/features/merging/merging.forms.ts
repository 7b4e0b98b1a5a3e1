import * as z from 'zod';
import { line, optionalId } from '../../http/forms.ts';

export const mergeQuery = z.object({ into: optionalId });
export const mergeForm = z.object({ into: optionalId, shown: line(300) });
