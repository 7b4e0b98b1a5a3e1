import type { RequestHandler, Response } from 'express';
import type { Session } from '../express-locals.ts';

export const sessionCookie = 'tt_session';

/**
 * Reads the session cookie and puts the person on res.locals, and what they want to be known of them into the request's
 * context. A cookie that leads nowhere is as good as none.
 *
 * @param findSession - the live session of a token; undefined when expired, revoked or unknown.
 */
export function session({
  findSession,
}: {
  findSession: (token: string) => Promise<Session | undefined>;
}): RequestHandler {
  return async function session(req, res, next) {
    const { context } = res.locals;
    // Global Privacy Control and Do Not Track: what this request makes known must not leave for analytics.
    if (req.headers['sec-gpc'] === '1' || req.headers.dnt === '1') context.opt_out_signal = true;
    const token = cookieValue(req.headers.cookie, sessionCookie);
    const found = token === undefined ? undefined : await findSession(token);
    if (found) {
      res.locals.session = found;
      res.locals.person = found.person;
      context.user_id = found.person.id;
      context.chooser = { user_id: found.person.id, analytics_choice: found.person.analytics_choice };
    }
    next();
  };
}

/** Sets or, with undefined, removes the session cookie. */
export function setSessionCookie(
  res: Response,
  token: string | undefined,
  secure: boolean,
  maxAgeMs: number,
): void {
  const value = token ?? '';
  const age = token === undefined ? 0 : Math.floor(maxAgeMs / 1000);
  const flags = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}${secure ? '; Secure' : ''}`;
  res.append('Set-Cookie', `${sessionCookie}=${value}; ${flags}`);
}

/** One cookie of the header; undefined unless it has the shape of our tokens. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > 8_192) return undefined;
  for (const part of header.split(';')) {
    const pair = part.trim();
    if (!pair.startsWith(`${name}=`)) continue;
    const value = pair.slice(name.length + 1);
    if (/^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  }
  return undefined;
}
