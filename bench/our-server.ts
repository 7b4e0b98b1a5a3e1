// Our application as the benchmark runs it: with production's deps, and the chain around five bytes.
import type { Request, Response } from 'express';
import { chain, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/config.ts';
import { buildDeps } from '../src/deps.ts';
import type { Deps } from '../src/deps.ts';

/** Request id and context, metrics, log line: what observes every request, first in the chain. */
const OBSERVING_LINKS = 3;

const { PORT = '' } = process.env;
const deps = await buildDeps(loadConfig(process.env), { defaultMetrics: true });
createFiveByteApp(deps).listen(Number(PORT), '127.0.0.1');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu_us: user + system, rss_bytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit());

/** `/off` answers before the chain, `/hello` behind it and with one event recorded: same process, same answer. */
function createFiveByteApp(deps: Deps) {
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
