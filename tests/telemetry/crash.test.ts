import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Payload } from '../../src/telemetry/channels.ts';
import type { TestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Destination, ReceivedRequest } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { ServerWorld } from './server-world.ts';
import { createServerWorld } from './server-world.ts';

/**
 * Real server processes that end at every point of a delivery, and what their destination and the ledger have after the
 * next start. Where a process is, is known from what the destination has of it so far.
 */

const queued = 15;
type Channel = 'analytics' | 'errors';
type Way = 'SIGKILL' | 'SIGTERM' | 'throw' | 'exit';
const ways: Way[] = ['SIGKILL', 'SIGTERM', 'throw', 'exit'];

interface World extends Pick<ServerWorld, 'app' | 'cookieOf'> {
  destination: Destination;
  start: (way?: Way) => Promise<ServerProcess>;
}

const fixture = join(import.meta.dirname, 'fixtures', 'die-on-signal.ts');

/** A database, a destination, and servers to be started on them. */
async function createWorld(channel: Channel): Promise<World> {
  const destination = await openDestination();
  opened.push(destination);
  const { app, start, cookieOf } = await createServerWorld(
    channel === 'errors'
      ? { SENTRY_DSN: `http://0123456789abcdef@${destination.host}/1` }
      : { POSTHOG_API_KEY: 'phc_12345678', POSTHOG_HOST: destination.url },
  );
  return {
    ...{ app, destination, cookieOf },
    start: (way) =>
      start(way === undefined ? {} : { environment: { DIE_BY: way }, execArgv: [`--import=${fixture}`] }),
  };
}

function end(server: ServerProcess, way: Way): Promise<unknown> {
  server.kill(way === 'throw' || way === 'exit' ? 'SIGUSR2' : way);
  return server.ended;
}

/** Queues as a request would, in a process that then does not deliver. */
async function queue({ app }: World, channel: Channel): Promise<void> {
  const { deps } = app;
  if (channel === 'errors') {
    await deps.telemetry.consents.refresh();
    await deps.telemetry.outbox.enqueue(
      deps.db,
      Array.from({ length: queued }, (_, index) => envelope(index)),
    );
    return;
  }
  await deps.change({ user_id: app.ids.bob, allows_analytics: true }, async (_trx, record) => {
    for (let client_id = 1; client_id <= queued; client_id += 1) record('client.created', { client_id });
  });
}

function envelope(index: number): Payload {
  const event_id = `${index}`.padStart(32, 'e');
  const header = JSON.stringify({ event_id, sent_at: '2026-03-04T09:00:00.000Z' });
  const body = `${header}\n{"type":"event"}\n${JSON.stringify({ event_id, message: `number ${index}` })}`;
  return { channel: 'errors', purpose: 'error', idempotency_key: event_id, user_id: null, body };
}

/** What a destination has that takes what it read to its end, answered or not, and knows a second copy by its key. */
function kept({ requests }: Destination): Map<string, string> {
  const store = new Map<string, string>();
  for (const { key, what } of requests.filter(({ isComplete }) => isComplete).flatMap(eventsOf)) {
    // The same key must never stand for something else.
    expect(store.get(key) ?? what).toBe(what);
    store.set(key, what);
  }
  return store;
}

function eventsOf({ body, path }: ReceivedRequest): { key: string; what: string }[] {
  if (path.endsWith('/envelope/')) {
    const [header, , event] = body.toString().split('\n');
    const { event_id } = JSON.parse(header ?? '') as { event_id: string };
    return [{ key: event_id, what: (JSON.parse(event ?? '') as { message: string }).message }];
  }
  const { batch } = JSON.parse(body.toString()) as {
    batch: { uuid: string; event: string; properties: { client_id?: string } }[];
  };
  return batch.map(({ uuid, event, properties }) => ({
    key: uuid,
    what: `${event} ${properties.client_id ?? ''}`,
  }));
}

async function untilEmpty({ deps }: TestApp): Promise<void> {
  const giveUpAt = performance.now() + 40_000;
  for (;;) {
    const waiting = await deps.db.selectFrom('outbox').select('id').execute();
    if (waiting.length === 0) return;
    if (performance.now() > giveUpAt) throw new Error(`${waiting.length} payloads still wait`);
    await sleep(100);
  }
}

