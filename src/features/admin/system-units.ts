import type { ViewFunctions } from '../../http/view-functions.ts';

/** Figures with their units in the language of the page; a dash where there is no figure. */
export interface Units {
  none: string;
  number: (value: number) => string;
  /** Seconds of something quick. */
  time: (seconds: number | null) => string;
  share: (value: number) => string;
  bytes: (bytes: number | null) => string;
  /** Seconds of something that lasts: the two largest units. */
  span: (seconds: number) => string;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

export function createUnits({ t, number }: Pick<ViewFunctions, 't' | 'number'>): Units {
  const rounded = (value: number): string => number(Number(value.toPrecision(value < 10 ? 2 : 3)));
  const none = '–';
  return {
    none,
    number: rounded,
    time: (seconds) => {
      if (seconds === null) return none;
      if (seconds >= 1) return t('system.unit.s', { value: rounded(seconds) });
      return t('system.unit.ms', { value: rounded(seconds * 1000) });
    },
    share: (value) => t('system.unit.percent', { value: rounded(value * 100) }),
    bytes: (bytes) => {
      if (bytes === null) return none;
      const power = Math.min(
        units.length - 1,
        Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10) - 1),
      );
      const [name, size] = units[power] as (typeof units)[number];
      return t(`system.unit.${name}`, { value: rounded(bytes / size) });
    },
    span: (seconds) => {
      const whole = Math.max(0, Math.floor(seconds));
      if (whole >= day)
        return t('system.unit.days', {
          days: Math.floor(whole / day),
          hours: Math.floor((whole % day) / hour),
        });
      if (whole >= hour) {
        const minutes = Math.floor((whole % hour) / minute);
        return t('system.unit.hours', { hours: Math.floor(whole / hour), minutes });
      }
      return whole >= minute
        ? t('system.unit.minutes', { minutes: Math.floor(whole / minute) })
        : t('system.unit.s', { value: number(whole) });
    },
  };
}

const units = [
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
  ['tb', 1024 ** 4],
] as const;
