import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog } from '../../src/observability/log.ts';
import type { Log, LogOptions } from '../../src/observability/log.ts';
import { createLogArchive } from '../../src/observability/log-archive.ts';
import { runInContext } from '../../src/observability/request-context.ts';
import { AppError } from '../../src/shared/errors.ts';
import { readLogLines } from './log-lines.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-01T10:00:00.000Z');

let directory = '';
let file = '';
let nowMs = START_MS;
let writeErrors = 0;
let opened: Log[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tt-log-'));
  file = join(directory, 'app.jsonl');
  nowMs = START_MS;
  writeErrors = 0;
});
afterEach(() => {
  for (const log of opened) log.close();
  opened = [];
  rmSync(directory, { recursive: true, force: true });
});

function open(options: Partial<LogOptions> = {}): Log {
  const log = openLog({
    file,
    level: 'info',
    maxBytes: 1_000_000,
    maxAgeMs: DAY_MS,
    keepFiles: 100,
    keepDays: 30,
    now: () => nowMs,
    onWriteError: () => (writeErrors += 1),
    ...options,
  });
  opened.push(log);
  return log;
}

const archives = (): string[] => readdirSync(directory).filter((name) => name !== 'app.jsonl');

describe('a line', () => {
  it('is JSON with RFC 3339 time in UTC, level as a word, message and fields', () => {
    open().logger.warn({ rows: 3 }, 'slow query');
    expect(readFileSync(file, 'utf8')).toBe(
      '{"level":"warn","time":"2026-03-01T10:00:00.000Z","rows":3,"msg":"slow query"}\n',
    );
  });

  it('carries the ids of the request it belongs to, also after an await', async () => {
    const { logger } = open();
    await runInContext({ request_id: 'abc', user_id: 7 }, async () => {
      await Promise.resolve();
      logger.info('inside');
    });
    logger.info('outside');
    const [inside, outside] = readLogLines(directory);
    expect(inside).toMatchObject({ msg: 'inside', request_id: 'abc', user_id: 7 });
    expect(outside).not.toHaveProperty('request_id');
  });

  it('is counted by its level, and not when the level is off', () => {
    const levels: string[] = [];
    const { logger } = open({ onLine: (level) => levels.push(level) });
    logger.debug('hidden');
    logger.info('seen');
    logger.error('seen');
    expect(levels).toEqual(['info', 'error']);
  });
});

describe('an error', () => {
  const SECRET = 'secret words of a person';
  const logged = (error: unknown): Record<string, unknown> => {
    open().logger.error({ err: error }, 'failed');
    return readLogLines(directory)[0]?.['err'] as Record<string, unknown>;
  };

  it('keeps type, code, stack and cause', () => {
    const error = new TypeError('x is not a function', { cause: new AppError('conflict', 'timer.running') });
    const line = logged(error);
    expect(line).toMatchObject({
      type: 'TypeError',
      message: 'x is not a function',
      cause: { type: 'AppError', code: 'timer.running' },
    });
    expect(line['stack']).toContain('log.test.ts');
  });

  it.each<[string, () => unknown]>([
    ['JSON that cannot be read', () => catchError(() => JSON.parse(SECRET))],
    ['a date that is none', () => catchError(() => Temporal.PlainDate.from(SECRET))],
    ['a library quoting', () => new Error(`cannot convert "${SECRET}" and '${SECRET}' or \`${SECRET}\``)],
    ['an argument of Node’s', () => catchError(() => Buffer.from('', SECRET as BufferEncoding))],
    ['an argument of another type', () => catchError(() => Buffer.alloc(SECRET as unknown as number))],
    ['an open quote', () => new Error(`near "${SECRET}`)],
    ['a second line', () => new Error(`failed\n    at ${SECRET}`)],
    ['a URL', () => new Error('no answer from https://example.com/?q=' + encodeURIComponent(SECRET))],
    [
      'PostgreSQL',
      () => Object.assign(new Error(`bad ${SECRET}`), { severity: 'ERROR', detail: SECRET, where: SECRET }),
    ],
    ['parameters', () => Object.assign(new Error('failed'), { parameters: [SECRET], sql: SECRET })],
    ['a cause', () => new Error('failed', { cause: new Error(`"${SECRET}"`) })],
    ['several', () => new AggregateError([new Error(`"${SECRET}"`)], 'failed')],
    ['a string', () => SECRET],
    ['an object', () => ({ message: SECRET })],
  ])('holds nothing a person wrote: %s', (_name, make) => {
    logged(make());
    expect(decodeURIComponent(readFileSync(file, 'utf8'))).not.toContain(SECRET);
  });

  it('without a phrase does not lend its message to the line', () => {
    const { logger } = open();
    logger.error(new Error(`"${SECRET}"`));
    logger.error({ err: new Error(`"${SECRET}"`) });
    expect(readLogLines(directory).map(({ msg }) => msg)).toEqual(['error', 'error']);
    expect(readFileSync(file, 'utf8')).not.toContain(SECRET);
  });

  function catchError(fn: () => unknown): unknown {
    try {
      return fn();
    } catch (error) {
      return error;
    }
  }
});

