import type { Request } from 'express';
import { returnPath } from '../../http/forms.ts';

/** Where the form of this request wants to lead back to. */
export function returnTo(req: Request, fallback: string): string {
  const fields = req.body as { return_to?: unknown } | undefined;
  return returnPath(fields?.return_to, fallback);
}
