import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { de } from '../../src/i18n/de/index.ts';
import { en } from '../../src/i18n/en/index.ts';
import {
  agreementOf,
  catalogueVersion,
  declarationOf,
  eventNames,
  surroundings,
} from '../../src/telemetry/catalogue.ts';
import type { TelemetryChannel } from '../../src/telemetry/channels.ts';
import { agreementWithout } from '../support/agreement.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';

let internet: Destination;
let app: TestApp;

beforeEach(async () => {
  internet = await openDestination();
});
afterEach(() => internet.close());

const everything = () => ({
  SENTRY_DSN: `${internet.url.replace('http://', 'http://abcdef@')}/1`,
  POSTHOG_API_KEY: 'phc_key_of_a_test',
  POSTHOG_HOST: internet.url,
  TELE_URL: `${internet.url}/telemetry`,
});

/** An address that nothing is sent to. */
const somewhere = { TELE_URL: 'https://telemetry.example.com/pings' };

async function start(environment: Record<string, string> = everything()): Promise<TestApp> {
  app = await createTestApp({ environment });
  await app.deps.telemetry.consents.refresh();
  return app;
}

const page = async (path: string): Promise<string> => {
  const answer = await app.as('alice').get(path);
  expect(answer.status, path).toBe(200);
  return answer.text.replace(/\s+/g, ' ');
};
const switchTo = (channel: string, mode: string, catalogue_version: number | string = catalogueVersion) =>
  app.as('alice').post(`/admin/telemetry/${channel}/mode`, { mode, catalogue_version });
/** What people decided; the environment has records of its own. */
const consents = (channel: string) =>
  app.deps.db
    .selectFrom('consents')
    .selectAll()
    .where('channel', '=', channel as TelemetryChannel)
    .where('source', '!=', 'environment')
    .orderBy('id')
    .execute();
const outbox = () => app.deps.db.selectFrom('outbox').selectAll().orderBy('id').execute();
/** What the next page says about what was just done. */
const said = async (): Promise<string> => page('/admin/telemetry');
const events = (name: string) => app.logLines().filter((line) => line['event'] === name);

/** Three product events of bob that wait. */
async function queueEvents(): Promise<void> {
  for (const description of ['one', 'two', 'three']) {
    await app.as('bob').post('/timer/start', { text: description });
  }
  await app.deps.telemetry.consents.refresh();
}

describe('the panel without any destination', () => {
  it('says that nothing leaves, and which variables would make it possible', async () => {
    await start({});
    const text = await page('/admin/telemetry');
    expect(text).toContain('Right now, nothing leaves this server.');
    for (const option of ['SENTRY_DSN', 'POSTHOG_API_KEY', 'POSTHOG_HOST', 'TELE_URL'])
      expect(text).toContain(option);
    expect(text.match(/There is no destination, so nothing can be sent\./g)).toHaveLength(3);
    expect(text.match(/value="auto"[^>]*disabled/g)).toHaveLength(3);
    for (const channel of ['errors', 'analytics', 'installation'])
      expect(await page(`/admin/telemetry/${channel}`)).toContain(
        'and nothing can leave: there is no destination',
      );
    expect(events('admin.telemetry_viewed')).toMatchObject([{ page: 'channels' }]);
  });

  it.each([
    [{ DO_NOT_TRACK: '1' }, 'analytics', 'DO_NOT_TRACK=1 in the environment forbids every channel'],
    [{ ENABLE_TELEMETRY: 'false' }, 'installation', 'ENABLE_TELEMETRY=false in the environment forbids it'],
    [{ ENABLE_TELEMETRY: 'true' }, 'installation', 'ENABLE_TELEMETRY=true in the environment agrees to it'],
    [{ POSTHOG_HOST: '' }, 'analytics', 'POSTHOG_API_KEY is set, but POSTHOG_HOST is not'],
    [{}, 'installation', 'No administrator has agreed to it.'],
    [{}, 'errors', 'A destination is configured, and nobody switched it off.'],
  ])('gives the reason of a state: %o %s', async (environment, channel, sentence) => {
    await start({ ...everything(), ...environment });
    expect(await page(`/admin/telemetry/${channel}`)).toContain(sentence);
  });

  it('is in German as well', async () => {
    await start();
    await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    expect(await page('/admin/telemetry')).toContain(
      'Im Augenblick verlässt diesen Server: Fehlerberichte an',
    );
    expect(await page('/admin/telemetry/errors')).toContain('Was es enthalten kann');
    expect(await page('/admin/telemetry/ledger')).toContain('Nichts hat diesen Server verlassen');
    expect(await page('/admin/telemetry/events')).toContain('Kommen die Leute hinein, und wie?');
  });
});

