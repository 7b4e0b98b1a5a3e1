import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { opened } from '../support/each-file.ts';

/** A folder whose disk can be made full and roomy again, while a process writes to it. */
export interface CrowdedDisk {
  folder: string;
  /** Whether the system tells how much room is left: a limit of a process does not show there. */
  isMeasured: boolean;
  fill: (pid: number) => void;
  makeRoom: (pid: number) => void;
}

const diskMegabytes = 24;

function run(command: string, ...args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : stderr.trim();
}

/** A small file system of its own in memory. Only root may mount one, and not in every container. */
function mountedDisk(folder: string): CrowdedDisk | string {
  mkdirSync(folder);
  const options = `size=${diskMegabytes}m,mode=0750`;
  const problem = run('mount', '-t', 'tmpfs', '-o', options, 'timetracker-test', folder);
  if (problem !== undefined) return problem;
  opened.push({ close: async () => void execFileSync('umount', ['--lazy', folder]) });
  const ballast = join(folder, 'ballast');
  return {
    ...{ folder, isMeasured: true },
    fill: () => fillUp(ballast),
    makeRoom: () => rmSync(ballast),
  };
}

/** Writes until there is not a byte left. */
function fillUp(file: string): void {
  const descriptor = openSync(file, 'w');
  for (let bytes = 1_048_576; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) if (writeSync(descriptor, Buffer.alloc(bytes)) < bytes) break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  closeSync(descriptor);
}

/** No file of the process may be written beyond its first byte: every write fails, as on a full disk. Needs no rights. */
function limitedDisk(folder: string): CrowdedDisk | string {
  mkdirSync(folder);
  const limit = (pid: number, bytes: string): string | undefined =>
    run('prlimit', `--pid=${pid}`, `--fsize=${bytes}:`);
  const problem = limit(process.pid, 'unlimited');
  if (problem !== undefined) return problem;
  const set = (pid: number, bytes: string): void => {
    const refused = limit(pid, bytes);
    if (refused !== undefined) throw new Error(refused);
  };
  return {
    ...{ folder, isMeasured: false },
    fill: (pid) => set(pid, '1'),
    makeRoom: (pid) => set(pid, 'unlimited'),
  };
}

export const waysToFill = { 'a disk of its own': mountedDisk, 'a limit of the system': limitedDisk } as const;
export type WayToFill = keyof typeof waysToFill;
