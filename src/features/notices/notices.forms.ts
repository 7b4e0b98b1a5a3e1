import * as z from 'zod';

export const noticesQuery = z.object({
  page: z.preprocess(
    (value) => (value === undefined || value === '' ? '1' : value),
    z
      .string('form.invalid')
      .regex(/^[1-9]\d{0,4}$/, 'form.invalid')
      .transform(Number),
  ),
});
