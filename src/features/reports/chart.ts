import type { Sums } from './summary.ts';

/** A bar in percent of the drawing: billable time stands on the ground, the rest on top of it. */
export interface Bar {
  x: string;
  width: string;
  billable: { y: string; height: string } | null;
  rest: { y: string; height: string } | null;
}
export interface Chart {
  bars: Bar[];
  /** Lines across, lowest first. */
  lines: { y: string; seconds: number }[];
}

const hour = 3600;
const steps = [
  900,
  1800,
  ...[1, 2, 4, 8, 20, 40, 80, 200, 400, 800, 2000, 4000].map((hours) => hours * hour),
];

/** Room on the left for the labels of the lines, in percent. */
const gutter = 10;
/** Room above the highest bar for the label of the highest line, in percent. */
const headroom = 8;

/** The geometry of a bar chart, in percent so that it fits any width while its text keeps its size. */
export function chartOf(buckets: readonly Pick<Sums, 'seconds' | 'billable_seconds'>[]): Chart {
  const highest = Math.max(1, ...buckets.map(({ seconds }) => seconds));
  const step = steps.find((size) => highest / size <= 4) ?? Math.ceil(highest / 4 / hour) * hour;
  const top = Math.ceil(highest / step) * step;
  const share = (seconds: number): number => (seconds / top) * (100 - headroom);
  const slot = (100 - gutter) / Math.max(1, buckets.length);
  const part = (ground: number, seconds: number) =>
    seconds > 0 ? { y: percent(100 - ground - share(seconds)), height: percent(share(seconds)) } : null;
  return {
    bars: buckets.map(({ seconds, billable_seconds }, index) => ({
      x: percent(gutter + (index + 0.15) * slot),
      width: percent(0.7 * slot),
      billable: part(0, billable_seconds),
      rest: part(share(billable_seconds), seconds - billable_seconds),
    })),
    lines: Array.from({ length: Math.round(top / step) }, (_, index) => {
      const seconds = (index + 1) * step;
      return { y: percent(100 - share(seconds)), seconds };
    }),
  };
}

const percent = (value: number): string => `${Math.round(value * 100) / 100}%`;
