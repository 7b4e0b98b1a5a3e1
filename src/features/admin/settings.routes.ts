import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { requireAdministrator } from '../access/access.ts';
import { currencyOptions, timeZoneOptions } from '../accounts/choices.ts';
import { setFlash } from '../accounts/sessions.ts';
import { changeSettings } from '../settings/change-settings.ts';
import { settingsForm } from './settings.forms.ts';

/** Settings of the instance: what new people start with, and how amounts are counted. */
export function settingsRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin/settings', async (req, res) => {
    requireAdministrator(personOf(res));
    const { used_by, time_zone, currency, week_start, duration_format } = await deps.settings.read();
    const values = { used_by, time_zone, currency, week_start: String(week_start), duration_format };
    await show(deps, req, res, { values, problems: {} });
  });
  router.post('/admin/settings', async (req, res) => {
    const viewer = requireAdministrator(personOf(res));
    const form = readForm(settingsForm, req.body);
    if (!form.ok)
      return answerInvalid(req, res, form.problems, (problems, values) =>
        show(deps, req, res, { values, problems }),
      );
    const now = Math.floor(deps.now() / 1000) * 1000;
    await changeSettings(deps, { viewer, wanted: form.value, now });
    const text = res.locals.functions.t('settings.saved');
    await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
    res.redirect(303, '/admin/settings');
  });
  return router;
}

interface SettingsPage {
  values: Record<string, string>;
  problems: Record<string, string>;
}

async function show(deps: Deps, req: Request, res: Response, page: SettingsPage): Promise<void> {
  const { values, problems } = page;
  const { locale, functions } = res.locals;
  await deps.page(
    req,
    res,
    'admin/settings',
    {
      ...{ title: functions.t('settings.title'), tab: 'settings', values, problems },
      zones: timeZoneOptions(values['time_zone']),
      currencies: currencyOptions(locale),
    },
    Object.keys(problems).length > 0 ? 422 : 200,
  );
}
