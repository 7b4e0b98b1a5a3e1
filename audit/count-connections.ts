import { createHook } from 'node:async_hooks';
import { writeFileSync } from 'node:fs';

/**
 * Preloaded into the audited server: counts what the process does to the outside at the lowest layer that JavaScript can
 * see, below the channels that the socket guard listens to. Written to a file at the end.
 */
const counted = new Set([
  ...['TCPCONNECTWRAP', 'PIPECONNECTWRAP', 'UDPWRAP', 'UDPSENDWRAP'],
  ...['GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'QUERYWRAP', 'PROCESSWRAP', 'WORKER'],
]);
const counts: Record<string, number> = {};

createHook({
  init(_id, type) {
    if (counted.has(type)) counts[type] = (counts[type] ?? 0) + 1;
  },
  trackPromises: false,
}).enable();

process.on('exit', () => writeFileSync(process.env['AUDIT_COUNTS'] ?? '', JSON.stringify(counts)));
