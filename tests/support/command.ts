import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** An empty folder that is removed after the run. */
export const newFolder = (): string => mkdtempSync(join(inject('folder'), 'command-'));

/**
 * Runs a file of `src` as a process of its own, with nothing of this process's environment, in a folder of its own.
 *
 * @param options.input - what it reads from standard input.
 */
export async function runCommand(
  file: string,
  args: string[] = [],
  options: { folder?: string; environment?: Record<string, string>; input?: string } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, 'src', file), ...args], {
    cwd: options.folder ?? newFolder(),
    env: options.environment ?? {},
  });
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  result.code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return result;
}
