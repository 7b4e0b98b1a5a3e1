import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Payload, TelemetryChannel } from '../../src/telemetry/channels.ts';
import type { ChannelMode } from '../../src/db/schema.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

const environment = {
  POSTHOG_API_KEY: 'phc_12345678',
  POSTHOG_HOST: 'https://posthog.example.com',
  SENTRY_DSN: 'https://key@errors.example.com/1',
};

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp({ environment: { ...environment, OUTBOX_MAX_ROWS: '10' } });
  await app.deps.telemetry.consents.refresh();
});

const payload = (changed: Partial<Payload> = {}): Payload => ({
  channel: 'analytics',
  purpose: 'timer.started',
  idempotency_key: randomUUID(),
  user_id: app.ids.bob,
  body: '{"event":"timer.started"}',
  ...changed,
});
const enqueue = (...payloads: Payload[]) => app.deps.telemetry.outbox.enqueue(app.deps.db, payloads);
const rows = () => app.deps.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const bodies = async () => (await rows()).map(({ body }) => body);
const switchTo = (mode: ChannelMode, channel: TelemetryChannel = 'analytics') =>
  app.deps.telemetry.switchChannel({ user_id: app.ids.alice }, channel, mode, 'panel');
const dropped = async (event: string) =>
  new RegExp(`tt_events_total\\{event="${event}",outcome="dropped"\\} (\\d+)`).exec(
    await app.deps.metrics.render(),
  )?.[1];

