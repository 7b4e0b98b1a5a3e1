import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Deps } from '../deps.ts';
import { listBackups } from './backup-folder.ts';
import { readHead } from './read-backup.ts';
import { installationOf, isLeftover, makeBackup } from './write-backup.ts';

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
  const { file, bytes, rows } = await makeBackup(config, { folder, now: now(), scheduled: true });
  const removed = await removeOld({ folder, installation, keep: config.backup_keep });
  log.logger.info({ job: 'backup', file: basename(file), bytes, rows, removed }, 'backup written');
}

/** What a process that was killed had not finished: only one writes by the schedule at a time. */
async function removeLeftovers(folder: string, installation: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => isLeftover(one, installation)))
    await rm(join(folder, name), { force: true });
}

/** Only scheduled backups of this very installation: others may share the folder. @returns how many were deleted. */
async function removeOld({
  folder,
  installation,
  keep,
}: {
  folder: string;
  installation: string;
  keep: number;
}): Promise<number> {
  const own: string[] = [];
  for (const { file, scheduled } of await listBackups(folder))
    if (scheduled && (await readHead(file))?.installation === installation) own.push(file);
  const old = own.slice(keep);
  for (const file of old) await rm(file, { force: true });
  return old.length;
}
