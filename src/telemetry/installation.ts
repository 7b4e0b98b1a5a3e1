import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import type { EventName, EventProperties } from './catalogue.ts';
import { declarationOf, recordable } from './catalogue.ts';
import type { OutboxRow, Payload } from './channels.ts';
import type { ConsentStore } from './consent-store.ts';
import type { InstallationFiles } from './installation-files.ts';
import { isSentPing, openInstallationFiles } from './installation-files.ts';
import type { KeptName } from './installation.queries.ts';
import { findInstalledAt, findKept, insertKept, isWaiting, upsertKept } from './installation.queries.ts';
import type { Outbox } from './outbox.ts';
import type { RecordEvent } from './record.ts';
import type { Verdict } from './sinks/answers.ts';

export type PingKind = 'install' | 'update' | 'health';
const kinds: readonly PingKind[] = ['install', 'update', 'health'];

/** What the outbox keeps of a ping; the sinks make wire bytes of it. */
export interface PingBody {
  event: `telemetry.${PingKind}`;
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

/**
 * Installation telemetry: that this server exists, which version it runs, and that it still does. Every function queues
 * at most: the outbox, the gateway and the ledger do the rest, and nothing is queued while the channel is off.
 */
export interface Installation {
  /** SHA-256, hex, of host name and salt; worked out once and then kept, since host names of containers change. */
  getTelemetryFingerprint(): Promise<string>;
  /** As the consent says now; review mode counts as enabled. */
  isTelemetryEnabled(): boolean;
  /** Queues a ping of this kind if it is due. @returns whether one was queued. */
  sendTelemetryPing(kind: PingKind): Promise<boolean>;
  /** Due once per installation. */
  sendInstallPing(): Promise<boolean>;
  /** Due once per version, after the installation is known to the destination. */
  sendUpdatePing(): Promise<boolean>;
  /** Due a day and up to an hour after whatever was sent last. */
  sendHealthPing(): Promise<boolean>;
  /** Queues what is due. Failures are logged, never thrown: nobody waits for this. */
  checkAndSendTelemetry(): Promise<void>;
  /** A ping of this very server for people to look at; it is not queued. */
  sample(): Promise<Payload>;
  /** What a destination said about pings; those it took are marked as sent. */
  settled(rows: OutboxRow[], verdict: Verdict): Promise<void>;
}

interface Parts {
  config: Readonly<Config>;
  db: Db;
  consents: ConsentStore;
  outbox: Pick<Outbox, 'enqueue'>;
  record: RecordEvent;
  logger: Logger;
  now: () => number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** In the example file of old installations, and so known to everybody. */
const placeholderSalt = 'change-me-to-random-string';

export function createInstallation(parts: Parts): Installation {
  const { config, db, consents, logger, now } = parts;
  const files = openInstallationFiles(config.data_dir, logger);
  const fingerprint = rememberSuccess(() => loadFingerprint(db, files, config.tele_salt));
  /** Ids of pings that their destination will not have, until when they are not offered again. */
  const refused = new Map<string, number>();
  const isEnabled = () => consents.state('installation').mode !== 'off';

  const sendPing = async (kind: PingKind): Promise<boolean> => {
    if (!isEnabled()) return false;
    const due = duePing(kind, await loadSent(db, files), { version: config.version, now: now() });
    if (!due) return false;
    const body = await bodyOf(parts, await fingerprint(), { kind, ...due });
    const isRefused = (refused.get(body.uuid) ?? 0) > now();
    if (!isCovered(consents, kind) || isRefused || (await isWaiting(db, body.uuid))) return false;
    await parts.outbox.enqueue(db, [payloadOf(body)]);
    return true;
  };

  const installation: Installation = {
    getTelemetryFingerprint: fingerprint,
    isTelemetryEnabled: isEnabled,
    sendTelemetryPing: sendPing,
    sendInstallPing: () => sendPing('install'),
    sendUpdatePing: () => sendPing('update'),
    sendHealthPing: () => sendPing('health'),
    checkAndSendTelemetry: async () => {
      try {
        // At start nothing was read yet, and an hour is long.
        await consents.refresh();
        for (const kind of kinds) await sendPing(kind);
      } catch (error) {
        logger.error({ err: error }, 'installation telemetry could not be queued');
      }
    },
    sample: async () => {
      const due = { occasion: 'sample', previous_version: null, updated_at: null };
      return payloadOf(await bodyOf(parts, await fingerprint(), { kind: 'install', ...due }));
    },
    settled: async (rows, verdict) => {
      for (const row of rows) {
        if (verdict === 'rejected') refused.set(row.idempotency_key, now() + dayMs);
        if (verdict === 'delivered') await markSent(parts, files, row);
      }
    },
  };
  return installation;
}

/** A promise that is kept once it succeeded; a failure is tried again at the next call. */
function rememberSuccess<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let kept: Promise<Value> | undefined;
  return () => {
    kept ??= load().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}

interface Identity {
  fingerprint: string;
  /** 'generated', or the hash of the TELE_SALT that was set. */
  salt: string;
}

/**
 * The database keeps the fingerprint, so that several instances are one installation and a new host name is not a new
 * one. Another TELE_SALT makes another fingerprint.
 */
async function loadFingerprint(
  db: Db,
  files: InstallationFiles,
  configured: string | undefined,
): Promise<string> {
  const own = configured === placeholderSalt ? undefined : configured;
  const salt = own === undefined ? 'generated' : hash('sha256', `salt:${own}`);
  const kept = (await findKept(db, 'telemetry_identity')) as Identity | undefined;
  if (kept?.salt === salt) return kept.fingerprint;
  const made: Identity = { fingerprint: hash('sha256', hostname() + (own ?? (await files.salt()))), salt };
  if (kept) await upsertKept(db, 'telemetry_identity', made);
  else await insertKept(db, 'telemetry_identity', made);
  const written = (await findKept(db, 'telemetry_identity')) as Identity;
  return written.fingerprint;
}

type Sent = Partial<Record<PingKind, SentPing>>;

const keptName = (kind: PingKind): KeptName => `telemetry_${kind}`;

/** What was sent, by the database and the markers: each is mended by the other, so losing one sends nothing twice. */
async function loadSent(db: Db, files: InstallationFiles): Promise<Sent> {
  const sent: Sent = {};
  for (const kind of kinds) {
    const kept = await findKept(db, keptName(kind));
    const marked = await files.readMarker(kind);
    const known = isSentPing(kept) ? kept : undefined;
    const newest = newestOf(known, marked);
    if (!newest) continue;
    sent[kind] = newest;
    if (newest.sent_at !== known?.sent_at) await upsertKept(db, keptName(kind), newest);
    if (newest.sent_at !== marked?.sent_at) await files.writeMarker(kind, newest);
  }
  return sent;
}

function newestOf(...candidates: (SentPing | undefined)[]): SentPing | undefined {
  const known = candidates.filter((sent) => sent !== undefined);
  return known.sort((a, b) => Date.parse(b.sent_at) - Date.parse(a.sent_at))[0];
}

interface Due {
  /** What makes the ping the same one at every attempt. */
  occasion: string;
  previous_version: string | null;
  /** Epoch ms. */
  updated_at: number | null;
}

/** The occasion for a ping of this kind, or undefined when there is none. */
export function duePing(
  kind: PingKind,
  { install, update, health }: Sent,
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
  const jitterMs =
    Number.parseInt(hash('sha256', occasion + last.payload.distinct_id).slice(0, 8), 16) % hourMs;
  // Absolute: a clock that was set back must not silence the server for years.
  if (Math.abs(now - Date.parse(last.sent_at)) < dayMs + jitterMs) return undefined;
  const updatedAt = update?.payload.properties['updated_at'];
  const updated_at = typeof updatedAt === 'string' ? Date.parse(updatedAt) : null;
  return { occasion, previous_version: null, updated_at };
}

const neverUpdated = { previous_version: null, updated_at: null };

async function bodyOf(
  { config, db, consents, now }: Parts,
  fingerprint: string,
  { kind, occasion, previous_version, updated_at }: Due & { kind: PingKind },
): Promise<PingBody> {
  const event = `telemetry.${kind}` as const;
  const installed_at = await findInstalledAt(db);
  const around = {
    app_version: config.version,
    previous_version,
    installed_at: installed_at === null ? null : instant(installed_at),
    updated_at: updated_at === null ? null : instant(updated_at),
  };
  const covered = (field: string) => consents.covers('installation', field);
  const properties = [
    ...Object.entries(around).filter(([name]) => covered(`ping.${name}`)),
    ...machineOf(event).filter(([name]) => covered(`${event}.${name}`)),
  ];
  return {
    event,
    distinct_id: fingerprint,
    timestamp: instant(now()),
    uuid: uuidOf(`${fingerprint}:${occasion}`),
    properties: Object.fromEntries(properties),
  };
}

/** Without these a ping says nothing, so an agreement that leaves one of them out stops the ping. */
const isCovered = (consents: ConsentStore, kind: PingKind): boolean =>
  [`telemetry.${kind}`, 'ping.id', 'ping.kind', 'ping.fingerprint', 'ping.timestamp'].every((field) =>
    consents.covers('installation', field),
  );

type Machine = EventProperties<'telemetry.install'>;

const machine = (): Machine => ({
  // One that is not in the catalogue becomes '__other__'.
  platform: process.platform as Machine['platform'],
  node_major: Number.parseInt(process.versions.node, 10),
});

/** Platform family and Node's major version, in the catalogue's values. */
function machineOf(event: EventName): [string, string | number | boolean | null][] {
  const { properties } = declarationOf(event);
  return Object.entries(machine()).flatMap(([name, value]) => {
    const declared = properties[name];
    const kept = declared && recordable(declared, value);
    return kept === undefined ? [] : [[name, kept]];
  });
}

/** Whole seconds, RFC 3339, UTC. */
const instant = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');

/** A UUID (version 8) out of a text: the same text is the same ping. */
function uuidOf(text: string): string {
  const digits = hash('sha256', text);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

const payloadOf = (body: PingBody): Payload => ({
  channel: 'installation',
  purpose: body.event,
  idempotency_key: body.uuid,
  user_id: null,
  body: JSON.stringify(body),
});

async function markSent({ config, db, record, now }: Parts, files: InstallationFiles, row: OutboxRow) {
  const kind = kinds.find((one) => row.purpose === `telemetry.${one}`);
  // A test that somebody asked for is no ping.
  if (!kind) return;
  const payload = JSON.parse(row.body) as PingBody;
  const sent: SentPing = {
    sent_at: new Date(now()).toISOString(),
    app_version: String(payload.properties['app_version'] ?? config.version),
    destination: new URL(config.tele_url ?? config.posthog_host ?? '').host,
    payload,
  };
  await upsertKept(db, keptName(kind), sent);
  await files.writeMarker(kind, sent);
  recordPing(record, kind);
}

/** Only here: what happened on this server is that it told somebody. */
function recordPing(record: RecordEvent, kind: PingKind): void {
  const nobody = { user_id: null };
  if (kind === 'install') record('telemetry.install', nobody, machine());
  if (kind === 'update') record('telemetry.update', nobody, machine());
  if (kind === 'health') record('telemetry.health', nobody, machine());
}
