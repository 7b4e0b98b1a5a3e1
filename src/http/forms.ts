import type { Request, Response } from 'express';
import * as z from 'zod';
import type { MessageKey, MessageValues, Translate } from '../i18n/translate.ts';
import { isMessageKey } from '../i18n/translate.ts';
import { cleanLine, cleanText, isVisible } from '../shared/text.ts';
import { sendProblem, wantsJson } from './problem.ts';

/** What is wrong with a field, as a message of the catalogue. */
export interface Problem {
  key: MessageKey;
  values?: MessageValues;
}
export type Problems = Record<string, Problem>;
export type FormResult<Value> = { ok: true; value: Value } | { ok: false; problems: Problems };

/** Checks a form or query against its schema. Every field's first problem is reported, all fields at once. */
export function readForm<Schema extends z.ZodType>(
  schema: Schema,
  fields: unknown,
): FormResult<z.output<Schema>> {
  const result = schema.safeParse(fields ?? {});
  if (result.success) return { ok: true, value: result.data };
  const problems: Problems = Object.create(null) as Problems;
  for (const issue of result.error.issues) {
    const field = String(issue.path[0] ?? 'form');
    problems[field] ??= problemOf(issue);
  }
  return { ok: false, problems };
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const key = isMessageKey(issue.message) ? issue.message : 'form.invalid';
  const values: MessageValues = {};
  if ('maximum' in issue) values.maximum = Number(issue.maximum);
  if ('minimum' in issue) values.minimum = Number(issue.minimum);
  if ('params' in issue && issue.params) Object.assign(values, issue.params);
  return Object.keys(values).length > 0 ? { key, values } : { key };
}

/** Problems as sentences, for a view. */
export function sentences(problems: Problems, t: Translate): Record<string, string> {
  return Object.fromEntries(
    Object.entries(problems).map(([field, { key, values }]) => [field, t(key, values)]),
  );
}

/**
 * What was typed, to be shown again: strings only, cut at 5,000 characters, so that a wrong form costs nothing.
 */
export function typed(fields: unknown): Record<string, string> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  if (typeof fields !== 'object' || fields === null) return values;
  for (const [name, value] of Object.entries(fields)) {
    const text: unknown = Array.isArray(value) ? value.at(-1) : value;
    if (typeof text === 'string') values[name] = text.slice(0, 5_000);
  }
  return values;
}

/**
 * Answers a form that the person can mend: the page again with status 422, or a problem document for a JSON client.
 *
 * @param showPage - renders the same page with the sentences beside the fields and what was typed.
 */
export async function answerInvalid(
  req: Request,
  res: Response,
  problems: Problems,
  showPage: (problems: Record<string, string>, values: Record<string, string>) => Promise<void>,
): Promise<void> {
  const told = sentences(problems, res.locals.functions.t);
  if (wantsJson(req)) {
    sendProblem(res, 422, { errors: Object.entries(told).map(([field, detail]) => ({ field, detail })) });
    return;
  }
  await showPage(told, typed(req.body));
}

const asText = (value: unknown): unknown => (value === undefined || value === null ? '' : value);

function cleaned(clean: typeof cleanLine, maximum: number) {
  return z.preprocess(
    asText,
    z.string('form.invalid').transform((value, context) => {
      const result = clean(value, maximum);
      if (result.ok) return result.value;
      const tooLong = result.problem === 'too_long';
      context.addIssue({
        code: 'custom',
        message: tooLong ? 'form.too_long' : 'form.control_characters',
        ...(tooLong ? { params: { maximum } } : {}),
      });
      return z.NEVER;
    }),
  );
}

/** One line of text, possibly empty, at most `maximum` characters; a missing field is empty. */
export const line = (maximum: number) => cleaned(cleanLine, maximum);
/** One line that must not be empty, nor look so. */
export const requiredLine = (maximum: number) => line(maximum).refine(isVisible, 'form.required');
/** Text of several lines. */
export const text = (maximum: number) => cleaned(cleanText, maximum);
/** A check box: present is true, absent or empty or "0" is false. */
export const checkbox = z.preprocess(
  (value): unknown => (Array.isArray(value) ? (value as unknown[]).at(-1) : value),
  z
    .unknown()
    .transform((value) => typeof value === 'string' && value !== '' && value !== '0' && value !== 'false'),
);
/** The last of the fields of one name, as of a hidden field and a button: what comes later was chosen later. */
export const lastOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value): unknown => (Array.isArray(value) ? (value as unknown[]).at(-1) : value), schema);
/** A choice among fixed values. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, 'form.choice');

/** The id of a row, from a path or a field; undefined when it cannot be one. */
export function idOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[1-9]\d{0,15}$/.test(value)) return undefined;
  const id = Number(value);
  return Number.isSafeInteger(id) ? id : undefined;
}

/** A reference to a row in a form: empty is null, anything but an id is a problem. */
export const optionalId = z.preprocess(
  asText,
  z.string('form.choice').transform((value, context) => {
    if (value === '') return null;
    const id = idOf(value);
    if (id === undefined) {
      context.addIssue({ code: 'custom', message: 'form.choice' });
      return z.NEVER;
    }
    return id;
  }),
);

/** Where a form leads back to: a path of this site, never another one. */
export function returnPath(value: unknown, fallback: string): string {
  if (typeof value !== 'string' || value.length > 500) return fallback;
  // "//host" and "/\host" are other sites to a browser.
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(value) && !value.includes('\\') ? value : fallback;
}
