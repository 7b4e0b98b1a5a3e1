import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../src/db/connect.ts';
import { verifyPassword } from '../src/features/accounts/passwords.ts';
import { newFolder, runCommand } from './support/command.ts';

const password = 'correct horse battery';
const ada = ['--email', 'ada@example.com', '--name', 'Ada Lovelace'];

const open = (folder: string) =>
  connect({
    databaseUrl: undefined,
    sqliteFile: join(folder, 'data', 'timetracker.sqlite'),
    sqliteSynchronous: 'normal',
    poolSize: 1,
  });

async function consentsIn(folder: string) {
  const { db } = await open(folder);
  const consents = await db
    .selectFrom('consents')
    .select(['channel', 'mode', 'source', 'user_id'])
    .orderBy('id')
    .execute();
  await db.destroy();
  return consents;
}

async function peopleIn(folder: string) {
  const { db } = await open(folder);
  const people = await db
    .selectFrom('users')
    .select(['email', 'name', 'role', 'password_hash'])
    .orderBy('id')
    .execute();
  await db.destroy();
  return people;
}

const createAdmin = (folder: string, args: string[], input = '') =>
  runCommand('cli/create-admin.ts', args, { folder, input });

describe('create-admin', () => {
  it('makes an administrator before the first start, with the password from standard input', async () => {
    const folder = newFolder();
    const result = await createAdmin(folder, ada, `${password}\n`);
    expect(result).toEqual({ code: 0, stdout: 'ada@example.com can sign in now (admin)\n', stderr: '' });
    const [person] = await peopleIn(folder);
    expect(person).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace', role: 'admin' });
    expect(await verifyPassword(password, person?.password_hash ?? undefined)).toBe(true);
    const log = readFileSync(join(folder, 'logs', 'app.jsonl'), 'utf8');
    expect(log).toContain('"event":"setup.completed"');
    expect(log).toContain('"source":"command"');
    expect(log).not.toMatch(/ada@example|Lovelace|correct horse/);
  });

  it('takes the first line of a file as the password', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'password'), `${password}\r\nsecond line\n`);
    expect(await createAdmin(folder, [...ada, '--password-file', 'password'])).toMatchObject({ code: 0 });
    const [person] = await peopleIn(folder);
    expect(await verifyPassword(password, person?.password_hash ?? undefined)).toBe(true);
  });

  it('refuses an address that exists, whatever its case, and changes nothing', async () => {
    const folder = newFolder();
    await createAdmin(folder, ada, password);
    const before = await peopleIn(folder);
    const again = await createAdmin(
      folder,
      ['--email', 'ADA@example.com', '--name', 'Eve'],
      'another password',
    );
    expect(again.code).toBe(1);
    expect(again.stderr).toBe(
      'somebody with the address ADA@example.com exists already; nothing was changed\n',
    );
    expect(await peopleIn(folder)).toEqual(before);
  });

  it('gives somebody who exists a new password when asked to, and nobody else', async () => {
    const folder = newFolder();
    await createAdmin(folder, ada, password);
    const reset = (email: string, input: string) =>
      createAdmin(folder, ['--reset-password', '--email', email], input);
    expect(await reset('eve@example.com', 'another password')).toMatchObject({
      code: 1,
      stderr: 'nobody has the address eve@example.com; nothing was changed\n',
    });
    expect(await reset('ada@example.com', 'short')).toMatchObject({ code: 1 });
    expect((await reset('ADA@example.com', 'another password')).code).toBe(0);
    const [person, ...others] = await peopleIn(folder);
    expect(others).toEqual([]);
    expect(person).toMatchObject({ name: 'Ada Lovelace', role: 'admin' });
    expect(await verifyPassword('another password', person?.password_hash ?? undefined)).toBe(true);
  });

  describe('and what may leave', () => {
    const environment = {
      SENTRY_DSN: 'https://0123456789abcdef0123456789abcdef@errors.example.com/1',
      POSTHOG_API_KEY: 'phc_example',
      POSTHOG_HOST: 'https://events.example.com',
    };
    const create = (folder: string, args: string[] = [], more: Record<string, string> = {}) =>
      runCommand('cli/create-admin.ts', [...ada, ...args], {
        ...{ folder, input: password },
        environment: { ...environment, ...more },
      });

    it('is nothing unless it is named; every channel is shown with its destination', async () => {
      const folder = newFolder();
      const { code, stdout } = await create(folder);
      expect(code).toBe(0);
      expect(stdout).toContain('Error reports may go to errors.example.com');
      expect(stdout).toContain(
        'Product events to events.example.com: Off. An administrator decided against it.',
      );
      expect(stdout).toContain('/admin/telemetry');
      expect(stdout).not.toMatch(/phc_example|0123456789abcdef/);
      const off = { mode: 'off', source: 'command', user_id: null };
      expect(await consentsIn(folder)).toEqual([
        { channel: 'errors', ...off },
        { channel: 'analytics', ...off },
        { channel: 'installation', ...off },
      ]);
    });

    it('is what --send names, and nothing else', async () => {
      const folder = newFolder();
      const { stdout } = await create(folder, ['--send', 'errors, installation']);
      expect(stdout).toContain('Error reports to errors.example.com: On. An administrator agreed to it.');
      expect((await consentsIn(folder)).map(({ mode }) => mode)).toEqual(['auto', 'off', 'auto']);
    });

    it('is what the environment agreed to already, unless --send says otherwise', async () => {
      const [agreed, refused] = [newFolder(), newFolder()];
      await create(agreed, [], { ENABLE_TELEMETRY: 'true' });
      expect(await consentsIn(agreed)).toMatchObject([
        { channel: 'errors', mode: 'off' },
        { channel: 'analytics', mode: 'off' },
        { channel: 'installation', mode: 'auto', source: 'environment' },
      ]);
      await create(refused, ['--send', 'none'], { ENABLE_TELEMETRY: 'true' });
      expect((await consentsIn(refused)).map(({ mode }) => mode)).toEqual(['off', 'off', 'off']);
    });

    it('cannot be named where it cannot leave, or later; then nothing is changed', async () => {
      const folder = newFolder();
      expect(await create(folder, ['--send', 'everything'])).toMatchObject({
        code: 1,
        stderr: '--send takes errors, analytics, installation or none; nothing was changed\n',
      });
      const vetoed = await create(folder, ['--send', 'errors'], { DO_NOT_TRACK: '1' });
      expect(vetoed.code).toBe(1);
      expect(vetoed.stderr).toMatch(/^--send errors: .*DO_NOT_TRACK.* Nothing was changed\n$/);
      expect(await peopleIn(folder)).toEqual([]);
      await create(folder);
      const bea = ['--email', 'bea@example.com', '--name', 'Bea', '--send', 'errors'];
      expect(await createAdmin(folder, bea, password)).toMatchObject({ code: 1 });
      expect(await peopleIn(folder)).toHaveLength(1);
    });
  });

  it('adds a member when asked to', async () => {
    const folder = newFolder();
    await createAdmin(folder, ada, password);
    const bea = ['--email', 'bea@example.com', '--name', 'Bea', '--role', 'member'];
    expect(await createAdmin(folder, bea, password)).toMatchObject({ code: 0 });
    expect((await peopleIn(folder)).map(({ role }) => role)).toEqual(['admin', 'member']);
  });

  it('names everything that is wrong, without a stack and without the password', async () => {
    const folder = newFolder();
    const wrong = await createAdmin(folder, ['--email', 'nonsense', '--role', 'king'], 'too short');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr.trim().split('\n').sort()).toEqual([
      'email: Please enter an e-mail address like name@example.com.',
      'name: Please fill this in.',
      'password: At least 10 characters.',
      'role: Please choose one of the offered values.',
    ]);
    const file = await createAdmin(folder, [...ada, '--password-file', 'missing']);
    expect(file).toMatchObject({ code: 1, stderr: '--password-file names a file that cannot be read\n' });
  });

  it('takes no password from the command line', async () => {
    const result = await createAdmin(newFolder(), [...ada, '--password', password]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("Unknown option '--password'");
    expect(result.stderr).toContain('Usage: npm run create-admin');
    const help = await createAdmin(newFolder(), ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: npm run create-admin');
  });

  it('says in words that its folder or its database cannot be used', async () => {
    const blocked = newFolder();
    writeFileSync(join(blocked, 'data'), 'a file where the folder should be');
    const noFolder = await createAdmin(blocked, ada, password);
    expect(noFolder.code).toBe(1);
    expect(noFolder.stderr).toMatch(/^DATA_DIR or the folder of LOG_FILE cannot be used: EEXIST.*\n$/);
    // Where Node's own way of making folders would turn in a circle for ever.
    const nowhere = { DATA_DIR: '/proc/nope/data', LOG_FILE: '-' };
    const noRoot = await runCommand('cli/migrate.ts', [], { folder: newFolder(), environment: nowhere });
    expect(noRoot).toMatchObject({ code: 1, stdout: '' });
    expect(noRoot.stderr).toMatch(/^DATA_DIR or the folder of LOG_FILE cannot be used: .*\/proc\/nope.*\n$/);
    const spoilt = newFolder();
    mkdirSync(join(spoilt, 'data'));
    writeFileSync(join(spoilt, 'data', 'timetracker.sqlite'), 'this is no database');
    const noDatabase = await createAdmin(spoilt, ada, password);
    expect(noDatabase).toMatchObject({ code: 1, stderr: 'the database cannot be reached or opened\n' });
  });
});

