import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import type { WATCHED_FOLDERS } from './metric-catalogue.ts';

/** The disk that a folder is on, in bytes; `free_bytes` is what this process may still use. */
export interface DiskSpace {
  free_bytes: number;
  total_bytes: number;
}

/** What must not fill up. */
export type WatchedFolder = (typeof WATCHED_FOLDERS)[number];

/** Folders that are written to; undefined is the log that goes to standard output. */
export const watchedFolders = ({
  data_dir,
  log_file,
  backup_dir,
}: Readonly<Config>): Record<WatchedFolder, string | undefined> => ({
  data: data_dir,
  log: log_file === undefined ? undefined : dirname(log_file),
  backup: backup_dir,
});

/** @throws when the folder is not there. */
export async function readDiskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free_bytes: bavail * bsize, total_bytes: blocks * bsize };
}

/** One figure of the disk of every folder, by name; a folder that is not there yet is left out. */
export async function readDisks(
  folders: Readonly<Record<string, string | undefined>>,
  figure: keyof DiskSpace,
): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  for (const [name, folder] of Object.entries(folders)) {
    if (folder === undefined || !existsSync(folder)) continue;
    figures.set(name, (await readDiskSpace(folder))[figure]);
  }
  return figures;
}

/** The disks of these folders, each once and under the first of its folders; one that is not there yet is left out. */
export async function listDisks(
  folders: Readonly<Record<WatchedFolder, string | undefined>>,
): Promise<({ folder: WatchedFolder } & DiskSpace)[]> {
  const disks = new Map<number, { folder: WatchedFolder } & DiskSpace>();
  for (const folder of ['data', 'log', 'backup'] as const) {
    const path = folders[folder];
    if (path === undefined || !existsSync(path)) continue;
    const { dev } = await stat(path);
    if (!disks.has(dev)) disks.set(dev, { folder, ...(await readDiskSpace(path)) });
  }
  return [...disks.values()];
}
