import type { RequestHandler } from 'express';
import type { Metrics } from '../../observability/metrics.ts';
import type { RecentFigures } from '../../observability/recent-figures.ts';
import { endpointOf, httpStatusOf } from '../../observability/request-outcome.ts';

/**
 * Counts and times every request, once, at `close`: `finish` alone misses aborted ones, both together count twice.
 * Stands before everything that can answer, so that no answer goes uncounted.
 *
 * @param recent - the figures of /admin/system.
 */
export function requestMetrics(
  metrics: Metrics,
  recent?: Pick<RecentFigures, 'requestFinished'>,
): RequestHandler {
  return function requestMetrics(req, res, next) {
    const startedAt = performance.now();
    metrics.requestStarted();
    res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const [endpoint, httpStatus] = [endpointOf(req, res), httpStatusOf(res)];
      metrics.requestFinished(req.method, endpoint, httpStatus, seconds, res.locals.context?.request_id);
      recent?.requestFinished(endpoint, httpStatus, seconds);
    });
    next();
  };
}
