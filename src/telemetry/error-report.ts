import { isOwnRequestId } from '../observability/request-context.ts';
import { AppError } from '../shared/errors.ts';
import { surroundings } from './catalogue.ts';

/**
 * What an error report and a trace consist of, built from nothing but this list: kinds of errors, places in the code,
 * route patterns, ids and numbers. Nothing here keeps a word that a person typed.
 */

export type Report = ErrorReport | TraceReport;

/** Bytes of one envelope, headers included. */
export const reportBytesMax = 2_500;
const exceptionsMax = 5;
const framesMax = 40;

export interface Frame {
  function: string;
  /** Below the repository, or `node_modules/package/…`, or `node:…`; '(elsewhere)' for any other place. */
  filename: string;
  lineno: number;
  colno: number;
  /** Ours, not of a package. */
  in_app: boolean;
}

export interface ReportedException {
  type: string;
  value: string;
  stacktrace?: { frames: Frame[] };
  mechanism: {
    type: 'generic' | 'chained';
    handled: boolean;
    exception_id: number;
    parent_id?: number;
    is_exception_group?: true;
  };
}

/** What is known beside the error itself. */
export interface ErrorContext {
  request_id: string | undefined;
  /** Route pattern, or a constant such as `(middleware)`. */
  endpoint: string | undefined;
  /** True when the process lives on. */
  handled: boolean;
  /** Epoch milliseconds. */
  at: number;
}

/** Who reports: the same in every report. */
export interface Reporter {
  /** Folder of the repository; what lies elsewhere is not named. */
  root: string;
  release: string;
  environment: string;
}

interface ReportBase {
  platform: 'node';
  /** Epoch seconds. */
  timestamp: number;
  release: string;
  environment: string;
  transaction: string;
  tags?: { request_id: string };
}

/** An error as Sentry takes it, all but its id. */
export interface ErrorReport extends ReportBase {
  type?: undefined;
  level: 'error' | 'fatal';
  exception: { values: ReportedException[] };
  user?: { id: string };
}

export interface FinishedRequest {
  endpoint: string;
  method: string;
  http_status: number;
  /** Epoch milliseconds. */
  started_at: number;
  duration_ms: number;
  db_statements: number;
}

/** One request as Sentry takes a transaction, all but its id. Times in seconds. */
export interface TraceReport extends ReportBase {
  type: 'transaction';
  transaction_info: { source: 'route' };
  start_timestamp: number;
  contexts: {
    trace: {
      trace_id: string;
      span_id: string;
      op: 'http.server';
      status: string;
      data: { 'http.request.method': string; 'http.response.status_code': number };
    };
  };
  measurements: { 'db.statements': { value: number; unit: 'none' } };
  spans: [];
}

/** The report of whatever was thrown: at most `reportBytesMax` with room for id, time, person and envelope. */
export function errorReport(error: unknown, context: ErrorContext, reporter: Reporter): ErrorReport {
  return fitted({
    level: context.handled ? 'error' : 'fatal',
    ...reportOf(context, reporter),
    exception: { values: exceptionsOf(error, context.handled, reporter.root) },
  });
}

/** @param ids - random, of this request alone: what a caller sent along is not passed on. */
export function traceReport(
  request: FinishedRequest,
  reporter: Reporter,
  ids: { trace_id: string; span_id: string },
): TraceReport {
  const { http_status, started_at, duration_ms } = request;
  return {
    type: 'transaction',
    ...reportOf({ endpoint: request.endpoint, at: started_at + duration_ms }, reporter),
    transaction_info: { source: 'route' },
    start_timestamp: started_at / 1000,
    contexts: {
      trace: {
        trace_id: ids.trace_id,
        span_id: ids.span_id,
        op: 'http.server',
        status: spanStatus(http_status),
        data: { 'http.request.method': methodOf(request.method), 'http.response.status_code': http_status },
      },
    },
    measurements: { 'db.statements': { value: request.db_statements, unit: 'none' } },
    spans: [],
  };
}

/** How each optional field of the catalogue leaves a report. The rest makes it a report: without it, none is sent. */
const removals: Record<string, (report: ErrorReport) => void> = {
  'error.message': ({ exception }) => exception.values.forEach((value) => (value.value = '')),
  'error.frames': ({ exception }) => exception.values.forEach((value) => delete value.stacktrace),
  'error.endpoint': (report) => (report.transaction = ''),
  'error.request_id': (report) => delete report.tags,
  'error.user': (report) => delete report.user,
};

/**
 * What an agreement of before lets through of a report of now.
 *
 * @param covers - whether 'error.user' and the like may leave.
 * @returns undefined when something is missing without which there is no report.
 */
