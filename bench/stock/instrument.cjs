'use strict';
// Sentry's quick start wants this file required before anything else.
const { SENTRY_DSN, SENTRY_TRACES, SENTRY_ERRORS_ONLY } = process.env;

// Integrations that only look at errors; the others patch node:http and cost on every request.
const ERRORS_ONLY = new Set([
  'EventFilters',
  'FunctionToString',
  'LinkedErrors',
  'Dedupe',
  'RequestData',
  'NodeSystemError',
  'OnUncaughtException',
  'OnUnhandledRejection',
  'ContextLines',
  'Context',
]);

if (SENTRY_DSN) {
  require('@sentry/node').init({
    dsn: SENTRY_DSN,
    ...(SENTRY_TRACES ? { tracesSampleRate: Number(SENTRY_TRACES) } : {}),
    ...(SENTRY_ERRORS_ONLY
      ? { integrations: (defaults) => defaults.filter((integration) => ERRORS_ONLY.has(integration.name)) }
      : {}),
  });
}
