import { hash, randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { AccountLinksTable, Database } from '../../db/schema.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { updatePerson } from '../accounts/people.queries.ts';
import { deleteSessions } from '../accounts/sessions.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import { queueLinkMail } from '../mails/mails.ts';
import {
  deleteOpenLinks,
  findLinkedPerson,
  insertLink,
  insertLinkToken,
  updateLinkUsed,
} from './links.queries.ts';
import type { LinkedPerson } from './links.queries.ts';

export type LinkKind = AccountLinksTable['kind'];

const dayMs = 86_400_000;
/** How long a link opens. A reset that a person asked for is used at once or not at all. */
const validMs: Record<LinkKind | 'own_reset', number> = {
  invitation: 7 * dayMs,
  password_reset: dayMs,
  own_reset: dayMs / 24,
};

/** The database holds only this hash, so that a copy of it lets nobody in. */
const hashToken = (token: string): string => hash('sha256', token);

export interface NewLink {
  id: number;
  token: string;
  expires_at: number;
  /** Waits to be sent; null where none was wanted. */
  mail_id: number | null;
}

const newToken = (): string => randomBytes(32).toString('base64url');

/**
 * Makes a link that opens for a person, and the mail that brings it; links made before stop working, and what was to
 * bring them is not sent any more. One that somebody asked for at the sign-in page, who may be a stranger, ends no link
 * of an administrator.
 *
 * @param link - `created_by`: the administrator; null when the person asked for it. `mail_origin`: address of this
 * server in the mail; null sends none.
 */
export async function createLink(
  trx: Transaction<Database>,
  link: {
    kind: LinkKind;
    user_id: number;
    created_by: number | null;
    now: number;
    mail_origin: string | null;
  },
): Promise<NewLink> {
  const { kind, user_id, created_by, now, mail_origin } = link;
  await deleteOpenLinks(trx, user_id, { own_only: created_by === null });
  const token = newToken();
  const expires_at = now + validMs[created_by === null ? 'own_reset' : kind];
  const id = await insertLink(trx, {
    ...{ kind, user_id, token_hash: hashToken(token), created_by, created_at: now, expires_at },
    used_at: null,
  });
  const mail_id =
    mail_origin === null
      ? null
      : await queueLinkMail(trx, { user_id, link_id: id, origin: mail_origin, expires_at, now });
  return { id, token, expires_at, mail_id };
}

/**
 * Adds a token that opens a link, for one attempt to mail it. Those of earlier attempts still open it: a mail whose
 * arrival nobody confirmed may have arrived.
 */
export async function addToken(db: Db, link_id: number): Promise<string> {
  const token = newToken();
  await insertLinkToken(db, { link_id, token_hash: hashToken(token) });
  return token;
}

/** Where a link leads: a path of this server. */
export const linkPath = (kind: LinkKind, token: string): string =>
  `${kind === 'invitation' ? '/invitation' : '/password/reset'}?token=${token}`;

/** Whom a typed or clicked token is for; undefined when it opens nothing (any more). */
export async function findInvited(
  db: Db,
  kind: LinkKind,
  token: unknown,
  now: number,
): Promise<LinkedPerson | undefined> {
  if (typeof token !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
  return findLinkedPerson(db, { kind, token_hash: hashToken(token), now });
}

/**
 * Uses a link: sets the password and ends every session and every other link, because whoever had one before may not be
 * this person.
 *
 * @returns false when another request used it first.
 */
export async function acceptLink(
  trx: Transaction<Database>,
  record: RecordInChange,
  accepted: {
    kind: LinkKind;
    person: LinkedPerson;
    name: string | undefined;
    password_hash: string;
    now: number;
  },
): Promise<boolean> {
  const { kind, person, name, password_hash, now } = accepted;
  if (!(await updateLinkUsed(trx, person.link_id, now))) return false;
  await updatePerson(trx, person.user_id, { password_hash, ...(name === undefined ? {} : { name }) });
  await deleteSessions(trx, person.user_id);
  await deleteOpenLinks(trx, person.user_id);
  await appendAudit(trx, {
    ...{ at: now, actor_id: person.user_id, subject: 'person', subject_id: person.user_id },
    action: kind === 'invitation' ? 'person.joined' : 'person.password_reset',
    ...{ user_id: person.user_id, content: {} },
  });
  if (kind === 'invitation') record('account.joined', { role: person.role });
  else record('account.password_changed', {});
  return true;
}
