/**
 * `npm run test:postgres`: the same test suite on PostgreSQL. Uses TEST_DATABASE_URL when it is set (a role that may
 * create databases), else starts a private cluster from installed server binaries and removes it afterwards.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packaged = '/usr/lib/postgresql';

function binariesFolder(): string | undefined {
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = versions.map((version) => join(packaged, version, 'bin'));
  const found = candidates.find((folder) => existsSync(join(folder, 'initdb')));
  if (found) return found;
  const onPath = spawnSync('which', ['initdb'], { encoding: 'utf8' }).stdout.trim();
  return onPath === '' ? undefined : join(onPath, '..');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The server refuses to run as root, so root runs it as the packaged user. */
function asServerUser(command: string, args: string[]): void {
  if (process.getuid?.() === 0) {
    execFileSync('setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', command, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } else {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

async function runTests(databaseUrl: string): Promise<number> {
  const tests = spawn('vitest', ['run', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, TEST_DATABASE_URL: databaseUrl },
  });
  return new Promise((resolve) => tests.on('close', (code) => resolve(code ?? 1)));
}

async function runOnPrivateCluster(binaries: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'timetracker-postgres-'));
  chmodSync(folder, 0o777);
  const cluster = join(folder, 'cluster');
  const port = await freePort();
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200`;
  asServerUser(join(binaries, 'initdb'), [
    '-D',
    cluster,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  ]);
  asServerUser(join(binaries, 'pg_ctl'), [
    '-D',
    cluster,
    '-l',
    join(folder, 'log'),
    '-o',
    settings,
    '-w',
    'start',
  ]);
  try {
    return await runTests(`postgres://postgres@127.0.0.1:${port}/postgres`);
  } finally {
    asServerUser(join(binaries, 'pg_ctl'), ['-D', cluster, '-m', 'immediate', '-w', 'stop']);
    rmSync(folder, { recursive: true, force: true });
  }
}

const given = process.env['TEST_DATABASE_URL'];
const binaries = binariesFolder();
if (given) {
  process.exitCode = await runTests(given);
} else if (binaries) {
  process.exitCode = await runOnPrivateCluster(binaries);
} else {
  console.error(
    'No PostgreSQL server is installed and TEST_DATABASE_URL is not set; set it, or install "postgresql".',
  );
  process.exitCode = 1;
}
