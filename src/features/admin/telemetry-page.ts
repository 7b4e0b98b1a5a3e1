import type { Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { personOf } from '../../http/person.ts';
import type { Translate } from '../../i18n/translate.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { catalogueVersion } from '../../telemetry/catalogue.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { ChannelState, OutboxRow, TelemetryChannel } from '../../telemetry/channels.ts';
import type { PastConsent } from '../../telemetry/consent-store.ts';
import { obstacleOf } from '../../telemetry/consent.ts';
import type { LedgerEntry } from '../../telemetry/ledger.ts';
import { destinationOf, prettyBytes, problemSentence } from './telemetry-channels.ts';

type Functions = Response['locals']['functions'];
type ShowInstant = (ms: number) => string;

/** Day and time of an instant where the person is. */
export function instantIn(person: Pick<Person, 'time_zone'>, { day, clock }: Functions): ShowInstant {
  const { time_zone } = person;
  return (ms) => `${day(localDateOf(ms, time_zone) ?? '', 'numeric')}, ${clock(ms, time_zone)}`;
}

/** A channel as the panel shows it, with everything that its switch needs. */
export async function channelCard(deps: Deps, channel: TelemetryChannel, res: Response) {
  const { config, telemetry } = deps;
  const { functions } = res.locals;
  const { t, number } = functions;
  const totals = await telemetry.ledger.totals(channel);
  const depth = (await telemetry.outbox.depth()).get(channel) ?? { held: 0, queued: 0 };
  const instant = instantIn(personOf(res), functions);
  const destination = destinationOf(channel, config);
  const next_attempt_at = await telemetry.outbox.nextAttemptAt(channel);
  // What fails before it is in the ledger, the ledger cannot tell; another instance may know, and the waiting rows do.
  const noted = telemetry.delivery.problem(channel);
  const problem =
    noted && noted.at >= (totals.last_at ?? 0)
      ? noted.problem
      : (totals.last_problem ?? (next_attempt_at === null ? null : 'sink'));
  return {
    channel,
    name: t(`telemetry.channel.${channel}`),
    state: telemetry.state(channel),
    is_possible: obstacleOf(channel, config) === undefined,
    destination: destination ?? null,
    depth,
    dropped: number(await droppedOf(deps, channel)),
    requests: number(totals.requests),
    bytes: number(totals.bytes),
    failed: number(totals.failed),
    last_sent: totals.last_at === null ? null : instant(totals.last_at),
    last_problem: problem === null ? null : problemSentence(problem, t),
    next_attempt: next_attempt_at === null ? null : instant(next_attempt_at),
    added: telemetry.consents.uncovered(channel),
    catalogue_version: catalogueVersion,
  };
}
export type ChannelCard = Awaited<ReturnType<typeof channelCard>>;

/** One after the other: the embedded database has one connection, and so have small pools. */
export async function channelCards(deps: Deps, res: Response): Promise<ChannelCard[]> {
  const cards: ChannelCard[] = [];
  for (const channel of telemetryChannels) cards.push(await channelCard(deps, channel, res));
  return cards;
}

/** Payloads that were dropped unsent, since this process started. */
async function droppedOf({ metrics }: Deps, channel: TelemetryChannel): Promise<number> {
  const figures = await metrics.figures('tt_events_total');
  return figures
    .filter(({ labels }) => labels['outcome'] === 'dropped' && channelOf(String(labels['event'])) === channel)
    .reduce((sum, { value }) => sum + value, 0);
}

function channelOf(purpose: string): TelemetryChannel {
  if (purpose === 'error' || purpose === 'trace') return 'errors';
  return purpose.startsWith('telemetry.') ? 'installation' : 'analytics';
}

/** The sentence on top: what leaves at this moment. */
export function nowSentence(cards: readonly ChannelCard[], t: Translate, locale: string): string {
  const leaving = cards.flatMap(({ name, state, destination }) =>
    state.mode === 'auto' && destination
      ? [t('telemetry.to_host', { channel: name, host: destination.host })]
      : [],
  );
  if (leaving.length === 0) return t('telemetry.now_nothing');
  const channels = new Intl.ListFormat(locale, { type: 'conjunction' }).format(leaving);
  return t('telemetry.now_leaves', { channels });
}

/** What would leave next on a channel, or a sample; null where neither can be made. */
export async function nextBytes({ telemetry }: Deps, channel: TelemetryChannel) {
  const preview = await telemetry.preview(channel);
  if (!preview) return null;
  const { host, bytes, is_sample } = preview;
  return { host, is_sample, raw: bytes, pretty: prettyBytes(bytes), size: Buffer.byteLength(bytes) };
}

export function payloadRows(rows: readonly OutboxRow[], instant: ShowInstant) {
  return rows.map(({ id, purpose, state, attempts, created_at, body }) => ({
    ...{ id, purpose, state, attempts },
    created: instant(created_at),
    pretty: prettyBytes(body),
    size: Buffer.byteLength(body),
  }));
}

/** Requests of the ledger as a list shows them. */
export function ledgerRows(entries: readonly LedgerEntry[], instant: ShowInstant) {
  return entries.map(({ request, answer, outcome }) => ({
    ...{ id: request.id, channel: request.channel, purpose: request.purpose, host: request.host },
    ...{ outcome, size: request.byte_count, at: instant(request.at) },
    status: answer?.status ?? null,
    problem: answer?.problem ?? null,
  }));
}

const nobody = {
  environment: 'telemetry.by_environment',
  setup: 'telemetry.by_command',
  panel: 'telemetry.by_command',
  command: 'telemetry.by_command',
} as const;

export function decisionRows(
  rows: readonly PastConsent[],
  { instant, t }: { instant: ShowInstant; t: Translate },
) {
  return rows.map(({ mode, catalogue_version, decided_at, user_id, user_name, source, covered, added }) => ({
    ...{ mode, catalogue_version, source, covered: covered.length, added },
    at: instant(decided_at),
    who: user_name ?? (user_id === null ? t(nobody[source]) : t('telemetry.by_former')),
  }));
}

/** The reason of a state, in words. */
export const reasonOf = ({ reason }: ChannelState, t: Translate): string => t(`telemetry.reason.${reason}`);
