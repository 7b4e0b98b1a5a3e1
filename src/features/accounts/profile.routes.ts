import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { answerInvalid, idOf, readForm } from '../../http/forms.ts';
import type { FormResult } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { isDuplicate, notFound } from '../../shared/errors.ts';
import type { Profile } from './accounts.forms.ts';
import { passwordForm, profileForm } from './accounts.forms.ts';
import { answerLimited } from './answer-limited.ts';
import type { Attempts } from './attempts.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { emailKeyOf, isEmailTaken } from './people.ts';
import { findPasswordHash, updatePerson } from './people.queries.ts';
import { showAccount, showProfileAgain } from './profile-page.ts';
import { deleteOtherSessions, deleteSession } from './sessions.queries.ts';
import { setFlash } from './sessions.ts';
import { accountScope } from './sign-in.ts';

const path = '/account';

/** A person's own account: profile, password, sessions. */
export function profileRoutes(deps: Deps, attempts: Attempts): Router {
  const router = Router();
  router.get('/account', async (req, res) => showAccount(deps, req, res));

  router.post('/account', async (req, res) => {
    const person = personOf(res);
    const form = await readProfile(deps, person, req.body);
    if (!form.ok) return answerInvalid(req, res, form.problems, showProfileAgain(deps, req, res));
    const stored = await storeProfile(deps, person, form.value);
    if (!stored.ok) return answerInvalid(req, res, stored.problems, showProfileAgain(deps, req, res));
    // The message is for the next page, which is in the language just chosen.
    const { t } = deps.viewFunctions(form.value.locale, form.value.duration_format);
    await flash(deps, res, t('account.saved'));
    res.redirect(303, path);
  });

  router.post('/account/password', (req, res) => changePassword(deps, attempts, req, res));

  router.post('/account/sessions/:id/revoke', async (req, res) => {
    const person = personOf(res);
    const id = idOf(req.params.id);
    const ended = id !== undefined && (await deleteSession(deps.db, person.id, id));
    if (!ended) throw notFound('session');
    deps.record('auth.logout', { user_id: person.id }, { reason: 'revoked' });
    if (id !== sessionOf(res).id) await flash(deps, res, res.locals.functions.t('account.session_ended'));
    res.redirect(303, path);
  });

  router.post('/account/sessions/revoke-others', async (_req, res) => {
    const { id, person } = sessionOf(res);
    await deps.change({ user_id: person.id }, async (trx, record) => {
      const ended = await deleteOtherSessions(trx, person.id, id);
      for (let count = 0; count < ended; count += 1) record('auth.logout', { reason: 'revoked' });
    });
    await flash(deps, res, res.locals.functions.t('account.sessions_ended'));
    res.redirect(303, path);
  });
  return router;
}

const emailTaken = { ok: false, problems: { email: { key: 'account.email_taken' } } } as const;

async function readProfile(deps: Deps, person: Person, fields: unknown): Promise<FormResult<Profile>> {
  const form = readForm(profileForm, fields);
  if (form.ok && (await isEmailTaken(deps.db, form.value.email, person.id))) return emailTaken;
  return form;
}

async function storeProfile(deps: Deps, person: Person, profile: Profile): Promise<FormResult<null>> {
  try {
    await deps.change({ user_id: person.id }, async (trx, record) => {
      await updatePerson(trx, person.id, { ...profile, email_key: emailKeyOf(profile.email) });
      record('account.updated', { locale: profile.locale, theme: profile.theme });
    });
    return { ok: true, value: null };
  } catch (error) {
    // Somebody else took the address between the check and the write.
    if (isDuplicate(error)) return emailTaken;
    throw error;
  }
}

/** Asks the old password, and ends every other session: whoever knew the old one is out. */
async function changePassword(deps: Deps, attempts: Attempts, req: Request, res: Response): Promise<void> {
  const { id: session_id, person } = sessionOf(res);
  const again =
    (status: number) =>
    (problems: Record<string, string>): Promise<void> =>
      showAccount(deps, req, res, { password_problems: problems, status });
  const form = readForm(passwordForm, req.body);
  if (!form.ok) return answerInvalid(req, res, form.problems, again(422));
  // A stolen session must not be a way to guess the password without the limit of the sign-in.
  const { hits, resets_at } = await attempts.add(accountScope, emailKeyOf(person.email));
  if (hits > deps.config.login_attempts) return answerLimited(deps, req, res, resets_at, again(429));
  const stored = await findPasswordHash(deps.db, person.id);
  if (!(await verifyPassword(form.value.current_password, stored))) {
    return answerInvalid(req, res, { current_password: { key: 'account.password_wrong' } }, again(422));
  }
  await attempts.clear(accountScope, emailKeyOf(person.email));
  const password_hash = await hashPassword(form.value.new_password);
  await deps.change({ user_id: person.id }, async (trx, record) => {
    await updatePerson(trx, person.id, { password_hash });
    await deleteOtherSessions(trx, person.id, session_id);
    record('account.password_changed', {});
  });
  await flash(deps, res, res.locals.functions.t('account.password_changed'));
  res.redirect(303, path);
}

const flash = (deps: Deps, res: Response, text: string): Promise<void> =>
  setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
