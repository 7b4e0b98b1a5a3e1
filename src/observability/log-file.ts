import {
  closeSync,
  fchmodSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../shared/folders.ts';

export interface LogFileOptions {
  file: string;
  maxBytes: number;
  maxAgeMs: number;
  now: () => number;
  /** A free path for the file that is rotated away. */
  nextArchivePath: () => string;
  onRotated: () => void;
  onWriteError: () => void;
}

// A full disk costs at most this much memory; beyond it new lines are dropped and counted.
const HELD_BYTES_MAX = 1_048_576;
const NEWLINE = Buffer.from('\n');
const FOLLOW_EVERY_MS = 1000;
const ROTATION_RETRY_MS = 60_000;
const FIRST_LINE_BYTES = 4096;
/** No room left: on the disk, in a quota, or under a limit of the process. */
const FULL_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * An append-only file that is written synchronously and rotates itself.
 *
 * Written when `write` returns, so neither `process.exit` nor a signal loses a line. Not pino's own destination: a failed
 * reopen there leaves a listener that later closes the wrong descriptor, and what a full disk refused cannot be carried
 * over into the next file. `write` never throws.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #fd = -1;
  #inode = 0;
  #isRegular = false;
  #bytes = 0;
  #startedAtMs = 0;
  /** Lines not on the disk yet: one while it is written, more while the disk refuses them. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How much of the first held line is written. */
  #writtenOfFirst = 0;
  /** The last write was refused because there is no room. */
  #isFull = false;
  #followAtMs = 0;
  #rotateNotBeforeMs = 0;

  /** Opens the file, creating its folder; throws when that fails, because a server without a log should not start. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#open();
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    this.#follow(performance.now());
    this.#rotateWhenDue(bytes.length);
    if (this.#heldBytes > 0 && this.#heldBytes + bytes.length > HELD_BYTES_MAX) {
      this.#options.onWriteError();
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#writeHeld();
  }

  /** Rotates a file that grew old while nothing was written. */
  rotateWhenDue(): void {
    if (this.#fd >= 0) this.#rotateWhenDue(0);
  }

  /** Opens the path anew after something else renamed the file. On failure the old file goes on being written. */
  reopen(): void {
    const previous = this.#fd;
    try {
      this.#open();
    } catch {
      this.#options.onWriteError();
      return;
    }
    if (previous >= 0) closeSync(previous);
    this.#writtenOfFirst = 0;
    this.#writeHeld();
  }

  /** False while lines wait because the disk refuses them, or while the path leads nowhere. */
  isWritable(): boolean {
    if (this.#fd < 0) return false;
    this.#follow(Infinity);
    this.#writeHeld();
    return this.#heldBytes === 0 && (!this.#isRegular || this.#inodeAtPath() === this.#inode);
  }

  /** True while lines wait for room on the disk, and for nothing else. */
  isFull(): boolean {
    return this.#fd >= 0 && this.#heldBytes > 0 && this.#isFull;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#writeHeld();
    closeSync(this.#fd);
    this.#fd = -1;
    this.#isRegular = false;
  }

  #open(): void {
    const { file, now } = this.#options;
    makeFolders(dirname(file), 0o750);
    const fd = openSync(file, 'a', 0o640);
    const stats = fstatSync(fd);
    this.#fd = fd;
    this.#inode = stats.ino;
    this.#isRegular = stats.isFile();
    this.#bytes = this.#isRegular ? stats.size : 0;
    this.#startedAtMs = now();
    if (!this.#isRegular) return;
    try {
      if ((stats.mode & 0o007) !== 0) fchmodSync(fd, 0o640);
      if (stats.size > 0) this.#continueFile(stats.size);
    } catch {
      // Somebody else's file, writable but no more: it is still a log.
    }
  }

  /** Reads how old the file is from its first line, and ends a line that a crash has torn. */
  #continueFile(size: number): void {
    const reading = openSync(this.#options.file, 'r');
    try {
      const start = Buffer.alloc(FIRST_LINE_BYTES);
      const length = readSync(reading, start, 0, FIRST_LINE_BYTES, 0);
      const time = /"time":"([^"]{1,40})"/.exec(start.toString('latin1', 0, length))?.[1];
      const startedAtMs = Date.parse(time ?? '');
      if (Number.isFinite(startedAtMs)) this.#startedAtMs = startedAtMs;
      readSync(reading, start, 0, 1, size - 1);
      if (start[0] !== NEWLINE[0]) {
        this.#held.unshift(NEWLINE);
        this.#heldBytes += NEWLINE.length;
      }
    } finally {
      closeSync(reading);
    }
  }

  #writeHeld(): void {
    try {
      while (this.#held[0] !== undefined) {
        const line = this.#held[0];
        this.#writtenOfFirst += writeSync(this.#fd, line, this.#writtenOfFirst);
        if (this.#writtenOfFirst < line.length) continue;
        this.#held.shift();
        this.#heldBytes -= line.length;
        this.#bytes += line.length;
        this.#writtenOfFirst = 0;
      }
      this.#isFull = false;
    } catch (error) {
      this.#isFull = error instanceof Error && 'code' in error && FULL_CODES.has(error.code);
      this.#options.onWriteError();
    }
  }

  /** Notices, at most once a second, that the path leads to another file now, and moves over to that. */
  #follow(nowMs: number): void {
    if (!this.#isRegular || nowMs < this.#followAtMs) return;
    this.#followAtMs = performance.now() + FOLLOW_EVERY_MS;
    if (this.#inodeAtPath() !== this.#inode) this.reopen();
  }

  #inodeAtPath(): number | undefined {
    try {
      return statSync(this.#options.file).ino;
    } catch {
      return undefined;
    }
  }

  #rotateWhenDue(extraBytes: number): void {
    const { maxBytes, maxAgeMs, now } = this.#options;
    if (!this.#isRegular || this.#bytes === 0 || this.#heldBytes > 0) return;
    const isFull = this.#bytes + extraBytes > maxBytes;
    const isOld = now() - this.#startedAtMs > maxAgeMs;
    if ((isFull || isOld) && performance.now() >= this.#rotateNotBeforeMs) this.#rotate();
  }

  #rotate(): void {
    const { file, nextArchivePath, onRotated, onWriteError } = this.#options;
    // Another process has rotated already: the path leads to a fresh file, which is not due.
    if (this.#inodeAtPath() !== this.#inode) return this.reopen();
    const previous = this.#fd;
    const archive = nextArchivePath();
    try {
      renameSync(file, archive);
      this.#open();
    } catch {
      this.#rotateNotBeforeMs = performance.now() + ROTATION_RETRY_MS;
      onWriteError();
      this.#takeBack(archive);
      return;
    }
    closeSync(previous);
    onRotated();
  }

  /** Gives the file its name back when no new one could be opened: it is still the one being written. */
  #takeBack(archive: string): void {
    try {
      if (this.#inodeAtPath() === undefined) renameSync(archive, this.#options.file);
    } catch {
      // It was never renamed.
    }
  }
}
