import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { lockPerson } from '../../db/lock.ts';
import type { Database } from '../../db/schema.ts';
import type { Actor, Change, RecordInChange } from '../../telemetry/record.ts';
import { appendAudit } from '../audit/audit.ts';
import { retryConflict } from '../work/conflicts.ts';
import { listKeptPeople } from '../work/kept-copies.queries.ts';
import { followKept } from './follow-kept.ts';
import type { FollowSum, RateChange } from './followers.queries.ts';
import { findEntryIds, listFollowedPeople, sumFollowers, updateFollowers } from './followers.queries.ts';
import type { RateKind, RateScope } from './rates.ts';
import { scopeText } from './rates.ts';
import type { RateRow } from './rates.queries.ts';
import { deleteRate, findRate, insertRate, updateRate } from './rates.queries.ts';

/** What a rate is to become. */
export interface WantedRate {
  kind: RateKind;
  scope: RateScope;
  /** Null for no rate of its own any more. */
  amount_cents: number | null;
  /** Of the amount: the client's, else the instance's. */
  currency: string;
  /** Of the instance. */
  own_currency: string;
}

/** What a change would do to time that is booked already. */
export interface RatePreview {
  rate: RateRow | undefined;
  /** Null when nothing changes. */
  change: RateChange | null;
  entries: number;
  sums: FollowSum[];
}

/** Looks at what would follow a change, without changing anything. */
export async function previewRate(db: Db, wanted: WantedRate): Promise<RatePreview> {
  const rate = await findRate(db, wanted.kind, scopeText(wanted.scope));
  const change = changeOf(rate, wanted);
  const sums = change ? await sumFollowers(db, change) : [];
  return { rate, change, sums, entries: sums.reduce((count, { entries }) => count + entries, 0) };
}

function changeOf(rate: RateRow | undefined, wanted: WantedRate): RateChange | null {
  const { kind, scope, amount_cents, currency, own_currency } = wanted;
  if (amount_cents === null) return rate ? { does: 'remove', kind, id: rate.id, own_currency } : null;
  if (!rate) return { does: 'add', kind, scope, amount_cents, currency, own_currency };
  if (rate.amount_cents === amount_cents && rate.currency === currency) return null;
  return { does: 'change', kind, id: rate.id, amount_cents, currency, own_currency };
}

/** What was answered to the question whether booked time follows; undefined when it was not asked yet. */
export interface FollowAnswer {
  follow: 'all' | 'new';
  /** What the question showed: it is asked again when that is not so any more. */
  shown: string;
}

/** A preview in a few characters, for a form to carry. */
export const shownText = ({ sums }: Pick<RatePreview, 'sums'>): string =>
  sums
    .map((sum) => [sum.currency, sum.entries, sum.before_cents, sum.next_currency, sum.after_cents].join('-'))
    .join('_');

/** A stored rate in a few characters, for a form to say what it was filled with. */
export const rateText = (rate: Pick<RateRow, 'amount_cents' | 'currency'> | undefined): string =>
  rate ? `${rate.amount_cents}-${rate.currency}` : 'none';

export type RateOutcome = 'unchanged' | 'saved' | 'ask' | 'ask_again' | 'moved';

export interface RateRequest {
  wanted: WantedRate;
  answer: FollowAnswer | undefined;
  /** The rate that the form was filled with, as `rateText`; undefined when it does not say. */
  seen: string | undefined;
  now: number;
}

export interface SavedRate {
  outcome: RateOutcome;
  followed: number;
  /** As it was before. */
  rate: RateRow | undefined;
}

/**
 * Sets, changes or removes a rate. Entries that used it follow when the answer says so, in the same transaction; all
 * others keep what they were given.
 *
 * @returns 'ask' when there are such entries and nobody answered, 'ask_again' when they or the rate are not those that
 *   were shown, 'moved' when somebody else set the rate since the form was opened. Only 'saved' has written anything.
 */
