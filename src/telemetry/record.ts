import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import type { EventName, EventProperties } from './catalogue.ts';
import { declarationOf, eventNames, recordable } from './catalogue.ts';
import type { Actor, Draft, Leave } from './leave.ts';

export type { Actor };

export type RecordEvent = <Name extends EventName>(
  name: Name,
  actor: Actor,
  properties: EventProperties<Name>,
) => void;
export type RecordInChange = <Name extends EventName>(name: Name, properties: EventProperties<Name>) => void;
export type Change = <Result>(
  actor: Actor,
  work: (trx: Transaction<Database>, record: RecordInChange) => Promise<Result>,
) => Promise<Result>;

/** What an event goes to. */
export interface EventSinks {
  logger: Logger;
  /** Epoch milliseconds of the start: an event whose declaration has expired by then is not recorded. */
  startedAt: number;
  /**
   * Counts what became of an event. Here: 'recorded', 'invalid' when a property was missing or not as declared,
   * 'dropped' when expired. On its way out, and then beside the first: 'queued', 'withheld' by a decision, 'dropped' when
   * it could not be queued.
   */
  countEvent: (event: EventName, outcome: 'recorded' | 'invalid' | 'withheld' | 'queued' | 'dropped') => void;
  /** The way out; without it events stay local. */
  leave?: Leave;
}

interface Told {
  name: EventName;
  actor: Actor;
  clean: Record<string, unknown>;
  isValid: boolean;
}

/**
 * Writes an event to the local sinks, a log line and a counter, and hands it to the gate. It never throws and never
 * waits.
 */
export function createRecord(sinks: EventSinks): RecordEvent {
  const isExpired = expiryOf(sinks);
  return (name, actor, properties) => {
    if (isExpired(name)) return;
    const told = clean(name, actor, properties);
    tell(sinks, told);
    const draft = sinks.leave?.draft(name, actor, told.clean);
    if (draft) sinks.leave?.send(draft);
  };
}

/**
 * One transaction and the events of what it did. What may leave is queued in this same transaction; log and counters
 * follow after the commit, so a change that did not happen is never told. Whoever deletes a person in a change must not
 * name that person as the actor of its events: the queue refers to people.
 */
export function createChange(db: Db, sinks: EventSinks): Change {
  const isExpired = expiryOf(sinks);
  const { leave } = sinks;
  return async (actor, work) => {
    // Before the transaction: on the embedded database nothing else can be read during it.
    await leave?.ready();
    const told: Told[] = [];
    const drafts: Draft[] = [];
    let count: (() => void) | undefined;
    const result = await db.transaction().execute(async (trx) => {
      const done = await work(trx, (name, properties) => {
        if (isExpired(name)) return;
        const event = clean(name, actor, properties);
        told.push(event);
        const draft = leave?.draft(name, actor, event.clean);
        if (draft) drafts.push(draft);
      });
      if (drafts.length > 0) count = await leave?.insert(trx, drafts);
      return done;
    });
    for (const event of told) tell(sinks, event);
    count?.();
    return result;
  };
}

/** Tells whether an event's declaration has run out, and counts it then. */
function expiryOf({ startedAt, countEvent }: EventSinks): (name: EventName) => boolean {
  const today = new Date(startedAt).toISOString().slice(0, 10);
  const expired = new Set(eventNames.filter((name) => declarationOf(name).expires < today));
  return (name) => {
    if (!expired.has(name)) return false;
    countEvent(name, 'dropped');
    return true;
  };
}

function tell({ logger, countEvent }: EventSinks, { name, actor, clean, isValid }: Told): void {
  countEvent(name, isValid ? 'recorded' : 'invalid');
  if (declarationOf(name).logged)
    logger.info({ event: name, user_id: actor.user_id ?? undefined, ...clean }, 'event');
}

const clean = (name: EventName, actor: Actor, properties: Record<string, unknown>): Told => ({
  name,
  actor,
  ...cleanProperties(declarationOf(name).properties, properties),
});

type Declared = ReturnType<typeof declarationOf>['properties'];

/** Keeps what is declared, in the shape that is declared; whatever else was handed in is left out. */
function cleanProperties(declared: Declared, given: Record<string, unknown>) {
  const clean: Record<string, unknown> = {};
  const names = Object.keys(declared);
  let isValid = Object.keys(given).length === names.length;
  for (const name of names) {
    const property = declared[name];
    const kept = property && Object.hasOwn(given, name) ? recordable(property, given[name]) : undefined;
    if (kept === undefined || kept === '__other__') isValid = false;
    if (kept !== undefined) clean[name] = kept;
  }
  return { clean, isValid };
}
