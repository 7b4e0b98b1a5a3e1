import type { RequestHandler } from 'express';
import { endpointOf, httpStatusOf } from '../../observability/request-outcome.ts';

/** One request, as a trace tells it: no URL, header, body, address or person. */
export interface TracedRequest {
  /** Route pattern, or a constant such as `(middleware)`. */
  endpoint: string;
  method: string;
  http_status: number;
  /** Epoch milliseconds. */
  started_at: number;
  duration_ms: number;
  db_statements: number;
}

interface TraceOptions {
  /** Share of requests that are traced, above 0 to 1. */
  rate: number;
  report: (request: TracedRequest) => void;
  /** From 0 to below 1. */
  dice?: () => number;
}

/**
 * Traces a share of the requests. The dice fall here, so that a request that is not chosen costs one comparison; the
 * sampling of an SDK would instrument every one of them first.
 */
export function requestTraces({ rate, report, dice = Math.random }: TraceOptions): RequestHandler {
  return function requestTraces(req, res, next) {
    if (dice() >= rate) {
      next();
      return;
    }
    const { context } = res.locals;
    const [started_at, startedAt] = [Date.now(), performance.now()];
    context.db_statements = 0;
    res.once('close', () => {
      report({
        ...{ endpoint: endpointOf(req, res), method: req.method, http_status: httpStatusOf(res), started_at },
        duration_ms: Math.round((performance.now() - startedAt) * 100) / 100,
        db_statements: context.db_statements ?? 0,
      });
    });
    next();
  };
}
