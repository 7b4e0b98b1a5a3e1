import type { RequestHandler } from 'express';
import express from 'express';
import { AppError } from '../../shared/errors.ts';

/** Forms are small; whatever is larger, or is not a form, is refused before it is read. */
export function formBody(): RequestHandler {
  const parse = express.urlencoded({ extended: false, limit: '100kb', parameterLimit: 200 });
  return function formBody(req, res, next) {
    if (req.method === 'GET' || req.method === 'HEAD') {
      next();
      return;
    }
    const hasBody =
      req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
    if (hasBody && req.is('application/x-www-form-urlencoded') === false) {
      next(new AppError('unsupported', 'not_a_form'));
      return;
    }
    parse(req, res, next);
  };
}
