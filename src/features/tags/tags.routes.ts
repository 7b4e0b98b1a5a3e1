import { Router } from 'express';
import type { Deps } from '../../deps.ts';

export function tagRoutes(_deps: Deps): Router {
  return Router();
}
