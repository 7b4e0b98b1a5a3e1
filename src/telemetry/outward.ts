import { randomUUID } from 'node:crypto';
import type { EventName } from './catalogue.ts';
import { catalogueVersion, declarationOf, recordable, surroundings } from './catalogue.ts';
import { pseudonym } from './pseudonym.ts';

/**
 * A product event as the outbox keeps it. The sink adds no field and leaves none out. On the wire it has at most 350
 * bytes as JSON; a test builds the widest of every event.
 */
export interface OutwardEvent {
  /** The same at every attempt, so that the destination counts a repeated one once. */
  uuid: string;
  event: EventName;
  /** Pseudonym of the person; one of its own for nobody known. */
  distinct_id: string;
  /** To the second: `2026-03-04T09:00:00Z`. */
  timestamp: string;
  properties: Record<string, string | number | boolean | null>;
}

export interface LocalEvent {
  name: EventName;
  user_id: number | null;
  /** Epoch milliseconds. */
  at: number;
  uuid: string;
  /** What the local log has. Checked again here: this is the last place before the bytes leave. */
  properties: Readonly<Record<string, unknown>>;
}

interface Rules {
  /** Secret of the installation, for pseudonyms. */
  secret: string;
  app_version: string;
  /** Whether 'event' or 'event.property' is agreed to. */
  covers: (field: string) => boolean;
}

/**
 * A random id that begins with the second, which the event tells anyhow (RFC 9562, version 8). The outbox's index of keys
 * then grows at its end: with ids in no order each row rewrote a page of it, which was half the cost of an event.
 */
export function eventUuid(at: number): string {
  const seconds = (Math.floor(at / 1000) >>> 0).toString(16).padStart(8, '0');
  const random = randomUUID();
  return `${seconds}${random.slice(8, 14)}8${random.slice(15)}`;
}

/**
 * Builds what leaves from what is recorded: ids become pseudonyms, what is not declared, stays here or is not agreed to
 * is left out.
 *
 * @returns the event, undefined when it, or a field around it that it cannot be without, is not agreed to; and the number of properties that are not declared
 *   or have no value of their kind.
 */
export function outwardEvent(local: LocalEvent, rules: Rules): { event?: OutwardEvent; dropped: number } {
  const { name, user_id, at, uuid } = local;
  if (!rules.covers(name) || !isEnvelopeCovered(rules)) return { dropped: 0 };
  const { properties, dropped } = outwardProperties(local, rules);
  const person = { namespace: 'analytics', kind: 'user', id: user_id } as const;
  const event: OutwardEvent = {
    uuid,
    event: name,
    distinct_id: pseudonym(rules.secret, person),
    timestamp: `${new Date(at).toISOString().slice(0, 19)}Z`,
    properties: {
      // No profile of a person is made, and the place of this server is not looked up.
      $process_person_profile: false,
      $geoip_disable: true,
      ...(rules.covers(version) ? { app_version: `${rules.app_version}+${catalogueVersion}` } : {}),
      ...properties,
    },
  };
  return { event, dropped };
}

const version = 'envelope.app_version';

/** PostHog takes no event without these fields, so an agreement that leaves one of them out stops every event. */
const neededFields = Object.keys(surroundings.analytics).filter((field) => field !== version);

const isEnvelopeCovered = ({ covers }: Rules): boolean => neededFields.every((field) => covers(field));

function outwardProperties({ name, properties }: LocalEvent, { secret, covers }: Rules) {
  const declared = declarationOf(name).properties;
  const kept: OutwardEvent['properties'] = {};
  let dropped = 0;
  for (const [key, given] of Object.entries(properties)) {
    const property = Object.hasOwn(declared, key) ? declared[key] : undefined;
    const value = property && recordable(property, given);
    if (property === undefined || value === undefined) dropped += 1;
    else if (!property.stays && covers(`${name}.${key}`))
      kept[key] = property.kind === 'id' ? idOf(key, value, secret) : value;
  }
  return { properties: kept, dropped };
}

/** The pseudonym of `project_id` is one of a project, whichever event carries it. */
function idOf(key: string, value: string | number | boolean | null, secret: string): string | null {
  if (typeof value !== 'number') return null;
  return pseudonym(secret, { namespace: 'analytics', kind: key.replace(/_id$/, ''), id: value });
}
