import { chmodSync, closeSync, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Dialect, DialectAdapter, LogEvent } from 'kysely';
import { Kysely } from 'kysely';
import type { Client as PgClient } from 'pg';
import { makeFolders } from '../shared/folders.ts';
import type { Database } from './schema.ts';
import { EmbeddedAdapter, sqliteDialect } from './sqlite-dialect.ts';

export type Db = Kysely<Database>;

export interface ConnectOptions {
  /** `postgres://…`; undefined for the embedded database. */
  databaseUrl: string | undefined;
  /** Path of the SQLite file; its folder is made when missing. */
  sqliteFile: string;
  sqliteSynchronous: 'normal' | 'full';
  /** Connections of the PostgreSQL pool. */
  poolSize: number;
  /** Called after every statement with its kind (select, insert, …), how long it took, and its text without values. */
  onQuery?: (operation: string, seconds: number, sql: string) => void;
  /** Calls the function that opens a connection to PostgreSQL: tells the guard of sockets that it may. */
  opening?: <Result>(open: () => Result) => Result;
}

/** What connections of ours are called in PostgreSQL's list of them. */
export const applicationName = 'timetracker';

export type PoolState = Map<'active' | 'idle' | 'waiting', number>;

export interface Connection {
  db: Db;
  dialect: 'sqlite' | 'postgres';
  /** Connections by state; the embedded database always has one. */
  poolState: () => PoolState;
}

/** Opens the database that the options name. Nothing is created or migrated here. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const log = options.onQuery ? queryTimer(options.onQuery) : undefined;
  if (options.databaseUrl !== undefined) return connectPostgres(options.databaseUrl, options, log);
  if (options.sqliteFile !== ':memory:') createPrivateFile(options.sqliteFile);
  const { onQuery } = options;
  const dialect = sqliteDialect({
    file: options.sqliteFile,
    synchronous: options.sqliteSynchronous,
    ...(onQuery ? { onRead: (seconds, sql) => onQuery('select', seconds, sql) } : {}),
  });
  const db = newKysely(dialect, log);
  return { db, dialect: 'sqlite', poolState: () => stateOfOne(db.getExecutor().adapter) };
}

function stateOfOne(adapter: DialectAdapter): PoolState {
  const { active, waiting } = adapter instanceof EmbeddedAdapter ? adapter.use : { active: 0, waiting: 0 };
  return new Map([
    ['active', active],
    ['idle', 1 - active],
    ['waiting', waiting],
  ]);
}

/**
 * Makes the file, and its folder, before SQLite does: SQLite would let everybody on the machine read it, and gives the
 * files beside it the same mode.
 */
function createPrivateFile(file: string): void {
  makeFolders(dirname(file), 0o750);
  const descriptor = openSync(file, 'a', 0o640);
  const isOpenToAll = (fstatSync(descriptor).mode & 0o007) !== 0;
  closeSync(descriptor);
  if (isOpenToAll) chmodSync(file, 0o640);
}

async function connectPostgres(
  connectionString: string,
  { poolSize: max, opening = (open) => open() }: ConnectOptions,
  log: ((event: LogEvent) => void) | undefined,
): Promise<Connection> {
  const [{ PostgresDialect }, { default: pg }] = await Promise.all([import('kysely'), import('pg')]);
  // int8 and numeric arrive as strings; ids, instants and sums of seconds fit a double exactly.
  pg.types.setTypeParser(20, Number);
  pg.types.setTypeParser(1700, Number);
  class Client extends pg.Client {
    override connect(): Promise<PgClient>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<PgClient> | void {
      return opening(() => (callback ? super.connect(callback) : super.connect()));
    }
  }
  const pool = new pg.Pool({
    Client,
    connectionString: withoutName(connectionString),
    max,
    // A server at rest keeps one: the next request need not wait for it, and a restore sees that somebody is at work.
    min: 1,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
  });
  // A connection that the server closes emits an error, idle in the pool or taken by a request between two queries.
  // Without a listener it would end the process; the query itself fails on its own, and the pool replaces the connection.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    db: newKysely(new PostgresDialect({ pool }), log),
    dialect: 'postgres',
    poolState: () =>
      new Map([
        ['active', pool.totalCount - pool.idleCount],
        ['idle', pool.idleCount],
        ['waiting', pool.waitingCount],
      ]),
  };
}

/** The address wins over what the pool is told, and by the name a restore sees that a server is at work. */
function withoutName(address: string): string {
  const start = address.indexOf('?');
  if (start < 0) return address;
  const given = address.slice(start + 1).split('&');
  const kept = given.filter((one) => !/^(fallback_)?application_name=/.test(one));
  return `${address.slice(0, start)}${kept.length === 0 ? '' : `?${kept.join('&')}`}`;
}

function newKysely(dialect: Dialect, log: ((event: LogEvent) => void) | undefined): Db {
  return new Kysely<Database>(log ? { dialect, log } : { dialect });
}

const operations: Record<string, string> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
};

function queryTimer(onQuery: (operation: string, seconds: number, sql: string) => void) {
  return (event: LogEvent): void => {
    onQuery(operations[event.query.query.kind] ?? 'other', event.queryDurationMillis / 1000, event.query.sql);
  };
}
