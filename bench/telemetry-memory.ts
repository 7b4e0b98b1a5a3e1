// Our application without HTTP: so many events a second for so long, towards destinations that never answer.
// Prints one JSON object: resident memory over time, and what waits in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../src/config/config.ts';
import { buildDeps } from '../src/deps.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const EVENTS_PER_SECOND = 1000;
/** Events come in bursts, as requests do. */
const TICK_MS = 20;

const deps = await buildDeps(loadConfig(process.env));
await deps.telemetry.consents.refresh();
deps.telemetry.start();
const actor = { user_id: 1, allows_analytics: true };
const rss_mb: number[] = [];
let recorded = 0;
const startedAt = performance.now();
const sample = setInterval(() => rss_mb.push(Math.round(process.memoryUsage.rss() / 1_048_576)), 1000);
while (recorded < SECONDS * EVENTS_PER_SECOND) {
  const due = ((performance.now() - startedAt) / 1000) * EVENTS_PER_SECOND;
  for (; recorded < due; recorded += 1) deps.record('page.viewed', actor, { endpoint: '/projects/:id' });
  await sleep(TICK_MS);
}
clearInterval(sample);
const seconds = (performance.now() - startedAt) / 1000;
const depth = await deps.telemetry.outbox.depth();
const counted = [
  ...(await deps.metrics.render()).matchAll(
    /^tt_events_total\{event="page\.viewed",outcome="(\w+)"\} (\d+)/gm,
  ),
];
process.stdout.write(
  JSON.stringify({
    events: recorded,
    seconds,
    rss_mb,
    waiting: depth.get('analytics')?.queued,
    outcomes: Object.fromEntries(counted.map(([, outcome, count]) => [outcome ?? '', Number(count)])),
  }),
);
await deps.close();
process.exit(0);
