import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Config } from '../config/config.ts';
import { makeFolders } from '../shared/folders.ts';
import { BackupError } from './backup-error.ts';
import { extension, installationOf, nameAt } from './backup-folder.ts';
import type { End, Head, TableSum } from './format.ts';
import { encodeRows, formatName, formatVersion } from './format.ts';
import { verifyBackup } from './read-backup.ts';
import type { Snapshot } from './snapshot.ts';
import { openSnapshot } from './snapshot.ts';
import { leftOutTables } from './tables.ts';

export interface WrittenBackup {
  file: string;
  bytes: number;
  rows: number;
  /** Of its content: whoever keeps it elsewhere can tell later whether the file is still the same. */
  sha256: string;
}

export interface BackupRequest {
  /** Made when missing, for the server's user only. */
  folder: string;
  /** Epoch milliseconds. */
  now: number;
  scheduled: boolean;
  /** Stops it; nothing is left behind. */
  signal?: AbortSignal;
}

type Source = Pick<Config, 'database_url' | 'sqlite_file' | 'version'>;

/**
 * Writes a backup of the running database and reads it back before it gets its name: what has the name is whole.
 *
 * @throws BackupError when it cannot be written; the folder is as it was then.
 */
export async function makeBackup(config: Source, request: BackupRequest): Promise<WrittenBackup> {
  const snapshot = await openSnapshot(config);
  const head = headOf(snapshot, config.version, request.now);
  const temporary = join(request.folder, partialName(request, head.installation));
  try {
    makeFolder(request.folder);
    await removeAbandoned(request);
    const { sha256, tables } = await writeLines(snapshot, { head, temporary, signal: request.signal });
    await verifyBackup(temporary);
    const file = freeName(request);
    await rename(temporary, file);
    await syncFolder(request.folder);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    return { file, bytes: (await stat(file)).size, rows, sha256 };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explained(error, request.folder);
  } finally {
    await snapshot.close();
  }
}

/**
 * Makes the folder when it is missing, for the server's user only.
 *
 * @throws BackupError when it cannot be one.
 */
export function makeFolder(folder: string): void {
  try {
    makeFolders(folder, 0o700);
  } catch (error) {
    throw explained(error, folder);
  }
}

function headOf(snapshot: Snapshot, app_version: string, now: number): Head {
  const { database, schema, tables, installation_secret: secret } = snapshot;
  return {
    ...{ format: formatName, format_version: formatVersion, app_version },
    ...{ created_at: new Date(now).toISOString(), database, schema, tables },
    installation: installationOf(secret === undefined ? '' : (JSON.parse(secret) as string)),
    left_out: [...leftOutTables],
  };
}

/** Hidden, and never taken for a backup. Of the schedule's, one at a time is written. */
const partialName = ({ now, scheduled }: BackupRequest, installation: string): string =>
  `.${nameAt(now, scheduled)}-${scheduled ? installation : process.pid}.partial`;

/** True for what a scheduled backup of this installation left behind when its process was killed. */
export const isLeftover = (name: string, installation: string): boolean =>
  name.startsWith('.timetracker-scheduled-') && name.endsWith(`-${installation}.partial`);

/** Nobody writes to what rested for so long; the reading back, in which it rests too, takes seconds. */
const abandonedAfterMs = 15 * 60_000;

/** A half of everybody's data that a killed process left, of a command as well and whoever's the folder is. */
async function removeAbandoned({ folder, now }: BackupRequest): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((one) => /^\.timetracker-\S+\.partial$/.test(one))) {
    const path = join(folder, name);
    // Somebody else may take it away at this moment, or it may be theirs alone to delete.
    const writtenAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - writtenAt > abandonedAfterMs) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function writeLines(
  snapshot: Snapshot,
  { head, temporary, signal }: { head: Head; temporary: string; signal: AbortSignal | undefined },
): Promise<End> {
  let end: End | undefined;
  const lines = linesOf(snapshot, head, (written) => {
    end = written;
  });
  // `flush` syncs it to the disk before it is closed.
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(Readable.from(lines), createGzip(), file, signal ? { signal } : {});
  return end as End;
}

async function* linesOf(
  snapshot: Snapshot,
  head: Head,
  onEnd: (end: End) => void,
): AsyncGenerator<string, void> {
  const whole = createHash('sha256');
  const tables: TableSum[] = [];
  const counted = (text: string): string => {
    whole.update(text);
    return text;
  };
  yield counted(`${JSON.stringify(head)}\n`);
  for (const table of snapshot.tables) {
    yield counted(`${JSON.stringify({ table: table.name })}\n`);
    const own = createHash('sha256');
    let rows = 0;
    for await (const batch of snapshot.rows(table)) {
      const text = encodeRows(batch);
      own.update(text);
      rows += batch.length;
      yield counted(text);
    }
    tables.push({ name: table.name, rows, sha256: own.digest('hex') });
  }
  const end = { tables, last_ids: snapshot.last_ids, sha256: whole.digest('hex') };
  yield `${JSON.stringify({ end })}\n`;
  onEnd(end);
}

function freeName({ folder, now, scheduled }: BackupRequest): string {
  const name = nameAt(now, scheduled);
  for (let number = 1; ; number += 1) {
    const file = join(folder, `${name}${number === 1 ? '' : `-${number}`}${extension}`);
    if (!existsSync(file)) return file;
  }
}

/** The name is on the disk too, and not only in memory. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems cannot sync a folder; they have other ways to be whole after a crash, or none.
  } finally {
    await handle.close();
  }
}

const problems: Record<string, string> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its quota is used up',
  EFBIG: 'files there may not be that large',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
  ENOTDIR: 'it is no folder',
  EEXIST: 'it is no folder, or another backup is being written',
  EIO: 'its disk has a defect',
};

/** The operating system's errors in words. */
function explained(error: unknown, folder: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'AbortError') return new BackupError('the backup was stopped; nothing was kept');
  const problem = 'code' in error ? problems[String(error.code)] : undefined;
  if (problem === undefined) return error;
  return new BackupError(`no backup was made in ${folder}: ${problem}`, { cause: error });
}
