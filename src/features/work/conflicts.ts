import { isDuplicate } from '../../shared/errors.ts';

/** True when a row that others refer to was removed, or a reference names a row that is gone, on either database. */
export function isBrokenReference(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === '23503') return true;
  return 'errcode' in error && error.errcode === 787;
}

/**
 * Runs a change again when somebody else's change got in between its checks and its writes. The second run sees what
 * happened, so the person gets the same sentence beside the field as without a race.
 */
export async function retryConflict<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change();
  } catch (error) {
    if (!isDuplicate(error) && !isBrokenReference(error)) throw error;
    return change();
  }
}
