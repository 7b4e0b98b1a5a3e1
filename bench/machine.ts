// What the benchmark runs on, and how it keeps the server and the load on cores of their own.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

const SERVER_CORE = 0;
const LOAD_CORE = 1;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_mb: number;
  readonly kernel: string;
  readonly node: string;
  readonly load_average: number;
  readonly is_pinned: boolean;
  /** Installed dependencies by the side that uses them. */
  readonly versions: Record<'ours' | 'stock', Record<string, string>>;
}

const canPin = os.availableParallelism() >= 2 && spawnsTaskset();

/** The command that runs `args` under this Node, bound to the server's or the load's core where the system can. */
export function pinnedNode(
  role: 'server' | 'load',
  args: readonly string[],
): { file: string; args: string[] } {
  if (!canPin) return { file: process.execPath, args: [...args] };
  const core = role === 'server' ? SERVER_CORE : LOAD_CORE;
  return { file: 'taskset', args: ['-c', String(core), process.execPath, ...args] };
}

/** Moves this process to the load's core, so that waiting and printing never disturb the server. */
export function leaveServerCore(): void {
  if (canPin) spawnSync('taskset', ['-cp', String(LOAD_CORE), String(process.pid)], { stdio: 'ignore' });
}

/** The machine, Node and package versions a result belongs to. */
export function describeMachine(ourFolder: string, stockFolder: string): Machine {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memory_mb: Math.round(os.totalmem() / 1_048_576),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    load_average: os.loadavg()[0] ?? 0,
    is_pinned: canPin,
    versions: { ours: readVersions(ourFolder), stock: readVersions(stockFolder) },
  };
}

function spawnsTaskset(): boolean {
  return spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;
}

function readVersions(folder: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const versions: Record<string, string> = {};
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const file = `${folder}/node_modules/${name}/package.json`;
    if (existsSync(file))
      versions[name] = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  return versions;
}
