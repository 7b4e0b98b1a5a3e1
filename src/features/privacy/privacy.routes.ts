import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { answerInvalid, readForm } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { isUnconnected } from '../../telemetry/channels.ts';
import { pseudonym } from '../../telemetry/pseudonym.ts';
import { listSessions } from '../accounts/sessions.queries.ts';
import { setFlash } from '../accounts/sessions.ts';
import { destinationOf } from '../admin/telemetry-channels.ts';
import { instantIn } from '../admin/telemetry-page.ts';
import { countOwnRows } from './own-rows.queries.ts';
import { analyticsForm, placeQuery } from './privacy.forms.ts';
import { countPeopleOf, findRecordedCounts } from './privacy.queries.ts';
import { chooseAnalytics, effectFor, partOf } from './privacy.ts';

/** Everybody's own page: what is recorded about them, what left, and their say in it. */
export function privacyRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/privacy', (req, res) => showPrivacy(deps, req, res));
  router.post('/privacy/analytics', (req, res) => saveChoice(deps, req, res));
  return router;
}

const dayMs = 86_400_000;

async function showPrivacy(
  deps: Deps,
  req: Request,
  res: Response,
  problems: Record<string, string> = {},
): Promise<void> {
  const person = personOf(res);
  const signal = res.locals.context.opt_out_signal === true;
  const { analytics_choice } = person;
  await deps.telemetry.consents.refresh();
  const effect = effectFor(deps.telemetry.state('analytics'), { analytics_choice, signal });
  const data = {
    title: res.locals.functions.t('privacy.title'),
    problems,
    values: { analytics_choice: analytics_choice ?? 'browser' },
    signal,
    effect,
    host: destinationOf('analytics', deps.config)?.host ?? '',
    recorded: await recordedView(deps, res),
    own_rows: await countOwnRows(deps.db, personOf(res).id),
    left: await leftView(deps, req, res),
  };
  await deps.page(req, res, 'privacy/privacy', data, Object.keys(problems).length > 0 ? 422 : 200);
}

async function recordedView({ db, now, config, telemetry }: Deps, res: Response) {
  const person = personOf(res);
  const sessions = await listSessions(db, {
    user_id: person.id,
    expires_after: now(),
    seen_after: now() - config.session_idle_ms,
  });
  await telemetry.queued();
  const { created_at, ...counts } = await findRecordedCounts(db, person.id);
  return {
    ...counts,
    created_date: localDateOf(created_at, person.time_zone) ?? '',
    sessions: sessions.length,
    session_days: Math.round(config.session_max_ms / dayMs),
    // The file in use gets this old before it is put away.
    log_days: config.log_keep_days + Math.ceil(config.log_max_age_ms / dayMs),
    ledger_days: Math.round(config.ledger_keep_ms / dayMs),
  };
}

async function leftView(deps: Deps, req: Request, res: Response) {
  const person = personOf(res);
  const asked = readForm(placeQuery, req.query);
  const place = asked.ok ? asked.value : {};
  const { entries, newer, older } = await deps.telemetry.ledger.list({ user_id: person.id }, place);
  const people = await countPeopleOf(
    deps.db,
    entries.map(({ request }) => request.id),
  );
  const own = await pseudonymsOf(deps, person);
  const instant = instantIn(person, res.locals.functions);
  return {
    ...{ newer, older, ...own },
    rows: entries.map((entry) => ({
      ...{ id: entry.request.id, channel: entry.request.channel, host: entry.request.host },
      ...{ outcome: entry.outcome, size: entry.request.byte_count, at: instant(entry.request.at) },
      has_left: !isUnconnected(entry.answer?.problem),
      ...partOf(entry, { pseudonym: own.pseudonym, people: people.get(entry.request.id) ?? 1 }),
    })),
  };
}

async function pseudonymsOf({ settings }: Deps, { id }: Person) {
  const secret = await settings.secret();
  return {
    pseudonym: pseudonym(secret, { namespace: 'analytics', kind: 'user', id }),
    pseudonym_errors: pseudonym(secret, { namespace: 'errors', kind: 'user', id }),
  };
}

async function saveChoice(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const form = readForm(analyticsForm, req.body);
  if (!form.ok)
    return answerInvalid(req, res, form.problems, (problems) => showPrivacy(deps, req, res, problems));
  const chosen = form.value.analytics_choice;
  const analytics_choice = chosen === 'browser' ? null : chosen;
  const { context, functions } = res.locals;
  await chooseAnalytics(deps, person.id, { analytics_choice, signal: context.opt_out_signal === true });
  // What this request still makes known follows the new choice.
  context.chooser = { user_id: person.id, analytics_choice };
  const text = functions.t(`privacy.saved.${chosen}`);
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  res.redirect(303, '/privacy');
}
