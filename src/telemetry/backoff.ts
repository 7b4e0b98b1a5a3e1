const firstMs = 5_000;
const longestMs = 30 * 60_000;
const shortestMs = 1_000;
/** A destination that asks for more than a day is not believed; nor is a longer pause, which only a wrong clock writes. */
export const longestPauseMs = 24 * 3_600_000;

/**
 * Milliseconds until the next attempt: a random part of a span that doubles from five seconds to half an hour, so that
 * servers which failed together do not come back together. What the destination asks for is kept to.
 *
 * @param failures - attempts in a row that failed, 1 or more.
 * @param random - 0 to 1.
 */
export function backoffMs(failures: number, random: number, retry_after_seconds: number | null): number {
  const span = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 20));
  const asked = Math.min(longestPauseMs, (retry_after_seconds ?? 0) * 1000);
  return Math.round(Math.max(shortestMs, span * random, asked));
}
