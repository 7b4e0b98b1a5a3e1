import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection as Database } from '../src/db/connect.ts';
import type { ChannelMode } from '../src/db/schema.ts';
import { catalogueVersion } from '../src/telemetry/catalogue.ts';
import { telemetryChannels } from '../src/telemetry/channels.ts';
import type { TelemetryChannel } from '../src/telemetry/channels.ts';
import { findEnds } from '../src/telemetry/ledger.queries.ts';
import type { Aviary } from './canaries.ts';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import type { Destination } from './internet.ts';
import { openHttp, openMail, openTrap } from './internet.ts';
import { openDatabase, signIn } from './seed.ts';
import { startServer } from './server.ts';
import type { Counts } from './server.ts';
import type { Target } from './targets.ts';
import type { Footprints } from './walk.ts';
import { walk } from './walk.ts';

/** State of the three channels during a run. */
export type Modes = Record<TelemetryChannel, ChannelMode>;

const root = join(import.meta.dirname, '..');

export interface World {
  errors: Destination;
  analytics: Destination;
  installation: Destination;
  mail: Destination;
  /** Where nobody has any business: proxies of the environment, addresses that libraries read from it. */
  trap: Destination;
}

/** What a run leaves behind to be judged. */
export interface Evidence {
  name: string;
  modes: Modes;
  world: World;
  counts: Counts;
  /** Of tt_egress_blocked_total. */
  blocked: number;
  held: number;
  prints: Footprints | undefined;
  folder: string;
  /** Record of the ledger that the run began behind. */
  ledger_from: number;
}

export interface Stage {
  /** Folder with the src to audit. */
  source: string;
  /** Folder for databases. */
  scratch: string;
  aviary: Aviary;
}

export const allModes = (mode: ChannelMode): Modes => ({ errors: mode, analytics: mode, installation: mode });

export async function openWorld(): Promise<World> {
  return {
    errors: await openHttp('errors'),
    analytics: await openHttp('analytics'),
    installation: await openHttp('installation'),
    mail: await openMail('mail'),
    trap: await openTrap('trap'),
  };
}

/** Everything that can be set is set, and what a library might read from the environment leads into the trap. */
function environmentOf(
  folder: string,
  { errors, analytics, installation, mail, trap }: World,
  aviary: Aviary,
) {
  const word = (name: string): string => aviary.word(`environment ${name}`);
  const url = (destination: Destination): string => `http://${destination.host}`;
  return {
    ...{ DATA_DIR: folder, TRUST_PROXY: 'loopback', LOG_LEVEL: 'info', LOGIN_ATTEMPTS: '1000' },
    ...{
      SENTRY_DSN: `http://a0d17a0d17a0d17a0d17@${errors.host}/7`,
    },
    ...{ POSTHOG_API_KEY: 'phc_of_the_audit', POSTHOG_HOST: url(analytics) },
    ...{ TELE_URL: `${url(installation)}/tele`, TELE_SALT: word('TELE_SALT') },
    ...{ SMTP_URL: `smtp://${mail.host}`, MAIL_FROM: `${word('MAIL_FROM')}@canary.example.com` },
    PUBLIC_URL: `http://${word('PUBLIC_URL')}.example.com`,
    ...{ SETUP_CODE: word('SETUP_CODE'), METRICS_TOKEN: word('METRICS_TOKEN') },
    ...{
      HOME: `/home/${word('HOME')}`,
      USER: word('USER'),
      LOGNAME: word('LOGNAME'),
      HOSTNAME: word('HOSTNAME'),
    },
    ...{
      COMPUTERNAME: word('COMPUTERNAME'),
      PWD: `/srv/${word('PWD')}`,
      AWS_SECRET_ACCESS_KEY: word('AWS_SECRET_ACCESS_KEY'),
    },
    ...{
      SENTRY_NAME: word('SENTRY_NAME'),
      SENTRY_RELEASE: word('SENTRY_RELEASE'),
      SENTRY_ENVIRONMENT: word('SENTRY_ENVIRONMENT'),
    },
    ...{
      SENTRY_SPOTLIGHT: `${url(trap)}/stream`,
      OTEL_EXPORTER_OTLP_ENDPOINT: url(trap),
      SENTRY_TRACE: word('SENTRY_TRACE'),
    },
    ...{
      HTTP_PROXY: url(trap),
      HTTPS_PROXY: url(trap),
      ALL_PROXY: url(trap),
      http_proxy: url(trap),
      NODE_USE_ENV_PROXY: '1',
    },
  };
}

