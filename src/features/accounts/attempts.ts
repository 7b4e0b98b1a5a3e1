import { createHmac } from 'node:crypto';
import type { Db } from '../../db/connect.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { deleteAttempts, insertAttempt, updateAttemptTakenBack } from './attempts.queries.ts';

/** Attempts are counted within windows of this length. */
export const attemptWindowMs = 15 * 60_000;

export interface AttemptCount {
  /** Attempts within the window, this one included. */
  hits: number;
  /** Epoch milliseconds at which counting starts again. */
  resets_at: number;
}

/**
 * Counters of attempts, kept in the database so that several instances share them. A subject (an address, an account)
 * is stored only as a keyed hash: the table tells nobody who tried to sign in, or from where.
 */
export interface Attempts {
  /** Counts one more attempt and tells how many there are: count first and check later, then no race slips through. */
  add: (scope: string, subject: string) => Promise<AttemptCount>;
  takeBack: (scope: string, subject: string) => Promise<void>;
  clear: (scope: string, subject: string) => Promise<void>;
}

export function createAttempts(deps: { db: Db; settings: SettingsStore; now: () => number }): Attempts {
  const { db, settings, now } = deps;
  const keyOf = async (scope: string, subject: string): Promise<string> => {
    const digest = createHmac('sha256', await settings.secret()).update(`${scope}\n${subject}`);
    return `${scope}:${digest.digest('base64url')}`;
  };
  return {
    add: async (scope, subject) =>
      insertAttempt(db, { key: await keyOf(scope, subject), now: now(), window_ms: attemptWindowMs }),
    takeBack: async (scope, subject) => updateAttemptTakenBack(db, await keyOf(scope, subject)),
    clear: async (scope, subject) => deleteAttempts(db, await keyOf(scope, subject)),
  };
}
