import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import type { EventName, Property } from '../../src/telemetry/catalogue.ts';
import {
  catalogueHash,
  catalogueVersion,
  classOf,
  declarationOf,
  eventNames,
  leavingProperties,
  outwardFields,
  surroundings,
} from '../../src/telemetry/catalogue.ts';
import { telemetryChannels } from '../../src/telemetry/channels.ts';
import type { OutboxRow } from '../../src/telemetry/channels.ts';
import type { LocalEvent, OutwardEvent } from '../../src/telemetry/outward.ts';
import { eventUuid, outwardEvent } from '../../src/telemetry/outward.ts';
import { createPosthogSink } from '../../src/telemetry/sinks/posthog.ts';
import { pseudonym } from '../../src/telemetry/pseudonym.ts';

const secret = '5f'.repeat(32);
const rules = { secret, app_version: '0.1.0', covers: () => true };
const uuid = '0b8f4f0e-93c4-4a5e-9d0a-2f3f6f6a1c11';
const local = (name: EventName, properties: Record<string, unknown>): LocalEvent => ({
  name,
  user_id: 2,
  at: Date.parse('2026-03-04T09:00:00.987Z'),
  uuid,
  properties,
});
const appVersion = `0.1.0+${catalogueVersion}`;
const fixed = { $process_person_profile: false, $geoip_disable: true };

describe('the id of an event', () => {
  const at = Date.parse('2026-03-04T09:00:00.987Z');

  it('tells the second that its timestamp tells, and nothing more', () => {
    const ids = Array.from({ length: 1000 }, () => eventUuid(at));
    for (const id of ids)
      expect(id).toMatch(/^69a7f490-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids.map((id) => id.slice(9))).size).toBe(ids.length);
    expect(eventUuid(at - 987)).toMatch(/^69a7f490-/);
    expect(eventUuid(at + 13)).toMatch(/^69a7f491-/);
  });

  it('is sorted by the second, for the index of keys', () => {
    const seconds = [0, 1, 15, 16, 255, 4096, 1_700_000_000, 2_147_483_648, 4_294_967_295];
    const ids = seconds.map((second) => eventUuid(second * 1000));
    expect(ids.toSorted()).toEqual(ids);
  });
});

describe('an event that leaves', () => {
  it('has pseudonyms instead of ids, and whole seconds', () => {
    const { event, dropped } = outwardEvent(
      local('timer.stopped', { duration_seconds: 3600, project_id: 7 }),
      rules,
    );
    expect(event).toEqual({
      uuid,
      event: 'timer.stopped',
      distinct_id: pseudonym(secret, { namespace: 'analytics', kind: 'user', id: 2 }),
      timestamp: '2026-03-04T09:00:00Z',
      properties: {
        ...fixed,
        app_version: appVersion,
        duration_seconds: 3600,
        project_id: pseudonym(secret, { namespace: 'analytics', kind: 'project', id: 7 }),
      },
    });
    expect(dropped).toBe(0);
  });

  it('says nothing where there is no id, and has one pseudonym for nobody', () => {
    const { event } = outwardEvent({ ...local('timer.stopped', { project_id: null }), user_id: null }, rules);
    expect(event?.properties['project_id']).toBeNull();
    expect(event?.distinct_id).toBe(pseudonym(secret, { namespace: 'analytics', kind: 'user', id: null }));
    expect(event?.distinct_id).not.toBe(pseudonym(secret, { namespace: 'analytics', kind: 'user', id: 0 }));
  });

  it('has no property that is not declared, none of a wrong kind, and they are counted', () => {
    const { event, dropped } = outwardEvent(
      local('project.created', {
        project_id: 'Secret project',
        has_client: true,
        billable: 'yes',
        name: 'Secret project',
        constructor: 'Secret project',
      }),
      rules,
    );
    expect(event?.properties).toEqual({ ...fixed, app_version: appVersion, has_client: true });
    expect(dropped).toBe(4);
  });

  it('has __other__ for a value that is not declared', () => {
    const { event } = outwardEvent(local('tag.created', { source: 'Secret project' }), rules);
    expect(event?.properties['source']).toBe('__other__');
  });

  it('leaves out what stays here', () => {
    const properties = { has_tags: true, switched: true, billable: true };
    const { event, dropped } = outwardEvent(local('timer.started', properties), rules);
    expect(Object.keys(event?.properties ?? {})).toEqual([...Object.keys(fixed), 'app_version', 'billable']);
    expect(dropped).toBe(0);
  });

  it('leaves out what is not agreed to, and does not leave when it is not agreed to itself', () => {
    const without = (missing: string) => ({ ...rules, covers: (field: string) => field !== missing });
    const given = local('tag.created', { source: 'timer' });
    expect(outwardEvent(given, without('tag.created.source')).event?.properties).not.toHaveProperty('source');
    expect(outwardEvent(given, without('envelope.app_version')).event?.properties).toEqual({
      ...fixed,
      source: 'timer',
    });
    expect(outwardEvent(given, without('tag.created')).event).toBeUndefined();
  });

  it.each(Object.keys(surroundings.analytics).filter((field) => field !== 'envelope.app_version'))(
    'does not leave when %s, which every event has, is not agreed to',
    (missing) => {
      const covers = (field: string) => field !== missing;
      const given = local('tag.created', { source: 'timer' });
      expect(outwardEvent(given, { ...rules, covers }).event).toBeUndefined();
    },
  );
});

