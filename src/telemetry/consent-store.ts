import type { Config } from '../config/config.ts';
import type { Db } from '../db/connect.ts';
import type { ChannelMode, ConsentsTable } from '../db/schema.ts';
import { agreementOf, catalogueVersion, outwardFields, outwardShapes } from './catalogue.ts';
import type { ChannelState, TelemetryChannel } from './channels.ts';
import { telemetryChannels } from './channels.ts';
import type { AnalyticsChoice } from './consent.ts';
import { decideChannel, obstacleOf, refusalOf } from './consent.ts';
import type { ConsentRow } from './consents.queries.ts';
import {
  consentsVersion,
  countConsents,
  insertConsent,
  insertFirstConsent,
  listConsents,
  listNewestConsents,
} from './consents.queries.ts';

/** A decision as it is kept. */
export interface Consent {
  id: number;
  mode: ChannelMode;
  catalogue_version: number;
  /** What was shown to whoever decided: names of fields, 'event' and 'event.property'. */
  covered: string[];
  decided_at: number;
  /** Null for a command, and for the environment. */
  user_id: number | null;
  source: ConsentsTable['source'];
}

export interface PastConsent extends Consent {
  /** Null for a command, and for somebody who is gone. */
  user_name: string | null;
  /** What this decision covers and the one before it did not, or not with so many values; for the first decision everything it covers. */
  added: string[];
}

export interface Decision {
  channel: TelemetryChannel;
  mode: ChannelMode;
  user_id: number | null;
  source: ConsentsTable['source'];
}

export interface ConsentStore {
  /** What a channel may do now; from memory, at most half a second old. */
  state(channel: TelemetryChannel): ChannelState;
  /** Whether events of this person may leave, as far as the person is concerned. */
  person(user: { analytics_choice: AnalyticsChoice }, signal: boolean): boolean;
  /**
   * Whether 'event' or 'event.property' may leave as it is declared now, as far as the agreement is concerned. True while
   * there is none: a channel without a record is off, and what is asked about is a sample.
   */
  covers(channel: TelemetryChannel, field: string): boolean;
  /** What the catalogue could send by now, and the agreement does not cover: new, or of another shape. */
  uncovered(channel: TelemetryChannel): string[];
  /** The record that holds; undefined while nobody decided and the environment switches nothing on. */
  current(channel: TelemetryChannel): Consent | undefined;
  /** Pages of 20, from 1, the newest decision first. */
  history(
    channel: TelemetryChannel,
    page: number,
  ): Promise<{ rows: PastConsent[]; total: number; total_pages: number }>;
  /** Writes a decision that covers today's catalogue. It holds here once it was `committed`, or read by `refresh`. */
  decide(trx: Db, decision: Decision): Promise<ConsentRow>;
  /** What was decided here holds here from now on, and nothing is read for it. Call it when the transaction is over. */
  committed(decided: ConsentRow): void;
  /**
   * Reads what holds now, also what other instances wrote, and writes the record of a channel that configuration has
   * switched on for the first time. Rejects when the database cannot be read.
   */
  refresh(): Promise<void>;
  /** Told after a refresh that changed a channel's state. Returns the function that ends it. */
  onChange(listener: (channel: TelemetryChannel, state: ChannelState) => void): () => void;
}

interface Sources {
  db: Db;
  config: Readonly<Config>;
  /** True while an administrator exists. Not asked again after the first yes: a server is never un-set. */
  isSetUp: () => Promise<boolean>;
  now: () => number;
}

/** What was read is believed for this long: so fast does a withdrawal on another instance stop the queueing here. */
const keptMs = 500;
const pageRows = 20;

interface Known {
  isSetUp: boolean;
  consents: ReadonlyMap<string, Consent & { covers: ReadonlySet<string> }>;
  states: Record<TelemetryChannel, ChannelState>;
}

