// The floor of our timer page: bare node:http with the same queries and the same render, and nothing else of ours.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import type { Deps } from '../src/deps.ts';
import { findSession } from '../src/features/accounts/sessions.ts';
import { loadTimerPage } from '../src/features/entries/entry-page.ts';
import { loadTimerBar } from '../src/features/timer/timer-bar.ts';
import { cookieValue, sessionCookie } from '../src/http/middleware/session.ts';
import { sharedWithoutData } from '../src/http/middleware/view-locals.ts';
import { renderPage } from '../src/http/page.ts';

/** As long as a real one, so that the bytes are the same. */
const NONCE = 'x'.repeat(24);

export function createBarePage(deps: Deps): RequestListener {
  return (req, res) => void answer(deps, req, res);
}

async function answer(deps: Deps, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const token = cookieValue(req.headers.cookie, sessionCookie) ?? '';
  const session = await findSession(deps.db, token, deps.now(), deps.config);
  if (session === undefined) {
    res.writeHead(401).end();
    return;
  }
  const body = Buffer.from(await timerPage(deps, session.person));
  res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': body.length });
  res.end(body);
}

async function timerPage(deps: Deps, person: NonNullable<Response['locals']['person']>): Promise<string> {
  const functions = deps.viewFunctions(person.locale, person.duration_format);
  // What the shared data reads of Express's two objects.
  const req = { path: '/timer', originalUrl: '/timer' } as Request;
  const res = { locals: { locale: person.locale, functions, nonce: NONCE, person } } as Response;
  const shared = sharedWithoutData(req, res, deps.config.version);
  shared.bar = await loadTimerBar(deps, person, functions, req);
  const data = { ...(await loadTimerPage(deps, person, {})), title: functions.t('nav.timer') };
  return renderPage(deps.views, 'timer/index', shared, data);
}