export function saveRate(
  change: Change,
  actor: Actor,
  { wanted, answer, seen, now }: RateRequest,
): Promise<SavedRate> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      const preview = await previewRate(trx, wanted);
      const refused = refusal(preview, answer, seen);
      if (refused || !preview.change)
        return { outcome: refused ?? 'unchanged', followed: 0, rate: preview.rate };
      const follows = answer?.follow === 'all' && preview.entries > 0;
      const followed = await writeRate(trx, { wanted, preview, follows, now });
      recordRate(record, wanted, preview.change.does, followed);
      await appendAudit(trx, {
        ...{ at: now, actor_id: actor.user_id, action: 'rate.updated', subject: 'rate', subject_id: null },
        user_id: 'user_id' in wanted.scope ? wanted.scope.user_id : null,
        content: {
          ...{
            rate_kind: wanted.kind,
            scope: scopeText(wanted.scope),
            before: preview.rate?.amount_cents ?? null,
            before_currency: preview.rate?.currency ?? null,
          },
          ...{ after: wanted.amount_cents, currency: wanted.currency, followed },
        },
      });
      return { outcome: 'saved', followed, rate: preview.rate };
    }),
  );
}

/** Why a change is not made now; undefined when it is. */
function refusal(
  preview: RatePreview,
  answer: FollowAnswer | undefined,
  seen: string | undefined,
): Exclude<RateOutcome, 'saved'> | undefined {
  if (!preview.change) return 'unchanged';
  const moved = seen !== undefined && seen !== rateText(preview.rate);
  if (!answer) return moved ? 'moved' : preview.entries > 0 ? 'ask' : undefined;
  const other_entries = answer.follow === 'all' && answer.shown !== shownText(preview);
  return moved || other_entries ? 'ask_again' : undefined;
}

interface RateWrite {
  wanted: WantedRate;
  preview: RatePreview;
  follows: boolean;
  now: number;
}

/** Everybody whose time follows, or would if it were put back, always in the same order. */
async function lockFollowed(trx: Transaction<Database>, change: RateChange): Promise<void> {
  const people = [...(await listFollowedPeople(trx, change)), ...(await listKeptPeople(trx))];
  for (const user_id of [...new Set(people)].sort((one, other) => one - other))
    await lockPerson(trx, user_id);
}

async function writeRate(
  trx: Transaction<Database>,
  { wanted, preview, follows, now }: RateWrite,
): Promise<number> {
  const { rate, change } = preview;
  const { kind, scope, amount_cents, currency } = wanted;
  if (!change) return 0;
  if (follows) await lockFollowed(trx, change);
  if (amount_cents === null) {
    // The entries first: what they turn to is told from the rate that goes.
    const followed = follows ? await followAll(trx, change, rate?.id ?? 0) : 0;
    await deleteRate(trx, rate?.id ?? 0);
    if (follows) await followKept(trx, change, rate?.id ?? 0);
    return followed;
  }
  const written = { amount_cents, currency, updated_at: now };
  if (rate) await updateRate(trx, rate.id, written);
  const rate_id = rate?.id ?? (await insertRate(trx, { kind, scope: scopeText(scope), ...written }));
  if (!follows) return 0;
  await followKept(trx, change, rate_id);
  return followAll(trx, change, rate_id);
}

/**
 * So many ids at a time, and then a turn for everybody else: the embedded database works on this thread, an entry takes
 * some 35 µs with its sums, and the probes must be answered meanwhile. Pages wait for the transaction all the same.
 */
const idsAtATime = 1_000;

async function followAll(trx: Transaction<Database>, change: RateChange, rate_id: number): Promise<number> {
  const { first, last } = await findEntryIds(trx);
  let followed = 0;
  for (let from = first; from <= last; from += idsAtATime) {
    const range = { from, to: from + idsAtATime - 1 };
    followed += await updateFollowers(trx, change, { range, rate_id });
    await nextTurn();
  }
  return followed;
}

function recordRate(
  record: RecordInChange,
  { kind, scope }: WantedRate,
  does: RateChange['does'],
  followed: number,
): void {
  record('rate.updated', { rate_kind: kind, rate_level: scope.level, change: does, row_count: followed });
}
