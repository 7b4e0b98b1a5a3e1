import * as z from 'zod';
import { email, newPassword, personName } from '../accounts/accounts.forms.ts';

export const acceptForm = z.object({ name: personName, password: newPassword });
/** A reset changes nothing but the password. */
export const resetForm = z.object({ name: z.undefined().catch(undefined), password: newPassword });
export const forgotForm = z.object({ email });
