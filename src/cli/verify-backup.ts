import { BackupError } from '../backup/backup-error.ts';
import { listBackups } from '../backup/backup-folder.ts';
import { verifyBackup } from '../backup/read-backup.ts';
import { refuseNewer } from '../backup/restore.ts';
import { readArguments, runCommand } from './backup-command.ts';
import { configOrFail, fail } from './open-deps.ts';

const usage = `Usage: npm run verify-backup [-- FILE] [--expect CHECKSUM]
Reads a backup, or the newest of BACKUP_DIR, from its first byte to its last, checks everything that it says of itself
and whether this version can restore it. Nothing is changed. The checksum that the backup ended with, kept elsewhere and
given to --expect, also shows a file that somebody wrote anew as a whole.`;

const { positionals, values } = readArguments(usage, { expect: { type: 'string' } });
const { expect } = values;
if (expect !== undefined && !/^[0-9a-f]{64}$/.test(expect)) fail(`--expect takes a checksum\n\n${usage}`);

async function newestFile(): Promise<string> {
  const { backup_dir } = configOrFail();
  const [newest] = await listBackups(backup_dir);
  if (newest) return newest.file;
  throw new BackupError(`there is no backup in ${backup_dir}`);
}

await runCommand('the backup cannot be read', async () => {
  const file = positionals[0] ?? (await newestFile());
  const { head, end } = await verifyBackup(file);
  refuseNewer(file, head);
  if (expect !== undefined && expect !== end.sha256)
    throw new BackupError(`${file} is whole, but it is not the one with this checksum: it was written anew`);
  const width = Math.max(...end.tables.map(({ name }) => name.length));
  return [
    `${file} is whole: a backup of ${head.created_at}, version ${head.app_version}, ${head.database}`,
    ...end.tables.map(({ name, rows }) => `${name.padEnd(width)}  ${rows}`),
    `checksum ${end.sha256}`,
  ].join('\n');
});
