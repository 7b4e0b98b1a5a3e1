import type { Request, Response } from 'express';
import { acceptedEncoding, compressPage } from './compression.ts';
import type { PageShared } from './express-locals.ts';
import type { Views } from './views.ts';

const compressAboveBytes = 1024;

/** Sends a complete HTML document with one write, compressed where the browser accepts it. */
export function sendHtml(req: Request, res: Response, html: string, status = 200): void {
  let body = Buffer.from(html);
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  // A page may have said that it must not be kept at all.
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'private, no-cache');
  res.setHeader('Vary', 'Accept-Encoding, Cookie');
  const encoding = body.length > compressAboveBytes ? acceptedEncoding(req) : 'identity';
  if (encoding !== 'identity') {
    body = compressPage(body, encoding) as typeof body;
    res.setHeader('Content-Encoding', encoding);
  }
  res.setHeader('Content-Length', body.length);
  res.end(body);
}

/** How a handler answers with a page: `await page(req, res, 'projects/index', { title, … })`. */
export type SendPage = (
  req: Request,
  res: Response,
  view: string,
  data: { title: string; [name: string]: unknown },
  status?: number,
) => Promise<void>;

/**
 * @param onView - told after each page that was shown by GET with status 200.
 */
export function createSendPage(views: Views, onView: (req: Request, res: Response) => void): SendPage {
  return async (req, res, view, data, status = 200) => {
    const shared = await res.locals.loadShared(req, res);
    sendHtml(req, res, renderPage(views, view, shared, data), status);
    if (status === 200 && req.method === 'GET') onView(req, res);
  };
}

/** The view inside its layout: `page` for people who are signed in, `plain` for everybody else. */
export function renderPage(views: Views, view: string, shared: PageShared, data: object): string {
  const it = { ...shared, ...data, body: '' };
  it.body = views.render(view, it);
  return views.render(shared.person ? 'layout/page' : 'layout/plain', it);
}
