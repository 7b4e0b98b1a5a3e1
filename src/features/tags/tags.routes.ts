import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { findEntryScope } from '../access/access.queries.ts';
import { mayManageWork, requireWorkRights } from '../access/access.ts';
import { setFlash } from '../accounts/sessions.ts';
import { firstPage, listQuery, pageOf } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { archiveTag, createTag, removeTag, renameTag, requireTag } from './tag-changes.ts';
import { countEntriesByTag, isTagUsed, listTags } from './tag-list.queries.ts';
import type { TagRow } from './tag-list.queries.ts';
import { tagForm } from './tags.forms.ts';

export function tagRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/tags', (req, res) => showList(deps, req, res));
  router.get('/tags/new', (req, res) => showNew(deps, req, res));
  router.post('/tags', (req, res) => create(deps, req, res));
  router.get('/tags/:id/edit', (req, res) => showEdit(deps, req, res));
  router.post('/tags/:id', (req, res) => save(deps, req, res));
  router.post('/tags/:id/archive', (req, res) => archive(deps, req, res));
  router.post('/tags/:id/restore', (req, res) => restore(deps, req, res));
  router.post('/tags/:id/delete', (req, res) => remove(deps, req, res));
  return router;
}

async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf('/tags', query, asked.ok ? await listTags(deps.db, query) : []);
  const ids = list.rows.map(({ id }) => id);
  const counts = await countEntriesByTag(deps.db, ids, await findEntryScope(deps.db, person));
  const { t } = res.locals.functions;
  await deps.page(
    req,
    res,
    'tags/index',
    {
      title: t('nav.tags'),
      may_manage: mayManageWork(person),
      list,
      query,
      values: typed(req.query),
      problems: asked.ok ? {} : sentences(asked.problems, t),
      tags: list.rows.map((tag) => ({ ...tag, entries: counts.get(tag.id) ?? 0 })),
    },
    asked.ok ? 200 : 422,
  );
}

async function showNew(deps: Deps, req: Request, res: Response): Promise<void> {
  requireWorkRights(personOf(res));
  await showForm(deps, req, res, { tag: null, values: {}, problems: {} });
}

async function create(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const form = readForm(tagForm, req.body);
  const created = form.ok
    ? await createTag(deps.change, { user_id: person.id }, { ...form.value, created_at: deps.now() })
    : form;
  if (!created.ok) return answerForm(deps, req, res, { tag: null, problems: created.problems });
  await tell(deps, res, 'tags.created', null);
  res.redirect(303, returnTo(req, '/tags'));
}

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  requireWorkRights(personOf(res));
  const tag = await requireTag(deps.db, idOf(req.params['id']));
  await showForm(deps, req, res, { tag, values: { name: tag.name }, problems: {} });
}

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const tag = await requireTag(deps.db, idOf(req.params['id']));
  const form = readForm(tagForm, req.body);
  const saved = form.ok
    ? await renameTag(deps.change, { user_id: person.id }, { ...form.value, id: tag.id })
    : form;
  if (!saved.ok) return answerForm(deps, req, res, { tag, problems: saved.problems });
  await tell(deps, res, 'tags.saved', null);
  res.redirect(303, returnTo(req, '/tags'));
}

async function archive(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const { id } = await requireTag(deps.db, idOf(req.params['id']));
  await archiveTag(deps.change, { user_id: person.id }, { id, archived_at: deps.now() });
  await tell(deps, res, 'tags.archived', `/tags/${id}/restore`);
  res.redirect(303, returnTo(req, '/tags'));
}

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const { id } = await requireTag(deps.db, idOf(req.params['id']));
  await archiveTag(deps.change, { user_id: person.id }, { id, archived_at: null });
  await tell(deps, res, 'tags.restored', null);
  res.redirect(303, returnTo(req, '/tags'));
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const tag = await requireTag(deps.db, idOf(req.params['id']));
  const removed = await removeTag(deps.change, { user_id: person.id }, tag.id);
  if (!removed) return answerForm(deps, req, res, { tag, problems: { form: { key: 'tags.has_entries' } } });
  await tell(deps, res, 'tags.deleted', null);
  res.redirect(303, '/tags');
}

/** The form again with the problems and what was typed. */
function answerForm(
  deps: Deps,
  req: Request,
  res: Response,
  { tag, problems }: { tag: TagRow | null; problems: Problems },
): Promise<void> {
  return answerInvalid(req, res, problems, (told, values) =>
    showForm(deps, req, res, { tag, values: { name: tag?.name, ...values }, problems: told }),
  );
}

interface FormData {
  tag: TagRow | null;
  values: Record<string, string | undefined>;
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, data: FormData): Promise<void> {
  const { t } = res.locals.functions;
  const { tag, problems } = data;
  await deps.page(
    req,
    res,
    'tags/form',
    {
      ...data,
      title: tag ? t('tags.edit') : t('tags.new'),
      is_used: tag ? await isTagUsed(deps.db, tag.id) : false,
    },
    Object.keys(problems).length > 0 ? 422 : 200,
  );
}

const tell = (deps: Deps, res: Response, key: MessageKey, undo_path: string | null): Promise<void> =>
  setFlash(deps.db, sessionOf(res), { kind: 'success', text: res.locals.functions.t(key), undo_path });
