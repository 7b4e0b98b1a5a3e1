import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { isEmailTaken } from '../features/accounts/people.ts';
import { commandForm } from '../features/setup/setup.forms.ts';
import { addPersonByCommand } from '../features/setup/setup.ts';
import { readForm, sentences } from '../http/forms.ts';
import { translatorOf } from '../i18n/translate.ts';
import { isDuplicate } from '../shared/errors.ts';
import { fail, openDeps } from './open-deps.ts';

const usage = `Usage: npm run create-admin -- --email you@example.com --name "Your Name" [--password-file FILE] [--role admin]
Adds a person who can sign in: an administrator, or with --role a manager or a member.
What is missing is asked for. Without a terminal the password is the first line of standard input.
A password is never taken from the command line, where every user of the machine could read it.`;

const options = {
  email: { type: 'string' },
  name: { type: 'string' },
  role: { type: 'string', default: 'admin' },
  'password-file': { type: 'string' },
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

/** Answers come from the arguments first; only a terminal can be asked for the rest. */
async function readPerson(given: ReturnType<typeof readArguments>) {
  const orAsk = async (value: string | undefined, question: string): Promise<string> =>
    value ?? (process.stdin.isTTY ? ask(question) : '');
  const email = await orAsk(given.email, 'E-mail: ');
  const name = await orAsk(given.name, 'Name: ');
  const password = await readPassword(given['password-file']);
  const form = readForm(commandForm, { email, name, password, role: given.role });
  if (form.ok) return form.value;
  const told = Object.entries(sentences(form.problems, translatorOf('en')));
  return fail(told.map(([field, sentence]) => `${field}: ${sentence}`).join('\n'));
}

const given = readArguments();
if (given.help) {
  process.stdout.write(`${usage}\n`);
} else {
  const person = await readPerson(given);
  const { deps } = await openDeps();
  const taken = `somebody with the address ${person.email} exists already; nothing was changed`;
  try {
    if (await isEmailTaken(deps.db, person.email, null)) fail(taken);
    await addPersonByCommand(deps, person);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    fail(taken);
  } finally {
    await deps.close();
  }
  process.stdout.write(`${person.email} can sign in now (${person.role})\n`);
}
