import { hash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import { findAuditHead, insertAudit, listAuditAfter, lockAudit, updateAuditHead } from './audit.queries.ts';
import type { AuditRow } from './audit.queries.ts';

/** What the log tells about; each has its word in the message catalogue (`audit.subject.*`). */
export const auditSubjects = [
  'person',
  'entry',
  'settings',
  'project',
  'client',
  'task',
  'rate',
  'telemetry',
  'database',
] as const;
export type AuditSubject = (typeof auditSubjects)[number];

/** What was done; each has its sentence in the message catalogue (`audit.action.*`). */
export type AuditAction =
  | 'person.invited'
  | 'person.joined'
  | 'person.updated'
  | 'person.deactivated'
  | 'person.activated'
  | 'person.deleted'
  | 'person.merged'
  | 'person.link_made'
  | 'person.link_revoked'
  | 'person.password_reset'
  | 'person.placeholder_created'
  | 'entry.created'
  | 'entry.updated'
  | 'entry.deleted'
  | 'entry.restored'
  | 'settings.updated'
  | 'project.merged'
  | 'project.member_saved'
  | 'project.member_removed'
  | 'project.visibility_changed'
  | 'task.merged'
  | 'task.comment_deleted'
  | 'client.merged'
  | 'rate.updated'
  | 'telemetry.tested'
  | 'telemetry.released'
  | 'telemetry.discarded'
  | 'database.restored';

export interface AuditEntry {
  /** Epoch milliseconds. */
  at: number;
  /** Who did it; null for a command or nobody known. */
  actor_id: number | null;
  action: AuditAction;
  subject: AuditSubject;
  subject_id: number | null;
  /** Whose it is, where it is somebody's. */
  user_id: number | null;
  /** Ids, numbers, flags and choices: no names, texts or addresses, which could not be erased from a chain. */
  content: Readonly<Record<string, AuditValue>>;
}
type AuditValue = string | number | boolean | null | readonly (string | number)[];

/** What the first record names as its predecessor's hash. */
const beginning = '0'.repeat(64);

/**
 * Writes what was done, inside the transaction that does it: neither exists without the other. Each record carries the
 * hash of the one before, and the head of the chain the number of records and the last hash: a changed or removed record
 * shows, also when it was the newest. Where the head is gone the log goes on, and checking it tells.
 */
export async function appendAudit(trx: Transaction<Database>, entry: AuditEntry): Promise<void> {
  await lockAudit(trx);
  const head = (await findAuditHead(trx)) ?? { record_count: 0, last_hash: beginning };
  const row = { ...entry, content: JSON.stringify(entry.content), previous_hash: head.last_hash };
  const last_hash = hashOf(row);
  await insertAudit(trx, { ...row, hash: last_hash });
  await updateAuditHead(trx, { record_count: head.record_count + 1, last_hash });
}

type Hashed = Omit<AuditRow, 'id' | 'hash'>;

/** SHA-256 over everything but the id, in a fixed order. */
function hashOf(row: Hashed): string {
  const { previous_hash, at, actor_id, action, subject, subject_id, user_id, content } = row;
  const parts = [previous_hash, at, actor_id, action, subject, subject_id, user_id, content];
  return hash('sha256', JSON.stringify(parts));
}

export type AuditCheck =
  | { ok: true; count: number }
  /** The first record that does not fit the one before it. */
  | { ok: false; broken: 'record'; audit_id: number }
  /** Every record fits the one before it, but these are not the `expected` ones that were written. */
  | { ok: false; broken: 'end'; count: number; expected: number }
  /** Nothing says where the log ends. */
  | { ok: false; broken: 'head' };

const rowsAtOnce = 500;

/**
 * Walks through the whole log, recomputes every hash and compares the end with what is kept of it. The log may grow
 * meanwhile: its end is read before the walk and after it.
 */
export async function verifyAudit(db: Db): Promise<AuditCheck> {
  const head = await findAuditHead(db);
  if (!head) return { ok: false, broken: 'head' };
  let previous_hash = beginning;
  let hash_at_head = beginning;
  let count = 0;
  for (let after = 0; ;) {
    const rows = await listAuditAfter(db, after, rowsAtOnce);
    for (const row of rows) {
      if (row.previous_hash !== previous_hash || hashOf(row) !== row.hash)
        return { ok: false, broken: 'record', audit_id: row.id };
      previous_hash = row.hash;
      after = row.id;
      count += 1;
      if (count === head.record_count) hash_at_head = row.hash;
    }
    if (rows.length < rowsAtOnce) break;
  }
  const expected = (await findAuditHead(db))?.record_count ?? 0;
  if (hash_at_head === head.last_hash && count >= head.record_count && count <= expected)
    return { ok: true, count };
  return { ok: false, broken: 'end', count, expected };
}
