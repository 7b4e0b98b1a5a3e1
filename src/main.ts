import { flushCompileCache } from 'node:module';

if (!('Temporal' in globalThis)) {
  console.error('TimeTracker needs Node 26 or newer. "npm ci && npm start" brings and uses the right one.');
  process.exit(1);
}
// Imported only now: static imports would run before the question above.
const { startServer } = await import('./server.ts');
await startServer();
// Node itself writes the cache of compile-cache.js at a clean exit, which a killed server never reaches. Not at once,
// because it takes half a second.
setTimeout(flushCompileCache, 10_000).unref();
