import type { Deps } from '../../deps.ts';
import type { Attempts } from '../accounts/attempts.ts';
import { emailKeyOf } from '../accounts/people.ts';
import { findPersonByEmail } from '../accounts/people.queries.ts';
import { mailLink } from './link-mail.ts';
import { sendLinkMailAgain } from '../mails/mails.ts';
import { createLink } from './links.ts';
import { findOpenInvitation } from './links.queries.ts';

/** Mails that one account gets within a quarter of an hour, however often somebody asks. */
const mailsPerAccount = 3;

/**
 * Mails a link for a new password to whoever has that address, or their invitation once more while that opens; in the
 * background, and silently for nobody. Strangers can ask, so nothing that opens now stops opening by it.
 */
export function sendOwnReset(deps: Deps, attempts: Attempts, email: string): void {
  send(deps, attempts, email).catch((error: unknown) =>
    deps.log.logger.warn({ err: error }, 'a password link was not made'),
  );
}

async function send(deps: Deps, attempts: Attempts, email: string): Promise<void> {
  const { db, config, now } = deps;
  const { hits } = await attempts.add('forgot_account', emailKeyOf(email));
  const person = await findPersonByEmail(db, emailKeyOf(email));
  if (hits > mailsPerAccount || !person || person.deactivated_at !== null) return;
  const origin = (config.public_url ?? '').replace(/\/$/, '');
  const asked = { user_id: person.id, now: Math.floor(now() / 1000) * 1000 };
  const mail_id = await deps.change({ user_id: null }, async (trx) => {
    const invitation = await findOpenInvitation(trx, person.id, asked.now);
    if (invitation) {
      const { id: link_id, expires_at } = invitation;
      return sendLinkMailAgain(trx, { ...asked, link_id, expires_at, origin });
    }
    const link = { kind: 'password_reset' as const, ...asked, created_by: null, mail_origin: origin };
    return (await createLink(trx, link)).mail_id;
  });
  mailLink(deps, mail_id);
}
