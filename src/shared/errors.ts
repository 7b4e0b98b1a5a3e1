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