/** Decisions about the channels. Nothing is read before somebody asks about a channel that could be on. */
export function createConsentStore({ db, config, isSetUp, now }: Sources): ConsentStore {
  const listeners = new Set<(channel: TelemetryChannel, state: ChannelState) => void>();
  const possible = new Set(telemetryChannels.filter((channel) => obstacleOf(channel, config) === undefined));
  let known: Known = { isSetUp: false, consents: new Map(), states: statesOf(config, false, new Map()) };
  let [started, applied] = [0, 0];
  let readAt: number | undefined;
  /** Of the table, when what is known was read from it. */
  let version: string | undefined;

  const refresh = async (): Promise<void> => {
    started += 1;
    const turn = started;
    readAt = now();
    const ready = known.isSetUp || (await isSetUp());
    // Before the rows: should they be newer, they are read once more.
    const readVersion = await consentsVersion(db);
    // Twice a second nothing has changed.
    if (readVersion === version && ready === known.isSetUp) {
      applied = Math.max(applied, turn);
      return;
    }
    const switchedOn = telemetryChannels.filter((channel) => isOnUnchosen(channel, config, ready));
    let consents = inForce(await listNewestConsents(db), switchedOn);
    const unrecorded = switchedOn.filter((channel) => !consents.has(channel));
    if (unrecorded.length > 0) {
      for (const channel of unrecorded) await insertFirstConsent(db, byEnvironment(channel, now()));
      consents = inForce(await listNewestConsents(db), switchedOn);
    }
    // Two reads can overtake each other: the one that began last saw the newest.
    if (turn < applied) return;
    applied = turn;
    version = readVersion;
    learn(ready, consents);
  };
  const learn = (ready: boolean, consents: Known['consents']): void => {
    const before = known.states;
    known = { isSetUp: ready, consents, states: statesOf(config, ready, consents) };
    for (const channel of telemetryChannels) {
      const [was, is] = [before[channel], known.states[channel]];
      if (was.mode === is.mode && was.reason === is.reason) continue;
      for (const listener of listeners) listener(channel, is);
    }
  };
  /** Starts a read when the last one is old. What fails is tried again half a second later; senders read on their own. */
  const freshen = (channel: TelemetryChannel): void => {
    if (!possible.has(channel)) return;
    // Absolute: a clock that was set back must not keep an old state for hours.
    if (readAt === undefined || Math.abs(now() - readAt) >= keptMs) refresh().catch(() => undefined);
  };

  return {
    state: (channel) => {
      freshen(channel);
      return known.states[channel];
    },
    person: ({ analytics_choice }, signal) => refusalOf({ analytics_choice, signal }) === undefined,
    covers: (channel, field) => known.consents.get(channel)?.covers.has(field) ?? true,
    uncovered: (channel) => {
      const consent = known.consents.get(channel);
      return consent ? outwardFields(channel).filter((field) => !consent.covers.has(field)) : [];
    },
    current: (channel) => known.consents.get(channel),
    history: (channel, page) => historyOf(db, channel, page),
    decide: (trx, decision) =>
      insertConsent(trx, {
        ...decision,
        catalogue_version: catalogueVersion,
        covered: JSON.stringify(agreementOf(decision.channel)),
        decided_at: now(),
      }),
    committed: (decided) => {
      if ((known.consents.get(decided.channel)?.id ?? 0) > decided.id) return;
      // Reads that are under way may have begun before it was there.
      started += 1;
      applied = started;
      version = undefined;
      learn(known.isSetUp, new Map([...known.consents, [decided.channel, consentOf(decided)]]));
    },
    refresh,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function statesOf(
  options: Readonly<Config>,
  isSetUp: boolean,
  consents: ReadonlyMap<string, Consent>,
): Record<TelemetryChannel, ChannelState> {
  const stateOf = (channel: TelemetryChannel): ChannelState =>
    decideChannel(channel, { options, choice: choiceOf(consents.get(channel)), isSetUp });
  return {
    errors: stateOf('errors'),
    analytics: stateOf('analytics'),
    installation: stateOf('installation'),
  };
}

/** The environment's record says what is covered; whether the channel is on, the environment says itself. */
const choiceOf = (consent: Consent | undefined): ChannelMode | undefined =>
  consent?.source === 'environment' ? undefined : consent?.mode;

const isOnUnchosen = (channel: TelemetryChannel, options: Readonly<Config>, isSetUp: boolean): boolean =>
  decideChannel(channel, { options, choice: undefined, isSetUp }).mode !== 'off';

/** What somebody decided, else what the environment switched on at first, as long as it does. */
function inForce(
  rows: ConsentRow[],
  switchedOn: TelemetryChannel[],
): Map<string, ReturnType<typeof consentOf>> {
  const isDecided = ({ source }: ConsentRow): boolean => source !== 'environment';
  const holding = rows.filter((row) => isDecided(row) || switchedOn.some((name) => name === row.channel));
  const decidedLast = holding.toSorted((a, b) => Number(isDecided(a)) - Number(isDecided(b)));
  return new Map(decidedLast.map((row) => [row.channel, consentOf(row)]));
}

/** A channel that configuration alone switched on is held to the catalogue of that day, like any other. */
const byEnvironment = (channel: TelemetryChannel, decided_at: number) => ({
  ...({ channel, mode: 'auto', user_id: null, source: 'environment', decided_at } as const),
  ...{ catalogue_version: catalogueVersion, covered: JSON.stringify(agreementOf(channel)) },
});

function consentOf(row: ConsentRow): Consent & Coverage {
  const { id, mode, catalogue_version, decided_at, user_id, source } = row;
  const coverage = coverageOf(row.channel as TelemetryChannel, row.covered);
  return { id, mode, catalogue_version, ...coverage, decided_at, user_id, source };
}

interface Coverage {
  covered: string[];
  covers: ReadonlySet<string>;
}

/** Twice a second the same rows are read again: the last text of each channel is not taken apart anew. */
const lastCoverage = new Map<TelemetryChannel, Coverage & { text: string }>();

function coverageOf(channel: TelemetryChannel, text: string): Coverage {
  const last = lastCoverage.get(channel);
  if (last?.text === text) return { covered: last.covered, covers: last.covers };
  const shapes = outwardShapes(channel);
  const covers = new Set<string>();
  const covered = (JSON.parse(text) as string[]).map((line) => {
    const field = fieldOf(line);
    // A field that says more than it did is a new one.
    if (line === `${field}=${shapes.get(field)}`) covers.add(field);
    return field;
  });
  lastCoverage.set(channel, { text, covered, covers });
  return { covered, covers };
}

const fieldOf = (line: string): string => line.split('=', 1)[0] ?? '';

async function historyOf(db: Db, channel: TelemetryChannel, page: number) {
  const total = await countConsents(db, channel);
  // One more than the page shows: its last row is compared with it.
  const read = await listConsents(db, channel, { limit: pageRows + 1, offset: (page - 1) * pageRows });
  const rows = read.slice(0, pageRows).map((row, index): PastConsent => {
    const { covers: _covers, ...consent } = consentOf(row);
    const older = read[index + 1];
    const before = new Set(older === undefined ? [] : (JSON.parse(older.covered) as string[]));
    const lines = JSON.parse(row.covered) as string[];
    const added = lines.filter((line) => !before.has(line)).map(fieldOf);
    return { ...consent, user_name: row.user_name, added };
  });
  return { rows, total, total_pages: Math.max(1, Math.ceil(total / pageRows)) };
}
