import type { Viewer } from '../access/access.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import type { AuditAction } from '../audit/audit.ts';
import { leaveEntryNotice } from '../notices/entry-notices.ts';
import type { Trx } from './entries.ts';
import type { Entry } from './entries.queries.ts';

/** What the entry says about who changed it: nobody in particular, when that was the person whose time it is. */
export const changedBy = (viewer: Viewer, owner_id: number): number | null =>
  viewer.id === owner_id ? null : viewer.id;

/**
 * True when time must have a project: managers book for others on the projects they manage, and without one they would
 * lose sight of it.
 */
export const needsProject = (viewer: Viewer, owner_id: number): boolean =>
  viewer.id !== owner_id && viewer.role !== 'admin';

type Told = Pick<
  Entry,
  | 'id'
  | 'user_id'
  | 'project_id'
  | 'task_id'
  | 'started_at'
  | 'ended_at'
  | 'local_date'
  | 'billable'
  | 'description'
>;

interface EntryChange {
  action: Extract<AuditAction, `entry.${string}`>;
  before?: Told;
  after?: Told;
}

/** Tells the audit log, and whose time it is, of a change to another person's time; one's own is one's own business. */
export async function auditEntry(trx: Trx, viewer: Viewer, change: EntryChange, now: number): Promise<void> {
  await auditEntries(trx, viewer, [change], now);
}

/** The same of several entries, which were all changed in the same way; one's own among them are passed over. */
export async function auditEntries(
  trx: Trx,
  viewer: Viewer,
  changes: readonly EntryChange[],
  now: number,
): Promise<void> {
  const by_owner = new Map<number, Told[]>();
  for (const { action, before, after } of changes) {
    const entry = after ?? before;
    if (!entry || viewer.id === entry.user_id) continue;
    await appendAudit(trx, {
      ...{ at: now, actor_id: viewer.id, action, subject: 'entry', subject_id: entry.id },
      ...{ user_id: entry.user_id, content: contentOf(before, after) },
    });
    by_owner.set(entry.user_id, [...(by_owner.get(entry.user_id) ?? []), entry]);
  }
  const change = changes[0] && changeNames[changes[0].action];
  if (!change) return;
  for (const [owner_id, entries] of by_owner)
    await leaveEntryNotice(trx, { owner_id, actor_id: viewer.id, change, entries }, now);
}

const changeNames = {
  'entry.created': 'created',
  'entry.updated': 'updated',
  'entry.deleted': 'deleted',
  'entry.restored': 'restored',
} as const;

function contentOf(before: Told | undefined, after: Told | undefined) {
  const content: Record<string, string | number | boolean | null> = {};
  for (const field of ['project_id', 'task_id', 'started_at', 'ended_at', 'billable'] as const) {
    if (before && before[field] !== after?.[field]) content[`${field}_before`] = before[field];
    if (after && before?.[field] !== after[field]) content[field] = after[field];
  }
  // The text itself stays out: a chain cannot forget.
  if (before && after) content['description_changed'] = before.description !== after.description;
  return content;
}
