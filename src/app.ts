import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { hasAdministrator } from './features/accounts/people.queries.ts';
import { findSession, setFlash } from './features/accounts/sessions.ts';
import { loadTimerBar } from './features/timer/timer-bar.ts';
import { errorPage } from './http/error-page.ts';
import { assets } from './http/middleware/assets.ts';
import { formBody } from './http/middleware/form-body.ts';
import { notFound } from './http/middleware/not-found.ts';
import { originCheck } from './http/middleware/origin-check.ts';
import { probes } from './http/middleware/probes.ts';
import { requestContext } from './http/middleware/request-context.ts';
import { requestLog } from './http/middleware/request-log.ts';
import { requestMetrics } from './http/middleware/request-metrics.ts';
import { requestTraces } from './http/middleware/request-traces.ts';
import { securityHeaders } from './http/middleware/security-headers.ts';
import { session } from './http/middleware/session.ts';
import { setupGate } from './http/middleware/setup-gate.ts';
import { signedIn } from './http/middleware/signed-in.ts';
import { setLanguage, sharedWithoutData, viewLocals } from './http/middleware/view-locals.ts';
import { metricsAccess } from './observability/metrics-access.ts';
import { publicPaths, routes } from './routes.ts';

export { loadFirstPages } from './routes.ts';

/** The middleware chain in order; a test holds it against docs/architecture.md. */
export function chain(deps: Deps): (RequestHandler | ErrorRequestHandler)[] {
  const { config, db, now } = deps;
  return [
    // First: everything below logs and answers with the request's id.
    requestContext({ trustInboundId: isFromTrustedProxy }),
    requestMetrics(deps.metrics, deps.recent),
    requestLog(deps.log),
    // Before sessions: a probe must answer while the database is down, and must never get a cookie.
    probes({
      health: deps.health,
      metrics: deps.metrics,
      allowMetrics: metricsAccess({ token: config.metrics_token }),
    }),
    securityHeaders(),
    assets(deps.assets),
    // After what is not worth a trace: probes and files.
    ...(config.sentry_traces_rate > 0 ? [traces(deps)] : []),
    formBody(),
    session({ findSession: (token) => findSession(db, token, now(), config) }),
    // After the session only for the log's user_id; before anything that changes something.
    originCheck({ publicUrl: config.public_url }),
    setupGate({ isSetUp: () => hasAdministrator(db) }),
    signedIn({ publicPaths }),
    viewLocals({
      viewFunctions: deps.viewFunctions,
      loadBar: (person, functions, req) => loadTimerBar(deps, person, functions, req),
      clearFlash: (current) => setFlash(db, current, null),
      version: config.version,
    }),
    ...routes(deps),
    notFound(),
    errorPage({
      views: deps.views,
      logger: deps.log.logger,
      reportError: (error, context) => deps.reportError(error, context),
      minimalShared: (req, res) => {
        res.locals.nonce ??= '';
        setLanguage(req, res, deps.viewFunctions);
        return { ...sharedWithoutData(req, res, config.version), person: null };
      },
    }),
  ];
}

const traces = ({ config, telemetry }: Deps): RequestHandler =>
  requestTraces({
    rate: config.sentry_traces_rate,
    report: (request) => telemetry.errors.reportTrace(request),
  });

/** Whether the next hop is a proxy that TRUST_PROXY names: anybody else's id could be forged, or say something. */
function isFromTrustedProxy(req: Request): boolean {
  const isTrusted = req.app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  return isTrusted(req.socket.remoteAddress ?? '', 0);
}

/** The application of some deps; `links` is the chain, or a part of it in benchmarks. */
export function createApp(deps: Deps, links = chain(deps)): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // One value or a list of values per name; no nested objects out of brackets.
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.config.trust_proxy);
  for (const link of links) app.use(link);
  return app;
}
