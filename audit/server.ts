import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the process did to the outside, by the names that Node has for it. */
export type Counts = Record<string, number>;

export interface AuditedServer {
  address: string;
  port: number;
  /** Ends it as an operator would, and says what it did. */
  stop: () => Promise<Counts>;
}

const hook = join(import.meta.dirname, 'count-connections.ts');

/** The real server process of some source folder, with nothing of this process's environment. */
export async function startServer(
  source: string,
  folder: string,
  environment: Record<string, string>,
): Promise<AuditedServer> {
  const counts = join(folder, 'counts.json');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', hook, join(source, 'src/main.ts')],
    {
      cwd: folder,
      // The log on standard output tells the port.
      env: { ...environment, PORT: '0', HOST: '127.0.0.1', LOG_FILE: '-', AUDIT_COUNTS: counts },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // An audit that breaks off takes its server along.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  let output = '';
  let ending = '';
  const ended = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      ending = `ended with ${code ?? signal}`;
      resolve();
    }),
  );
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /"port":(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`the audited server did not start, ${ending}:\n${output}`)));
  });
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      if (!existsSync(counts)) throw new Error(`the audited server broke down, ${ending}:\n${output}`);
      return JSON.parse(readFileSync(counts, 'utf8')) as Counts;
    },
  };
}
