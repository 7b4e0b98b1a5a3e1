import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { setFlash } from '../accounts/sessions.ts';
import { addComment, changeComment, removeComment } from './comments.ts';
import { showTaskPage } from './task-show-page.ts';
import { commentForm } from './tasks.forms.ts';
import { requireTask } from './tasks.ts';

/** Adds a comment. */
export async function comment(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const task_id = idOf(req.params['id']);
  const form = readForm(commentForm, req.body);
  if (!form.ok) return refuseComment(deps, req, res, { problems: form.problems, editing: null });
  const { body } = form.value;
  const added = await addComment(deps.change, { viewer, task_id, now: deps.now(), body });
  res.redirect(303, `/tasks/${added.task_id}#comment-${added.id}`);
}

/** Changes an own comment. */
export async function editComment(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = personOf(res);
  const [task_id, id] = [idOf(req.params['id']), idOf(req.params['comment_id'])];
  const form = readForm(commentForm, req.body);
  if (!form.ok) return refuseComment(deps, req, res, { problems: form.problems, editing: id ?? null });
  await changeComment(deps.change, { viewer, task_id, id, now: deps.now(), body: form.value.body });
  res.redirect(303, `/tasks/${task_id}#comment-${id}`);
}

async function refuseComment(
  deps: Deps,
  req: Request,
  res: Response,
  { problems, editing }: { problems: Problems; editing: number | null },
): Promise<void> {
  const task = await requireTask(deps.db, personOf(res), idOf(req.params['id']));
  await answerInvalid(req, res, problems, (told, values) =>
    showTaskPage(deps, req, res, {
      task,
      comment: { body: values['body'] ?? '', problem: told['body'] ?? told['form'], editing },
    }),
  );
}

/** Deletes a comment. */
export async function uncomment(deps: Deps, req: Request, res: Response): Promise<void> {
  const [task_id, id] = [idOf(req.params['id']), idOf(req.params['comment_id'])];
  await removeComment(deps.change, { viewer: personOf(res), task_id, id, now: deps.now() });
  const text = res.locals.functions.t('tasks.comment_deleted');
  await setFlash(deps.db, sessionOf(res), { kind: 'success', text, undo_path: null });
  res.redirect(303, `/tasks/${task_id}#comments`);
}