export function coveredError(
  report: ErrorReport,
  covers: (field: string) => boolean,
): ErrorReport | undefined {
  const missing = Object.keys(surroundings.errors).filter(
    (field) => field.startsWith('error.') && !covers(field),
  );
  if (missing.some((field) => removals[field] === undefined)) return undefined;
  const kept = structuredClone(report);
  for (const field of missing) removals[field]?.(kept);
  return kept;
}

/** A trace leaves whole or not at all. */
export const isTraceCovered = (covers: (field: string) => boolean): boolean =>
  Object.keys(surroundings.errors).every((field) => !field.startsWith('trace.') || covers(field));

/** What makes two reports the same problem: kinds, code and innermost places, not the request. */
export function fingerprintOf({ exception, transaction }: ErrorReport): string {
  const places = exception.values.map(({ type, value, stacktrace }) => {
    const { filename, lineno, colno } = stacktrace?.frames.at(-1) ?? {};
    return [type, value, filename, lineno, colno].join(' ');
  });
  return [transaction, ...places].join('\n');
}

function reportOf(
  {
    request_id,
    endpoint,
    at,
  }: Omit<ErrorContext, 'handled' | 'request_id'> & { request_id?: string | undefined },
  { release, environment }: Reporter,
): ReportBase {
  // An id that came with the request is the caller's and could say something; such a request has one of ours as well.
  const ownId = request_id !== undefined && isOwnRequestId(request_id) ? request_id : undefined;
  return {
    platform: 'node',
    timestamp: at / 1000,
    release,
    environment,
    transaction: endpoint !== undefined && routePattern.test(endpoint) ? endpoint : '(process)',
    ...(ownId === undefined ? undefined : { tags: { request_id: ownId } }),
  };
}

const routePattern = /^[/(][\w/:.*(){}-]{0,119}$/;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const methodOf = (method: string): string => (methods.includes(method) ? method : 'OTHER');

/** Sentry's words for HTTP's numbers. */
const spanStatuses: Record<number, string> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  429: 'resource_exhausted',
  499: 'cancelled',
  503: 'unavailable',
};

function spanStatus(httpStatus: number): string {
  const said = spanStatuses[httpStatus];
  if (said !== undefined || httpStatus < 400) return said ?? 'ok';
  return httpStatus < 500 ? 'invalid_argument' : 'internal_error';
}

interface Link {
  error: unknown;
  parent: number | undefined;
}

/** The error, its causes and what an AggregateError holds; Sentry reads them from the deepest to the outermost. */
function exceptionsOf(error: unknown, handled: boolean, root: string): ReportedException[] {
  const found: ReportedException[] = [];
  const seen = new Set<unknown>();
  const waiting: Link[] = [{ error, parent: undefined }];
  for (let link = waiting.shift(); link && found.length < exceptionsMax; link = waiting.shift()) {
    if (seen.has(link.error)) continue;
    seen.add(link.error);
    const exception_id = found.length;
    const isGroup = link.error instanceof AggregateError;
    found.push({
      ...describe(link.error, root),
      mechanism: {
        type: link.parent === undefined ? 'generic' : 'chained',
        handled,
        exception_id,
        ...(link.parent === undefined ? undefined : { parent_id: link.parent }),
        ...(isGroup ? { is_exception_group: true } : undefined),
      },
    });
    waiting.push(...beneath(link.error).map((inner) => ({ error: inner, parent: exception_id })));
  }
  return found.reverse();
}

