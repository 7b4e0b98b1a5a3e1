import type { RequestHandler } from 'express';
import type { Log } from '../../observability/log.ts';
import { endpointOf, httpStatusOf } from '../../observability/request-outcome.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    /** A constant naming who answered a request no route matched: `(static)`, `/livez`, … Never a URL. */
    endpoint?: string;
  }
}

// Asked for every few seconds by machines and pages that renew themselves: at `info` they would bury the lines about people's requests.
const QUIET_ENDPOINTS: ReadonlySet<string> = new Set([
  '(static)',
  '/livez',
  '/readyz',
  '/healthz',
  '/metrics',
  '/admin/system/live',
]);

/** Writes one line for every request at `close`; needs `requestContext` before it. No URL, header, body or address. */
export function requestLog(log: Log): RequestHandler {
  return function requestLog(req, res, next) {
    const startedAt = performance.now();
    // Kept here because the async context is gone in the `close` event of an aborted request.
    const { context } = res.locals;
    res.once('close', () => {
      const endpoint = endpointOf(req, res);
      const httpStatus = httpStatusOf(res);
      const line = {
        method: req.method,
        endpoint,
        http_status: httpStatus,
        duration_ms: Math.round((performance.now() - startedAt) * 100) / 100,
        request_id: context.request_id,
        own_request_id: context.own_request_id,
        trace_id: context.trace_id,
        user_id: context.user_id,
      };
      if (httpStatus >= 500) log.logger.error(line, 'request');
      else if (QUIET_ENDPOINTS.has(endpoint)) log.logger.debug(line, 'request');
      else log.logger.info(line, 'request');
    });
    next();
  };
}
