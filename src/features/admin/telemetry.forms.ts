import * as z from 'zod';
import { choice, idOf, lastOf, line, readForm } from '../../http/forms.ts';
import type { FormResult } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';

/** Everything whose bytes the ledger holds. */
export const ledgerChannels = ['errors', 'analytics', 'installation', 'mail', 'webhooks', 'sign_in'] as const;
export const ledgerOutcomes = ['delivered', 'failed', 'unanswered'] as const;

const version = z.preprocess(
  (value) => value ?? '',
  z
    .string('form.invalid')
    .regex(/^\d{1,9}$/, 'form.invalid')
    .transform(Number),
);

/** `catalogue_version`: the version that the page showed, so that nobody agrees to what they have not seen. */
export const modeForm = z.object({
  mode: lastOf(choice(['off', 'review', 'auto'])),
  catalogue_version: lastOf(version),
});
export const agreeForm = z.object({ catalogue_version: lastOf(version) });

/** Held payloads: some of them by their ids, or all up to the newest that the page showed: `to_17`. */
export const chosenForm = z.object({
  ids: z.preprocess(
    (value) => (Array.isArray(value) ? (value as unknown[]) : [value ?? '']),
    z.array(z.unknown()).transform((values, context): number[] | { up_to: number } => {
      const [first] = values;
      const up_to = typeof first === 'string' && first.startsWith('to_') ? idOf(first.slice(3)) : undefined;
      if (values.length === 1 && up_to !== undefined) return { up_to };
      const ids = values.map(idOf).filter((id) => id !== undefined);
      if (ids.length === values.length && ids.length <= 500) return ids;
      context.addIssue({ code: 'custom', message: 'form.choice' });
      return z.NEVER;
    }),
  ),
});

const dateField = line(20).refine((text) => text === '' || isLocalDate(text), 'form.date');
const optional = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.preprocess((value) => value ?? '', choice(['', ...values]));
const page = z.preprocess(
  (value) => (value === undefined || value === '' ? '1' : value),
  z
    .string('form.invalid')
    .regex(/^[1-9]\d{0,5}$/, 'form.invalid')
    .transform(Number),
);
export const pageQuery = z.object({ page });

/** Which events of the dictionary: by a part of what is said about them, and by the channel that may carry them. */
export const dictionaryQuery = z.object({
  q: line(120),
  leaves: optional(['analytics', 'installation', 'never']),
});
export type DictionaryQuery = z.output<typeof dictionaryQuery>;

const place = z.preprocess(
  (value) => (value === undefined || value === '' ? '0' : value),
  z
    .string('form.invalid')
    .regex(/^\d{1,15}$/, 'form.invalid')
    .transform((digits) => Number(digits) || undefined),
);

const ledgerFields = z.object({
  channel: optional(ledgerChannels),
  outcome: optional(ledgerOutcomes),
  host: line(300),
  from: dateField,
  to: dateField,
  before_id: place,
  after_id: place,
});
export type LedgerQuery = z.output<typeof ledgerFields>;
export const wholeLedger: LedgerQuery = {
  ...{ channel: '', outcome: '', host: '', from: '', to: '' },
  ...{ before_id: undefined, after_id: undefined },
};

/**
 * What the ledger can be asked: `?channel=…&outcome=…&host=…&from=…&to=…`; dates are local and inclusive. With
 * `&before_id=…` or `&after_id=…` it is what stands next to that record.
 */
export function readLedgerQuery(query: unknown): FormResult<LedgerQuery> {
  const read = readForm(ledgerFields, query);
  if (!read.ok) return read;
  const { from, to } = read.value;
  if (from !== '' && to !== '' && to < from) return { ok: false, problems: { to: { key: 'ledger.range' } } };
  return read;
}

/** The address of the ledger, or of something beside it, with its filter, at a place. */
export function ledgerHref(
  path: string,
  query: LedgerQuery,
  place: { before_id?: number | undefined; after_id?: number | undefined } = {},
): string {
  const { before_id, after_id } = place;
  const { before_id: _before, after_id: _after, ...rest } = query;
  const parameters = new URLSearchParams(Object.entries(rest).filter(([, value]) => value !== ''));
  if (before_id !== undefined) parameters.set('before_id', String(before_id));
  if (after_id !== undefined) parameters.set('after_id', String(after_id));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