/** The longest that a property can be as JSON. */
function widest(property: Property): unknown {
  switch (property.kind) {
    case 'choice':
      return [...property.values].sort((a, b) => b.length - a.length)[0];
    case 'flag':
      return false;
    case 'bucket':
      return property.edges.at(-1);
    case 'id':
      return 123_456_789;
    case 'route':
      return longestRoute;
  }
}

/** APP_VERSION takes no longer one. */
const longestVersion = '10.20.30-rc.1+123456';

/** The longest pattern that a route of ours has. */
const longestRoute = '/projects/:id/members/:user_id/remove-and-reassign';

/** The event in the bytes that would be sent. */
async function onTheWire(body: OutwardEvent): Promise<OutwardEvent> {
  const sink = createPosthogSink({
    channel: 'analytics',
    apiKey: 'phc_12345678',
    host: 'https://posthog.example.com',
    gateway: () => Promise.reject(new Error('a preview sends nothing')),
  });
  const row: OutboxRow = {
    ...{ id: 1, channel: 'analytics', purpose: body.event, idempotency_key: body.uuid, user_id: 2 },
    ...{ body: JSON.stringify(body), consent_id: null, state: 'queued', attempts: 0 },
    ...{ next_attempt_at: 0, created_at: 0 },
  };
  const { bytes } = await sink.preview([row]);
  const { batch } = JSON.parse(Buffer.from(bytes).toString()) as { batch: [OutwardEvent] };
  return batch[0];
}

describe('the size of an event', () => {
  it('is that of the longest version', () => {
    expect(loadConfig({ APP_VERSION: longestVersion }).version).toBe(longestVersion);
    expect(() => loadConfig({ APP_VERSION: `${longestVersion}7` })).toThrow(ConfigError);
  });

  it.each(eventNames.filter((name) => declarationOf(name).channels.includes('analytics')))(
    '%s has at most 350 bytes on the wire, as wide as it can be, and the fields it was given',
    async (name) => {
      const { properties } = declarationOf(name);
      const wide: Record<string, unknown> = {};
      for (const [key, property] of Object.entries(properties)) wide[key] = widest(property);
      const { event, dropped } = outwardEvent(local(name, wide), {
        ...rules,
        app_version: longestVersion,
      });
      expect(dropped).toBe(0);
      if (!event) throw new Error('no event');
      const sent = await onTheWire(event);
      expect({ ...sent, timestamp: Date.parse(sent.timestamp) }).toEqual({
        ...event,
        timestamp: Date.parse(event.timestamp),
      });
      expect(Buffer.byteLength(JSON.stringify(sent))).toBeLessThanOrEqual(350);
    },
  );
});

