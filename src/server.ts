import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { createApp, loadFirstPages } from './app.ts';
import { ConfigError, loadConfig, readEnvironment } from './config/config.ts';
import type { Config } from './config/config.ts';
import { migrateToLatest, SchemaError } from './db/migrate.ts';
import type { Deps } from './deps.ts';
import { buildDeps } from './deps.ts';
import { hasAdministrator } from './features/accounts/people.queries.ts';
import { startJobs } from './jobs.ts';
import { currentContext } from './observability/request-context.ts';
import { isUnstorable } from './shared/errors.ts';
import { atMost } from './telemetry/at-most.ts';
import { guardSockets, throughListeningPassage } from './telemetry/guard.ts';

/** The code of the first pages is imported this long after the server listens. */
const firstPagesAfterMs = 200;
/** Open answers get this long at shutdown before their connections are closed. */
const drainMs = 1_800;
/** A process that fails gets this long to put its report where the next one finds it. */
const reportMs = 2_000;

/** Starts the server and wires its end. Problems before it listens are told on stderr in words, with exit code 1. */
export async function startServer(): Promise<void> {
  const config = configOrExit();
  const deps = await buildOrExit(config);
  // Before the first connection of any kind, the database's included.
  guardSockets(deps);
  process.on('SIGHUP', () => deps.log.reopen());
  await migrateOrExit(deps);
  const server = await listenOrExit(createApp(deps), config, deps);
  const { port } = server.address() as AddressInfo;
  await announce(deps, port);
  // Made now, so that no page has to store it on a disk that may be full by then.
  deps.settings.secret().catch(() => undefined);
  deps.telemetry.start();
  stopOnSignal(server, deps, startJobs(deps));
  // Not yet: whoever waits for the server to be ready asks now, and importing blocks.
  setTimeout(() => void loadFirstPages(), firstPagesAfterMs).unref();
}

function configOrExit(): Readonly<Config> {
  try {
    return loadConfig(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function buildOrExit(config: Readonly<Config>): Promise<Deps> {
  try {
    return await buildDeps(config, { defaultMetrics: true });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    process.stderr.write(
      `TimeTracker cannot start: DATA_DIR or the folder of LOG_FILE cannot be used: ${error.message}\n`,
    );
    process.exit(1);
  }
}

async function migrateOrExit(deps: Deps): Promise<void> {
  try {
    const { applied } = await migrateToLatest(deps.connection, () => {
      deps.log.logger.info('another instance brings the database forward; waiting for it');
      process.stdout.write('TimeTracker waits: another instance brings the database forward.\n');
    });
    if (applied.length > 0) deps.log.logger.info({ migrations: applied }, 'database migrated');
  } catch (error) {
    deps.log.logger.fatal({ err: error }, 'database cannot be used');
    process.stderr.write(`TimeTracker cannot start: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof SchemaError ? error.cause : error;
  if (isUnstorable(cause)) return 'the disk of the database is full, or cannot be written';
  return error instanceof SchemaError ? error.message : 'the database cannot be reached or opened';
}

/** Express makes the server: a module that imports node:http itself loads all of Node's fetch client (see problem.ts). */
async function listenOrExit(app: Express, config: Config, deps: Deps): Promise<Server> {
  const { port, host } = config;
  try {
    return await new Promise<Server>((resolve, reject) => {
      const address = { port, ...(host === undefined ? {} : { host }) };
      const server = throughListeningPassage(() =>
        app.listen(address, (error?: Error) => {
          if (error === undefined) resolve(server);
          else reject(error);
        }),
      );
    });
  } catch (error) {
    deps.log.logger.fatal({ err: error }, 'cannot listen');
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    process.stderr.write(
      `TimeTracker cannot listen on port ${config.port}: ${listenProblems[code] ?? code}\n`,
    );
    process.exit(1);
  }
}

const listenProblems: Record<string, string> = {
  EADDRINUSE: 'something else listens there already; set PORT',
  EACCES: 'this port needs special rights; set PORT to 1024 or above',
  EADDRNOTAVAIL: 'HOST is not an address of this machine',
  ENOTFOUND: 'HOST is not an address of this machine',
};

async function announce(deps: Deps, port: number): Promise<void> {
  const address = deps.config.public_url ?? `http://localhost:${port}`;
  deps.log.logger.info(
    { port, version: deps.config.version, commit: deps.config.commit, database: deps.connection.dialect },
    'listening',
  );
  process.stdout.write(`TimeTracker ${deps.config.version} is at ${address}\n`);
  if (await hasAdministrator(deps.db)) return;
  // One that the operator chose is a secret of theirs, and they know it.
  const chosen = deps.config.setup_code !== undefined;
  deps.log.logger.info(chosen ? {} : { setup_code: deps.setupCode }, 'waiting for setup');
  const code = chosen ? 'that SETUP_CODE holds' : deps.setupCode;
  process.stdout.write(`Open it to set it up. From another machine you need the setup code ${code}\n`);
}

function stopOnSignal(server: Server, deps: Deps, stopJobs: () => void): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    deps.log.logger.info({ signal }, 'stopping');
    stopJobs();
    await Promise.all([closeServer(server), deps.telemetry.stop()]);
    await deps.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (error) => void failWith(error, deps));
}

let isFailing = false;

/** State is unknown after this: say it, and let the supervisor start a clean process, which sends the report. */
async function failWith(error: unknown, deps: Deps): Promise<void> {
  const isFirst = !isFailing;
  isFailing = true;
  try {
    deps.log.logger.fatal({ err: error }, 'uncaught exception');
    if (!isFirst) return;
    process.stderr.write('TimeTracker stopped after an unexpected error; the log has it.\n');
    await atMost(reportMs, reportFailure(error, deps));
  } finally {
    if (isFirst) process.exit(1);
  }
}

async function reportFailure(error: unknown, { telemetry }: Deps): Promise<void> {
  const origin = { ...currentContext(), handled: false };
  // A server that fails right after its start does not know yet whether it may say so.
  await telemetry.consents.refresh().catch(() => undefined);
  telemetry.errors.reportError(error, origin);
  await telemetry.errors.flush(reportMs);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(cut);
}
