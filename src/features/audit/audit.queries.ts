import { sql } from 'kysely';
import type { Insertable, Selectable, Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { isPostgres } from '../../db/lock.ts';
import type { AuditTable, Database } from '../../db/schema.ts';

export type AuditRow = Selectable<AuditTable>;

/** Number of the lock that appends to the log take on PostgreSQL; SQLite's writers wait for each other anyway. */
const lockNumber = 7_206_511;

/** Makes two transactions that append wait for each other: each record names the hash of the one before. */
export async function lockAudit(trx: Transaction<Database>): Promise<void> {
  if (isPostgres(trx)) await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(trx);
}

/** Where the chain ends: how many records there are, and the hash of the last one. */
export interface AuditHead {
  record_count: number;
  last_hash: string;
}

/** Undefined only when somebody removed it: it is there before the first record. */
export async function findAuditHead(db: Db): Promise<AuditHead | undefined> {
  return db
    .selectFrom('audit_head')
    .select(['record_count', 'last_hash'])
    .where('id', '=', 1)
    .executeTakeFirst();
}

export async function updateAuditHead(db: Db, head: AuditHead): Promise<void> {
  await db.updateTable('audit_head').set(head).where('id', '=', 1).execute();
}

export async function insertAudit(db: Db, row: Insertable<AuditTable>): Promise<void> {
  await db.insertInto('audit').values(row).execute();
}

/** The next records in the order they were written. */
export async function listAuditAfter(db: Db, id: number, limit: number): Promise<AuditRow[]> {
  return db.selectFrom('audit').selectAll().where('id', '>', id).orderBy('id').limit(limit).execute();
}

/** What the list of the log can be asked; an empty list or null asks for all. */
export interface AuditQuery {
  subject: string | null;
  /** Who did it or whose it is. */
  person_id: number | null;
  /** Epoch ms, the first included and the second not. */
  from: number | null;
  to: number | null;
  /** Only records before this one. */
  before_id: number | null;
  limit: number;
}

export interface ListedAudit {
  id: number;
  at: number;
  action: string;
  subject: string;
  subject_id: number | null;
  content: string;
  actor_id: number | null;
  actor_name: string | null;
  user_id: number | null;
  user_name: string | null;
}

/** Records with the names of the people as they are called now, newest first. */
export async function listAudit(db: Db, query: AuditQuery): Promise<ListedAudit[]> {
  const { subject, person_id, from, to, before_id, limit } = query;
  return db
    .selectFrom('audit')
    .leftJoin('users as actor', 'actor.id', 'audit.actor_id')
    .leftJoin('users as owner', 'owner.id', 'audit.user_id')
    .select(['audit.id', 'at', 'action', 'subject', 'subject_id', 'content', 'actor_id', 'audit.user_id'])
    .select(['actor.name as actor_name', 'owner.name as user_name'])
    .$if(subject !== null, (rows) => rows.where('subject', '=', subject))
    .$if(person_id !== null, (rows) =>
      rows.where((where) =>
        where.or([where('actor_id', '=', person_id), where('audit.user_id', '=', person_id)]),
      ),
    )
    .$if(from !== null, (rows) => rows.where('at', '>=', from))
    .$if(to !== null, (rows) => rows.where('at', '<', to))
    .$if(before_id !== null, (rows) => rows.where('audit.id', '<', before_id))
    .orderBy('audit.id', 'desc')
    .limit(limit)
    .execute();
}

/** Descriptions of those of these entries that are there. */
export async function mapEntryTexts(db: Db, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('entries')
    .select(['id', 'description'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, description }) => [id, description]));
}
