import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

/** The disk that a folder is on, in bytes; `free_bytes` is what this process may still use. */
export interface DiskSpace {
  free_bytes: number;
  total_bytes: number;
}

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
