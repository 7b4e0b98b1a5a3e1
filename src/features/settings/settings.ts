import { randomBytes } from 'node:crypto';
import type { Db } from '../../db/connect.ts';
import type { FlagChoices } from './flags.ts';

/** Settings of the instance. Stored as one JSON value per name; a missing one has its default. */
export interface Settings {
  /** How the instance is used: by one person, or by a team. */
  used_by: 'alone' | 'team';
  /** Zone of new people. */
  time_zone: string;
  /** ISO 4217 code for amounts. */
  currency: string;
  /** ISO weekday of new people: 1 Monday … 7 Sunday. */
  week_start: number;
  duration_format: 'clock' | 'minutes' | 'decimal';
}

/** Everything that is kept: the settings, and what was decided about flags. */
interface Kept extends Settings {
  flags: FlagChoices;
}

/** Of an instance that never chose one. */
export const defaultCurrency = 'EUR';

const defaults: Kept = {
  used_by: 'alone',
  time_zone: 'UTC',
  currency: defaultCurrency,
  week_start: 1,
  duration_format: 'clock',
  flags: {},
};

/** Other instances see a change after this time at the latest. */
const keptMs = 5_000;

export interface SettingsStore {
  read: () => Promise<Settings>;
  /** What was decided about flags; `flagsOf` says what holds. */
  flags: () => Promise<FlagChoices>;
  /** Writes some settings; `db` is the transaction when there is one. */
  write: (db: Db, changed: Partial<Kept>) => Promise<void>;
  /** Reads afresh at the next question. Call once a change that wrote has committed: a read during it saw the old. */
  forget: () => void;
  /** Random bytes (hex) of this installation: key of hashes that must not be comparable across installations. */
  secret: () => Promise<string>;
}

export function createSettings(db: Db, now: () => number): SettingsStore {
  let kept: Awaited<ReturnType<typeof load>> | undefined;
  let secret: Promise<string> | undefined;
  const load = async () => {
    const { flags, ...settings } = await loadKept(db);
    return { settings, flags, until: now() + keptMs };
  };
  const current = async () => {
    if (!kept || now() >= kept.until) kept = await load();
    return kept;
  };
  return {
    read: async () => (await current()).settings,
    flags: async () => (await current()).flags,
    write: async (trx, changed) => {
      for (const [name, value] of Object.entries(changed))
        await upsertSetting(trx, name, JSON.stringify(value));
      kept = undefined;
    },
    forget: () => {
      kept = undefined;
    },
    secret: () => {
      secret ??= loadSecret(db).catch((error: unknown) => {
        secret = undefined;
        throw error;
      });
      return secret;
    },
  };
}

async function loadKept(db: Db): Promise<Kept> {
  const rows = await db
    .selectFrom('settings')
    .selectAll()
    .where('name', 'in', Object.keys(defaults))
    .execute();
  return {
    ...defaults,
    ...Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as unknown])),
  };
}

async function upsertSetting(db: Db, name: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

async function loadSecret(db: Db): Promise<string> {
  const kept = await findSecret(db);
  if (kept !== undefined) return kept;
  // Two instances may start at once: the first row wins, and both read it back.
  await db
    .insertInto('settings')
    .values({ name: secretName, value: JSON.stringify(randomBytes(32).toString('hex')) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await findSecret(db)) as string;
}

const secretName = 'installation_secret';

async function findSecret(db: Db): Promise<string | undefined> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', secretName)
    .executeTakeFirst();
  return row && (JSON.parse(row.value) as string);
}
