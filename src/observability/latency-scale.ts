/** Upper edge of the first slot; each further one is a fifth wider than the one before, up to about two minutes. */
const firstEdgeSeconds = 0.0005;
const slotsPerDoubling = 4;
const slots = 72;

/** How long things took, as counts in slots of growing width: small, and two of them can be added. */
export type LatencyCounts = Uint32Array;

export const newLatencyCounts = (): LatencyCounts => new Uint32Array(slots);

export function countLatency(counts: LatencyCounts, seconds: number): void {
  const slot = Math.ceil(Math.log2(seconds / firstEdgeSeconds) * slotsPerDoubling);
  const index = Math.min(slots - 1, Math.max(0, slot));
  counts[index] = (counts[index] ?? 0) + 1;
}

export function addLatencies(sum: LatencyCounts, more: LatencyCounts): void {
  for (let index = 0; index < slots; index += 1) sum[index] = (sum[index] ?? 0) + (more[index] ?? 0);
}

/**
 * How long the quickest `share` of things took at most, in seconds; null where nothing was counted. Between two edges it
 * is a straight line, so it is off by at most a fifth.
 */
export function percentile(counts: LatencyCounts, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (below + count >= wanted && count > 0) {
      const [from, to] = [index === 0 ? 0 : edgeOf(index - 1), edgeOf(index)];
      return from + ((to - from) * (wanted - below)) / count;
    }
    below += count;
  }
  return edgeOf(slots - 1);
}

const edgeOf = (index: number): number => firstEdgeSeconds * 2 ** (index / slotsPerDoubling);
