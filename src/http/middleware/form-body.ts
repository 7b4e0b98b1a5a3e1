import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import express from 'express';
import { AppError } from '../../shared/errors.ts';

/** Forms are small; whatever is larger, is not a form, or cannot be read without guessing, is refused. */
export function formBody(): RequestHandler {
  const unreadable = new WeakSet<IncomingMessage>();
  const parse = express.urlencoded({
    extended: false,
    limit: '100kb',
    parameterLimit: 200,
    // Noted, not thrown: the parser would hang the bytes on the error, and from there they could reach the log.
    verify: (req, _res, bytes) => {
      if (!isReadable(bytes)) unreadable.add(req);
    },
  });
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
    parse(req, res, (error?: unknown) => {
      next(error ?? (unreadable.has(req) ? new AppError('bad_request', 'form_encoding') : undefined));
    });
  };
}

const bracketInName = /(?:^|&)[^=&]*(?:\[|%5B)/i;

/**
 * The parser keeps broken sequences as text and gives a meaning of its own to brackets in names; no form of ours sends
 * either.
 */
function isReadable(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  const body = bytes.toString('latin1');
  if (bracketInName.test(body)) return false;
  if (!body.includes('%')) return true;
  try {
    decodeURIComponent(body);
    return true;
  } catch {
    // What does not decode is what is looked for.
    return false;
  }
}
