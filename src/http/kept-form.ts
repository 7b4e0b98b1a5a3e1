import type { Request, Response } from 'express';

/** A form that could not be stored: sent again, it says the same. */
export interface KeptForm {
  /** Path to send it to. */
  action: string;
  fields: { name: string; value: string }[];
  /** What a person has typed, to be read and copied. */
  texts: string[];
}

/** Forms with one of these are not shown again: a page must not hold a password. */
const secretName = /password|secret|token|code/i;
/** Names of fields that hold words, but nobody's own. */
const ownWordless = new Set(['return_to']);

/**
 * The form of a request, for a page that offers to send it again; null when there is none to offer. Only for somebody who
 * is signed in, and only once the request has passed the check of its origin, which stands before what loads the page:
 * else another site could put its words under our button.
 */
export function keptForm(req: Request, res: Response): KeptForm | null {
  const body: unknown = req.body;
  if (req.method !== 'POST' || !res.locals.session || !('loadShared' in res.locals)) return null;
  if (typeof body !== 'object' || body === null) return null;
  const fields = Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((text): text is string => typeof text === 'string')
      .map((text) => ({ name, value: text })),
  );
  if (fields.length === 0 || fields.some(({ name }) => secretName.test(name))) return null;
  const texts = fields.filter(({ name, value }) => !ownWordless.has(name) && /\p{L}/u.test(value));
  return { action: req.originalUrl, fields, texts: texts.map(({ value }) => value) };
}
