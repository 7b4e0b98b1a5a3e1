import type { Request, Response } from 'express';

/** True for a client that asks for JSON and not for a page. */
export function wantsJson(req: Request): boolean {
  const accept = req.headers.accept;
  return (
    accept !== undefined && /\bapplication\/(problem\+)?json\b/.test(accept) && !accept.includes('text/html')
  );
}

/** Answers with a problem document (RFC 9457). */
export function sendProblem(res: Response, status: number, members: Record<string, unknown> = {}): void {
  // Not imported: a module that imports node:http itself loads all of Node's fetch client, 14 MB of it.
  const { STATUS_CODES } = process.getBuiltinModule('node:http');
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    request_id: res.locals.context.request_id,
    ...members,
  });
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/problem+json');
  res.setHeader('Cache-Control', 'no-store');
  res.end(body);
}
