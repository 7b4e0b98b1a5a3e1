import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../../db/connect.ts';
import { addDays } from '../../shared/calendar.ts';
import { csvRow, textCell } from './csv.ts';
import { listExportRows, listNamedProjects, listNames, listTagsOfEntries } from './reports.queries.ts';
import type { Cursor, EntrySelection, ExportRow } from './reports.queries.ts';

const rowsPerPage = 500;

export interface ExportPage {
  text: string;
  rows: number;
}
export interface ExportWords {
  yes: string;
  no: string;
}

/** Whether the file has columns for money: nobody who manages nothing sees any. */
export const showsMoney = ({ scope }: Pick<EntrySelection, 'scope'>): boolean => scope.sees !== 'own';

/**
 * The selection as CSV, page by page: memory does not grow with the export, and after each page everybody else gets a
 * turn (waiting for the client alone does not give one while the system's buffers swallow what is written).
 */
export async function* exportPages(
  db: Db,
  selection: EntrySelection,
  words: ExportWords,
): AsyncGenerator<ExportPage, void, void> {
  const names = new NameCells(db);
  const with_money = showsMoney(selection);
  let from = selection.from;
  let after: Cursor | undefined;
  for (let days = 31; from <= selection.to; await nextTurn()) {
    const to = earlier(addDays(from, days), selection.to);
    const rows = await listExportRows(db, { ...selection, from, to }, { after, limit: rowsPerPage });
    if (rows.length > 0)
      yield { text: await pageText(names, rows, { words, with_money }), rows: rows.length };
    if (rows.length === rowsPerPage) {
      after = rows.at(-1);
      from = after?.local_date ?? to;
    } else {
      after = undefined;
      from = addDays(to, 1) ?? '9999-12-31';
    }
    days = nextWindow(days, rows.length);
  }
}

/**
 * Days to look through for the next page: fewer when the last one was full, more when it was not. No index has the whole
 * order of the file, and a database whose statistics are missing would sort all that is left for every page.
 */
function nextWindow(days: number, rows: number): number {
  if (rows === rowsPerPage) return Math.floor(days / 2);
  return rows < rowsPerPage / 2 ? Math.min(days * 2 + 1, 366) : days;
}

const earlier = (date: string | undefined, other: string): string =>
  date !== undefined && date < other ? date : other;

async function pageText(
  names: NameCells,
  rows: readonly ExportRow[],
  { words, with_money }: { words: ExportWords; with_money: boolean },
): Promise<string> {
  await names.load(rows);
  const tags = await names.tagsOf(rows);
  let text = '';
  for (const row of rows) {
    const project = names.projects.get(row.project_id ?? 0);
    const cells = {
      person: names.people.get(row.user_id) ?? '',
      client: project?.client ?? '',
      project: project?.name ?? '',
      task: names.tasks.get(row.task_id ?? 0) ?? '',
      tags: tags.get(row.id) ?? '',
      ...words,
    };
    text += csvRow(row, cells, with_money);
  }
  return text;
}

/** Names as ready cells, each read once an export: thousands of rows repeat the same few. */
class NameCells {
  readonly people = new Map<number, string>();
  readonly projects = new Map<number, { name: string; client: string }>();
  readonly tasks = new Map<number, string>();
  readonly #tags = new Map<number, string>();
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async load(rows: readonly ExportRow[]): Promise<void> {
    const people = missing(rows, (row) => row.user_id, this.people);
    for (const { id, name } of await listNames(this.#db, 'users', people))
      this.people.set(id, textCell(name));
    const projects = missing(rows, (row) => row.project_id, this.projects);
    for (const { id, name, client_name } of await listNamedProjects(this.#db, projects))
      this.projects.set(id, { name: textCell(name), client: textCell(client_name ?? '') });
    const tasks = missing(rows, (row) => row.task_id, this.tasks);
    for (const { id, name } of await listNames(this.#db, 'tasks', tasks)) this.tasks.set(id, textCell(name));
  }

  async tagsOf(rows: readonly ExportRow[]): Promise<Map<number, string>> {
    // Always as many ids: one statement to prepare, whatever the size of the page.
    const ids = Array.from({ length: rowsPerPage }, (_, index) => rows[index % rows.length]?.id ?? 0);
    const links = await listTagsOfEntries(this.#db, ids);
    const unknown = missing(links, ({ tag_id }) => tag_id, this.#tags);
    for (const { id, name } of await listNames(this.#db, 'tags', unknown)) this.#tags.set(id, name);
    const names = new Map<number, string[]>();
    for (const { entry_id, tag_id } of links) {
      const list = names.get(entry_id) ?? [];
      list.push(this.#tags.get(tag_id) ?? '');
      names.set(entry_id, list);
    }
    return new Map([...names].map(([id, list]) => [id, textCell(list.sort().join(', '))]));
  }
}

function missing<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => number | null,
  known: ReadonlyMap<number, unknown>,
): number[] {
  const ids = new Set<number>();
  for (const row of rows) {
    const id = idOf(row);
    if (id !== null && !known.has(id)) ids.add(id);
  }
  return [...ids];
}
