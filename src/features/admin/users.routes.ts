import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey, MessageValues } from '../../i18n/translate.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { requireAdministrator } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { originOf } from '../invitations/origin.ts';
import {
  activatePerson,
  addPlaceholder,
  deactivatePerson,
  invitePerson,
  invitePlaceholder,
  mergePerson,
  removePerson,
  renameOnly,
  renewLink,
  requirePerson,
  revokeLink,
  savePerson,
} from '../people/people.ts';
import type { Administration, Invited, Trx } from '../people/people.ts';
import { inviteForm, mergeForm, nameForm, personForm, placeholderForm } from '../people/people.forms.ts';
import { retryConflict } from '../work/conflicts.ts';
import { sendAndShowLink } from './user-link-page.ts';
import { showMerge, showNewUser, showPeople, showUser } from './user-pages.ts';
import type { UserPage } from './user-pages.ts';

/** Administrators' pages about people. To everybody else nothing is here. */
export function userRoutes(deps: Deps): Router {
  const router = Router();
  const admin = (res: Response) => requireAdministrator(personOf(res));
  router.get('/admin/users', async (req, res) => {
    admin(res);
    await showPeople(deps, req, res);
  });
  router.get('/admin/users/new', async (req, res) => {
    admin(res);
    await showNewUser(deps, req, res, { values: {}, problems: {} });
  });
  router.post('/admin/users', (req, res) => invite(deps, req, res));
  router.post('/admin/users/placeholders', (req, res) => createPlaceholder(deps, req, res));
  router.get('/admin/users/:id', async (req, res) => {
    admin(res);
    await showUser(deps, req, res, await requirePerson(deps.db, idOf(req.params.id)), {});
  });
  router.post('/admin/users/:id', (req, res) => save(deps, req, res));
  router.post('/admin/users/:id/invite', (req, res) => inviteLater(deps, req, res));
  // The link is shown once; whoever loads that page again is back at the person.
  router.get('/admin/users/:id/link', async (req, res) => {
    admin(res);
    const { id } = await requirePerson(deps.db, idOf(req.params.id));
    res.redirect(303, `/admin/users/${id}`);
  });
  router.post('/admin/users/:id/link', (req, res) => makeLink(deps, req, res));
  router.post('/admin/users/:id/link/revoke', (req, res) =>
    change(deps, req, res, 'people.link_ended', revokeLink),
  );
  router.post('/admin/users/:id/deactivate', (req, res) => deactivate(deps, req, res));
  router.post('/admin/users/:id/activate', (req, res) =>
    change(deps, req, res, 'people.activated', activatePerson),
  );
  router.post('/admin/users/:id/delete', (req, res) => remove(deps, req, res));
  router.get('/admin/users/:id/merge', async (req, res) => {
    admin(res);
    await showMerge(deps, req, res, await requirePerson(deps.db, idOf(req.params.id)), {});
  });
  router.post('/admin/users/:id/merge', (req, res) => merge(deps, req, res));
  return router;
}

/** Who does it and when; throws not found for everybody but administrators. */
function administration(deps: Deps, req: Request, res: Response): Administration {
  const { id } = requireAdministrator(personOf(res));
  const mail_origin = deps.mailer.isOn ? originOf(req, deps.config) : null;
  return { actor_id: id, now: Math.floor(deps.now() / 1000) * 1000, mail_origin };
}

function inChange<Result>(
  deps: Deps,
  { actor_id }: Administration,
  work: (trx: Trx, record: RecordInChange) => Promise<Result>,
): Promise<Result> {
  return retryConflict(() => deps.change({ user_id: actor_id }, work));
}

async function invite(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const settings = await deps.settings.read();
  const form = readForm(inviteForm, req.body);
  const invited: FormResult<Invited> = form.ok
    ? await inChange(deps, by, (trx, record) => invitePerson(trx, record, { form: form.value, settings, by }))
    : form;
  if (!invited.ok)
    return answerInvalid(req, res, invited.problems, (problems, values) =>
      showNewUser(deps, req, res, { values, problems }),
    );
  const { id, link } = invited.value;
  await sendAndShowLink(deps, req, res, { id, link, kind: 'invitation' });
}

async function createPlaceholder(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const settings = await deps.settings.read();
  const form = readForm(placeholderForm, req.body);
  if (!form.ok)
    return answerInvalid(req, res, form.problems, (placeholder_problems, placeholder_values) =>
      showNewUser(deps, req, res, { values: {}, problems: {}, placeholder_values, placeholder_problems }),
    );
  const id = await inChange(deps, by, (trx, record) =>
    addPlaceholder(trx, record, { form: form.value, settings, by }),
  );
  await tell(deps, res, 'people.placeholder_created');
  res.redirect(303, `/admin/users/${id}`);
}