describe('who may see it', () => {
  it('administrators only; nobody else learns that it is there', async () => {
    await start();
    expect((await app.as('alice').get('/admin')).headers['location']).toMatch(/^\/admin\/[a-z]+$/);
    for (const path of ['', '/telemetry', '/telemetry/errors', '/telemetry/ledger', '/telemetry/export.json'])
      expect((await app.as('bob').get(`/admin${path}`)).status, path).toBe(404);
    expect((await app.as('bob').post('/admin/telemetry/errors/mode', { mode: 'off' })).status).toBe(404);
    expect(await consents('errors')).toEqual([]);
    expect((await app.as('bob').get('/timer')).text).not.toContain('href="/admin"');
    expect((await app.as('alice').get('/timer')).text).toContain('href="/admin"');
    expect((await app.as('alice').get('/admin/telemetry/mail')).status).toBe(404);
    expect((await app.as('alice').post('/admin/telemetry/mail/mode', { mode: 'off' })).status).toBe(404);
  });
});

describe('the switch', () => {
  it('off is one click: a decision is kept, and what waited is gone', async () => {
    await start();
    await queueEvents();
    expect((await outbox()).length).toBeGreaterThanOrEqual(3);
    const answer = await switchTo('analytics', 'off');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/admin/telemetry/analytics');
    expect(await said()).toContain('Product events: off. What was waiting has been dropped.');
    expect(await outbox()).toEqual([]);
    const [decision, ...more] = await consents('analytics');
    expect(more).toEqual([]);
    expect(decision).toMatchObject({ mode: 'off', user_id: app.ids.alice, source: 'panel' });
    expect(decision?.catalogue_version).toBe(catalogueVersion);
    expect(JSON.parse(decision?.covered ?? '')).toEqual(agreementOf('analytics'));
    expect(events('admin.telemetry_toggled')).toMatchObject([
      { channel: 'analytics', mode: 'off', source: 'panel' },
    ]);
    const text = await page('/admin/telemetry/analytics');
    expect(text).toContain('An administrator decided against it.');
    expect(text).toMatch(/Off<\/td> <td data-label="Who">Alice<\/td> <td data-label="How">on this page/);
  });

  it('comes back to the page it was pressed on, and to no other place', async () => {
    await start();
    const press = (return_to: string) =>
      app.as('alice').post('/admin/telemetry/errors/mode', { mode: 'off', catalogue_version: 1, return_to });
    expect((await press('/admin/telemetry')).headers['location']).toBe('/admin/telemetry');
    expect((await press('//evil.example.com')).headers['location']).toBe('/admin/telemetry/errors');
  });

  it.each([
    ['DO_NOT_TRACK=1', 'installation', { ...somewhere, DO_NOT_TRACK: '1' }],
    ['ENABLE_TELEMETRY=false', 'installation', { ...somewhere, ENABLE_TELEMETRY: 'false' }],
    ['There is no destination', 'analytics', {}],
  ])('takes no yes while %s says no: it would hold when that ends', async (reason, channel, environment) => {
    await start(environment);
    for (const mode of ['auto', 'review']) {
      await switchTo(channel, mode);
      expect(await said()).toMatch(new RegExp(`Nothing was changed or written down. [^<]*${reason}`));
    }
    expect(await consents(channel)).toEqual([]);
  });

  it('agrees only to the list that was on the page; off is always taken', async () => {
    await start();
    for (const mode of ['auto', 'review']) {
      expect((await switchTo('installation', mode, catalogueVersion + 1)).status).toBe(303);
      expect(await said()).toContain('The list of fields has changed');
    }
    expect(await consents('installation')).toEqual([]);
    await switchTo('installation', 'off', catalogueVersion + 1);
    expect(await consents('installation')).toHaveLength(1);
  });

  it.each([{ mode: 'on' }, { mode: '' }, {}, { mode: 'auto', catalogue_version: 'x' }, { mode: 'auto' }])(
    'takes no nonsense: %o',
    async (fields) => {
      await start();
      expect((await app.as('alice').post('/admin/telemetry/errors/mode', fields)).status).toBe(422);
      expect(await consents('errors')).toEqual([]);
    },
  );
});

