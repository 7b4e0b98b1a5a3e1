import { ConfigError, loadConfig, readEnvironment } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { migrateToLatest, SchemaError } from '../db/migrate.ts';
import { buildDeps } from '../deps.ts';
import type { Deps } from '../deps.ts';
import { guardSockets } from '../telemetry/guard.ts';

/** Ends the command with a sentence on stderr and exit code 1. */
export function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** The configuration; a wrong one is told in words and ends the command. */
export function configOrFail(): Readonly<Config> {
  try {
    return loadConfig(readEnvironment());
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/**
 * The application's parts for a command, on a database that is up to date: commands also work before the first start.
 * Whatever stands in the way is told in words and ends the command.
 *
 * @returns the parts, to be closed by the caller, and the migrations that just ran.
 */
export async function openDeps(): Promise<{ deps: Deps; applied: string[] }> {
  const deps = await buildOrFail(configOrFail());
  guardSockets(deps);
  try {
    const { applied } = await migrateToLatest(deps.connection, () =>
      process.stderr.write('another process brings the database forward; waiting for it\n'),
    );
    return { deps, applied };
  } catch (error) {
    deps.log.logger.fatal({ err: error }, 'database cannot be used');
    return fail(error instanceof SchemaError ? error.message : 'the database cannot be reached or opened');
  }
}

async function buildOrFail(config: Readonly<Config>): Promise<Deps> {
  try {
    return await buildDeps(config);
  } catch (error) {
    // The log itself may be what cannot be opened, so the operating system's own words have to do.
    if (error instanceof Error && 'syscall' in error) {
      return fail(`DATA_DIR or the folder of LOG_FILE cannot be used: ${error.message}`);
    }
    throw error;
  }
}
