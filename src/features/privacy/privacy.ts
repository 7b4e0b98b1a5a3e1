import type { Deps } from '../../deps.ts';
import type { ChannelState } from '../../telemetry/channels.ts';
import { refusalOf } from '../../telemetry/consent.ts';
import type { PersonSignal } from '../../telemetry/consent.ts';
import type { LedgerEntry } from '../../telemetry/ledger.ts';
import { updatePerson } from '../accounts/people.queries.ts';

/** Whether product events about a person leave: as far as the channel is concerned, then the person. */
export function effectFor(
  state: ChannelState,
  person: PersonSignal,
): ChannelState & { about: 'everybody' | 'person' } {
  if (state.mode === 'off') return { ...state, about: 'everybody' };
  const refusal = refusalOf(person);
  if (refusal !== undefined) return { mode: 'off', reason: refusal, about: 'person' };
  return { ...state, about: 'person' };
}

/**
 * Keeps a person's choice. Whoever says no takes back what waits as well, in the same transaction, and cuts what is
 * on its way.
 */
export async function chooseAnalytics(
  { change, telemetry }: Pick<Deps, 'change' | 'telemetry'>,
  user_id: number,
  { analytics_choice, signal }: PersonSignal,
): Promise<void> {
  const isRefused = refusalOf({ analytics_choice, signal }) !== undefined;
  await change({ user_id }, async (trx, record) => {
    await updatePerson(trx, user_id, { analytics_choice });
    if (isRefused) await telemetry.outbox.dropPerson(trx, user_id);
    // Only a no: whoever allows it or takes a no back has not objected.
    if (isRefused)
      record('privacy.opted_out', { analytics_choice: analytics_choice === 'out' ? 'out' : 'browser' });
  });
  if (isRefused) await telemetry.objected(user_id);
}

/**
 * What a person may see of a request that left: all of it when it was about nobody else, their own events of a batch
 * otherwise. The key of the operator's project stands around a batch, and is not shown.
 */
export function partOf(
  { request }: LedgerEntry,
  { pseudonym, people }: { pseudonym: string; people: number },
): { text: string; is_whole: boolean } {
  const body = request.body_encoding === 'utf8' ? (request.body ?? '') : '';
  const batch = batchOf(body);
  if (batch) {
    const own = batch.filter((event) => isOf(event, pseudonym));
    return { text: own.map((event) => JSON.stringify(event)).join('\n'), is_whole: false };
  }
  return people > 1 ? { text: '', is_whole: false } : { text: body, is_whole: true };
}

function batchOf(body: string): unknown[] | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const { batch } = JSON.parse(body) as { batch?: unknown };
    return Array.isArray(batch) ? (batch as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

const isOf = (event: unknown, pseudonym: string): boolean =>
  typeof event === 'object' && event !== null && 'distinct_id' in event && event.distinct_id === pseudonym;
