import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, readForm, returnPath, sentences, typed } from '../../http/forms.ts';
import type { FormResult, Problem } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { formatAmount } from '../../shared/money.ts';
import { requireAdministrator } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { readAmount } from '../work/amounts.ts';
import { pageSize } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import type { RatePreview, SavedRate, WantedRate } from './rate-changes.ts';
import { previewRate, rateText, saveRate, shownText } from './rate-changes.ts';
import { findRatePlace, listPeopleChoices, listRatesPage } from './rate-places.queries.ts';
import type { RatePlace, RatesQuery } from './rate-places.queries.ts';
import { listRates } from './rates.queries.ts';
import { findRatesInForce } from './rate-in-force.ts';
import { nameRates, passedOver, rateTitle } from './rate-names.ts';
import type { NamedRate } from './rate-names.ts';
import { rateForm, ratesQuery, scopeQuery } from './rates.forms.ts';
import type { RateForm } from './rates.forms.ts';
import type { RateKind, RateScope } from './rates.ts';
import { rateLevels, rateMaxCents, scopeText } from './rates.ts';

export function rateRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/rates', (req, res) => showRates(deps, req, res));
  router.get('/rates/edit', (req, res) => showEdit(deps, req, res));
  router.get('/rates/review', (req, res) => showReview(deps, req, res));
  router.post('/rates', (req, res) => save(deps, req, res));
  return router;
}

async function showRates(deps: Deps, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const asked = readForm(ratesQuery, req.query);
  if (!asked.ok && asked.problems['page']) throw new AppError('bad_request', 'rates_query');
  const query = asked.ok ? asked.value : { q: '', level: '' as const, page: 1 };
  const { t } = res.locals.functions;
  const rows = await listRatesPage(deps.db, query);
  const { currency } = await deps.settings.read();
  const data = {
    title: t('rates.title'),
    tab: 'rates',
    currency,
    defaults: byKind(marked(await nameRates(deps.db, await listRates(deps.db, ['default']), t), currency)),
    rates: marked(await nameRates(deps.db, rows.slice(0, pageSize), t), currency),
    levels: rateLevels
      .filter((level) => level !== 'default')
      .map((level) => ({ value: level, label: t(`rates.level_${level}`) })),
    choices: await listPeopleChoices(deps.db, query.q),
    query,
    values: typed(req.query),
    problems: asked.ok ? {} : sentences(asked.problems, t),
    previous_href: query.page > 1 ? ratesHref({ ...query, page: query.page - 1 }) : null,
    next_href: rows.length > pageSize ? ratesHref({ ...query, page: query.page + 1 }) : null,
  };
  await deps.page(req, res, 'rates/index', data, asked.ok ? 200 : 422);
}

/** Rates, each with why it does not count, where it does not. */
const marked = (rates: readonly NamedRate[], own_currency: string) =>
  rates.map((rate) => ({ ...rate, passed_over: passedOver(rate, own_currency) }));

function ratesHref({ q, level, page }: RatesQuery): string {
  const parameters = new URLSearchParams({
    ...(q === '' ? {} : { q }),
    ...(level === '' ? {} : { level }),
    page: String(page),
  });
  return `/rates?${parameters.toString()}`;
}

/** A place that the person may set rates for, with the currencies that count there. */
interface Place {
  scope: RateScope;
  place: RatePlace;
  own_currency: string;
}

/** Throws not found for everything that is not the person's to price. */
async function requirePlace(deps: Deps, res: Response, scope: RateScope): Promise<Place> {
  const place = await findRatePlace(deps.db, personOf(res), scope);
  if (!place) throw notFound('rate');
  return { scope, place, own_currency: (await deps.settings.read()).currency };
}

/** Billable rates are in the client's currency, costs in the instance's. */
const currencyFor = ({ place, own_currency }: Place, kind: RateKind): string =>
  kind === 'billable' ? (place.currency ?? own_currency) : own_currency;

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(scopeQuery, req.query);
  if (!query.ok) throw notFound('rate');
  const place = await requirePlace(deps, res, query.value.scope);
  await showForm(deps, req, res, { place, values: {}, problems: {} });
}

interface FormState {
  place: Place;
  /** What was typed in a form that was refused, and for which kind. */
  values: { kind?: string; amount?: string };
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, state: FormState): Promise<void> {
  const { place, values, problems } = state;
  const { t } = res.locals.functions;
  const text = scopeText(place.scope);
  const rates = byKind(await listRates(deps.db, [text]));
  const currencies = { billable: currencyFor(place, 'billable'), cost: currencyFor(place, 'cost') };
  const { project_id, client_id } = place.place;
  const world = { project_id, client_id, currencies };
  const in_force = await findRatesInForce(deps.db, place.scope, { world, t });
  const kinds = (['billable', 'cost'] as const).map((kind) => {
    const rate = rates[kind];
    const currency = currencies[kind];
    const typed = values.kind === kind;
    const stored = rate && formatAmount(rate.amount_cents, rate.currency, personOf(res).locale);
    return {
      kind,
      currency,
      value: typed ? values.amount : (stored ?? ''),
      seen: rateText(rate),
      problems: typed ? problems : {},
      // Amounts are never converted: until it is set anew, this rate does not count.
      passed_over: rate !== undefined && rate.currency !== currency ? rate : null,
      in_force: in_force[kind],
      is_own: in_force[kind].rate?.scope === text,
    };
  });
  const data = {
    title: rateTitle(place.scope, place.place, t),
    place: place.place,
    scope: text,
    level: place.scope.level,
    kinds,
    return_to: returnTo(req, returnPath(req.query['return_to'], placePath(place))),
  };
  await deps.page(req, res, 'rates/edit', data, Object.keys(problems).length > 0 ? 422 : 200);
}

