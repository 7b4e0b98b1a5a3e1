// The load: raw keep-alive sockets that send prepared requests and read just enough of an answer to find its end.
// A process of its own, so that its work never lands on the server's core.
import net from 'node:net';
import type { LoadOrder, LoadResult } from './load.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY: Buffer = Buffer.alloc(0);
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

interface Tally {
  latencies_ms: number[];
  not_ok: number;
  bytes: number;
}

process.on('message', (order: LoadOrder) => {
  void runLoad(order).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());

async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const requests = order.requests.map((text) => Buffer.from(text));
  const tally: Tally = { latencies_ms: [], not_ok: 0, bytes: 0 };
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const deadline = startedAt + order.seconds * 1000;
  await Promise.all(
    Array.from({ length: order.connections }, (_, lane) =>
      runConnection(order, requests, lane, deadline, tally),
    ),
  );
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const sorted = tally.latencies_ms.sort((a, b) => a - b);
  return {
    requests: sorted.length,
    not_ok: tally.not_ok,
    seconds: elapsedMs / 1000,
    bytes: tally.bytes,
    p50_ms: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99_ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    client_busy: (cpu.user + cpu.system) / (elapsedMs * 1000),
  };
}

function runConnection(
  order: LoadOrder,
  requests: readonly Buffer[],
  lane: number,
  deadline: number,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port: order.port, noDelay: true });
    let turn = lane;
    let sentAt = 0;
    let pending = EMPTY;
    const send = (countedFrom = performance.now()): void => {
      sentAt = countedFrom;
      socket.write(requests[turn % requests.length] ?? '');
      turn += order.connections;
    };
    const sendNext = paced(order, lane, send);
    socket.once('connect', sendNext);
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const bodyAt = bodyOfComplete(pending);
      if (bodyAt === undefined) return;
      const now = performance.now();
      tally.latencies_ms.push(now - sentAt);
      tally.bytes += pending.length - bodyAt;
      if (pending.toString('latin1', 9, 12) !== order.expectedStatus) tally.not_ok += 1;
      pending = EMPTY;
      if (now < deadline) sendNext();
      else socket.end();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}

/**
 * Sends at once, or, where the order has a rate, at the connection's next turn. A turn that came while an answer was
 * still awaited counts from when it was due: a slow answer must not make those behind it look fast.
 */
function paced(
  { requestsPerSecond, connections }: LoadOrder,
  lane: number,
  send: (countedFrom?: number) => void,
): () => void {
  if (requestsPerSecond === undefined) return () => send();
  const everyMs = (connections / requestsPerSecond) * 1000;
  let dueAt = performance.now() + (everyMs * lane) / connections;
  return () => {
    const due = dueAt;
    dueAt += everyMs;
    const waitMs = due - performance.now();
    if (waitMs > 0) setTimeout(send, waitMs);
    else send(due);
  };
}

/**
 * One request is in flight per connection, so the end of the bytes is the end of this answer.
 *
 * @returns where the body begins, undefined while the answer is not complete.
 */
function bodyOfComplete(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const bodyAt = headEnd + HEAD_END.length;
  const head = bytes.toString('latin1', 0, headEnd).toLowerCase();
  const lengthAt = head.indexOf('\r\ncontent-length: ');
  const isWhole =
    lengthAt >= 0
      ? bytes.length >= bodyAt + Number.parseInt(head.slice(lengthAt + 18), 10)
      : !head.includes('\r\ntransfer-encoding: chunked') ||
        bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  return isWhole ? bodyAt : undefined;
}
