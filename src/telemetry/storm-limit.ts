interface Limits {
  /** Of one kind, in a window. */
  perKind: number;
  /** Of all kinds, in a window; also how many kinds are remembered at most. */
  total: number;
  windowMs: number;
}

/**
 * Lets the first few of a kind through in a window. A page that fails for everybody is one problem and not a thousand
 * reports; and it comes up again in the next window, as long as it lasts.
 *
 * @returns asks whether one more of a kind may pass at `now` (epoch milliseconds), and counts it when it may.
 */
export function createStormLimit({
  perKind,
  total,
  windowMs,
}: Limits): (kind: string, now: number) => boolean {
  const passed = new Map<string, number>();
  let [window, passedInAll] = [0, 0];
  return (kind, now) => {
    const current = Math.floor(now / windowMs);
    if (current !== window) {
      passed.clear();
      [window, passedInAll] = [current, 0];
    }
    const count = passed.get(kind) ?? 0;
    if (count >= perKind || passedInAll >= total) return false;
    passed.set(kind, count + 1);
    passedInAll += 1;
    return true;
  };
}
