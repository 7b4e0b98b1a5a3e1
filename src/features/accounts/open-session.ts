import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { cookieValue, sessionCookie, setSessionCookie } from '../../http/middleware/session.ts';
import { deviceOf } from './device.ts';
import { findAnalyticsChoice } from './people.queries.ts';
import { endSession, startSession } from './sessions.ts';

/**
 * Signs somebody in: a session with a new token, so that a token somebody else knew before is worth nothing, and the
 * end of the session this browser had.
 */
export async function openSession(deps: Deps, req: Request, res: Response, user_id: number): Promise<void> {
  await endOwnSession(deps, req);
  const { config, db, now } = deps;
  const device = deviceOf(req.headers['user-agent']);
  const token = await startSession(db, { user_id, device, now: now(), limits: config });
  setSessionCookie(res, token, isSecure(deps, req), config.session_max_ms);
  // The events of this request are theirs already.
  res.locals.context.chooser = { user_id, analytics_choice: await findAnalyticsChoice(db, user_id) };
}

/**
 * Signs the browser out: its cookie goes whatever happens, and the session ends in the database.
 *
 * @throws when the database takes no writes; the session ends by its own time then.
 */
export async function closeSession(deps: Deps, req: Request, res: Response): Promise<void> {
  setSessionCookie(res, undefined, isSecure(deps, req), 0);
  await endOwnSession(deps, req);
}

async function endOwnSession({ db }: Deps, req: Request): Promise<void> {
  const token = cookieValue(req.headers.cookie, sessionCookie);
  if (token !== undefined) await endSession(db, token);
}

/** True when people reach this server by https, directly or by what the operator says. */
export const isSecure = ({ config }: Deps, req: Request): boolean =>
  req.secure || (config.public_url?.startsWith('https:') ?? false);
