import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Channel } from '../db/schema.ts';
import { isUnconnected } from './channels.ts';
import type { OutboundAnswer, OutboundProblem, OutboundRequest } from './channels.ts';
import { throughPassage } from './guard.ts';
import type { Ledger, LedgerRequest } from './ledger.ts';

/** What the gateway tells the counters. */
export interface EgressMetrics {
  egressRequest: (channel: Channel, outcome: 'delivered' | 'rejected' | 'failed') => void;
  /** Bytes of bodies that were handed to a connection that stood. */
  egressBytes: (channel: Channel, bytes: number) => void;
}

interface Parts {
  ledger: Ledger;
  metrics: EgressMetrics;
  now: () => number;
}

/** A call that somebody else's protocol code makes, such as a mail. */
export interface StreamRequest {
  channel: Channel;
  purpose: string;
  consent_id: number | null;
  /** Host and port. */
  host: string;
  /** Exact bytes of what is handed over; what the ledger keeps. */
  body: Uint8Array;
  people: readonly number[];
}

const keptAnswerBytes = 65_536;
const nothing = new Uint8Array();

/**
 * The one place of this server that calls out. A call's request is in the ledger before a connection is opened, its
 * answer after it. Every call has a connection of its own: none stays open behind a withdrawal, and none is ever found
 * dead. Certificates are verified; redirects are answers like others; proxies named in the environment are not used.
 */
export function createGateway({
  ledger,
  metrics,
  now,
}: Parts): (request: OutboundRequest) => Promise<OutboundAnswer> {
  return async (request) => {
    const url = new URL(request.url);
    if (!isSafe(url)) return unsent('insecure_address');
    const { channel, purpose, consent_id, body, people } = request;
    const message = messageOf(request, url);
    return recorded(
      { ledger, metrics, now },
      { channel, purpose, consent_id, body, people, host: url.host, head: message.shownHead },
      request.signal,
      () => call(request, url, message.headers),
    );
  };
}

/**
 * Lets other protocol code send: `send` may open connections while it runs, the ledger has `body` before it starts and
 * what became of it afterwards. A rejection becomes the answer's problem and is not thrown.
 *
 * @param send - gives the status of the protocol; `problemOf` reads its error codes.
 */
export function openEgress(
  parts: Parts,
  request: StreamRequest,
  send: () => Promise<{ status: number }>,
): Promise<OutboundAnswer> {
  return recorded(parts, { ...request, head: null }, undefined, async () => {
    try {
      const { status } = await send();
      return { ...silence, status, sentBytes: request.body.byteLength };
    } catch (error) {
      const problem = problemOf(error);
      // Once connected, whether some of it left is not known: then it counts as having left.
      return { ...silence, problem, sentBytes: isUnconnected(problem) ? 0 : request.body.byteLength };
    }
  });
}

/** What came of a call: `sentBytes` is 0 while no connection stood. */
interface Result {
  status: number | null;
  problem: OutboundProblem | null;
  body: Uint8Array;
  retryAfter: string | undefined;
  sentBytes: number;
}

const silence: Result = { status: null, problem: null, body: nothing, retryAfter: undefined, sentBytes: 0 };

const unsent = (problem: OutboundProblem): OutboundAnswer => ({
  ...{ ledger_id: 0, status: null, problem, body: nothing, retry_after_seconds: null },
});

async function recorded(
  { ledger, metrics, now }: Parts,
  request: LedgerRequest,
  signal: AbortSignal | undefined,
  send: () => Promise<Result>,
): Promise<OutboundAnswer> {
  const isAborted = (): boolean => signal?.aborted === true;
  if (isAborted()) return unsent('aborted');
  // Pages go in between: the ledger's statements take a while together.
  await nextTurn();
  const ledger_id = await ledger.append(request);
  // Withdrawn while the ledger was being written: nothing is opened any more.
  const result: Result = isAborted()
    ? { ...silence, problem: 'aborted' }
    : await throughPassage(request.channel, send);
  const { status, problem, body } = result;
  await nextTurn();
  await ledger.answer(ledger_id, { status, problem, body });
  metrics.egressRequest(request.channel, outcomeOf(status));
  if (result.sentBytes > 0) metrics.egressBytes(request.channel, result.sentBytes);
  return { ledger_id, status, problem, body, retry_after_seconds: secondsOf(result.retryAfter, now()) };
}

