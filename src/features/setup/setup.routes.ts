import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm, typed } from '../../http/forms.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { addressLimit } from '../accounts/address-limit.ts';
import { answerLimited } from '../accounts/answer-limited.ts';
import type { Attempts } from '../accounts/attempts.ts';
import { createAttempts } from '../accounts/attempts.ts';
import { currencyOptions, timeZoneOptions } from '../accounts/choices.ts';
import { openSession } from '../accounts/open-session.ts';
import { hasAdministrator } from '../accounts/people.queries.ts';
import type { SetupChoices } from './setup.forms.ts';
import { setupForm } from './setup.forms.ts';
import { isFromThisMachine, isSetupCode } from './setup-code.ts';
import { channelOffers } from './channel-offers.ts';
import { completeSetup } from './setup.ts';

/** Wrong codes are counted for the whole server: a stranger with many addresses gains nothing by them. */
const codeScope = 'setup_code';

/** The first run: /setup exists only while no administrator does. */
export function setupRoutes(deps: Deps): Router {
  const router = Router();
  const attempts = createAttempts(deps);
  const limit = 10 * deps.config.login_attempts;
  const refuse = (req: Request, res: Response, resets_at: number): Promise<void> => {
    deps.metrics.logins('setup', 'limited');
    return answerLimited(deps, req, res, resets_at, showAgain(deps, req, res, 429));
  };

  router.get('/setup', async (req, res) => {
    if (await hasAdministrator(deps.db)) return leaveSetup(res);
    await showSetup(deps, req, res, { problems: {}, values: {}, status: 200 });
  });

  router.post(
    '/setup',
    addressLimit({ attempts, scope: 'setup_address', limit, refuse }),
    async (req, res) => {
      if (await hasAdministrator(deps.db)) return leaveSetup(res);
      const code = await checkCode(deps, attempts, req);
      if (code.hits > limit) return refuse(req, res, code.resets_at);
      const form = withProblems(readForm(setupForm, req.body), code.problems);
      if (!form.ok) return answerInvalid(req, res, form.problems, showAgain(deps, req, res, 422));
      const id = await completeOnce(deps, form.value, res.locals.locale);
      if (id === undefined) return leaveSetup(res);
      await openSession(deps, req, res, id);
      deps.metrics.logins('setup', 'success');
      res.redirect(303, '/timer');
    },
  );
  return router;
}

/** Setup is over: signed-in people learn that nothing is here, everybody else is sent to sign in. */
function leaveSetup(res: Response): void {
  if (res.locals.session) throw notFound('setup');
  res.redirect(303, '/login');
}

/** @returns undefined when another request was faster. */
async function completeOnce(deps: Deps, chosen: SetupChoices, locale: string): Promise<number | undefined> {
  try {
    return await completeSetup(deps, chosen, locale);
  } catch (error) {
    if (error instanceof AppError && error.kind === 'conflict') return undefined;
    throw error;
  }
}

/** Counts before it compares; a right code takes its own attempt back. */
async function checkCode(deps: Deps, attempts: Attempts, req: Request) {
  const none = { hits: 0, resets_at: 0, problems: {} as Problems };
  if (isFromThisMachine(req, deps.config)) return none;
  const code = typed(req.body)['setup_code'] ?? '';
  if (code.trim() === '') return { ...none, problems: { setup_code: { key: 'form.required' } } as Problems };
  const counted = await attempts.add(codeScope, 'all');
  if (!isSetupCode(code, deps.setupCode)) {
    deps.metrics.logins('setup', 'failure');
    return { ...counted, problems: { setup_code: { key: 'setup.code_wrong' } } as Problems };
  }
  await attempts.takeBack(codeScope, 'all');
  return { ...counted, problems: {} };
}

function withProblems(form: FormResult<SetupChoices>, more: Problems): FormResult<SetupChoices> {
  if (Object.keys(more).length === 0) return form;
  return { ok: false, problems: { ...(form.ok ? {} : form.problems), ...more } };
}

interface SetupPage {
  problems: Record<string, string>;
  values: Record<string, string>;
  status: number;
}

const proposed = {
  used_by: 'alone',
  time_zone: '',
  week_start: '1',
  currency: 'EUR',
  duration_format: 'clock',
};

async function showSetup(deps: Deps, req: Request, res: Response, page: SetupPage): Promise<void> {
  const { problems, status } = page;
  const { locale, functions } = res.locals;
  const needs_code = !isFromThisMachine(req, deps.config);
  const data = {
    title: functions.t('setup.title'),
    problems,
    values: { ...proposed, ...page.values, password: '' },
    needs_code,
    zones: timeZoneOptions(undefined).filter(({ value }) => value !== 'UTC'),
    currencies: currencyOptions(locale),
    channels: await channelOffers(deps, functions.t, { showsSample: !needs_code }),
    scripts: ['js/time-zone.js'],
  };
  await deps.page(req, res, 'setup/setup', data, status);
}

const showAgain =
  (deps: Deps, req: Request, res: Response, status: number) =>
  (problems: Record<string, string>, values: Record<string, string>): Promise<void> =>
    showSetup(deps, req, res, { problems, values, status });
