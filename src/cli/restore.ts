import { restoreBackup } from '../backup/restore.ts';
import { appendAudit } from '../features/audit/audit.ts';
import { readArguments, runCommand } from './backup-command.ts';
import { configOrFail, fail } from './open-deps.ts';

const usage = `Usage: npm run restore -- FILE [--force]
Puts a backup, of either kind of database, into the configured one: all of it or nothing. Stop the server first.
A database that is not empty is left alone, unless --force says that all of it may be replaced.`;

const { positionals, values } = readArguments(usage, { force: { type: 'boolean' } });
const file = positionals[0] ?? fail(`which backup?\n\n${usage}`);
const config = configOrFail();

await runCommand('nothing was changed', async () => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const restored = await restoreBackup(config, {
    ...{ file, now, force: values.force === true },
    // What was done since the backup is gone from the log: this says so. The file's name may be somebody's; its checksum is not.
    mark: (trx, { head, end }) =>
      appendAudit(trx, {
        ...{ at: now, actor_id: null, action: 'database.restored', user_id: null },
        ...{ subject: 'database', subject_id: null },
        content: { made_at: head.created_at, version: head.app_version, sha256: end.sha256 },
      }),
  });
  const { head, rows, migrated, switched_off } = restored;
  const lines = [
    `${rows} rows were restored: a backup of ${head.created_at}, version ${head.app_version}, ${head.database}`,
    ...(migrated.length > 0 ? [`the database was brought forward: ${migrated.join(', ')}`] : []),
    ...(switched_off.length > 0
      ? [`nothing leaves until an administrator agrees again: ${switched_off.join(', ')}`]
      : []),
    'everybody signs in again; links of invitations and new passwords must be made again',
  ];
  return lines.join('\n');
});
