import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function entryRoutes(_deps: Deps): Router {
  return Router();
}
