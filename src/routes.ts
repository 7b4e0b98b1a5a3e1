import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { lazyRouter } from './http/lazy-router.ts';

/** What somebody who is not signed in may ask for. Everything else leads to /login. */
export const publicPaths: ReadonlySet<string> = new Set([
  ...['/login', '/setup'],
  ...['/invitation', '/password/forgot', '/password/reset'],
]);

/**
 * Every feature's routes. Routers mount at the root with full paths, so a URL is found by search and labels are whole.
 * Each is imported with its first request.
 */
export function routes(deps: Deps): RequestHandler[] {
  return [
    lazyRouter(['', 'timer', 'entries'], async () =>
      (await import('./features/timer/timer.routes.ts')).timerRoutes(deps),
    ),
    lazyRouter(['entries'], async () =>
      (await import('./features/entries/entries.routes.ts')).entryRoutes(deps),
    ),
    lazyRouter(['account', 'login', 'logout'], async () =>
      (await import('./features/accounts/accounts.routes.ts')).accountRoutes(deps),
    ),
    lazyRouter(['projects', 'clients', 'tasks'], async () =>
      (await import('./features/merging/merging.routes.ts')).mergingRoutes(deps),
    ),
    lazyRouter(['projects'], async () =>
      (await import('./features/projects/projects.routes.ts')).projectRoutes(deps),
    ),
    lazyRouter(['clients'], async () =>
      (await import('./features/clients/clients.routes.ts')).clientRoutes(deps),
    ),
    lazyRouter(['tasks'], async () => (await import('./features/tasks/tasks.routes.ts')).taskRoutes(deps)),
    lazyRouter(['tags'], async () => (await import('./features/tags/tags.routes.ts')).tagRoutes(deps)),
    lazyRouter(['rates'], async () => (await import('./features/rates/rates.routes.ts')).rateRoutes(deps)),
    lazyRouter(['notices'], async () =>
      (await import('./features/notices/notices.routes.ts')).noticeRoutes(deps),
    ),
    lazyRouter(['reports'], async () =>
      (await import('./features/reports/reports.routes.ts')).reportRoutes(deps),
    ),
    lazyRouter(['invitation', 'password'], async () =>
      (await import('./features/invitations/invitations.routes.ts')).invitationRoutes(deps),
    ),
    lazyRouter(['privacy'], async () =>
      (await import('./features/privacy/privacy.routes.ts')).privacyRoutes(deps),
    ),
    lazyRouter(['admin'], async () => (await import('./features/admin/admin.routes.ts')).adminRoutes(deps)),
    lazyRouter(['setup'], async () => (await import('./features/setup/setup.routes.ts')).setupRoutes(deps)),
  ];
}

/** Imports what the first pages need, so that the first visitor does not wait for it. */
export async function loadFirstPages(): Promise<void> {
  await import('./features/timer/timer.routes.ts');
  await import('./features/entries/entries.routes.ts');
  await import('./features/accounts/accounts.routes.ts');
}
