import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function setupRoutes(_deps: Deps): Router {
  return Router();
}
