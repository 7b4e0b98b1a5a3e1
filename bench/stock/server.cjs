'use strict';
// The yardstick: the timer page as a good team would build it from the packages' own documentation.
// CHAIN lists what is switched on: http-log, metrics, compression, posthog, sentry; or own-error-handler, which captures
// without Sentry's Express hook.
require('./instrument.cjs');
const path = require('node:path');
const express = require('express');
const { openTimerQueries } = require('./timer-queries.cjs');
const { timerPage } = require('./timer-page.cjs');

const chain = new Set((process.env.CHAIN ?? '').split(',').filter(Boolean));
const queries = openTimerQueries(process.env.DATABASE_FILE);
const app = express();
const posthog = chain.has('posthog') ? openPosthog() : undefined;

app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'ejs');

if (chain.has('http-log')) app.use(require('pino-http')());
if (chain.has('metrics')) app.use(promBundle());
if (chain.has('compression')) app.use(require('compression')());
if (posthog) require('posthog-node').setupExpressRequestContext(posthog, app);
if (posthog) app.use('/hello', capturePageView);
app.get('/hello', (_request, response) => response.send('hello'));
app.use(session);
if (posthog) app.use(capturePageView);
app.get('/timer', timerPage(queries));
if (chain.has('own-error-handler')) app.use(captureError);
if (chain.has('sentry')) require('@sentry/node').setupExpressErrorHandler(app);
if (posthog) require('posthog-node').setupExpressErrorHandler(posthog, app);

app.listen(Number(process.env.PORT), '127.0.0.1');
if (process.send) require('./answer-parent.cjs');

function openPosthog() {
  const { PostHog } = require('posthog-node');
  return new PostHog('phc_benchmark', { host: process.env.POSTHOG_HOST });
}

function promBundle() {
  return require('express-prom-bundle')({
    includeMethod: true,
    includePath: true,
    promClient: { collectDefaultMetrics: {} },
  });
}

function session(request, response, next) {
  const token = /(?:^|; )tt_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const person = token === undefined ? undefined : queries.findPerson(token);
  if (person === undefined) {
    response.status(401).send('Sign in first');
    return;
  }
  response.locals.person = person;
  next();
}

function capturePageView(request, response, next) {
  posthog.capture({
    distinctId: `person-${response.locals.person?.id}`,
    event: 'page.viewed',
    properties: { endpoint: request.path },
  });
  next();
}

function captureError(error, _request, _response, next) {
  require('@sentry/node').captureException(error);
  next(error);
}
