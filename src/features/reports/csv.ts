import { clockOf, localDateOf } from '../../shared/calendar.ts';
import { formatClock } from '../../shared/duration.ts';
import { amountOf, decimalAmount } from '../../shared/money.ts';
import type { ExportRow } from './reports.queries.ts';

/**
 * Where a spreadsheet may see a cell begin with a formula; the full-width signs count as well in some of them. Not only
 * at the text's start: where the decimal sign is a comma, a file is split at semicolons, quotes or not, so a cell of
 * theirs may begin behind a semicolon, a tab, a line end or a quote inside one of ours.
 */
const formula = /(^|[;\t\r\n"])(?=\s*[=+\-@＝＋－＠])/gu;
const beginsWithSpace = /^[\t\r\n]/;
const needsQuotes = /[",\r\n]/;

/** A cell of text that people typed: quoted where RFC 4180 asks for it, and never a formula. */
export function textCell(text: string): string {
  const harmless = text.replace(formula, "$1'");
  const safe = beginsWithSpace.test(harmless) ? `'${harmless}` : harmless;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A line of cells that are ready, with the line end of RFC 4180. */
const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;

/** First line, behind the mark that makes spreadsheets read UTF-8. */
export const csvHead = (names: readonly string[]): string => `\uFEFF${csvLine(names.map(textCell))}`;

/** Names of what an entry refers to, as cells. */
export interface RowNames {
  person: string;
  client: string;
  project: string;
  task: string;
  tags: string;
  yes: string;
  no: string;
}

/**
 * One entry. Times are those of the zone it was booked in; hours and amounts have a decimal point whatever the language.
 *
 * @param with_money - whether the file has columns for rates and amounts.
 */
export function csvRow(row: ExportRow, names: RowNames, with_money: boolean): string {
  const { started_at, zone, duration_seconds } = row;
  const ended_at = row.ended_at ?? started_at;
  const seconds = duration_seconds ?? 0;
  return csvLine([
    row.local_date,
    timeOf(started_at, zone),
    localDateOf(ended_at, zone) ?? '',
    timeOf(ended_at, zone),
    zone,
    formatClock(seconds),
    String(Math.round((seconds / 3600) * 10_000) / 10_000),
    names.person,
    names.client,
    names.project,
    names.task,
    row.description === '' ? '' : textCell(row.description),
    names.tags,
    row.billable === 1 ? names.yes : names.no,
    ...(with_money ? moneyCells(row, seconds) : []),
  ]);
}

/** Rate, amount and currency of what is billed, then of what it costs; empty where there is no rate, which is not zero. */
const moneyCells = (row: ExportRow, seconds: number): string[] => [
  ...amountCells(seconds, row.rate_cents, row.currency),
  ...amountCells(seconds, row.cost_rate_cents, row.cost_currency),
];

function amountCells(seconds: number, rate_cents: number | null, currency: string | null): string[] {
  if (rate_cents === null || currency === null) return ['', '', ''];
  const cents = amountOf(seconds, rate_cents);
  return [
    decimalAmount(rate_cents, currency) ?? '',
    decimalAmount(cents, currency) ?? '',
    textCell(currency),
  ];
}

/** `HH:MM:SS`. Zones differ by whole minutes, so the second is that of UTC. */
function timeOf(ms: number, zone: string): string {
  const second = Math.floor(ms / 1000) % 60;
  return `${clockOf(ms, zone) ?? ''}:${second < 10 ? '0' : ''}${second}`;
}
