import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface LogArchiveOptions {
  /** The live log file; archives lie beside it as `app-<utc>.jsonl` and `app-<utc>.jsonl.gz`. */
  file: string;
  keepFiles: number;
  keepDays: number;
  now: () => number;
  /** How long an archive must have been untouched before it is compressed, in milliseconds. */
  settleMs?: number;
  onError: () => void;
}

export interface LogArchive {
  /** A free path to rename the live file to. Never matches a shipper's `app.jsonl`, or lines would be read twice. */
  readonly nextPath: () => string;
  /** Compresses settled archives and deletes those beyond count or age. True when some are still to be compressed. */
  readonly sweep: () => Promise<boolean>;
  /** Stops a running compression; the archive stays as it was. */
  readonly stop: () => void;
}

// Another process may follow the live file and notice a rotation only at its next line.
const SETTLE_MS = 5000;
const ABANDONED_PART_MS = 600_000;
const DAY_MS = 86_400_000;

/** `20260714T101112345Z`: sorts by time, and has no colon, which some file systems refuse. */
const stampOf = (timeMs: number): string => new Date(timeMs).toISOString().replace(/[-:.]/g, '');

/** Manages what rotation leaves behind. Deleting by age is not only about disk space: it is the log's retention. */
export function createLogArchive(options: LogArchiveOptions): LogArchive {
  const { file, keepFiles, keepDays, now, settleMs = SETTLE_MS, onError } = options;
  const directory = dirname(file);
  const extension = extname(file);
  const prefix = `${basename(file, extension)}-`;
  const stopping = new AbortController();

  function nextPath(): string {
    const stem = join(directory, `${prefix}${stampOf(now())}`);
    for (let attempt = 0; ; attempt += 1) {
      const path = `${stem}-${String(attempt).padStart(3, '0')}${extension}`;
      if (!existsSync(path) && !existsSync(`${path}.gz`)) return path;
    }
  }

  /** Names of ours with that ending, newest first. */
  async function listArchives(ending: string): Promise<string[]> {
    const names = await readdir(directory);
    const ours = names.filter((name) => name.startsWith(prefix) && name.endsWith(ending));
    return ours
      .filter((name) => /^\d{8}T\d{9}Z-/.test(name.slice(prefix.length)))
      .sort()
      .reverse();
  }

  /** True when the archive is done with: compressed, or gone. */
  async function compress(path: string): Promise<boolean> {
    const packed = `${path}.gz`;
    if (!existsSync(packed)) {
      const { size, mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs < settleMs) return false;
      // Under another name until it is whole and on the disk: a crash in the middle leaves the archive as it was.
      const part = `${packed}.${process.pid}.part`;
      const output = createWriteStream(part, { mode: 0o640, flush: true });
      try {
        await pipeline(createReadStream(path), createGzip(), output, { signal: stopping.signal });
      } catch (error) {
        // On a full disk it would take the room that others wait for.
        await rm(part, { force: true });
        throw error;
      }
      if ((await stat(path)).size !== size) {
        await rm(part);
        return false;
      }
      await rename(part, packed);
    }
    await rm(path, { force: true });
    return true;
  }

  async function prune(): Promise<void> {
    const oldest = prefix + stampOf(now() - keepDays * DAY_MS);
    const archives = [...(await listArchives(extension)), ...(await listArchives(`${extension}.gz`))]
      .sort()
      .reverse();
    const expired = archives.filter((name, position) => position >= keepFiles || name < oldest);
    for (const name of expired) await rm(join(directory, name), { force: true });
    for (const name of await listArchives('.part')) {
      const path = join(directory, name);
      if (Date.now() - (await stat(path)).mtimeMs > ABANDONED_PART_MS) await rm(path, { force: true });
    }
  }

  async function sweepOnce(): Promise<boolean> {
    let unsettled = false;
    try {
      await prune();
      for (const name of await listArchives(extension)) {
        if (!(await compress(join(directory, name)))) unsettled = true;
      }
    } catch {
      // Counted, not thrown: the archive is as it was, and the next sweep tries again.
      if (!stopping.signal.aborted) onError();
    }
    return unsettled;
  }

  // One after the other: two compressions of one archive would write into each other's file.
  let sweeping: Promise<boolean> = Promise.resolve(false);
  function sweep(): Promise<boolean> {
    sweeping = sweeping.then(sweepOnce);
    return sweeping;
  }

  return { nextPath, sweep, stop: () => stopping.abort() };
}
