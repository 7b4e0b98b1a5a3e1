// Our application as the benchmark runs it: production's deps, and around them the whole application or a part of it.
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type express from 'express';
import type { Request, Response } from 'express';
import { chain, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/config.ts';
import { EmbeddedAdapter } from '../src/db/sqlite-dialect.ts';
import { buildDeps } from '../src/deps.ts';
import type { Deps } from '../src/deps.ts';
import { createSendPage } from '../src/http/page.ts';
import { createBarePage } from './our-bare-page.ts';

/** Request id and context, metrics, log line: what observes every request, first in the chain. */
const OBSERVING_LINKS = 3;

const listeners: Record<string, (deps: Deps) => RequestListener> = {
  whole: (deps) => createApp(deps),
  'chain-off': createUnobservedApp,
  hello: createFiveByteApp,
  bare: createBarePage,
  forgetful: createForgetfulApp,
};

const { PORT = '', BENCH_APP = 'whole' } = process.env;
const deps = await buildDeps(loadConfig(process.env), { defaultMetrics: true });
const listener = listeners[BENCH_APP];
if (listener === undefined) throw new Error(`BENCH_APP must be one of ${Object.keys(listeners).join(', ')}`);
// Without a destination in the environment this does nothing.
deps.telemetry.start();
createServer(listener(deps)).listen(Number(PORT), '127.0.0.1');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu_us: user + system, rss_bytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit());

/** The same pages with nobody watching: no id, no metrics, no log line, no event. */
function createUnobservedApp(built: Deps): RequestListener {
  const deps = { ...built, page: createSendPage(built.views, () => undefined) };
  const context: express.RequestHandler = (_req, res, next) => {
    // The session writes the person's id into it.
    res.locals.context = { request_id: '' };
    next();
  };
  return createApp(deps, [context, ...chain(deps).slice(OBSERVING_LINKS)]);
}

/** As if somebody had written before every request: nothing of what pages read is kept. */
function createForgetfulApp(deps: Deps): RequestListener {
  const { adapter } = deps.db.getExecutor();
  const app = createApp(deps);
  return (req, res) => {
    if (adapter instanceof EmbeddedAdapter) adapter.forgetReads();
    app(req as Request, res as Response);
  };
}

/** `/off` answers before the chain, `/hello` behind it and with one event recorded: same process, same answer. */
function createFiveByteApp(deps: Deps): RequestListener {
  const app = createApp(deps, []);
  app.get('/off', sendFiveBytes);
  for (const link of chain(deps).slice(0, OBSERVING_LINKS)) app.use(link);
  app.get('/hello', (req, res) => {
    sendFiveBytes(req, res);
    deps.record('page.viewed', { user_id: 1 }, { endpoint: '/timer' });
  });
  return app;
}

function sendFiveBytes(_req: Request, res: Response): void {
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('Content-Length', 5);
  res.end('hello');
}
