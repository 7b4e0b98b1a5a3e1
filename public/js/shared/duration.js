// Made from src/shared/duration.ts by npm run docs; change it there.
/**
 * Durations as people type and read them. Also served to the browser with its types stripped, so that the echo under
 * the field and the server agree by construction: it imports nothing and uses nothing a browser lacks.
 */



/** The longest text that is looked at, and the longest duration that is understood (inclusive). */
const MAX_TEXT_LENGTH = 50;
const MAX_SECONDS = 999 * 3600;

const CLOCK = /^(\d{0,3}):([0-5]\d)(?::([0-5]\d))?$/;
const DECIMAL_HOURS = /^(?:\d{1,3}(?:[.,]\d{1,6})?|[.,]\d{1,6})$/;
const HOURS = '(?:h|hrs?|hours?|std|stunden?)\\.?';
const MINUTES = '(?:m|mins?|minutes?|minuten)\\.?';
const SECONDS = '(?:s|secs?|seconds?|sek|sekunden?)\\.?';
const ONE_UNIT = new RegExp(
  `^(\\d{1,6}(?:[.,]\\d{1,6})?|[.,]\\d{1,6})\\s*(?:(${HOURS})|(${MINUTES})|${SECONDS})$`,
);
// Lists of two and three end in "und" in German.
const JOIN = '(?:,|\\s(?:and|und)\\s)?\\s*';
const SEVERAL_UNITS = new RegExp(
  `^(?=\\d)(?:(\\d{1,3})\\s*${HOURS})?(?:${JOIN}(\\d{1,2})\\s*${MINUTES})?(?:${JOIN}(\\d{1,2})\\s*${SECONDS})?$`,
);
const HOURS_THEN_MINUTES = new RegExp(`^(\\d{1,3})\\s*${HOURS}\\s*(\\d{1,2})$`);

const NOT_A_NUMBER_TEXT = '–';

/**
 * Understands `1:30`, `1:30:15`, `:45`, `1h30`, `1h 30m`, `90m`, `45s`, `1.5`, `1,5`, `2h`, `2` (hours) and the words
 * that `speakDuration` writes in English and German.
 *
 * @returns whole seconds from 1 second to 999 hours; undefined for anything else (negative, nothing, `1:75`, `1d`, …)
 */
export function parseDuration(text        )                     {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const typed = text.trim().toLowerCase();
  const seconds =
    clockSeconds(typed) ?? decimalSeconds(typed) ?? oneUnitSeconds(typed) ?? severalUnitSeconds(typed);
  if (seconds === undefined || seconds < 1 || seconds > MAX_SECONDS) return undefined;
  return seconds;
}

function clockSeconds(typed        )                     {
  const match = CLOCK.exec(typed);
  if (!match) return undefined;
  const [, hours = '', minutes, seconds] = match;
  // `:45:10` could be minutes and seconds as well as a forgotten hour.
  if (hours === '' && seconds !== undefined) return undefined;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
}

function decimalSeconds(typed        )                     {
  return DECIMAL_HOURS.test(typed) ? scaled(typed, 3600) : undefined;
}

function oneUnitSeconds(typed        )                     {
  const match = ONE_UNIT.exec(typed);
  if (!match) return undefined;
  return scaled(match[1] ?? '', match[2] !== undefined ? 3600 : match[3] !== undefined ? 60 : 1);
}

function severalUnitSeconds(typed        )                     {
  const match = HOURS_THEN_MINUTES.exec(typed) ?? SEVERAL_UNITS.exec(typed);
  if (!match) return undefined;
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0));
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined;
  if (minutes > 59 || seconds > 59) return undefined;
  return hours * 3600 + minutes * 60 + seconds;
}

/** `1,5` of a unit in whole seconds, the nearest second. */
function scaled(number        , unitSeconds        )         {
  return Math.round(Number(number.replace(',', '.')) * unitSeconds);
}

/**
 * A duration as the person's setting wants it: `clock` is `1:30:05`, the only one in which shown rows always add up to
 * the shown total; `minutes` is `1:30` (begun minutes do not count, as on a running clock), `decimal` is hours with two
 * decimals, `1.50` or `1,50` by locale, rounded to the nearest hundredth.
 *
 * The last two lose seconds: a field that is saved again shows `formatClock` when the duration is not a whole minute.
 */
export function formatDuration(seconds        , format                , locale        )         {
  if (!Number.isFinite(seconds)) return NOT_A_NUMBER_TEXT;
  if (format === 'clock') return formatClock(seconds);
  const size = Math.floor(Math.abs(seconds));
  if (format === 'decimal') {
    const hundredths = Math.floor((size + 18) / 36);
    return sign(seconds, hundredths) + decimalFormat(locale).format(hundredths / 100);
  }
  const minutes = Math.floor(size / 60);
  return `${sign(seconds, minutes)}${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}`;
}

/** `1:30:05`, for the running timer and for fields that must not lose a second. */
export function formatClock(seconds        )         {
  if (!Number.isFinite(seconds)) return NOT_A_NUMBER_TEXT;
  const size = Math.floor(Math.abs(seconds));
  const minutes = Math.floor(size / 60);
  return `${sign(seconds, size)}${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(size % 60)}`;
}

/** `1 hour, 30 minutes`, for the echo under a field and for labels that are read aloud. */
export function speakDuration(seconds        , locale        )         {
  if (!Number.isFinite(seconds)) return NOT_A_NUMBER_TEXT;
  const size = Math.floor(Math.abs(seconds));
  const parts = { hours: Math.floor(size / 3600), minutes: Math.floor(size / 60) % 60, seconds: size % 60 };
  // Without this a duration of nothing would be an empty text.
  const words = size === 0 ? nothingFormat(locale).format({ minutes: 0 }) : wordFormat(locale).format(parts);
  return sign(seconds, size) + words;
}

function sign(seconds        , shownSize        )         {
  return seconds < 0 && shownSize > 0 ? '-' : '';
}

function twoDigits(number        )         {
  return number < 10 ? `0${number}` : String(number);
}

// Digits without grouping: what is shown in a field must be understood when it comes back.
const decimalFormat = perLocale(
  (locale) =>
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      useGrouping: false,
      numberingSystem: 'latn',
    }),
);
const wordFormat = perLocale(
  (locale) => new Intl.DurationFormat(locale, { style: 'long', numberingSystem: 'latn' }),
);
const nothingFormat = perLocale(
  (locale) =>
    new Intl.DurationFormat(locale, { style: 'long', minutesDisplay: 'always', numberingSystem: 'latn' }),
);

/** Building an Intl object costs a hundred times its use. A locale that is none speaks English. */
function perLocale   (build                       )                        {
  const built = new Map           ();
  return (locale) => {
    const known = built.get(locale);
    if (known !== undefined) return known;
    const fresh = build(usableLocale(locale));
    // Locales can come from a request header: without the cap a stranger could fill the memory.
    if (built.size < 50) built.set(locale, fresh);
    return fresh;
  };
}

function usableLocale(locale        )         {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

/** Seconds of a running timer; none when the clock was set back behind its start. */
export function elapsedSeconds(started_at        , now        )         {
  return Math.max(0, Math.floor((now - started_at) / 1000));
}
