import type { Db } from '../../db/connect.ts';
import { mapRateNames } from '../rates/rate-places.queries.ts';
import type { RateNames } from '../rates/rate-places.queries.ts';
import type { RateScope } from '../rates/rates.ts';
import { readScope } from '../rates/rates.ts';
import type { AuditEntry } from '../audit/audit.ts';
import { mapEntryTexts } from '../audit/audit.queries.ts';
import type { ListedAudit } from '../audit/audit.queries.ts';

/** A record as it was written: field -> value. */
export type AuditContent = AuditEntry['content'];

/** What records are about, as it is called now; what is gone has no name. */
export interface AuditNames extends RateNames {
  entries: ReadonlyMap<number, string>;
}

export const contentOf = (row: Pick<ListedAudit, 'content'>): AuditContent =>
  JSON.parse(row.content) as AuditContent;

/** Names of everything that some records name by id, in five statements at most, whatever their number. */
export async function mapAuditNames(db: Db, rows: readonly ListedAudit[]): Promise<AuditNames> {
  const entries = rows.flatMap(({ subject, subject_id }) =>
    subject === 'entry' && subject_id !== null ? [subject_id] : [],
  );
  return {
    ...(await mapRateNames(db, rows.flatMap(placesOf))),
    entries: await mapEntryTexts(db, [...new Set(entries)]),
  };
}

/** Projects, tasks, clients and people of a record, each as a rate would name it. */
function placesOf(row: ListedAudit): RateScope[] {
  const { subject, subject_id: id } = row;
  const content = contentOf(row);
  const ids = (...names: string[]): number[] =>
    names.flatMap((name) => content[name]).filter((value) => typeof value === 'number');
  const scope = typeof content['scope'] === 'string' ? readScope(content['scope']) : undefined;
  const project_ids = [
    ...ids('project_id', 'project_id_before', 'project_ids'),
    ...(subject === 'project' && id !== null ? [id] : []),
  ];
  const task_ids = [...ids('task_id', 'task_id_before'), ...(subject === 'task' && id !== null ? [id] : [])];
  return [
    ...project_ids.map((project_id): RateScope => ({ level: 'project', project_id })),
    ...task_ids.map((task_id): RateScope => ({ level: 'task', task_id })),
    ...(subject === 'client' && id !== null ? [{ level: 'client', client_id: id } as const] : []),
    ...(scope ? [scope] : []),
  ];
}
