import type { RequestHandler, Response } from 'express';
import type { Asset, Assets } from '../assets.ts';
import { acceptedEncoding } from '../compression.ts';

/** Files with fixed addresses that browsers and crawlers ask for by themselves. */
const rootFiles: Record<string, string> = { '/robots.txt': 'robots.txt', '/favicon.ico': 'favicon.svg' };

/**
 * Serves the public files. A current fingerprint is cached for ever; one of another version (an open page during an
 * upgrade) gets today's file, uncached. What is not there is a short 404 without session or page.
 */
export function assets(files: Assets): RequestHandler {
  return async function assets(req, res, next) {
    const rootFile = rootFiles[req.path];
    if (
      (rootFile === undefined && !req.path.startsWith('/assets/')) ||
      !(req.method === 'GET' || req.method === 'HEAD')
    ) {
      next();
      return;
    }
    res.locals.endpoint = '(static)';
    const found = files.find(rootFile === undefined ? req.path : files.path(rootFile));
    if (!found) {
      res.statusCode = 404;
      res.setHeader('Content-Type', 'text/plain; charset=utf-8');
      res.end('not found\n');
      return;
    }
    const encoding = acceptedEncoding(req);
    const cached = found.current && rootFile === undefined;
    send(res, found.asset, await found.asset.encoded(encoding), encoding, cached);
  };
}

function send(res: Response, asset: Asset, body: Buffer, encoding: string, cached: boolean): void {
  res.setHeader('Content-Type', asset.type);
  res.setHeader('Cache-Control', cached ? 'public, max-age=31536000, immutable' : 'public, no-cache');
  res.setHeader('Vary', 'Accept-Encoding');
  if (body !== asset.body) res.setHeader('Content-Encoding', encoding);
  res.setHeader('Content-Length', body.length);
  res.end(body);
}
