import type { Selectable } from 'kysely';
import type { Channel, ChannelMode, OutboxTable } from '../db/schema.ts';

/** The words that the parts of this folder share. No logic here. */

/** Channels that need consent; the others (mail, webhooks, sign_in) send only what a person asked for. */
export const telemetryChannels = ['errors', 'analytics', 'installation'] as const;
export type TelemetryChannel = (typeof telemetryChannels)[number];

/** Why a channel is in the state it is in; each has its sentence in the message catalogue (`telemetry.reason.*`). */
export type Reason =
  | 'not_set_up'
  | 'do_not_track'
  | 'enable_telemetry_false'
  | 'not_configured'
  | 'host_missing'
  | 'switched_off'
  | 'not_chosen'
  | 'on_by_environment'
  | 'on_by_configuration'
  | 'on_by_choice'
  | 'review_by_choice'
  | 'not_covered'
  | 'person_opted_out'
  | 'browser_signal';

/** What a channel may do now. `off` sends and queues nothing; `review` queues and waits for an administrator. */
export interface ChannelState {
  mode: ChannelMode;
  reason: Reason;
}

/** A payload on its way: what a sink gives the outbox. */
export interface Payload {
  channel: TelemetryChannel;
  /** Event name, 'error', 'trace' or 'test'. */
  purpose: string;
  /** The same at every attempt. */
  idempotency_key: string;
  user_id: number | null;
  body: string;
}

/** One outbound call. Every byte that leaves goes through one of these. */
export interface OutboundRequest {
  channel: Channel;
  purpose: string;
  consent_id: number | null;
  url: string;
  method: 'POST' | 'GET' | 'DELETE';
  headers: Record<string, string>;
  /** Exact bytes; what the ledger keeps. */
  body: Uint8Array;
  /** Ids of the people it is about, for /privacy. */
  people: readonly number[];
  /** Milliseconds for the whole call. */
  timeoutMs: number;
  /** Aborts the call, such as a withdrawal does. */
  signal?: AbortSignal;
}

/** Why no answer came; `failed` is everything that has no word of its own. */
export const outboundProblems = [
  'insecure_address',
  'aborted',
  'timeout',
  'refused',
  'reset',
  'unresolved',
  'unreachable',
  'tls',
  'bad_answer',
  'sign_in_refused',
  'blocked',
  'failed',
] as const;
export type OutboundProblem = (typeof outboundProblems)[number];

/** `status` null: no answer came, and `problem` says why. `ledger_id` 0: not a byte left, and nothing was written down. */
export interface OutboundAnswer {
  ledger_id: number;
  status: number | null;
  problem: OutboundProblem | null;
  /** Of the answer, at most 64 KiB. */
  body: Uint8Array;
  retry_after_seconds: number | null;
}

/** Sends, and writes the ledger before the first byte and after the answer. Never throws for the network's sake. */
export type Gateway = (request: OutboundRequest) => Promise<OutboundAnswer>;

export type OutboxRow = Selectable<OutboxTable>;

/** What became of a batch, by the ids of its rows. A row in none of the lists is treated like one to retry. */
export interface DeliveryOutcome {
  delivered: number[];
  /** The destination will never take them. */
  rejected: number[];
  retry: number[];
  retry_after_seconds: number | null;
  /** A code for the panel where something went wrong: the gateway's, or 'http_503'. */
  problem: string | null;
}

/** Makes wire bytes of a channel's rows, and hands them to the gateway. */
export interface Sink {
  channel: TelemetryChannel;
  /** Rows per call at most. */
  maxBatch: number;
  deliver: (
    rows: OutboxRow[],
    context: { signal: AbortSignal; consent_id: number | null },
  ) => Promise<DeliveryOutcome>;
  /** The exact bytes that the next call with these rows would have; nothing is sent. */
  preview: (rows: OutboxRow[]) => Promise<{ host: string; bytes: Uint8Array }>;
  close: () => Promise<void>;
}

/** Problems that come before any connection: of a request with one of them no byte has left. */
export const unconnectedProblems: readonly OutboundProblem[] = ['unresolved', 'refused'];

export const isUnconnected = (problem: string | null | undefined): boolean =>
  unconnectedProblems.some((one) => one === problem);
