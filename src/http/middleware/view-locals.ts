import type { Request, RequestHandler, Response } from 'express';
import { localeFor } from '../../i18n/translate.ts';
import type { Locale, MessageKey } from '../../i18n/translate.ts';
import type { Flash, LoadShared, PageShared, Person, Session } from '../express-locals.ts';
import type { DurationFormat } from '../../shared/duration.ts';
import type { ViewFunctions } from '../view-functions.ts';

interface ViewLocalsOptions {
  viewFunctions: (locale: Locale, durationFormat: DurationFormat) => ViewFunctions;
  /** The timer bar of a person, loaded only when a page is rendered. */
  loadBar: (person: Person, functions: ViewFunctions, req: Request) => Promise<object>;
  /** Removes the message that this page shows from the session. */
  clearFlash: (session: Session) => Promise<void>;
  version: string;
}

/** The navigation; `within` are the first parts of the paths that belong to a place. */
const places: { href: string; label: MessageKey; icon: string; within: string[]; admin?: true }[] = [
  { href: '/timer', label: 'nav.timer', icon: 'timer', within: ['timer', 'entries'] },
  { href: '/reports/summary', label: 'nav.reports', icon: 'chart', within: ['reports'] },
  {
    href: '/projects',
    label: 'nav.projects',
    icon: 'folder',
    within: ['projects', 'clients', 'tasks', 'tags', 'rates'],
  },
  { href: '/admin', label: 'nav.admin', icon: 'settings', within: ['admin'], admin: true },
];

/**
 * What every page needs: language, formats, navigation, message, running timer. Nothing is loaded here; a POST that
 * answers with a redirect never asks for it.
 */
export function viewLocals(options: ViewLocalsOptions): RequestHandler {
  // One function for all requests: one made for each, kept on what it holds, survives the young generation's collections.
  const loadShared: LoadShared = async (req, res) => {
    const { session } = res.locals;
    const shared = sharedWithoutData(req, res, options.version);
    if (!session) return shared;
    shared.flash = await takeFlash(session, options.clearFlash);
    shared.bar = await options.loadBar(session.person, res.locals.functions, req);
    return shared;
  };
  return function viewLocals(req, res, next) {
    setLanguage(req, res, options.viewFunctions);
    res.locals.loadShared = loadShared;
    next();
  };
}

/** Language and formats of this request; the error page may need them before `viewLocals` ran. */
export function setLanguage(
  req: Request,
  res: Response,
  viewFunctions: ViewLocalsOptions['viewFunctions'],
): void {
  const { person } = res.locals;
  res.locals.locale = person?.locale ?? localeFor(req.headers['accept-language']);
  res.locals.functions = viewFunctions(res.locals.locale, person?.duration_format ?? 'clock');
}

/** Everything a layout needs that costs no query. */
export function sharedWithoutData(req: Request, res: Response, version: string): PageShared {
  const { locale, functions, nonce, person, session } = res.locals;
  return {
    ...functions,
    locale,
    theme: person?.theme ?? 'system',
    nonce,
    person: person ?? null,
    flash: null,
    unread_notices: session?.unread_notices ?? 0,
    nav: places
      .filter(({ admin }) => !admin || person?.role === 'admin')
      .map(({ href, label, icon, within }) => ({
        href,
        label: functions.t(label),
        icon,
        current: within.includes(req.path.split('/', 2)[1] ?? ''),
      })),
    bar: null,
    current_path: req.originalUrl,
    version,
  };
}

async function takeFlash(
  session: Session,
  clearFlash: ViewLocalsOptions['clearFlash'],
): Promise<Flash | null> {
  const { flash } = session;
  if (flash) await clearFlash(session);
  return flash;
}
