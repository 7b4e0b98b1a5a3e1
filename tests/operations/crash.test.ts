import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { startFlags } from '../support/server-process.ts';
import type { Installation } from './installation.ts';
import { createInstallation } from './installation.ts';
import { WorkingPerson } from './working-person.ts';

/**
 * The server is killed by SIGKILL at random moments while people work, and started again. `npm run bench:crash` does it
 * a hundred times and holds the time of a start to its figure.
 */

const kills = Number(process.env['CRASH_KILLS'] ?? 8);
/** From a start until /readyz says yes. Only printed here: whoever runs the benchmark knows what the machine is worth. */
const within = {
  medianMs: Number(process.env['CRASH_MEDIAN_WITHIN_MS'] ?? Number.POSITIVE_INFINITY),
  mostMs: Number(process.env['CRASH_MOST_WITHIN_MS'] ?? Number.POSITIVE_INFINITY),
  /** Of the processor's time: what a start costs, whoever else the machine works for. */
  cpuMs: Number(process.env['CRASH_CPU_WITHIN_MS'] ?? Number.POSITIVE_INFINITY),
};
const mostWorkMs = 900;
const mostStartMs = 500;
const mostFirstAnswerMs = 20_000;

const people = { ada: 'en', ben: 'de', cleo: 'en', racer: 'en' } as const;
const root = join(import.meta.dirname, '../..');

interface TimedStart {
  server: ServerProcess;
  /** Until it was ready. */
  ms: number;
  /** Of all processors together; 0 where there is no /proc. */
  cpuMs: number;
}

/** Starts the server and gives how long it took until it was ready. */
async function startTimed(installation: Installation): Promise<TimedStart> {
  const startedAt = performance.now();
  const server = await installation.start();
  const answer = await fetch(`${server.address}/readyz`);
  const ms = performance.now() - startedAt;
  const cpuMs = processorTimeOf(server.pid);
  expect(await answer.json()).toEqual({ status: 'ok', checks: { database: 'ok', log: 'ok' } });
  return { server, ms, cpuMs };
}

/** Of a process since its start, in milliseconds: Linux counts it in hundredths of a second. */
function processorTimeOf(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  // The name of the program stands in brackets and may have spaces; behind it the times of user and system are 12th and 13th.
  const [, rest = ''] = /\) (.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
  const [user = '0', system = '0'] = rest.split(' ').slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** A start that does not come to its end. */
async function killDuringStart(folder: string, environment: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [...startFlags, join(root, 'src/main.ts')], {
    ...{ cwd: folder, stdio: 'ignore', env: { PORT: '0', HOST: '127.0.0.1', ...environment } },
  });
  await sleep(Math.random() * mostStartMs);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Two tabs of one person that both start and stop, as fast as they are answered. */
async function race(address: string, cookie: string, isOver: () => boolean): Promise<void> {
  for (let click = 0; !isOver(); click += 1) {
    const path = click % 3 === 2 ? '/timer/stop' : '/timer/start';
    const answer = await fetch(`${address}${path}`, {
      ...{ method: 'POST', redirect: 'manual', headers: { cookie } },
      body: new URLSearchParams({ text: `race ${Math.random()}` }),
    }).catch(() => undefined);
    if (answer) expect(answer.status).toBe(303);
  }
}

const answeredTo = (workers: WorkingPerson[]): number =>
  workers.reduce((sum, worker) => sum + worker.answered, 0);

/**
 * Everybody works; then the process is gone in the middle of it: after a random time, which begins with the first answered change,
 * or else a busy machine would have spent it on the first pages.
 */
async function workUntilKilled(
  server: ServerProcess,
  { cookies }: Installation,
  workers: WorkingPerson[],
  isAmidAnswers: boolean,
): Promise<void> {
  let isOver = false;
  const over = (): boolean => isOver;
  const tabs = [
    ...workers.map((worker) => worker.work(server.address, over)),
    race(server.address, cookies['racer'] ?? '', over),
    race(server.address, cookies['racer'] ?? '', over),
  ];
  const before = answeredTo(workers);
  const deadline = performance.now() + mostFirstAnswerMs;
  while (isAmidAnswers && answeredTo(workers) === before && performance.now() < deadline) await sleep(5);
  await Promise.race([sleep(Math.random() * mostWorkMs), Promise.all(tabs)]);
  server.kill('SIGKILL');
  isOver = true;
  await server.ended;
  await Promise.all(tabs);
}

/** What the database says of itself after a start; and nobody has two timers. */
async function expectWhole({ look }: Installation): Promise<void> {
  await look(async ({ db, dialect }) => {
    if (dialect === 'sqlite') {
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
      expect(rows).toEqual([{ integrity_check: 'ok' }]);
      expect((await sql`pragma foreign_key_check`.execute(db)).rows).toEqual([]);
    }
    const running = await db
      .selectFrom('entries')
      .select(['user_id', (select) => select.fn.countAll<number>().as('timers')])
      .where('ended_at', 'is', null)
      .groupBy('user_id')
      .having((having) => having.fn.countAll(), '>', 1)
      .execute();
    expect(running).toEqual([]);
  });
}

const middle = (times: number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

test(
  `${kills} times killed amid changes: whole, nothing answered is lost, ready again`,
  { timeout: 30_000 + kills * 15_000 },
  async () => {
    const folder = mkdtempSync(join(inject('folder'), 'crash-'));
    const installation = await createInstallation(folder, people);
    const workers = (['ada', 'ben', 'cleo'] as const).map(
      (name) => new WorkingPerson(name, installation.ids[name] ?? 0, installation.cookies[name] ?? ''),
    );
    const times: number[] = [];
    const processorTimes: number[] = [];
    for (let kill = 0; ; kill += 1) {
      const { server, ms, cpuMs } = await startTimed(installation);
      times.push(ms);
      processorTimes.push(cpuMs);
      await expectWhole(installation);
      for (const worker of workers) await worker.compare(installation);
      if (kill === kills) {
        server.kill('SIGTERM');
        expect(await server.ended).toBe(0);
        break;
      }
      await workUntilKilled(server, installation, workers, kill % 4 !== 3);
      if (kill % 5 === 4) await killDuringStart(folder, installation.environment);
    }
    const answered = answeredTo(workers);
    console.log(
      `${kills} kills, ${answered} answered changes; ready after ${Math.round(middle(times))} ms (median), ` +
        `${Math.round(Math.max(...times))} ms (most), of which the processor takes ${Math.round(middle(processorTimes))} ms ` +
        `(median), ${Math.max(...processorTimes)} ms (most)`,
    );
    // A few times less than on a machine that is busy with other things: kills of a server that does nothing show nothing.
    expect(answered).toBeGreaterThanOrEqual(5 * kills);
    // Every line but those that a kill has torn can be read.
    expect(readableLines(folder)).toBeGreaterThan(answered);
    expect(middle(times)).toBeLessThan(within.medianMs);
    expect(Math.max(...times)).toBeLessThan(within.mostMs);
    expect(Math.max(...processorTimes)).toBeLessThan(within.cpuMs);
  },
);

function readableLines(folder: string): number {
  const lines = readFileSync(join(folder, 'logs', 'app.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('{"level"') && line.endsWith('}')).length;
}