describe('new fields', () => {
  const agreed = (covered: string) =>
    app.deps.db
      .insertInto('consents')
      .values({
        ...{ channel: 'analytics', mode: 'auto', catalogue_version: 1, covered },
        ...{ decided_at: app.clock.now, user_id: app.ids.alice, source: 'panel' },
      })
      .execute();
  const agree = (catalogue_version: number) =>
    app.as('alice').post('/admin/telemetry/analytics/agree', { catalogue_version });

  it('are shown as the difference to what was agreed to, and covered by one click', async () => {
    await start();
    await agreed(agreementWithout('analytics', 'timer.stopped.duration_seconds'));
    expect(await page('/admin/telemetry')).toContain('1 field was added since the list was agreed to.');
    const before = await page('/admin/telemetry/analytics');
    expect(before).toContain('<code>timer.stopped.duration_seconds</code>');
    expect(before).toContain('new, not sent');
    await agree(catalogueVersion + 1);
    expect(await said()).toContain('The list of fields has changed');
    expect(app.deps.telemetry.consents.uncovered('analytics')).toHaveLength(1);
    await agree(catalogueVersion);
    expect(await said()).toContain('The new fields of “Product events” may be sent from now on.');
    const after = await page('/admin/telemetry/analytics');
    expect(after).not.toContain('new, not sent');
    expect(after).toContain('1 added');
    expect(await consents('analytics')).toMatchObject([{ mode: 'auto' }, { mode: 'auto' }]);
  });

  it('cannot be agreed to where nobody has agreed to anything', async () => {
    await start();
    await app
      .as('alice')
      .post('/admin/telemetry/installation/agree', { catalogue_version: catalogueVersion });
    expect(await consents('installation')).toEqual([]);
  });
});

