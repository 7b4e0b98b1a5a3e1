import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { lockPerson } from '../../db/lock.ts';
import type { Database } from '../../db/schema.ts';
import type { Change, RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { appendAudit } from '../audit/audit.ts';
import { requireManagedClient } from '../clients/clients.ts';
import { requireManagedProject } from '../projects/projects.ts';
import type { ProjectRow } from '../projects/projects.queries.ts';
import { findOwnCurrency } from '../rates/entry-rates.ts';
import { requireManagedTask } from '../tasks/tasks.ts';
import { retryConflict } from '../work/conflicts.ts';
import { listKeptPeople, rewriteKeptCopies } from '../work/kept-copies.queries.ts';
import {
  countCommentsOf,
  countEntriesOf,
  countEntriesOfTask,
  countRatesOf,
  countRatesOfScope,
  countTasksOf,
  countTasksThatLose,
  fillDescription,
  fillTask,
  findEntryIds,
  listPeopleOn,
  listProjectPairs,
  mapNamesakes,
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
  /** What it has of its own that goes, because what stays has another. */
  lost: LostField[];
  /** Tasks that are merged with a namesake and lose a description, an estimate or a due date. */
  losing_tasks: number;
  /** Why it cannot be. */
  refused: 'merging.same' | 'merging.currencies' | 'merging.other_project' | null;
}

export type LostField = 'description' | 'code' | 'dates' | 'budget' | 'estimate';

const nothing = {
  ...{ projects: 0, merged_projects: 0, tasks: 0, merged_tasks: 0, comments: 0, rates: 0 },
  ...{ lost: [], losing_tasks: 0 },
};

/** Fields of which both have one, and another. What is null, empty or undefined is none. */
const clashing = (fields: [LostField, string | number | null, string | number | null][]): LostField[] => [
  ...new Set(
    fields.flatMap(([field, gone, stays]) =>
      gone === null || gone === '' || gone === stays
        ? []
        : field === 'description' && stays === ''
          ? []
          : [field],
    ),
  ),
];

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
    rates: await countRatesOf(db, { from: from.id, into: into.id }),
    lost: lostOfProject(from, into),
    losing_tasks: await countTasksThatLose(db, { from: from.id, into: into.id }),
    refused: await refusalOf(db, [from.id, from.client_currency], [into.id, into.client_currency]),
  };
}

/** Amounts of two currencies are never added: rates and budgets would mean something else at once. */
async function refusalOf(
  db: Db,
  [from, from_currency]: [number, string | null],
  [into, into_currency]: [number, string | null],
): Promise<MergePreview['refused']> {
  if (from === into) return 'merging.same';
  const own = await findOwnCurrency(db);
  return (from_currency ?? own) === (into_currency ?? own) ? null : 'merging.currencies';
}

const budgetText = ({ budget_seconds, budget_cents, budget_period }: ProjectRow): string =>
  budget_seconds === null && budget_cents === null
    ? ''
    : [budget_seconds, budget_cents, budget_period].join('-');

const lostOfProject = (from: ProjectRow, into: ProjectRow): LostField[] =>
  clashing([
    ['description', from.description, into.description],
    ['code', from.code, into.code],
    ['dates', from.start_date, into.start_date],
    ['dates', from.due_date, into.due_date],
    ['budget', budgetText(from), budgetText(into)],
  ]);

async function previewClients(db: Db, viewer: Viewer, wish: MergeWish): Promise<MergePreview> {
  const from = await requireManagedClient(db, viewer, wish.from);
  const into = await requireManagedClient(db, viewer, wish.into);
  const pairs = await listProjectPairs(db, { from: from.id, into: into.id });
  let rates = await countRatesOfScope(db, `client:${from.id}`);
  let losing_tasks = 0;
  for (const pair of pairs) {
    if (pair.into === null) continue;
    rates += await countRatesOf(db, { from: pair.from, into: pair.into });
    losing_tasks += await countTasksThatLose(db, { from: pair.from, into: pair.into });
  }
  return {
    ...nothing,
    ...{ from, into, projects: pairs.length, rates, losing_tasks },
    lost: clashing([
      ['description', from.description, into.description],
      ['code', from.code, into.code],
    ]),
    refused: await refusalOf(db, [from.id, from.currency], [into.id, into.currency]),
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
    rates: await countRatesOfScope(db, `task:${from.id}`),
    lost: clashing([
      ['description', from.description, into.description],
      ['estimate', into.estimate_seconds === null ? null : from.estimate_seconds, into.estimate_seconds],
      ['dates', into.due_date === null ? null : from.due_date, into.due_date],
    ]),
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
    preview.losing_tasks,
    ...preview.lost,
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

/** So many ids at a time, and then a turn for everybody else: the embedded database works on this thread. */
const idsAtATime = 1_000;

async function moveAll(
  trx: Trx,
  column: 'project_id' | 'task_id',
  moved: ProjectPair & { mover: Mover },
): Promise<void> {
  const { first, last } = await findEntryIds(trx);
  for (let from = first; from <= last; from += idsAtATime) {
    await moveEntries(trx, column, { ...moved, range: { first: from, last: from + idsAtATime - 1 } });
    await nextTurn();
  }
}

async function mergeProject(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  const people = [...(await listPeopleOn(trx, [pair.from])), ...(await listKeptPeople(trx))];
  for (const user_id of [...new Set(people)].sort((one, other) => one - other))
    await lockPerson(trx, user_id);
  await moveAll(trx, 'project_id', { ...pair, mover });
  const namesakes = await mapNamesakes(trx, pair);
  // What can be put back belongs there as well: else it would come back without a project, and not to its managers.
  await rewriteKeptCopies(trx, ({ project_id, task_id }) =>
    project_id === pair.from
      ? { project_id: pair.into, task_id: namesakes.get(task_id ?? 0) ?? task_id }
      : undefined,
  );
  await mergeNamesakes(trx, pair);
  await fillDescription(trx, 'projects', pair);
  await mergePeople(trx, pair);
  await removeEmptiedProject(trx, pair.from);
}

async function mergeClient(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  const projects = await listProjectPairs(trx, pair);
  for (const { from, into } of projects) if (into !== null) await mergeProject(trx, { from, into }, mover);
  const ids = projects.filter(({ into }) => into === null).map(({ from }) => from);
  await moveProjects(trx, { ids, into: pair.into });
  await fillDescription(trx, 'clients', pair);
  await removeEmptiedClient(trx, pair.from);
}

async function mergeTask(trx: Trx, pair: ProjectPair, mover: Mover): Promise<void> {
  for (const user_id of await listKeptPeople(trx)) await lockPerson(trx, user_id);
  await moveAll(trx, 'task_id', { ...pair, mover });
  await rewriteKeptCopies(trx, ({ task_id }) => (task_id === pair.from ? { task_id: pair.into } : undefined));
  await moveComments(trx, pair);
  await fillTask(trx, pair);
  await removeEmptiedTask(trx, pair.from);
}
