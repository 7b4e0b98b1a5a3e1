import type { RequestHandler } from 'express';

/** Until an administrator exists, every address leads to /setup. */
export function setupGate({ isSetUp }: { isSetUp: () => Promise<boolean> }): RequestHandler {
  let done = false;
  return async function setupGate(req, res, next) {
    // A server is set up once and never un-set: after that no query is spent on it.
    done ||= await isSetUp();
    if (done || req.path === '/setup') next();
    else res.redirect(303, '/setup');
  };
}
