import { enableCompileCache } from 'node:module';

if (!('Temporal' in globalThis)) {
  console.error('TimeTracker needs Node 26 or newer. "npm ci && npm start" brings and uses the right one.');
  process.exit(1);
}
// Kept type-stripped modules make the second start several times faster; a read-only folder just goes without.
enableCompileCache();
// Imported only now: static imports would run before the two lines above.
const { startServer } = await import('./server.ts');
await startServer();
