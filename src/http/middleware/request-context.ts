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
 * is on the answer as `X-Request-Id`, in `res.locals.context`, and in every log line written while the request runs. A
 * caller's id could say something and never leaves in an error report, so such a request has one of ours beside it.
 */
export function requestContext(options: { trustInboundId: (req: Request) => boolean }): RequestHandler {
  return function requestContext(req, res, next) {
    const inboundId = cleanRequestId(req.headers['x-request-id']);
    const traceId = traceIdOf(req.headers.traceparent);
    const ownId = newRequestId();
    const isInbound = inboundId !== undefined && options.trustInboundId(req);
    const context: RequestContext = {
      ...(isInbound ? { request_id: inboundId, own_request_id: ownId } : { request_id: ownId }),
      ...(traceId === undefined ? undefined : { trace_id: traceId }),
    };
    res.locals.context = context;
    res.setHeader('X-Request-Id', context.request_id);
    runInContext(context, next);
  };
}
