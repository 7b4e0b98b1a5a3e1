import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import { currentContext } from '../observability/request-context.ts';
import type { EventName } from './catalogue.ts';
import { declarationOf } from './catalogue.ts';
import type { Payload } from './channels.ts';
import { obstacleOf, refusalOf } from './consent.ts';
import type { ConsentStore } from './consent-store.ts';
import type { LocalEvent } from './outward.ts';
import { eventUuid, outwardEvent } from './outward.ts';

/** Who did it; null for nobody known (a failed sign-in, a command). */
export interface Actor {
  user_id: number | null;
  /** Overrides what the request's context says about the person's choice. */
  allows_analytics?: boolean;
}

/** An event on its way to the outbox, and whether its person lets it go. Its key is made when it is written. */
export interface Draft extends Omit<LocalEvent, 'uuid'> {
  isAllowed: boolean;
}

type Outcome = 'queued' | 'withheld' | 'dropped' | 'invalid';

/** The way from a recorded event to the outbox of the analytics channel. */
export interface Leave {
  /** The event as it might leave; undefined when it cannot, with no work done: no destination, a veto, a local event. */
  draft(name: EventName, actor: Actor, properties: Record<string, unknown>): Draft | undefined;
  /** Resolves when the gate is known. Never rejects. Call before a transaction that will call `insert`. */
  ready(): Promise<void>;
  /** Puts drafts that may leave into the outbox with the change they tell of. Returns what to count once it committed. */
  insert(trx: Db, drafts: readonly Draft[]): Promise<() => void>;
  /** The same outside of a change: soon, in one insert with others. Never throws; a failure is logged and counted. */
  send(draft: Draft): void;
  /** Resolves when everything that was sent is in the outbox or counted as dropped. Never rejects. */
  settled(): Promise<void>;
}

interface Parts {
  db: Db;
  config: Readonly<Config>;
  consents: Pick<ConsentStore, 'state' | 'covers' | 'refresh'>;
  outbox: { enqueue(db: Db, payloads: Payload[]): Promise<void> };
  secret: () => Promise<string>;
  now: () => number;
  logger: Logger;
  countEvent: (event: EventName, outcome: Outcome, count?: number) => void;
}

/** Events that wait for their insert at most; a database that does not answer must not fill the memory. */
const waitingMax = 2_000;
/**
 * Only page views wait for each other: an event of a change is written with its change, any other at once. Twenty take a third
 * of a millisecond, which few pages meet; where more come within the shorter time, all of it is one insert, for each rewrites
 * the last pages of the table and its indexes.
 */
const gatherMs = 250;
const gatherAtLeastMs = 50;
const enough = 20;
const insertedAtOnce = 100;

