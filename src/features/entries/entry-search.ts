import { setImmediate as letOthersGo } from 'node:timers/promises';
import type { Db } from '../../db/connect.ts';
import { addDays, rangeOf } from '../../shared/calendar.ts';
import type { DateRange } from '../../shared/calendar.ts';
import type { EntryScope } from '../access/access.queries.ts';
import type { EntrySearch } from './entry-search.forms.ts';
import {
  findFirstAndLastDay,
  findSearchAnchor,
  listFoundEntries,
  listRunningInScope,
  sumFoundEntries,
  sumFoundMonths,
} from './entry-search.queries.ts';
import type { EntryRow } from './entry-rows.queries.ts';
import type { SearchAnchor, SearchTotal } from './entry-search.queries.ts';

/** Days that one statement looks through where no index answers: SQLite keeps everybody waiting meanwhile. */
const pieceDays = 61;

export interface Found {
  rows: EntryRow[];
  /** Of all pages. */
  total: SearchTotal;
}

export const nothingFound: Found = { rows: [], total: { entries: 0, seconds: 0 } };

/** One page of a search, newest first, and what all of it comes to; the same effort whatever the number of entries. */
export async function searchEntries(
  db: Db,
  scope: EntryScope,
  asked: EntrySearch,
  limit: number,
): Promise<Found> {
  const search = await withinData(db, asked);
  const { before_id } = search;
  const after = before_id === null ? undefined : await findSearchAnchor(db, scope, before_id);
  if (search.from > search.to || (before_id !== null && !after)) return nothingFound;
  const page = { after, limit };
  if (search.q !== '') return searchText(db, scope, search, page);
  const rows =
    scope.sees === 'managed'
      ? (await searchText(db, scope, search, page, false)).rows
      : await listFoundEntries(db, scope, upTo(search, after), page);
  return { rows, total: await totalOf(db, scope, search) };
}

const upTo = (search: EntrySearch, after: SearchAnchor | undefined): EntrySearch =>
  after && after.local_date < search.to ? { ...search, to: after.local_date } : search;

/** With both dates, no further than there are entries. */
async function withinData(db: Db, search: EntrySearch): Promise<EntrySearch> {
  const { first, last } = await findFirstAndLastDay(db);
  const [earliest, latest] = [first ?? '9999-12-31', last ?? '0000-01-01'];
  const from = search.from === '' || search.from < earliest ? earliest : search.from;
  const to = search.to === '' || search.to > latest ? latest : search.to;
  return { ...search, from, to };
}

interface Page {
  after: SearchAnchor | undefined;
  limit: number;
}

/** Looks through a range piece by piece, the newest first. @param sums - false ends it with the last row of the page. */
async function searchText(
  db: Db,
  scope: EntryScope,
  search: EntrySearch,
  { after, limit }: Page,
  sums = true,
): Promise<Found> {
  const rows: EntryRow[] = [];
  const total = { ...nothingFound.total };
  for (const piece of piecesOf(search)) {
    const part = { ...search, ...piece };
    if (rows.length < limit && (!after || piece.from <= after.local_date)) {
      const page = { after, limit: limit - rows.length };
      rows.push(...(await listFoundEntries(db, scope, upTo(part, after), page)));
    }
    if (!sums && rows.length >= limit) break;
    if (sums) {
      const { entries, seconds } = await sumFoundEntries(db, scope, part);
      total.entries += Number(entries);
      total.seconds += Number(seconds);
    }
    await letOthersGo();
  }
  return { rows, total };
}

function piecesOf({ from, to }: DateRange): DateRange[] {
  const pieces: DateRange[] = [];
  for (let end = to; end >= from;) {
    const start = addDays(end, 1 - pieceDays) ?? from;
    pieces.push({ from: start < from ? from : start, to: end });
    end = addDays(start, -1) ?? '';
  }
  return pieces;
}

/** Whole months come from the sums of the database, the days before and after from the entries. */
async function totalOf(db: Db, scope: EntryScope, search: EntrySearch): Promise<SearchTotal> {
  const { edges, months } = splitMonths(search);
  const parts: SearchTotal[] = [];
  for (const edge of edges) parts.push(await sumFoundEntries(db, scope, { ...search, ...edge }));
  if (months) {
    parts.push(await sumFoundMonths(db, scope, search, months.names));
    const range = { ...search, ...months.range };
    const running = (await listRunningInScope(db, scope)).filter((row) => isIn(row, range));
    parts.push({ entries: running.length, seconds: 0 });
  }
  return parts.reduce((sum, { entries, seconds }) => ({
    entries: Number(sum.entries) + Number(entries),
    seconds: Number(sum.seconds) + Number(seconds),
  }));
}

function isIn(
  row: { user_id: number; project_id: number | null; local_date: string },
  { user_id, project_id, from, to }: EntrySearch,
): boolean {
  if (row.local_date < from || row.local_date > to) return false;
  return (user_id ?? row.user_id) === row.user_id && (project_id ?? row.project_id) === row.project_id;
}

function splitMonths({ from, to }: DateRange) {
  const first = monthOf(from);
  const last = monthOf(to);
  const start = from === first.from ? from : (addDays(first.to, 1) ?? to);
  const end = to === last.to ? to : (addDays(last.from, -1) ?? from);
  if (start > end) return { edges: [{ from, to }], months: null };
  const before = start === from ? [] : [{ from, to: first.to }];
  const behind = end === to ? [] : [{ from: last.from, to }];
  const names = { first: start.slice(0, 7), last: end.slice(0, 7) };
  return { edges: [...before, ...behind], months: { names, range: { from: start, to: end } } };
}

const monthOf = (date: string): DateRange => rangeOf('this_month', date, 1) ?? { from: date, to: date };
