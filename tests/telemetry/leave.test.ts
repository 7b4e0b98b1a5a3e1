import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { runInContext } from '../../src/observability/request-context.ts';
import type { RequestContext } from '../../src/observability/request-context.ts';
import type { Payload } from '../../src/telemetry/channels.ts';
import { createConsentStore } from '../../src/telemetry/consent-store.ts';
import { insertConsent } from '../../src/telemetry/consents.queries.ts';
import { createLeave } from '../../src/telemetry/leave.ts';
import { createOutbox } from '../../src/telemetry/outbox.ts';
import type { OutwardEvent } from '../../src/telemetry/outward.ts';
import { pseudonym } from '../../src/telemetry/pseudonym.ts';
import { createChange, createRecord } from '../../src/telemetry/record.ts';
import { agreementWithout } from '../support/agreement.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
beforeEach(async () => {
  await app.deps.db.deleteFrom('consents').execute();
  await app.deps.db.deleteFrom('outbox').execute();
});

const destination = { posthog_api_key: 'phc_12345678', posthog_host: 'https://posthog.example.com' };

/** The way out with a real outbox on the real database; nothing delivers. */
function build(changed: Partial<Config> = {}, enqueue?: (payloads: Payload[]) => Promise<void>) {
  const { db, log, settings } = app.deps;
  const config = { ...app.deps.config, ...destination, ...changed };
  const outcomes: string[] = [];
  const countEvent = (event: string, outcome: string, count = 1) =>
    void outcomes.push(...Array.from({ length: count }, () => `${event} ${outcome}`));
  const consents = createConsentStore({ db, config, isSetUp: async () => true, now: () => app.clock.now });
  const outbox = createOutbox({
    db,
    consents,
    maxRows: 100,
    now: () => app.clock.now,
    countDropped: () => undefined,
    onQueued: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const leave = createLeave({
    db,
    config,
    consents,
    outbox: enqueue ? { enqueue: (_db, payloads) => enqueue(payloads) } : outbox,
    secret: settings.secret,
    now: () => app.clock.now,
    logger: log.logger,
    countEvent,
  });
  const sinks = { logger: log.logger, startedAt: app.clock.now, countEvent, leave };
  return { record: createRecord(sinks), change: createChange(db, sinks), leave, consents, outcomes };
}

const rows = () => app.deps.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const events = async () => (await rows()).map(({ body }) => JSON.parse(body) as OutwardEvent);

type Chooser = NonNullable<RequestContext['chooser']>['analytics_choice'];
const asBob = <T>(analytics_choice: Chooser, signal: boolean, work: () => T): T =>
  runInContext(
    {
      request_id: 'r-1',
      chooser: { user_id: app.ids.bob, analytics_choice },
      ...(signal ? { opt_out_signal: true as const } : {}),
    },
    work,
  );
const stop = { duration_seconds: 4000, project_id: 7 };

const turns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('an event outside of a change', () => {
  it('is queued soon: body, key, person, and the counts', async () => {
    const { record, leave, outcomes } = build();
    asBob(null, false, () => record('timer.stopped', { user_id: app.ids.bob }, stop));
    await leave.settled();
    const [row, ...more] = await rows();
    expect(more).toEqual([]);
    const event = JSON.parse(row?.body ?? '') as OutwardEvent;
    expect(row).toMatchObject({
      channel: 'analytics',
      purpose: 'timer.stopped',
      user_id: app.ids.bob,
      state: 'queued',
      idempotency_key: event.uuid,
    });
    const secret = await app.deps.settings.secret();
    expect(event).toMatchObject({
      event: 'timer.stopped',
      distinct_id: pseudonym(secret, { namespace: 'analytics', kind: 'user', id: app.ids.bob }),
      properties: { duration_seconds: 3600 },
    });
    expect(outcomes).toEqual(['timer.stopped recorded', 'timer.stopped queued']);
  });

  it('goes with others of the same moment in one insert, in their order', async () => {
    const inserts: string[][] = [];
    const { record, leave } = build({}, async (payloads) => {
      inserts.push(payloads.map(({ purpose }) => purpose));
    });
    record('auth.login_failed', { user_id: null }, { auth_method: 'password', reason: 'credentials' });
    record('client.deleted', { user_id: null }, { client_id: 1 });
    record('project.deleted', { user_id: null }, { project_id: 1 });
    await leave.settled();
    expect(inserts).toEqual([['auth.login_failed', 'client.deleted', 'project.deleted']]);
  });

  it('waits for no other, so a crash after the answer loses page views at most, and only these wait', async () => {
    const inserts: string[][] = [];
    const { record, leave } = build({}, async (payloads) => {
      inserts.push(payloads.map(({ purpose }) => purpose));
    });
    await leave.ready();
    record('page.viewed', { user_id: null }, { endpoint: '/timer' });
    await turns();
    expect(inserts).toEqual([]);
    record('client.deleted', { user_id: null }, { client_id: 1 });
    await turns();
    record('project.deleted', { user_id: null }, { project_id: 1 });
    await turns();
    record('page.viewed', { user_id: null }, { endpoint: '/timer' });
    await turns();
    expect(inserts).toEqual([['page.viewed', 'client.deleted'], ['project.deleted']]);
    await leave.settled();
    expect(inserts.at(-1)).toEqual(['page.viewed']);
  });

  it('goes a hundred in one insert where many came together, at once, all of them and in their order', async () => {
    const inserts: string[][] = [];
    const { record, leave, outcomes } = build({}, async (payloads) => {
      inserts.push(
        payloads.map(({ body }) => (JSON.parse(body) as OutwardEvent).properties['endpoint'] as string),
      );
    });
    await leave.ready();
    const endpoints = Array.from({ length: 250 }, (_, index) => (index % 3 === 0 ? '/timer' : '/projects'));
    const view = (endpoint: string) => record('page.viewed', { user_id: null }, { endpoint });
    endpoints.slice(0, 99).forEach(view);
    await turns();
    expect(inserts).toEqual([]);
    endpoints.slice(99, 100).forEach(view);
    await turns();
    expect(inserts.map(({ length }) => length)).toEqual([100]);
    endpoints.slice(100).forEach(view);
    await leave.settled();
    expect(inserts.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(inserts.flat()).toEqual(endpoints);
    expect(outcomes.filter((outcome) => outcome === 'page.viewed queued')).toHaveLength(250);
  });

  it('is counted as dropped when it cannot be queued, and nothing is thrown', async () => {
    const { record, leave, outcomes } = build({}, () => Promise.reject(new Error('disk full')));
    record('client.deleted', { user_id: null }, { client_id: 1 });
    await leave.settled();
    record('client.archived', { user_id: null }, { client_id: 1, archived: true });
    await leave.settled();
    expect(outcomes).toEqual([
      'client.deleted recorded',
      'client.deleted dropped',
      'client.archived recorded',
      'client.archived dropped',
    ]);
    expect(app.logLines().filter(({ msg }) => msg === 'product events not queued')).toHaveLength(2);
  });

  it('is dropped when the queue in memory is full, so a dead database fills nothing', async () => {
    let free: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { record, leave, outcomes } = build({}, () => stuck);
    for (let count = 0; count < 2500; count += 1)
      record('client.deleted', { user_id: null }, { client_id: count });
    expect(outcomes.filter((outcome) => outcome === 'client.deleted dropped')).toHaveLength(500);
    free();
    await leave.settled();
    expect(outcomes.filter((outcome) => outcome === 'client.deleted queued')).toHaveLength(2000);
  });
});

describe('an event of a change', () => {
  it('is queued in the same transaction', async () => {
    const { change, outcomes } = build();
    await asBob('in', true, () =>
      change({ user_id: app.ids.bob }, async (trx, record) => {
        record('client.created', { client_id: 5 });
        await trx.selectFrom('clients').select('id').execute();
        expect(outcomes).toEqual([]);
      }),
    );
    expect((await events()).map(({ event }) => event)).toEqual(['client.created']);
    expect(outcomes).toEqual(['client.created recorded', 'client.created queued']);
  });

  it('is not queued when the change did not happen', async () => {
    const { change, outcomes } = build();
    const failed = asBob('in', false, () =>
      change({ user_id: app.ids.bob }, async (_trx, record) => {
        record('client.created', { client_id: 5 });
        throw new Error('no');
      }),
    );
    await expect(failed).rejects.toThrow('no');
    expect(await rows()).toEqual([]);
    expect(outcomes).toEqual([]);
  });
});

describe('the gate', () => {
  const decide = (mode: 'off' | 'review', missing: string[] = []) =>
    insertConsent(app.deps.db, {
      channel: 'analytics',
      mode,
      catalogue_version: 1,
      covered: agreementWithout('analytics', ...missing),
      decided_at: app.clock.now,
      user_id: null,
      source: 'command',
    });
  const tell = async ({ record, change, leave }: ReturnType<typeof build>, user_id: number | null) => {
    record('timer.stopped', { user_id }, stop);
    await change({ user_id }, async (_trx, inside) => inside('client.deleted', { client_id: 5 }));
    await leave.settled();
  };
  const withheld = [
    'client.deleted recorded',
    'client.deleted withheld',
    'timer.stopped recorded',
    'timer.stopped withheld',
  ];

  it('keeps everything here while the channel is switched off', async () => {
    await decide('off');
    const parts = build();
    await asBob('in', false, () => tell(parts, app.ids.bob));
    expect(await rows()).toEqual([]);
    expect(parts.outcomes.toSorted()).toEqual(withheld);
  });

  it.each<[string, Chooser, boolean, number]>([
    ['somebody who allows it', 'in', false, 2],
    ['somebody who allows it, whatever the browser says', 'in', true, 2],
    ['somebody who said nothing', null, false, 2],
    ['somebody who said nothing, with a signal of the browser', null, true, 0],
    ['somebody who objects', 'out', false, 0],
    ['somebody who objects, with a signal', 'out', true, 0],
  ])('with events of %s', async (_who, choice, signal, count) => {
    const parts = build();
    await asBob(choice, signal, () => tell(parts, app.ids.bob));
    expect(await rows()).toHaveLength(count);
    if (count === 0) expect(parts.outcomes.toSorted()).toEqual(withheld);
  });

  it('keeps events of somebody here whose choice nobody read', async () => {
    const parts = build();
    await asBob('in', false, () => tell(parts, app.ids.charlie));
    await tell(parts, app.ids.charlie);
    expect(await rows()).toEqual([]);
  });

  it('lets events of nobody go, unless the request asked not to be measured', async () => {
    const parts = build();
    await tell(parts, null);
    expect(await rows()).toHaveLength(2);
    await asBob('in', true, () => tell(parts, null));
    expect(await rows()).toHaveLength(2);
  });

  it('believes an actor who says it outright', async () => {
    const { record, leave } = build();
    record('timer.stopped', { user_id: app.ids.charlie, allows_analytics: true }, stop);
    record('timer.discarded', { user_id: null, allows_analytics: false }, { duration_seconds: 5 });
    await leave.settled();
    expect((await events()).map(({ event }) => event)).toEqual(['timer.stopped']);
  });

  it('holds events for an administrator in review mode', async () => {
    await decide('review');
    const { record, leave } = build();
    record('client.deleted', { user_id: null }, { client_id: 1 });
    await leave.settled();
    expect((await rows()).map(({ state }) => state)).toEqual(['held']);
  });

  it('keeps what was not agreed to', async () => {
    const missing = ['client.deleted', 'timer.stopped.project_id'];
    await decide('review', missing);
    const parts = build();
    await tell(parts, null);
    const [event, ...more] = await events();
    expect(more).toEqual([]);
    expect(event?.properties).not.toHaveProperty('project_id');
    expect(event?.properties['duration_seconds']).toBe(3600);
    expect(parts.outcomes).toContain('client.deleted withheld');
  });

  it.each([
    ['there is no destination', { posthog_api_key: undefined }],
    ['everything is vetoed', { do_not_track: true }],
  ])('does nothing at all when %s', async (_why, changed) => {
    const parts = build(changed);
    await asBob('in', false, () => tell(parts, app.ids.bob));
    expect(parts.leave.draft('client.deleted', { user_id: null }, { client_id: 1 })).toBeUndefined();
    expect(parts.outcomes.toSorted()).toEqual(['client.deleted recorded', 'timer.stopped recorded']);
  });

  it('is never reached by an event that is local only', async () => {
    const { record, leave, outcomes } = build();
    record('privacy.opted_out', { user_id: null }, { analytics_choice: 'out' });
    record('telemetry.health', { user_id: null }, { platform: 'linux', node_major: 26 });
    await leave.settled();
    expect(outcomes).toEqual(['privacy.opted_out recorded', 'telemetry.health recorded']);
    expect(await rows()).toEqual([]);
  });
});
