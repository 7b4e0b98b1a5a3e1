import type { Db } from '../../db/connect.ts';
import type { Person } from '../../http/express-locals.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { rangeOf } from '../../shared/calendar.ts';
import type { RangeName } from '../../shared/calendar.ts';
import { searchIn } from '../work/choice-list.ts';
import type { Choices } from '../work/choice-list.ts';
import { chartOf } from './chart.ts';
import { currenciesOf, marginOf } from './money.ts';
import type { MoneySums } from './money.ts';
import { filterHref, withoutProject } from './report-filter.ts';
import type { ReportFilter } from './report-filter.ts';
import { listChoices, listNamedProjects, listProjectChoices, listTaskFilters } from './reports.queries.ts';
import type { Choice, NamedProject, NamedRow } from './reports.queries.ts';
import type { ChosenRows } from './reports.ts';
import { sumOf } from './summary.ts';
import type { Bucket, Summary, Sums } from './summary.ts';

const page = '/reports/summary';
/** Rows of the table by project; the rest is one row, so that the table still adds up. */
const projectRowsMax = 200;

const quickRanges: { name: RangeName; label: MessageKey }[] = [
  { name: 'today', label: 'reports.today' },
  { name: 'this_week', label: 'reports.this_week' },
  { name: 'last_week', label: 'reports.last_week' },
  { name: 'this_month', label: 'reports.this_month' },
  { name: 'last_month', label: 'reports.last_month' },
  { name: 'this_year', label: 'reports.this_year' },
];

/** Links to the usual ranges, with the rest of the filter as it is. */
export function rangeLinks(
  filter: ReportFilter,
  { today, week_start }: { today: string; week_start: number },
  { t }: ViewFunctions,
) {
  return quickRanges.map(({ name, label }) => {
    const range = rangeOf(name, today, week_start) ?? { from: today, to: today };
    return {
      label: t(label),
      href: filterHref(page, filter, range),
      current: range.from === filter.from && range.to === filter.to,
    };
  });
}

/** A filter of the bar: what is chosen, and what else there is. */
export interface FilterChoice {
  name: string;
  label: string;
  empty: string;
  chosen: { value: string; label: string; remove_href: string }[];
  options: { value: string; label: string; group?: string }[];
  /** For the search in it, where there is more. */
  search: { q: string; has_more: boolean; from: string };
}

/** The filters by person (where there is more than one to see), client, project and tag. */
export async function filterChoices(
  db: Db,
  {
    person,
    sees_others,
    filter,
    chosen,
    fields,
  }: {
    person: Person;
    sees_others: boolean;
    filter: ReportFilter;
    chosen: ChosenRows;
    /** Of the address: what is searched in the lists. */
    fields: unknown;
  },
  { t }: ViewFunctions,
): Promise<FilterChoice[]> {
  const choiceOf = (
    kind: 'user' | 'client' | 'project' | 'task' | 'tag',
    rows: readonly NamedRow[],
    { rows: all, has_more }: Pick<Choices<Choice>, 'rows' | 'has_more'>,
  ): FilterChoice => {
    const ids = filter[`${kind}_ids`];
    const without = (id: number) => ({ [`${kind}_ids`]: ids.filter((other) => other !== id) });
    return {
      search: { q: searchIn(fields, `${kind}_id`), has_more, from: filterHref(page, filter) },
      name: `${kind}_id`,
      label: t(`reports.${kind}`),
      empty: ids.length > 0 ? t('reports.add_choice') : t(`reports.all_${kind}s`),
      chosen: rows.map(({ id, name }) => ({
        value: id === withoutProject ? 'none' : String(id),
        label: name,
        remove_href: filterHref(page, filter, without(id)),
      })),
      options: all
        .filter(({ id }) => !ids.includes(id))
        .map(({ id, name, is_former }) => ({
          value: id === withoutProject ? 'none' : String(id),
          label: name,
          ...(is_former ? { group: t(kind === 'user' ? 'reports.former_people' : 'reports.archived') } : {}),
        })),
    };
  };
  const tasks = await listTaskFilters(
    db,
    person,
    filter.project_ids.filter((id) => id !== withoutProject),
  );
  const search = (kind: string): string => searchIn(fields, kind);
  const listed = await listProjectChoices(db, person, search('project_id'));
  const none = { id: withoutProject, name: t('reports.no_project'), is_former: false };
  const projects = [...chosen.projects, ...(filter.project_ids.includes(withoutProject) ? [none] : [])];
  return [
    ...(sees_others
      ? [
          choiceOf(
            'user',
            chosen.users,
            await listChoices(db, person, { table: 'users', q: search('user_id') }),
          ),
        ]
      : []),
    choiceOf(
      'client',
      chosen.clients,
      await listChoices(db, person, { table: 'clients', q: search('client_id') }),
    ),
    choiceOf('project', projects, { ...listed, rows: [none, ...listed.rows] }),
    // Tasks are offered once their project is chosen: there may be thousands.
    ...(tasks.length > 0 || chosen.tasks.length > 0
      ? [choiceOf('task', chosen.tasks, { rows: tasks, has_more: false })]
      : []),
    choiceOf('tag', chosen.tags, await listChoices(db, person, { table: 'tags', q: search('tag_id') })),
  ];
}

