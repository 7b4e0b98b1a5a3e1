// The client's parts, each from its own file. Its index also brings its push gateway with all of TLS, its clusters, and
// OpenTelemetry under one of its default metrics: a server on the way up can wait for what it does not use at once.
import { createRequire } from 'node:module';
import type * as client from 'prom-client';

const require = createRequire(import.meta.url);

export type { Registry } from 'prom-client';

export const Counter = require('prom-client/lib/counter.js') as typeof client.Counter;
export const Gauge = require('prom-client/lib/gauge.js') as typeof client.Gauge;
const registry = require('prom-client/lib/registry.js') as typeof client.Registry;

/** An empty registry of its own. */
export const createRegistry = (): client.Registry => new registry();

/** Registers the process's own figures; they are watched from now on. Imports their code. */
export function collectDefaultMetrics(register: client.Registry): void {
  const collect = require('prom-client/lib/defaultMetrics.js') as typeof client.collectDefaultMetrics;
  collect({ register });
}