describe('a pseudonym', () => {
  const of = (changed: object = {}, key = secret) =>
    pseudonym(key, { namespace: 'analytics', kind: 'user', id: 2, ...changed });

  it('is the same each time, and another for each namespace, kind, id and installation', () => {
    expect(of()).toBe(of());
    expect(of()).toMatch(/^[A-Za-z0-9_-]{12}$/);
    const others = [
      of({ namespace: 'errors' }),
      of({ kind: 'project' }),
      of({ id: 3 }),
      of({ id: null }),
      of({}, 'a0'.repeat(32)),
    ];
    expect(new Set([of(), ...others]).size).toBe(6);
  });

  it('meets itself nowhere among a hundred thousand', () => {
    const made = Array.from({ length: 100_000 }, (_none, id) => of({ id }));
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('the outward half of the catalogue', () => {
  it('lists every field of a channel, and nothing that stays here', () => {
    expect(outwardFields('analytics')).toEqual(
      expect.arrayContaining(['timer.started', 'timer.started.project_id', 'envelope.distinct_id']),
    );
    expect(outwardFields('analytics')).not.toContain('timer.started.has_tags');
    expect(outwardFields('analytics').filter((field) => field.startsWith('privacy.'))).toEqual([]);
    expect(outwardFields('analytics').filter((field) => field.startsWith('telemetry.'))).toEqual([]);
    expect(outwardFields('installation')).toEqual(
      expect.arrayContaining(['telemetry.health', 'telemetry.health.platform', 'ping.fingerprint']),
    );
    expect(outwardFields('errors')).toEqual(Object.keys(surroundings.errors).sort());
    for (const channel of telemetryChannels)
      expect(new Set(outwardFields(channel)).size).toBe(outwardFields(channel).length);
  });

  it('has a class for every property: pseudonymous for an id, technical for the installation, else usage', () => {
    expect(classOf('timer.started', { kind: 'id' })).toBe('pseudonymous');
    expect(classOf('timer.started', { kind: 'flag' })).toBe('usage');
    expect(classOf('telemetry.health', { kind: 'bucket', edges: [1] })).toBe('technical');
  });

  it.each(eventNames)('%s has ids whose name says of what, and a legal basis', (name) => {
    const { properties, basis, channels } = declarationOf(name);
    for (const [key, property] of Object.entries(properties))
      if (property.kind === 'id') expect(key).toMatch(/^(project|client|task|user|entry|tag|invoice)_id$/);
    expect(basis).toBe(channels.includes('installation') ? 'consent' : 'legitimate_interest');
    expect(leavingProperties(name).every((key) => Object.hasOwn(properties, key))).toBe(true);
  });

  it('has a version of its own for everything it ever said', () => {
    const table = JSON.parse(
      readFileSync(new URL('catalogue-versions.json', import.meta.url), 'utf8'),
    ) as Record<string, string>;
    expect(Object.keys(table)).toEqual(Object.keys(table).map((_version, index) => String(index + 1)));
    expect(new Set(Object.values(table)).size).toBe(Object.keys(table).length);
    const problem =
      'What could leave has changed. Raise catalogueVersion in src/telemetry/catalogue.ts, and add the new pair to tests/telemetry/catalogue-versions.json:';
    expect(
      { [catalogueVersion]: table[catalogueVersion] },
      `${problem} "${catalogueVersion + 1}": "${catalogueHash()}"`,
    ).toEqual({ [catalogueVersion]: catalogueHash() });
    expect(Object.keys(table).at(-1)).toBe(String(catalogueVersion));
  });
});
