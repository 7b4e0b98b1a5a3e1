import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A backup in a folder, by its name; its content is not looked at. */
export interface StoredBackup {
  name: string;
  file: string;
  bytes: number;
  /** By the clock of whoever made it, epoch ms. */
  made_at: number;
  /** By the schedule: those are deleted after a while, others never. */
  scheduled: boolean;
}

const pattern = /^timetracker-(scheduled-)?\d{8}T\d{6}Z(-\d+)?\.jsonl\.gz$/;

/** Backups of a folder, the newest first; none where there is no such folder. */
export async function listBackups(folder: string): Promise<StoredBackup[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const found: StoredBackup[] = [];
  for (const name of names) {
    const [matches, scheduled] = pattern.exec(name) ?? [];
    if (matches === undefined) continue;
    const file = join(folder, name);
    // Another instance may delete it at this moment.
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes !== undefined)
      found.push({ name, file, bytes, made_at: instantOf(name), scheduled: scheduled !== undefined });
  }
  return found.sort((one, other) => (stampOf(one.name) < stampOf(other.name) ? 1 : -1));
}

/** Tells installations apart by what only they know, without telling it. */
export const installationOf = (secret: string): string =>
  createHash('sha256').update(`backup:${secret}`).digest('hex').slice(0, 16);

/** Of a folder that holds thousands, all of somebody else. */
const lookedAt = 50;

/**
 * The newest backup of the installation with this secret; what bears a later instant than now is of a clock that ran ahead.
 * A file has its name only once it was read back, and whose it is says its first line.
 */
export async function findNewestOwn(
  backups: StoredBackup[],
  { now, secret }: { now: number; secret: string },
): Promise<StoredBackup | undefined> {
  const { readHead } = await import('./read-backup.ts');
  const installation = installationOf(secret);
  for (const backup of backups.filter(({ made_at }) => made_at <= now).slice(0, lookedAt))
    if ((await readHead(backup.file))?.installation === installation) return backup;
  return undefined;
}

/** Two of one second are told apart by a number. */
const stampOf = (name: string): string => /\d{8}T\d{6}Z(-\d+)?/.exec(name)?.[0] ?? '';

const instantOf = (name: string): number =>
  Date.parse(stampOf(name).replace(/^(....)(..)(..)T(..)(..)(..)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));

/** The name of a backup that is made at this instant, such as 'timetracker-20260304T090000Z'. */
export const nameAt = (now: number, scheduled: boolean): string =>
  `timetracker-${scheduled ? 'scheduled-' : ''}${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`;

export const extension = '.jsonl.gz';
