import type { Deps } from '../../deps.ts';
import { appendAudit } from '../audit/audit.ts';
import type { FlagName, Flags } from './flags.ts';
import { evaluateFlags, flagNames } from './flags.ts';

/**
 * Keeps all flags as they are wanted, and tells the audit log which of them were different.
 *
 * @param wanted - every flag; `now` is epoch ms, whole seconds.
 * @returns the names of those that changed.
 */
export async function changeFlags(
  { change, settings }: Pick<Deps, 'change' | 'settings'>,
  { viewer, wanted, now }: { viewer: { id: number }; wanted: Flags; now: number },
): Promise<FlagName[]> {
  const current = evaluateFlags(await settings.flags());
  const names = flagNames.filter((name) => wanted[name] !== current[name]);
  if (names.length === 0) return names;
  const content = Object.fromEntries(
    names.flatMap((name) => [
      [name, wanted[name]],
      [`${name}_before`, current[name]],
    ]),
  );
  const actor_id = viewer.id;
  await change({ user_id: actor_id }, async (trx, record) => {
    await settings.write(trx, { flags: wanted });
    const what = {
      action: 'settings.updated',
      subject: 'settings',
      subject_id: null,
      user_id: null,
    } as const;
    await appendAudit(trx, { ...what, at: now, actor_id, content });
    for (const setting of names) record('admin.settings_updated', { setting });
  });
  settings.forget();
  return names;
}
