// Start to the first 200, and memory at rest, against bare node:http.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './server-process.ts';
import type { Probe, ServerCommand } from './server-process.ts';
import type { ServerSpec } from './rungs.ts';
import { median } from './statistics.ts';

const IDLE_AFTER_MS = 3_000;

/** A server as it is started in production, without the benchmark's IPC. */
export interface StartSpec extends ServerSpec {
  readonly title: string;
  readonly ready: Probe;
}

export interface StartResult {
  readonly name: string;
  readonly title: string;
  /** Milliseconds from the spawn to the first 200, one element a round. */
  readonly cold_ms: number[];
  readonly warm_ms: number[];
  readonly idle_rss_bytes: number[];
}

/** Starts each server `rounds` times with an empty and with a filled compile cache, interleaved. */
export async function measureStarts(
  specs: readonly StartSpec[],
  rounds: number,
  folder: string,
): Promise<StartResult[]> {
  const results: StartResult[] = specs.map(({ key, title }) => ({
    name: key,
    title,
    cold_ms: [],
    warm_ms: [],
    idle_rss_bytes: [],
  }));
  const filledCaches = specs.map(({ key }) => mkdtempSync(path.join(folder, `cache-${key}-`)));
  for (const [index, spec] of specs.entries()) await startOnce(spec, filledCaches[index] ?? folder, folder);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, spec] of specs.entries()) {
      const emptyCache = mkdtempSync(path.join(folder, `cache-${spec.key}-`));
      results[index]?.cold_ms.push(await startOnce(spec, emptyCache, folder));
      results[index]?.warm_ms.push(await startOnce(spec, filledCaches[index] ?? folder, folder));
    }
  }
  return results;
}

/** Resident memory 3 s after the first 200, added to the results; all servers of a round rest at the same time. */
export async function measureIdle(
  specs: readonly StartSpec[],
  results: readonly StartResult[],
  rounds: number,
  folder: string,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const servers = [];
    for (const spec of specs) servers.push(await startServer(commandFor(spec, undefined, folder)));
    await sleep(IDLE_AFTER_MS);
    for (const [index, server] of servers.entries())
      results[index]?.idle_rss_bytes.push(residentBytes(server.pid));
    for (const server of servers) await server.stop();
  }
}

/** Median start of a server divided by that of the first in the list. */
export function startRatio(
  results: readonly StartResult[],
  name: string,
  kind: 'cold_ms' | 'warm_ms',
): number {
  const of = results.find((result) => result.name === name)?.[kind] ?? [];
  return median(of) / median(results[0]?.[kind] ?? []);
}

async function startOnce(spec: StartSpec, cacheFolder: string, folder: string): Promise<number> {
  const server = await startServer(commandFor(spec, cacheFolder, folder));
  await server.stop();
  return server.startMs;
}

function commandFor(spec: StartSpec, cacheFolder: string | undefined, folder: string): ServerCommand {
  return {
    args: spec.args,
    env: { ...spec.env, ...(cacheFolder === undefined ? {} : { NODE_COMPILE_CACHE: cacheFolder }) },
    ready: spec.ready,
    stdoutFile: path.join(folder, `${spec.key}-start.log`),
    withIpc: false,
    core: 'server',
  };
}

function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}
