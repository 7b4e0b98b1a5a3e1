import type { Db } from '../../db/connect.ts';
import type { Deps } from '../../deps.ts';
import type { Problems } from '../../http/forms.ts';
import { appendAudit } from '../audit/audit.ts';
import type { Settings } from './settings.ts';

/** What the page of settings holds; flags have a page of their own. */
export type InstanceSettings = Omit<Settings, 'flags'>;

/**
 * Writes the settings that differ, and tells the audit log which and how.
 *
 * @param problemsOf - asked inside the change, with the currency as it is stored.
 * @returns what has to be said first; nothing was written then.
 */
export async function changeSettings(
  { change, settings }: Pick<Deps, 'change' | 'settings'>,
  {
    viewer,
    wanted,
    now,
    problemsOf,
  }: {
    viewer: { id: number };
    wanted: InstanceSettings;
    now: number;
    problemsOf: (trx: Db, current: Settings) => Promise<Problems>;
  },
): Promise<Problems> {
  const current = await settings.read();
  const names = (Object.keys(wanted) as (keyof InstanceSettings)[]).filter(
    (name) => wanted[name] !== current[name],
  );
  if (names.length === 0) return {};
  const changed = Object.fromEntries(names.map((name) => [name, wanted[name]]));
  const before = Object.fromEntries(names.map((name) => [`${name}_before`, current[name]]));
  return change({ user_id: viewer.id }, async (trx, record) => {
    const problems = await problemsOf(trx, current);
    if (Object.keys(problems).length > 0) return problems;
    await settings.write(trx, changed);
    await appendAudit(trx, {
      ...{ at: now, actor_id: viewer.id, action: 'settings.updated', subject: 'settings', subject_id: null },
      ...{ user_id: null, content: { ...changed, ...before } },
    });
    for (const setting of names) record('admin.settings_updated', { setting });
    return {};
  });
}
