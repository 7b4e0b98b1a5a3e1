// `npm run bench:telemetry`: what destinations that never answer cost. Page times against the same server with telemetry
// off, beside an off/off control; the time of a shutdown; memory at 1,000 events a second.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startLoadClient } from './load.ts';
import { describeMachine, leaveServerCore, pinnedNode } from './machine.ts';
import { startFlags } from './ours.ts';
import { machineLines, rungTable } from './print.ts';
import { measureRounds, mergeRungs, ratioOfRungs } from './rounds.ts';
import type { RungResult, RunningServer } from './rounds.ts';
import { rung } from './rungs.ts';
import { seedDatabase } from './seed.ts';
import { killStartedProcesses, startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';

const benchFolder = path.dirname(fileURLToPath(import.meta.url));
const ownFile = (name: string): string => path.join(benchFolder, name);
const STEADY_REQUESTS_PER_SECOND = 200;
const SHUTDOWNS = 5;

/** Servers of each kind, every one on a database of its own. */
const PROCESSES = 3;
const KINDS = [
  rung('off', 'telemetry off', 'off', '/timer'),
  rung('off-control', 'the same in other processes: the noise', 'off-control', '/timer'),
  rung('dead', 'all channels on, no destination answers', 'dead', '/timer'),
  rung('alive', 'all channels on, every destination answers', 'alive', '/timer'),
];
const RUNGS = KINDS.map((kind) =>
  Array.from({ length: PROCESSES }, (_, index) => ({ ...kind, server: `${kind.server}-${index}` })),
);

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, seconds: { type: 'string' }, memory: { type: 'string' } },
  });
  const [rounds, seconds] = [Number(values.rounds ?? 7), Number(values.seconds ?? 1)];
  const machine = describeMachine(path.dirname(benchFolder), ownFile('stock'));
  leaveServerCore();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timetracker-bench-'));
  process.once('exit', () => {
    killStartedProcesses();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  const seeded = path.join(folder, 'seeded.sqlite');
  const tokens = await seedDatabase(seeded, Math.floor(Date.now() / 1000) * 1000);
  const hole = await startDestination(folder, 'hole');
  const receiver = await startDestination(folder, 'receiver');
  const places = { folder, seeded, hole: hole.port, receiver: receiver.port };
  const pages = await measurePages(places, tokens.typical, { rounds, seconds });
  const shutdown_ms = await measureShutdowns(places, tokens.typical[0] ?? '');
  const memory = await measureMemory(places, values.memory ?? '60');
  const result = { measured_at: new Date().toISOString(), machine, pages, shutdown_ms, memory };
  console.log(`\n${machineLines(machine)}`);
  console.log(
    `\nSIGTERM to the end with a call out: ${shutdown_ms.map((ms) => ms.toFixed(0)).join(', ')} ms`,
  );
  console.log(memoryLine(memory));
  mkdirSync(ownFile('output'), { recursive: true });
  writeFileSync(ownFile('output/telemetry.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log('\nwritten: bench/output/telemetry.json');
  await hole.stop();
  await receiver.stop();
}

interface Places {
  folder: string;
  seeded: string;
  /** Port of the destination that never answers. */
  hole: number;
  receiver: number;
}

function startDestination(folder: string, name: 'hole' | 'receiver'): Promise<ServerProcess> {
  return startServer({
    args: [ownFile('black-hole.ts')],
    env: name === 'receiver' ? { ANSWER: '1' } : {},
    ready: { path: '/', headers: {} },
    stdoutFile: path.join(folder, `${name}.log`),
    withIpc: true,
    core: 'load',
  });
}

/** A data folder with a copy of the seeded database, and the channels on towards a port, or off. */
function environment(
  { folder, seeded }: Places,
  key: string,
  port: number | undefined,
): Record<string, string> {
  const data = path.join(folder, key);
  mkdirSync(data, { recursive: true });
  copyFileSync(seeded, path.join(data, 'timetracker.sqlite'));
  const places = { DATA_DIR: data, HOST: '127.0.0.1', LOG_FILE: path.join(data, 'app.jsonl') };
  if (port === undefined) return places;
  return {
    ...places,
    SENTRY_DSN: `http://0123456789abcdef@127.0.0.1:${port}/1`,
    POSTHOG_API_KEY: 'phc_benchmark',
    POSTHOG_HOST: `http://127.0.0.1:${port}`,
    ENABLE_TELEMETRY: 'true',
    TELE_URL: `http://127.0.0.1:${port}/ping`,
  };
}

async function measurePages(
  places: Places,
  tokens: string[],
  { rounds, seconds }: { rounds: number; seconds: number },
) {
  const servers = new Map<string, RunningServer>();
  const cookies = tokens.map((token) => ({ Cookie: `tt_session=${token}` }));
  const ports: Record<string, number> = { dead: places.hole, alive: places.receiver };
  for (const { name, server: key } of RUNGS.flat()) {
    const spec = {
      key,
      args: [...startFlags(), ownFile('our-server.ts')],
      path: '/timer',
      env: environment(places, key, ports[name]),
    };
    const process = await startServer({
      ...{ args: spec.args, env: spec.env, ready: { path: '/timer', headers: cookies[0] ?? {} } },
      ...{ stdoutFile: path.join(places.folder, `${key}.log`), withIpc: true, core: 'server' },
    });
    servers.set(key, { spec, process });
  }
  const client = startLoadClient();
  const measure = async (load: string, requestsPerSecond?: number) => {
    const options = { rounds, seconds, sessions: { typical: cookies, busy: [] }, isAlone: true };
    const onRound = (round: number): void => console.log(`${load}: round ${round} of ${rounds}`);
    // Few requests a second need longer rounds: of 200, one stall of the machine is the slowest hundredth. While a server
    // stands still its pauses and time limits run out: what it then does at once is not what it does all the time.
    const paced =
      requestsPerSecond === undefined
        ? {}
        : { requestsPerSecond, seconds: 3 * seconds, warmUpSeconds: 2, firstWarmUpSeconds: 6 };
    const results = await measureRounds(RUNGS.flat(), servers, client, { ...options, ...paced, onRound });
    const ofKind = (kind: number) => results.slice(kind * PROCESSES, (kind + 1) * PROCESSES);
    const rungs = KINDS.map((kind, index) => mergeRungs(kind, ofKind(index)));
    console.log(`\n${load}\n${rungTable(rungs)}\n${ratioLines(rungs)}\n`);
    return { load, rungs };
  };
  const results = [
    await measure(`${STEADY_REQUESTS_PER_SECOND} requests a second`, STEADY_REQUESTS_PER_SECOND),
    await measure('flat out, 16 connections'),
  ];
  await client.stop();
  for (const { process } of servers.values()) await process.stop();
  return results;
}

/** Ratios to the server with telemetry off, medians of the rounds. */
function ratioLines(rungs: readonly RungResult[]): string {
  const [off, ...others] = rungs;
  if (!off) return '';
  const ratio = ({ name, p99_ms, p50_ms }: RungResult): string =>
    `${name}/off: p99 ${ratioOfRungs(p99_ms, off.p99_ms).toFixed(3)}, p50 ${ratioOfRungs(p50_ms, off.p50_ms).toFixed(3)}`;
  return others.map(ratio).join('\n');
}

/** The server as `npm start` runs it, told to stop while calls are out that nobody answers. */
async function measureShutdowns(places: Places, token: string): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < SHUTDOWNS; turn += 1) {
    const env = environment(places, `stop-${turn}`, places.hole);
    const headers = { Cookie: `tt_session=${token}` };
    const server = await startServer({
      ...{ args: [...startFlags(), ownFile('../src/main.ts')], env, ready: { path: '/timer', headers } },
      ...{ stdoutFile: path.join(places.folder, 'stop.log'), withIpc: false, core: 'server' },
    });
    // Longer than events gather: a call is out by then.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const askedAt = performance.now();
    await server.stop();
    times.push(performance.now() - askedAt);
  }
  return times;
}

interface Memory {
  events: number;
  seconds: number;
  rss_mb: number[];
  waiting: number;
  outcomes: Record<string, number>;
}

async function measureMemory(places: Places, seconds: string): Promise<Memory> {
  console.log(`memory: ${seconds} s`);
  const command = pinnedNode('server', [...startFlags(), ownFile('telemetry-memory.ts')]);
  const env = { ...process.env, ...environment(places, 'memory', places.hole), BENCH_SECONDS: seconds };
  const { stdout } = await promisify(execFile)(command.file, command.args, { env });
  return JSON.parse(stdout) as Memory;
}

function memoryLine({ events, seconds, rss_mb, waiting, outcomes }: Memory): string {
  const quarter = Math.ceil(rss_mb.length / 4);
  const [first, last] = [median(rss_mb.slice(0, quarter)), median(rss_mb.slice(-quarter))];
  return [
    `${events} events in ${seconds.toFixed(1)} s, no destination answers: ${waiting} wait in the outbox`,
    `(${Object.entries(outcomes)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', ')});`,
    `resident memory ${first} MB in the first quarter, ${last} MB in the last, ${Math.max(...rss_mb)} MB at most`,
  ].join(' ');
}
