import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import type { ChannelMode } from '../../src/db/schema.ts';
import type { Deps } from '../../src/deps.ts';
import { buildDeps } from '../../src/deps.ts';
import { chooseAnalytics } from '../../src/features/privacy/privacy.ts';
import type { TelemetryChannel } from '../../src/telemetry/channels.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Behaviour, Destination, ReceivedRequest } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';

let app: TestApp;
let posthog: Destination;

beforeEach(async () => {
  posthog = await openDestination();
  opened.push(posthog);
  app = await createTestApp({ environment: environmentOf(posthog) });
});

const environmentOf = ({ url }: Destination) => ({ POSTHOG_API_KEY: 'phc_12345678', POSTHOG_HOST: url });

/** Another instance of the application on the same database, closed with the file. */
async function anotherInstance(of: TestApp = app): Promise<Deps> {
  const deps = await buildDeps(of.deps.config, { now: () => of.clock.now });
  opened.unshift(deps);
  return deps;
}

/** Records events whose buckets number them: 0, 60, 300, … */
async function recordEvents(count: number, deps: Deps = app.deps): Promise<void> {
  const actor = { user_id: app.ids.bob, allows_analytics: true };
  await deps.change(actor, async (_trx, record) => {
    for (let number = 0; number < count; number += 1)
      record('timer.stopped', { duration_seconds: number, project_id: number });
  });
}

const run = (deps: Deps = app.deps) => deps.telemetry.delivery.run('analytics');
const rows = () => app.deps.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const keys = async () => (await rows()).map(({ idempotency_key }) => idempotency_key);
const uuidsIn = ({ body }: ReceivedRequest): string[] =>
  (JSON.parse(body.toString()) as { batch: { uuid: string }[] }).batch.map(({ uuid }) => uuid);
/** Answers with a status whatever holds one payload, and takes the rest. */
const refusing = (key: string, status: number): Behaviour => ({
  kind: 'answer',
  status: (request) => (uuidsIn(request).includes(key) ? status : 200),
});
const taken = () => posthog.requests.filter(({ isComplete }) => isComplete).flatMap(uuidsIn);
const switchTo = (mode: ChannelMode, deps: Deps = app.deps, channel: TelemetryChannel = 'analytics') =>
  deps.telemetry.switchChannel({ user_id: app.ids.alice, allows_analytics: false }, channel, mode, 'panel');

describe('delivery', () => {
  it('takes events to their destination soon after they were queued, and to the ledger', async () => {
    app.deps.telemetry.start();
    await recordEvents(3);
    const queued = await keys();
    await posthog.until(1);
    await expect.poll(rows).toEqual([]);
    expect(taken()).toEqual(queued);
    const { entries } = await app.deps.telemetry.ledger.list({ channel: 'analytics' });
    expect(entries).toMatchObject([
      {
        request: { host: posthog.host, purpose: 'timer.stopped', body: posthog.requests[0]?.body.toString() },
        answer: { status: 200 },
      },
    ]);
  });

  it('keeps the order over many calls', async () => {
    await recordEvents(250);
    const queued = await keys();
    await run();
    expect(posthog.requests.map((request) => uuidsIn(request).length)).toEqual([100, 100, 50]);
    expect(taken()).toEqual(queued);
    expect(await rows()).toEqual([]);
  });

  it('tries again after a pause that grows, with the same ids and in the same order', async () => {
    posthog.behave({ kind: 'answer', status: 503 });
    await recordEvents(2);
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await run();
      const [row] = await rows();
      expect(row?.attempts).toBe(attempt);
      const pause = (row?.next_attempt_at ?? 0) - app.clock.now;
      expect(pause).toBeGreaterThanOrEqual(1_000);
      expect(pause).toBeLessThanOrEqual(5_000 * 2 ** (attempt - 1));
      pauses.push(pause);
      await run();
      expect(posthog.requests).toHaveLength(attempt);
      app.clock.now += pause;
    }
    expect(new Set(pauses).size).toBeGreaterThan(1);
    const first = await keys();
    await recordEvents(1);
    posthog.behave({ kind: 'answer' });
    posthog.requests.splice(0);
    await run();
    expect(taken().slice(0, 2)).toEqual(first);
    expect(taken()).toHaveLength(3);
    expect(app.deps.telemetry.delivery.problem('analytics')).toBeUndefined();
  });

  it('waits with newer payloads while an older one waits for its next attempt, also after a restart', async () => {
    posthog.behave({ kind: 'cut', at: 'answer' });
    await recordEvents(1);
    await run();
    expect(app.deps.telemetry.delivery.problem('analytics')).toMatchObject({ problem: 'reset' });
    posthog.behave({ kind: 'answer' });
    const restarted = await anotherInstance();
    await recordEvents(1, restarted);
    await run(restarted);
    expect(posthog.requests).toHaveLength(1);
    app.clock.now += 5_000;
    await run(restarted);
    expect(await rows()).toEqual([]);
    expect(new Set(taken()).size).toBe(2);
  });

  it('stays away for as long as a destination asks, up to a day', async () => {
    posthog.behave({ kind: 'answer', status: 429, headers: { 'retry-after': '7200' } });
    await recordEvents(1);
    await run();
    expect((await rows())[0]?.next_attempt_at).toBe(app.clock.now + 7_200_000);
    app.clock.now += 7_199_999;
    await run();
    expect(posthog.requests).toHaveLength(1);
    posthog.behave({ kind: 'answer', status: 429, headers: { 'retry-after': '999999999' } });
    app.clock.now += 1;
    await run();
    expect(posthog.requests).toHaveLength(2);
    expect((await rows())[0]?.next_attempt_at).toBe(app.clock.now + 86_400_000);
  });
});