describe('migrate', () => {
  it('brings a new database forward, and has nothing to do the second time', async () => {
    const folder = newFolder();
    const first = await runCommand('cli/migrate.ts', [], { folder });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('the database was brought forward: 001-walking-product');
    const second = await runCommand('cli/migrate.ts', [], { folder });
    expect(second).toEqual({ code: 0, stdout: 'the database is up to date\n', stderr: '' });
  });

  it('refuses a database of a newer version', async () => {
    const folder = newFolder();
    await runCommand('cli/migrate.ts', [], { folder });
    const { db } = await connect({
      databaseUrl: undefined,
      sqliteFile: join(folder, 'data', 'timetracker.sqlite'),
      sqliteSynchronous: 'normal',
      poolSize: 1,
    });
    await db
      .insertInto('kysely_migration' as never)
      .values({ name: '999-later', timestamp: 'x' })
      .execute();
    await db.destroy();
    const result = await runCommand('cli/migrate.ts', [], { folder });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('written by a newer version of TimeTracker (it has 999-later)');
  });

  it('says in words that the configuration is wrong', async () => {
    const result = await runCommand('cli/migrate.ts', [], { environment: { DATABASE_URL: 'nonsense' } });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('DATABASE_URL must start with postgres://');
  });

  it('says in words that PostgreSQL does not answer', async () => {
    const environment = { DATABASE_URL: 'postgres://tt:s3cr3t@127.0.0.1:1/tt' };
    const result = await runCommand('cli/migrate.ts', [], { environment });
    expect(result).toMatchObject({ code: 1, stderr: 'the database cannot be reached or opened\n' });
  });
});

