/** The parts of a request and its answer that metrics and the log line are made of. */
export interface FinishedRequest {
  readonly route?: { readonly path?: unknown };
}

export interface FinishedResponse {
  readonly statusCode: number;
  readonly writableFinished: boolean;
  readonly locals: { readonly endpoint?: string };
}

/**
 * The route pattern a request was answered by: never the URL, so the set is closed.
 *
 * Routers mount at the root with full literal paths, so `route.path` is complete even after an error. Middleware that
 * answers by itself may set `res.locals.endpoint` to a constant such as `(static)`.
 */
export function endpointOf(req: FinishedRequest, res: FinishedResponse): string {
  if (req.route !== undefined) {
    return typeof req.route.path === 'string' ? req.route.path : '(unnamed)';
  }
  return res.locals.endpoint ?? (res.statusCode === 404 ? '(unmatched)' : '(middleware)');
}

/**
 * The status the client saw. 499 when it left before the answer was written out: the 200 an abandoned response carries
 * would hide exactly the pages people gave up on.
 */
export function httpStatusOf(res: FinishedResponse): number {
  return res.writableFinished ? res.statusCode : 499;
}
