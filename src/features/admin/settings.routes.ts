import { Router } from 'express';
import type { Request, Response } from 'express';
import type * as z from 'zod';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { requireAdministrator } from '../access/access.ts';
import { currencyOptions, timeZoneOptions } from '../accounts/choices.ts';
import { setFlash } from '../accounts/sessions.ts';
import { currencyProblems, shownLoss } from '../rates/currency-change.ts';
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
    const now = Math.floor(deps.now() / 1000) * 1000;
    const found = form.ok ? await save(deps, { viewer, form: form.value, now }) : form.problems;
    if (Object.keys(found).length > 0)
      return answerInvalid(req, res, found, (problems, values) =>
        show(deps, req, res, { values: { ...values, currency_shown: shownLoss(found) }, problems }),
      );
    const text = res.locals.functions.t('settings.saved');
    await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
    res.redirect(303, '/admin/settings');
  });
  return router;
}

async function save(
  deps: Deps,
  { viewer, form, now }: { viewer: { id: number }; form: z.output<typeof settingsForm>; now: number },
): Promise<Problems> {
  const { currency_shown, ...wanted } = form;
  return changeSettings(deps, {
    ...{ viewer, wanted, now },
    problemsOf: (trx, { currency: before }) =>
      currencyProblems(trx, { before, after: wanted.currency, client_id: null }, currency_shown),
  });
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
