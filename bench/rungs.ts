// What is measured: servers, and the requests sent to each.
import { fileURLToPath } from 'node:url';
import type { Group } from './seed.ts';
import type { Probe } from './server-process.ts';
import type { StartSpec } from './start-up.ts';

export interface ServerSpec {
  readonly key: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What this server is known to be ready by. */
  readonly path: string;
}

export interface Rung {
  readonly name: string;
  readonly title: string;
  readonly server: string;
  readonly path: string;
  /** What the client says it accepts; a browser's list where compression is measured. */
  readonly acceptEncoding: 'identity' | 'gzip, deflate, br';
  /** Whose pages are asked for. */
  readonly group: Group;
}

/** One header block a signed-in person, by group. */
export type Sessions = Readonly<Record<Group, readonly Readonly<Record<string, string>>[]>>;

export interface RunContext {
  readonly databaseFile: string;
  readonly sessions: Sessions;
  readonly receiverPort: number;
}

export const BROWSER = 'gzip, deflate, br';
const CHAIN = 'http-log,metrics,compression,posthog';

/** The reference servers: bare node:http, plain Express, and the stock page with more and more of its bundle. */
export function listReferenceServers(context: RunContext): ServerSpec[] {
  const dsn = `http://key@127.0.0.1:${context.receiverPort}/1`;
  const stock = (key: string, env: Record<string, string>): ServerSpec => ({
    key,
    args: [stockFile('server.cjs')],
    env: {
      DATABASE_FILE: context.databaseFile,
      POSTHOG_HOST: `http://127.0.0.1:${context.receiverPort}`,
      ...env,
    },
    path: '/timer',
  });
  return [
    { key: 'bare', args: [stockFile('bare.cjs')], env: {}, path: '/' },
    { key: 'express', args: [stockFile('express-hello.cjs')], env: {}, path: '/' },
    stock('stock', {}),
    stock('stock-control', {}),
    stock('stock-compression', { CHAIN: 'compression' }),
    stock('stock-errors-only', { CHAIN: 'own-error-handler', SENTRY_DSN: dsn, SENTRY_ERRORS_ONLY: '1' }),
    stock('stock-chain', { CHAIN }),
    stock('stock-bundle', { CHAIN: `${CHAIN},sentry`, SENTRY_DSN: dsn }),
    stock('stock-bundle-traces', { CHAIN: `${CHAIN},sentry`, SENTRY_DSN: dsn, SENTRY_TRACES: '0.1' }),
  ];
}

export const REFERENCE_RUNGS: readonly Rung[] = [
  rung('bare-hello', 'bare node:http, 5 bytes', 'bare', '/'),
  rung('express-hello', 'stock Express, 5 bytes', 'express', '/'),
  rung('stock-hello', 'stock server, 5 bytes, no chain', 'stock', '/hello'),
  rung('stock-hello-chain', '… + pino-http, prom-bundle, compression, PostHog', 'stock-chain', '/hello'),
  rung('stock-page', 'stock page, no chain', 'stock', '/timer'),
  rung('stock-page-control', 'the same in a second process: the noise', 'stock-control', '/timer'),
  rung(
    'stock-page-errors-only',
    '… + Sentry for errors only, own error handler',
    'stock-errors-only',
    '/timer',
  ),
  rung('stock-chain', '… + pino-http, prom-bundle, compression, PostHog', 'stock-chain', '/timer'),
  rung('stock-bundle', '… + Sentry, tracing left out', 'stock-bundle', '/timer'),
  rung('stock-bundle-traces', '… + Sentry, tracesSampleRate 0.1', 'stock-bundle-traces', '/timer'),
  rung(
    'stock-compressed',
    'stock page + compression, as a browser asks',
    'stock-compression',
    '/timer',
    BROWSER,
  ),
  rung('stock-bundle-compressed', 'stock bundle, as a browser asks', 'stock-bundle', '/timer', BROWSER),
  rung(
    'stock-bundle-traces-compressed',
    '… with tracesSampleRate 0.1, as a browser asks',
    'stock-bundle-traces',
    '/timer',
    BROWSER,
  ),
  rung(
    'stock-bundle-busy',
    "stock bundle, a busy person's page",
    'stock-bundle',
    '/timer',
    'identity',
    'busy',
  ),
];

/** What is started without IPC, as in production; the first is what the others are compared with. */
export function listReferenceStarts(context: RunContext): StartSpec[] {
  const titles: Record<string, string> = {
    'bare-module': 'bare node:http, ES module',
    bare: 'bare node:http, CommonJS',
    express: 'stock Express',
    'stock-bundle': 'stock page + bundle',
  };
  const bareModule = { key: 'bare-module', args: [stockFile('bare.mjs')], env: {}, path: '/' };
  return [bareModule, ...listReferenceServers(context)]
    .filter(({ key }) => key in titles)
    .map((spec) => ({ ...spec, title: titles[spec.key] ?? spec.key, ready: readyProbe(spec, context) }));
}

/** The measured page itself, as the first person. */
export function readyProbe(spec: ServerSpec, context: RunContext): Probe {
  return { path: spec.path, headers: context.sessions.typical[0] ?? {} };
}

export function rung(
  name: string,
  title: string,
  server: string,
  path: string,
  acceptEncoding: Rung['acceptEncoding'] = 'identity',
  group: Group = 'typical',
): Rung {
  return { name, title, server, path, acceptEncoding, group };
}

export function stockFile(name: string): string {
  return fileURLToPath(new URL(`stock/${name}`, import.meta.url));
}
