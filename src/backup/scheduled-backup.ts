import { existsSync } from 'node:fs';
import { readdir, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Deps } from '../deps.ts';
import { BackupError } from './backup-error.ts';
import { installationOf, listBackups } from './backup-folder.ts';
import { readHead } from './read-backup.ts';
import { isLeftover, makeBackup, makeFolder } from './write-backup.ts';

/** Left free beside what the backup needs, for whatever else writes meanwhile. */
const spareBytes = 32_000_000;

/** One backup by the schedule, and the end of those that are older than the newest few. */
export async function backUpOnSchedule({
  config,
  now,
  log,
  settings,
}: Pick<Deps, 'config' | 'now' | 'log' | 'settings'>): Promise<void> {
  const folder = config.backup_dir;
  const installation = installationOf(await settings.secret());
  await removeLeftovers(folder, installation);
  await refuseLittleRoom(folder);
  const madeAt = now();
  const { file, bytes, rows } = await makeBackup(config, { folder, now: madeAt, scheduled: true });
  const removed = await removeOld({ folder, installation, keep: config.backup_keep, file, madeAt });
  if (!existsSync(file)) throw new BackupError(`the backup ${file} was written, and somebody deleted it`);
  log.logger.info({ job: 'backup', file: basename(file), bytes, rows, removed }, 'backup written');
}

/** What a process that was killed had not finished: only one writes by the schedule at a time. */
async function removeLeftovers(folder: string, installation: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => isLeftover(one, installation)))
    await rm(join(folder, name), { force: true });
}

/** The database may lie on the same disk: a backup must not be what fills it. */
async function refuseLittleRoom(folder: string): Promise<void> {
  makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  const newest = (await listBackups(folder)).find(({ scheduled }) => scheduled);
  const needed = 2 * (newest?.bytes ?? 0) + spareBytes;
  const [free, wanted] = [bavail * bsize, needed].map((bytes) => `${Math.floor(bytes / 1_000_000)} MB`);
  if (bavail * bsize < needed)
    throw new BackupError(`no backup was made in ${folder}: ${free} are free there, and ${wanted} should be`);
}

/**
 * Only scheduled backups of this very installation: others may share the folder. What bears a later instant than the one just
 * made is of a clock that ran ahead: it does not count, or it would take the place of every new one.
 *
 * @returns how many were deleted.
 */
async function removeOld({ folder, installation, keep, file: made, madeAt }: Retention): Promise<number> {
  const earlier: string[] = [];
  for (const { file, scheduled, made_at } of await listBackups(folder)) {
    if (!scheduled || file === made || made_at > madeAt) continue;
    if ((await readHead(file))?.installation === installation) earlier.push(file);
  }
  const old = earlier.slice(keep - 1);
  for (const file of old) await rm(file, { force: true });
  return old.length;
}

interface Retention {
  folder: string;
  installation: string;
  /** The one just made among them. */
  keep: number;
  file: string;
  /** Epoch milliseconds. */
  madeAt: number;
}
