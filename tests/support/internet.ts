import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a destination does with a request. */
export type Behaviour =
  | {
      kind: 'answer';
      /** 200 unless told otherwise; a function gets the whole request. */
      status?: number | ((request: ReceivedRequest) => number);
      headers?: Record<string, string>;
      body?: string;
      afterMs?: number;
    }
  /** Takes everything and never answers; the connection stays open. */
  | { kind: 'silence' }
  /** Resets the connection: with the request's head, with the first bytes of its body, or instead of an answer. */
  | { kind: 'cut'; at: 'head' | 'body' | 'answer' };

/** A request as it came in. `body` grows until `isComplete`. */
export interface ReceivedRequest {
  method: string;
  path: string;
  /** Lower-case names; a repeated header is a list joined by commas. */
  headers: Record<string, string>;
  body: Buffer;
  isComplete: boolean;
  /** What it was answered with; undefined while it was not. */
  status: number | undefined;
  /** Epoch milliseconds of its head. */
  at: number;
}

interface Hooks {
  /** Awaited when the head has come and nothing of the body was read. */
  onHead?: (request: ReceivedRequest, index: number) => unknown;
  /** Awaited at the first bytes of a body, before more are read. */
  onBody?: (request: ReceivedRequest, index: number) => unknown;
  /** Awaited when everything has come and nothing was answered. */
  onRequest?: (request: ReceivedRequest, index: number) => unknown;
  /** Called when the answer's last byte was handed to the system. */
  onAnswered?: (request: ReceivedRequest, index: number) => unknown;
}

type Choose = Behaviour | ((request: ReceivedRequest, index: number) => Behaviour);

/** A server of the internet that our server could call: on loopback, and it does what the test says. */
export interface Destination {
  /** `http://127.0.0.1:port`, without a slash. */
  url: string;
  host: string;
  /** In the order of their heads, whole or not. */
  requests: ReceivedRequest[];
  /** Connections ever opened to it. */
  connections: () => number;
  /** Every byte that came over any connection, in order of arrival. */
  bytes: () => Buffer;
  behave: (behaviour: Choose) => void;
  /** What happens along the way; replaces the hooks before. */
  hook: (hooks: Hooks) => void;
  /** Waits until so many requests are complete; throws after 20 s. */
  until: (count: number) => Promise<void>;
  /** Connections open now. */
  open: () => number;
  /** Cuts open connections and refuses new ones until `reopen` listens on the same port again. */
  shut: () => Promise<void>;
  reopen: () => Promise<void>;
  close: () => Promise<void>;
}

const answer: Behaviour = { kind: 'answer' };

/** Listens on a free port of 127.0.0.1 and answers 200 until told otherwise. In a test: `opened.push(it)` of each-file.ts closes it. */
export async function openDestination(behaviour: Choose = answer): Promise<Destination> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let [connections, current, hooks]: [number, Choose, Hooks] = [0, behaviour, {}];

  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (req, res) => {
    // A caller that is killed resets the connection in the middle.
    req.on('error', () => undefined);
    res.on('error', () => undefined);
    const request = received(req);
    requests.push(request);
    const index = requests.length - 1;
    const chosen = typeof current === 'function' ? current(request, index) : current;
    void take({ req, res, request, index, chosen, hooks }).catch(() => req.socket.destroy());
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const shut = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    bytes: () => Buffer.concat(chunks),
    behave: (next) => {
      current = next;
    },
    hook: (next) => {
      hooks = next;
    },
    until: async (count) => {
      const giveUpAt = performance.now() + 20_000;
      const complete = () => requests.filter(({ isComplete }) => isComplete).length;
      while (complete() < count) {
        if (performance.now() > giveUpAt)
          throw new Error(`${complete()} requests came, ${count} were expected`);
        await sleep(5);
      }
    },
    shut,
    open: () => sockets.size,
    reopen: () => listen(port),
    close: shut,
  };
}

function received(req: IncomingMessage): ReceivedRequest {
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  const { method = '', url: path = '' } = req;
  return {
    method,
    path,
    headers,
    body: Buffer.alloc(0),
    isComplete: false,
    status: undefined,
    at: Date.now(),
  };
}

interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  request: ReceivedRequest;
  index: number;
  chosen: Behaviour;
  hooks: Hooks;
}

async function take({ req, res, request, index, chosen, hooks }: Exchange): Promise<void> {
  await hooks.onHead?.(request, index);
  if (chosen.kind === 'cut' && chosen.at === 'head') return void req.socket.resetAndDestroy();
  for await (const chunk of req as AsyncIterable<Buffer>) {
    const isFirst = request.body.length === 0;
    request.body = Buffer.concat([request.body, chunk]);
    if (isFirst) await hooks.onBody?.(request, index);
    if (chosen.kind === 'cut' && chosen.at === 'body') return void req.socket.resetAndDestroy();
  }
  request.isComplete = true;
  await hooks.onRequest?.(request, index);
  if (chosen.kind === 'cut') return void req.socket.resetAndDestroy();
  if (chosen.kind === 'silence') return;
  if (chosen.afterMs !== undefined) await sleep(chosen.afterMs);
  const { status = 200 } = chosen;
  request.status = typeof status === 'number' ? status : status(request);
  res.writeHead(request.status, { 'content-type': 'application/json', ...chosen.headers });
  res.end(chosen.body ?? '{}', () => void hooks.onAnswered?.(request, index));
}