describe('a payload', () => {
  it('waits for its first attempt, with the agreement it was queued under', async () => {
    await switchTo('auto');
    await app.deps.db.deleteFrom('outbox').execute();
    await enqueue(payload());
    expect(await rows()).toMatchObject([
      {
        ...{ channel: 'analytics', state: 'queued', attempts: 0, user_id: app.ids.bob },
        ...{ next_attempt_at: app.clock.now, created_at: app.clock.now },
        consent_id: app.deps.telemetry.consents.current('analytics')?.id,
      },
    ]);
  });

  it('waits as it was handed in, whatever is in its text', async () => {
    await switchTo('auto');
    await app.deps.db.deleteFrom('outbox').execute();
    const body = JSON.stringify({
      text: `"quoted" \\ 'single' ; -- ? $1 \u0000 \n ä 🕐 \u2028`,
      list: [null, 1.5, true],
    });
    await enqueue(payload({ body, user_id: null }), payload({ body: '[]' }));
    expect(await rows()).toMatchObject([
      { body, user_id: null },
      { body: '[]', user_id: app.ids.bob },
    ]);
  });

  it('is held in review mode, and not kept at all while its channel is off', async () => {
    await switchTo('review', 'errors');
    await switchTo('off');
    await enqueue(payload(), payload({ channel: 'errors', purpose: 'error' }));
    expect(await rows()).toMatchObject([{ channel: 'errors', state: 'held' }]);
  });

  it('is queued once, however often it is handed in', async () => {
    const one = payload();
    await enqueue(one, one);
    await enqueue(one);
    expect(await rows()).toHaveLength(1);
  });

  it('about somebody who is gone is left out, and takes no other along', async () => {
    await enqueue(payload(), payload({ user_id: 4711 }), payload({ user_id: null }));
    expect((await rows()).map(({ user_id }) => user_id)).toEqual([app.ids.bob, null]);
  });

  it('is not there when the change that it tells of did not happen', async () => {
    const { change, telemetry } = app.deps;
    const failed = change({ user_id: app.ids.bob }, async (trx) => {
      await telemetry.outbox.enqueue(trx, [payload()]);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await rows()).toEqual([]);
  });

  it('goes with the person it is about', async () => {
    await enqueue(payload({ user_id: app.ids.charlie }), payload());
    await app.deps.db.deleteFrom('users').where('id', '=', app.ids.charlie).execute();
    expect(await rows()).toMatchObject([{ user_id: app.ids.bob }]);
  });
});

describe('the bound', () => {
  it('keeps the newest of a channel and counts the others as dropped', async () => {
    await enqueue(payload({ channel: 'errors', purpose: 'error', body: 'mine' }));
    for (let number = 1; number <= 25; number += 1) await enqueue(payload({ body: String(number) }));
    const newest = Array.from({ length: 10 }, (_, index) => String(index + 16));
    await expect.poll(bodies).toEqual(['mine', ...newest]);
    expect(await dropped('timer.started')).toBe('15');
  });

  it('holds for one insert of many as well, and for what was there before this server started', async () => {
    await enqueue(...Array.from({ length: 1200 }, (_, index) => payload({ body: String(index) })));
    await expect.poll(async () => (await rows()).length).toBe(10);
    await app.deps.db
      .insertInto('outbox')
      .values(
        Array.from({ length: 30 }, () => ({
          ...payload({ body: 'old' }),
          ...({ state: 'queued', attempts: 0, next_attempt_at: 0, created_at: app.clock.now } as const),
        })),
      )
      .execute();
    await enqueue(payload({ body: 'new' }));
    await expect.poll(async () => (await rows()).length).toBe(10);
    expect((await bodies()).at(-1)).toBe('new');
  });

  it('is also one of age: seven days', async () => {
    await enqueue(payload({ body: 'old' }));
    app.clock.now += 7 * 24 * 3_600_000;
    await enqueue(payload({ body: 'new' }));
    await app.deps.telemetry.outbox.expire();
    expect(await bodies()).toEqual(['old', 'new']);
    app.clock.now += 1;
    await app.deps.telemetry.outbox.expire();
    expect(await bodies()).toEqual(['new']);
    expect(await dropped('timer.started')).toBe('1');
  });

  it('is not kept for ever when a clock that ran ahead has dated it', async () => {
    app.clock.now += 365 * 24 * 3_600_000;
    await enqueue(payload());
    app.clock.now -= 365 * 24 * 3_600_000;
    await app.deps.telemetry.outbox.expire();
    expect(await rows()).toMatchObject([{ created_at: app.clock.now, next_attempt_at: app.clock.now }]);
    app.clock.now += 7 * 24 * 3_600_000 + 1;
    await app.deps.telemetry.outbox.expire();
    expect(await rows()).toEqual([]);
  });
});

describe('review', () => {
  beforeEach(async () => {
    await switchTo('review');
    await app.deps.db.deleteFrom('outbox').execute();
    await enqueue(payload({ body: 'a' }), payload({ body: 'b' }), payload({ body: 'c' }));
  });

  it('lets go what is chosen, and throws away what is chosen', async () => {
    const { outbox } = app.deps.telemetry;
    const [a, b] = await rows();
    expect(await outbox.release('analytics', [a?.id ?? 0])).toBe(1);
    expect(await outbox.discard('analytics', [b?.id ?? 0])).toBe(1);
    expect(await rows()).toMatchObject([
      { body: 'a', state: 'queued' },
      { body: 'c', state: 'held' },
    ]);
    expect(await outbox.release('analytics', { up_to: 1_000_000 })).toBe(1);
    expect(await outbox.discard('analytics', { up_to: 1_000_000 })).toBe(0);
    expect((await rows()).map(({ state }) => state)).toEqual(['queued', 'queued']);
  });

  it('is asked about the right channel only', async () => {
    const { outbox } = app.deps.telemetry;
    const ids = (await rows()).map(({ id }) => id);
    expect(await outbox.release('errors', ids)).toBe(0);
    expect(await outbox.discard('errors', { up_to: 1_000_000 })).toBe(0);
    expect((await rows()).map(({ state }) => state)).toEqual(['held', 'held', 'held']);
  });

  it('does not take back what was released when it is chosen once more', async () => {
    const { outbox } = app.deps.telemetry;
    const [a] = await rows();
    await outbox.release('analytics', [a?.id ?? 0]);
    await switchTo('review');
    const states = await rows();
    expect(states.slice(0, 3).map(({ state }) => state)).toEqual(['queued', 'held', 'held']);
    expect(states[0]?.consent_id).toBe(app.deps.telemetry.consents.current('analytics')?.id);
  });

  it('also holds what is queued when it begins', async () => {
    await switchTo('auto');
    await app.deps.telemetry.outbox.release('analytics', { up_to: 1_000_000 });
    await switchTo('review');
    const states = (await rows()).map(({ state }) => state);
    expect(states.length).toBeGreaterThanOrEqual(3);
    expect(new Set(states)).toEqual(new Set(['held']));
  });
});

describe('a list', () => {
  it('has pages of fifty, oldest first, of all or of one state', async () => {
    const roomy = await createTestApp({ environment });
    const { consents, outbox } = roomy.deps.telemetry;
    await consents.refresh();
    app = roomy;
    await enqueue(...Array.from({ length: 60 }, (_, index) => payload({ body: String(index) })));
    const first = await outbox.list('analytics', { page: 1 });
    const second = await outbox.list('analytics', { page: 2 });
    expect([first.rows.length, first.total, first.total_pages]).toEqual([50, 60, 2]);
    expect(second.rows.map(({ body }) => body)).toEqual(
      Array.from({ length: 10 }, (_, index) => String(index + 50)),
    );
    expect(await outbox.list('analytics', { state: 'held', page: 1 })).toEqual({
      ...{ rows: [], total: 0, total_pages: 1 },
    });
    expect((await outbox.list('errors', { page: 1 })).rows).toEqual([]);
  });
});

it('drops what waits about one person, in analytics', async () => {
  await enqueue(
    payload({ body: 'bob' }),
    payload({ body: 'charlie', user_id: app.ids.charlie }),
    payload({ body: 'nobody', user_id: null }),
    payload({ body: 'error', channel: 'errors', purpose: 'error' }),
  );
  expect(await app.deps.telemetry.outbox.dropPerson(app.deps.db, app.ids.bob)).toBe(1);
  expect(await bodies()).toEqual(['charlie', 'nobody', 'error']);
});

it('tells its depth, also to whoever scrapes', async () => {
  await switchTo('review', 'errors');
  await app.deps.db.deleteFrom('outbox').execute();
  await enqueue(payload(), payload(), payload({ channel: 'errors', purpose: 'error' }));
  const depth = await app.deps.telemetry.outbox.depth();
  expect(depth.get('analytics')).toEqual({ held: 0, queued: 2 });
  expect(depth.get('errors')).toEqual({ held: 1, queued: 0 });
  app.clock.now += 90_000;
  const metrics = await app.deps.metrics.render();
  expect(metrics).toContain('tt_outbox_depth{channel="analytics"} 2');
  expect(metrics).toContain('tt_outbox_oldest_age_seconds{channel="analytics"} 90');
  expect(metrics).toContain('tt_outbox_depth{channel="errors"} 1');
  expect(metrics).toContain('tt_outbox_depth{channel="installation"} 0');
  expect(metrics).toContain('tt_outbox_oldest_age_seconds{channel="errors"} 0');
});
