import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningServer {
  address: string;
  /** Runs one of our commands on the same database, such as `seed-demo`; gives what it printed. */
  command: (name: string, ...args: string[]) => Promise<string>;
  /** Lines of the log at level error or above. */
  errorLines: () => string[];
  stop: () => Promise<void>;
}

const root = join(import.meta.dirname, '../..');

/**
 * What `npm start` does, on an empty SQLite database in a folder of its own and a free port.
 *
 * @param more - variables of the environment beside those.
 */
export async function startServer(more: Record<string, string> = {}): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'timetracker-e2e-'));
  const log = join(folder, 'app.jsonl');
  const environment = { DATA_DIR: folder, LOG_FILE: log, PORT: '0', HOST: '127.0.0.1', ...more };
  // A group of its own, so that npm's child is stopped with npm.
  const server = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, ...environment },
    detached: true,
  });
  const { address, ended } = await listening(server);
  return {
    address,
    command: (name, ...args) => run(name, args, { ...environment, LOG_FILE: '-', LOG_LEVEL: 'error' }),
    errorLines: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line)),
    stop: async () => {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for the line that tells the address. */
async function listening(server: ChildProcess): Promise<{ address: string; ended: Promise<void> }> {
  let output = '';
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      const port = / is at http:\/\/localhost:(\d+)/.exec(output)?.[1];
      if (port !== undefined) resolve(`http://localhost:${port}`);
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    void ended.then(() => reject(new Error(`the server did not start:\n${output}`)));
  });
  return { address, ended };
}

function run(name: string, args: string[], environment: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', name, '--', ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
  });
}
