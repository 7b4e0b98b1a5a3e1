import type { Router } from 'express';
import type { Deps } from './deps.ts';
import { accountRoutes } from './features/accounts/accounts.routes.ts';
import { adminRoutes } from './features/admin/admin.routes.ts';
import { clientRoutes } from './features/clients/clients.routes.ts';
import { entryRoutes } from './features/entries/entries.routes.ts';
import { privacyRoutes } from './features/privacy/privacy.routes.ts';
import { invitationRoutes } from './features/invitations/invitations.routes.ts';
import { projectRoutes } from './features/projects/projects.routes.ts';
import { rateRoutes } from './features/rates/rates.routes.ts';
import { reportRoutes } from './features/reports/reports.routes.ts';
import { setupRoutes } from './features/setup/setup.routes.ts';
import { tagRoutes } from './features/tags/tags.routes.ts';
import { taskRoutes } from './features/tasks/tasks.routes.ts';
import { timerRoutes } from './features/timer/timer.routes.ts';

/** What somebody who is not signed in may ask for. Everything else leads to /login. */
export const publicPaths: ReadonlySet<string> = new Set([
  ...['/login', '/setup'],
  ...['/invitation', '/password/forgot', '/password/reset'],
]);

/** Every feature's routes. Routers mount at the root with full paths, so a URL is found by search and labels are whole. */
export function routes(deps: Deps): Router[] {
  return [
    timerRoutes(deps),
    entryRoutes(deps),
    projectRoutes(deps),
    clientRoutes(deps),
    taskRoutes(deps),
    tagRoutes(deps),
    rateRoutes(deps),
    reportRoutes(deps),
    accountRoutes(deps),
    invitationRoutes(deps),
    privacyRoutes(deps),
    adminRoutes(deps),
    setupRoutes(deps),
  ];
}
