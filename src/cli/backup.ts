import { makeBackup } from '../backup/write-backup.ts';
import { readArguments, runCommand, sizeOf } from './backup-command.ts';
import { configOrFail } from './open-deps.ts';

const usage = `Usage: npm run backup [-- FOLDER]
Writes a backup of the configured database into FOLDER, or into BACKUP_DIR, and reads it back before it counts. The
server may run meanwhile. The file holds everybody's time and the hashes of their passwords: keep it as safe as the database.`;

const { positionals } = readArguments(usage, {});
const config = configOrFail();
const stop = new AbortController();
// What is begun is removed then.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

await runCommand('no backup was made', async () => {
  const folder = positionals[0] ?? config.backup_dir;
  const request = { folder, now: Date.now(), scheduled: false, signal: stop.signal };
  const { file, bytes, rows, sha256 } = await makeBackup(config, request);
  return `${file}\n${rows} rows, ${sizeOf(bytes)}, checksum ${sha256}`;
});
