import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm, typed } from '../../http/forms.ts';
import { addressLimit } from '../accounts/address-limit.ts';
import { answerLimited } from '../accounts/answer-limited.ts';
import { createAttempts } from '../accounts/attempts.ts';
import { openSession } from '../accounts/open-session.ts';
import { hashPassword } from '../accounts/passwords.ts';
import { acceptForm, forgotForm, resetForm } from './invitations.forms.ts';
import { acceptLink, findInvited } from './links.ts';
import type { LinkKind } from './links.ts';
import type { LinkedPerson } from './links.queries.ts';
import { sendOwnReset } from './own-reset.ts';

/** What a link opens, and asking for one: the only pages besides sign-in that strangers reach. */
export function invitationRoutes(deps: Deps): Router {
  const router = Router();
  const attempts = createAttempts(deps);
  const limitAddress = addressLimit({
    attempts,
    scope: 'forgot_address',
    limit: deps.config.login_attempts,
    refuse: (req, res, resets_at) =>
      answerLimited(deps, req, res, resets_at, (problems, values) =>
        showForgot(deps, req, res, { problems, values, status: 429 }),
      ),
  });
  router.get('/invitation', (req, res) => showLink(deps, req, res, 'invitation'));
  router.post('/invitation', (req, res) => accept(deps, req, res, 'invitation'));
  router.get('/password/reset', (req, res) => showLink(deps, req, res, 'password_reset'));
  router.post('/password/reset', (req, res) => accept(deps, req, res, 'password_reset'));
  router.get('/password/forgot', (req, res) =>
    showForgot(deps, req, res, { problems: {}, values: {}, status: 200 }),
  );
  router.post('/password/forgot', limitAddress, async (req, res) => {
    const page = { problems: {}, values: {}, status: 200 };
    if (!isOffered(deps)) return showForgot(deps, req, res, page);
    const form = readForm(forgotForm, req.body);
    if (!form.ok)
      return answerInvalid(req, res, form.problems, (problems, values) =>
        showForgot(deps, req, res, { problems, values, status: 422 }),
      );
    // Not waited for: the answer and its time are the same whether somebody has that address or not.
    sendOwnReset(deps, attempts, form.value.email);
    await showForgot(deps, req, res, { ...page, is_sent: true });
  });
  return router;
}

/**
 * A link that strangers cause must lead to this server and nowhere else, so its address must be known and not be read
 * from their request.
 */
const isOffered = ({ mailer, config }: Deps): boolean => mailer.isOn && config.public_url !== undefined;

interface ForgotPage {
  problems: Record<string, string>;
  values: Record<string, string>;
  status: number;
  is_sent?: boolean;
}

async function showForgot(deps: Deps, req: Request, res: Response, page: ForgotPage): Promise<void> {
  const { problems, values, status, is_sent = false } = page;
  const title = res.locals.functions.t('forgot.title');
  const data = { title, problems, is_sent, email: values['email'] ?? '', is_offered: isOffered(deps) };
  await deps.page(req, res, 'invitations/forgot', data, status);
}

async function showLink(deps: Deps, req: Request, res: Response, kind: LinkKind): Promise<void> {
  const { token } = typed(req.query);
  const person = await findInvited(deps.db, kind, token, deps.now());
  res.setHeader('Cache-Control', 'no-store');
  if (!person) return showGone(deps, req, res);
  await showForm(deps, req, res, { kind, person, token: token ?? '', values: {}, problems: {}, status: 200 });
}

interface LinkPage {
  kind: LinkKind;
  person: LinkedPerson;
  token: string;
  values: Record<string, string>;
  problems: Record<string, string>;
  status: number;
}

async function showForm(deps: Deps, req: Request, res: Response, page: LinkPage): Promise<void> {
  const { kind, person, token, values, problems, status } = page;
  const { t } = res.locals.functions;
  const title = t(kind === 'invitation' ? 'invitation.title' : 'reset.title');
  const data = { title, kind, token, problems, email: person.email, name: values['name'] ?? person.name };
  await deps.page(req, res, 'invitations/link', data, status);
}

/** The same for a link that was used, is too old or was withdrawn, and for one that never was. */
const showGone = (deps: Deps, req: Request, res: Response): Promise<void> =>
  deps.page(req, res, 'invitations/gone', { title: res.locals.functions.t('link.gone_title') }, 404);

async function accept(deps: Deps, req: Request, res: Response, kind: LinkKind): Promise<void> {
  const { token } = typed(req.body);
  const now = Math.floor(deps.now() / 1000) * 1000;
  const person = await findInvited(deps.db, kind, token, now);
  if (!person) return showGone(deps, req, res);
  const form = readForm(kind === 'invitation' ? acceptForm : resetForm, req.body);
  if (!form.ok)
    return answerInvalid(req, res, form.problems, (problems, values) =>
      showForm(deps, req, res, { kind, person, token: token ?? '', values, problems, status: 422 }),
    );
  const password_hash = await hashPassword(form.value.password);
  const { name } = form.value;
  // Not signed in yet, but known: what the link makes known follows this person's choice, not that of whoever uses the
  // browser otherwise.
  const { user_id, analytics_choice } = person;
  res.locals.context.chooser = { user_id, analytics_choice };
  const accepted = await deps.change({ user_id }, (trx, record) =>
    acceptLink(trx, record, { kind, person, name, password_hash, now }),
  );
  if (!accepted) return showGone(deps, req, res);
  await openSession(deps, req, res, user_id);
  deps.metrics.logins('password', 'success');
  deps.record('auth.login', { user_id }, { auth_method: 'link' });
  res.redirect(303, '/timer');
}
