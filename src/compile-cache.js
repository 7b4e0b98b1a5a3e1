// Loaded before main.ts and in JavaScript, so that not even main.ts needs Node's type stripper when the cache is warm: it
// takes 14 MB and 30 ms. Not the default folder: in the system's temporary one, others could put code there for us to
// run. A read-only folder just goes without.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/timetracker'));
