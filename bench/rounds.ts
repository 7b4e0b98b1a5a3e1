// Interleaved rounds: every rung once, then every rung again, so that a noisy neighbour hits all of them alike.
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequest } from './load.ts';
import type { LoadClient, LoadOrder } from './load.ts';
import type { Rung, ServerSpec, Sessions } from './rungs.ts';
import type { ServerProcess, Usage } from './server-process.ts';
import { median } from './statistics.ts';

const CONNECTIONS = 16;
const FIRST_WARM_UP_SECONDS = 1.5;
const WARM_UP_SECONDS = 0.25;
const SETTLE_MS = 100;

export interface RunningServer {
  readonly spec: ServerSpec;
  readonly process: ServerProcess;
}

/** One rung's figures, one element a round, in the order of the rounds. */
export interface RungResult {
  readonly name: string;
  readonly title: string;
  readonly requests_per_second: number[];
  readonly cpu_us: number[];
  readonly p50_ms: number[];
  readonly p99_ms: number[];
  readonly response_bytes: number[];
  readonly client_busy: number[];
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Taken in turn within a group. */
  readonly sessions: Sessions;
  /** A load that leaves the server time to rest; flat out when left out. */
  readonly requestsPerSecond?: number;
  /** The servers of the other rungs stand still meanwhile: a collection of theirs would be a pause of this one. */
  readonly isAlone?: boolean;
  /** Before each measurement, 0.25 when left out: longer where a server that stood still has to find its feet. */
  readonly warmUpSeconds?: number;
  /** Before the first round, each server once. */
  readonly firstWarmUpSeconds?: number;
  readonly onRound?: (round: number) => void;
}

/** Measures all rungs; throws when a server answers anything but 200. */
export async function measureRounds(
  rungs: readonly Rung[],
  servers: ReadonlyMap<string, RunningServer>,
  client: LoadClient,
  options: RoundsOptions,
): Promise<RungResult[]> {
  const results = rungs.map(emptyResult);
  for (const rung of rungs) {
    if (options.isAlone) standAlone(rung, servers);
    await client.run(orderFor(rung, servers, options, options.firstWarmUpSeconds ?? FIRST_WARM_UP_SECONDS));
  }
  for (let round = 0; round < options.rounds; round += 1) {
    options.onRound?.(round + 1);
    // Backwards every other round, so that no rung always follows the same neighbour.
    const order = round % 2 === 0 ? rungs.keys() : [...rungs.keys()].reverse();
    for (const index of order) {
      const rung = rungs[index];
      const result = results[index];
      if (rung && result) await measureOnce(rung, result, servers, client, options);
    }
  }
  for (const { process } of servers.values()) process.resume();
  return results;
}

/** Several processes of one kind as one rung: in each round the median of theirs, for each runs a little faster or slower. */
export function mergeRungs({ name, title }: Rung, results: readonly RungResult[]): RungResult {
  const merged = (figures: (result: RungResult) => number[]): number[] =>
    figures(results[0] as RungResult).map((_, round) =>
      median(results.map((result) => figures(result)[round] ?? Number.NaN)),
    );
  return {
    ...{ name, title },
    requests_per_second: merged((result) => result.requests_per_second),
    cpu_us: merged((result) => result.cpu_us),
    p50_ms: merged((result) => result.p50_ms),
    p99_ms: merged((result) => result.p99_ms),
    response_bytes: merged((result) => result.response_bytes),
    client_busy: merged((result) => result.client_busy),
  };
}

/** The median over rounds of one rung's figure divided by another's, taken pairwise within each round. */
export function ratioOfRungs(of: readonly number[], by: readonly number[]): number {
  return median(of.map((value, round) => value / (by[round] ?? Number.NaN)));
}

async function measureOnce(
  rung: Rung,
  result: RungResult,
  servers: ReadonlyMap<string, RunningServer>,
  client: LoadClient,
  options: RoundsOptions,
): Promise<void> {
  const server = requireServer(rung, servers);
  if (options.isAlone) standAlone(rung, servers);
  await client.run(orderFor(rung, servers, options, options.warmUpSeconds ?? WARM_UP_SECONDS));
  const before = await server.process.ask<Usage>('usage');
  const load = await client.run(orderFor(rung, servers, options, options.seconds));
  const after = await server.process.ask<Usage>('usage');
  if (load.not_ok > 0)
    throw new Error(`${rung.name}: ${load.not_ok} of ${load.requests} answers were not 200`);
  result.requests_per_second.push(load.requests / load.seconds);
  result.cpu_us.push((after.cpu_us - before.cpu_us) / load.requests);
  result.p50_ms.push(load.p50_ms);
  result.p99_ms.push(load.p99_ms);
  result.response_bytes.push(load.bytes / load.requests);
  result.client_busy.push(load.client_busy);
  await sleep(SETTLE_MS);
}

function standAlone(rung: Rung, servers: ReadonlyMap<string, RunningServer>): void {
  const server = requireServer(rung, servers);
  for (const other of servers.values()) if (other !== server) other.process.halt();
  server.process.resume();
}

function orderFor(
  rung: Rung,
  servers: ReadonlyMap<string, RunningServer>,
  options: RoundsOptions,
  seconds: number,
): LoadOrder {
  const { process } = requireServer(rung, servers);
  const encoding = { 'Accept-Encoding': rung.acceptEncoding };
  const requests = options.sessions[rung.group].map((session) =>
    getRequest(rung.path, { ...session, ...encoding }),
  );
  const { requestsPerSecond } = options;
  return {
    port: process.port,
    requests,
    connections: CONNECTIONS,
    seconds,
    expectedStatus: '200',
    requestsPerSecond,
  };
}

function requireServer(rung: Rung, servers: ReadonlyMap<string, RunningServer>): RunningServer {
  const server = servers.get(rung.server);
  if (server === undefined) throw new Error(`no server runs for ${rung.name}`);
  return server;
}

function emptyResult(rung: Rung): RungResult {
  return {
    name: rung.name,
    title: rung.title,
    requests_per_second: [],
    cpu_us: [],
    p50_ms: [],
    p99_ms: [],
    response_bytes: [],
    client_busy: [],
  };
}