type Texts = { time: string; billable_time: string; money: MoneyTexts };

/** Money as it is shown: one line a currency. */
export interface MoneyTexts {
  amounts: string[];
  /** Billable time without a rate, as text: it has no amount. Null where there is none. */
  unrated: string | null;
  costs: string[];
  margin: string | null;
}
export interface ProjectLine extends Omit<Sums, 'money'>, Texts {
  project: NamedProject | null;
  label: string;
  href: string | null;
  share: number;
  /** Width of the bar in percent of the longest. */
  bar: number;
}

/** Everything the page shows of a summary, with durations as text. */
export async function summaryView(
  db: Db,
  { filter, summary, person }: { filter: ReportFilter; summary: Summary; person: Person },
  functions: ViewFunctions,
) {
  const texts = (sums: Sums): Texts => ({
    time: functions.duration(sums.seconds),
    billable_time: functions.duration(sums.billable_seconds),
    money: moneyTexts(sums.money, functions),
  });
  const chart = chartOf(summary.buckets);
  const label = bucketLabels(summary, person, functions);
  return {
    total: {
      ...summary.total,
      ...texts(summary.total),
      billable_share: shareOf(summary.total.billable_seconds, summary.total.seconds),
    },
    projects: (await projectLines(db, filter, summary, functions)).map((line) => ({
      ...line,
      ...texts(line),
    })),
    unit: summary.unit,
    ...moneyColumns(summary.total.money),
    buckets: summary.buckets.map((bucket, index) => ({
      ...bucket,
      ...texts(bucket),
      label: label(bucket),
      bar: chart.bars[index],
    })),
    lines: chart.lines.map(({ y, seconds }) => ({
      y,
      label: functions.t('reports.hours', { hours: seconds / 3600 }),
    })),
  };
}

async function projectLines(db: Db, filter: ReportFilter, summary: Summary, { t }: ViewFunctions) {
  const listed = summary.projects.slice(0, projectRowsMax);
  const ids = listed.map(({ project_id }) => project_id).filter((id) => id !== withoutProject);
  const named = new Map((await listNamedProjects(db, ids)).map((project) => [project.id, project]));
  const longest = listed[0]?.seconds ?? 0;
  const line = (sums: Sums) => ({
    ...sums,
    share: shareOf(sums.seconds, summary.total.seconds),
    bar: Math.round(shareOf(sums.seconds, longest) * 1000) / 10,
  });
  const lines = listed.map(({ project_id, ...sums }) => ({
    ...line(sums),
    project: named.get(project_id) ?? null,
    label: named.get(project_id)?.name ?? t('reports.no_project'),
    href: filterHref(page, filter, { project_ids: [project_id] }),
  }));
  const others = summary.projects.slice(projectRowsMax);
  if (others.length === 0) return lines;
  const label = t('reports.other_projects', { projects: others.length });
  return [...lines, { ...line(sumOf(others)), bar: 0, project: null, label, href: null }];
}

/** Which columns of money the tables have: those that hold something. */
function moneyColumns(total: MoneySums) {
  const has_costs = total.costs.size > 0;
  return {
    has_amounts: total.amounts.size > 0 || total.unrated_seconds > 0,
    has_costs,
    has_margin: has_costs && total.amounts.size > 0,
  };
}

function moneyTexts(sums: MoneySums, { money, duration }: ViewFunctions): MoneyTexts {
  const margin = marginOf(sums);
  const lines = (cents_by: ReadonlyMap<string, number>): string[] =>
    currenciesOf(sums).flatMap((currency) => {
      const cents = cents_by.get(currency);
      return cents === undefined ? [] : [money(cents, currency)];
    });
  return {
    amounts: lines(sums.amounts),
    unrated: sums.unrated_seconds > 0 ? duration(sums.unrated_seconds) : null,
    costs: lines(sums.costs),
    margin: margin && money(margin.cents, margin.currency),
  };
}

const shareOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

function bucketLabels(
  { unit }: Summary,
  { locale }: Person,
  { day }: ViewFunctions,
): (bucket: Bucket) => string {
  if (unit === 'day') return ({ from }) => day(from, 'short');
  if (unit === 'week') return ({ from, to }) => `${day(from, 'numeric')} – ${day(to, 'numeric')}`;
  const months = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return ({ from }) => months.format(Date.parse(`${from}T00:00:00Z`));
}
