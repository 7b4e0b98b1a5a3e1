import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../src/config/config.ts';
import { ConfigError, describeConfig, loadConfig } from '../src/config/config.ts';
import type { Option } from '../src/config/options.ts';
import { options } from '../src/config/options.ts';
import { newFolder, runCommand } from './support/command.ts';

function problemsOf(environment: Environment): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function fileWith(text: string): string {
  const file = join(newFolder(), 'secret');
  writeFileSync(file, text);
  return file;
}

describe('the configuration', () => {
  it('works without any option', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      port: 8000,
      host: undefined,
      public_url: undefined,
      trust_proxy: false,
      database_url: undefined,
      sqlite_file: join('data', 'timetracker.sqlite'),
      log_file: 'logs/app.jsonl',
      setup_code: undefined,
      metrics_token: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('has a valid default for every option', () => {
    for (const [name, option] of Object.entries<Option>(options)) {
      expect(problemsOf({ [name]: String(option.default) }), name).toEqual([]);
    }
  });

  it('converts units once', () => {
    const config = loadConfig({
      SESSION_IDLE_HOURS: '2',
      SESSION_MAX_DAYS: '3',
      LOG_MAX_SIZE_MB: '4',
      LOG_MAX_AGE_HOURS: '5',
      LOG_FILE: '-',
      PUBLIC_URL: 'https://time.example.com/',
    });
    expect(config).toMatchObject({
      session_idle_ms: 7_200_000,
      session_max_ms: 259_200_000,
      log_max_bytes: 4_194_304,
      log_max_age_ms: 18_000_000,
      log_file: undefined,
      public_url: 'https://time.example.com',
    });
  });

  it('reports every problem at once, by option', () => {
    const problems = problemsOf({
      PORT: '80800',
      PUBLIC_URL: 'time.example.com',
      TRUST_PROXY: '?',
      DATABASE_URL: 'mysql://db.example.com/x',
      SQLITE_SYNCHRONOUS: 'off',
      SETUP_CODE: 'short',
      LOG_LEVEL: 'loud',
      LOGIN_ATTEMPTS: '0',
    });
    expect(problems).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'PUBLIC_URL must look like https://time.example.com, without a path',
      'TRUST_PROXY must be a number of proxies, or addresses such as "loopback, 10.0.0.0/8"',
      'DATABASE_URL must start with postgres://',
      'SQLITE_SYNCHRONOUS must be one of normal, full',
      'SETUP_CODE must be 6 to 100 characters without spaces',
      'LOGIN_ATTEMPTS must be a whole number from 1 to 1000',
      'LOG_LEVEL must be one of debug, info, warn, error',
    ]);
  });

  it('takes numbers within their range only', () => {
    for (const value of ['-1', '65536', '1.5', '1e3', '0x10', 'NaN', '8000 8001', '99999999999999999999']) {
      expect(problemsOf({ PORT: value }), value).toHaveLength(1);
    }
    for (const value of ['0', '65535', ' 8000 ']) expect(problemsOf({ PORT: value }), value).toEqual([]);
    expect(problemsOf({ PORT: '' })).toEqual([]);
  });

  it('understands proxies as a count or as addresses', () => {
    expect(loadConfig({ PUBLIC_URL: 'https://Time.Example.com:443' }).public_url).toBe(
      'https://time.example.com',
    );
    for (const wrong of ['true', 'foo', '300.1.1.1', '10.0.0.0/99', '10.0.0.1,', '::1/129', '1/2/3']) {
      expect(() => loadConfig({ TRUST_PROXY: wrong }), wrong).toThrow(
        /TRUST_PROXY must be a number of proxies/,
      );
    }
    expect(() => loadConfig({ PUBLIC_URL: 'https://user:secret@time.example.com' })).toThrow(/PUBLIC_URL/);
    expect(loadConfig({ TRUST_PROXY: '::1/128, uniquelocal' }).trust_proxy).toBe('::1/128, uniquelocal');
    expect(loadConfig({ TRUST_PROXY: '1' }).trust_proxy).toBe(1);
    expect(loadConfig({ TRUST_PROXY: 'loopback, 10.0.0.0/8' }).trust_proxy).toBe('loopback, 10.0.0.0/8');
  });
});

