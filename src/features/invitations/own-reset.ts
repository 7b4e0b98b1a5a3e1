import type { Deps } from '../../deps.ts';
import type { Attempts } from '../accounts/attempts.ts';
import { emailKeyOf } from '../accounts/people.ts';
import { findPersonByEmail } from '../accounts/people.queries.ts';
import { mailLink } from './link-mail.ts';
import { createLink } from './links.ts';

/** Mails that one account gets within a quarter of an hour, however often somebody asks. */
const mailsPerAccount = 3;

/** Mails a link for a new password to whoever has that address; in the background, and silently for nobody. */
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
  const made = {
    ...{ user_id: person.id, created_by: null, now: Math.floor(now() / 1000) * 1000 },
    mail_origin: (config.public_url ?? '').replace(/\/$/, ''),
  };
  const link = await deps.change({ user_id: null }, (trx) =>
    createLink(trx, { kind: 'password_reset', ...made }),
  );
  mailLink(deps, link.mail_id);
}
