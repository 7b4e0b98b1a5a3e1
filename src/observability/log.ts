import pino from 'pino';
import { createLogArchive } from './log-archive.ts';
import { describeError } from './log-error.ts';
import { LogFile } from './log-file.ts';
import { currentContext } from './request-context.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  /** Path of the log file; standard output when left out. */
  file?: string | undefined;
  level: LogLevel;
  /** The file rotates before it grows beyond this. */
  maxBytes: number;
  /** The file rotates when its first line is older than this, in milliseconds. */
  maxAgeMs: number;
  keepFiles: number;
  keepDays: number;
  now?: () => number;
  onLine?: (level: string) => void;
  onWriteError?: () => void;
}

export interface Log {
  /** Messages are fixed lower-case phrases; what varies is a field. Errors go into the field `err`. */
  readonly logger: pino.Logger;
  /** After an outside rotation, usually on SIGHUP. */
  readonly reopen: () => void;
  readonly close: () => void;
  /** False while lines cannot be written. */
  readonly isWritable: () => boolean;
  /** True while that is because there is no room on the disk: lines are held then, and lost beyond 1 MiB of them. */
  readonly isFull: () => boolean;
}

interface Destination extends pino.DestinationStream {
  readonly reopen: () => void;
  readonly close: () => void;
  readonly isWritable: () => boolean;
  readonly isFull: () => boolean;
}

const HOUR_MS = 3_600_000;
const SWEEP_SOON_MS = 6000;
const STDOUT_HELD_BYTES_MAX = 1_048_576;

/** A rotating file, and a timer that keeps its archives in order without keeping the process alive. */
function openRotatingFile(file: string, options: LogOptions): Destination {
  const { maxBytes, maxAgeMs, keepFiles, keepDays, now = Date.now, onWriteError = () => {} } = options;
  const archive = createLogArchive({ file, keepFiles, keepDays, now, onError: onWriteError });
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = Infinity;
  let closed = false;

  /** Only ever moves the next sweep forward: rotations in quick succession must not put it off for ever. */
  function sweepIn(delayMs: number): void {
    if (closed || performance.now() + delayMs >= dueAtMs) return;
    clearTimeout(timer);
    dueAtMs = performance.now() + delayMs;
    timer = setTimeout(() => void sweep(), delayMs).unref();
  }
  async function sweep(): Promise<void> {
    dueAtMs = Infinity;
    logFile.rotateWhenDue();
    const unfinished = await archive.sweep();
    sweepIn(unfinished ? SWEEP_SOON_MS : HOUR_MS);
  }

  const logFile = new LogFile({
    file,
    maxBytes,
    maxAgeMs,
    now,
    nextArchivePath: () => archive.nextPath(),
    onRotated: () => sweepIn(SWEEP_SOON_MS),
    onWriteError,
  });
  sweepIn(0);

  return {
    write: (line) => logFile.write(line),
    reopen: () => logFile.reopen(),
    isWritable: () => logFile.isWritable(),
    isFull: () => logFile.isFull(),
    close() {
      closed = true;
      clearTimeout(timer);
      archive.stop();
      logFile.close();
    },
  };
}

function openStdout({ onWriteError = () => {} }: LogOptions): Destination {
  const stdout = pino.destination({ dest: 1, sync: true, maxLength: STDOUT_HELD_BYTES_MAX });
  let failing = false;
  // pino's own listener silences the destination for good when a pipe breaks; lines lost must be counted instead.
  stdout.removeAllListeners('error');
  stdout.on('error', () => {
    failing = true;
    onWriteError();
  });
  stdout.on('drop', onWriteError);
  stdout.on('write', () => {
    failing = false;
  });
  return {
    write: (line) => void stdout.write(line),
    reopen() {},
    close() {},
    isWritable: () => !failing,
    isFull: () => false,
  };
}

let second = -1;
let secondText = '';

/** RFC 3339 in UTC, with milliseconds. Formatting a date costs a microsecond, and most lines are of the same second. */
function timeOf(at: number): string {
  const ms = Math.floor(at);
  const now = Math.floor(ms / 1000);
  if (now !== second) {
    second = now;
    secondText = new Date(now * 1000).toISOString().slice(0, -4);
  }
  return `${secondText}${String(ms - now * 1000).padStart(3, '0')}Z`;
}

/** A fixed phrase where there is none: pino would take the error's own message, which may hold somebody's words. */
function withPhrase(args: unknown[]): unknown[] {
  const [first] = args;
  const hasError = first instanceof Error || (typeof first === 'object' && first !== null && 'err' in first);
  return hasError && args.length === 1 ? [first, 'error'] : args;
}

/**
 * Opens the log: one JSON object a line, written when the call returns. Lines of a running request carry its
 * `request_id`, `own_request_id` where a proxy gave the first, and `user_id`. After opening, nothing here throws: what cannot be written is counted.
 */
export function openLog(options: LogOptions): Log {
  const { file, level, now = Date.now, onLine = () => {} } = options;
  const destination = file === undefined ? openStdout(options) : openRotatingFile(file, options);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${timeOf(now())}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      mixin(_fields, levelNumber, { levels }) {
        onLine(levels.labels[levelNumber] ?? 'info');
        const context = currentContext();
        if (context === undefined) return {};
        const { request_id, own_request_id, user_id } = context;
        return own_request_id === undefined
          ? { request_id, user_id }
          : { request_id, own_request_id, user_id };
      },
      hooks: {
        logMethod(args, method) {
          method.apply(this, withPhrase(args) as Parameters<pino.LogFn>);
        },
      },
    },
    destination,
  );
  return {
    logger,
    reopen: () => destination.reopen(),
    close: () => destination.close(),
    isWritable: () => destination.isWritable(),
    isFull: () => destination.isFull(),
  };
}
