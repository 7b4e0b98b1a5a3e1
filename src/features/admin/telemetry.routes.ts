import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Transaction } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Deps } from '../../deps.ts';
import type { Flash, Person } from '../../http/express-locals.ts';
import { readForm } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { catalogueVersion } from '../../telemetry/catalogue.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';
import { obstacleOf } from '../../telemetry/consent.ts';
import { requireAdministrator } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { appendAudit } from '../audit/audit.ts';
import type { AuditEntry } from '../audit/audit.ts';
import { showDictionary } from './dictionary-page.ts';
import { sendLines } from './send-lines.ts';
import { contentsOf, destinationOf, problemSentence } from './telemetry-channels.ts';
import { panelAsJson } from './telemetry-export.ts';
import {
  channelCard,
  channelCards,
  decisionRows,
  instantIn,
  ledgerRows,
  nextBytes,
  nowSentence,
  payloadRows,
  reasonOf,
} from './telemetry-page.ts';
import { agreeForm, chosenForm, modeForm, pageQuery } from './telemetry.forms.ts';

/** The panel of what leaves this server: state, switch, test, payloads, decisions, dictionary. */
export function telemetryRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin/telemetry', (req, res) => showChannels(deps, req, res));
  router.get('/admin/telemetry/events', async (req, res) => {
    administratorOf(res);
    await showDictionary(deps, req, res);
  });
  router.get('/admin/telemetry/export.json', (req, res) => sendPanel(deps, req, res));
  router.get('/admin/telemetry/:channel', (req, res) => showChannel(deps, req, res));
  router.post('/admin/telemetry/:channel/mode', (req, res) => switchMode(deps, req, res));
  router.post('/admin/telemetry/:channel/agree', (req, res) => agree(deps, req, res));
  router.post('/admin/telemetry/:channel/test', (req, res) => sendTest(deps, req, res));
  router.post('/admin/telemetry/:channel/release', (req, res) => decideHeld(deps, req, res, 'release'));
  router.post('/admin/telemetry/:channel/discard', (req, res) => decideHeld(deps, req, res, 'discard'));
  return router;
}

const administratorOf = (res: Response): Person => requireAdministrator(personOf(res));

function requireChannel(req: Request): TelemetryChannel {
  const channel = telemetryChannels.find((name) => name === req.params['channel']);
  if (!channel) throw notFound('channel');
  return channel;
}

const pathOf = (channel: TelemetryChannel): string => `/admin/telemetry/${channel}`;

async function showChannels(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = administratorOf(res);
  const { t } = res.locals.functions;
  await deps.telemetry.consents.refresh();
  await deps.telemetry.queued();
  const cards = await channelCards(deps, res);
  const blocked = await deps.metrics.figures('tt_egress_blocked_total');
  await deps.page(req, res, 'admin/telemetry', {
    title: t('telemetry.title'),
    cards,
    now: nowSentence(cards, t, res.locals.locale),
    held: cards.reduce((sum, { depth }) => sum + depth.held, 0),
    blocked: blocked.reduce((sum, { value }) => sum + value, 0),
  });
  deps.record('admin.telemetry_viewed', { user_id: person.id }, { page: 'channels' });
}

const sentShown = 5;

async function showChannel(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = administratorOf(res);
  const channel = requireChannel(req);
  const { functions } = res.locals;
  const { t } = functions;
  const asked = readForm(pageQuery, req.query);
  const page = asked.ok ? asked.value.page : 1;
  const { consents, outbox, ledger } = deps.telemetry;
  await consents.refresh();
  await deps.telemetry.queued();
  const card = await channelCard(deps, channel, res);
  const instant = instantIn(person, functions);
  const newest_held = await outbox.newestHeld(channel);
  const waiting = await outbox.list(channel, { page });
  const history = await consents.history(channel, 1);
  const { entries } = await ledger.list({ channel });
  await deps.page(
    req,
    res,
    'admin/telemetry-channel',
    {
      title: card.name,
      card,
      next: await nextBytes(deps, channel),
      waiting: { ...waiting, page, newest_held, rows: payloadRows(waiting.rows, instant) },
      sent: ledgerRows(entries.slice(0, sentShown), instant),
      contents: contentsOf(channel, card.added, t),
      history: { ...history, rows: decisionRows(history.rows, { instant, t }) },
    },
    asked.ok ? 200 : 422,
  );
}

async function sendPanel(deps: Deps, req: Request, res: Response): Promise<void> {
  administratorOf(res);
  await deps.telemetry.consents.refresh();
  await deps.telemetry.queued();
  const lines = panelAsJson(deps, deps.now());
  await sendLines(req, res, { type: 'application/json', name: 'timetracker-telemetry.json', lines });
}