function outcomeOf(status: number | null): 'delivered' | 'rejected' | 'failed' {
  if (status === null) return 'failed';
  return status >= 200 && status < 300 ? 'delivered' : 'rejected';
}

const loopbackHosts = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/;

/** https, or http to this machine. */
const isSafe = ({ protocol, hostname, username, password }: URL): boolean =>
  username === '' &&
  password === '' &&
  (protocol === 'https:' || (protocol === 'http:' && loopbackHosts.test(hostname)));

/** Of the connection, not of the message: set here and by nobody else. */
const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
]);
const keyHeaders = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'x-sentry-auth']);

/** The headers as Node writes them, in order, and the head as the ledger keeps it. */
function messageOf({ method, headers, body }: OutboundRequest, url: URL) {
  const given = Object.entries(headers).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
  const all: [string, string][] = [
    ['Host', url.host],
    ...given,
    ['Content-Length', String(body.byteLength)],
    ['Connection', 'close'],
  ];
  const shown = all.map(
    ([name, value]) => `${name}: ${keyHeaders.has(name.toLowerCase()) ? '********' : value}\r\n`,
  );
  const shownHead = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${shown.join('')}\r\n`;
  return { headers: all.flat(), shownHead };
}

async function call(request: OutboundRequest, url: URL, headers: string[]): Promise<Result> {
  // Only now: these load all of Node's fetch client, which a server that sends nothing never needs.
  const { request: open } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const { method, body, timeoutMs, signal } = request;
  return new Promise((resolve) => {
    // A flat list of headers is written as it is, and nobody can add to it afterwards.
    const outgoing = open(url, { method, headers, agent: false });
    let sentBytes = 0;
    const end = (result: Partial<Result>): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      outgoing.destroy();
      resolve({ ...silence, sentBytes, ...result });
    };
    const onAbort = (): void => end({ problem: 'aborted' });
    const timer = setTimeout(() => end({ problem: 'timeout' }), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    whenConnected(outgoing, () => {
      sentBytes = body.byteLength;
    });
    outgoing.on('error', (error) => end({ problem: problemOf(error) }));
    outgoing.on('response', (answer) => readAnswer(answer, end));
    outgoing.end(body);
  });
}

/** Calls when the first byte of the request can leave: for https, when the certificate has been found good. */
function whenConnected(outgoing: ClientRequest, connected: () => void): void {
  outgoing.on('socket', (socket) => {
    socket.on('encrypted' in socket ? 'secureConnect' : 'connect', connected);
  });
}

/** Reads an answer up to what is kept of one; the rest is not waited for. */
function readAnswer(answer: IncomingMessage, end: (result: Partial<Result>) => void): void {
  const { statusCode: status = 0, headers } = answer;
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (): void =>
    end({
      status,
      body: Buffer.concat(chunks).subarray(0, keptAnswerBytes),
      retryAfter: headers['retry-after'],
    });
  answer.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= keptAnswerBytes) finish();
  });
  answer.on('end', finish);
  // Its status came whole; what it says beside that decides nothing.
  answer.on('error', finish);
}

const problems: Record<string, OutboundProblem> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ESOCKET: 'reset',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EDNS: 'unresolved',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ERR_EGRESS_BLOCKED: 'blocked',
  EAUTH: 'sign_in_refused',
  EPROTO: 'tls',
  ETLS: 'tls',
};

/** Codes of OpenSSL and of Node's certificate checks. */
const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** A short code for what went wrong: messages may name addresses, and are not kept. */
export function problemOf(error: unknown): OutboundProblem {
  const code = codeOf(error);
  if (tlsCode.test(code)) return 'tls';
  if (code.startsWith('HPE_')) return 'bad_answer';
  return problems[code] ?? 'failed';
}

function codeOf(error: unknown): string {
  // Several addresses of one name were tried: the first one's error stands for all.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Seconds to wait by a Retry-After header, which holds seconds or a date; null where there is none to read. */
function secondsOf(retryAfter: string | undefined, now: number): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  // Date.parse takes nearly everything for a date.
  const at = retryAfter.endsWith(' GMT') ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
