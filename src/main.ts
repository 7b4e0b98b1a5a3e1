import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

if (!('Temporal' in globalThis)) {
  console.error('TimeTracker needs Node 26 or newer. "npm ci && npm start" brings and uses the right one.');
  process.exit(1);
}
// Kept type-stripped modules make the second start twice as fast; a read-only folder just goes without. Not the default
// folder: in the system's temporary one, others could put code there for us to run.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/timetracker'));
// Imported only now: static imports would run before the two lines above.
const { startServer } = await import('./server.ts');
await startServer();
// Node itself writes it at a clean exit, which a killed server never reaches. Later, because it takes half a second.
setTimeout(flushCompileCache, 10_000).unref();
