import { hash } from 'node:crypto';
import type { Payload } from './channels.ts';

export type PingKind = 'install' | 'update' | 'health';
export const pingKinds: readonly PingKind[] = ['install', 'update', 'health'];

/** What the outbox keeps of a ping; the sinks make wire bytes of it. */
export interface PingBody {
  /** `telemetry.test`: somebody tries the destination, and no installation is to be counted. */
  event: `telemetry.${PingKind | 'test'}`;
  /** The fingerprint. */
  distinct_id: string;
  /** RFC 3339, UTC. */
  timestamp: string;
  uuid: string;
  properties: Record<string, string | number | boolean | null>;
}

/** That a ping was taken by its destination: a row of the database, and a marker file for people to read. */
export interface SentPing {
  sent_at: string;
  app_version: string;
  /** Host and port. */
  destination: string;
  payload: PingBody;
}

/** What was sent last, by kind. */
export type SentPings = Partial<Record<PingKind, SentPing>>;

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface Due {
  /** What makes the ping the same one at every attempt. */
  occasion: string;
  previous_version: string | null;
  /** Epoch ms. */
  updated_at: number | null;
}

/** The occasion for a ping of this kind, or undefined when there is none. */
export function duePing(
  kind: PingKind,
  { install, update, health }: SentPings,
  { version, now }: { version: string; now: number },
): Due | undefined {
  if (kind === 'install') return install ? undefined : { occasion: kind, ...neverUpdated };
  // Whoever does not know the installation cannot use its updates.
  if (!install) return undefined;
  const told = newestOf(install, update) ?? install;
  if (kind === 'update') {
    if (told.app_version === version) return undefined;
    const occasion = `update:${told.app_version}:${version}:${told.sent_at}`;
    return { occasion, previous_version: told.app_version, updated_at: now };
  }
  const last = newestOf(told, health) ?? told;
  const occasion = `health:${last.sent_at}`;
  // Up to an hour on top, so that the servers of the world do not all call at the same minute.
  const jitterMs = Number.parseInt(hash('sha256', occasion).slice(0, 8), 16) % hourMs;
  if (now < Date.parse(last.sent_at) + dayMs + jitterMs) return undefined;
  const updatedAt = update?.payload.properties['updated_at'];
  const updated_at = typeof updatedAt === 'string' ? Date.parse(updatedAt) : null;
  return { occasion, previous_version: null, updated_at };
}

const neverUpdated = { previous_version: null, updated_at: null };

export function newestOf(...candidates: (SentPing | undefined)[]): SentPing | undefined {
  const known = candidates.filter((sent) => sent !== undefined);
  return known.sort((a, b) => Date.parse(b.sent_at) - Date.parse(a.sent_at))[0];
}

/** Whether this is a record of something sent, as far as decisions hang on it; somebody may have edited the marker. */
export function isSentPing(value: unknown): value is SentPing {
  if (!isObject(value) || !isObject(value['payload'])) return false;
  const { sent_at, app_version, payload } = value;
  return (
    typeof sent_at === 'string' &&
    !Number.isNaN(Date.parse(sent_at)) &&
    typeof app_version === 'string' &&
    isObject(payload['properties'])
  );
}

const isObject = (value: unknown): value is Record<string, unknown> & { payload?: Record<string, unknown> } =>
  typeof value === 'object' && value !== null;

/** Whole seconds, RFC 3339, UTC. */
export const instant = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** A UUID (version 8) out of a text: the same text is the same ping. */
export function uuidOf(text: string): string {
  const digits = hash('sha256', text);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

/** The payload of the outbox. */
export const payloadOf = (body: PingBody): Payload => ({
  channel: 'installation',
  purpose: body.event,
  idempotency_key: body.uuid,
  user_id: null,
  body: JSON.stringify(body),
});