describe('the file', () => {
  it('is made with its folder and is no business of other users', () => {
    const deep = join(directory, 'logs', 'app.jsonl');
    open({ file: deep });
    expect(statSync(deep).mode & 0o777 & ~0o640).toBe(0);
    expect(statSync(join(directory, 'logs')).mode & 0o777 & ~0o750).toBe(0);
  });

  it('loses its access for the world when it had some', () => {
    writeFileSync(file, '');
    chmodSync(file, 0o666);
    open();
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('rotates before it grows beyond its size, under a name the shipper does not read', () => {
    const { logger } = open({ maxBytes: 1000 });
    for (let line = 0; line < 100; line += 1) logger.info({ line }, 'line');
    expect(archives().length).toBeGreaterThan(5);
    for (const name of archives()) {
      expect(name).toMatch(/^app-20260301T100000000Z-\d{3}\.jsonl$/);
      expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(1000);
    }
    expect(readLogLines(directory)).toHaveLength(100);
  });

  it('rotates by the age of its first line, also when another process wrote that', () => {
    const first = open();
    first.logger.info('first');
    first.close();
    nowMs += DAY_MS - 1000;
    const second = open();
    second.logger.info('second');
    expect(archives()).toEqual([]);
    nowMs += 2000;
    second.logger.info('third');
    expect(archives()).toHaveLength(1);
    expect(readLogLines(directory)).toHaveLength(3);
  });

  it('is left for the new one within seconds when something renamed it and told nobody', async () => {
    const { logger } = open();
    logger.info('before');
    renameSync(file, join(directory, 'taken.jsonl'));
    await expect.poll(() => (logger.info('after'), existsSync(file)), { timeout: 10_000 }).toBe(true);
    expect(readLogLines(directory)[0]).toMatchObject({ msg: 'after' });
  });

  it('is not rotated again by a second process right after the first has', () => {
    const text = 'x'.repeat(200);
    const second = open({ maxBytes: 1000 });
    for (let line = 0; line < 3; line += 1) second.logger.info({ text }, 'second');
    const first = open({ maxBytes: 1000 });
    first.logger.info({ text }, 'first');
    expect(archives()).toHaveLength(1);
    second.logger.info({ text }, 'second');
    expect(archives()).toHaveLength(1);
    expect(readLogLines(directory)).toHaveLength(5);
  });

  it('goes on after a line a crash has torn', () => {
    writeFileSync(file, '{"time":"2026-03-01T09:00:00.000Z","msg":"whole"}\n{"ti');
    open().logger.info('after');
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines[1]).toBe('{"ti');
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ msg: 'after' });
  });

  it('comes back by itself when its folder is deleted', () => {
    const log = open();
    log.logger.info('lost with the folder');
    rmSync(directory, { recursive: true });
    expect(log.isWritable()).toBe(true);
    log.logger.info('after');
    expect(readLogLines(directory).map(({ msg }) => msg)).toEqual(['after']);
  });

  it('says that it is not writable, and throws nothing, while its folder cannot be used', () => {
    const log = open({ maxBytes: 200 });
    log.logger.info('first');
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the folder was');
    expect(log.isWritable()).toBe(false);
    expect(log.isFull()).toBe(false);
    for (let line = 0; line < 10; line += 1) log.logger.info('no folder');
    expect(writeErrors).toBeGreaterThan(0);
    rmSync(directory);
    expect(log.isWritable()).toBe(true);
  });
});

