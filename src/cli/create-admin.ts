import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { isEmailTaken } from '../features/accounts/people.ts';
import { commandForm, resetForm } from '../features/setup/setup.forms.ts';
import { addPersonByCommand, resetPasswordByCommand } from '../features/setup/setup.ts';
import { readForm, sentences } from '../http/forms.ts';
import { translatorOf } from '../i18n/translate.ts';
import { isDuplicate } from '../shared/errors.ts';
import { hasAdministrator } from '../features/accounts/people.queries.ts';
import { channelsNamed, chooseChannels, summaryOf } from './choose-channels.ts';
import type { Deps } from '../deps.ts';
import { fail, openDeps } from './open-deps.ts';

const usage = `Usage: npm run create-admin -- --email you@example.com --name "Your Name" [--password-file FILE] [--role admin] [--send CHANNELS]
Adds a person who can sign in: an administrator, or with --role a manager or a member.
With --reset-password it gives somebody who exists a new password instead, and signs them out everywhere.
The first administrator decides what may leave this server: each channel that has a destination is shown and asked about.
--send errors,analytics,installation (or none) answers without questions; without a terminal and without it nothing may.
What is missing is asked for. Without a terminal the password is the first line of standard input.
A password is never taken from the command line, where every user of the machine could read it.`;

const options = {
  email: { type: 'string' },
  name: { type: 'string' },
  role: { type: 'string', default: 'admin' },
  'password-file': { type: 'string' },
  send: { type: 'string' },
  'reset-password': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function readArguments() {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** Asks on the terminal; a secret is not echoed. */
async function ask(question: string, secret = false): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (secret) process.stdout.write(question);
  const output = secret ? silent : process.stdout;
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  const giveUp = (): never => fail('\nnothing was changed');
  // Ctrl+C and Ctrl+D end the command instead of leaving the question open for ever.
  reader.once('SIGINT', giveUp).once('close', giveUp);
  const answer = await reader.question(secret ? '' : question);
  reader.off('close', giveUp).close();
  if (secret) process.stdout.write('\n');
  return answer;
}

const firstLine = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? '';

async function readPassword(file: string | undefined): Promise<string> {
  if (file === undefined) {
    return process.stdin.isTTY ? ask('Password: ', true) : firstLine(await readAll(process.stdin));
  }
  try {
    return firstLine(readFileSync(file, 'utf8'));
  } catch {
    return fail('--password-file names a file that cannot be read');
  }
}

/** An argument, or the answer to a question where there is a terminal to ask. */
const argumentOrAnswer = async (value: string | undefined, question: string): Promise<string> =>
  value ?? (process.stdin.isTTY ? ask(question) : '');

/** Everything that is wrong is told at once, by field. */
function readOrFail<Schema extends Parameters<typeof readForm>[0]>(schema: Schema, fields: object) {
  const form = readForm(schema, fields);
  if (form.ok) return form.value;
  const told = Object.entries(sentences(form.problems, translatorOf('en')));
  return fail(told.map(([field, sentence]) => `${field}: ${sentence}`).join('\n'));
}

type Arguments = ReturnType<typeof readArguments>;

/** What may leave is decided once: with the first administrator. Later it is the panel's. */
async function channelChoices(deps: Deps, { send, role }: Arguments) {
  const isFirst = role === 'admin' && !(await hasAdministrator(deps.db));
  if (!isFirst && send !== undefined) {
    fail(
      '--send is for the first administrator; later it is decided at /admin/telemetry. Nothing was changed',
    );
  }
  if (!isFirst) return { choices: [], offered: [] };
  return chooseChannels(deps, channelsNamed(send), process.stdin.isTTY ? ask : undefined);
}

async function addPerson(given: Arguments): Promise<string> {
  channelsNamed(given.send);
  const email = await argumentOrAnswer(given.email, 'E-mail: ');
  const name = await argumentOrAnswer(given.name, 'Name: ');
  const password = await readPassword(given['password-file']);
  const person = readOrFail(commandForm, { email, name, password, role: given.role });
  const { deps } = await openDeps();
  let summary: string[] = [];
  const taken = `somebody with the address ${person.email} exists already; nothing was changed`;
  try {
    if (await isEmailTaken(deps.db, person.email, null)) fail(taken);
    const { choices, offered } = await channelChoices(deps, given);
    await addPersonByCommand(deps, person, choices);
    summary = summaryOf(deps, offered);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    fail(taken);
  } finally {
    await deps.close();
  }
  return [`${person.email} can sign in now (${person.role})`, ...summary].join('\n');
}

async function resetPassword(given: Arguments): Promise<string> {
  const email = await argumentOrAnswer(given.email, 'E-mail: ');
  const chosen = readOrFail(resetForm, { email, password: await readPassword(given['password-file']) });
  const { deps } = await openDeps();
  const found = await resetPasswordByCommand(deps, chosen);
  await deps.close();
  return found
    ? `${chosen.email} has a new password and is signed out everywhere`
    : fail(`nobody has the address ${chosen.email}; nothing was changed`);
}

const given = readArguments();
if (given.help) process.stdout.write(`${usage}\n`);
else process.stdout.write(`${await (given['reset-password'] ? resetPassword(given) : addPerson(given))}\n`);
