// `npm run bench:crash`: kills the server a hundred times amid changes, as tests/operations/crash.test.ts does a few times,
// and holds what that file only prints: after each start /readyz answers in under two seconds.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { kills: { type: 'string' }, 'ready-within-ms': { type: 'string' } },
});
const { status } = spawnSync('vitest', ['run', 'tests/operations/crash.test.ts'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CRASH_KILLS: values.kills ?? '100',
    CRASH_READY_WITHIN_MS: values['ready-within-ms'] ?? '2000',
  },
});
process.exitCode = status ?? 1;