async function switchMode(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = administratorOf(res);
  const channel = requireChannel(req);
  const form = readForm(modeForm, req.body);
  if (!form.ok) throw new AppError('invalid', 'mode');
  const { mode, catalogue_version } = form.value;
  const { t } = res.locals.functions;
  const back = returnTo(req, channel);
  // Nobody agrees to fields that the page did not show. To switch off is always possible.
  if (mode !== 'off' && catalogue_version !== catalogueVersion)
    return tellAndGo(deps, res, { kind: 'error', text: t('telemetry.list_changed'), to: back });
  // Nor to what could not be: a yes to a channel that is forbidden would wait for the day when it no longer is.
  const obstacle = mode === 'off' ? undefined : obstacleOf(channel, deps.config);
  if (obstacle !== undefined) {
    const reason = reasonOf({ mode: 'off', reason: obstacle }, t);
    return tellAndGo(deps, res, { kind: 'error', text: t('telemetry.not_switched', { reason }), to: back });
  }
  await deps.telemetry.switchChannel({ user_id: person.id }, channel, mode, 'panel');
  const text = t(`telemetry.switched.${mode}`, { channel: t(`telemetry.channel.${channel}`) });
  return tellAndGo(deps, res, { kind: 'success', text, to: back });
}

async function agree(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = administratorOf(res);
  const channel = requireChannel(req);
  const form = readForm(agreeForm, req.body);
  if (!form.ok) throw new AppError('invalid', 'catalogue_version');
  const { t } = res.locals.functions;
  const to = pathOf(channel);
  const { consents } = deps.telemetry;
  await consents.refresh();
  const current = consents.current(channel);
  if (!current || form.value.catalogue_version !== catalogueVersion)
    return tellAndGo(deps, res, { kind: 'error', text: t('telemetry.list_changed'), to });
  await deps.telemetry.switchChannel({ user_id: person.id }, channel, current.mode, 'panel');
  const text = t('telemetry.agreed', { channel: t(`telemetry.channel.${channel}`) });
  return tellAndGo(deps, res, { kind: 'success', text, to });
}

async function sendTest(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = administratorOf(res);
  const channel = requireChannel(req);
  const answer = await deps.telemetry.sendTest(channel);
  const { t } = res.locals.functions;
  const to = returnTo(req, channel);
  if ('refused' in answer) {
    const reason = reasonOf({ mode: 'off', reason: answer.refused }, t);
    return tellAndGo(deps, res, { kind: 'error', text: t('telemetry.test_refused', { reason }), to });
  }
  await deps.db
    .transaction()
    .execute((trx) =>
      tellAudit(trx, { action: 'telemetry.tested', content: { channel } }, person, deps.now()),
    );
  const { status, problem } = answer;
  if (status !== null && status >= 200 && status < 300) {
    const host = destinationOf(channel, deps.config)?.host ?? '';
    return tellAndGo(deps, res, { kind: 'success', text: t('telemetry.test_done', { host, status }), to });
  }
  const text = t('telemetry.test_failed', { problem: problemSentence(problem ?? String(status), t) });
  return tellAndGo(deps, res, { kind: 'error', text, to });
}

/** Who let what go, or threw it away, is in the audit log, or else it did not happen. */
async function decideHeld(
  deps: Deps,
  req: Request,
  res: Response,
  decision: 'release' | 'discard',
): Promise<void> {
  const person = administratorOf(res);
  const channel = requireChannel(req);
  const form = readForm(chosenForm, req.body);
  if (!form.ok) throw new AppError('invalid', 'ids');
  const action = `telemetry.${decision === 'release' ? 'released' : 'discarded'}` as const;
  const count = await deps.db.transaction().execute(async (trx) => {
    const decided = await deps.telemetry.outbox[decision](channel, form.value.ids, trx);
    if (decided > 0)
      await tellAudit(trx, { action, content: { channel, count: decided } }, person, deps.now());
    return decided;
  });
  const text = res.locals.functions.t(action, { count });
  return tellAndGo(deps, res, { kind: 'success', text, to: pathOf(channel) });
}

const tellAudit = (
  trx: Transaction<Database>,
  told: Pick<AuditEntry, 'action' | 'content'>,
  person: { id: number },
  at: number,
): Promise<void> =>
  appendAudit(trx, {
    ...{ ...told, at, actor_id: person.id, subject: 'telemetry', subject_id: null, user_id: null },
  });

/** The panel's two pages have the same switches. */
function returnTo(req: Request, channel: TelemetryChannel): string {
  const fields = req.body as { return_to?: unknown } | undefined;
  return fields?.return_to === '/admin/telemetry' ? '/admin/telemetry' : pathOf(channel);
}

async function tellAndGo(
  deps: Deps,
  res: Response,
  { kind, text, to }: Pick<Flash, 'kind' | 'text'> & { to: string },
): Promise<void> {
  await setFlash(deps.db, sessionOf(res), { kind, text, undo_path: null });
  res.redirect(303, to);
}
