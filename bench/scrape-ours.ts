// The same scrape as `stock/scrape.cjs` with our metrics: 400 endpoints with a histogram and a counter each.
import { createMetrics } from '../src/observability/metrics.ts';
import { longestBlocksMs } from './event-loop-block.ts';

const metrics = createMetrics({ version: '0.0.0', defaultMetrics: false });
for (let n = 0; n < 400; n += 1) {
  metrics.requestStarted();
  metrics.requestFinished('GET', `/endpoint-${n}/:id`, 200, n / 100);
}

const blocks_ms = await longestBlocksMs(() => metrics.render());
process.stdout.write(JSON.stringify({ blocks_ms }));
