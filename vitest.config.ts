import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** CI names a folder and a run; the counts of every run are added up from these reports. */
const { TEST_REPORTS: reports, TEST_REPORT: run, TEST_DATABASE_URL: postgres } = process.env;
/** They read files and ask other programs; a database is nowhere in them, so one run of them is enough. */
const withoutDatabase = ['alert-mutations', 'alerts', 'compose', 'dockerfile', 'release', 'workflows'];

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [
      'tests/e2e/**',
      'node_modules/**',
      ...(postgres ? withoutDatabase.map((name) => `tests/operations/${name}.test.ts`) : []),
    ],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/each-file.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: Math.max(2, Math.min(6, availableParallelism())),
    // In CI a test that failed gets one more try, which the report names: its machine is shared, and some tests wait.
    retry: reports ? 1 : 0,
    reporters: reports && run ? ['default', 'json'] : ['default'],
    ...(reports && run ? { outputFile: { json: join(reports, `${run}.json`) } } : {}),
  },
});
