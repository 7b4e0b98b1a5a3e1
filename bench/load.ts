// The parent's side of the load: one client process, one order at a time.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { spawnTracked, stopProcess } from './server-process.ts';

export interface LoadOrder {
  readonly port: number;
  /** Complete HTTP/1.1 requests, taken in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Three digits; any other status is counted in `not_ok`. */
  readonly expectedStatus: string;
  /** All connections together; as fast as answers come when left out. */
  readonly requestsPerSecond?: number | undefined;
}

export interface LoadResult {
  readonly requests: number;
  readonly not_ok: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Share of one core the client itself used: near 1, the client was the limit and not the server. */
  readonly client_busy: number;
}

export interface LoadClient {
  run(order: LoadOrder): Promise<LoadResult>;
  stop(): Promise<void>;
}

export function startLoadClient(): LoadClient {
  const file = fileURLToPath(new URL('load-client.ts', import.meta.url));
  const child = spawnTracked('load', [file], {}, 'inherit', true);
  return { run: (order) => sendOrder(child, order), stop: () => stopProcess(child) };
}

/** A complete GET request as bytes on the wire. */
export function getRequest(path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function sendOrder(child: ChildProcess, order: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the load client ended'));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as LoadResult);
    });
    child.send(order);
  });
}
