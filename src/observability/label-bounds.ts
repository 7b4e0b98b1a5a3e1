import type { LabelValues } from './metric-catalogue.ts';

/** Turns any text into a value of the label's closed set. */
export type LabelBound = (value: string) => string;

/**
 * Keeps a label's set of values closed, whatever a caller passes: unknown values become `other`, or `OTHER` where the set
 * says so. A label that grows without end is a memory leak here and in every Prometheus that scrapes us.
 */
export function labelBound(values: LabelValues): LabelBound {
  if ('pattern' in values) {
    const seen = new Set<string>();
    return (value) => {
      if (seen.has(value)) return value;
      if (seen.size >= values.maxValues || !values.pattern.test(value)) return 'other';
      seen.add(value);
      return value;
    };
  }
  const known: ReadonlySet<string> = new Set(values);
  const fallback = known.has('OTHER') ? 'OTHER' : 'other';
  return (value) => (known.has(value) ? value : fallback);
}
