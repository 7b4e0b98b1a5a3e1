import { Router } from 'express';
import type { Deps } from '../../deps.ts';
import { personOf } from '../../http/person.ts';
import { requireAdministrator } from '../access/access.ts';
import { auditRoutes } from './audit.routes.ts';
import { featureRoutes } from './features.routes.ts';
import { settingsRoutes } from './settings.routes.ts';
import { systemRoutes } from './system.routes.ts';
import { ledgerRoutes } from './telemetry-ledger.routes.ts';
import { telemetryRoutes } from './telemetry.routes.ts';
import { userRoutes } from './users.routes.ts';

/** What only administrators see. To everybody else nothing is here. */
export function adminRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin', (_req, res) => {
    requireAdministrator(personOf(res));
    res.redirect(303, '/admin/users');
  });
  router.use(userRoutes(deps));
  router.use(settingsRoutes(deps));
  router.use(auditRoutes(deps));
  router.use(systemRoutes(deps));
  // Before the channels: "ledger" is none of them.
  router.use(ledgerRoutes(deps));
  router.use(telemetryRoutes(deps));
  router.use(featureRoutes(deps));
  return router;
}
