/** A bar in percent of the drawing; `top` is the part that stands on it, such as what failed. */
export interface MinuteBar {
  x: string;
  y: string;
  height: string;
  top: { y: string; height: string } | null;
  minutes_ago: number;
}

export interface MinuteChart {
  bars: MinuteBar[];
  highest: number;
}

export const barWidth = percent((100 / 60) * 0.7);
/** Room above the highest bar for its figure. */
const headroom = 14;
/** A minute with next to nothing in it is still no empty one. */
const leastHeight = 1.5;

/**
 * The last hour by the minute, the newest at the right. Minutes without a figure have no bar.
 *
 * @param minutes - figures by how many minutes ago they were; `top` is a part of `value`.
 */
export function minuteChart(minutes: ReadonlyMap<number, { value: number; top: number }>): MinuteChart {
  const highest = Math.max(0, ...[...minutes.values()].map(({ value }) => value));
  const heightOf = (value: number): number =>
    value === 0 ? 0 : Math.max(leastHeight, (value / highest) * (100 - headroom));
  const bars = [...minutes]
    .filter(([, { value }]) => value > 0)
    .map(([minutes_ago, { value, top }]): MinuteBar => {
      const [whole, above] = [heightOf(value), heightOf(top)];
      return {
        minutes_ago,
        x: percent((59 - minutes_ago + 0.15) * (100 / 60)),
        ...{ y: percent(100 - whole), height: percent(whole) },
        top: above > 0 ? { y: percent(100 - whole), height: percent(above) } : null,
      };
    });
  return { bars, highest };
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
