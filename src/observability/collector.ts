import { withDeadline } from './deadline.ts';

/** A figure, or figures by label value. */
export type Collected = number | ReadonlyMap<string, number>;

export interface CollectorOptions {
  /** Reads the figure, usually from the database; may reject or hang. */
  read: () => Promise<Collected>;
  /** Called with the figure, or with undefined when there is none: a stale figure would hide the failure. */
  apply: (collected: Collected | undefined) => void;
  onError: () => void;
  timeoutMs: number;
  cacheMs: number;
}

/**
 * A function that refreshes one figure for a scrape: never rejects, waits at most `timeoutMs`, and reads at most once in
 * `cacheMs`, however many scrape and however long the read hangs.
 */
export function createCollector({
  read,
  apply,
  onError,
  timeoutMs,
  cacheMs,
}: CollectorOptions): () => Promise<void> {
  let freshUntilMs = -Infinity;
  let reading: Promise<Collected> | undefined;
  let refreshing: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    reading ??= (async () => read())().finally(() => {
      reading = undefined;
    });
    try {
      apply(await withDeadline(reading, timeoutMs));
    } catch {
      apply(undefined);
      onError();
    }
    freshUntilMs = performance.now() + cacheMs;
    refreshing = undefined;
  }

  return () => {
    if (performance.now() < freshUntilMs) return Promise.resolve();
    refreshing ??= refresh();
    return refreshing;
  };
}
