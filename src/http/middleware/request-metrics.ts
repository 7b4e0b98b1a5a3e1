import type { RequestHandler } from 'express';
import type { Metrics } from '../../observability/metrics.ts';
import { endpointOf, httpStatusOf } from '../../observability/request-outcome.ts';

/**
 * Counts and times every request, once, at `close`: `finish` alone misses aborted ones, both together count twice.
 * Stands before everything that can answer, so that no answer goes uncounted.
 */
export function requestMetrics(metrics: Metrics): RequestHandler {
  return function requestMetrics(req, res, next) {
    const startedAt = performance.now();
    metrics.requestStarted();
    res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      metrics.requestFinished(req.method, endpointOf(req, res), httpStatusOf(res), seconds);
    });
    next();
  };
}
