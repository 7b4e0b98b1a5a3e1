import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLogLines } from './log-lines.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tt-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(script: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [fixture(script), join(directory, 'app.jsonl'), ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** The numbers of the lines found, sorted; `line` is counted up by the fixtures. */
const numbersFound = (): number[] =>
  readLogLines(directory)
    .map(({ line }) => Number(line))
    .sort((a, b) => a - b);
const numbersUpTo = (count: number): number[] => Array.from({ length: count }, (_, line) => line);

describe('a process that dies', () => {
  it.each([
    ['exit', { code: 0, signal: null }],
    ['throw', { code: 1, signal: null }],
    ['sigterm', { code: null, signal: 'SIGTERM' }],
  ])('loses none of 1,000 lines on %s', async (end, expected) => {
    const [code, signal] = (await once(start('log-and-die.ts', '1000', end), 'exit')) as [unknown, unknown];
    expect({ code, signal }).toEqual(expected);
    expect(numbersFound()).toEqual(numbersUpTo(1000));
  });

  it('loses none of 100,000 lines over 20 rotations', async () => {
    // 100,000 lines of about 78 bytes.
    const child = start('log-and-die.ts', '100000', 'exit', '350000');
    await once(child, 'exit');
    const archives = readdirSync(directory).filter((name) => name !== 'app.jsonl');
    expect(archives.length).toBeGreaterThanOrEqual(20);
    expect(numbersFound()).toEqual(numbersUpTo(100_000));
  });
});

describe('a file that others touch', () => {
  it('loses no line when the file is renamed and the process told so with SIGHUP', async () => {
    const child = start('log-forever.ts');
    await once(child, 'message');
    for (let rotation = 0; rotation < 5; rotation += 1) {
      renameSync(join(directory, 'app.jsonl'), join(directory, `outside-${rotation}.jsonl`));
      child.kill('SIGHUP');
      await expect.poll(() => readdirSync(directory)).toContain('app.jsonl');
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const found = numbersFound();
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(numbersUpTo(found.length));
  });

  it('loses no line of two processes that write to one file and both rotate it', async () => {
    const children = [start('log-forever.ts', '100000'), start('log-forever.ts', '100000')];
    await Promise.all(children.map((child) => once(child, 'message')));
    await expect.poll(() => readdirSync(directory).length, { timeout: 20_000 }).toBeGreaterThan(10);
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => once(child, 'exit')));
    const lines = readLogLines(directory);
    for (const { pid } of children) {
      const own = lines.filter(({ process_id }) => process_id === pid).map(({ line }) => Number(line));
      expect(own.length).toBeGreaterThan(0);
      expect(own.sort((a, b) => a - b)).toEqual(numbersUpTo(own.length));
    }
  });
});
