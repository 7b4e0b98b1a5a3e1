import { hash } from 'node:crypto';
import type { Flag } from '../../db/schema.ts';
import type { Db } from '../../db/connect.ts';
import type { Problems } from '../../http/forms.ts';
import { managesProject } from '../access/access.queries.ts';
import type { Viewer } from '../access/access.queries.ts';
import type { Entry } from './entries.queries.ts';
import type { BulkForm } from './entry-bulk.forms.ts';
import { needsProject } from './entry-audit.ts';
import { understandWhat } from './entry-text.ts';
import type { ProjectState } from './project-choice.queries.ts';

/** What is to become of every entry of a selection; what is undefined stays as each of them has it. */
export interface BulkChange {
  description?: string | undefined;
  project?: ProjectState | null | undefined;
  task_id?: number | null | undefined;
  billable?: Flag | undefined;
  add_tags: readonly string[];
  remove_tag_ids: readonly number[];
}

/** Why an entry stays as it is; each has its sentence in the message catalogue (`bulk.blocked.*`). */
export type BlockReason = 'project_needed' | 'not_managed' | 'running';

type Asked = Pick<
  BulkForm,
  'text' | 'clear_description' | 'project_id' | 'task_id' | 'billable' | 'remove_tag_id'
>;

/** Understands the form with the same rules as the form of one entry. */
export async function understandBulk(
  db: Db,
  viewer: Viewer,
  asked: Asked,
): Promise<{ ok: true; change: BulkChange } | { ok: false; problems: Problems }> {
  const { text, project_id, task_id } = asked;
  const chosen = { text, project_id: project_id ?? undefined, task_id: task_id ?? undefined };
  const understood = await understandWhat(db, { viewer, owner_id: viewer.id }, chosen);
  if (!understood.ok) return understood;
  const { description, project, task, tag_names } = understood.what;
  const problems: Problems = {};
  if (project && project_id === null) problems['project_id'] = { key: 'bulk.none_and_named' };
  if (description !== '' && asked.clear_description)
    problems['clear_description'] = { key: 'bulk.text_and_none' };
  const change: BulkChange = {
    description: description === '' && !asked.clear_description ? undefined : description,
    project: project ?? (project_id === null ? null : undefined),
    task_id: task?.id ?? (task_id === null ? null : undefined),
    billable: asked.billable === '' ? undefined : asked.billable === '1' ? 1 : 0,
    ...{ add_tags: tag_names, remove_tag_ids: asked.remove_tag_id },
  };
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  return asksNothing(change)
    ? { ok: false, problems: { form: { key: 'bulk.nothing_asked' } } }
    : { ok: true, change };
}

function asksNothing({ add_tags, remove_tag_ids, ...set }: BulkChange): boolean {
  const isSet = Object.values(set).some((value) => value !== undefined);
  return !isSet && add_tags.length === 0 && remove_tag_ids.length === 0;
}

/** What an entry becomes. */
export type Work = Pick<Entry, 'description' | 'project_id' | 'task_id' | 'billable'>;

/** The entry after the change: like the form of one entry, another project takes the task away and brings its default. */
export function workAfter(entry: Entry, change: BulkChange): Work {
  const project_id = change.project === undefined ? entry.project_id : (change.project?.id ?? null);
  const moves = project_id !== entry.project_id;
  const default_billable = moves && change.project ? change.project.billable : entry.billable;
  return {
    description: change.description ?? entry.description,
    project_id,
    task_id: change.task_id === undefined ? (moves ? null : entry.task_id) : change.task_id,
    billable: change.billable ?? default_billable,
  };
}

/** Why the change cannot be made to an entry of somebody else; one's own can take whatever the form could. */
export async function blocksOfChange(
  db: Db,
  viewer: Viewer,
  entries: readonly Entry[],
  change: BulkChange,
): Promise<Map<number, BlockReason>> {
  const blocks = new Map<number, BlockReason>();
  const { project } = change;
  const others = entries.filter(
    (entry) => entry.user_id !== viewer.id && workAfter(entry, change).project_id !== entry.project_id,
  );
  if (others.length === 0) return blocks;
  const manages = project ? await managesProject(db, viewer, project.id) : false;
  for (const { id, user_id } of others) {
    if (!project && needsProject(viewer, user_id)) blocks.set(id, 'project_needed');
    else if (project && !manages) blocks.set(id, 'not_managed');
  }
  return blocks;
}

/** A timer that runs is discarded where one sees it run, not among many others. */
export const blocksOfDeletion = (entries: readonly Entry[]): Map<number, BlockReason> =>
  new Map(entries.filter(({ ended_at }) => ended_at === null).map(({ id }) => [id, 'running']));

/** Names the versions of some entries: another one when any of them was changed since. */
export const versionsOf = (entries: readonly Entry[]): string =>
  fingerprint(entries.map(({ id, updated_at }) => `${id}:${updated_at}`));

/** What somebody agrees to leave out: another one when these entries or their reasons are others. */
export const agreementTo = (action: 'change' | 'delete', blocks: ReadonlyMap<number, BlockReason>): string =>
  `${action}:${fingerprint([...blocks].map(([id, reason]) => `${id}:${reason}`))}`;

const fingerprint = (parts: readonly string[]): string =>
  hash('sha256', [...parts].sort().join('\n')).slice(0, 32);
