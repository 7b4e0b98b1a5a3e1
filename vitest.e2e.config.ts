import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const { TEST_REPORTS: reports, TEST_REPORT: run } = process.env;

/** A real server process and a real browser for each file; two files at a time, as they share the machine. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    testTimeout: 120_000,
    retry: process.env['TEST_REPORTS'] ? 1 : 0,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: reports && run ? ['default', 'json'] : ['default'],
    ...(reports && run ? { outputFile: { json: join(reports, `${run}.json`) } } : {}),
  },
});
