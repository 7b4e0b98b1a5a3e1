/**
 * The one error class rules throw. Rules know kinds, only http/error-page.ts knows status codes.
 *
 * `public_key` names a message in the catalogue that is safe to show; everything else stays in the log.
 */
export type ErrorKind =
  | 'bad_request'
  | 'not_found'
  | 'forbidden'
  | 'conflict'
  | 'invalid'
  | 'too_large'
  | 'unsupported'
  | 'rate_limited'
  | 'unavailable';

export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  /** Seconds after which trying again makes sense; only for `rate_limited` and `unavailable`. */
  readonly retry_after_seconds: number | undefined;

  constructor(kind: ErrorKind, code: string, retry_after_seconds?: number) {
    super(`${kind}: ${code}`);
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.retry_after_seconds = retry_after_seconds;
  }
}

/** Not found and not yours are the same answer, so that ids cannot be probed. */
export const notFound = (code: string): AppError => new AppError('not_found', code);

const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  '57P01',
  '57P03',
  '53300',
]);

// SQLite: busy, busy while recovering or with an old snapshot.
const unavailableSqlite = new Set([5, 261, 517]);

/** True for an error that says the database cannot be reached or is too busy; trying later may help. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error && unavailableSqlite.has(Number(error.errcode))) return true;
  if ('code' in error && typeof error.code === 'string') {
    // PostgreSQL: class 08 is the connection, 57P0x a server that stops or starts.
    if (unavailableCodes.has(error.code) || /^(08|57P0)/.test(error.code)) return true;
    // It refused or ended the connection, whatever for: without room for what a new one needs it says no more than XX000.
    if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC')) return true;
  }
  // pg gives its own words, and no code, to a connection that broke or could not be had in time.
  return /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/.test(
    error.message,
  );
}

// SQLite: full disk; a write, a sync or room for the log's index refused by the system, as by a quota.
const unstorableSqlite = new Set([13, 778, 1034, 1290, 1546, 4618, 4874, 5386]);
const readOnlySqlite = 8;

const unstorableCodes = new Set([
  ...['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'],
  // PostgreSQL: full disk, and a server or transaction that only reads.
  ...['53100', '25006'],
]);

/** True for an error that says that nothing can be stored now: the disk is full, or may not be written. Reading goes on. */
export function isUnstorable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) {
    const code = Number(error.errcode);
    // The lowest byte is the kind; the rest says how it came up.
    if (unstorableSqlite.has(code) || (code & 0xff) === readOnlySqlite) return true;
  }
  return 'code' in error && typeof error.code === 'string' && unstorableCodes.has(error.code);
}

/** True for a unique constraint that another row already satisfies, on either database. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === '23505') return true;
  return 'errcode' in error && (error.errcode === 2067 || error.errcode === 1555);
}
