/** Most specific first: nearly every browser also calls itself Chrome, Safari or both. */
const browsers: [string, RegExp][] = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\b(OPR|Opera)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /(Chrome|CriOS|Chromium)\//],
  ['Safari', /\bSafari\//],
];
const systems: [string, RegExp][] = [
  ['iOS', /\b(iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\b(Macintosh|Mac OS X)\b/],
  ['Linux', /\b(Linux|X11)\b/],
];

/**
 * What is kept of a User-Agent: browser and system family as "Firefox/Linux", either part may be empty. Versions and
 * models would tell people apart and are dropped.
 */
export function deviceOf(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, 500);
  return `${familyOf(browsers, text)}/${familyOf(systems, text)}`;
}

/** The two families of a stored device; empty when unknown. */
export function familiesOf(device: string): { browser: string; system: string } {
  const [browser = '', system = ''] = device.split('/');
  const known = (families: [string, RegExp][], name: string) =>
    families.some(([family]) => family === name) ? name : '';
  return { browser: known(browsers, browser), system: known(systems, system) };
}

const familyOf = (families: [string, RegExp][], text: string): string =>
  families.find(([, pattern]) => pattern.test(text))?.[0] ?? '';
