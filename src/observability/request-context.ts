import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** What every log line of one request shares. `user_id` is filled in once the session is known. */
export interface RequestContext {
  readonly request_id: string;
  /** Where `request_id` came with the request: an id of ours as well, which an error report can name. */
  readonly own_request_id?: string;
  /** The 32 hex digits of an inbound W3C `traceparent`; logged, never forwarded. */
  readonly trace_id?: string;
  user_id?: number;
  /** Database statements so far; only counted in a request that is traced. */
  db_statements?: number;
  /** The request asked not to be measured, by `Sec-GPC: 1` or `DNT: 1`. Never logged. */
  opt_out_signal?: true;
  /** Whose request this is, and their choice about product analytics; null follows the signal. Never logged. */
  chooser?: { user_id: number; analytics_choice: 'in' | 'out' | null };
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `fn` so that everything it starts, now or later, sees `context`. */
export function runInContext<T>(context: RequestContext, fn: () => T): T {
  return storage.run(context, fn);
}

/** The context of the running request; undefined outside of one, and in the `close` event of an aborted one. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Counts a database statement for the running request, if that one is traced. */
export function countStatement(): void {
  const context = storage.getStore();
  if (context?.db_statements !== undefined) context.db_statements += 1;
}

// A random prefix for this process and a counter: unique like a UUID, a quarter of its cost. Ids grant nothing, so they
// may be guessable.
const processPrefix = randomBytes(6).toString('hex');
let requestCount = 0;

/** A new request id, unique across processes: `[a-z0-9-]`, at most 24 characters. */
export function newRequestId(): string {
  requestCount += 1;
  return `${processPrefix}-${requestCount.toString(36)}`;
}

/** True for an id of this process: whoever sends an id of their own could write something into it. */
export function isOwnRequestId(id: string): boolean {
  return id.startsWith(`${processPrefix}-`) && /^[0-9a-z]{1,9}$/.test(id.slice(processPrefix.length + 1));
}

const CLEAN_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The inbound id when it is short and clean enough to be logged and echoed, else undefined. */
export function cleanRequestId(text: string | readonly string[] | undefined): string | undefined {
  return typeof text === 'string' && CLEAN_REQUEST_ID.test(text) ? text : undefined;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/** The trace id of a W3C `traceparent` header (version-traceid-parentid-flags), undefined when it is not valid. */
export function traceIdOf(traceparent: string | readonly string[] | undefined): string | undefined {
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}
