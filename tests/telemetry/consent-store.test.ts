import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { Connection } from '../../src/db/connect.ts';
import { connect } from '../../src/db/connect.ts';
import { catalogueVersion, outwardFields } from '../../src/telemetry/catalogue.ts';
import type { TelemetryChannel } from '../../src/telemetry/channels.ts';
import type { ConsentStore, Decision } from '../../src/telemetry/consent-store.ts';
import { createConsentStore } from '../../src/telemetry/consent-store.ts';
import { insertConsent } from '../../src/telemetry/consents.queries.ts';
import { agreementWithout } from '../support/agreement.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';

let app: TestApp;
/** Another instance: a connection of its own to the same database. */
let elsewhere: Connection;
let isSetUp: boolean;
const destinations = {
  posthog_api_key: 'phc_12345678',
  posthog_host: 'https://posthog.example.com',
  sentry_dsn: 'https://key@errors.example.com/1',
};

beforeAll(async () => {
  app = await createTestApp();
  const { config } = app.deps;
  elsewhere = await connect({
    databaseUrl: config.database_url,
    sqliteFile: config.sqlite_file,
    sqliteSynchronous: 'normal',
    poolSize: 2,
  });
});
afterAll(() => elsewhere.db.destroy());
beforeEach(async () => {
  isSetUp = true;
  await app.deps.db.deleteFrom('consents').execute();
});

function storeOf(changed: Partial<Config> = {}, connection = app.deps.connection): ConsentStore {
  return createConsentStore({
    db: connection.db,
    config: { ...app.deps.config, ...destinations, ...changed },
    isSetUp: async () => isSetUp,
    now: () => app.clock.now,
  });
}

const decisionOf = (channel: TelemetryChannel, mode: Decision['mode']): Decision => ({
  channel,
  mode,
  user_id: app.ids.alice,
  source: 'panel',
});

async function decide(store: ConsentStore, decision: Decision): Promise<void> {
  await app.deps.db.transaction().execute((trx) => store.decide(trx, decision));
  await store.refresh();
}

