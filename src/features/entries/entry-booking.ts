import type { Problems } from '../../http/forms.ts';
import type { RecordInChange } from '../../telemetry/record.ts';
import { localDateOf } from '../../shared/calendar.ts';
import type { Viewer } from '../access/access.queries.ts';
import { bookEntry } from './entries.ts';
import type { NewEntry, Trx } from './entries.ts';
import { auditEntry, changedBy, needsProject } from './entry-audit.ts';

type Booked = { created: boolean; problems?: undefined } | { created: false; problems: Problems };

/** Books finished time, one's own or, visibly and audited, another person's. */
export async function bookFor(
  trx: Trx,
  record: RecordInChange,
  { viewer, entry }: { viewer: Viewer; entry: NewEntry & { ended_at: number } },
  now: number,
): Promise<Booked> {
  const { user_id, what, started_at, ended_at, billable } = entry;
  const project_id = what.project?.id ?? null;
  if (project_id === null && needsProject(viewer, user_id))
    return { created: false, problems: { project_id: { key: 'entry.project_needed' } } };
  const created_by = changedBy(viewer, user_id);
  const { id, created } = await bookEntry(trx, record, { ...entry, created_by }, now);
  const task_id = what.task?.id ?? null;
  const work = { project_id, task_id, billable, description: what.description };
  const local_date = localDateOf(started_at, entry.zone) ?? '';
  const told = { id, user_id, started_at, ended_at, local_date, ...work };
  if (created) await auditEntry(trx, viewer, { action: 'entry.created', after: told }, now);
  return { created };
}
