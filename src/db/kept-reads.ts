/**
 * Written with nearly every request or by every delivery; no trigger and no cascade of theirs touches a table that is not
 * one of them, so what is kept of the others stays right.
 */
const busyTables = 'sessions|rate_limits|jobs|outbox|ledger|ledger_people|ledger_ends|ledger_totals';
const writesBusyTable = new RegExp(`^(insert into|update|delete from) "(${busyTables})"`);
const namesBusyTable = new RegExp(`"(${busyTables})"`);
const isRead = /^select\b/;

const keptResults = 2_000;
const keptRows = 40_000;

/**
 * Results of SELECTs of the embedded database, for as long as nobody wrote to it. In most installations most pages are
 * asked for while nothing changed since the page before: then the timer bar and the list of entries cost no query.
 *
 * All or nothing on purpose: one statement that writes, of whatever table, and everything is forgotten. That is easy to be
 * sure of; which result a trigger or a cascade touches is not.
 */
export class KeptReads {
  /** Undefined is: asked for once since the last write. */
  readonly #byStatement = new Map<object, Map<string, readonly object[] | undefined>>();
  #results = 0;
  #rows = 0;
  #version: number | undefined;

  /** @param version - SQLite's data_version, which changes when another connection has written. */
  checkVersion(version: number): void {
    if (this.#version !== version) this.forget();
    this.#version = version;
  }

  find(statement: object, parameters: readonly unknown[]): readonly object[] | undefined {
    return this.#byStatement.get(statement)?.get(keyOf(parameters));
  }

  /**
   * Keeps the rows, frozen, as many pages share them: from the second time on that they are asked for. Where somebody
   * writes before every page nobody asks twice, and freezing and remembering would cost more than they ever give.
   */
  keep(statement: { readonly sql: string }, parameters: readonly unknown[], rows: readonly object[]): void {
    if (this.#results >= keptResults || this.#rows + rows.length > keptRows) this.forget();
    let byParameters = this.#byStatement.get(statement);
    if (!byParameters) {
      if (namesBusyTable.test(statement.sql)) throw new Error('a read of this table cannot be kept');
      byParameters = new Map();
      this.#byStatement.set(statement, byParameters);
    }
    const key = keyOf(parameters);
    if (!byParameters.has(key)) {
      byParameters.set(key, undefined);
      this.#results += 1;
      return;
    }
    rows.forEach(Object.freeze);
    byParameters.set(key, Object.freeze(rows));
    this.#rows += rows.length;
  }

  /** To be told of every statement that runs on the connection, before the connection is given back. */
  ran(sql: string): void {
    if (this.#results > 0 && !isRead.test(sql) && !writesBusyTable.test(sql)) this.forget();
  }

  forget(): void {
    this.#byStatement.clear();
    this.#results = 0;
    this.#rows = 0;
  }
}

/** Parameters of one statement are numbers, dates and words of a known kind at each place: no two lists look alike. */
const keyOf = (parameters: readonly unknown[]): string => parameters.join('\u0000');