/** Where one looks at what the rate is of. */
function placePath({ scope, place }: Place): string {
  if (scope.level === 'task') return `/tasks/${scope.task_id}`;
  if (scope.level === 'client') return `/clients/${scope.client_id}`;
  return place.project_id === null ? '/rates' : `/projects/${place.project_id}`;
}

function wantedRate(res: Response, place: Place, form: RateForm): FormResult<WantedRate> {
  const { kind, amount } = form;
  const currency = currencyFor(place, kind);
  const wanted = { kind, scope: place.scope, currency, own_currency: place.own_currency };
  if (amount === '') return { ok: true, value: { ...wanted, amount_cents: null } };
  const { locale } = personOf(res);
  const read = readAmount(amount, { currency, maximum_cents: rateMaxCents, locale });
  if (!read.ok) return { ok: false, problems: { amount: read.problem } };
  return { ok: true, value: { ...wanted, amount_cents: read.value } };
}

async function showReview(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(rateForm, req.query);
  if (!query.ok) throw notFound('rate');
  const place = await requirePlace(deps, res, query.value.scope);
  const wanted = wantedRate(res, place, query.value);
  const back = returnPath(req.query['return_to'], placePath(place));
  const edit_href = `/rates/edit?${new URLSearchParams({ scope: scopeText(place.scope), return_to: back }).toString()}`;
  if (!wanted.ok) return res.redirect(303, edit_href);
  const preview = await previewRate(deps.db, wanted.value);
  // Somebody else made the same change, or nothing is left to ask about.
  if (!preview.change || preview.entries === 0) return res.redirect(303, edit_href);
  await deps.page(req, res, 'rates/review', {
    title: rateTitle(place.scope, place.place, res.locals.functions.t),
    kind: wanted.value.kind,
    scope: scopeText(place.scope),
    amount: query.value.amount,
    wanted: wanted.value,
    ...previewData(preview),
    edit_href,
    return_to: back,
  });
}

const previewData = (preview: RatePreview) => ({
  rate: preview.rate ?? null,
  seen: rateText(preview.rate),
  does: preview.change?.does,
  entries: preview.entries,
  sums: preview.sums,
  shown: shownText(preview),
});

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const form = readForm(rateForm, req.body);
  const scope = form.ok ? form.value.scope : readForm(scopeQuery, req.body);
  if ('ok' in scope && !scope.ok) throw notFound('rate');
  const place = await requirePlace(deps, res, 'ok' in scope ? scope.value.scope : scope);
  const wanted = form.ok ? wantedRate(res, place, form.value) : form;
  if (!form.ok || !wanted.ok) {
    const problems = wanted.ok ? {} : wanted.problems;
    return answerInvalid(req, res, problems, (told, values) =>
      showForm(deps, req, res, {
        place,
        // A kind that is none is told of at the first form.
        values: { ...values, kind: values['kind'] === 'cost' ? 'cost' : 'billable' },
        problems: told['kind'] === undefined ? told : { ...told, form: told['kind'] },
      }),
    );
  }
  const { follow, shown, seen } = form.value;
  const saved = await saveRate(
    deps.change,
    { user_id: personOf(res).id },
    {
      ...{ wanted: wanted.value, now: deps.now() },
      answer: follow === '' ? undefined : { follow, shown },
      seen: seen === '' ? undefined : seen,
    },
  );
  await answerSaved(deps, req, res, { place, form: form.value, wanted: wanted.value, saved });
}

async function answerSaved(
  deps: Deps,
  req: Request,
  res: Response,
  { place, form, wanted, saved }: { place: Place; form: RateForm; wanted: WantedRate; saved: SavedRate },
): Promise<void> {
  const { amount, kind } = form;
  const { outcome, rate } = saved;
  const back = returnTo(req, placePath(place));
  if (outcome === 'moved')
    return answerInvalid(req, res, { amount: movedProblem(rate, res) }, (problems, values) =>
      showForm(deps, req, res, { place, values: { ...values, kind }, problems }),
    );
  if (outcome === 'ask' || outcome === 'ask_again') {
    const { t } = res.locals.functions;
    if (outcome === 'ask_again')
      await setFlash(deps.db, sessionOf(res), { kind: 'info', text: t('rates.moved'), undo_path: null });
    const query = { scope: scopeText(place.scope), kind, amount, return_to: back };
    return res.redirect(303, `/rates/review?${new URLSearchParams(query).toString()}`);
  }
  await tellSaved(deps, res, { wanted, ...saved });
  res.redirect(303, back);
}

/** Somebody else was faster: what the rate is now, and that saving again replaces it. */
function movedProblem(rate: SavedRate['rate'], res: Response): Problem {
  const { money } = res.locals.functions;
  if (!rate) return { key: 'rates.removed_meanwhile' };
  return { key: 'rates.changed_meanwhile', values: { amount: money(rate.amount_cents, rate.currency) } };
}

async function tellSaved(
  deps: Deps,
  res: Response,
  { wanted, outcome, followed }: { wanted: WantedRate; outcome: string; followed: number },
): Promise<void> {
  const { t, money } = res.locals.functions;
  const { amount_cents, currency } = wanted;
  const amount = amount_cents === null ? '' : money(amount_cents, currency);
  const sentence =
    outcome === 'unchanged'
      ? t('rates.unchanged')
      : amount_cents === null
        ? t('rates.removed')
        : t('rates.saved', { amount });
  const also = followed > 0 ? [t('rates.followed', { entries: followed })] : [];
  const text = [sentence, ...also].join(' ');
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
}

function byKind<Row extends { kind: RateKind }>(rows: readonly Row[]) {
  const of = (kind: RateKind): Row | undefined => rows.find((row) => row.kind === kind);
  return { billable: of('billable'), cost: of('cost') };
}
