import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import { idOf, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { sendProblem, wantsJson } from '../../http/problem.ts';
import { endOfDay, startOfDay } from '../../shared/calendar.ts';
import { notFound } from '../../shared/errors.ts';
import type { LedgerEntry } from '../../telemetry/ledger.ts';
import { requireAdministrator } from '../access/access.ts';
import { sendLines } from './send-lines.ts';
import { prettyBytes, problemSentence } from './telemetry-channels.ts';
import { instantIn, ledgerRows } from './telemetry-page.ts';
import {
  ledgerChannels,
  ledgerHref,
  ledgerOutcomes,
  readLedgerQuery,
  wholeLedger,
} from './telemetry.forms.ts';
import type { LedgerQuery } from './telemetry.forms.ts';

const path = '/admin/telemetry/ledger';

/** The record of what left: list, record, check of the chain, download. */
export function ledgerRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin/telemetry/ledger', (req, res) => showLedger(deps, req, res));
  router.get('/admin/telemetry/ledger/check', (req, res) => showCheck(deps, req, res));
  router.get('/admin/telemetry/ledger/export.jsonl', (req, res) => sendRecords(deps, req, res));
  router.get('/admin/telemetry/ledger/:id', (req, res) => showRecord(deps, req, res));
  return router;
}

async function showLedger(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireAdministrator(personOf(res));
  const asked = readLedgerQuery(req.query);
  if (!asked.ok) return answerUnclear(deps, req, res, asked.problems);
  await showList(deps, req, res, { query: asked.value, problems: {} });
  deps.record('admin.telemetry_viewed', { user_id: person.id }, { page: 'ledger' });
}

/** A filter that the person can mend: the page with the problem beside the field, and no records. */
async function answerUnclear(deps: Deps, req: Request, res: Response, problems: Problems): Promise<void> {
  const told = sentences(problems, res.locals.functions.t);
  if (wantsJson(req)) {
    sendProblem(res, 422, { errors: Object.entries(told).map(([field, detail]) => ({ field, detail })) });
    return;
  }
  await showList(deps, req, res, { query: undefined, problems: told });
}

interface LedgerList {
  /** Undefined when it was not understood. */
  query: LedgerQuery | undefined;
  problems: Record<string, string>;
}

async function showList(
  deps: Deps,
  req: Request,
  res: Response,
  { query, problems }: LedgerList,
): Promise<void> {
  const person = personOf(res);
  const { functions } = res.locals;
  const { ledger } = deps.telemetry;
  const shown = query ?? wholeLedger;
  const found = query && (await ledger.list(filterOf(query, person), query));
  const data = {
    title: functions.t('ledger.title'),
    rows: ledgerRows(found?.entries ?? [], instantIn(person, functions)),
    values: query ? { ...query } : typed(req.query),
    problems,
    is_filtered: ledgerHref(path, shown, shown) !== path,
    hosts: await ledger.hosts(),
    channels: ledgerChannels,
    outcomes: ledgerOutcomes,
    newer_href: found?.newer ? ledgerHref(path, shown, found.newer) : null,
    older_href: found?.older ? ledgerHref(path, shown, found.older) : null,
    download_href: ledgerHref(`${path}/export.jsonl`, shown),
    kept_days: Math.round(deps.config.ledger_keep_ms / 86_400_000),
  };
  await deps.page(req, res, 'admin/telemetry-ledger', data, query ? 200 : 422);
}

/** Local dates become instants of the person's zone. */
function filterOf({ channel, outcome, host, from, to }: LedgerQuery, { time_zone }: Person) {
  return {
    ...(channel === '' ? {} : { channel }),
    ...(outcome === '' ? {} : { outcome }),
    ...(host === '' ? {} : { host }),
    ...(from === '' ? {} : { from: startOfDay(from, time_zone) }),
    ...(to === '' ? {} : { to: endOfDay(to, time_zone) }),
  };
}

async function showRecord(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireAdministrator(personOf(res));
  const id = idOf(req.params['id']);
  const entry = id === undefined ? undefined : await deps.telemetry.ledger.find(id);
  if (!entry) throw notFound('ledger_record');
  const { functions } = res.locals;
  await deps.page(req, res, 'admin/telemetry-record', {
    title: functions.t('ledger.record', { id: entry.request.id }),
    record: recordView(entry, person, functions),
  });
}

function recordView({ request, answer, outcome }: LedgerEntry, person: Person, functions: Functions) {
  const instant = instantIn(person, functions);
  const { body, body_encoding } = request;
  const isText = body_encoding === 'utf8';
  const pretty = isText ? prettyBytes(body ?? '') : null;
  return {
    ...{ id: request.id, channel: request.channel, purpose: request.purpose, host: request.host, outcome },
    ...{ consent_id: request.consent_id, head: request.head, size: request.byte_count },
    ...{ hash: request.hash, previous_hash: request.previous_hash, body_sha256: request.body_sha256 },
    ...{ at: instant(request.at), body: body ?? '', is_text: isText },
    pretty: pretty === body ? null : pretty,
    answer: answer ? answerView(answer, request.at, functions) : null,
  };
}

function answerView(
  { status, problem, at, id, hash }: NonNullable<LedgerEntry['answer']>,
  asked_at: number,
  { t }: Functions,
) {
  const code = problem ?? String(status);
  const isTaken = status !== null && status >= 200 && status < 300;
  return { id, hash, status, ms: at - asked_at, sentence: isTaken ? null : problemSentence(code, t) };
}

type Functions = Response['locals']['functions'];

/** A read, however long: nothing changes, so it is a page of its own and not the answer to a POST. */
async function showCheck(deps: Deps, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const verdict = await deps.telemetry.ledger.verify();
  await deps.page(req, res, 'admin/telemetry-check', {
    title: res.locals.functions.t('ledger.check_title'),
    verdict,
  });
}

async function sendRecords(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireAdministrator(personOf(res));
  const asked = readLedgerQuery(req.query);
  if (!asked.ok) return answerUnclear(deps, req, res, asked.problems);
  const lines = deps.telemetry.ledger.download(filterOf(asked.value, person));
  await sendLines(req, res, { type: 'application/jsonl', name: 'timetracker-ledger.jsonl', lines });
}
