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
  let loaded: Router | undefined;
  const loadOnce = (): Promise<Router> => {
    loading ??= load().then((routes) => (loaded = routes));
    return loading;
  };
  // Named as Express names its own routers: for the chain it is one.
  function router(...[req, res, next]: Parameters<RequestHandler>): void {
    if (!places.includes(req.path.split('/', 2)[1] ?? '')) next();
    else if (loaded) loaded(req, res, next);
    else void loadOnce().then((routes) => routes(req, res, next), next);
  }
  return Object.assign(router, { load: loadOnce });
}
