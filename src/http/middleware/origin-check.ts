import type { RequestHandler } from 'express';
import { AppError } from '../../shared/errors.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses unsafe requests that another site made the browser send. Browsers send Sec-Fetch-Site only to trustworthy
 * addresses, so a plain-HTTP install in a local network lives on Origin. Neither header means: not a browser.
 *
 * @param publicUrl - the address people type, when a proxy changes the Host header.
 */
export function originCheck({ publicUrl }: { publicUrl: string | undefined }): RequestHandler {
  return function originCheck(req, _res, next) {
    if (safeMethods.has(req.method) || isSameOrigin(req.headers, publicUrl)) next();
    else next(new AppError('forbidden', 'foreign_origin'));
  };
}

function isSameOrigin(
  headers: {
    'sec-fetch-site'?: string | string[] | undefined;
    origin?: string | undefined;
    host?: string | undefined;
  },
  publicUrl: string | undefined,
): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (publicUrl !== undefined && origin === publicUrl) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
