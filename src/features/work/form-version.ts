import { hash } from 'node:crypto';

/**
 * What a form was made of, as a short code that it carries: when it comes back and the row makes another one, somebody
 * changed the row meanwhile, in another tab or another place.
 */
export const formVersion = (fields: readonly (string | number | null)[]): string =>
  hash('sha256', JSON.stringify(fields)).slice(0, 16);
