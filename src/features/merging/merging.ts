import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { lockPerson } from '../../db/lock.ts';
import type { Database } from '../../db/schema.ts';
import type { Change, RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import { requireManagedClient } from '../clients/clients.ts';
import { requireManagedProject } from '../projects/projects.ts';
import { requireManagedTask } from '../tasks/tasks.ts';
import { retryConflict } from '../work/conflicts.ts';
import {
  countCommentsOf,
  countEntriesOf,
  countEntriesOfTask,
  countRatesOf,
  countTasksOf,
  findEntryIds,
  listPeopleOn,
  listProjectPairs,
  mergeNamesakes,
  mergePeople,
  moveComments,
  moveEntries,
  moveProjects,
  removeEmptiedClient,
  removeEmptiedProject,
  removeEmptiedTask,
} from './merging.queries.ts';
import type { Mover, ProjectPair } from './merging.queries.ts';

/** Duplicates of projects, clients and tasks become one, in one transaction: what was booked goes over, nothing is lost. */

type Trx = Transaction<Database>;
export type MergeKind = 'project' | 'client' | 'task';

export interface MergeWish {
  kind: MergeKind;
  /** What is merged and then gone. */
  from: number | undefined;
  into: number | undefined;
}

/** What a merge would move. */
export interface MergePreview {
  from: { id: number; name: string };
  into: { id: number; name: string };
  entries: number;
  /** Of a client. */
  projects: number;
  /** Projects that have a namesake there and are merged with it. */
  merged_projects: number;
  tasks: number;
  merged_tasks: number;
  comments: number;
  /** Rates that go: those of what stays hold. */
  rates: number;
  /** Why it cannot be. */
  refused: 'merging.same' | 'merging.currencies' | 'merging.other_project' | null;
}

const nothing = { projects: 0, merged_projects: 0, tasks: 0, merged_tasks: 0, comments: 0, rates: 0 };

/** Looks at what a merge would do. Throws not found or `forbidden` when the viewer may not change one of the two. */
export async function previewMerge(db: Db, viewer: Viewer, wish: MergeWish): Promise<MergePreview> {
  if (wish.kind === 'project') return previewProjects(db, viewer, wish);
  return wish.kind === 'client' ? previewClients(db, viewer, wish) : previewTasks(db, viewer, wish);
}

async function previewProjects(db: Db, viewer: Viewer, wish: MergeWish): Promise<MergePreview> {
  const from = await requireManagedProject(db, viewer, wish.from);
  const into = await requireManagedProject(db, viewer, wish.into);
  const { tasks, namesakes } = await countTasksOf(db, { from: from.id, into: into.id });
  return {
    ...nothing,
    ...{ from, into, tasks, merged_tasks: namesakes },
    entries: await countEntriesOf(db, [from.id]),
    rates: await countRatesOf(db, from.id),
    refused: from.id === into.id ? 'merging.same' : null,
  };
}

async function previewClients(db: Db, viewer: Viewer, wish: MergeWish): Promise<MergePreview> {
  const from = await requireManagedClient(db, viewer, wish.from);
  const into = await requireManagedClient(db, viewer, wish.into);
  const pairs = await listProjectPairs(db, { from: from.id, into: into.id });
  const refused =
    from.id === into.id
      ? ('merging.same' as const)
      : from.currency === into.currency
        ? null
        : // Its projects' rates and budgets would be amounts of another currency at once.
          ('merging.currencies' as const);
  return {
    ...nothing,
    ...{ from, into, projects: pairs.length, refused },
    merged_projects: pairs.filter((pair) => pair.into !== null).length,
    entries: await countEntriesOf(
      db,
      pairs.map((pair) => pair.from),
    ),
  };
}

async function previewTasks(db: Db, viewer: Viewer, wish: MergeWish): Promise<MergePreview> {
  const from = await requireManagedTask(db, viewer, wish.from);
  const into = await requireManagedTask(db, viewer, wish.into);
  return {
    ...nothing,
    ...{ from, into },
    entries: await countEntriesOfTask(db, from.id),
    comments: await countCommentsOf(db, from.id),
    refused:
      from.id === into.id
        ? 'merging.same'
        : from.project_id === into.project_id
          ? null
          : 'merging.other_project',
  };
}

/** A preview in a few characters, for a form to carry. */
export const shownMerge = (preview: MergePreview): string =>
  [
    preview.entries,
    preview.projects,
    preview.tasks,
    preview.merged_tasks,
    preview.comments,
    preview.rates,
  ].join('-');

/**
 * Merges, when it is still as it was shown.
 *
 * @returns false when it is not, or cannot be: nothing was changed then.
 */
export function merge(
  change: Change,
  viewer: Viewer,
  { wish, shown, now }: { wish: MergeWish; shown: string; now: number },
): Promise<MergePreview | false> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const preview = await previewMerge(trx, viewer, wish);
      if (preview.refused !== null || shownMerge(preview) !== shown) return false;
      const pair = { from: preview.from.id, into: preview.into.id };
      const mover = { id: viewer.id, now };
      if (wish.kind === 'project') await mergeProject(trx, pair, mover);
      else if (wish.kind === 'client') await mergeClient(trx, pair, mover);
      else await mergeTask(trx, pair, mover);
      recordMerge(record, wish.kind, { into: pair.into, row_count: preview.entries });
      await appendAudit(trx, {
        ...{ at: now, actor_id: viewer.id, subject: wish.kind, subject_id: pair.into, user_id: null },
        ...{ action: `${wish.kind}.merged`, content: { merged_id: pair.from, entries: preview.entries } },
      });
      return preview;
    }),
  );
}

function recordMerge(
  record: RecordInChange,
  kind: MergeKind,
  { into, row_count }: { into: number; row_count: number },
): void {
  if (kind === 'project') record('project.merged', { project_id: into, row_count });
  else if (kind === 'client') record('client.merged', { client_id: into, row_count });
  else record('task.merged', { task_id: into, row_count });
}

/** So many ids at a time: the embedded database works on one thread, and a server must answer its probes meanwhile. */
const idsAtATime = 20_000;

async function moveAll(
  trx: Trx,
  column: 'project_id' | 'task_id',
  moved: ProjectPair & { mover: Mover },
): Promise<void> {
  const { first, last } = await findEntryIds(trx);
  for (let from = first; from <= last; from += idsAtATime)
    await moveEntries(trx, column, { ...moved, range: { first: from, last: from + idsAtATime - 1 } });
}

async function mergeProject(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  for (const user_id of await listPeopleOn(trx, [pair.from])) await lockPerson(trx, user_id);
  await moveAll(trx, 'project_id', { ...pair, mover });
  await mergeNamesakes(trx, pair);
  await mergePeople(trx, pair);
  await removeEmptiedProject(trx, pair.from);
}

async function mergeClient(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  const projects = await listProjectPairs(trx, pair);
  for (const { from, into } of projects) if (into !== null) await mergeProject(trx, { from, into }, mover);
  const ids = projects.filter(({ into }) => into === null).map(({ from }) => from);
  await moveProjects(trx, { ids, into: pair.into });
  await removeEmptiedClient(trx, pair.from);
}

async function mergeTask(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  await moveAll(trx, 'task_id', { ...pair, mover });
  await moveComments(trx, pair);
  await removeEmptiedTask(trx, pair.from);
}
