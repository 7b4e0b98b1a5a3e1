import type { Request, RequestHandler, Response } from 'express';
import type { Health } from '../../observability/health.ts';
import type { Metrics } from '../../observability/metrics.ts';

export interface ProbeOptions {
  health: Health;
  metrics: Metrics;
  /** Who may read `/metrics`; to everyone else it is an ordinary 404. */
  allowMetrics: (req: Request) => boolean;
}

// Written with `end`: `res.send` would hash a page of metrics for an ETag nobody asks for.
function answer(res: Response, httpStatus: number, contentType: string, body: string): void {
  res.writeHead(httpStatus, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  res.end(body);
}

/**
 * Answers `/livez`, `/readyz` (alias `/healthz`) and `/metrics` to GET and HEAD. Stands before session and cookies, so a
 * probe needs neither the database nor a browser.
 */
export function probes({ health, metrics, allowMetrics }: ProbeOptions): RequestHandler {
  return async function probes(req, res, next) {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    const { path } = req;
    if (path === '/livez') {
      res.locals.endpoint = path;
      answer(res, 200, 'application/json', '{"status":"ok"}');
    } else if (path === '/readyz' || path === '/healthz') {
      res.locals.endpoint = path;
      const readiness = await health.ready();
      answer(res, readiness.status === 'ok' ? 200 : 503, 'application/json', JSON.stringify(readiness));
    } else if (path === '/metrics' && allowMetrics(req)) {
      res.locals.endpoint = path;
      const format = req.headers.accept?.includes('application/openmetrics-text') ? 'open' : 'text';
      answer(res, 200, metrics.contentType(format), await metrics.render(format));
    } else {
      next();
    }
  };
}
