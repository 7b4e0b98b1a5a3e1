import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { runCommand } from './command.ts';

const root = join(import.meta.dirname, '..', '..');

/** How `npm start` starts the server, apart from the file; what it compiled once is not compiled again. */
export const startFlags = [
  '--disable-warning=ExperimentalWarning',
  '--preserve-symlinks',
  '--max-semi-space-size=2',
  `--import=${join(root, 'src/compile-cache.js')}`,
];

export interface ServerProcess {
  /** `http://localhost:port`. */
  address: string;
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  stderr: () => string;
}

/** A folder with a database of its own that has an administrator, ada@example.com. */
export async function newInstallation(): Promise<string> {
  const folder = mkdtempSync(join(inject('folder'), 'server-'));
  const { code, stderr } = await runCommand(
    'cli/create-admin.ts',
    ['--email', 'ada@example.com', '--name', 'Ada Lovelace'],
    { folder, input: 'correct horse battery\n' },
  );
  if (code !== 0) throw new Error(stderr);
  return folder;
}

interface ServerOptions {
  environment?: Record<string, string>;
  /** What runs, below the repository; the server itself when none is named. */
  file?: string;
  args?: string[];
  /** What it must have printed to count as started, beside its address. */
  until?: string;
  /** Options of Node, beside those of `npm start`. */
  execArgv?: string[];
}

/** A server as a process of its own, on a free port, with nothing of this process's environment. */
export async function startServerProcess(
  folder: string,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const { file = 'src/main.ts', args = [], execArgv = [], environment } = options;
  const child = spawn(process.execPath, [...startFlags, ...execArgv, join(root, file), ...args], {
    cwd: folder,
    env: { PORT: '0', HOST: '127.0.0.1', ...environment },
  });
  let [stdout, stderr] = ['', ''];
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const found = / is at (http:\/\/localhost:\d+)/.exec(stdout)?.[1];
      if (found !== undefined && stdout.includes(options.until ?? '')) resolve(found);
    });
    void ended.then(() => reject(new Error(`the server did not start: ${stdout}${stderr}`)));
  });
  const pid = child.pid ?? 0;
  return { address, pid, ended, stderr: () => stderr, kill: (signal) => void child.kill(signal) };
}

/** The lines of the log of an installation. */
export const logOf = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'logs', 'app.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
