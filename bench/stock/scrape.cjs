'use strict';
// The longest time one scrape of 400 series with 12 buckets each keeps the event loop from turning.
const { Histogram, Registry } = require('prom-client');
const { longestBlocksMs } = require('../event-loop-block.ts');

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const registry = new Registry();
const histogram = new Histogram({
  name: 'request_seconds',
  help: 'Latency by endpoint.',
  labelNames: ['method', 'endpoint', 'http_status'],
  buckets: BUCKETS,
  registers: [registry],
});
for (let n = 0; n < 400; n += 1) {
  histogram.observe(
    { method: 'GET', endpoint: `/endpoint-${n % 50}/:id`, http_status: 200 + (n % 8) + n },
    n / 100,
  );
}

longestBlocksMs(() => registry.metrics()).then((blocks_ms) => {
  process.stdout.write(JSON.stringify({ blocks_ms }));
});
