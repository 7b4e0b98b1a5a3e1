import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { AppError } from '../../shared/errors.ts';
import { requireAdministrator } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { changeFlags } from '../settings/change-flags.ts';
import { flagNames, flagsOf, flagTable } from '../settings/flags.ts';
import { featuresForm } from './features.forms.ts';

/** Switches for parts of the product. */
export function featureRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin/features', (req, res) => showFeatures(deps, req, res));
  router.post('/admin/features', (req, res) => saveFeatures(deps, req, res));
  return router;
}

async function showFeatures(deps: Deps, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const { t } = res.locals.functions;
  const flags = await flagsOf(deps, res.locals);
  await deps.page(req, res, 'admin/features', {
    title: t('flag.title'),
    flags: flagNames.map((name) => ({
      name,
      label: t(flagTable[name].label),
      hint: t(flagTable[name].hint),
      checked: flags[name],
    })),
  });
}

async function saveFeatures(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = requireAdministrator(personOf(res));
  const form = readForm(featuresForm, req.body);
  if (!form.ok) throw new AppError('bad_request', 'features_form');
  const now = Math.floor(deps.now() / 1000) * 1000;
  const changed = await changeFlags(deps, { viewer, wanted: form.value, now });
  const text = res.locals.functions.t('flag.saved', { count: changed.length });
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  res.redirect(303, '/admin/features');
}