describe('review', () => {
  it('holds payloads, shows their bytes, and lets go or discards each or all', async () => {
    await start();
    await switchTo('analytics', 'review');
    await queueEvents();
    const held = await outbox();
    expect(new Set(held.map(({ state }) => state))).toEqual(new Set(['held']));
    const ids = held.map(({ id }) => id);
    const text = await page('/admin/telemetry/analytics');
    expect(text).toContain('Nothing of this leaves unless you release it.');
    expect(text).toContain('What nobody has released after seven days is dropped.');
    expect(text).toContain('for seven days at most, and as many as OUTBOX_MAX_ROWS allows');
    expect(text).toContain('timer.started');
    expect(await said()).toContain('Waiting for your decision: ');
    const act = (what: string, chosen: number | string) =>
      app.as('alice').post(`/admin/telemetry/analytics/${what}`, { ids: chosen });
    await act('release', ids[0] ?? 0);
    expect(await said()).toContain('1 payload released.');
    expect((await outbox()).filter(({ state }) => state === 'queued').map(({ id }) => id)).toEqual([ids[0]]);
    await act('discard', ids[1] ?? 0);
    expect(await said()).toContain('1 payload discarded.');
    expect((await outbox()).map(({ id }) => id)).not.toContain(ids[1]);
    for (const nonsense of ['', 'x', '1 or 1=1']) expect((await act('discard', nonsense)).status).toBe(422);
    // All that the page showed, and not what came after it.
    const shown = /\/discard"><button[^>]*value="(to_\d+)"/.exec(
      await page('/admin/telemetry/analytics'),
    )?.[1];
    await queueEvents();
    const newest = Number(shown?.slice(3));
    const later = (await outbox()).map(({ id }) => id).filter((id) => id > newest);
    await act('discard', shown ?? '');
    const stillHeld = (await outbox()).filter(({ state }) => state === 'held').map(({ id }) => id);
    expect(later.length).toBeGreaterThan(0);
    // Pages that were viewed are queued a moment later: there may be more.
    expect(stillHeld).toEqual(expect.arrayContaining(later));
    expect(stillHeld.filter((id) => id <= newest)).toEqual([]);
    await act('discard', 'to_1000000');
    expect((await outbox()).filter(({ state }) => state === 'held')).toEqual([]);
    // What was released is not taken back by it.
    expect((await outbox()).map(({ id }) => id)).toContain(ids[0]);
  });

  it('leaves a record of who released and who discarded, and how much', async () => {
    await start();
    await switchTo('analytics', 'review');
    await queueEvents();
    const held = await outbox();
    await app.as('alice').post('/admin/telemetry/analytics/release', { ids: held[0]?.id ?? 0 });
    await app.as('alice').post('/admin/telemetry/analytics/discard', { ids: `to_${held.at(-1)?.id}` });
    // Nothing was left to decide about.
    await app.as('alice').post('/admin/telemetry/analytics/discard', { ids: `to_${held.at(-1)?.id}` });
    const records = await app.deps.db.selectFrom('audit').selectAll().orderBy('id').execute();
    const told = records.map(({ action, actor_id, content }) => [
      action,
      actor_id,
      JSON.parse(content) as unknown,
    ]);
    expect(told).toEqual([
      ['telemetry.released', app.ids.alice, { channel: 'analytics', count: 1 }],
      ['telemetry.discarded', app.ids.alice, { channel: 'analytics', count: held.length - 1 }],
    ]);
    expect(await page('/admin/audit?subject=telemetry')).toContain('released what was held for review');
  });

  it('of one channel touches no payload of another', async () => {
    await start();
    await switchTo('analytics', 'review');
    await queueEvents();
    const [first] = await outbox();
    await app.as('alice').post('/admin/telemetry/errors/discard', { ids: first?.id ?? 0 });
    await app.as('alice').post('/admin/telemetry/errors/discard', { ids: 'to_1000000' });
    expect((await outbox()).map(({ id }) => id)).toContain(first?.id);
  });
});

describe('the last problem', () => {
  it('is told, with the next attempt, also when nothing could be written into the ledger', async () => {
    await start();
    app.expectErrors();
    await queueEvents();
    expect(await page('/admin/telemetry/analytics')).not.toContain('Next attempt');
    await app.deps.db.schema.dropTable('ledger_ends').execute();
    await app.deps.telemetry.delivery.run('analytics');
    expect(internet.connections()).toBe(0);
    const expected = 'This server could not prepare the request or write it into the ledger';
    const text = await page('/admin/telemetry/analytics');
    expect(text).toContain(expected);
    expect(text).toContain('Next attempt');
  });
});

describe('what would be sent next', () => {
  it('is what waits, byte for byte in what matters, and otherwise a sample', async () => {
    await start();
    expect(await page('/admin/telemetry/analytics')).toContain('a sample made by this very server');
    await queueEvents();
    const [first] = await outbox();
    const text = await page('/admin/telemetry/analytics');
    expect(text).toContain(`Exactly these bytes wait to go to ${internet.host}.`);
    expect(text).toContain(first?.idempotency_key);
    expect(internet.connections()).toBe(0);
  });
});

