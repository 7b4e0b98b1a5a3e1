// Our compiled EJS against hand-written template literals that give the same bytes: fifty rows of the timer page, each
// through a partial. A view of the benchmark's own, so that a change of the page does not change what is compared.
import path from 'node:path';
import { createViewFunctions } from '../src/http/view-functions.ts';
import type { ViewFunctions } from '../src/http/view-functions.ts';
import { createViews, escapeHtml } from '../src/http/views.ts';
import { median } from './statistics.ts';

const WARM_UP = 2_000;
const ROUNDS = 40;
const RENDERS_A_ROUND = 200;

interface Row {
  id: number;
  description: string;
  project: { name: string; color: string } | null;
  tags: string[];
  billable: boolean;
  started_clock: string;
  ended_clock: string;
  duration_seconds: number;
}

interface Day {
  local_date: string;
  total_seconds: number;
  entries: Row[];
}

const functions = createViewFunctions((file) => `/assets/${file}`)('en', 'clock');
const views = createViews(path.join(import.meta.dirname, 'template'));
const it = { ...functions, days: Array.from({ length: 10 }, (_, index) => dayOf(index)) };
const withViews = (): string => views.render('rows', it);
const withLiterals = (): string => join(it.days, (day) => dayLiteral(day, functions));

if (withViews() !== withLiterals()) throw new Error('the view and the literals give different bytes');
const ratios = measureRatios();
process.stdout.write(JSON.stringify({ ratio: median(ratios), bytes: Buffer.byteLength(withViews()) }));

/** Interleaved; both include the bytes, because a string of many pieces is only put together when it is sent. */
function measureRatios(): number[] {
  for (let n = 0; n < WARM_UP; n += 1) {
    Buffer.from(withViews());
    Buffer.from(withLiterals());
  }
  return Array.from({ length: ROUNDS }, () => cpuUs(withViews) / cpuUs(withLiterals));
}

function cpuUs(render: () => string): number {
  const before = process.cpuUsage();
  for (let n = 0; n < RENDERS_A_ROUND; n += 1) Buffer.from(render());
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function dayOf(index: number): Day {
  const local_date = `2026-03-${String(index + 10)}`;
  return {
    local_date,
    total_seconds: 20_000 + index,
    entries: [0, 1, 2, 3, 4].map((n) => rowOf(index * 5 + n)),
  };
}

/** Every tenth text needs escaping, every fifth row has no project, every third has tags. */
function rowOf(id: number): Row {
  return {
    id,
    description: id % 10 === 0 ? `review & <more> #${id}` : `review plan #${id}`,
    project: id % 5 === 0 ? null : { name: `Project ${id % 40}`, color: 'blue' },
    tags: id % 3 === 0 ? ['travel', 'client'] : [],
    billable: id % 2 === 0,
    started_clock: '09:00',
    ended_clock: '09:45',
    duration_seconds: 2_700 + id,
  };
}

function dayLiteral(day: Day, { day: label, duration, t }: ViewFunctions): string {
  const date = escapeHtml(day.local_date);
  return `<section class="day" aria-labelledby="day-${date}">
<header><h3 id="day-${date}">${escapeHtml(label(day.local_date, 'short'))}</h3><span class="day-total num">${escapeHtml(duration(day.total_seconds))}</span></header>
<ul>
${join(day.entries, (row) => rowLiteral(row, duration, t))}</ul>
</section>
`;
}

function rowLiteral(row: Row, duration: ViewFunctions['duration'], t: ViewFunctions['t']): string {
  const { project } = row;
  return `<li class="entry" id="entry-${row.id}"><div class="entry-what"><a class="entry-text${row.description ? '' : ' is-empty'}" id="edit-${row.id}" href="/entries/${row.id}">${escapeHtml(row.description || t('timer.no_description'))}</a>${project ? `<span class="project color-${escapeHtml(project.color)}">${escapeHtml(project.name)}</span>` : ''}${join(row.tags, (tag) => `<span class="tag">${escapeHtml(tag)}</span>`)}</div>
<div class="entry-marks">${row.billable ? `<span class="mask mask-money" role="img" aria-label="${escapeHtml(t('timer.billable'))}"></span>` : ''}</div>
<a class="entry-times" href="/entries/${row.id}">${escapeHtml(row.started_clock)} – ${escapeHtml(row.ended_clock)}</a>
<span class="entry-duration">${escapeHtml(duration(row.duration_seconds))}</span>
<div class="entry-actions"><button class="icon-button" form="rows" formaction="/entries/${row.id}/continue" title="${escapeHtml(t('timer.resume'))}"></button></div>
</li>
`;
}

/** Faster than `map` and `join`: the literals are the limit, not a straw man. */
function join<Item>(items: readonly Item[], literal: (item: Item) => string): string {
  let html = '';
  for (const item of items) html += literal(item);
  return html;
}