/** The person's page again, with the problems of one of its forms. */
async function refuse(
  deps: Deps,
  req: Request,
  res: Response,
  problems: Problems,
  pageOf: (problems: Record<string, string>, values: Record<string, string>) => UserPage,
): Promise<void> {
  const person = await requirePerson(deps.db, idOf(req.params['id']));
  await answerInvalid(req, res, problems, (told, values) =>
    showUser(deps, req, res, person, pageOf(told, values)),
  );
}

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const { id, is_placeholder } = await requirePerson(deps.db, idOf(req.params['id']));
  const saved =
    is_placeholder === 1 ? await rename(deps, req, { id, by }) : await saveAll(deps, req, { id, by });
  if (!saved.ok) return refuse(deps, req, res, saved.problems, (problems, values) => ({ problems, values }));
  await tell(deps, res, 'people.saved');
  // Who is no administrator any more would find nothing there.
  const still = id !== by.actor_id || (await requirePerson(deps.db, id)).role === 'admin';
  res.redirect(303, still ? `/admin/users/${id}` : '/timer');
}

interface Target {
  id: number;
  by: Administration;
}

async function rename(deps: Deps, req: Request, { id, by }: Target): Promise<FormResult<null>> {
  const form = readForm(nameForm, req.body);
  if (!form.ok) return form;
  await inChange(deps, by, (trx, record) => renameOnly(trx, record, { id, name: form.value.name, by }));
  return { ok: true, value: null };
}

async function saveAll(deps: Deps, req: Request, { id, by }: Target): Promise<FormResult<null>> {
  const form = readForm(personForm, req.body);
  if (!form.ok) return form;
  return inChange(deps, by, (trx, record) => savePerson(trx, record, { id, form: form.value, by }));
}

async function inviteLater(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const { id, is_placeholder } = await requirePerson(deps.db, idOf(req.params['id']));
  // The page of somebody with an account has no such form that could tell.
  if (is_placeholder === 0)
    return refuse(deps, req, res, { form: { key: 'people.no_placeholder' } }, (problems) => ({ problems }));
  const form = readForm(inviteForm, req.body);
  const invited: FormResult<Invited> = form.ok
    ? await inChange(deps, by, (trx, record) => invitePlaceholder(trx, record, { id, form: form.value, by }))
    : form;
  if (!invited.ok)
    return refuse(deps, req, res, invited.problems, (invite_problems, invite_values) => ({
      invite_problems,
      invite_values,
    }));
  await sendAndShowLink(deps, req, res, { ...invited.value, kind: 'invitation' });
}

async function makeLink(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const { id } = await requirePerson(deps.db, idOf(req.params['id']));
  const made = await inChange(deps, by, (trx, record) => renewLink(trx, record, { id, by }));
  if (!made.ok) return refuse(deps, req, res, made.problems, (problems) => ({ problems }));
  await sendAndShowLink(deps, req, res, made.value);
}

/** A change that needs nothing but whom it is about. */
async function change(
  deps: Deps,
  req: Request,
  res: Response,
  told: MessageKey,
  work: (trx: Trx, record: RecordInChange, target: Target) => Promise<void>,
): Promise<void> {
  const by = administration(deps, req, res);
  const { id } = await requirePerson(deps.db, idOf(req.params['id']));
  await inChange(deps, by, (trx, record) => work(trx, record, { id, by }));
  await tell(deps, res, told);
  res.redirect(303, `/admin/users/${id}`);
}

async function deactivate(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const { id } = await requirePerson(deps.db, idOf(req.params['id']));
  const done = await inChange(deps, by, (trx, record) => deactivatePerson(trx, record, { id, by }));
  if (!done.ok) return refuse(deps, req, res, done.problems, (problems) => ({ problems }));
  if (done.value.stopped) deps.metrics.entriesCreated('timer');
  await tell(deps, res, done.value.stopped ? 'people.deactivated_stopped' : 'people.deactivated');
  res.redirect(303, `/admin/users/${id}`);
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const { id, name } = await requirePerson(deps.db, idOf(req.params['id']));
  const done = await inChange(deps, by, (trx, record) => removePerson(trx, record, { id, by }));
  if (!done.ok) return refuse(deps, req, res, done.problems, (problems) => ({ problems }));
  await tell(deps, res, 'people.deleted', { name });
  res.redirect(303, '/admin/users');
}

async function merge(deps: Deps, req: Request, res: Response): Promise<void> {
  const by = administration(deps, req, res);
  const person = await requirePerson(deps.db, idOf(req.params['id']));
  const form = readForm(mergeForm, req.body);
  const merged = form.ok
    ? await inChange(deps, by, (trx, record) =>
        mergePerson(trx, record, { id: person.id, ...form.value, by }),
      )
    : form;
  if (!merged.ok) {
    const problems = sentences(merged.problems, res.locals.functions.t);
    return showMerge(deps, req, res, person, { problems, values: typed(req.body) });
  }
  const { into, counts } = merged.value;
  await tell(deps, res, 'people.merged', { name: person.name, into: into.name, entries: counts.entries });
  res.redirect(303, `/admin/users/${into.id}`);
}

const tell = (deps: Deps, res: Response, key: MessageKey, values?: MessageValues): Promise<void> =>
  setFlash(deps.db, sessionOf(res), {
    ...{ kind: 'success', text: res.locals.functions.t(key, values), undo_path: null },
  });