describe('a decision', () => {
  it('holds from the refresh on, is kept with who, when, how and for what, and the newest one holds', async () => {
    const store = storeOf();
    await store.refresh();
    expect(store.state('analytics')).toEqual({ mode: 'auto', reason: 'on_by_configuration' });
    expect(store.current('analytics')).toMatchObject({ source: 'environment' });
    await decide(store, decisionOf('analytics', 'off'));
    expect(store.state('analytics')).toEqual({ mode: 'off', reason: 'switched_off' });
    app.clock.now += 1000;
    await decide(store, decisionOf('analytics', 'review'));
    expect(store.state('analytics')).toEqual({ mode: 'review', reason: 'review_by_choice' });
    expect(store.current('analytics')).toMatchObject({
      mode: 'review',
      user_id: app.ids.alice,
      source: 'panel',
      decided_at: app.clock.now,
      catalogue_version: catalogueVersion,
      covered: outwardFields('analytics'),
    });
    // Of one channel only.
    expect(store.state('errors')).toEqual({ mode: 'auto', reason: 'on_by_configuration' });
  });

  it('holds here from its commit on, before anything is read, and no older one takes it back', async () => {
    const store = storeOf();
    await store.refresh();
    const told: string[] = [];
    store.onChange((channel, { mode }) => told.push(`${channel} ${mode}`));
    const { db } = app.deps;
    const auto = await store.decide(db, decisionOf('analytics', 'auto'));
    const off = await store.decide(db, decisionOf('analytics', 'off'));
    store.committed(off);
    expect(store.state('analytics')).toEqual({ mode: 'off', reason: 'switched_off' });
    expect(store.current('analytics')).toMatchObject({ id: off.id, user_id: app.ids.alice });
    expect(told).toEqual(['analytics off']);
    // Two who decide at once may be told in another order.
    store.committed(auto);
    expect(store.state('analytics').mode).toBe('off');
    await store.refresh();
    expect(store.state('analytics').mode).toBe('off');
    expect(store.state('errors').mode).toBe('auto');
  });

  it('does not hold when its transaction did not', async () => {
    const store = storeOf();
    const failed = app.deps.db.transaction().execute(async (trx) => {
      await store.decide(trx, decisionOf('analytics', 'off'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await store.refresh();
    expect(store.state('analytics').mode).toBe('auto');
  });

  it('stays in the history, page by page, the newest first', async () => {
    const store = storeOf();
    const modes = ['off', 'auto', 'review'] as const;
    for (let count = 0; count < 43; count += 1)
      await app.deps.db
        .transaction()
        .execute((trx) => store.decide(trx, decisionOf('errors', modes[count % 3] ?? 'off')));
    const first = await store.history('errors', 1);
    expect(first).toMatchObject({ total: 43, total_pages: 3 });
    expect(first.rows).toHaveLength(20);
    expect(first.rows.slice(0, 3).map(({ mode }) => mode)).toEqual(['off', 'review', 'auto']);
    expect(first.rows[0]).toMatchObject({ user_name: 'Alice', source: 'panel', added: [] });
    const last = await store.history('errors', 3);
    expect(last.rows).toHaveLength(3);
    // The first decision of all agreed to everything it covers.
    expect(last.rows[2]?.added).toEqual(outwardFields('errors'));
    expect(await store.history('installation', 1)).toEqual({ rows: [], total: 0, total_pages: 1 });
  });
});

describe('what a decision covers', () => {
  const older = async (channel: TelemetryChannel, missing: readonly string[]): Promise<void> => {
    await insertConsent(app.deps.db, {
      channel,
      mode: 'auto',
      catalogue_version: 0,
      covered: agreementWithout(channel, ...missing),
      decided_at: app.clock.now,
      user_id: null,
      source: 'command',
    });
  };

  it('is everything when configuration switches the channel on', async () => {
    const store = storeOf();
    await store.refresh();
    expect(store.covers('analytics', 'timer.started.project_id')).toBe(true);
    expect(store.uncovered('analytics')).toEqual([]);
  });

  it('does not grow with the catalogue, until somebody agrees again', async () => {
    const added = ['timer.started.source', 'export.csv', 'export.csv.row_count'];
    await older('analytics', added);
    const store = storeOf();
    await store.refresh();
    expect(store.uncovered('analytics')).toEqual(added.toSorted());
    expect(added.map((field) => store.covers('analytics', field))).toEqual([false, false, false]);
    expect(store.covers('analytics', 'timer.started')).toBe(true);
    expect(store.state('analytics')).toEqual({ mode: 'auto', reason: 'on_by_choice' });
    await decide(store, decisionOf('analytics', 'auto'));
    expect(store.uncovered('analytics')).toEqual([]);
    expect(store.covers('analytics', 'export.csv')).toBe(true);
    const { rows } = await store.history('analytics', 1);
    expect(rows[0]?.added).toEqual(added.toSorted());
  });
});

describe('a channel that configuration alone switches on', () => {
  const recorded = () => app.deps.db.selectFrom('consents').selectAll().orderBy('id').execute();
  const shrink = (channel: TelemetryChannel, missing: string) =>
    app.deps.db
      .updateTable('consents')
      .set({ covered: agreementWithout(channel, missing) })
      .where('channel', '=', channel)
      .execute();

  it('has a record of that day, of nobody, and one only', async () => {
    const store = storeOf({ enable_telemetry: true });
    await store.refresh();
    await storeOf({ enable_telemetry: true }, elsewhere).refresh();
    await store.refresh();
    const rows = await recorded();
    expect(rows.map(({ channel }) => channel).toSorted()).toEqual(['analytics', 'errors', 'installation']);
    for (const row of rows) {
      expect(row).toMatchObject({ mode: 'auto', user_id: null, source: 'environment' });
      expect(row).toMatchObject({ catalogue_version: catalogueVersion, decided_at: app.clock.now });
      expect(row.covered).toBe(agreementWithout(row.channel as TelemetryChannel));
    }
  });

  it('is held to it by later versions, which could send more', async () => {
    const store = storeOf();
    await store.refresh();
    await shrink('analytics', 'export.csv.row_count');
    const later = storeOf();
    await later.refresh();
    expect(later.covers('analytics', 'export.csv.row_count')).toBe(false);
    expect(later.uncovered('analytics')).toEqual(['export.csv.row_count']);
    expect(later.state('analytics')).toEqual({ mode: 'auto', reason: 'on_by_configuration' });
  });

  it('is off without the configuration, and a decision is stronger than the record, whichever is newer', async () => {
    const store = storeOf({ enable_telemetry: true });
    await store.refresh();
    const without = storeOf();
    await without.refresh();
    expect(without.state('installation')).toEqual({ mode: 'off', reason: 'not_chosen' });
    expect(without.current('installation')).toBeUndefined();
    await decide(store, decisionOf('installation', 'off'));
    // Another instance had not seen the decision yet.
    await insertConsent(app.deps.db, {
      ...{ channel: 'installation', mode: 'auto', catalogue_version: catalogueVersion, user_id: null },
      ...{ covered: agreementWithout('installation'), decided_at: app.clock.now, source: 'environment' },
    });
    await store.refresh();
    expect(store.state('installation')).toEqual({ mode: 'off', reason: 'switched_off' });
  });

  it('has no record before setup', async () => {
    isSetUp = false;
    await storeOf({ enable_telemetry: true }).refresh();
    expect(await recorded()).toEqual([]);
  });
});

describe('a field that says more than it did when somebody agreed', () => {
  it.each([
    ['timer.started.project_id', 'id', 'flag'],
    ['account.updated.theme', 'choice dark light system', 'choice dark light'],
    ['timer.stopped.duration_seconds', 'bucket 60 300', 'bucket 60'],
    ['envelope.distinct_id', 'pseudonymous', 'technical'],
    ['timer.stopped', 'legitimate_interest', 'consent'],
  ])('is new: %s', async (field, now, then) => {
    const covered = agreementWithout('analytics').replace(`"${field}=${now}`, `"${field}=${then}`);
    expect(covered).not.toBe(agreementWithout('analytics'));
    await insertConsent(app.deps.db, {
      ...{ channel: 'analytics', mode: 'auto', catalogue_version: 1, covered, decided_at: app.clock.now },
      ...{ user_id: app.ids.alice, source: 'panel' },
    });
    const store = storeOf();
    await store.refresh();
    expect(store.covers('analytics', field)).toBe(false);
    expect(store.uncovered('analytics')).toEqual([field]);
    await decide(store, decisionOf('analytics', 'auto'));
    expect(store.covers('analytics', field)).toBe(true);
    expect((await store.history('analytics', 1)).rows[0]?.added).toEqual([field]);
  });
});

describe('another instance', () => {
  it('knows of a withdrawal at once when it reads before it sends', async () => {
    const [here, there] = [storeOf(), storeOf({}, elsewhere)];
    await there.refresh();
    expect(there.state('analytics').mode).toBe('auto');
    await decide(here, decisionOf('analytics', 'off'));
    await there.refresh();
    expect(there.state('analytics')).toEqual({ mode: 'off', reason: 'switched_off' });
  });

  it('knows of it half a second later when it only asks for the state', async () => {
    const [here, there] = [storeOf(), storeOf({}, elsewhere)];
    await there.refresh();
    await decide(here, decisionOf('analytics', 'off'));
    app.clock.now += 499;
    expect(there.state('analytics').mode).toBe('auto');
    const told = new Promise((resolve) => there.onChange((channel, state) => resolve([channel, state])));
    app.clock.now += 1;
    there.state('analytics');
    expect(await told).toEqual(['analytics', { mode: 'off', reason: 'switched_off' }]);
  });

  it('is believed in the order in which the reads began, not in which they ended', async () => {
    let free: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      free = resolve;
    });
    let asked = 0;
    const there = createConsentStore({
      db: elsewhere.db,
      config: { ...app.deps.config, ...destinations },
      isSetUp: async () => {
        asked += 1;
        if (asked === 1) await stuck;
        return true;
      },
      now: () => app.clock.now,
    });
    const slow = there.refresh();
    await expect.poll(() => asked).toBe(1);
    await decide(storeOf(), decisionOf('analytics', 'off'));
    await there.refresh();
    free();
    await slow;
    expect(there.state('analytics')).toEqual({ mode: 'off', reason: 'switched_off' });
  });

  it('reads again after its clock was set back', async () => {
    const [here, there] = [storeOf(), storeOf({}, elsewhere)];
    await there.refresh();
    await decide(here, decisionOf('analytics', 'off'));
    app.clock.now -= 3_600_000;
    const told = new Promise((resolve) => there.onChange((_channel, { mode }) => resolve(mode)));
    there.state('analytics');
    expect(await told).toBe('off');
  });
});

describe('before setup', () => {
  it('every channel is off, and setup is noticed by the next refresh', async () => {
    isSetUp = false;
    const store = storeOf({ enable_telemetry: true });
    const changes: string[] = [];
    const end = store.onChange((channel, { mode }) => changes.push(`${channel} ${mode}`));
    expect(store.state('errors')).toEqual({ mode: 'off', reason: 'not_set_up' });
    await store.refresh();
    expect(store.state('errors')).toEqual({ mode: 'off', reason: 'not_set_up' });
    expect(store.state('analytics').reason).toBe('not_set_up');
    expect(store.state('installation').reason).toBe('not_set_up');
    isSetUp = true;
    await store.refresh();
    expect(store.state('installation')).toEqual({ mode: 'auto', reason: 'on_by_environment' });
    expect(changes).toEqual(['errors auto', 'analytics auto', 'installation auto']);
    end();
    // A server is never un-set.
    isSetUp = false;
    await store.refresh();
    expect(store.state('errors').mode).toBe('auto');
  });
});

describe('a channel that cannot be on', () => {
  it('asks the database nothing, however often it is asked', async () => {
    let asked = 0;
    const store = createConsentStore({
      db: app.deps.db,
      config: app.deps.config,
      isSetUp: async () => {
        asked += 1;
        return true;
      },
      now: () => (app.clock.now += 1000),
    });
    for (let count = 0; count < 10; count += 1)
      expect(store.state('analytics')).toEqual({ mode: 'off', reason: 'not_configured' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(0);
  });
});

describe('a person', () => {
  it('decides, else the browser does', () => {
    const store = storeOf();
    expect(store.person({ analytics_choice: 'in' }, true)).toBe(true);
    expect(store.person({ analytics_choice: 'out' }, false)).toBe(false);
    expect(store.person({ analytics_choice: null }, true)).toBe(false);
    expect(store.person({ analytics_choice: null }, false)).toBe(true);
  });
});
