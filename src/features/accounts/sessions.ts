import { hash, randomBytes } from 'node:crypto';
import type { Db } from '../../db/connect.ts';
import type { Flash, Person, Session } from '../../http/express-locals.ts';
import { isUnavailable, isUnstorable } from '../../shared/errors.ts';
import {
  deleteSessionByToken,
  findSessionRow,
  insertSession,
  updateFlash,
  updateLastSeen,
} from './sessions.queries.ts';
import type { SessionRow } from './sessions.queries.ts';

/** A session seen within this time is not written again: one write per visit, not one per request. */
const touchEveryMs = 5 * 60_000;

export interface SessionLimits {
  session_idle_ms: number;
  session_max_ms: number;
}

/** The database holds only this hash, so that a copy of it signs nobody in. */
const hashToken = (token: string): string => hash('sha256', token);

/** Starts a session and returns the token for the cookie: 32 random bytes, base64url. */
export async function startSession(
  db: Db,
  input: { user_id: number; device: string; now: number; limits: SessionLimits },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await insertSession(db, {
    user_id: input.user_id,
    token_hash: hashToken(token),
    created_at: input.now,
    last_seen_at: input.now,
    expires_at: input.now + input.limits.session_max_ms,
    device: input.device,
  });
  return token;
}

/** The live session of a token; undefined when unknown, ended by age or idleness, or the person was deactivated. */
export async function findSession(
  db: Db,
  token: string,
  now: number,
  limits: SessionLimits,
): Promise<Session | undefined> {
  const row = await findSessionRow(db, hashToken(token));
  if (!row || row.deactivated_at !== null) return undefined;
  if (now >= row.expires_at || now - row.last_seen_at >= limits.session_idle_ms) return undefined;
  if (now - row.last_seen_at >= touchEveryMs) await ifStorable(updateLastSeen(db, row.session_id, now));
  const { session_id: id, unread_notices } = row;
  return { id, person: personOf(row), flash: flashOf(row.flash), unread_notices };
}

export async function endSession(db: Db, token: string): Promise<void> {
  await deleteSessionByToken(db, hashToken(token));
}

/**
 * Leaves a message for the session's next page; null removes it. What the message tells of has happened, so a disk that
 * takes nothing any more costs the message and no more.
 */
export async function setFlash(db: Db, session: Session, flash: Flash | null): Promise<void> {
  session.flash = flash;
  await ifStorable(updateFlash(db, session.id, flash === null ? null : JSON.stringify(flash)));
}

/** Waits for a write that nobody asked for: a full disk or a busy database must not keep people from reading. */
async function ifStorable(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isUnstorable(error) && !isUnavailable(error)) throw error;
  }
}

function personOf(row: SessionRow): Person {
  const { id, email, name, role, locale, time_zone, week_start, duration_format, theme } = row;
  const { analytics_choice } = row;
  return {
    id,
    email,
    name,
    role,
    locale: locale === 'de' ? 'de' : 'en',
    time_zone,
    week_start,
    duration_format,
    theme,
    analytics_choice,
  };
}

function flashOf(text: string | null): Flash | null {
  return text === null ? null : (JSON.parse(text) as Flash);
}
