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
  '57P01',
  '57P03',
  '53300',
  '53100',
]);

/** True for an error that says the database cannot be reached, is full or is too busy; trying later may help. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && unavailableCodes.has(error.code)) return true;
  // SQLite: 5 busy, 13 full. pg's pool has no code for its own time-out.
  if ('errcode' in error && (error.errcode === 5 || error.errcode === 13)) return true;
  return error.message.startsWith('timeout exceeded when trying to connect');
}

/** True for a unique constraint that another row already satisfies, on either database. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === '23505') return true;
  return 'errcode' in error && (error.errcode === 2067 || error.errcode === 1555);
}
