import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Option, OptionName } from './options.ts';
import { options } from './options.ts';

/** The frozen configuration; what the rest of the code sees of the environment. */
export interface Config {
  port: number;
  host: string | undefined;
  public_url: string | undefined;
  /** For Express: number of proxies, list of addresses, or false. */
  trust_proxy: number | string | false;
  data_dir: string;
  /** Where backups go, and where commands look for them. */
  backup_dir: string;
  /** 0 makes none. */
  backup_every_ms: number;
  backup_keep: number;
  database_url: string | undefined;
  database_pool_size: number;
  sqlite_file: string;
  sqlite_synchronous: 'normal' | 'full';
  setup_code: string | undefined;
  session_idle_ms: number;
  session_max_ms: number;
  login_attempts: number;
  timer_long_hours: number;
  timer_idle_minutes: number;
  /** Undefined writes to standard output. */
  log_file: string | undefined;
  log_level: 'debug' | 'info' | 'warn' | 'error';
  log_max_bytes: number;
  log_max_age_ms: number;
  log_keep_files: number;
  log_keep_days: number;
  metrics_token: string | undefined;
  /** Forbids every telemetry channel. */
  do_not_track: boolean;
  sentry_dsn: string | undefined;
  /** 0 to 1; 0 is off. */
  sentry_traces_rate: number;
  app_environment: string;
  posthog_api_key: string | undefined;
  posthog_host: string | undefined;
  /** True agrees to installation telemetry, false forbids it, undefined leaves it to an administrator. */
  enable_telemetry: boolean | undefined;
  tele_url: string | undefined;
  tele_salt: string | undefined;
  outbox_max_rows: number;
  ledger_keep_ms: number;
  smtp_url: string | undefined;
  mail_from: string | undefined;
  version: string;
  commit: string | undefined;
}

export type Environment = Record<string, string | undefined>;

/** Every problem of the configuration at once, one sentence each, with the option's name. Values are never repeated. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} problem(s):\n${problems.map((text) => `  - ${text}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const hourMs = 3_600_000;
const root = join(import.meta.dirname, '..', '..');

/** The environment with `.env` of the working folder underneath; set variables win. */
export function readEnvironment(): Environment {
  if (existsSync('.env')) {
    if (!statSync('.env').isFile()) throw new ConfigError(['.env is there, but it is not a file']);
    process.loadEnvFile('.env');
  }
  return process.env;
}

/**
 * @returns the frozen configuration.
 * @throws ConfigError with all problems at once.
 */
