import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { sendProblem, wantsJson } from '../../http/problem.ts';
import type { Translate } from '../../i18n/translate.ts';
import { csvHead } from './csv.ts';
import { exportPages, showsMoney } from './export.ts';
import type { ExportPage } from './export.ts';
import { dayCount, filterHref, readFilter } from './report-filter.ts';
import { filterChoices, rangeLinks, summaryView } from './report-page.ts';
import { countRunningIn, sumByDay, sumByProject } from './reports.queries.ts';
import type { EntrySelection } from './reports.queries.ts';
import { calendarOf, requireChosen, selectEntries } from './reports.ts';
import { summarize } from './summary.ts';

export function reportRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/reports/summary', (req, res) => showSummary(deps, req, res));
  router.get('/reports/export.csv', (req, res) => sendCsv(deps, req, res));
  return router;
}

async function showSummary(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const calendar = calendarOf(person, deps.now());
  const asked = readFilter(req.query, calendar);
  if (!asked.ok) return answerUnclear(deps, req, res, asked.problems);
  const filter = asked.value;
  const selection = await selectEntries(deps.db, person, filter);
  const bar = await filterBar(deps, res, selection);
  const source = {
    byDay: (slice: typeof selection) => sumByDay(deps.db, slice),
    byProject: (slice: typeof selection) => sumByProject(deps.db, slice),
  };
  const summary = await summarize(selection, source, calendar.week_start);
  const { functions } = res.locals;
  await deps.page(req, res, 'reports/summary', {
    title: functions.t('nav.reports'),
    ...bar,
    summary: await summaryView(deps.db, { filter, summary, person }, functions),
    running: await countRunningIn(deps.db, selection),
    export_href: filterHref('/reports/export.csv', filter),
  });
  deps.record(
    'report.viewed',
    { user_id: person.id },
    { report_type: 'summary', date_range_days: dayCount(filter), row_count: summary.total.entries },
  );
}

/** The filter bar of a selection. Throws not found when it names what does not exist. */
async function filterBar(deps: Deps, res: Response, selection: EntrySelection) {
  const person = personOf(res);
  const { functions } = res.locals;
  const { scope, ...filter } = selection;
  const chosen = await requireChosen(deps.db, person, filter);
  const sees_others = scope.sees !== 'own';
  return {
    filter,
    values: { from: filter.from, to: filter.to } as Record<string, string>,
    problems: {} as Record<string, string>,
    ranges: rangeLinks(filter, calendarOf(person, deps.now()), functions),
    choices: await filterChoices(
      deps.db,
      { person, sees_others, filter, chosen, fields: res.req.query },
      functions,
    ),
  };
}

/** A filter that the person can mend: the page with the problems beside the fields, and nothing reported. */
async function answerUnclear(deps: Deps, req: Request, res: Response, problems: Problems): Promise<void> {
  const { t } = res.locals.functions;
  const told = sentences(problems, t);
  if (wantsJson(req)) {
    sendProblem(res, 422, { errors: Object.entries(told).map(([field, detail]) => ({ field, detail })) });
    return;
  }
  const calendar = calendarOf(personOf(res), deps.now());
  // Most often only a date is wrong: the rest of what was chosen stays.
  const rest = readFilter({ ...req.query, from: '', to: '' }, calendar);
  const usual = rest.ok ? rest : readFilter({}, calendar);
  if (!usual.ok) throw new Error('an empty filter is always understood');
  const bar = await filterBar(deps, res, await selectEntries(deps.db, personOf(res), usual.value));
  const data = { ...bar, values: { ...bar.values, ...typed(req.query) }, problems: told };
  await deps.page(req, res, 'reports/summary', { title: t('nav.reports'), ...data, summary: null }, 422);
}

async function sendCsv(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const asked = readFilter(req.query, calendarOf(person, deps.now()));
  if (!asked.ok) return answerUnclear(deps, req, res, asked.problems);
  const filter = asked.value;
  const selection = await selectEntries(deps.db, person, filter);
  await requireChosen(deps.db, person, filter);
  const { t } = res.locals.functions;
  const pages = exportPages(deps.db, selection, { yes: t('list.yes'), no: t('list.no') });
  // Read before anything is sent: what fails at once is still an ordinary error page.
  const first = await pages.next();
  res.setHeader('Content-Type', 'text/csv; charset=utf-8');
  res.setHeader('Content-Disposition', `attachment; filename="timetracker-${filter.from}-${filter.to}.csv"`);
  res.setHeader('Cache-Control', 'private, no-store');
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const row_count = await writePages(res, csvHead(headerOf(t, showsMoney(selection))), first, pages);
  if (row_count === undefined) return;
  deps.metrics.exports('csv');
  deps.record('export.csv', { user_id: person.id }, { row_count, date_range_days: dayCount(filter) });
}

/**
 * Writes page after page as fast as the client takes them. A failure destroys the connection, so that nobody takes half
 * a file for the whole.
 *
 * @returns the rows that were written; undefined when the client went away, which also ends the reading.
 */
async function writePages(
  res: Response,
  head: string,
  first: IteratorResult<ExportPage, void>,
  pages: AsyncGenerator<ExportPage, void, void>,
): Promise<number | undefined> {
  let row_count = 0;
  async function* chunks(): AsyncGenerator<string, void, void> {
    yield head;
    for (let page = first; !page.done; page = await pages.next()) {
      row_count += page.value.rows;
      yield page.value.text;
    }
  }
  try {
    await pipeline(chunks, res);
    return row_count;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
      return undefined;
    throw error;
  }
}

const headerOf = (t: Translate, with_money: boolean): string[] => [
  t('csv.date'),
  t('csv.start'),
  t('csv.end_date'),
  t('csv.end'),
  t('csv.zone'),
  t('csv.duration'),
  t('csv.hours'),
  t('csv.person'),
  t('csv.client'),
  t('csv.project'),
  t('csv.task'),
  t('csv.description'),
  t('csv.tags'),
  t('csv.billable'),
  ...(with_money
    ? [
        ...[t('csv.rate'), t('csv.amount'), t('csv.currency')],
        ...[t('csv.cost_rate'), t('csv.cost'), t('csv.cost_currency')],
      ]
    : []),
];