describe('a secret', () => {
  const secrets = Object.entries<Option>(options).flatMap(([name, { secret }]) => (secret ? [name] : []));

  it('may stand in a file', () => {
    const config = loadConfig({
      DATABASE_URL_FILE: fileWith('postgres://tt:geheim@db.example.com/tt\n'),
      SETUP_CODE_FILE: fileWith('only-for-me\n'),
      METRICS_TOKEN_FILE: fileWith('token-of-the-scraper'),
    });
    expect(config).toMatchObject({
      database_url: 'postgres://tt:geheim@db.example.com/tt',
      setup_code: 'only-for-me',
      metrics_token: 'token-of-the-scraper',
    });
    expect(secrets.sort()).toEqual([
      'DATABASE_URL',
      'METRICS_TOKEN',
      'POSTHOG_API_KEY',
      'SENTRY_DSN',
      'SETUP_CODE',
      'SMTP_URL',
      'TELE_SALT',
      'TELE_URL',
    ]);
  });

  it('is refused when it stands in both places, or its file cannot be read', () => {
    expect(problemsOf({ SETUP_CODE: 'only-for-me', SETUP_CODE_FILE: fileWith('another-one') })).toEqual([
      'SETUP_CODE and SETUP_CODE_FILE are both set; set one of them',
    ]);
    expect(problemsOf({ SETUP_CODE_FILE: '/nonexistent/file' })).toEqual([
      'SETUP_CODE_FILE names a file that cannot be read',
    ]);
  });

  it('is checked in a file as it is in the environment, and never repeated', () => {
    const [problem = ''] = problemsOf({ METRICS_TOKEN_FILE: fileWith('s3cr3t') });
    expect(problem).toMatch(/^METRICS_TOKEN must be/);
    const everything = problemsOf({ METRICS_TOKEN: 's3cr3t', DATABASE_URL: 's3cr3t', SETUP_CODE: 's3 cr3t' });
    expect(everything).toHaveLength(3);
    expect(JSON.stringify([problem, ...everything])).not.toMatch(/s3 ?cr3t/);
  });

  it('has no file twin unless it is one', () => {
    expect(loadConfig({ PORT_FILE: fileWith('9000') }).port).toBe(8000);
  });

  it('is masked where options are shown, with the source of each', () => {
    const rows = describeConfig({
      PORT: '9000',
      METRICS_TOKEN: 's3cr3t-token',
      SETUP_CODE_FILE: fileWith('only-for-me'),
    });
    const row = (name: string) => rows.find((candidate) => candidate.name === name);
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(options));
    expect(row('PORT')).toEqual({ name: 'PORT', value: '9000', from: 'environment' });
    expect(row('LOG_LEVEL')).toEqual({ name: 'LOG_LEVEL', value: 'info', from: 'default' });
    expect(row('METRICS_TOKEN')).toEqual({ name: 'METRICS_TOKEN', value: '********', from: 'environment' });
    expect(row('SETUP_CODE')).toEqual({ name: 'SETUP_CODE', value: '********', from: 'SETUP_CODE_FILE' });
    expect(row('DATABASE_URL')).toEqual({ name: 'DATABASE_URL', value: '', from: 'default' });
  });
});

describe('a start with wrong options', () => {
  it('ends with exit code 1 and names all of them', async () => {
    const environment = {
      PORT: 'http',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://root:s3cr3t@db.example.com',
    };
    const { code, stdout, stderr } = await runCommand('main.ts', [], { environment });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('the configuration has 3 problem(s)');
    for (const name of Object.keys(environment)) expect(stderr).toContain(`- ${name} must`);
    expect(stderr).not.toContain('s3cr3t');
    expect(stderr).not.toContain('    at ');
  });

  it('says so when they stand in .env, over which the environment wins', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, '.env'), 'PORT=nine\nLOG_LEVEL=loud\n');
    const { code, stderr } = await runCommand('main.ts', [], { folder, environment: { LOG_LEVEL: 'warn' } });
    expect(code).toBe(1);
    expect(stderr).toContain('PORT must be');
    expect(stderr).not.toContain('LOG_LEVEL');
  });
});