describe('print-config', () => {
  it('shows every value with its source, secrets masked', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.env'), 'PORT=9000\nMETRICS_TOKEN=s3cr3t-token\n');
    writeFileSync(join(folder, 'code'), 'only-for-me');
    chmodSync(join(folder, 'code'), 0o600);
    const environment = { LOG_LEVEL: 'warn', SETUP_CODE_FILE: 'code' };
    const { code, stdout, stderr } = await runCommand('cli/print-config.ts', [], { folder, environment });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = stdout.split('\n').map((line) => line.split(/\s{2,}/));
    expect(rows).toContainEqual(['PORT', '9000', '[environment]']);
    expect(rows).toContainEqual(['LOG_LEVEL', 'warn', '[environment]']);
    expect(rows).toContainEqual(['METRICS_TOKEN', '********', '[environment]']);
    expect(rows).toContainEqual(['SETUP_CODE', '********', '[SETUP_CODE_FILE]']);
    expect(rows).toContainEqual(['DATA_DIR', 'data', '[default]']);
    expect(rows).toContainEqual(['HOST', '(empty)', '[default]']);
    expect(stdout).not.toMatch(/s3cr3t|only-for-me/);
  });

  it('shows what is set and then what is wrong with it', async () => {
    const result = await runCommand('cli/print-config.ts', [], { environment: { PORT: 'nine' } });
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/^PORT +nine +\[environment\]$/m);
    expect(result.stderr).toContain('PORT must be');
  });
});
