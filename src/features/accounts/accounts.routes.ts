import { Router } from 'express';
import type { Deps } from '../../deps.ts';
import { createAttempts } from './attempts.ts';
import { profileRoutes } from './profile.routes.ts';
import { signInRoutes } from './sign-in.routes.ts';

/** Signing in and out, and a person's own account. */
export function accountRoutes(deps: Deps): Router {
  const attempts = createAttempts(deps);
  return Router().use(signInRoutes(deps, attempts), profileRoutes(deps, attempts));
}
