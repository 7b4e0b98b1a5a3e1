import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from 'pino';
import { AppError, isUnavailable, isUnstorable } from '../shared/errors.ts';
import type { ErrorKind } from '../shared/errors.ts';
import type { MessageKey } from '../i18n/translate.ts';
import type { PageShared } from './express-locals.ts';
import { keptForm } from './kept-form.ts';
import { endpointOf } from '../observability/request-outcome.ts';
import { sendHtml } from './page.ts';
import { sendProblem, wantsJson } from './problem.ts';
import type { Views } from './views.ts';

const statusOf: Record<ErrorKind, ErrorStatus> = {
  bad_request: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
};
type ErrorStatus = 400 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 503 | 507;

/** Told about every unexpected error, and whose request it was. Must not throw. */
export type ReportError = (
  error: unknown,
  context: { request_id: string; endpoint: string; user_id: number | null },
) => void;

interface ErrorPageOptions {
  views: Views;
  logger: Logger;
  reportError: ReportError;
  /** What the page is rendered with when session and database cannot be asked. */
  minimalShared: (req: Request, res: Response) => PageShared;
}

/**
 * The only place where an error becomes a response. Expected errors get their status and a sentence; an unknown one is
 * logged and reported, and its text stays on the server.
 */
export function errorPage({
  views,
  logger,
  reportError,
  minimalShared,
}: ErrorPageOptions): ErrorRequestHandler {
  return function errorPage(error: unknown, req, res, next) {
    const status = statusFor(error);
    if (status >= 500) {
      logger.error({ err: error }, 'request failed');
      const { request_id, own_request_id } = res.locals.context;
      reportError(error, {
        ...{ request_id: own_request_id ?? request_id, endpoint: endpointOf(req, res) },
        user_id: res.locals.person?.id ?? null,
      });
    }
    if (res.headersSent) {
      // Half an answer is out: Express closes the connection, so that the client sees a broken answer, not a short one.
      next(error);
      return;
    }
    setRetryAfter(res, error, status);
    const shared = minimalShared(req, res);
    if (wantsJson(req)) {
      sendProblem(res, status, { ...codeOf(error, status), detail: shared.t(textKey(status)) });
      return;
    }
    const title = shared.t(`error.title.${status}`);
    const it = {
      ...shared,
      title,
      status,
      text: shared.t(textKey(status)),
      request_id: res.locals.context.request_id,
      // Only where the same form can do better in a moment.
      kept: status === 503 || status === 507 ? keptForm(req, res) : null,
      body: '',
    };
    it.body = views.render('errors/error', it);
    sendHtml(req, res, views.render('layout/plain', it), status);
  };
}

function codeOf(error: unknown, status: ErrorStatus): { code?: string } {
  if (error instanceof AppError) return { code: error.code };
  return status === 507 ? { code: 'storage_full' } : {};
}

const textKey = (status: ErrorStatus): MessageKey => `error.text.${status}`;

function statusFor(error: unknown): ErrorStatus {
  if (error instanceof AppError) return statusOf[error.kind];
  if (isUnstorable(error)) return 507;
  if (isUnavailable(error)) return 503;
  const status = httpErrorStatus(error);
  if (status === 413 || status === 415) return status;
  // body-parser and the router mark what the client got wrong with a status below 500.
  return status !== undefined && status >= 400 && status < 500 ? 400 : 500;
}

function httpErrorStatus(error: unknown): number | undefined {
  if (error instanceof URIError) return 400;
  if (!(error instanceof Error) || !('status' in error) || !('expose' in error || 'type' in error))
    return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function setRetryAfter(res: Response, error: unknown, status: ErrorStatus): void {
  if (error instanceof AppError && error.retry_after_seconds !== undefined) {
    res.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retry_after_seconds))));
  } else if (status === 503) {
    res.setHeader('Retry-After', '5');
  } else if (status === 507) {
    // Somebody has to make room first.
    res.setHeader('Retry-After', '60');
  }
}