describe('the test button', () => {
  const test = (channel: string) => app.as('alice').post(`/admin/telemetry/${channel}/test`);

  it('sends one real request of each channel, and it is in the ledger', async () => {
    await start();
    await switchTo('installation', 'auto');
    for (const channel of ['errors', 'analytics', 'installation']) {
      await test(channel);
      expect(await said()).toContain(`The test arrived: ${internet.host} answered 200.`);
    }
    expect(internet.requests).toHaveLength(3);
    const { entries } = await app.deps.telemetry.ledger.list({});
    expect(entries.map(({ request, outcome }) => [request.purpose, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['test', 'delivered']),
    );
    const records = await app.deps.db.selectFrom('audit').selectAll().orderBy('id').execute();
    expect(records.map(({ action, actor_id, content }) => [action, actor_id, content])).toEqual(
      ['errors', 'analytics', 'installation'].map((channel) => [
        ...['telemetry.tested', app.ids.alice],
        JSON.stringify({ channel }),
      ]),
    );
    expect(await page('/admin/audit?subject=telemetry')).toContain('sent a test');
  });

  it.each([
    [401, 'The destination refused the key (401).'],
    [404, 'The destination does not know this address (404).'],
    [302, 'Redirects are not followed'],
    [429, 'The destination asks to wait (429).'],
    [503, 'The destination has a problem of its own (503).'],
  ])('says what a %i means, and the panel keeps it as the last problem', async (status, sentence) => {
    await start();
    internet.behave({ kind: 'answer', status });
    await test('errors');
    const text = await said();
    expect(text).toContain('The test did not arrive.');
    expect(text.split(sentence).length - 1).toBeGreaterThanOrEqual(2);
  });

  it('says it when nobody is there, and when the channel is off', async () => {
    await start();
    await internet.shut();
    await test('errors');
    expect(await said()).toContain('The destination refused the connection.');
    await switchTo('errors', 'off');
    await test('errors');
    expect(await said()).toContain('No test was sent. An administrator decided against it.');
    expect(await app.deps.db.selectFrom('audit').selectAll().execute()).toHaveLength(1);
  });
});

describe('the ledger', () => {
  const append = (more: object = {}) =>
    app.deps.telemetry.ledger.append({
      ...{ channel: 'analytics', purpose: 'timer.started', consent_id: null, host: 'events.example.com' },
      ...{ head: 'POST /batch/ HTTP/1.1', body: Buffer.from('{"a":"<script>"}'), people: [] },
      ...more,
    });
  const answered = (id: number, status: number | null, problem: string | null = null) =>
    app.deps.telemetry.ledger.answer(id, { status, problem, body: new Uint8Array() });
  const path = '/admin/telemetry/ledger';
  const ledgerIds = async () =>
    (await app.deps.db.selectFrom('ledger').select('id').execute()).map(({ id }) => id);

  it('shows a record with its exact bytes and hashes, escaped', async () => {
    await start();
    const id = await append();
    await answered(id, 200);
    const text = await page(`${path}/${id}`);
    const found = await app.deps.telemetry.ledger.find(id);
    expect(text).toContain('{&#34;a&#34;:&#34;&lt;script&gt;&#34;}');
    for (const shown of [found?.request.hash, found?.request.previous_hash, found?.request.body_sha256])
      expect(text).toContain(shown);
    expect(text).toContain('events.example.com');
    // An answer is shown with its request, and has no page of its own.
    for (const other of [id + 1, 99_999, 'x', '0', '99999999999999999999'])
      expect((await app.as('alice').get(`${path}/${other}`)).status).toBe(404);
  });

  it('can be filtered by channel, outcome, destination and time', async () => {
    await start();
    const ids = {
      delivered: await append(),
      failed: await append({ channel: 'errors', host: 'errors.example.com' }),
      unanswered: await append({ channel: 'mail', host: 'mail.example.com' }),
    };
    await answered(ids.delivered, 200);
    await answered(ids.failed, null, 'timeout');
    const shown = async (query: string) => {
      const text = await page(`${path}?${query}`);
      return [...new Set([...text.matchAll(/ledger\/(\d+)"/g)].map(([, id]) => Number(id)))];
    };
    const { delivered, failed, unanswered } = ids;
    expect(await shown('')).toEqual([unanswered, failed, delivered]);
    expect(await shown('channel=errors')).toEqual([failed]);
    expect(await shown('outcome=delivered')).toEqual([delivered]);
    expect(await shown('outcome=failed')).toEqual([failed]);
    expect(await shown('outcome=unanswered')).toEqual([unanswered]);
    expect(await shown('host=mail.example.com')).toEqual([unanswered]);
    expect(await shown('from=2026-03-04&to=2026-03-04')).toHaveLength(3);
    expect(await shown('to=2026-03-03')).toEqual([]);
    expect(await shown('from=2026-03-05')).toEqual([]);
    expect(await page(`${path}?to=2026-03-03`)).toContain('No record matches');
  });

  it.each([
    ['from=yesterday', 'Please enter a date like 2026-11-22.'],
    ['from=2026-03-05&to=2026-03-04', 'The last day must not be before the first.'],
    ['channel=smoke', 'Please choose one of the offered values.'],
    ['before_id=x', 'Please check the marked fields.'],
  ])('says beside the field what is wrong with %s', async (query, sentence) => {
    await start();
    for (const end of ['', '/export.jsonl']) {
      const answer = await app.as('alice').get(`${path}${end}?${query}`);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(sentence);
    }
  });

  it('has pages of fifty', async () => {
    await start();
    for (let index = 0; index < 51; index += 1) await append();
    const oldest = Math.min(...(await ledgerIds())) + 1;
    expect(await page(path)).toContain(`${path}?before_id=${oldest}`);
    const second = await page(`${path}?before_id=${oldest}`);
    expect(second.match(/ledger\/\d+"/g)).toHaveLength(1);
    expect(second).toContain(`${path}?after_id=${oldest - 1}`);
    expect((await page(`${path}?after_id=${oldest - 1}`)).match(/ledger\/\d+"/g)).toHaveLength(50);
  });

  it('checks its chain, and names the record that was changed', async () => {
    await start();
    expect(await page(`${path}/check`)).toContain('The ledger is empty');
    const ids = [await append(), await append(), await append()];
    const fine = await page(`${path}/check`);
    expect(fine).toContain('3 records, and all are as they were written.');
    const newest = (await app.deps.telemetry.ledger.find(ids[2] ?? 0))?.request;
    expect(fine).toContain(`--expect ${newest?.id}:${newest?.hash}`);
    await app.deps.db
      .updateTable('ledger')
      .set({ body: '{"a":1}' })
      .where('id', '=', ids[1] ?? 0)
      .execute();
    expect(await page(`${path}/check`)).toContain(
      `Record ${ids[1]} is not as it was written: its bytes are not the ones that were sent.`,
    );
  });

  it('can be downloaded as JSON lines, filtered like the page', async () => {
    await start();
    await answered(await append(), 200);
    await append({ channel: 'errors' });
    const download = async (query: string) => {
      const answer = await app.as('alice').get(`${path}/export.jsonl${query}`).buffer(true);
      expect(answer.headers['content-disposition']).toContain('timetracker-ledger.jsonl');
      const lines = answer.text.trim().split('\n');
      return lines.map((line) => JSON.parse(line) as { channel: string; hash: string });
    };
    const all = await download('');
    expect(all.map(({ channel }) => channel)).toEqual(['analytics', 'analytics', 'errors']);
    const stored = await app.deps.db.selectFrom('ledger').select('hash').orderBy('id').execute();
    expect(all.map(({ hash }) => hash)).toEqual(stored.map(({ hash }) => hash));
    expect(await download('?channel=errors')).toHaveLength(1);
  });

  it('is part of the export of everything', async () => {
    await start();
    await append();
    await switchTo('analytics', 'review');
    await queueEvents();
    const answer = await app.as('alice').get('/admin/telemetry/export.json');
    const exported = JSON.parse(answer.text) as {
      channels: { channel: string; mode: string; decisions: unknown[]; waiting: unknown[] }[];
      catalogue: { name: string }[];
      ledger: unknown[];
    };
    expect(exported.channels.map(({ channel, mode }) => [channel, mode])).toEqual([
      ['errors', 'auto'],
      ['analytics', 'review'],
      ['installation', 'off'],
    ]);
    // The environment's record, and the click.
    expect(exported.channels[1]?.decisions).toHaveLength(2);
    expect(exported.channels[1]?.waiting).toHaveLength((await outbox()).length);
    expect(exported.catalogue.map(({ name }) => name)).toEqual(eventNames);
    expect(exported.ledger).toHaveLength(1);
    expect(answer.text).not.toContain(everything().POSTHOG_API_KEY);
  });
});

describe('the dictionary', () => {
  it('has words for every event and every field, in both languages', () => {
    const keys = new Set([
      ...eventNames.map((name) => `why.${name}`),
      ...eventNames.map((name) => `dictionary.group.${name.split('.')[0]}`),
      ...eventNames.flatMap((name) =>
        Object.keys(declarationOf(name).properties).map((key) => `property.${key}`),
      ),
      ...Object.values(surroundings).flatMap((fields) => Object.keys(fields).map((name) => `field.${name}`)),
    ]);
    expect([...keys].filter((key) => !Object.hasOwn(en, key) || !Object.hasOwn(de, key))).toEqual([]);
    const words = Object.keys(en).filter((key) => /^(why|property|field|dictionary\.group)\./.test(key));
    expect(words.filter((key) => !keys.has(key))).toEqual([]);
  });

  const shown = (text: string): string[] =>
    [...text.matchAll(/<li class="list-row" id="([^"]+)"/g)].map(([, name]) => name ?? '');

  it('is folded by what events are about, and what a search finds stands open', async () => {
    await start({});
    const whole = await page('/admin/telemetry/events');
    expect(shown(whole).toSorted()).toEqual([...eventNames].toSorted());
    const subjects = new Set(eventNames.map((name) => name.split('.')[0]));
    expect([...whole.matchAll(/<details class="disclosure" id="(\w+)">/g)].map(([, id]) => id)).toEqual([
      ...subjects,
    ]);
    const found = await page('/admin/telemetry/events?q=Comment');
    expect(shown(found)).toEqual(expect.arrayContaining(['comment.created', 'comment.deleted']));
    expect(shown(found).length).toBeLessThan(10);
    expect(found).toContain('<details class="disclosure" id="comment" open>');
    // By a field, a value of it, and by the words that say what it is.
    expect(shown(await page('/admin/telemetry/events?q=auth_method'))).toEqual([
      'auth.login',
      'auth.login_failed',
    ]);
    expect(shown(await page('/admin/telemetry/events?q=rate_limited'))).toEqual(['auth.login_failed']);
    expect(await page('/admin/telemetry/events?q=DISTINCT_ID')).toContain(
      '<code>envelope.distinct_id</code>',
    );
    expect(await page('/admin/telemetry/events?q=zzz')).toContain('No such event');
  });

  it('can be narrowed to a channel, or to what never leaves', async () => {
    await start({});
    const by = (leaves: string) =>
      eventNames.filter((name) => {
        const channels: readonly string[] = declarationOf(name).channels;
        return leaves === 'never' ? channels.length === 0 : channels.includes(leaves);
      });
    for (const leaves of ['analytics', 'installation', 'never']) {
      const names = shown(await page(`/admin/telemetry/events?leaves=${leaves}`));
      expect(names.toSorted()).toEqual(by(leaves).toSorted());
      expect(names.length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['leaves=mail', 'Please choose one of the offered values.'],
    [`q=${'x'.repeat(121)}`, 'At most 120 characters.'],
  ])('says beside the filter what cannot be read of %s', async (query, sentence) => {
    await start({});
    const answer = await app.as('alice').get(`/admin/telemetry/events?${query}`).expect(422);
    expect(answer.text).toContain(sentence);
    expect(shown(answer.text)).toHaveLength(eventNames.length);
  });

  it('is in German as well, and searched in German', async () => {
    await start({});
    await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
    expect(shown(await page('/admin/telemetry/events?q=doppelt'))).toEqual([
      ...['project.merged', 'client.merged', 'task.merged'],
    ]);
    const text = await page('/admin/telemetry/events');
    for (const title of ['Schlagwörter', 'Kunden', 'Anmeldung']) expect(text).toContain(title);
  });

  it('shows every event, and what of it stays here', async () => {
    await start({});
    const text = await page('/admin/telemetry/events');
    for (const name of eventNames) expect(text).toContain(`<code>${name}</code>`);
    expect(text).toMatch(/<code>has_tags<\/code>[^<]*<code>[^<]*<\/code> <span class="badge">stays here/);
    expect(text).toContain('Never leaves this server');
  });
});
