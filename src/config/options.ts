import { isIP } from 'node:net';

/**
 * Every option once. `.env.example` and docs/configuration.md are generated from this table and checked by a test.
 * A secret has a `_FILE` twin that names a file to read it from, and is masked wherever options are shown.
 */
interface OptionBase {
  description: string;
  /** Never shown; `NAME_FILE` may name a file that holds it. */
  secret?: true;
}
export interface TextOption extends OptionBase {
  type: 'text';
  default: string;
  /** What a valid value looks like, and the sentence for one that does not. */
  pattern?: RegExp;
  isValid?: (value: string) => boolean;
  problem?: string;
}
export interface NumberOption extends OptionBase {
  type: 'number';
  default: number;
  minimum: number;
  maximum: number;
}
export interface ChoiceOption extends OptionBase {
  type: 'choice';
  default: string;
  choices: readonly string[];
}
export type Option = TextOption | NumberOption | ChoiceOption;

export const options = {
  PORT: {
    type: 'number',
    default: 8000,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the web server; 0 takes a free one.',
  },
  HOST: {
    type: 'text',
    default: '',
    pattern: /^[A-Za-z0-9.:_-]*$/,
    problem: 'must be an address or host name of this machine',
    description: 'Address to listen on. Empty listens on every interface; 127.0.0.1 only on this machine.',
  },
  PUBLIC_URL: {
    type: 'text',
    default: '',
    pattern: /^https?:\/\/[^/?#\s@]+\/?$/,
    problem: 'must look like https://time.example.com, without a path',
    description:
      'Address people type, when a proxy stands in front. Used to tell own requests from foreign ones and to mark cookies secure.',
  },
  TRUST_PROXY: {
    type: 'text',
    default: '',
    isValid: isProxyList,
    problem: 'must be a number of proxies, or addresses such as "loopback, 10.0.0.0/8"',
    description:
      'Proxies whose X-Forwarded headers are believed: a count, or addresses and ranges separated by commas. Empty believes nobody.',
  },
  DATA_DIR: {
    type: 'text',
    default: 'data',
    description: 'Folder of the embedded database and of what the server keeps.',
  },
  BACKUP_DIR: {
    type: 'text',
    default: '',
    description:
      'Folder of scheduled backups, better on another disk. Empty is the folder backups in DATA_DIR for the embedded database, and no schedule for PostgreSQL.',
  },
  BACKUP_EVERY_HOURS: {
    type: 'number',
    default: 24,
    minimum: 0,
    maximum: 24,
    description: 'A backup is made this often while the server runs; 0 makes none.',
  },
  BACKUP_KEEP: {
    type: 'number',
    default: 7,
    minimum: 1,
    maximum: 10000,
    description: 'Scheduled backups that are kept; older ones of this installation are deleted.',
  },
  DATABASE_URL: {
    type: 'text',
    default: '',
    secret: true,
    pattern: /^postgres(ql)?:\/\/\S+$/,
    problem: 'must start with postgres://',
    description:
      'PostgreSQL to use, like postgres://user:password@db.example.com/timetracker. Empty uses the embedded SQLite database in DATA_DIR.',
  },
  DATABASE_POOL_SIZE: {
    type: 'number',
    default: 10,
    minimum: 1,
    maximum: 200,
    description: 'Most connections to PostgreSQL at a time.',
  },
  SQLITE_SYNCHRONOUS: {
    type: 'choice',
    default: 'normal',
    choices: ['normal', 'full'],
    description:
      'full syncs every commit to the disk; normal may lose the last moments at power loss, and never corrupts.',
  },
  SETUP_CODE: {
    type: 'text',
    default: '',
    secret: true,
    pattern: /^\S{6,100}$/,
    problem: 'must be 6 to 100 characters without spaces',
    description:
      'Code that the first administrator types at /setup from another machine. Empty makes one at every start and prints it in the log.',
  },
  SESSION_IDLE_HOURS: {
    type: 'number',
    default: 336,
    minimum: 1,
    maximum: 8760,
    description: 'A session ends after this many hours without a request.',
  },
  SESSION_MAX_DAYS: {
    type: 'number',
    default: 90,
    minimum: 1,
    maximum: 365,
    description: 'A session ends after this many days in any case.',
  },
  LOGIN_ATTEMPTS: {
    type: 'number',
    default: 10,
    minimum: 1,
    maximum: 1000,
    description:
      'Failed sign-ins per account, and ten times as many per address, within 15 minutes before sign-in pauses.',
  },
  TIMER_LONG_HOURS: {
    type: 'number',
    default: 10,
    minimum: 1,
    maximum: 168,
    description: 'A timer that runs longer than this is pointed out.',
  },
  TIMER_IDLE_MINUTES: {
    type: 'number',
    default: 15,
    minimum: 1,
    maximum: 600,
    description:
      'The page asks what to do with the time after nobody touched the computer for this long. Noticed in the browser, never sent.',
  },
  LOG_FILE: {
    type: 'text',
    default: 'logs/app.jsonl',
    description: 'Log file, one JSON object per line. "-" writes to standard output instead.',
  },
  LOG_LEVEL: {
    type: 'choice',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    description: 'Least level that is logged.',
  },
  LOG_MAX_SIZE_MB: {
    type: 'number',
    default: 50,
    minimum: 1,
    maximum: 10000,
    description: 'The log file is rotated at this size.',
  },
  LOG_MAX_AGE_HOURS: {
    type: 'number',
    default: 24,
    minimum: 1,
    maximum: 8760,
    description: 'The log file is rotated at this age.',
  },
  LOG_KEEP_FILES: {
    type: 'number',
    default: 30,
    minimum: 1,
    maximum: 10000,
    description: 'Rotated log files that are kept at most.',
  },
  LOG_KEEP_DAYS: {
    type: 'number',
    default: 30,
    minimum: 1,
    maximum: 3650,
    description: 'Rotated log files older than this are deleted.',
  },
  METRICS_TOKEN: {
    type: 'text',
    default: '',
    secret: true,
    pattern: /^[\x21-\x7e]{8,200}$/,
    problem: 'must be 8 to 200 visible characters',
    description:
      'Bearer token that opens /metrics. Without one, loopback and private networks may read it; with one, only loopback and who has it.',
  },
  DO_NOT_TRACK: {
    type: 'choice',
    default: '0',
    choices: ['0', '1'],
    description: '1 forbids every telemetry channel, whatever else is set or chosen.',
  },
  SENTRY_DSN: {
    type: 'text',
    default: '',
    secret: true,
    isValid: isDsn,
    problem: 'must look like https://key@errors.example.com/1; plain http is for this machine only',
    description:
      'Where error reports go: the DSN of your own Sentry, GlitchTip or Bugsink project. Empty sends none.',
  },
  SENTRY_TRACES_RATE: {
    type: 'text',
    default: '0.0',
    pattern: /^(0(\.\d{1,4})?|1(\.0{1,4})?)$/,
    problem: 'must be a number from 0 to 1',
    description: 'Share of requests that are sent as performance traces. 0 switches tracing off.',
  },
  APP_ENVIRONMENT: {
    type: 'text',
    default: 'production',
    pattern: /^[a-z0-9_-]{1,32}$/,
    problem: 'must be 1 to 32 of a-z, 0-9, - and _',
    description: 'Name of this installation in error reports, such as production or staging.',
  },
  POSTHOG_API_KEY: {
    type: 'text',
    default: '',
    secret: true,
    // A personal key can read and change the project, and this one is part of every request.
    pattern: /^(?!phx_)[A-Za-z0-9_-]{8,200}$/,
    problem: 'must be a project key: 8 to 200 letters, digits, - and _; never a personal key (phx_…)',
    description: 'Project key of your own PostHog project. Empty sends no product events.',
  },
  POSTHOG_HOST: {
    type: 'text',
    default: '',
    isValid: isSafeUrl,
    problem: 'must be an https address without user, query and fragment; plain http is for this machine only',
    description:
      'Ingestion address of that project, like https://posthog.example.com. There is no default: you choose the region or your own server.',
  },
  ENABLE_TELEMETRY: {
    type: 'text',
    default: '',
    pattern: /^(true|false)$/,
    problem: 'must be true or false',
    description:
      'true agrees to installation telemetry (install, update, daily health) without the page; false forbids it. Empty leaves it to an administrator.',
  },
  TELE_URL: {
    type: 'text',
    default: '',
    secret: true,
    isValid: isSafeUrl,
    problem: 'must be an https address without user, query and fragment; plain http is for this machine only',
    description: 'Where installation telemetry goes. Empty uses the PostHog project.',
  },
  TELE_SALT: {
    type: 'text',
    default: '',
    secret: true,
    pattern: /^.{1,200}$/,
    problem: 'must be 1 to 200 characters',
    description:
      'Salt of the installation fingerprint. Empty, or the placeholder of old examples, generates one in DATA_DIR.',
  },
  APP_VERSION: {
    type: 'text',
    default: '',
    pattern: /^[0-9A-Za-z.+-]{1,20}$/,
    problem: 'must be a version such as 1.2.3, of 20 characters at most',
    description: 'Version to report, of 20 characters at most. Empty takes the one of the package.',
  },
  APP_COMMIT: {
    type: 'text',
    default: '',
    pattern: /^[0-9a-f]{7,64}$/,
    problem: 'must be 7 to 64 hexadecimal digits, as git prints a commit',
    description: 'Commit that runs, shown beside the version. An image sets it when it is built.',
  },
  OUTBOX_MAX_ROWS: {
    type: 'number',
    default: 10000,
    minimum: 10,
    maximum: 1000000,
    description: 'Payloads that wait per channel at most; the oldest are dropped and counted beyond it.',
  },
  LEDGER_KEEP_DAYS: {
    type: 'number',
    default: 365,
    minimum: 1,
    maximum: 36500,
    description: 'The record of what left the server is kept for this long.',
  },
  SMTP_URL: {
    type: 'text',
    default: '',
    secret: true,
    isValid: isSmtpUrl,
    problem: 'must look like smtps://user:password@mail.example.com:465',
    description:
      'Mail server for invitations, password resets and notices; smtp:// is encrypted by STARTTLS unless it is this machine. Asking for a password link needs PUBLIC_URL as well. Empty sends no mail.',
  },
  MAIL_FROM: {
    type: 'text',
    default: '',
    pattern: /^[^@\s<>]+@[^@\s<>]+$/,
    problem: 'must be an e-mail address',
    description: 'Sender of mails. Needed with SMTP_URL.',
  },
} as const satisfies Record<string, Option>;

const loopbackHosts = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/;

/** https, or http to this machine: nothing that is sent may be read on its way. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && loopbackHosts.test(hostname));
}

/** scheme://key@host/path/project, with the key where a user name would be. */
function isDsn(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const key = url.username;
  url.username = '';
  return /^[A-Za-z0-9]+$/.test(key) && /\/\d+$/.test(url.pathname) && isSafeUrl(url.href);
}

function isSmtpUrl(text: string): boolean {
  return URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '';
}

/** What Express takes for trusted proxies: a count, or addresses, ranges and its three names for them. */
function isProxyList(text: string): boolean {
  if (/^\d{1,2}$/.test(text)) return true;
  return text.split(',').every((part) => {
    const [address = '', bits, ...rest] = part.trim().split('/');
    if (rest.length > 0) return false;
    if (bits === undefined && ['loopback', 'linklocal', 'uniquelocal'].includes(address)) return true;
    const family = isIP(address);
    return (
      family !== 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
    );
  });
}

export type OptionName = keyof typeof options;
