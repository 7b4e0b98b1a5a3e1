import { openDeps } from './open-deps.ts';

const { deps, applied } = await openDeps();
await deps.close();
process.stdout.write(
  applied.length === 0
    ? 'the database is up to date\n'
    : `the database was brought forward: ${applied.join(', ')}\n`,
);
