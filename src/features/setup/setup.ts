import type { Deps } from '../../deps.ts';
import { AppError } from '../../shared/errors.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';
import { obstacleOf } from '../../telemetry/consent.ts';
import { hashPassword } from '../accounts/passwords.ts';
import { addPerson, emailKeyOf } from '../accounts/people.ts';
import { findPersonByEmail, hasAdministrator, updatePerson } from '../accounts/people.queries.ts';
import { deleteSessions } from '../accounts/sessions.queries.ts';
import type { CommandPerson, SetupChoices } from './setup.forms.ts';

type SetupDeps = Pick<Deps, 'change' | 'settings' | 'now'>;
type WholeSetupDeps = SetupDeps & Pick<Deps, 'config' | 'telemetry'>;

/** What was decided about a channel. */
export interface ChannelChoice {
  channel: TelemetryChannel;
  mode: 'auto' | 'off';
}

/**
 * Makes the first administrator and keeps how the server will be used, and what may leave it.
 *
 * @returns the administrator's id.
 * @throws AppError `conflict` when an administrator exists, also one of another request a moment ago.
 */
export async function completeSetup(
  deps: WholeSetupDeps,
  chosen: SetupChoices,
  locale: string,
): Promise<number> {
  const { change, settings, now, telemetry } = deps;
  const { name, email, password, used_by, time_zone, week_start, currency, duration_format } = chosen;
  // Before the transaction: hashing takes its time, and the embedded database has one connection.
  const password_hash = await hashPassword(password);
  const id = await change({ user_id: null }, async (trx, record) => {
    // Written before the question is asked: the second of two requests waits here for the first one's rows, and then
    // sees its administrator.
    await settings.write(trx, { used_by, time_zone, week_start, currency, duration_format });
    if (await hasAdministrator(trx)) throw new AppError('conflict', 'already_set_up');
    const person = { name, email, password_hash, role: 'admin', locale } as const;
    const user_id = await addPerson(trx, person, { time_zone, week_start, duration_format }, now());
    for (const decision of decisionsOf(chosen, deps.config)) {
      await telemetry.consents.decide(trx, { ...decision, user_id, source: 'setup' });
      record('admin.telemetry_toggled', { ...decision, source: 'setup' });
    }
    record('setup.completed', { used_by, source: 'page' });
    return user_id;
  });
  await telemetry.consents.refresh();
  return id;
}

/** What was decided about the channels that could be decided about: those that have a destination and no veto. */
function decisionsOf(chosen: SetupChoices, config: Deps['config']): ChannelChoice[] {
  return telemetryChannels.flatMap((channel) => {
    const sent = chosen[`send_${channel}`];
    if (sent === undefined || obstacleOf(channel, config) !== undefined) return [];
    return [{ channel, mode: sent === '1' ? 'auto' : 'off' }];
  });
}

/**
 * Adds a person without a browser. The first administrator completes the setup with the settings as they are, and with
 * `choices` about what may leave; of anybody else the choices are not kept.
 *
 * @returns the person's id. A second person of one address breaks the unique index.
 */
export async function addPersonByCommand(
  { change, settings, now, telemetry }: SetupDeps & Pick<Deps, 'telemetry'>,
  { name, email, password, role }: CommandPerson,
  choices: readonly ChannelChoice[] = [],
): Promise<number> {
  const password_hash = await hashPassword(password);
  const current = await settings.read();
  const id = await change({ user_id: null }, async (trx, record) => {
    // The same row as above, so that a command and a browser cannot both be first.
    await settings.write(trx, { used_by: current.used_by });
    const isFirst = role === 'admin' && !(await hasAdministrator(trx));
    const id = await addPerson(trx, { name, email, password_hash, role, locale: 'en' }, current, now());
    record('admin.user_created', { role, source: 'command' });
    if (!isFirst) return id;
    for (const choice of choices) {
      await telemetry.consents.decide(trx, { ...choice, user_id: null, source: 'command' });
      record('admin.telemetry_toggled', { ...choice, source: 'command' });
    }
    record('setup.completed', { used_by: current.used_by, source: 'command' });
    return id;
  });
  await telemetry.consents.refresh();
  return id;
}

/**
 * Gives somebody who cannot get in a new password, and ends all their sessions: this version sends no mail.
 *
 * @returns false when nobody has that address.
 */
export async function resetPasswordByCommand(
  { change }: SetupDeps,
  { email, password }: { email: string; password: string },
): Promise<boolean> {
  const password_hash = await hashPassword(password);
  return change({ user_id: null }, async (trx, record) => {
    const person = await findPersonByEmail(trx, emailKeyOf(email));
    if (!person) return false;
    await updatePerson(trx, person.id, { password_hash });
    await deleteSessions(trx, person.id);
    record('admin.user_updated', { change: 'password', source: 'command' });
    return true;
  });
}
