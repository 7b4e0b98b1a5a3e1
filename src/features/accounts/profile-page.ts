import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { sessionOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { familiesOf } from './device.ts';
import { timeZoneOptions } from './choices.ts';
import { findWantedMails } from './people.queries.ts';
import { listSessions } from './sessions.queries.ts';

interface AccountPage {
  values?: Record<string, string>;
  problems?: Record<string, string>;
  password_problems?: Record<string, string>;
  status?: number;
}

/** The account page; a form with problems is shown as it was typed, the other parts as they are stored. */
export async function showAccount(
  deps: Deps,
  req: Request,
  res: Response,
  page: AccountPage = {},
): Promise<void> {
  const { person } = sessionOf(res);
  const { values, problems = {}, password_problems = {}, status = 200 } = page;
  const title = res.locals.functions.t('account.title');
  const zones = timeZoneOptions(person.time_zone);
  const sessions = await loadSessions(deps, res);
  const mails = values
    ? { entry_mails: Boolean(values['entry_mails']), budget_mails: Boolean(values['budget_mails']) }
    : await findWantedMails(deps.db, person.id);
  const shown = { ...person, ...values, ...mails };
  const data = { title, values: shown, problems, password_problems, sessions, zones };
  await deps.page(req, res, 'accounts/account', data, status);
}

/** The page after a profile that cannot be stored. */
export function showProfileAgain(deps: Deps, req: Request, res: Response) {
  return (problems: Record<string, string>, values: Record<string, string>): Promise<void> =>
    showAccount(deps, req, res, { problems, values, status: 422 });
}

async function loadSessions({ db, now, config }: Deps, res: Response) {
  const { id: own_id, person } = sessionOf(res);
  const { t, day, clock } = res.locals.functions;
  const instant = (ms: number): string =>
    `${day(localDateOf(ms, person.time_zone) ?? '', 'short')}, ${clock(ms, person.time_zone)}`;
  const rows = await listSessions(db, {
    user_id: person.id,
    expires_after: now(),
    seen_after: now() - config.session_idle_ms,
  });
  return rows.map(({ id, device, created_at, last_seen_at }) => ({
    id,
    is_own: id === own_id,
    device: deviceLabel(device, t),
    created: instant(created_at),
    last_seen: instant(last_seen_at),
  }));
}

function deviceLabel(device: string, t: Response['locals']['functions']['t']): string {
  const { browser, system } = familiesOf(device);
  if (browser !== '' && system !== '') return t('account.device', { browser, system });
  return browser || system || t('account.device_unknown');
}
