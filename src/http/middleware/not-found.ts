import type { RequestHandler } from 'express';
import { notFound as notFoundError } from '../../shared/errors.ts';

/** What no route answered becomes the ordinary 404 page. */
export function notFound(): RequestHandler {
  return function notFound(_req, res, next) {
    res.locals.endpoint = '(unmatched)';
    next(notFoundError('no_route'));
  };
}
