import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { idOf, readForm } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import { setFlash } from '../accounts/sessions.ts';
import { requireManagedClient } from '../clients/clients.ts';
import { requireManagedProject } from '../projects/projects.ts';
import { requireManagedTask } from '../tasks/tasks.ts';
import { choicesOf, searchIn } from '../work/choice-list.ts';
import { mergeForm, mergeQuery } from './merging.forms.ts';
import { listClientTargets, listProjectTargets, listTaskTargets } from './merging.queries.ts';
import type { Named, Target } from './merging.queries.ts';
import { merge, previewMerge, shownMerge } from './merging.ts';
import type { MergeKind } from './merging.ts';

export function mergingRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/projects/:id/merge', (req, res) => showMerge(deps, req, res, 'project'));
  router.post('/projects/:id/merge', (req, res) => doMerge(deps, req, res, 'project'));
  router.get('/clients/:id/merge', (req, res) => showMerge(deps, req, res, 'client'));
  router.post('/clients/:id/merge', (req, res) => doMerge(deps, req, res, 'client'));
  router.get('/tasks/:id/merge', (req, res) => showMerge(deps, req, res, 'task'));
  router.post('/tasks/:id/merge', (req, res) => doMerge(deps, req, res, 'task'));
  return router;
}

const folders = { project: 'projects', client: 'clients', task: 'tasks' } as const;

/** What is to be merged, and into what it can be. */
async function requireSource(
  deps: Deps,
  req: Request,
  res: Response,
  kind: MergeKind,
): Promise<{ from: Named; targets: Target[] }> {
  const viewer = personOf(res);
  const id = idOf(req.params['id']);
  const { db } = deps;
  const q = searchIn(req.query, 'into');
  if (kind === 'project') {
    const from = await requireManagedProject(db, viewer, id);
    return { from, targets: await listProjectTargets(db, viewer, { from: from.id, q }) };
  }
  if (kind === 'client') {
    const from = await requireManagedClient(db, viewer, id);
    return { from, targets: await listClientTargets(db, viewer, { from: from.id, q }) };
  }
  const from = await requireManagedTask(db, viewer, id);
  return { from, targets: await listTaskTargets(db, from.project_id, { from: from.id, q }) };
}

async function showMerge(deps: Deps, req: Request, res: Response, kind: MergeKind): Promise<void> {
  const { from, targets } = await requireSource(deps, req, res, kind);
  const query = readForm(mergeQuery, req.query);
  const into = query.ok ? query.value.into : null;
  const preview =
    into === null ? null : await previewMerge(deps.db, personOf(res), { kind, from: from.id, into });
  const { t } = res.locals.functions;
  const data = {
    ...{ kind, from, into, preview, targets: choicesOf(targets, preview?.into) },
    searched: searchIn(req.query, 'into'),
    title: t('merging.title', { name: from.name }),
    here: `/${folders[kind]}/${from.id}`,
    shown: preview ? shownMerge(preview) : '',
    refused: preview?.refused ? t(preview.refused) : null,
    problem: query.ok ? undefined : t('form.choice'),
  };
  await deps.page(req, res, 'merging/merge', data, query.ok && !preview?.refused ? 200 : 422);
}

async function doMerge(deps: Deps, req: Request, res: Response, kind: MergeKind): Promise<void> {
  const viewer = personOf(res);
  const { from } = await requireSource(deps, req, res, kind);
  const form = readForm(mergeForm, req.body);
  const into = form.ok ? form.value.into : null;
  const here = `/${folders[kind]}/${from.id}/merge`;
  if (!form.ok || into === null) return res.redirect(303, here);
  const wish = { kind, from: from.id, into };
  const merged = await merge(deps.change, viewer, { wish, shown: form.value.shown, now: deps.now() });
  const { t } = res.locals.functions;
  const text = merged
    ? t('merging.done', { from: merged.from.name, into: merged.into.name, entries: merged.entries })
    : t('merging.moved');
  await setFlash(deps.db, sessionOf(res), { kind: merged ? 'success' : 'info', text, undo_path: null });
  res.redirect(303, merged ? `/${folders[kind]}/${into}` : `${here}?into=${into}`);
}
