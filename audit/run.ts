import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAviary } from './canaries.ts';
import { judge, leaksOf } from './judge.ts';
import type { Check } from './judge.ts';
import type { Evidence, Modes, Stage } from './runs.ts';
import { allModes, perform, plantMachine, switchChannels, walkWith } from './runs.ts';
import { roles, seed, signIn } from './seed.ts';
import type { Walker } from './seed.ts';
import { printRun, printSummary } from './print.ts';
import { learnFields, listTargets } from './targets.ts';
import type { Target } from './targets.ts';
import { widenedCopy, widenings } from './widened.ts';
import type { Widening } from './widened.ts';

/** `npm run privacy-audit`: README.md beside this file says what it does and what it cannot see. */

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'timetracker-audit-'));
const stage: Stage = { source: root, scratch, aviary: createAviary() };
const { aviary } = stage;
plantMachine(aviary);

/** The form at /setup, with a canary in everything that is typed. */
const setupBody = (send: '0' | '1'): string =>
  new URLSearchParams({
    name: `${aviary.word('POST /setup name')} ${aviary.greek('POST /setup name, Greek')}`,
    email: `${aviary.word('POST /setup email')}@canary.example.com`,
    password: `${aviary.word('POST /setup password')} secret`,
    setup_code: aviary.word('environment SETUP_CODE'),
    ...{
      used_by: 'team',
      time_zone: 'Europe/Berlin',
      week_start: '1',
      currency: 'EUR',
      duration_format: 'clock',
    },
    ...{ send_errors: send, send_analytics: send, send_installation: send },
  }).toString();

async function setUp(
  client: Parameters<Parameters<typeof perform>[1]['work']>[0]['client'],
  send: '0' | '1',
) {
  const answer = await client.send({ method: 'POST', path: '/setup', cookie: '', body: setupBody(send) });
  if (answer.status !== 303) throw new Error(`setup was not taken: ${answer.status}\n${answer.text}`);
}

async function beforeSetup(): Promise<Evidence> {
  return perform(stage, {
    ...{ name: 'before setup', modes: allModes('off') },
    work: async ({ client }) => {
      for (const path of ['/', '/login', '/timer', '/admin/telemetry', `/${aviary.word('path')}`])
        await client.send({ method: 'GET', path, cookie: '' });
      const { status } = await client.send({ method: 'GET', path: '/setup', cookie: '' });
      if (status !== 200) throw new Error(`nobody is shown the setup: ${status}`);
      const wrong = setupBody('1').replace(
        aviary.word('environment SETUP_CODE'),
        aviary.word('wrong setup code'),
      );
      await client.send({ method: 'POST', path: '/setup', cookie: '', body: wrong });
      await client.send({
        method: 'POST',
        path: '/login',
        cookie: '',
        body: `email=${aviary.word('login of a stranger')}`,
      });
      return undefined;
    },
  });
}

const setUpOn = (): Promise<Evidence> =>
  perform(stage, {
    ...{ name: 'set up, everything on', modes: allModes('auto') },
    work: async ({ client }) => {
      await setUp(client, '1');
      return undefined;
    },
  });

/** Also makes the database that the walks begin with, and reads what there is to ask for. */
async function setUpOff(): Promise<{ evidence: Evidence; template: string; targets: Target[] }> {
  let targets: Target[] = [];
  const evidence = await perform(stage, {
    ...{ name: 'set up, everything off', modes: allModes('off') },
    work: async ({ client, database }) => {
      await setUp(client, '0');
      await seed(database, aviary, Date.now());
      targets = await listTargets(mkdtempSync(join(scratch, 'targets-')));
      const cookies = {} as Record<Walker, string>;
      for (const role of roles) cookies[role] = await signIn(database, role, aviary, Date.now());
      await learnFields(targets, client, cookies);
      return undefined;
    },
  });
  const template = join(scratch, 'template.sqlite');
  copyFileSync(join(evidence.folder, 'timetracker.sqlite'), template);
  return { evidence, template, targets };
}

