import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { memoryLimitBytes } from '../../src/observability/memory-limit.ts';
import { createTestApp } from '../support/app.ts';

test.each([
  ['the limit of its container', 512 * 2 ** 20, 512 * 2 ** 20],
  ['the machine, where nothing limits it (cgroup 2)', 0, 2 ** 34],
  ['the machine, where no limit is a very large one (cgroup 1)', 2 ** 63, 2 ** 34],
])('the memory at which the process is ended is %s', (_of, allowed, expected) => {
  expect(memoryLimitBytes(allowed, 2 ** 34)).toBe(expected);
});

test('it is among the metrics', async () => {
  const { deps } = await createTestApp();
  const value = Number(/^tt_memory_limit_bytes (\d+)$/m.exec(await deps.metrics.render())?.[1]);
  expect(value).toBe(memoryLimitBytes());
  expect(value).toBeGreaterThan(process.memoryUsage.rss());
  expect(value).toBeLessThanOrEqual(totalmem());
});
