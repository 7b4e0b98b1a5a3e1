import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  /** Length of one measured window. */
  readonly seconds: number;
  /** Only rungs whose name contains one of these; the start, idle and other figures are then left out. */
  readonly only: readonly string[] | undefined;
}

/** Reads `--rounds`, `--seconds` and `--only`. Throws a readable error on anything else or out of bounds. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string' }, seconds: { type: 'string' }, only: { type: 'string' } },
  });
  return {
    rounds: numberBetween('rounds', values.rounds ?? '7', 1, 50),
    seconds: numberBetween('seconds', values.seconds ?? '1.5', 0.2, 60),
    only: values.only?.split(','),
  };
}

function numberBetween(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!(value >= low && value <= high)) throw new Error(`--${name} must be between ${low} and ${high}`);
  return value;
}