function beneath(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const errors = error instanceof AggregateError ? read(error, 'errors') : [];
  const cause = read(error, 'cause');
  return [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
}

function describe(
  error: unknown,
  root: string,
): Pick<ReportedException, 'type' | 'value'> & { stacktrace?: { frames: Frame[] } } {
  if (!(error instanceof Error)) return { type: `thrown ${typeof error}`, value: 'not an error' };
  const type = typeOf(error);
  const frames = framesOf(error, root);
  return {
    type,
    value: wordsOf(error) ?? [type, ...codesOf(error)].join(' '),
    ...(frames.length === 0 ? undefined : { stacktrace: { frames } }),
  };
}

/** A property of an error that may be anything, and may throw when it is read. */
function read(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

/** Name of the class. Where it says nothing ('Error', pg's 'error'), the constructor's own. */
function typeOf(error: Error): string {
  const constructed = read(error, 'constructor');
  const names = [read(error, 'name'), typeof constructed === 'function' ? constructed.name : undefined];
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && /^[A-Za-z_$][\w$]{0,59}$/.test(name) && !/^error$/i.test(name);
  return names.find(isName) ?? 'Error';
}

/** Codes of Node, SQLite and PostgreSQL: digits and capital letters, never a sentence. */
function codesOf(error: Error): string[] {
  const codes = [read(error, 'code'), read(error, 'errcode')];
  return codes
    .filter((code) => typeof code === 'string' || Number.isSafeInteger(code))
    .map(String)
    .filter((code) => /^[A-Z0-9_]{1,40}$/.test(code));
}

/**
 * The engine's sentences about our code, without what it quotes: it quotes values too ("Cannot use 'in' operator to
 * search for 'a' in Alice's notes"), so only these beginnings and ends are kept.
 */
const enginesWords = [
  /^Cannot (?:read|set) properties of (?:undefined|null)/,
  /is not a function$/,
  /is not a constructor$/,
  /is not iterable$/,
  /^Assignment to constant variable\.$/,
  /^Maximum call stack size exceeded$/,
  /^Invalid (?:array|string) length$/,
  /^Invalid time value$/,
  /^Converting circular structure to JSON/,
  /^Do not know how to serialize a BigInt$/,
  // What it quotes here is an identifier of our source.
  /^[\w$]{1,60} is not defined$/,
];

/** The message of a class whose messages are known: our own rules', and the engine's. */
function wordsOf(error: Error): string | undefined {
  const message = read(error, 'message');
  if (typeof message !== 'string') return undefined;
  if (error instanceof AppError)
    return /^[a-z_]+: [a-z0-9_.-]+$/.test(message) ? message.slice(0, 100) : undefined;
  const type = typeOf(error);
  if (!['TypeError', 'ReferenceError', 'RangeError'].includes(type)) return undefined;
  for (const words of enginesWords) {
    const kept = words.exec(message)?.[0];
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/**
 * Places of the stack, outermost call first. A message may hold lines that look like places, so they count from behind
 * it on; where it was changed since the stack was written down, nobody knows where that is.
 */
function framesOf(error: Error, root: string): Frame[] {
  const [stack, message] = [read(error, 'stack'), read(error, 'message')];
  if (typeof stack !== 'string' || typeof message !== 'string') return [];
  const messageAt = stack.indexOf(message);
  if (messageAt < 0) return [];
  return stack
    .slice(messageAt + message.length)
    .split('\n')
    .flatMap((line) => frameOf(line, root) ?? [])
    .slice(0, framesMax)
    .reverse();
}

const placed = /^ {4}at (?:async )?(?:(.{1,400}?) \()?((?:[^()]|\([^()]*\)){1,500}):(\d{1,7}):(\d{1,7})\)?$/;

function frameOf(line: string, root: string): Frame | undefined {
  const [, name = '', place = '', lineno, colno] = placed.exec(line) ?? [];
  if (lineno === undefined) return undefined;
  const filename = filenameOf(place, root);
  return {
    function: functionName(name),
    filename,
    lineno: Number(lineno),
    colno: Number(colno),
    in_app: !/^(node:|node_modules\/|\()/.test(filename),
  };
}

/** `Object.query [as words from anywhere]` is `Object.query`. */
function functionName(name: string): string {
  const bare = name.replace(/ \[as .*\]$/, '').replace(/^new /, '');
  return /^[\w$.<>#]{1,80}$/.test(bare) ? bare : '?';
}

/** Also of the part of a path behind the last `node_modules`, wherever that folder is installed. */
function filenameOf(place: string, root: string): string {
  if (/^node:[\w/]{1,80}$/.test(place)) return place;
  const path = slashed(pathOf(place));
  const home = `${slashed(root).replace(/\/$/, '')}/`;
  const inside = path.startsWith(home) ? path.slice(home.length) : path;
  const ofPackage = inside.lastIndexOf('node_modules/');
  const relative = ofPackage >= 0 ? inside.slice(ofPackage) : inside === path ? '' : inside;
  return /^[\w@.+/-]{1,160}$/.test(relative) ? relative : '(elsewhere)';
}

/** Modules are named by URL, and by path where they were required. */
function pathOf(place: string): string {
  if (!URL.canParse(place)) return place;
  const { protocol, pathname } = new URL(place);
  if (protocol !== 'file:') return place;
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** `C:\app` as file URLs have it: `/C:/app`. */
function slashed(path: string): string {
  const forward = path.replaceAll('\\', '/');
  return /^[A-Za-z]:\//.test(forward) ? `/${forward}` : forward;
}

/** Envelope headers, event id, time, person and SDK name: what is added later. */
const addedBytes = 420;

/** Takes away what says least until the report fits: places of packages, outer places, deeper causes. */
function fitted(report: ErrorReport): ErrorReport {
  const { values } = report.exception;
  while (JSON.stringify(report).length > reportBytesMax - addedBytes) {
    const longest = [...values].sort((one, other) => framesIn(other) - framesIn(one))[0];
    const frames = longest?.stacktrace?.frames ?? [];
    if (frames.length > 1) {
      const foreign = frames.slice(0, -1).findIndex(({ in_app }) => !in_app);
      frames.splice(Math.max(0, foreign), 1);
    } else if (values.length > 1) values.shift();
    else break;
  }
  return report;
}

const framesIn = ({ stacktrace }: ReportedException): number => stacktrace?.frames.length ?? 0;
