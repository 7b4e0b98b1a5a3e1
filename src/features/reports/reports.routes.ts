import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function reportRoutes(_deps: Deps): Router {
  return Router();
}