/** All 15 are there, each under one key and not a second time under another; and the ledger has every byte of it. */
async function expectWhole({ app, destination }: World): Promise<void> {
  await untilEmpty(app);
  const whats = [...kept(destination).values()].filter((what) => /^(client\.created|number) /.test(what));
  expect(whats).toHaveLength(queued);
  expect(new Set(whats).size).toBe(queued);
  const { telemetry } = app.deps;
  expect(await telemetry.ledger.verify()).toMatchObject({ ok: true });
  const recorded = new Set<string>();
  for await (const line of telemetry.ledger.download({})) {
    const { kind, body } = JSON.parse(line) as { kind: string; body: string | null };
    if (kind === 'request' && body !== null) recorded.add(body);
  }
  for (const { body, isComplete } of destination.requests)
    if (isComplete) expect(recorded).toContain(body.toString());
}

/** Where the process is when it ends, by what its destination has of the request in question. */
const points = {
  'before the first byte of a body': 'onHead',
  'in the middle of a body': 'onBody',
  'when all was sent and nothing answered': 'onRequest',
  'when the answer is on its way': 'onAnswered',
} as const;

async function dieAt(
  world: World,
  point: (typeof points)[keyof typeof points],
  { way, request }: { way: Way; request: number },
): Promise<void> {
  const { destination } = world;
  const reached = Promise.withResolvers<ServerProcess>();
  const dead = Promise.withResolvers<unknown>();
  const server = Promise.withResolvers<ServerProcess>();
  destination.hook({
    [point]: async (_request: ReceivedRequest, index: number) => {
      if (index !== request) return;
      const started = await server.promise;
      reached.resolve(started);
      const ended = end(started, way);
      dead.resolve(ended);
      // The answer, if there is one, comes too late.
      await ended;
    },
  });
  // Of a small body the system has everything when its first bytes are read: whoever is cut off there has not taken it.
  const at = point === 'onHead' ? 'head' : point === 'onBody' ? 'body' : undefined;
  destination.behave((_request, index) =>
    at !== undefined && index === request ? { kind: 'cut', at } : { kind: 'answer' },
  );
  server.resolve(await world.start(way));
  await reached.promise;
  await dead.promise;
  destination.hook({});
}

describe.concurrent('15 queued events and a process that ends', { timeout: 90_000 }, () => {
  const cases = ways.flatMap((way) => Object.entries(points).map(([name, point]) => ({ way, name, point })));

  it.for(cases)('by $way $name: all arrive once', async ({ way, point }) => {
    const world = await createWorld('analytics');
    await queue(world, 'analytics');
    await dieAt(world, point, { way, request: 0 });
    await world.start();
    await expectWhole(world);
  });

  it.for(ways)('by %s amid several calls: all arrive once', async (way) => {
    const world = await createWorld('errors');
    await queue(world, 'errors');
    await dieAt(world, 'onRequest', { way, request: 7 });
    const before = world.destination.requests.length;
    await world.start();
    await expectWhole(world);
    // What the first process finished was not sent again by the second.
    expect(world.destination.requests.length).toBeLessThanOrEqual(before + queued - 7 + 1);
  });

  it.for([0, 20, 60, 120, 200, 320])('by SIGKILL %i ms after its start: all arrive once', async (ms) => {
    const world = await createWorld('errors');
    world.destination.behave({ kind: 'answer', afterMs: 10 });
    await queue(world, 'errors');
    const server = await world.start();
    await sleep(ms);
    await end(server, 'SIGKILL');
    await world.start();
    await expectWhole(world);
  });

  it.for(ways)('by %s right after the requests that queued them: all arrive once', async (way) => {
    const world = await createWorld('analytics');
    const { destination } = world;
    destination.behave({ kind: 'silence' });
    const server = await world.start(way);
    const cookie = await world.cookieOf('alice');
    for (let number = 1; number <= queued; number += 1) {
      const answer = await fetch(`${server.address}/clients`, {
        method: 'POST',
        headers: { cookie },
        body: new URLSearchParams({ name: `Client ${number}` }),
        redirect: 'manual',
      });
      expect(answer.status).toBe(303);
    }
    await end(server, way);
    destination.behave({ kind: 'answer' });
    await world.start();
    await expectWhole(world);
  });
});
