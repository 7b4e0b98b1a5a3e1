import type { RequestHandler, Router } from 'express';

export interface LazyRouter extends RequestHandler {
  /** Imports the routes, once; tests that read all routes call it. */
  load: () => Promise<Router>;
}

/**
 * A feature whose code is imported with the first request for one of its places: the timer is on screen sooner, and a
 * server on which nobody opens the administration does not keep it in memory.
 *
 * @param places - first parts of the feature's paths, such as 'projects' of /projects/7.
 */
export function lazyRouter(places: readonly string[], load: () => Promise<Router>): LazyRouter {
  let loading: Promise<Router> | undefined;
  const loadOnce = (): Promise<Router> => {
    loading ??= load();
    return loading;
  };
  // Named as Express names its own routers: for the chain it is one.
  async function router(...[req, res, next]: Parameters<RequestHandler>): Promise<void> {
    if (!places.includes(req.path.split('/', 2)[1] ?? '')) return next();
    (await loadOnce())(req, res, next);
  }
  return Object.assign(router, { load: loadOnce });
}
