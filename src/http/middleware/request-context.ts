import type { Request, RequestHandler } from 'express';
import {
  cleanRequestId,
  newRequestId,
  runInContext,
  traceIdOf,
} from '../../observability/request-context.ts';
import type { RequestContext } from '../../observability/request-context.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    context: RequestContext;
  }
}

/**
 * Gives every request an id: the caller's when `trustInboundId` agrees and it is short and clean, else a new one. The id
 * is on the answer as `X-Request-Id`, in `res.locals.context`, and in every log line written while the request runs.
 */
export function requestContext(options: { trustInboundId: (req: Request) => boolean }): RequestHandler {
  return function requestContext(req, res, next) {
    const inboundId = cleanRequestId(req.headers['x-request-id']);
    const traceId = traceIdOf(req.headers.traceparent);
    const context: RequestContext = {
      request_id: inboundId !== undefined && options.trustInboundId(req) ? inboundId : newRequestId(),
      ...(traceId === undefined ? undefined : { trace_id: traceId }),
    };
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.request_id);
    runInContext(context, next);
  };
}
