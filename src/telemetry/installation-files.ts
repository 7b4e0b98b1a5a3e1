import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { makeFolders } from '../shared/folders.ts';
import type { PingKind, SentPing } from './ping.ts';
import { isSentPing } from './ping.ts';

/** Files below DATA_DIR/telemetry: the salt, and what was sent when. */
export interface InstallationFiles {
  /** What the marker says; undefined when there is none that can be read. */
  readMarker: (kind: PingKind) => Promise<SentPing | undefined>;
  /** Replaces the marker as a whole. A folder that cannot be written is logged once, and the rest goes on. */
  writeMarker: (kind: PingKind, sent: SentPing) => Promise<void>;
  /** The generated salt, 64 hex digits; made at the first call. */
  salt: () => Promise<string>;
}

/** @param dataDir - DATA_DIR; `telemetry` below it is made when something is written. */
export function openInstallationFiles(dataDir: string, logger: Logger): InstallationFiles {
  const folder = join(dataDir, 'telemetry');
  const told = new Set<string>();
  /** The same problem comes back every hour; one line says it. */
  const warnOnce = (problem: string, error: unknown) => {
    if (told.has(problem)) return;
    told.add(problem);
    logger.warn({ err: error }, problem);
  };
  const write = async (name: string, text: string): Promise<void> => {
    try {
      makeFolders(folder, 0o700);
      await replaceFile(join(folder, name), text);
    } catch (error) {
      warnOnce('telemetry folder cannot be used', error);
    }
  };
  return {
    readMarker: async (kind) => {
      const text = await readIfThere(join(folder, `${kind}.json`)).catch((error: unknown) => {
        warnOnce('telemetry folder cannot be used', error);
        return undefined;
      });
      const sent = text === undefined ? undefined : parseMarker(text);
      if (text !== undefined && sent === undefined)
        warnOnce(`telemetry marker ${kind}.json is damaged`, undefined);
      return sent;
    },
    writeMarker: (kind, sent) => write(`${kind}.json`, `${JSON.stringify(sent, null, 2)}\n`),
    salt: async () => {
      const kept = await readIfThere(join(folder, 'salt')).catch(() => undefined);
      if (kept !== undefined && /^[0-9a-f]{64}$/.test(kept.trim())) return kept.trim();
      const made = randomBytes(32).toString('hex');
      await write('salt', `${made}\n`);
      return made;
    },
  };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All of it or none of it, also after a crash. Readable by the server's user only. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function parseMarker(text: string): SentPing | undefined {
  try {
    const sent = JSON.parse(text) as unknown;
    return isSentPing(sent) ? sent : undefined;
  } catch {
    return undefined;
  }
}
