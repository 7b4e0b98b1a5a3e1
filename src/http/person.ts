import type { Response } from 'express';
import type { Person, Session } from './express-locals.ts';

/** The session of a request behind `signedIn`. Without one the route was mounted as public by mistake. */
export function sessionOf(res: Response): Session {
  const { session } = res.locals;
  if (!session) throw new Error('a route that needs a person was reached without a session');
  return session;
}

/** The signed-in person of a request behind `signedIn`. */
export const personOf = (res: Response): Person => sessionOf(res).person;