/** What the machine itself would give away. */
export function plantMachine(aviary: Aviary): void {
  for (const [kind, text] of [
    ['host name', hostname()],
    ['user name', userInfo().username],
    ['folder of the source', root],
  ] as const)
    // A short one would be found in any text.
    if (text.length >= 6) aviary.add(`machine ${kind}`, text);
}

interface Run {
  name: string;
  modes: Modes;
  /** A database to begin with; none is a server that was never set up. */
  template?: string;
  environment?: Record<string, string>;
  work: (parts: {
    client: Client;
    database: Database;
    administrator: string;
  }) => Promise<Footprints | undefined>;
}

/** One life of the server process. */
export async function perform({ source, scratch, aviary }: Stage, run: Run): Promise<Evidence> {
  const word = aviary.word('folder');
  const folder = mkdtempSync(join(scratch, `${word}-`));
  if (run.template !== undefined) copyFileSync(run.template, join(folder, 'timetracker.sqlite'));
  // Beside the data, as people keep files.
  writeFileSync(join(folder, `${aviary.word('file beside the data')}.txt`), aviary.word('content of a file'));
  const world = await openWorld();
  // Thousands of traces look the same: all of them in one run, a tenth in the others.
  const isAllOn = Object.values(run.modes).every((mode) => mode === 'auto');
  const environment = {
    ...environmentOf(folder, world, aviary),
    SENTRY_TRACES_RATE: isAllOn ? '1' : '0.1',
    ...run.environment,
  };
  const server = await startServer(source, folder, environment);
  const client = createClient(server.port, aviary);
  const database = await openDatabase(folder);
  const ledger_from = (await findEnds(database.db)).last.ledger_id;
  const administrator = run.template === undefined ? '' : await signIn(database, 'admin', aviary, Date.now());
  const prints = await run.work({ client, database, administrator });
  await settle(database, run.modes);
  const metrics = await scrape(server.address, environment.METRICS_TOKEN);
  const blocked = Number(/^tt_egress_blocked_total (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN);
  const held = (await database.db.selectFrom('outbox').select('id').where('state', '=', 'held').execute())
    .length;
  client.close();
  const counts = await server.stop();
  await database.db.destroy();
  for (const destination of Object.values(world) as Destination[]) await destination.close();
  const { name, modes } = run;
  return { name, modes, world, counts, blocked, held, prints, folder, ledger_from };
}

async function scrape(address: string, token: string): Promise<string> {
  const answer = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  return answer.text();
}

/** Waits until nothing that may leave is waiting, and nothing is on its way. */
async function settle({ db }: Database, modes: Modes): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  const channels = telemetryChannels.filter((channel) => modes[channel] === 'auto');
  for (let quiet = 0; quiet < 10 && Date.now() < giveUpAt; quiet += 1) {
    await sleep(60);
    const waiting = await db
      .selectFrom('outbox')
      .select('id')
      .where('channel', 'in', ['mail', ...channels])
      .where('state', '=', 'queued')
      .limit(1)
      .execute();
    const open = await db
      .selectFrom('ledger as q')
      .select('q.id')
      .where('q.kind', '=', 'request')
      .where((eb) =>
        eb.not(eb.exists(eb.selectFrom('ledger as a').select('a.id').whereRef('a.request_id', '=', 'q.id'))),
      )
      .limit(1)
      .execute();
    if (waiting.length + open.length > 0) quiet = -1;
  }
}

/** Switches through the panel, as an administrator does. */
export async function switchChannels(client: Client, cookie: string, modes: Modes): Promise<void> {
  for (const channel of telemetryChannels) {
    const body = `mode=${modes[channel]}&catalogue_version=${catalogueVersion}`;
    const answer = await client.send({
      method: 'POST',
      path: `/admin/telemetry/${channel}/mode`,
      cookie,
      body,
    });
    if (answer.status !== 303) throw new Error(`the panel did not switch ${channel}: ${answer.status}`);
  }
}

/** One walk with the channels in some state. */
export const walkWith = (
  stage: Stage,
  {
    name,
    modes,
    template,
    targets,
    environment = {},
  }: {
    name: string;
    modes: Modes;
    template: string;
    targets: Target[];
    environment?: Record<string, string>;
  },
): Promise<Evidence> =>
  perform(stage, {
    ...{ name, modes, template, environment },
    work: async ({ client, database, administrator }) => {
      if (environment['DO_NOT_TRACK'] === undefined) await switchChannels(client, administrator, modes);
      return walk({ client, connection: database, targets, aviary: stage.aviary });
    },
  });
