import type { ParseArgsOptionsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { BackupError } from '../backup/backup-error.ts';
import { installGuard } from '../telemetry/guard.ts';
import { fail } from './open-deps.ts';

/** What backup, restore and verify-backup have in common. */

/**
 * The arguments of a command; `--help` shows the usage and ends it, and what cannot be understood ends it with exit code 1.
 *
 * @param most - so many words beside options at most.
 */
export function readArguments<Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
  most = 1,
) {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const parsed = parsedOrFail(usage, options);
  if (parsed.positionals.length > most) fail(`too many arguments\n\n${usage}`);
  return parsed;
}

function parsedOrFail<Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  try {
    return parseArgs({ options, strict: true, allowPositionals: true });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** Runs the command's work, with the guard of sockets around it; every failure is one sentence and exit code 1. */
export async function runCommand(failed: string, work: () => Promise<string>): Promise<void> {
  installGuard({
    onBlocked: ({ host }) => {
      process.stderr.write(`a connection to ${host ?? 'somewhere'} was blocked\n`);
    },
  });
  try {
    process.stdout.write(`${await work()}\n`);
  } catch (error) {
    if (error instanceof BackupError) fail(error.message);
    fail(`${failed}: ${firstLine(error)}`);
  }
}

/** Some errors of the network have no message of their own, only a code. */
function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : error.name;
  return (error.message || code).split('\n', 1)[0] ?? code;
}

/** 1234567 as '1.2 MB'. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < units.length - 1; unit += 1) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
