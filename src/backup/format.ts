import { BackupError } from './backup-error.ts';

/**
 * One file: gzip of lines, each a JSON value. The first is the head, then come the tables in the head's order, each a
 * line that names it and a line per row, and the last line is the end, with what was counted. A file without an end was
 * cut off. Values are logical, so that a backup of either database restores into either.
 */
export const formatName = 'timetracker-backup';
export const formatVersion = 1;

/** So many rows are in memory at once. */
export const rowsAtOnce = 200;

export type Value = string | number | bigint | boolean | Uint8Array | null;

export interface TableShape {
  name: string;
  columns: string[];
}

export interface Head {
  format: typeof formatName;
  format_version: number;
  app_version: string;
  /** RFC 3339, UTC. */
  created_at: string;
  /** Which database it was made of. */
  database: 'sqlite' | 'postgres';
  /** Tells installations that share a folder apart; says nothing about them. */
  installation: string;
  /** Migrations that the database had had, the oldest first. */
  schema: string[];
  tables: TableShape[];
  left_out: string[];
}

export interface TableSum {
  name: string;
  rows: number;
  /** Of the lines of its rows. */
  sha256: string;
}

export interface End {
  tables: TableSum[];
  /** The highest id that each table ever gave: a restored database gives none of them twice. */
  last_ids: Record<string, number>;
  /** Of everything before this line. */
  sha256: string;
}

/** The lines of some rows. Integers beyond a double's and bytes are marked; all else is plain JSON. */
export function encodeRows(rows: readonly Value[][]): string {
  return rows.map((row) => `${JSON.stringify(row.map(encode))}\n`).join('');
}

function encode(value: Value): unknown {
  if (typeof value === 'bigint') return { int: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new BackupError(`the database holds ${value}, which a backup cannot hold`);
  return value;
}

/** @throws TypeError for what `encodeRows` never writes. */
export function decodeValue(value: unknown): Value {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Value;
  const { int, bytes } = value as { int?: unknown; bytes?: unknown };
  if (typeof int === 'string' && /^-?\d{1,19}$/.test(int)) return BigInt(int);
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  throw new TypeError('not a value of a backup');
}

/** An integer as a number where that is exact. */
export const exactInteger = (value: bigint): number | bigint =>
  BigInt.asIntN(54, value) === value ? Number(value) : value;

export function isHead(value: unknown): value is Head {
  const head = value as Partial<Head> | null;
  return (
    head?.format === formatName &&
    ['app_version', 'created_at', 'database', 'installation'].every(
      (name) => typeof head[name as keyof Head] === 'string',
    ) &&
    isList(head.schema, isText) &&
    isList(head.tables, (table) => isText(table?.name) && isList(table.columns, isText))
  );
}

export function isEnd(value: unknown): value is End {
  const end = value as Partial<End> | null;
  return (
    typeof end?.sha256 === 'string' &&
    isList(end.tables, (sum) => isText(sum?.name) && isText(sum.sha256) && Number.isSafeInteger(sum.rows)) &&
    typeof end.last_ids === 'object' &&
    Object.values(end.last_ids).every((id) => Number.isSafeInteger(id))
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isList<Item>(value: Item[] | undefined, isItem: (item: Item) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
