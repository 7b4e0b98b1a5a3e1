import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import type { EventName, EventProperties } from './catalogue.ts';
import { declarationOf, recordable } from './catalogue.ts';

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
  /** Counts an event; outcome 'recorded', or 'invalid' when a property had to be dropped or replaced. */
  countEvent: (event: EventName, outcome: 'recorded' | 'invalid') => void;
}

/**
 * Writes an event to the local sinks, a log line and a counter. It never throws and never waits.
 * Nothing leaves the server here.
 */
export function createRecord({ logger, countEvent }: Sinks): RecordEvent {
  return (name, actor, properties) => {
    const declaration = declarationOf(name);
    const clean: Record<string, unknown> = {};
    let valid = true;
    for (const [key, value] of Object.entries(properties)) {
      const declared = declaration.properties[key];
      const kept = declared === undefined ? undefined : recordable(declared, value);
      if (kept === undefined || kept === '__other__') valid = false;
      if (kept !== undefined) clean[key] = kept;
    }
    countEvent(name, valid ? 'recorded' : 'invalid');
    if (declaration.logged)
      logger.info({ event: name, user_id: actor.user_id ?? undefined, ...clean }, 'event');
  };
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