export function loadConfig(environment: Environment): Readonly<Config> {
  const problems: string[] = [];
  const value = (name: OptionName): string => readOption(name, environment, problems);
  const number = (name: OptionName): number => Number(value(name));
  const orUndefined = (name: OptionName): string | undefined => value(name) || undefined;
  const data_dir = value('DATA_DIR');
  const log_file = value('LOG_FILE');
  const backup_dir = orUndefined('BACKUP_DIR');
  const config: Config = {
    port: number('PORT'),
    host: orUndefined('HOST'),
    public_url: originOf(value('PUBLIC_URL')),
    trust_proxy: trustProxy(value('TRUST_PROXY')),
    data_dir,
    backup_dir: backup_dir ?? join(data_dir, 'backups'),
    backup_every_ms: number('BACKUP_EVERY_HOURS') * hourMs,
    backup_keep: number('BACKUP_KEEP'),
    database_url: orUndefined('DATABASE_URL'),
    database_pool_size: number('DATABASE_POOL_SIZE'),
    sqlite_file: join(data_dir, 'timetracker.sqlite'),
    sqlite_synchronous: value('SQLITE_SYNCHRONOUS') as Config['sqlite_synchronous'],
    setup_code: orUndefined('SETUP_CODE'),
    session_idle_ms: number('SESSION_IDLE_HOURS') * hourMs,
    session_max_ms: number('SESSION_MAX_DAYS') * 24 * hourMs,
    login_attempts: number('LOGIN_ATTEMPTS'),
    timer_long_hours: number('TIMER_LONG_HOURS'),
    timer_idle_minutes: number('TIMER_IDLE_MINUTES'),
    log_file: log_file === '-' ? undefined : log_file,
    log_level: value('LOG_LEVEL') as Config['log_level'],
    log_max_bytes: number('LOG_MAX_SIZE_MB') * 1024 * 1024,
    log_max_age_ms: number('LOG_MAX_AGE_HOURS') * hourMs,
    log_keep_files: number('LOG_KEEP_FILES'),
    log_keep_days: number('LOG_KEEP_DAYS'),
    metrics_token: orUndefined('METRICS_TOKEN'),
    do_not_track: value('DO_NOT_TRACK') === '1',
    sentry_dsn: orUndefined('SENTRY_DSN'),
    sentry_traces_rate: number('SENTRY_TRACES_RATE'),
    app_environment: value('APP_ENVIRONMENT'),
    posthog_api_key: orUndefined('POSTHOG_API_KEY'),
    posthog_host: orUndefined('POSTHOG_HOST'),
    enable_telemetry: { true: true, false: false }[value('ENABLE_TELEMETRY')],
    tele_url: orUndefined('TELE_URL'),
    tele_salt: orUndefined('TELE_SALT'),
    outbox_max_rows: number('OUTBOX_MAX_ROWS'),
    ledger_keep_ms: number('LEDGER_KEEP_DAYS') * 24 * hourMs,
    smtp_url: orUndefined('SMTP_URL'),
    mail_from: orUndefined('MAIL_FROM'),
    version: orUndefined('APP_VERSION') ?? packageVersion(),
    commit: orUndefined('APP_COMMIT'),
  };
  // Several instances on PostgreSQL have a DATA_DIR each: backups would be scattered over them.
  if (backup_dir === undefined && config.database_url !== undefined) config.backup_every_ms = 0;
  if (config.smtp_url !== undefined && config.mail_from === undefined)
    problems.push('MAIL_FROM is needed with SMTP_URL');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** What `npm run print-config` shows: name and value of every option, secrets masked, and where each came from. */
export function describeConfig(environment: Environment): { name: string; value: string; from: string }[] {
  return Object.entries<Option>(options).map(([name, option]) => {
    const set = (environment[name] ?? '') !== '';
    const byFile = option.secret === true && (environment[`${name}_FILE`] ?? '') !== '';
    const from = set ? 'environment' : byFile ? `${name}_FILE` : 'default';
    if (option.secret) return { name, value: set || byFile ? '********' : '', from };
    return { name, value: set ? (environment[name] as string) : String(option.default), from };
  });
}

function readOption(name: OptionName, environment: Environment, problems: string[]): string {
  const option: Option = options[name];
  const raw = rawValue(name, option, environment, problems);
  if (raw === '') return String(option.default);
  const problem = problemWith(option, raw);
  if (problem === undefined) return raw;
  problems.push(`${name} ${problem}`);
  return String(option.default);
}

function rawValue(name: OptionName, option: Option, environment: Environment, problems: string[]): string {
  const direct = (environment[name] ?? '').trim();
  const file = option.secret ? (environment[`${name}_FILE`] ?? '').trim() : '';
  if (file === '') return direct;
  if (direct !== '') {
    problems.push(`${name} and ${name}_FILE are both set; set one of them`);
    return '';
  }
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text === '') problems.push(`${name}_FILE names an empty file`);
    return text;
  } catch {
    problems.push(`${name}_FILE names a file that cannot be read`);
    return '';
  }
}

function problemWith(option: Option, raw: string): string | undefined {
  if (option.type === 'number') {
    const inRange = /^\d{1,9}$/.test(raw) && Number(raw) >= option.minimum && Number(raw) <= option.maximum;
    return inRange ? undefined : `must be a whole number from ${option.minimum} to ${option.maximum}`;
  }
  if (option.type === 'choice') {
    return option.choices.includes(raw) ? undefined : `must be one of ${option.choices.join(', ')}`;
  }
  const isValid = (option.pattern?.test(raw) ?? true) && (option.isValid?.(raw) ?? true);
  return isValid ? undefined : (option.problem ?? 'is not valid');
}

/** As browsers write it in Origin: lower case, no default port, no slash. */
function originOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function trustProxy(text: string): Config['trust_proxy'] {
  if (text === '') return false;
  return /^\d+$/.test(text) ? Number(text) : text;
}

function packageVersion(): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
