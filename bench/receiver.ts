// Takes what the stock bundle's SDKs send, on 127.0.0.1, so that sending is part of the cost and nothing leaves.
import http from 'node:http';

/** What arrived, by SDK; shown after a run as proof that the bundle was really working. */
export interface Received {
  readonly posthog_batches: number;
  readonly sentry_envelopes: number;
  readonly bytes: number;
}

const received = { posthog_batches: 0, sentry_envelopes: 0, bytes: 0 };

const server = http.createServer((request, response) => {
  if (request.url?.startsWith('/batch')) received.posthog_batches += 1;
  if (request.url?.includes('/envelope/')) received.sentry_envelopes += 1;
  request.on('data', (chunk: Buffer) => (received.bytes += chunk.length));
  request.once('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('message', () => process.send?.(received));
process.on('disconnect', () => process.exit());
