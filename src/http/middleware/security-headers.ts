import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Everything is refused that the pages do not use. There is no inline script or style; the nonce marks the script
 * elements that our own layout wrote.
 */
export function securityHeaders(): RequestHandler {
  const headers = writtenOnce();
  return function securityHeaders(_req, res, next) {
    const nonce = newNonce();
    res.locals.nonce = nonce;
    for (const { name, value, afterNonce } of headers) {
      res.setHeader(name, afterNonce === undefined ? value : `${value}${nonce}${afterNonce}`);
    }
    next();
  };
}

interface Header {
  readonly name: string;
  readonly value: string;
  /** What follows the nonce, in the one header that holds it. */
  readonly afterNonce?: string;
}

const nonceMark = 'NONCE';

/** Helmet's headers are the same for every page but for the nonce: it writes them once, and checks them then. */
function writtenOnce(): Header[] {
  const headers: Header[] = [];
  const response = {
    setHeader: (name: string, text: string) => {
      const [value = '', afterNonce] = text.split(nonceMark);
      headers.push({ name, value, ...(afterNonce === undefined ? {} : { afterNonce }) });
    },
    removeHeader: () => {},
  };
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, (problem?: unknown) => {
    if (problem) throw problem as Error;
  });
  return headers;
}

const setHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", `'nonce-${nonceMark}'`],
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
