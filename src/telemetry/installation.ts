import { hash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import type { EventName, EventProperties } from './catalogue.ts';
import { declarationOf, recordable } from './catalogue.ts';
import type { OutboxRow } from './channels.ts';
import type { ConsentStore } from './consent-store.ts';
import type { InstallationFiles } from './installation-files.ts';
import { openInstallationFiles } from './installation-files.ts';
import type { KeptName } from './installation.queries.ts';
import { findInstalledAt, findKept, insertKept, isWaiting, upsertKept } from './installation.queries.ts';
import type { Outbox } from './outbox.ts';
import type { Due, PingBody, PingKind, SentPing, SentPings } from './ping.ts';
import { dayMs, duePing, instant, isSentPing, newestOf, payloadOf, pingKinds, uuidOf } from './ping.ts';
import type { RecordEvent } from './record.ts';
import type { Verdict } from './sinks/answers.ts';

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
  /** A ping of this very server that is none, to look at or to try the destination; undefined when not agreed to. */
  sample(): Promise<PingBody | undefined>;
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
    const due = duePing(kind, await loadSent(parts, files), { version: config.version, now: now() });
    if (!due) return false;
    const body = await bodyOf(parts, await fingerprint(), { kind, ...due });
    const isRefused = (refused.get(body.uuid) ?? 0) > now();
    if (!isCovered(parts, kind) || isRefused || (await isWaiting(db, body.uuid))) return false;
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
        for (const kind of pingKinds) await sendPing(kind);
      } catch (error) {
        logger.error({ err: error }, 'installation telemetry could not be queued');
      }
    },
    sample: async () => {
      if (!isCovered(parts, 'test')) return undefined;
      const due = { occasion: `test:${randomUUID()}`, previous_version: null, updated_at: null };
      return bodyOf(parts, await fingerprint(), { kind: 'test', ...due });
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

const keptName = (kind: PingKind): KeptName => `telemetry_${kind}`;

/** What was sent, by the database and the markers: each is mended by the other, so losing one sends nothing twice. */
async function loadSent({ db, now }: Parts, files: InstallationFiles): Promise<SentPings> {
  const sent: SentPings = {};
  for (const kind of pingKinds) {
    const kept = await findKept(db, keptName(kind));
    const marked = await files.readMarker(kind);
    const known = isSentPing(kept) ? kept : undefined;
    const newest = notAfter(now(), newestOf(known, marked));
    if (!newest) continue;
    sent[kind] = newest;
    if (newest.sent_at !== known?.sent_at) await upsertKept(db, keptName(kind), newest);
    if (newest.sent_at !== marked?.sent_at) await files.writeMarker(kind, newest);
  }
  return sent;
}

/** A clock that was set back must not silence the server for years: what was sent in the future was sent just now. */
function notAfter(now: number, sent: SentPing | undefined): SentPing | undefined {
  if (!sent || Date.parse(sent.sent_at) <= now) return sent;
  return { ...sent, sent_at: new Date(now).toISOString() };
}

async function bodyOf(
  { config, db, consents, now }: Parts,
  fingerprint: string,
  { kind, occasion, previous_version, updated_at }: Due & { kind: PingKind | 'test' },
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
function isCovered({ config, consents }: Parts, kind: PingKind | 'test'): boolean {
  const needed = [`telemetry.${kind}`, 'ping.id', 'ping.kind', 'ping.fingerprint', 'ping.timestamp'];
  const toPosthog = ['ping.$process_person_profile', 'ping.$geoip_disable'];
  if (config.tele_url === undefined) needed.push(...toPosthog);
  return needed.every((field) => consents.covers('installation', field));
}

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

async function markSent({ config, db, record, now }: Parts, files: InstallationFiles, row: OutboxRow) {
  const kind = pingKinds.find((one) => row.purpose === `telemetry.${one}`);
  // A test that somebody asked for is no ping: nothing is marked as sent.
  if (!kind) return record('telemetry.test', { user_id: null }, machine());
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