const nameOf = (modes: Modes): string =>
  Object.entries(modes)
    .map(([channel, mode]) => `${channel} ${mode === 'auto' ? 'on' : mode}`)
    .join(', ');

const everyMode = ['off', 'review', 'auto'] as const;
/** Every state of the three channels: twenty-seven. */
const states: Modes[] = everyMode.flatMap((errors) =>
  everyMode.flatMap((analytics) =>
    everyMode.map((installation): Modes => ({ errors, analytics, installation })),
  ),
);

const checks: { run: string; check: Check }[] = [];
const runs: Evidence[] = [];
/** `npm run privacy-audit -- 'errors on, analytics on, installation on'` walks this state and no other. */
const only = process.argv[2];
/** Kinds of canaries that left. */
const left = new Set<string>();

async function conclude(evidence: Evidence, targets: Target[]): Promise<void> {
  runs.push(evidence);
  const leaks = leaksOf(evidence, aviary.all());
  for (const { kind } of leaks) left.add(kind);
  const found = await judge(evidence, leaks, targets);
  checks.push(...found.map((check) => ({ run: evidence.name, check })));
  printRun(evidence, found);
}

async function auditAll(): Promise<void> {
  await conclude(await beforeSetup(), []);
  const { evidence, template, targets } = await setUpOff();
  await conclude(evidence, targets);
  await conclude(await setUpOn(), targets);
  const chosen = states.filter((one) => only === undefined || nameOf(one) === only);
  await severalAtOnce(chosen, async (modes) =>
    conclude(await walkWith(stage, { name: nameOf(modes), modes, template, targets }), targets),
  );
  if (only !== undefined) return;
  const veto = (): Promise<void> => auditVetoed({ template, targets });
  await severalAtOnce(
    [veto, ...widenings.map((widening) => () => auditWidened(widening, { template, targets }))],
    (work) => work(),
  );
}

/** Everything agreed to, and then forbidden by the environment. */
async function auditVetoed({ template, targets }: { template: string; targets: Target[] }): Promise<void> {
  const modes = allModes('auto');
  const agreed = await perform(stage, {
    ...{ name: 'everything agreed to', modes, template },
    work: async ({ client, administrator }) => {
      await switchChannels(client, administrator, modes);
      return undefined;
    },
  });
  await conclude(agreed, targets);
  const vetoed = {
    ...{ name: 'everything agreed to, DO_NOT_TRACK=1', modes: allModes('off'), targets },
    ...{ template: join(agreed.folder, 'timetracker.sqlite'), environment: { DO_NOT_TRACK: '1' } },
  };
  await conclude(await walkWith(stage, vetoed), targets);
}

/** The test of the test: a build that lets something through must not pass. */
async function auditWidened(
  widening: Widening,
  { template, targets }: { template: string; targets: Target[] },
): Promise<void> {
  // What these let through, the first pages show.
  const few = targets.filter(({ pattern }) => /^\/(timer|entries|tags)/.test(pattern));
  const source = widenedCopy(root, mkdtempSync(join(scratch, 'widened-')), widening);
  const run = { name: widening.name, modes: allModes('auto'), template, targets: few };
  const evidence = await walkWith({ ...stage, source }, run);
  const found = await judge(evidence, leaksOf(evidence, aviary.all()), few);
  const caught = found.find(({ name }) => name === widening.caughtBy);
  const isCaught = (caught?.problems.length ?? 0) > 0;
  console.log(`widened: ${widening.name}\n  ${isCaught ? `found: ${caught?.problems[0]}` : 'NOT FOUND'}`);
  const problems = isCaught ? [] : [`"${widening.caughtBy}" holds all the same`];
  checks.push({ run: 'test of the audit', check: { name: `it finds that ${widening.name}`, problems } });
}

/** Runs have nothing in common but this process, which mostly waits for their servers: one for each core. */
async function severalAtOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const workers = Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  });
  await Promise.all(workers);
}

// Through the end of the process, which takes the server that is being audited along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  await auditAll();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = printSummary(runs, checks, { planted: aviary.all().length, left: left.size });
