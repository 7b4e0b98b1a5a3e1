import { parseArgs } from 'node:util';
import { createLedger } from '../telemetry/ledger.ts';
import type { Verdict } from '../telemetry/ledger.ts';
import { findRecord } from '../telemetry/ledger.queries.ts';
import { fail, openDeps } from './open-deps.ts';

const usage = `Usage: npm run verify-ledger [-- --expect NUMBER:HASH]
Reads the record of what left this server from its first entry to its last, and says which one was tampered with, if any.
It ends with the last record's number and hash. Kept outside of this server and given to --expect another time, they
also show a ledger that somebody with access to the database wrote anew as a whole.`;

const problems: Record<(Verdict & { ok: false })['problem'], (id: number) => string> = {
  hash: (id) => `record ${id} was changed: its columns do not give its hash`,
  body: (id) => `record ${id} was changed: its body is not the one that left`,
  people: (id) => `record ${id} was changed: it is not about the people that it was about`,
  removal: (id) => `record ${id} and what stood before it was removed, but not for its age`,
  previous_hash: (id) => `record ${id} does not follow from record ${id - 1}: one of the two was exchanged`,
  missing: (id) => `record ${id} is missing`,
  end: (id) =>
    `the ledger does not end where this server last wrote: record ${id} was removed, changed or added`,
};

function readArguments(): { number: number; hash: string } | undefined {
  const options = { expect: { type: 'string' }, help: { type: 'boolean', default: false } } as const;
  try {
    const { expect, help } = parseArgs({ options, strict: true }).values;
    if (help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    if (expect === undefined) return undefined;
    const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(expect) ?? [];
    if (number === undefined || hash === undefined) fail(`--expect takes NUMBER:HASH\n\n${usage}`);
    return { number: Number(number), hash };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

const expected = readArguments();
const { deps } = await openDeps();
const verdict = await createLedger(deps).verify();
const kept = expected && (await findRecord(deps.db, expected.number));
await deps.close();

if (!verdict.ok) fail(problems[verdict.problem](verdict.ledger_id));
if (expected && kept && kept.hash !== expected.hash)
  fail(`record ${expected.number} is not the one that was noted: the ledger was written anew`);
if (expected && !kept)
  fail(
    `record ${expected.number} is not there any more: it is older than what is kept, or the ledger was written anew`,
  );
const { count, last, removed } = verdict;
if (removed) {
  const [day] = new Date(removed.at).toISOString().split('T');
  const days = Math.round(removed.keep_ms / 86_400_000);
  process.stdout.write(
    `records up to ${removed.ledger_id} were removed by ${day}: older than ${days} days\n`,
  );
}
process.stdout.write(
  count === 0
    ? 'the ledger is empty\n'
    : `${count} records, all as they were written\nlast ${last.ledger_id}:${last.hash}\n`,
);
