import type { Db } from '../../db/connect.ts';
import type { Attempts } from './attempts.ts';
import { verifyPassword } from './passwords.ts';
import { emailKeyOf } from './people.ts';
import { findPersonByEmail } from './people.queries.ts';

export type SignIn =
  | { outcome: 'signed_in'; user_id: number }
  | ({ outcome: 'refused'; reason: 'credentials' | 'deactivated' } & Typed)
  | ({ outcome: 'limited'; resets_at: number } & Typed);

/** Whose address was typed, by whomever. */
interface Typed {
  /** They want nothing about them to leave. */
  objects: boolean;
}

interface SignInDeps {
  db: Db;
  attempts: Attempts;
  /** Attempts an account has within the window. */
  limit: number;
}

/** Counter of one account's attempts, whether the account exists or not. */
export const accountScope = 'account';

/**
 * Checks e-mail and password. An unknown address, a wrong password and a person who left cost the same time, and the
 * caller answers them alike. Attempts are counted before the password is looked at: parallel guesses gain nothing.
 */
export async function checkSignIn(
  { db, attempts, limit }: SignInDeps,
  typed: { email: string; password: string },
): Promise<SignIn> {
  const email_key = emailKeyOf(typed.email);
  const { hits, resets_at } = await attempts.add(accountScope, email_key);
  const person = await findPersonByEmail(db, email_key);
  const objects = person?.analytics_choice === 'out';
  if (hits > limit) return { outcome: 'limited', resets_at, objects };
  const matches = await verifyPassword(typed.password, person?.password_hash ?? undefined);
  if (!person || !matches) return { outcome: 'refused', reason: 'credentials', objects };
  if (person.deactivated_at !== null) return { outcome: 'refused', reason: 'deactivated', objects };
  await attempts.clear(accountScope, email_key);
  return { outcome: 'signed_in', user_id: person.id };
}
