import type { Request } from 'express';
import type { Deps } from '../../deps.ts';
import type { Person } from '../../http/express-locals.ts';
import type { ViewFunctions } from '../../http/view-functions.ts';

/** The timer bar that every signed-in page shows. */
export async function loadTimerBar(
  _deps: Deps,
  _person: Person,
  _f: ViewFunctions,
  _req: Request,
): Promise<object> {
  return {};
}
