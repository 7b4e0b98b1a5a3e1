import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { guardQuestions } from './guard-questions.ts';
import type { Channel } from '../db/schema.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/**
 * Nothing leaves by accident: a library that phones home, a debugger left in, a dependency that was taken over. Node
 * announces every socket that is about to connect (net, and with it tls, http, https, http2, fetch and WebSocket) and
 * every UDP socket; one that no channel has opened is destroyed before its first packet. Nor is the address of its name
 * asked for: a question to the resolver leaves this machine too.
 *
 * Not seen from here: sockets of worker threads and child processes, which this server has none of, and code that is not
 * JavaScript.
 */

interface Passage {
  channel: Channel | 'database' | 'listening';
  /** A callback that lives longer than the call it belongs to must not open anything later. */
  isOpen: boolean;
}

/** All that is needed of one; its type's module could open connections, so nothing of ours names it. */
interface UdpSocket {
  close: () => void;
}

const passages = new AsyncLocalStorage<Passage>();

/** Runs `work` so that it may open connections until it settles, and nothing it started may afterwards. */
export async function throughPassage<Result>(channel: Channel, work: () => Promise<Result>): Promise<Result> {
  const passage: Passage = { channel, isOpen: true };
  try {
    return await passages.run(passage, work);
  } finally {
    passage.isOpen = false;
  }
}

/** The same for the database, whose driver opens its connection before it returns. */
export const throughDatabasePassage = <Result>(connect: () => Result): Result => briefly('database', connect);

/** For a server that listens on a name: it asks which address that is. */
export const throughListeningPassage = <Result>(listen: () => Result): Result => briefly('listening', listen);

function briefly<Result>(channel: Passage['channel'], work: () => Result): Result {
  const passage: Passage = { channel, isOpen: true };
  try {
    return passages.run(passage, work);
  } finally {
    passage.isOpen = false;
  }
}

const isPassageOpen = (): boolean => passages.getStore()?.isOpen === true;

/** A connection that was not let out. */
export interface Blocked {
  /** 'dns': only the address of a name was asked for. */
  protocol: 'tcp' | 'udp' | 'dns';
  /** Name of the destination where it was asked for by name. */
  host: string | undefined;
  /** Its stack says which code it was. */
  error: Error;
}

interface GuardOptions {
  onBlocked: (blocked: Blocked) => void;
}

/** Starts destroying connections of this process that no channel has opened; returns the function that ends it. */
export function installGuard({ onBlocked }: GuardOptions): () => void {
  const onTcp = (message: unknown): void => {
    if (!isPassageOpen()) blockTcp((message as { socket: Socket }).socket, onBlocked);
  };
  const onUdp = (message: unknown): void => {
    if (!isPassageOpen()) blockUdp((message as { socket: UdpSocket }).socket, onBlocked);
  };
  const endQuestions = guardQuestions((host) => {
    if (isPassageOpen()) return undefined;
    const error = blockedError();
    // A connection asks from within its connect(): it is counted already.
    if (blockedNow === undefined || nameOf(blockedNow) !== host) onBlocked({ protocol: 'dns', host, error });
    return error;
  });
  subscribe('net.client.socket', onTcp);
  subscribe('udp.socket', onUdp);
  return () => {
    endQuestions();
    unsubscribe('net.client.socket', onTcp);
    unsubscribe('udp.socket', onUdp);
  };
}

/** The connection that was blocked in this turn. */
let blockedNow: Socket | undefined;

/** What it was asked to connect to, by name. Kept by Node for a look-up only; there is no public name for it. */
const nameOf = (socket: Socket): string | undefined =>
  (socket as Socket & { _host?: string | null })._host ?? undefined;

/** The guard of a whole process: what it stops is counted, and told in the log. */
export function guardSockets({ metrics, log }: { metrics: Pick<Metrics, 'egressBlocked'>; log: Log }): void {
  installGuard({
    onBlocked: ({ protocol, host, error }) => {
      metrics.egressBlocked();
      log.logger.warn({ err: error, protocol, host }, 'outbound connection blocked');
    },
  });
}

const blockedError = (): Error =>
  Object.assign(new Error('no channel has opened this outbound connection'), { code: 'ERR_EGRESS_BLOCKED' });

function blockTcp(socket: Socket, onBlocked: GuardOptions['onBlocked']): void {
  const error = blockedError();
  blockedNow = socket;
  // Node would revive a socket that is destroyed here, inside its connect(). Its first packet waits for the next tick,
  // in which this comes first.
  process.nextTick(() => {
    if (blockedNow === socket) blockedNow = undefined;
    socket.destroy(error);
    onBlocked({ protocol: 'tcp', host: nameOf(socket), error });
  });
}

function blockUdp(socket: UdpSocket, onBlocked: GuardOptions['onBlocked']): void {
  // Whoever sends through it gets an error then: it is not running.
  socket.close();
  onBlocked({ protocol: 'udp', host: undefined, error: blockedError() });
}
