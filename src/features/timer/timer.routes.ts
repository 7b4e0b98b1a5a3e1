import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function timerRoutes(_deps: Deps): Router {
  return Router();
}
