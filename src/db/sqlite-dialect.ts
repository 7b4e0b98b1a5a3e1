import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  Driver,
  Kysely,
  LimitNode,
  OffsetNode,
  QueryResult,
  TransactionSettings,
} from 'kysely';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { KeptReads } from './kept-reads.ts';

const busyCodes = new Set([5, 6, 261, 517]);
const busyWaitMs = 5_000;
const keptStatements = 512;

/** How the file is opened. */
export interface SqliteOptions {
  /** Path of the database file, or ':memory:'. */
  file: string;
  /** 'normal' cannot corrupt but may lose the last commits at power loss; 'full' syncs every commit. */
  synchronous: 'normal' | 'full';
  /** Told about every statement that `readNow` ran; Kysely tells about all others. */
  onRead?: (seconds: number, sql: string) => void;
}

/** Kysely's dialect over Node's own SQLite: one connection, a statement cache, every transaction immediate. */
export function sqliteDialect(options: SqliteOptions): Dialect {
  const driver = new SqliteDriver(options);
  return {
    createAdapter: () => new EmbeddedAdapter(driver),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new PlanOnceCompiler(),
  };
}

/**
 * SQLite looks at the value of a bare parameter behind LIMIT or OFFSET while it plans, and so plans the statement anew
 * after every binding, which took half of the timer page's query time. Into a sum it does not look.
 */
class PlanOnceCompiler extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    super.visitLimit(node);
    this.append(' + 0');
  }

  protected override visitOffset(node: OffsetNode): void {
    super.visitOffset(node);
    this.append(' + 0');
  }
}

/**
 * SQLite can roll back CREATE TABLE; Kysely's adapter says that it cannot, and its migrator would then leave half a schema
 * behind when it is killed. In a transaction, immediate as all of ours, two processes also migrate one after the other.
 */
export class EmbeddedAdapter extends SqliteAdapter {
  readonly #driver: SqliteDriver;

  constructor(driver: SqliteDriver) {
    super();
    this.#driver = driver;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** There is one, but its queue is the driver's own, which can be looked at; Kysely would put another before it. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /**
   * Runs a compiled SELECT at once, without the promises of Kysely's executor, which cost a small query as much again.
   *
   * @returns undefined when it cannot be run now: the connection is in a transaction or not open yet, or the file is busy.
   */
  readNow<Row>(query: CompiledQuery): Row[] | undefined {
    return this.#driver.readNow(query) as Row[] | undefined;
  }

  /**
   * As `readNow`, but what this statement gave for these parameters is given again while nobody wrote. The rows are frozen.
   *
   * @param statement - one and the same object for all runs of a prepared SELECT.
   */
  readKept<Row>(statement: { readonly sql: string }, query: CompiledQuery): readonly Row[] | undefined {
    return this.#driver.readKept(statement, query) as readonly Row[] | undefined;
  }

  /** The one connection: at work or not, and how many wait for it. */
  get use(): { active: number; waiting: number } {
    return this.#driver.use;
  }

  /** Forgets what was kept: every read is made again. */
  forgetReads(): void {
    this.#driver.kept.forget();
  }
}

class SqliteDriver implements Driver {
  readonly #options: SqliteOptions;
  readonly #lock = new Lock();
  readonly kept = new KeptReads();
  #connection: SqliteConnection | undefined;
  #isVersionChecked = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    // SQLite's own busy handler sleeps in the main thread, so it gets 5 ms and the rest is retried asynchronously.
    const database = new DatabaseSync(this.#options.file, { timeout: 5, enableForeignKeyConstraints: true });
    database.exec('pragma journal_mode = wal');
    database.exec(`pragma synchronous = ${this.#options.synchronous}`);
    // Four times SQLite's own: the same pages are written again and again, and what is copied is the last of each. Whoever
    // writes the last page waits for the copy, a fourth as often and less than four times as long.
    database.exec('pragma wal_autocheckpoint = 4000');
    // After a copy the log begins as an empty file. Written over, its pages, which are not those of the file system, would
    // first be read from the disk wherever memory is short: a millisecond for a write of ten pages instead of a third.
    database.exec('pragma journal_size_limit = 0');
    database.exec('pragma cache_size = -16000');
    database.exec('pragma temp_store = memory');
    this.#connection = new SqliteConnection(database, this.kept);
  }

