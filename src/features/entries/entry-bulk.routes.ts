import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import type { Problems } from '../../http/forms.ts';
import { answerInvalid, readForm, returnPath } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { notFound } from '../../shared/errors.ts';
import { searchProblems } from '../work/choice-list.ts';
import { retryConflict } from '../work/conflicts.ts';
import { wholeSecond } from './entries.ts';
import { changeSelection } from './entry-bulk.ts';
import type { BulkResult } from './entry-bulk.ts';
import { bulkForm, bulkMost, listedIds, selectedIds } from './entry-bulk.forms.ts';
import type { BulkForm } from './entry-bulk.forms.ts';
import { showBulkPage } from './entry-bulk-page.ts';
import { tell } from './entry-flash.ts';
import { backPath } from './entry-page.ts';

/** Shows what would be done to the selected entries: `?id=1&id=2`. */
export async function showBulk(deps: Deps, req: Request, res: Response): Promise<void> {
  const ids = selectedIds(req.query['id']);
  if (!ids) throw notFound('entry');
  const problems = selectionProblems(ids);
  await showBulkPage(deps, req, res, {
    ids: problems ? [] : ids,
    return_to: returnPath(req.query['return_to'], '/timer'),
    ...(problems ? { refused: { problems } } : {}),
  });
}

/** What is wrong with a selection itself. */
function selectionProblems(ids: readonly number[]): Problems | undefined {
  if (ids.length === 0) return { form: { key: 'bulk.none_selected' } };
  if (ids.length > bulkMost)
    return { form: { key: 'bulk.too_many', values: { maximum: bulkMost, selected: ids.length } } };
  return undefined;
}

/** Changes or deletes the selected entries, all of them or none; what cannot change is asked about first. */
export async function changeBulk(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const form = readForm(bulkForm, req.body);
  const fields = (req.body ?? {}) as { ids?: unknown };
  const ids = listedIds(typeof fields.ids === 'string' ? fields.ids : '');
  if (!ids) throw notFound('entry');
  const problems = selectionProblems(ids);
  if (problems) return refuse(deps, req, res, { ids: [], problems });
  if (!form.ok) return refuse(deps, req, res, { ids, problems: form.problems });
  const searched = isDeletion(form.value) ? {} : searchProblems(req.body, ['project_id']);
  if (Object.keys(searched).length > 0) return refuse(deps, req, res, { ids, problems: searched });
  const asked = { viewer, ids, form: form.value };
  const result = await retryConflict(() =>
    deps.change({ user_id: viewer.id }, (trx, record) =>
      changeSelection(trx, record, asked, wholeSecond(deps.now())),
    ),
  );
  if (result.outcome === 'invalid') return refuse(deps, req, res, { ids, problems: result.problems });
  if (result.outcome === 'blocked') return ask(deps, req, res, { ids, result });
  await tellDone(deps, res, result);
  res.redirect(303, backPath(req));
}

/** Deleting chooses nothing, whatever is typed in the search of a list. */
const isDeletion = (form: BulkForm): boolean => form.do === 'delete' || form.agreed.startsWith('delete:');

async function tellDone(deps: Deps, res: Response, result: BulkResult): Promise<void> {
  const { t, duration } = res.locals.functions;
  if (result.outcome === 'unchanged') await tell(deps, res, 'info', [t('bulk.unchanged')]);
  if (result.outcome !== 'changed' && result.outcome !== 'deleted') return;
  const { outcome, count, seconds, item_id } = result;
  const sentence = t(`bulk.${outcome}`, { count, time: duration(seconds) });
  await tell(deps, res, 'success', [sentence], `/entries/restore/${item_id}`);
}

interface Refusal {
  ids: readonly number[];
  problems: Problems;
  result?: Extract<BulkResult, { outcome: 'blocked' }>;
}

async function refuse(
  deps: Deps,
  req: Request,
  res: Response,
  { ids, problems, result }: Refusal,
): Promise<void> {
  await answerInvalid(req, res, problems, async (_told, values) =>
    showBulkPage(deps, req, res, {
      ids,
      return_to: backPath(req),
      refused: { problems, values, removed: removedTags(req), ...(result ? { blocked: result } : {}) },
    }),
  );
}

/** The boxes that were ticked, which are several fields of one name. */
function removedTags(req: Request): string[] {
  const { remove_tag_id } = req.body as { remove_tag_id?: unknown };
  return [remove_tag_id].flat().filter((id) => typeof id === 'string');
}

function ask(
  deps: Deps,
  req: Request,
  res: Response,
  { ids, result }: { ids: readonly number[]; result: Extract<BulkResult, { outcome: 'blocked' }> },
): Promise<void> {
  const { blocks, rest } = result;
  const key = rest === 0 ? 'bulk.all_blocked' : 'bulk.some_blocked';
  const problems: Problems = { form: { key, values: { blocked: blocks.size, rest } } };
  return refuse(deps, req, res, { ids, problems, result });
}
