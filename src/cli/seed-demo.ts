import { parseArgs } from 'node:util';
import type { DemoRequest, DemoResult } from '../features/demo/demo.ts';
import { seedDemo } from '../features/demo/demo.ts';
import { DemoError } from '../features/demo/demo-plan.ts';
import { mostPeople } from '../features/demo/demo-team.ts';
import { isLocalDate, resolveLocalTime } from '../shared/calendar.ts';
import { fail, openDeps } from './open-deps.ts';

/** `npm run seed-demo`: fills the configured database with a made-up team. Progress and problems go to stderr. */

const usage = `npm run seed-demo -- [options]
  --people N       people of the team, 1 to ${mostPeople} (6, more for many entries)
  --entries N      exactly so many entries, 1 to 10000000 (a year and a half of work)
  --seed N         another number, another team's time (1)
  --until DATE     last day, as YYYY-MM-DD, today at the latest (today)
  --force          also when the database holds entries already
`;

/** An argument that cannot be understood. */
class UsageError extends Error {}

const mostEntries = 10_000_000;
const entriesPerPerson = 20_000;

/** @throws UsageError naming the argument that cannot be understood. */
function readRequest(args: string[], now: number): DemoRequest {
  const values = parsedOptions(args);
  const entries =
    values.entries === undefined ? undefined : wholeNumber('entries', values.entries, 1, mostEntries);
  const usualPeople = Math.min(mostPeople, Math.max(6, Math.ceil((entries ?? 0) / entriesPerPerson)));
  return {
    entries,
    people: values.people === undefined ? usualPeople : wholeNumber('people', values.people, 1, mostPeople),
    seed: values.seed === undefined ? 1 : wholeNumber('seed', values.seed, 0, 2 ** 31),
    force: values.force ?? false,
    ...lastMoment(values.until, now),
  };
}

function parsedOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { people: text, entries: text, seed: text, until: text, force: flag } as const;
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the arguments cannot be read', {
      cause: error,
    });
  }
}

function wholeNumber(name: string, typed: string, minimum: number, maximum: number): number {
  const number = /^\d{1,10}$/.test(typed) ? Number(typed) : NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new UsageError(`--${name} must be a whole number from ${minimum} to ${maximum}`);
}

/** Today up to now; a day that was named ends at four in the afternoon, so that it gives the same rows every time. */
function lastMoment(
  until: string | undefined,
  now: number,
): Pick<DemoRequest, 'until' | 'moment' | 'running'> {
  const today = new Date(now).toISOString().slice(0, 10);
  const moment = Math.floor(now / 60_000) * 60_000;
  if (until === undefined) return { until: today, moment, running: true };
  if (!isLocalDate(until)) throw new UsageError('--until must be a date like 2026-03-31');
  if (until > today) throw new UsageError('--until must not lie in the future');
  const afternoon = resolveLocalTime(until, { hour: 16, minute: 0 }, 'UTC');
  return { until, moment: Math.min(moment, afternoon?.instant_ms ?? moment), running: false };
}

function progress(request: DemoRequest): (written: number) => void {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return (written) => {
    const now = performance.now();
    if (now - toldAt < 1_000) return;
    toldAt = now;
    const rate = Math.round(written / ((now - startedAt) / 1000));
    const total = request.entries === undefined ? '' : ` of ${request.entries}`;
    process.stderr.write(`${written}${total} entries, ${rate} a second\n`);
  };
}

function tell(result: DemoResult, request: DemoRequest, seconds: number): void {
  const rate = Math.round(result.entries / Math.max(seconds, 0.001));
  process.stderr.write(
    `${result.entries} entries of ${result.people} people, ${result.from} to ${request.until}, ` +
      `in ${seconds.toFixed(1)} s (${rate} a second)\n`,
  );
  if (!result.administrator) return;
  const { email, password } = result.administrator;
  process.stdout.write(`Sign in as ${email} with the password ${password} (it is not shown again)\n`);
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  const request = readRequest(args, Date.now());
  const { deps } = await openDeps();
  const startedAt = performance.now();
  try {
    const result = await seedDemo(deps, request, progress(request));
    tell(result, request, (performance.now() - startedAt) / 1000);
  } finally {
    await deps.close();
  }
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`;
  if (error instanceof DemoError) return error.message;
  return `the demo data could not be written: ${error instanceof Error ? error.message : String(error)}`;
}

if (import.meta.main) await main().catch((error: unknown) => fail(explain(error)));
