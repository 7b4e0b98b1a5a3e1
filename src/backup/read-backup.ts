import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BackupError } from './backup-error.ts';
import type { End, Head, TableShape, TableSum, Value } from './format.ts';
import { decodeValue, formatVersion, isEnd, isHead } from './format.ts';

/** What a backup consists of, in this order: the head, rows table by table, the end. */
export type Part =
  | { kind: 'head'; head: Head }
  | { kind: 'rows'; table: TableShape; rows: Value[][] }
  | { kind: 'end'; end: End };

export interface Verified {
  head: Head;
  end: End;
}

/**
 * Reads a whole backup and checks everything that it says of itself.
 *
 * @throws BackupError with a sentence that says what is wrong with it.
 */
export async function verifyBackup(file: string): Promise<Verified> {
  const found: Partial<Verified> = {};
  // To the very last byte, behind the end too.
  for await (const part of readBackup(file)) {
    if (part.kind === 'head') found.head = part.head;
    if (part.kind === 'end') found.end = part.end;
  }
  return found as Verified;
}

/** The head of a backup; undefined when the file is none. */
export async function readHead(file: string): Promise<Head | undefined> {
  try {
    for await (const part of readBackup(file)) return part.kind === 'head' ? part.head : undefined;
  } catch {
    // Whatever it is, it is no backup of ours.
  }
  return undefined;
}

/**
 * Reads a backup with little in memory. Rows come before their sums have been checked: they count for something only
 * once the end has come.
 *
 * @throws BackupError with a sentence that says what is wrong with it.
 */
export async function* readBackup(file: string): AsyncGenerator<Part, void> {
  const checker = new Checker(file);
  try {
    for await (const lines of linesOf(file)) yield* checker.take(lines);
  } catch (error) {
    throw explained(error, file, checker.head !== undefined);
  }
  if (!checker.isDone) throw checker.head === undefined ? noBackup(file) : cutOff(file);
}

/** The complete lines of each piece that comes out of the file. */
async function* linesOf(file: string): AsyncGenerator<Buffer[]> {
  const unzipped = createGunzip({ chunkSize: 64 * 1024 });
  // Errors of the file come out of the loop below.
  pipeline(createReadStream(file), unzipped, () => undefined);
  let begun: Buffer[] = [];
  for await (const piece of unzipped as AsyncIterable<Buffer>) {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
      lines.push(Buffer.concat([...begun, piece.subarray(from, at + 1)]));
      [begun, from] = [[], at + 1];
    }
    if (from < piece.length) begun.push(piece.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (begun.length > 0) yield [Buffer.concat(begun)];
}

/** Follows the lines of a backup and compares them with what it says of itself. */
class Checker {
  head: Head | undefined;
  isDone = false;
  readonly #file: string;
  readonly #whole = createHash('sha256');
  readonly #sums: TableSum[] = [];
  #table: { shape: TableShape; rows: number; own: Hash } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Rows of these lines come as one part, as long as they are of one table. */
  *take(lines: readonly Buffer[]): Generator<Part> {
    let rows: Value[][] = [];
    for (const line of lines) {
      if (this.isDone) throw this.#changed('something stands behind its end');
      if (line[0] === 0x5b && this.#table) {
        rows.push(this.#row(line, this.#table));
        continue;
      }
      if (this.#table && rows.length > 0) yield { kind: 'rows', table: this.#table.shape, rows };
      rows = [];
      yield* this.#mark(line);
    }
    if (this.#table && rows.length > 0) yield { kind: 'rows', table: this.#table.shape, rows };
  }

  #row(line: Buffer, table: { shape: TableShape; rows: number; own: Hash }): Value[] {
    this.#whole.update(line);
    table.own.update(line);
    table.rows += 1;
    const values = this.#parse(line) as unknown[];
    if (values.length !== table.shape.columns.length)
      throw this.#changed(`row ${table.rows} of ${table.shape.name} has another number of columns`);
    return values.map(decodeValue);
  }

  /** A line that is no row: the head, the name of the next table, or the end. */
  *#mark(line: Buffer): Generator<Part> {
    const value = this.#parse(line) as { table?: unknown; end?: unknown };
    if (this.head === undefined) {
      this.head = this.#headOf(value);
      this.#whole.update(line);
      yield { kind: 'head', head: this.head };
    } else if (typeof value.table === 'string') {
      this.#whole.update(line);
      this.#nextTable(this.head, value.table);
    } else {
      this.#finishTable();
      const end = this.#endOf(value.end);
      this.isDone = true;
      yield { kind: 'end', end };
    }
  }

  #headOf(value: unknown): Head {
    if (!isHead(value)) throw noBackup(this.#file);
    if (value.format_version === formatVersion) return value;
    throw new BackupError(
      `${this.#file} was written by a newer version of TimeTracker (format ${value.format_version}): use that version`,
    );
  }

  #nextTable(head: Head, name: string): void {
    this.#finishTable();
    const shape = head.tables[this.#sums.length];
    if (shape?.name !== name) throw this.#changed(`the table ${name} stands where it does not belong`);
    this.#table = { shape, rows: 0, own: createHash('sha256') };
  }

  #finishTable(): void {
    if (!this.#table) return;
    const { shape, rows, own } = this.#table;
    this.#sums.push({ name: shape.name, rows, sha256: own.digest('hex') });
    this.#table = undefined;
  }

  #endOf(end: unknown): End {
    if (!isEnd(end)) throw this.#changed('it has a line that is none of a backup');
    if (this.#sums.length !== this.head?.tables.length) throw this.#changed('it lacks a table');
    for (const [index, { name, rows, sha256 }] of this.#sums.entries()) {
      const said = end.tables[index];
      if (said?.name !== name || said.rows !== rows)
        throw this.#changed(`the table ${name} has ${rows} rows and should have ${said?.rows ?? 'none'}`);
      if (said.sha256 !== sha256)
        throw this.#changed(`rows of the table ${name} are not those that were written`);
    }
    if (end.sha256 !== this.#whole.digest('hex'))
      throw this.#changed('its head is not the one that was written');
    return end;
  }

  #parse(line: Buffer): unknown {
    try {
      const value: unknown = JSON.parse(line.toString('utf8'));
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Told below.
    }
    // The last line of a file that was cut is half a line.
    if (this.head !== undefined && line.at(-1) !== 10) throw cutOff(this.#file);
    throw this.head === undefined
      ? noBackup(this.#file)
      : this.#changed('it has a line that is none of a backup');
  }

  #changed(how: string): BackupError {
    return new BackupError(`${this.#file} was changed after it was written: ${how}`);
  }
}

const cutOff = (file: string): BackupError =>
  new BackupError(`${file} has no end: it was cut off, or it is still being written`);

const noBackup = (file: string): BackupError => new BackupError(`${file} is no backup of TimeTracker`);

function explained(error: unknown, file: string, hasHead: boolean): unknown {
  if (error instanceof BackupError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new BackupError(`there is no file ${file}`);
  if (code === 'EISDIR') return new BackupError(`${file} is a folder, not a backup`);
  if (code === 'EACCES') return new BackupError(`${file} may not be read by this user`);
  if (code === 'Z_BUF_ERROR') return cutOff(file);
  if (code.startsWith('Z_'))
    return hasHead ? new BackupError(`${file} is damaged: it cannot be unpacked`) : noBackup(file);
  if (error instanceof TypeError)
    return new BackupError(`${file} holds something that is no value of a backup`);
  return error;
}