describe('what a clock dates that runs ahead', () => {
  const yearMs = 365 * 86_400_000;

  it('goes out when the clock is right again, whether it was tried or not', async () => {
    posthog.behave({ kind: 'answer', status: 503 });
    app.clock.now += yearMs;
    await recordEvents(2);
    const queued = await keys();
    await run();
    expect(await rows()).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    await recordEvents(1);
    app.clock.now -= yearMs;
    posthog.behave({ kind: 'answer' });
    posthog.requests.splice(0);
    await run();
    expect(await rows()).toEqual([]);
    expect(taken().slice(0, 2)).toEqual(queued);
    expect(taken()).toHaveLength(3);
  });
});

describe('a payload that is refused', () => {
  it('is dropped alone: those of the same call arrive', async () => {
    await recordEvents(30);
    const queued = await keys();
    const bad = queued[11] ?? '';
    posthog.behave(refusing(bad, 400));
    await run();
    expect(await rows()).toEqual([]);
    const arrived = posthog.requests.filter(({ status }) => status === 200).flatMap(uuidsIn);
    expect(arrived).toEqual(queued.filter((key) => key !== bad));
    expect(await app.deps.metrics.render()).toContain(
      'tt_events_total{event="timer.stopped",outcome="rejected"} 1',
    );
  });

  it('was sent, so that it does not count as dropped', async () => {
    posthog.behave({ kind: 'answer', status: 422 });
    await recordEvents(1);
    await run();
    expect(await app.deps.metrics.render()).not.toContain('outcome="dropped"');
  });

  it('is one of all where the destination refuses everything: no call for each', async () => {
    posthog.behave({ kind: 'answer', status: 400 });
    await recordEvents(250);
    await run();
    expect(await rows()).toEqual([]);
    expect(posthog.requests.length).toBeLessThan(10);
    expect(await app.deps.metrics.render()).toContain(
      'tt_events_total{event="timer.stopped",outcome="rejected"} 250',
    );
  });

  it('or makes the destination fail, does not hold up the others for ever', async () => {
    await recordEvents(8);
    const [bad = '', ...others] = await keys();
    posthog.behave(refusing(bad, 500));
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await run();
      app.clock.now += 30 * 60_000;
    }
    expect(await keys()).toEqual([bad]);
    const arrived = posthog.requests.filter(({ status }) => status === 200).flatMap(uuidsIn);
    expect(arrived.sort()).toEqual(others.sort());
    await recordEvents(1);
    await run();
    expect(await keys()).toEqual([bad]);
  });
});

describe('what delivery logs', () => {
  it('names no request and nobody, though a request woke it', async () => {
    posthog.behave({ kind: 'answer', status: 503 });
    app.deps.telemetry.start();
    // What it began with is over: the next look but one is far away, so that the request sets it.
    await run();
    await sleep(1_500);
    await app.as('bob').post('/timer/start', { text: 'one' }).expect(303);
    const lines = () => app.logLines().filter(({ msg }) => msg === 'telemetry is tried again later');
    await expect.poll(() => lines().length, { timeout: 5_000 }).toBe(1);
    expect(lines()[0]).toMatchObject({ channel: 'analytics', problem: 'http_503' });
    expect(lines()[0]).not.toHaveProperty('request_id');
    expect(lines()[0]).not.toHaveProperty('user_id');
  });
});

