// Starts one measured server in a process of its own, asks it for its CPU time, and stops it by its pid.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinnedNode } from './machine.ts';

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 3_000;
const POLL_MS = 2;

export interface ServerCommand {
  /** Node's arguments: flags and the file to run. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The address that answers 200 once the server is ready. */
  readonly ready: Probe;
  /** Where standard output goes: request logs are part of the cost, so they are really written. */
  readonly stdoutFile: string;
  /** False for a server that is started exactly as in production and cannot be asked for its usage. */
  readonly withIpc: boolean;
  readonly core: 'server' | 'load';
}

export interface Probe {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Usage {
  readonly cpu_us: number;
  readonly rss_bytes: number;
}

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from the spawn to the first 200. */
  readonly startMs: number;
  /** The server's answer over IPC; only with `withIpc`. */
  ask<Answer>(question: string): Promise<Answer>;
  /** Stands still until `resume`: takes no time of the core that it shares. */
  halt(): void;
  resume(): void;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Starts a server and resolves at its first 200. Throws when it ends early or stays silent for 20 s. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const port = await findFreePort();
  const startedAt = performance.now();
  const child = spawnServer(command, port);
  await untilReady(child, port, command.ready);
  return {
    pid: child.pid ?? 0,
    port,
    startMs: performance.now() - startedAt,
    ask: (question) => ask(child, question),
    halt: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: () => stopProcess(child),
  };
}

/** Ends whatever this run started and has not stopped yet; for the way out after an error or Ctrl-C. */
export function killStartedProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts one of the benchmark's own Node processes with an IPC channel, to be stopped with `stopProcess`. */
export function spawnTracked(
  role: 'server' | 'load',
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdout: 'inherit' | number,
  withIpc: boolean,
): ChildProcess {
  const command = pinnedNode(role, args);
  const child = spawn(command.file, command.args, {
    env: { ...process.env, ...env },
    stdio: withIpc ? ['ignore', stdout, 'inherit', 'ipc'] : ['ignore', stdout, 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** SIGTERM, also to one that stands still, then SIGKILL after 3 s; resolves when the process is gone. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await gone;
  clearTimeout(timer);
}

function spawnServer(command: ServerCommand, port: number): ChildProcess {
  const stdout = openSync(command.stdoutFile, 'a');
  const env = { NODE_ENV: 'production', ...command.env, PORT: String(port) };
  const child = spawnTracked(command.core, command.args, env, stdout, command.withIpc);
  closeSync(stdout);
  return child;
}

async function findFreePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function untilReady(child: ChildProcess, port: number, probe: Probe): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  let status: number | undefined;
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`server ended with code ${child.exitCode} before it answered`);
    status = await statusOf(port, probe);
    if (status === 200) return;
    await sleep(POLL_MS);
  }
  await stopProcess(child);
  throw new Error(`server did not answer 200 at ${probe.path}; last status ${status ?? 'none'}`);
}

function statusOf(port: number, probe: Probe): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: probe.path, headers: probe.headers, agent: false };
    const request = http.get(options, (response) => {
      response.resume().once('close', () => resolve(response.statusCode));
    });
    request.once('error', () => resolve(undefined));
  });
}

function ask<Answer>(child: ChildProcess, question: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('server ended while it was measured'));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as Answer);
    });
    child.send(question);
  });
}
