import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Problems } from '../../http/forms.ts';
import { sentences } from '../../http/forms.ts';
import type { Person } from '../../http/express-locals.ts';
import { personOf } from '../../http/person.ts';
import { notFound } from '../../shared/errors.ts';
import { listTaskChoices } from '../tasks/task-choice.queries.ts';
import type { ChoiceWish } from '../work/choice-list.ts';
import { wishOf } from '../work/choice.forms.ts';
import type { BulkResult } from './entry-bulk.ts';
import type { Entry } from './entries.queries.ts';
import { versionsOf } from './entry-bulk-plan.ts';
import { listSelectedRows, listTagsOfEntries, listVisibleByIds } from './entry-bulk.queries.ts';
import type { EntryRow } from './entry-rows.queries.ts';
import { listBookableChoices } from './project-choice.queries.ts';

type Blocked = Extract<BulkResult, { outcome: 'blocked' }>;

interface BulkPage {
  /** None when the selection itself was refused. */
  ids: readonly number[];
  return_to: string;
  /** What was typed in a form that was refused; the page has status 422 then. */
  refused?: { problems: Problems; values?: Record<string, string>; removed?: string[]; blocked?: Blocked };
}

/** A form has at most 200 fields. */
const tagsInList = 100;

/**
 * Shows the form that changes several entries at once, with the entries, and what cannot be done to which of them.
 *
 * @throws not found when none of them is the viewer's to change.
 */
export async function showBulkPage(deps: Deps, req: Request, res: Response, page: BulkPage): Promise<void> {
  const { ids, return_to, refused } = page;
  const viewer = personOf(res);
  const entries = await listVisibleByIds(deps.db, viewer, ids);
  if (ids.length > 0 && entries.length === 0) throw notFound('entry');
  const { t } = res.locals.functions;
  const rows = await listSelectedRows(deps.db, viewer, ids);
  await deps.page(
    req,
    res,
    'entries/bulk',
    {
      title: t('bulk.title', { count: entries.length }),
      ids: entries.map(({ id }) => id).join(','),
      seen: versionsOf(entries),
      rows: withReasons(rows, refused?.blocked, res),
      sees_others: rows.some(({ user_id }) => user_id !== viewer.id),
      total_seconds: rows.reduce((sum, { duration_seconds }) => sum + (duration_seconds ?? 0), 0),
      missing: ids.length - entries.length,
      agreement: refused?.blocked && refused.blocked.rest > 0 ? agreementOf(refused.blocked) : null,
      values: refused?.values ?? {},
      removed: refused?.removed ?? [],
      problems: sentences(refused?.problems ?? {}, t),
      ...(await choicesFor(deps, viewer, entries, wishOf(req, 'project_id'))),
      return_to,
    },
    refused ? 422 : 200,
  );
}

const agreementOf = ({ agreement, rest }: Blocked) => ({
  value: agreement,
  rest,
  is_deletion: agreement.startsWith('delete:'),
});

/** Those that stay as they are come first: they are what the page asks about. */
function withReasons(rows: readonly EntryRow[], blocked: Blocked | undefined, res: Response) {
  const { t } = res.locals.functions;
  const told = rows.map((row) => {
    const reason = blocked?.blocks.get(row.id);
    return { ...row, reason: reason === undefined ? null : t(`bulk.blocked.${reason}`) };
  });
  return [...told.filter(({ reason }) => reason !== null), ...told.filter(({ reason }) => reason === null)];
}

/** Projects that the viewer sees, tasks of the project that is chosen or that all entries have, and the tags they have. */
async function choicesFor(deps: Deps, viewer: Person, entries: readonly Entry[], wish: ChoiceWish) {
  const booking = { viewer, owner_id: viewer.id };
  const shared = new Set(entries.map(({ project_id }) => project_id));
  const common = shared.size === 1 ? (entries[0]?.project_id ?? null) : null;
  const project_id = wish.chosen ?? common;
  const projects = await listBookableChoices(deps.db, booking, wish);
  return {
    // One entry makes the page that the search asks for: the list is the same.
    projects: { ...projects, q: wish.q, from: `/entries/bulk?id=${entries[0]?.id ?? ''}` },
    tasks: await listTaskChoices(deps.db, viewer, { project_id, assignee_id: viewer.id }),
    tags: await listTagsOfEntries(
      deps.db,
      entries.map(({ id }) => id),
      tagsInList,
    ),
  };
}