describe('one of several instances', () => {
  it('delivers at a time: nothing arrives twice, whoever queued it', async () => {
    const other = await anotherInstance();
    await other.telemetry.consents.refresh();
    posthog.behave({ kind: 'answer', afterMs: 30 });
    app.deps.telemetry.start();
    other.telemetry.start();
    for (let round = 0; round < 10; round += 1)
      await Promise.all([recordEvents(20), recordEvents(20, other)]);
    await expect.poll(rows, { timeout: 15_000, interval: 100 }).toEqual([]);
    expect(taken()).toHaveLength(400);
    expect(new Set(taken()).size).toBe(400);
  });

  it('takes over from one that died, when its lease has ended', async () => {
    await recordEvents(1);
    await app.deps.db
      .insertInto('jobs')
      .values({
        ...{ name: 'deliver_analytics', holder: 'dead', lease_until: app.clock.now + 5_000 },
        last_success_at: null,
      })
      .execute();
    await run();
    expect(posthog.connections()).toBe(0);
    app.clock.now += 5_000;
    await run();
    expect(taken()).toHaveLength(1);
  });
});

describe('nothing leaves', () => {
  it('while nobody has set the server up, though everything is configured and something waits', async () => {
    const empty = await createTestApp({ environment: environmentOf(posthog), empty: true });
    empty.deps.telemetry.start();
    await insertRow(empty, 'queued');
    await empty.deps.telemetry.delivery.run('analytics');
    expect(posthog.connections()).toBe(0);
  });

  it('under a veto, and what waits is dropped', async () => {
    const vetoed = await createTestApp({ environment: { ...environmentOf(posthog), DO_NOT_TRACK: '1' } });
    await insertRow(vetoed, 'queued');
    vetoed.deps.telemetry.start();
    const waiting = () => vetoed.deps.db.selectFrom('outbox').select('id').execute();
    await expect.poll(waiting).toEqual([]);
    expect(posthog.connections()).toBe(0);
  });

  it('and nobody asks the database, where no channel has a destination', async () => {
    const { deps } = await createTestApp();
    const queries = async () =>
      [...(await deps.metrics.render()).matchAll(/tt_db_query_seconds_count\{.*?\} (\d+)/g)].map(String);
    const before = await queries();
    deps.telemetry.start();
    deps.record('timer.discarded', { user_id: null, allows_analytics: true }, { duration_seconds: 5 });
    await deps.telemetry.stop();
    expect(await queries()).toEqual(before);
  });
});

async function insertRow({ deps }: TestApp, state: 'held' | 'queued'): Promise<void> {
  const at = deps.now();
  const properties = { $process_person_profile: false };
  const event = { uuid: 'a0000000-0000-4000-8000-000000000001', event: 'timer.stopped', distinct_id: 'd' };
  await deps.db
    .insertInto('outbox')
    .values({
      ...{ channel: 'analytics', purpose: 'timer.stopped', idempotency_key: event.uuid, user_id: null },
      body: JSON.stringify({ ...event, timestamp: new Date(at).toISOString(), properties }),
      ...{ consent_id: null, state, attempts: 0, next_attempt_at: at, created_at: at },
    })
    .execute();
}

