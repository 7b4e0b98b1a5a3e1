import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function projectRoutes(_deps: Deps): Router {
  return Router();
}
