import type { Db } from '../../db/connect.ts';
import type { Role } from '../../db/schema.ts';
import { foldCase } from '../../shared/text.ts';
import type { Settings } from '../settings/settings.ts';
import { findPersonByEmail, insertPerson } from './people.queries.ts';

/** The key under which an e-mail address is looked up: case does not matter. */
export const emailKeyOf = (email: string): string => foldCase(email);

export interface NewPerson {
  email: string;
  name: string;
  password_hash: string;
  role: Role;
  locale: string;
}

/**
 * Adds a person with the instance's zone, week and duration format.
 *
 * @returns the new person's id. A second person of one address breaks the unique index.
 */
export async function addPerson(
  db: Db,
  person: NewPerson,
  settings: Pick<Settings, 'time_zone' | 'week_start' | 'duration_format'>,
  now: number,
): Promise<number> {
  const { time_zone, week_start, duration_format } = settings;
  return insertPerson(db, {
    ...person,
    email_key: emailKeyOf(person.email),
    time_zone,
    week_start,
    duration_format,
    theme: 'system',
    created_at: now,
    deactivated_at: null,
  });
}

/** True when somebody else has this address. */
export async function isEmailTaken(db: Db, email: string, own_id: number | null): Promise<boolean> {
  const found = await findPersonByEmail(db, emailKeyOf(email));
  return found !== undefined && found.id !== own_id;
}
