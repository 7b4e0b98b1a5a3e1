import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm, returnPath, typed } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { isUnstorable } from '../../shared/errors.ts';
import type { Actor } from '../../telemetry/record.ts';
import { signInForm } from './accounts.forms.ts';
import { addressLimit, addressOf } from './address-limit.ts';
import { answerLimited } from './answer-limited.ts';
import type { Attempts } from './attempts.ts';
import { closeSession, isSecure, openSession } from './open-session.ts';
import { checkSignIn } from './sign-in.ts';

const addressScope = 'login_address';
const home = '/timer';

/** GET and POST /login, POST /logout. */
export function signInRoutes(deps: Deps, attempts: Attempts): Router {
  const router = Router();
  const limit = deps.config.login_attempts;
  const limitAddress = addressLimit({
    attempts,
    scope: addressScope,
    limit: 10 * limit,
    refuse: (req, res, resets_at) => answerTooMany(deps, req, res, { resets_at, objects: false }),
  });

  router.get('/login', async (req, res) => {
    const return_to = returnPath(req.query['return_to'], home);
    if (res.locals.session) res.redirect(303, return_to);
    else await showLogin(deps, req, res, { return_to, problems: {}, values: {}, status: 200 });
  });

  router.post('/login', limitAddress, async (req, res) => {
    const form = readForm(signInForm, req.body);
    if (!form.ok) return answerInvalid(req, res, form.problems, showAgain(deps, req, res, 422));
    const result = await checkSignIn({ db: deps.db, attempts, limit }, form.value);
    if (result.outcome === 'limited') return answerTooMany(deps, req, res, result);
    if (result.outcome === 'refused') {
      deps.metrics.logins('password', 'failure');
      const properties = { auth_method: 'password', reason: result.reason } as const;
      deps.record('auth.login_failed', whoever(result), properties);
      return answerInvalid(req, res, { form: { key: 'login.wrong' } }, showAgain(deps, req, res, 422));
    }
    await attempts.takeBack(addressScope, await addressOf(req));
    await openSession(deps, req, res, result.user_id);
    deps.metrics.logins('password', 'success');
    deps.record('auth.login', { user_id: result.user_id }, { auth_method: 'password' });
    res.redirect(303, returnPath(typed(req.body)['return_to'], home));
  });

  router.post('/logout', async (req, res) => {
    const { id } = personOf(res);
    try {
      await closeSession(deps, req, res);
    } catch (error) {
      if (!isUnstorable(error)) throw error;
      deps.log.logger.error({ err: error }, 'session could not be ended');
      return showLeft(deps, req, res);
    }
    // Pages that the back button would still show; browsers obey this only over https.
    if (isSecure(deps, req)) res.setHeader('Clear-Site-Data', '"cache"');
    deps.record('auth.logout', { user_id: id }, { reason: 'sign_out' });
    res.redirect(303, '/login');
  });
  return router;
}

/** Out in this browser, though nothing can be stored: whoever leaves a shared computer must not stay signed in at it. */
function showLeft(deps: Deps, req: Request, res: Response): Promise<void> {
  delete res.locals.session;
  delete res.locals.person;
  const problems = { form: res.locals.functions.t('logout.unstored') };
  return showLogin(deps, req, res, { return_to: home, problems, values: {}, status: 507 });
}

interface LoginPage {
  return_to: string;
  problems: Record<string, string>;
  values: Record<string, string>;
  status: number;
}

function showLogin(deps: Deps, req: Request, res: Response, page: LoginPage): Promise<void> {
  const { status, return_to, problems, values } = page;
  const title = res.locals.functions.t('login.title');
  return deps.page(
    req,
    res,
    'accounts/login',
    { title, return_to, problems, email: values['email'] ?? '' },
    status,
  );
}

/** The page again after a POST; the password is never put into a page. */
function showAgain(deps: Deps, req: Request, res: Response, status: number) {
  return (problems: Record<string, string>, values: Record<string, string>): Promise<void> => {
    const return_to = returnPath(values['return_to'], home);
    return showLogin(deps, req, res, { return_to, problems, values, status });
  };
}

/** Whether it is the person or a stranger who types an address, nobody knows: the person's no counts, their yes does not. */
const whoever = ({ objects }: { objects: boolean }): Actor =>
  objects ? { user_id: null, allows_analytics: false } : { user_id: null };

async function answerTooMany(
  deps: Deps,
  req: Request,
  res: Response,
  { resets_at, objects }: { resets_at: number; objects: boolean },
): Promise<void> {
  deps.metrics.logins('password', 'limited');
  const properties = { auth_method: 'password', reason: 'rate_limited' } as const;
  deps.record('auth.login_failed', whoever({ objects }), properties);
  await answerLimited(deps, req, res, resets_at, showAgain(deps, req, res, 429));
}
