import { telemetry } from './telemetry.ts';
import { privacy } from './privacy.ts';
import { ledger } from './ledger.ts';
import { dictionary } from './dictionary.ts';
import { admin } from './admin.ts';
import { accounts } from './accounts.ts';
import { audit } from './audit.ts';
import { people } from './people.ts';
import { budgets } from './budgets.ts';
import { bulk } from './bulk.ts';
import { clients } from './clients.ts';
import { layout } from './layout.ts';
import { entries } from './entries.ts';
import { errors } from './errors.ts';
import { flags } from './flags.ts';
import { forms } from './forms.ts';
import { merging } from './merging.ts';
import { notices } from './notices.ts';
import { projects } from './projects.ts';
import { rates } from './rates.ts';
import { reports } from './reports.ts';
import { setup } from './setup.ts';
import { system } from './system.ts';
import { tags } from './tags.ts';
import { tasks } from './tasks.ts';
import { timer } from './timer.ts';

/** The English catalogue defines the keys; every other locale must have exactly these. */
export const en = {
  ...layout,
  ...forms,
  ...errors,
  ...accounts,
  ...setup,
  ...timer,
  ...entries,
  ...budgets,
  ...bulk,
  ...clients,
  ...merging,
  ...notices,
  ...projects,
  ...system,
  ...tags,
  ...tasks,
  ...rates,
  ...reports,
  ...admin,
  ...audit,
  ...people,
  ...flags,
  ...dictionary,
  ...ledger,
  ...privacy,
  ...telemetry,
};
