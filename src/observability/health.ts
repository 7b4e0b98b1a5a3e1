import { withDeadline } from './deadline.ts';

export type CheckResult = 'ok' | 'failed';

/** What `/readyz` answers: whether, and which part is not. Never why: the reason may name hosts, and is in the log. */
export interface Readiness {
  readonly status: CheckResult;
  readonly checks: { readonly database: CheckResult; readonly log: CheckResult };
}

export interface Health {
  readonly ready: () => Promise<Readiness>;
}

export interface HealthOptions {
  /** True when the database answers and is migrated; may reject or hang. */
  databaseReady: () => Promise<boolean>;
  logWritable: () => boolean;
  /** How long a probe waits for the database, in milliseconds. */
  timeoutMs?: number;
}

const result = (ok: boolean): CheckResult => (ok ? 'ok' : 'failed');

/** Readiness with bounded time: never rejects, and a hanging database is asked once, not once a probe. */
export function createHealth({ databaseReady, logWritable, timeoutMs = 2000 }: HealthOptions): Health {
  let asking: Promise<boolean> | undefined;

  function askDatabase(): Promise<boolean> {
    asking ??= (async () => databaseReady())().finally(() => {
      asking = undefined;
    });
    return withDeadline(asking, timeoutMs).catch(() => false);
  }

  return {
    async ready() {
      const checks = { database: result(await askDatabase()), log: result(logWritable()) };
      return { status: result(checks.database === 'ok' && checks.log === 'ok'), checks };
    },
  };
}
