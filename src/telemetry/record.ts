import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import type { EventName, EventProperties } from './catalogue.ts';
import { declarationOf, eventNames, recordable } from './catalogue.ts';

/** Who did it; null for nobody known (a failed sign-in, a command). */
export interface Actor {
  user_id: number | null;
}

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

interface Sinks {
  logger: Logger;
  /** Epoch milliseconds of the start: an event whose declaration has expired by then is not recorded. */
  startedAt: number;
  /** Counts an event: 'recorded', 'invalid' when a property was missing or not as declared, 'dropped' when expired. */
  countEvent: (event: EventName, outcome: 'recorded' | 'invalid' | 'dropped') => void;
}

/**
 * Writes an event to the local sinks, a log line and a counter. It never throws and never waits.
 * Nothing leaves the server here.
 */
export function createRecord({ logger, startedAt, countEvent }: Sinks): RecordEvent {
  const today = new Date(startedAt).toISOString().slice(0, 10);
  const expired = new Set(eventNames.filter((name) => declarationOf(name).expires < today));
  return (name, actor, properties) => {
    if (expired.has(name)) {
      countEvent(name, 'dropped');
      return;
    }
    const declaration = declarationOf(name);
    const { clean, isValid } = cleanProperties(declaration.properties, properties);
    countEvent(name, isValid ? 'recorded' : 'invalid');
    if (declaration.logged)
      logger.info({ event: name, user_id: actor.user_id ?? undefined, ...clean }, 'event');
  };
}

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

/**
 * One transaction and the events of what it did. Events are recorded after the commit, so a change that did not
 * happen is never told; the outward half will write its rows inside this same transaction.
 */
export function createChange(db: Db, record: RecordEvent): Change {
  return async (actor, work) => {
    const told: (() => void)[] = [];
    const result = await db.transaction().execute((trx) =>
      work(trx, (name, properties) => {
        told.push(() => record(name, actor, properties));
      }),
    );
    for (const tell of told) tell();
    return result;
  };
}
