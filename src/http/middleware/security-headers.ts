import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Everything is refused that the pages do not use. There is no inline script or style; the nonce marks the script
 * elements that our own layout wrote.
 */
export function securityHeaders(): RequestHandler {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", (_req: IncomingMessage, res: ServerResponse) => `'nonce-${nonceOf(res)}'`],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // Sent over plain HTTP it is ignored; whether a site is HTTPS for ever is for its operator's proxy to say.
    strictTransportSecurity: false,
    // The origin in Referer and Origin of our own forms is what the origin check reads.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  return function securityHeaders(req, res, next) {
    res.locals.nonce = newNonce();
    setHeaders(req, res, next);
  };
}

const nonceOf = (res: ServerResponse): string =>
  (res as ServerResponse & { locals: { nonce: string } }).locals.nonce;

const pool = Buffer.alloc(18 * 256);
let used = pool.length;

/** 18 random bytes, taken from a pool: a call into the generator per request costs more than the rest of this file. */
function newNonce(): string {
  if (used === pool.length) {
    randomBytes(pool.length).copy(pool);
    used = 0;
  }
  used += 18;
  return pool.toString('base64', used - 18, used);
}