export function createLeave(parts: Parts): Leave {
  const { db, config, consents, outbox, now, logger, countEvent } = parts;
  const isPossible = obstacleOf('analytics', config) === undefined;
  let secret: string | undefined;
  let reading: Promise<void> | undefined;
  let waiting: Draft[] = [];
  let writing: Promise<void> | undefined;
  /** Ends the wait for more, which is over when so many wait. */
  let hurry = (): void => undefined;
  let awaited = 0;
  /** Something waits that shall not wait for more. */
  let isUrgent = false;
  /** How many wait for everything to be written. */
  let settling = 0;

  const ready = async (): Promise<void> => {
    if (!isPossible || secret !== undefined) return;
    reading ??= Promise.all([parts.secret(), consents.refresh()])
      .then(([read]) => {
        secret = read;
      })
      .catch((error: unknown) => logger.warn({ err: error }, 'product events cannot be queued'))
      .finally(() => {
        reading = undefined;
      });
    await reading;
  };
  /** Drafts as payloads, and what counts them. */
  const decide = (drafts: readonly Draft[]) => {
    const payloads: Payload[] = [];
    const outcomes = new Tally();
    const isOn = secret !== undefined && consents.state('analytics').mode !== 'off';
    const rules = {
      secret: secret ?? '',
      app_version: config.version,
      covers: (field: string) => consents.covers('analytics', field),
    };
    for (const draft of drafts) {
      const { name, user_id, isAllowed } = draft;
      const idempotency_key = eventUuid(draft.at);
      const { event, dropped } =
        isOn && isAllowed ? outwardEvent({ ...draft, uuid: idempotency_key }, rules) : { dropped: 0 };
      if (dropped > 0) outcomes.add(name, 'invalid');
      outcomes.add(name, event ? 'queued' : 'withheld');
      if (event) {
        const body = JSON.stringify(event);
        payloads.push({ channel: 'analytics', purpose: name, idempotency_key, user_id, body });
      }
    }
    return { payloads, count: () => outcomes.tell(countEvent) };
  };
  const write = async (drafts: readonly Draft[]): Promise<void> => {
    const { payloads, count } = decide(drafts);
    try {
      if (payloads.length > 0) await outbox.enqueue(db, payloads);
      count();
    } catch (error) {
      logger.warn({ err: error, count: drafts.length }, 'product events not queued');
      for (const { name } of drafts) countEvent(name, 'dropped');
    }
  };
  const gather = (ms: number, count: number): Promise<void> =>
    new Promise((resolve) => {
      awaited = count;
      if (settling > 0 || isUrgent || waiting.length >= count) return resolve();
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const writeWaiting = async (): Promise<void> => {
    await ready();
    while (waiting.length > 0) {
      await gather(gatherAtLeastMs, insertedAtOnce);
      await gather(gatherMs - gatherAtLeastMs, enough);
      const drafts = waiting;
      waiting = [];
      isUrgent = false;
      for (let start = 0; start < drafts.length; start += insertedAtOnce) {
        // A page that came meanwhile goes first.
        if (start > 0) await nextTurn();
        await write(drafts.slice(start, start + insertedAtOnce));
      }
    }
    writing = undefined;
  };

  return {
    draft: (name, actor, properties) => {
      if (!isPossible || !(declarationOf(name).channels as readonly string[]).includes('analytics'))
        return undefined;
      const isAllowed = actor.allows_analytics ?? allowsAnalytics(actor.user_id);
      return { name, user_id: actor.user_id, at: now(), properties, isAllowed };
    },
    ready,
    insert: async (trx, drafts) => {
      const { payloads, count } = decide(drafts);
      if (payloads.length > 0) await outbox.enqueue(trx, payloads);
      return count;
    },
    send: (draft) => {
      // Known already: no draft of a channel that is off waits for anything.
      const isClosed =
        !draft.isAllowed || (secret !== undefined && consents.state('analytics').mode === 'off');
      if (isClosed || waiting.length >= waitingMax) {
        countEvent(draft.name, isClosed ? 'withheld' : 'dropped');
        return;
      }
      waiting.push(draft);
      // Page views come with every page; whatever else is told after the fact is rare, and is safe at once.
      if (draft.name !== 'page.viewed') isUrgent = true;
      if (isUrgent || waiting.length >= awaited) hurry();
      writing ??= writeWaiting();
    },
    settled: async () => {
      settling += 1;
      hurry();
      await writing;
      settling -= 1;
    },
  };
}

/** What is to be counted once it is certain. */
class Tally {
  readonly #counts = new Map<Outcome, Map<EventName, number>>();

  add(name: EventName, outcome: Outcome): void {
    let byName = this.#counts.get(outcome);
    if (!byName) {
      byName = new Map<EventName, number>();
      this.#counts.set(outcome, byName);
    }
    byName.set(name, (byName.get(name) ?? 0) + 1);
  }

  tell(countEvent: Parts['countEvent']): void {
    for (const [outcome, byName] of this.#counts)
      for (const [name, count] of byName) countEvent(name, outcome, count);
  }
}

/**
 * Whether this person's events may leave, by their choice and the request's signal. Where the choice of somebody known
 * was not read, the answer is no.
 */
function allowsAnalytics(user_id: number | null): boolean {
  const context = currentContext();
  const signal = context?.opt_out_signal ?? false;
  if (user_id === null) return !signal;
  const { chooser } = context ?? {};
  if (chooser?.user_id !== user_id) return false;
  return refusalOf({ analytics_choice: chooser.analytics_choice, signal }) === undefined;
}