describe('a withdrawal', () => {
  /** The time of the tests stands still, but that of a withdrawal is what this is about. */
  const ticking = () => {
    const offset = Date.now() - app.clock.now;
    Object.defineProperty(app.clock, 'now', { get: () => Date.now() - offset });
  };
  const bytesOneSecondLater = async () => {
    await sleep(1_000);
    return posthog.bytes().length;
  };

  it('drops what waits, cuts the call that is out, and lets nothing after it', async () => {
    posthog.behave({ kind: 'silence' });
    app.deps.telemetry.start();
    await recordEvents(150);
    await posthog.until(1);
    await switchTo('off');
    expect(await rows()).toEqual([]);
    const sent = posthog.bytes().length;
    posthog.behave({ kind: 'answer' });
    await recordEvents(5);
    expect(await bytesOneSecondLater()).toBe(sent);
    expect([posthog.connections(), posthog.open()]).toEqual([1, 0]);
    const { entries } = await app.deps.telemetry.ledger.list({ channel: 'analytics' });
    expect(entries).toMatchObject([{ answer: { status: null, problem: 'aborted' } }]);
    expect(eventLines('admin.telemetry_toggled')).toMatchObject([
      { channel: 'analytics', mode: 'off', source: 'panel', user_id: app.ids.alice },
    ]);
  });

  it('on another instance does the same here', async () => {
    ticking();
    posthog.behave({ kind: 'silence' });
    const other = await anotherInstance();
    app.deps.telemetry.start();
    await recordEvents(150);
    await posthog.until(1);
    await switchTo('off', other);
    await expect.poll(posthog.open, { timeout: 5_000 }).toBe(0);
    const sent = posthog.bytes().length;
    posthog.behave({ kind: 'answer' });
    await recordEvents(5);
    expect(await bytesOneSecondLater()).toBe(sent);
    expect(posthog.connections()).toBe(1);
    expect(await rows()).toEqual([]);
  });

  const tooLarge: Behaviour = {
    kind: 'answer',
    status: (request) => (uuidsIn(request).length > 1 ? 413 : 200),
  };
  const objection = { analytics_choice: 'out', signal: false } as const;

  it('of one person cuts the call that carries something of theirs; the rest goes again', async () => {
    posthog.behave({ kind: 'silence' });
    app.deps.telemetry.start();
    await recordEvents(2);
    const actor = { user_id: app.ids.charlie, allows_analytics: true };
    await app.deps.change(actor, async (_trx, record) => record('tag.created', { source: 'form' }));
    const charlies = (await keys())[2];
    await posthog.until(1);
    posthog.behave({ kind: 'answer' });
    await chooseAnalytics(app.deps, app.ids.bob, objection);
    await posthog.until(2);
    await sleep(1_000);
    expect(posthog.requests.slice(1).map(uuidsIn)).toEqual([[charlies]]);
    expect(await rows()).toEqual([]);
  });

  it.each([
    ['of one person', (deps: Deps) => chooseAnalytics(deps, app.ids.bob, objection)],
    ['into review mode', (deps: Deps) => switchTo('review', deps)],
    ['of everything', (deps: Deps) => switchTo('off', deps)],
  ])('%s on another instance is known before the next request of a call', async (_what, withdraw) => {
    const other = await anotherInstance();
    await recordEvents(4);
    posthog.behave(tooLarge);
    posthog.hook({ onRequest: (_request, index) => (index === 0 ? withdraw(other) : undefined) });
    await run();
    expect(posthog.requests).toHaveLength(1);
    expect((await rows()).every(({ state }) => state === 'held')).toBe(true);
  });

  it('into review mode cuts the call that is out, and holds what it carried', async () => {
    posthog.behave({ kind: 'silence' });
    app.deps.telemetry.start();
    await recordEvents(2);
    await posthog.until(1);
    await switchTo('review');
    await expect.poll(posthog.open).toBe(0);
    posthog.behave({ kind: 'answer' });
    await sleep(1_000);
    expect(posthog.requests).toHaveLength(1);
    expect(await rows()).toMatchObject([{ state: 'held' }, { state: 'held' }]);
  });

  it('reaches what a slow request queues after it, and what is switched on later does not bring it back', async () => {
    const other = await anotherInstance();
    await recordEvents(1);
    await switchTo('off', other);
    expect(await rows()).toEqual([]);
    // This instance has not heard of it yet.
    await recordEvents(3);
    expect(await rows()).toHaveLength(3);
    await switchTo('auto', other);
    expect(await rows()).toEqual([]);
    await run(other);
    expect(posthog.connections()).toBe(0);
  });

  it('is one change with the dropping: when it fails, nothing has happened', async () => {
    await recordEvents(2);
    const failed = switchTo('sometimes' as ChannelMode);
    await expect(failed).rejects.toThrow();
    expect(await rows()).toHaveLength(2);
    expect(
      await app.deps.db.selectFrom('consents').select('id').where('source', '=', 'panel').execute(),
    ).toEqual([]);
  });

  it('is in force as soon as its transaction is over: an event of that moment is neither queued nor sent', async () => {
    app.deps.telemetry.start();
    await recordEvents(1);
    await expect.poll(rows, { timeout: 5_000 }).toEqual([]);
    const { consents } = app.deps.telemetry;
    const unsubscribe = consents.onChange(() => {
      for (let count = 0; count < 5; count += 1)
        app.deps.record(
          'timer.discarded',
          { user_id: null, allows_analytics: true },
          { duration_seconds: 5 },
        );
    });
    await switchTo('off');
    unsubscribe();
    await recordEvents(5);
    await app.deps.telemetry.stop();
    expect(await rows()).toEqual([]);
    expect(posthog.requests).toHaveLength(1);
    const figures = await app.deps.metrics.render();
    expect(figures).toContain('tt_events_total{event="timer.discarded",outcome="withheld"} 5');
    expect(figures).toContain('tt_events_total{event="timer.stopped",outcome="withheld"} 5');
    expect(figures).not.toContain('outcome="dropped"');
  });

  // The embedded database's triggers are a line; what is told apart here is not the database's.
  it.runIf(inject('postgres') === undefined)(
    'holds also when nobody can read what was decided: nothing is queued, and the call that is out is cut',
    async () => {
      app.expectErrors();
      posthog.behave({ kind: 'silence' });
      app.deps.telemetry.start();
      await recordEvents(3);
      await posthog.until(1);
      await sql`create trigger spoil after insert on consents
        begin update consents set covered = 'no list' where id = new.id; end`.execute(app.deps.db);
      await expect(switchTo('off')).rejects.toThrow('JSON');
      await recordEvents(2);
      expect(await rows()).toEqual([]);
      await expect.poll(posthog.open).toBe(0);
      expect(posthog.connections()).toBe(1);
    },
  );

  it('of one channel leaves the others alone', async () => {
    await recordEvents(2);
    await switchTo('off', app.deps, 'errors');
    expect(await rows()).toHaveLength(2);
    await run();
    expect(taken()).toHaveLength(2);
  });
});