  get use(): { active: number; waiting: number } {
    return { active: this.#lock.isTaken ? 1 : 0, waiting: this.#lock.waiting };
  }

  readNow(query: CompiledQuery): unknown[] | undefined {
    if (this.#lock.isTaken || this.#connection === undefined) return undefined;
    const startedAt = performance.now();
    const rows = this.#connection.readNow(query);
    this.#options.onRead?.((performance.now() - startedAt) / 1000, query.sql);
    return rows;
  }

  readKept(statement: { readonly sql: string }, query: CompiledQuery): readonly unknown[] | undefined {
    if (this.#connection === undefined) return undefined;
    this.#checkVersion(this.#connection);
    const found = this.kept.find(statement, query.parameters);
    if (found) return found;
    const rows = this.readNow(query) as object[] | undefined;
    if (rows) this.kept.keep(statement, query.parameters, rows);
    return rows;
  }

  /** Once per turn of the event loop: whoever asks after another process has written is answered in a later turn. */
  #checkVersion(connection: SqliteConnection): void {
    if (this.#isVersionChecked) return;
    this.#isVersionChecked = true;
    setImmediate(() => (this.#isVersionChecked = false));
    this.kept.checkVersion(connection.dataVersion());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#lock.take();
    return this.#connection as DatabaseConnection;
  }

  async releaseConnection(): Promise<void> {
    this.#lock.give();
  }

  async beginTransaction(connection: DatabaseConnection, _settings: TransactionSettings): Promise<void> {
    // A read that turns into a write under a deferred BEGIN fails at once when another process wrote meanwhile.
    await (connection as SqliteConnection).run('begin immediate');
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).run('commit');
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk or an interrupt may have rolled back already; a second rollback would hide the first error.
    if ((connection as SqliteConnection).inTransaction)
      await (connection as SqliteConnection).run('rollback');
  }

  async destroy(): Promise<void> {
    this.#connection?.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #kept: KeptReads;
  readonly #statements = new Map<string, { statement: StatementSync; columns: readonly string[] }>();

  constructor(database: DatabaseSync, kept: KeptReads) {
    this.#database = database;
    this.#kept = kept;
  }

  /** Changes when another connection, of this process or of another, has written to the file. */
  dataVersion(): number {
    const { statement } = this.#prepare('pragma data_version');
    return Number((statement.get() as unknown as [number])[0]);
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  async run(sql: string): Promise<void> {
    await retryWhileBusy(() => this.#database.exec(sql));
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, columns } = this.#prepare(query.sql);
    const parameters = bindable(query.parameters);
    this.#kept.ran(query.sql);
    if (columns.length > 0) {
      const rows = await retryWhileBusy(() => rowsOf(statement, query.sql, parameters));
      return { rows: rows.map((values) => rowOf(columns, values) as Row) };
    }
    const { changes, lastInsertRowid } = await retryWhileBusy(() => statement.run(...parameters));
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  readNow(query: CompiledQuery): unknown[] | undefined {
    const { statement, columns } = this.#prepare(query.sql);
    try {
      const rows = rowsOf(statement, query.sql, bindable(query.parameters));
      return rows.map((values) => rowOf(columns, values));
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('a stream would hold the only connection: read keyset pages instead');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string) {
    let prepared = this.#statements.get(sql);
    if (!prepared) {
      const statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      prepared = { statement, columns: statement.columns().map(({ name }) => name) };
      if (this.#statements.size >= keptStatements) {
        this.#statements.delete(this.#statements.keys().next().value as string);
      }
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }
}

/**
 * A number that no double holds exactly was not written by this server, but by somebody at the file. The driver refuses
 * the row then; it is read as near as can be, as from PostgreSQL, so that whoever looks at it can say what is wrong.
 */
function rowsOf(statement: StatementSync, sql: string, parameters: SQLInputValue[]): SQLOutputValue[][] {
  try {
    return statement.all(...parameters) as unknown as SQLOutputValue[][];
  } catch (error) {
    // Whatever writes must not run twice.
    if (!(error instanceof RangeError) || !/^select\b/.test(sql)) throw error;
    statement.setReadBigInts(true);
    try {
      const rows = statement.all(...parameters) as unknown as SQLOutputValue[][];
      return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
    } finally {
      statement.setReadBigInts(false);
    }
  }
}

/** node:sqlite's own row objects are hash tables: made and read, they take half as long again as objects built here. */
function rowOf(
  columns: readonly string[],
  values: readonly SQLOutputValue[],
): Record<string, SQLOutputValue> {
  const row: Record<string, SQLOutputValue> = {};
  for (let index = 0; index < columns.length; index += 1) {
    row[columns[index] as string] = values[index] as SQLOutputValue;
  }
  return row;
}

/** Runs at once; while another process holds the write lock, tries again with growing random pauses. */
function retryWhileBusy<Result>(operation: () => Result): Result | Promise<Result> {
  try {
    return operation();
  } catch (error) {
    if (!isBusy(error)) throw error;
    return retryLater(operation);
  }
}

async function retryLater<Result>(operation: () => Result): Promise<Result> {
  const giveUpAt = performance.now() + busyWaitMs;
  for (let pauseMs = 4; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    await sleep(pauseMs * (0.5 + Math.random()));
    try {
      return operation();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && busyCodes.has(Number(error.errcode));
}

/**
 * node:sqlite takes a Date in first place for an object of named parameters and stores NULL without an error,
 * so anything that is not a plain value is refused here.
 */
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  for (const value of parameters) {
    if (value === undefined || typeof value === 'boolean')
      throw new TypeError('SQLite parameter is not a plain value');
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      throw new TypeError('SQLite parameter is an object; convert it first');
    }
  }
  return parameters as SQLInputValue[];
}

/** First come, first served; free is taken without a queue. */
class Lock {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  get isTaken(): boolean {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  take(): Promise<void> | undefined {
    if (!this.#taken) {
      this.#taken = true;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken = false;
  }
}