// Every write to /dev/full fails as on a full disk.
describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it('neither throws nor loses: lines wait, are counted, and are written when there is room', () => {
    symlinkSync('/dev/full', file);
    const log = open();
    for (let line = 0; line < 10; line += 1) log.logger.info({ line }, 'line');
    expect(writeErrors).toBe(10);
    expect(log.isWritable()).toBe(false);
    expect(log.isFull()).toBe(true);

    unlinkSync(file);
    log.reopen();
    expect(log.isWritable()).toBe(true);
    expect(log.isFull()).toBe(false);
    log.logger.info({ line: 10 }, 'line');
    expect(readLogLines(directory).map(({ line }) => line)).toEqual(
      Array.from({ length: 11 }, (_, line) => line),
    );
  });

  it('costs a bounded amount of memory', () => {
    symlinkSync('/dev/full', file);
    const log = open();
    const text = 'x'.repeat(10_000);
    for (let line = 0; line < 300; line += 1) log.logger.info({ text }, 'line');
    unlinkSync(file);
    log.reopen();
    expect(statSync(file).size).toBeLessThanOrEqual(1_048_576);
    expect(readLogLines(directory).length).toBeGreaterThan(90);
  });
});

describe('archives', () => {
  const archiveOf = (options: { keepFiles?: number; keepDays?: number; settleMs?: number } = {}) =>
    createLogArchive({
      file,
      keepFiles: 100,
      keepDays: 30,
      settleMs: 0,
      now: () => nowMs,
      onError: () => (writeErrors += 1),
      ...options,
    });
  const stamp = (daysAgo: number): string =>
    new Date(START_MS - daysAgo * DAY_MS).toISOString().replace(/[-:.]/g, '');
  const addArchive = (daysAgo: number, text = `{"days_ago":${daysAgo}}\n`): string => {
    const name = `app-${stamp(daysAgo)}-000.jsonl`;
    writeFileSync(join(directory, name), text);
    return name;
  };

  it('are compressed and hold the same lines', async () => {
    const name = addArchive(1);
    expect(await archiveOf().sweep()).toBe(false);
    expect(archives()).toEqual([`${name}.gz`]);
    expect(readLogLines(directory)).toEqual([{ days_ago: 1 }]);
    expect(statSync(join(directory, `${name}.gz`)).mode & 0o777 & ~0o640).toBe(0);
  });

  it('are left alone while somebody may still write to them', async () => {
    const name = addArchive(1);
    expect(await archiveOf({ settleMs: 60_000 }).sweep()).toBe(true);
    expect(archives()).toEqual([name]);
  });

  it('survive a compression that a crash has cut short', async () => {
    const name = addArchive(1, '{"line":1}\n');
    writeFileSync(join(directory, `${name}.gz.99999.part`), gzipSync('{"line":1}\n').subarray(0, 12));
    expect(readLogLines(directory)).toEqual([{ line: 1 }]);
    await archiveOf().sweep();
    expect(readLogLines(directory)).toEqual([{ line: 1 }]);
    expect(existsSync(join(directory, `${name}.gz`))).toBe(true);
  });

  it('are not there twice after a crash between the last two steps', async () => {
    const name = addArchive(1, '{"line":1}\n');
    writeFileSync(join(directory, `${name}.gz`), gzipSync('{"line":1}\n'));
    await archiveOf().sweep();
    expect(readLogLines(directory)).toEqual([{ line: 1 }]);
  });

  it('are deleted beyond the number kept, oldest first', async () => {
    for (const daysAgo of [1, 2, 3, 4, 5]) addArchive(daysAgo);
    await archiveOf({ keepFiles: 2 }).sweep();
    expect(archives()).toEqual([`app-${stamp(2)}-000.jsonl.gz`, `app-${stamp(1)}-000.jsonl.gz`]);
  });

  it('are deleted beyond the age kept, and nothing else is', async () => {
    for (const daysAgo of [1, 29, 31, 400]) addArchive(daysAgo);
    writeFileSync(join(directory, 'app-notes.jsonl'), 'mine\n');
    writeFileSync(join(directory, 'other-20200101T000000000Z-000.jsonl'), 'mine\n');
    await archiveOf({ keepDays: 30 }).sweep();
    expect(archives()).toEqual([
      `app-${stamp(29)}-000.jsonl.gz`,
      `app-${stamp(1)}-000.jsonl.gz`,
      'app-notes.jsonl',
      'other-20200101T000000000Z-000.jsonl',
    ]);
  });

  it('that cannot be read are counted, not thrown', async () => {
    await createLogArchive({
      file: join(directory, 'missing', 'app.jsonl'),
      keepFiles: 1,
      keepDays: 1,
      now: () => nowMs,
      onError: () => (writeErrors += 1),
    }).sweep();
    expect(writeErrors).toBe(1);
  });

  it('of two sweeps at once are compressed once', async () => {
    addArchive(1, '{"line":1}\n'.repeat(100_000));
    const archive = archiveOf();
    await Promise.all([archive.sweep(), archive.sweep()]);
    expect(writeErrors).toBe(0);
    expect(readLogLines(directory)).toHaveLength(100_000);
  });
});
