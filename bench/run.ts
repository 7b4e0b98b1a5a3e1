// `npm run bench`: every server beside every other on this machine, in one bounded run on 127.0.0.1.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLoadClient } from './load.ts';
import { describeMachine, leaveServerCore, pinnedNode } from './machine.ts';
import { parseOptions } from './options.ts';
import type { Options } from './options.ts';
import { listOurServers, listOurStarts, ourEnvironment, OUR_RUNGS } from './ours.ts';
import { machineLines, receivedLine, rungTable, startTable, targetTable } from './print.ts';
import type { Received } from './receiver.ts';
import { measureRounds } from './rounds.ts';
import type { RungResult, RunningServer } from './rounds.ts';
import {
  listReferenceServers,
  listReferenceStarts,
  readyProbe,
  REFERENCE_RUNGS,
  stockFile,
} from './rungs.ts';
import type { Rung, RunContext } from './rungs.ts';
import { seedDatabase } from './seed.ts';
import { killStartedProcesses, startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { measureIdle, measureStarts } from './start-up.ts';
import type { StartResult } from './start-up.ts';
import { median } from './statistics.ts';
import { judge } from './targets.ts';
import type { Figures } from './targets.ts';

const START_ROUNDS = 5;
const IDLE_ROUNDS = 3;
const benchFolder = path.dirname(fileURLToPath(import.meta.url));

await main();

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  installStock();
  const machine = describeMachine(path.dirname(benchFolder), path.join(benchFolder, 'stock'));
  leaveServerCore();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'timetracker-bench-'));
  process.once('exit', () => {
    killStartedProcesses();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  const figures = await measure(options, folder);
  const targets = judge(figures);
  console.log(`\n${machineLines(machine)}\n\n${rungTable(figures.rungs)}\n${receivedLine(figures.received)}`);
  if (figures.starts.length > 0) console.log(`\n${startTable(figures.starts)}`);
  if (figures.stock_scrape_block_ms !== undefined) {
    console.log(
      `\nlongest block of a stock prom-client scrape: ${figures.stock_scrape_block_ms.toFixed(1)} ms`,
    );
  }
  console.log(`\n${targetTable(targets)}`);
  writeResult({ measured_at: new Date().toISOString(), machine, options, figures, targets });
}

function installStock(): void {
  const folder = path.join(benchFolder, 'stock');
  if (existsSync(path.join(folder, 'node_modules'))) return;
  console.log('installing the stock packages into bench/stock (once)');
  const done = spawnSync('npm', ['ci', '--prefix', folder, '--ignore-scripts'], { stdio: 'inherit' });
  if (done.status !== 0) throw new Error('npm ci --prefix bench/stock failed');
}

async function measure(options: Options, folder: string): Promise<Figures> {
  const receiver = await startReceiver(folder);
  const context = await prepareContext(folder, receiver.port);
  try {
    const rungs = await measureRungs(options, context, folder);
    const received = await receiver.ask<Received>('received');
    const isPartial = options.only !== undefined;
    return {
      rungs,
      received,
      starts: isPartial ? [] : await measureStartUp(context, folder),
      stock_scrape_block_ms: isPartial ? undefined : await measureScrape(stockFile('scrape.cjs')),
      our_scrape_block_ms: isPartial
        ? undefined
        : await measureScrape(path.join(benchFolder, 'scrape-ours.ts')),
      template_ratio: isPartial
        ? undefined
        : (await askOurs<{ ratio: number }>('template-ours.ts', context)).ratio,
      page_weight_bytes: isPartial
        ? undefined
        : (await askOurs<{ bytes: number }>('page-weight-ours.ts', context)).bytes,
    };
  } finally {
    await receiver.stop();
  }
}

async function prepareContext(folder: string, receiverPort: number): Promise<RunContext> {
  // The name the application gives the file in its data folder.
  const databaseFile = path.join(folder, 'timetracker.sqlite');
  const tokens = await seedDatabase(databaseFile, Math.floor(Date.now() / 1000) * 1000);
  const cookies = (ofGroup: string[]) => ofGroup.map((token) => ({ Cookie: `tt_session=${token}` }));
  return {
    databaseFile,
    receiverPort,
    sessions: { typical: cookies(tokens.typical), busy: cookies(tokens.busy) },
  };
}

function startReceiver(folder: string): Promise<ServerProcess> {
  return startServer({
    args: [path.join(benchFolder, 'receiver.ts')],
    env: {},
    ready: { path: '/', headers: {} },
    stdoutFile: path.join(folder, 'receiver.log'),
    withIpc: true,
    core: 'load',
  });
}

async function measureRungs(options: Options, context: RunContext, folder: string): Promise<RungResult[]> {
  const wanted = options.only ?? [''];
  const rungs = [...REFERENCE_RUNGS, ...OUR_RUNGS].filter(({ name }) =>
    wanted.some((part) => name.includes(part)),
  );
  if (rungs.length === 0) throw new Error(`no rung is called ${wanted.join(' or ')}`);
  const servers = await startServers(rungs, context, folder);
  const client = startLoadClient();
  try {
    return await measureRounds(rungs, servers, client, {
      rounds: options.rounds,
      seconds: options.seconds,
      sessions: context.sessions,
      onRound: (round) => console.log(`round ${round} of ${options.rounds}`),
    });
  } finally {
    await client.stop();
    for (const server of servers.values()) await server.process.stop();
  }
}

async function startServers(
  rungs: readonly Rung[],
  context: RunContext,
  folder: string,
): Promise<Map<string, RunningServer>> {
  const servers = new Map<string, RunningServer>();
  for (const spec of [...listReferenceServers(context), ...listOurServers(context)]) {
    if (!rungs.some((rung) => rung.server === spec.key)) continue;
    const process = await startServer({
      args: spec.args,
      env: spec.env,
      ready: readyProbe(spec, context),
      stdoutFile: path.join(folder, `${spec.key}.log`),
      withIpc: true,
      core: 'server',
    });
    servers.set(spec.key, { spec, process });
  }
  return servers;
}

async function measureStartUp(context: RunContext, folder: string): Promise<StartResult[]> {
  console.log('starts and memory at rest');
  const specs = [...listReferenceStarts(context), ...listOurStarts(context)];
  const results = await measureStarts(specs, START_ROUNDS, folder);
  await measureIdle(specs, results, IDLE_ROUNDS, folder);
  return results;
}

/** One of the benchmark's own programs on the server's core, with our application's environment; its JSON answer. */
async function askOurs<Answer>(file: string, context: RunContext): Promise<Answer> {
  const command = pinnedNode('server', [path.join(benchFolder, file)]);
  const env = { ...process.env, ...ourEnvironment(context, 'tools') };
  const { stdout } = await promisify(execFile)(command.file, command.args, { env });
  return JSON.parse(stdout) as Answer;
}

/** Median over the repeats of the longest event-loop block, in ms, measured by a process of its own. */
async function measureScrape(file: string): Promise<number> {
  const command = pinnedNode('server', [file]);
  const { stdout } = await promisify(execFile)(command.file, command.args);
  return median((JSON.parse(stdout) as { blocks_ms: number[] }).blocks_ms);
}

function writeResult(result: object): void {
  const folder = path.join(benchFolder, 'output');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'last.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log('\nwritten: bench/output/last.json');
}
