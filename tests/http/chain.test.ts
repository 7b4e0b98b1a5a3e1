import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Environment } from '../../src/config/config.ts';
import { createTestApp } from '../support/app.ts';

interface Layer {
  name: string;
  handle: { stack?: Layer[] };
}

/** Names of the middleware in the order Express runs them; the features' routers count as one `routes`. */
async function namesInTheApp(environment: Environment = {}): Promise<string[]> {
  const { deps } = await createTestApp({ environment });
  const { stack } = createApp(deps).router as unknown as { stack: Layer[] };
  const names = stack.map(({ name }) => (name === 'router' ? 'routes' : name));
  return names.filter((name, index) => name !== names[index - 1]);
}

/** Lines of "The request's journey" in docs/architecture.md, top to bottom: name, and what it is for. */
function linesOfTheDocument(): [string, string][] {
  const page = readFileSync(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');
  const journey = /HTTP request\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  return [...journey.matchAll(/^ {2}[├└]─ (\w+)(.*)/gm)].map(([, name = '', purpose = '']) => [
    name,
    purpose,
  ]);
}

describe('the chain of middleware', () => {
  test('runs in the order that docs/architecture.md tells', async () => {
    const lines = linesOfTheDocument();
    const [always, ever] = [
      lines.filter(([, purpose]) => !purpose.includes('only with')).map(([name]) => name),
      lines.map(([name]) => name),
    ];
    expect(always.length).toBeGreaterThan(12);
    expect(await namesInTheApp()).toEqual(always);
    expect(ever).toEqual([...always.slice(0, 6), 'requestTraces', ...always.slice(6)]);
    expect(await namesInTheApp({ SENTRY_TRACES_RATE: '0.1' })).toEqual(ever);
  });

  test('has the neighbours that security depends on', async () => {
    const names = await namesInTheApp();
    const order = (...wanted: string[]) => wanted.map((name) => names.indexOf(name));
    const ascending = (positions: number[]) => [...positions].sort((one, other) => one - other);
    for (const wanted of [
      ['requestContext', 'requestMetrics', 'requestLog', 'probes', 'session'],
      ['securityHeaders', 'assets', 'formBody'],
      ['session', 'originCheck', 'signedIn', 'routes'],
      ['setupGate', 'signedIn', 'viewLocals', 'routes', 'notFound', 'errorPage'],
    ]) {
      const positions = order(...wanted);
      expect(positions).not.toContain(-1);
      expect(positions).toEqual(ascending(positions));
    }
    expect(names.at(-1)).toBe('errorPage');
  });
});
