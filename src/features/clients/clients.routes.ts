import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function clientRoutes(_deps: Deps): Router {
  return Router();
}
