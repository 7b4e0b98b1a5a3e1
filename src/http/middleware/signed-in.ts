import type { RequestHandler } from 'express';
import { wantsJson, sendProblem } from '../problem.ts';

/**
 * Deny by default: whoever is not signed in gets the listed public paths and nothing else, not even a 404 that tells
 * which addresses exist.
 */
export function signedIn({ publicPaths }: { publicPaths: ReadonlySet<string> }): RequestHandler {
  return function signedIn(req, res, next) {
    if (res.locals.session || publicPaths.has(req.path)) {
      next();
      return;
    }
    if (wantsJson(req)) {
      sendProblem(res, 401);
      return;
    }
    const isPage = req.method === 'GET' || req.method === 'HEAD';
    const wanted =
      isPage && req.originalUrl !== '/' ? `?return_to=${encodeURIComponent(req.originalUrl)}` : '';
    res.redirect(303, `/login${wanted.length < 500 ? wanted : ''}`);
  };
}
