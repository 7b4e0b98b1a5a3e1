import type { Deps } from '../../deps.ts';
import { appendAudit } from '../audit/audit.ts';
import type { Settings } from './settings.ts';

/** What the page of settings holds; flags have a page of their own. */
export type InstanceSettings = Omit<Settings, 'flags'>;

/** Writes the settings that differ, and tells the audit log which and how. */
export async function changeSettings(
  { change, settings }: Pick<Deps, 'change' | 'settings'>,
  { viewer, wanted, now }: { viewer: { id: number }; wanted: InstanceSettings; now: number },
): Promise<void> {
  const current = await settings.read();
  const names = (Object.keys(wanted) as (keyof InstanceSettings)[]).filter(
    (name) => wanted[name] !== current[name],
  );
  if (names.length === 0) return;
  const changed = Object.fromEntries(names.map((name) => [name, wanted[name]]));
  const before = Object.fromEntries(names.map((name) => [`${name}_before`, current[name]]));
  await change({ user_id: viewer.id }, async (trx, record) => {
    await settings.write(trx, changed);
    await appendAudit(trx, {
      ...{ at: now, actor_id: viewer.id, action: 'settings.updated', subject: 'settings', subject_id: null },
      ...{ user_id: null, content: { ...changed, ...before } },
    });
    for (const setting of names) record('admin.settings_updated', { setting });
  });
}