const eventLines = (name: string) => app.logLines().filter((line) => line['event'] === name);

describe('review mode', () => {
  it('sends nothing that was not released, also not what another instance queued before it knew', async () => {
    const other = await anotherInstance();
    await other.telemetry.consents.refresh();
    await switchTo('review');
    await recordEvents(2);
    await recordEvents(2, other);
    await run();
    expect(posthog.connections()).toBe(0);
    expect((await rows()).map(({ state }) => state)).toEqual(['held', 'held', 'held', 'held']);
    const [first] = await rows();
    await app.deps.telemetry.outbox.release('analytics', [first?.id ?? 0]);
    await run();
    expect(taken()).toEqual([first?.idempotency_key]);
    expect(await rows()).toHaveLength(3);
  });
});

describe('a preview', () => {
  it('has the exact bytes of the next call, and sends nothing', async () => {
    await recordEvents(3);
    const preview = await app.deps.telemetry.preview('analytics');
    expect(preview).toMatchObject({ host: posthog.host, is_sample: false });
    expect(posthog.connections()).toBe(0);
    await run();
    expect(preview?.bytes).toBe(posthog.requests[0]?.body.toString());
    expect(preview?.bytes).not.toContain('sent_at');
  });

  it('is a sample while nothing waits, and nothing where there is no destination', async () => {
    const preview = await app.deps.telemetry.preview('analytics');
    expect(preview).toMatchObject({ host: posthog.host, is_sample: true });
    expect(preview?.bytes).toContain('admin.telemetry_viewed');
    expect(await app.deps.telemetry.preview('errors')).toBeUndefined();
    expect((await app.deps.telemetry.preview('installation'))?.bytes).toContain('telemetry.test');
    expect(posthog.connections()).toBe(0);
  });
});

describe('a test', () => {
  it('goes at once, past what waits, and is in the ledger as a test', async () => {
    await recordEvents(2);
    expect(await app.deps.telemetry.sendTest('analytics')).toMatchObject({ status: 200, problem: null });
    expect(taken()).toHaveLength(1);
    expect(await rows()).toHaveLength(2);
    const { entries } = await app.deps.telemetry.ledger.list({ channel: 'analytics' });
    expect(entries).toMatchObject([{ request: { purpose: 'test' }, outcome: 'delivered' }]);
  });

  it('says what is wrong with the destination, or why it may not go', async () => {
    await posthog.shut();
    expect(await app.deps.telemetry.sendTest('analytics')).toMatchObject({
      ...{ status: null, problem: 'refused' },
    });
    expect(await app.deps.telemetry.sendTest('errors')).toEqual({ refused: 'not_configured' });
    expect(await app.deps.telemetry.sendTest('installation')).toEqual({ refused: 'not_chosen' });
    await switchTo('off');
    expect(await app.deps.telemetry.sendTest('analytics')).toEqual({ refused: 'switched_off' });
  });
});

describe('the end', () => {
  it('lets a call come back that is out, so that nothing is sent twice', async () => {
    posthog.behave({ kind: 'answer', afterMs: 300 });
    app.deps.telemetry.start();
    await recordEvents(2);
    await posthog.until(1);
    await app.deps.telemetry.stop();
    expect(await rows()).toEqual([]);
  });

  it('cuts a call that does not come back, and keeps what it was about', async () => {
    posthog.behave({ kind: 'silence' });
    app.deps.telemetry.start();
    await recordEvents(2);
    await posthog.until(1);
    await app.deps.telemetry.stop();
    await expect.poll(posthog.open).toBe(0);
    expect(await rows()).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
  });
});
