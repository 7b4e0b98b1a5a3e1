import { withDeadline } from './deadline.ts';

export type CheckResult = 'ok' | 'failed';
/** A log on a full disk holds its lines, and pages can still be read: no reason to send people elsewhere. */
export type LogResult = CheckResult | 'full';

/** What `/readyz` answers: whether, and which part is not. Never why: the reason may name hosts, and is in the log. */
export interface Readiness {
  readonly status: CheckResult;
  readonly checks: { readonly database: CheckResult; readonly log: LogResult };
}

export interface Health {
  readonly ready: () => Promise<Readiness>;
}

export interface HealthOptions {
  /** True when the database answers and is migrated; may reject or hang. */
  databaseReady: () => Promise<boolean>;
  logWritable: () => boolean;
  /** Asked when it is not writable: whether only room is missing. */
  logFull?: () => boolean;
  /** How long a probe waits for the database, in milliseconds. */
  timeoutMs?: number;
}

const result = (ok: boolean): CheckResult => (ok ? 'ok' : 'failed');

/** Readiness with bounded time: never rejects, and a hanging database is asked once, not once a probe. */
export function createHealth(options: HealthOptions): Health {
  const { databaseReady, logWritable, logFull = () => false, timeoutMs = 2000 } = options;
  let asking: Promise<boolean> | undefined;

  function askDatabase(): Promise<boolean> {
    asking ??= (async () => databaseReady())().finally(() => {
      asking = undefined;
    });
    return withDeadline(asking, timeoutMs).catch(() => false);
  }

  function askLog(): LogResult {
    if (logWritable()) return 'ok';
    return logFull() ? 'full' : 'failed';
  }

  return {
    async ready() {
      const checks = { database: result(await askDatabase()), log: askLog() };
      return { status: result(checks.database === 'ok' && checks.log !== 'failed'), checks };
    },
  };
}
