import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { sendHtml } from '../../http/page.ts';
import { personOf } from '../../http/person.ts';
import { requireAdministrator } from '../access/access.ts';
import { liveFigures } from './system-page.ts';
import { createReadings } from './system.ts';
import type { Readings } from './system.ts';

/** How this server does, for those who run no Prometheus: of this process, and of what all instances share. */
export function systemRoutes(deps: Deps): Router {
  const router = Router();
  const read = createReadings(deps);
  router.get('/admin/system', (req, res) => showSystem(deps, read, req, res));
  router.get('/admin/system/live', (req, res) => showLive(deps, read, req, res));
  return router;
}

type Read = () => Promise<Readings>;

async function showSystem(deps: Deps, read: Read, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const live = liveFigures(deps, res, await read());
  const is_live = req.query['live'] !== 'off';
  const title = res.locals.functions.t('system.title');
  await deps.page(req, res, 'admin/system', { title, tab: 'system', live, is_live });
}

/** The part that renews itself: no layout, and no page that somebody viewed. */
async function showLive(deps: Deps, read: Read, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const live = liveFigures(deps, res, await read());
  sendHtml(req, res, deps.views.render('admin/system-live', { ...res.locals.functions, live }));
}
