/** What a walk leaves out, each with its reason; `judge.ts` finds what needs none any more. */
export interface LeftOut {
  /** Method and pattern of a route. */
  route: string;
  why: string;
  /** The test that looks at what the audit does not: its file, and its name in there. */
  tested?: { file: string; name: string };
}

const panel = 'tests/features/admin-telemetry.test.ts';
const held = {
  file: panel,
  name: 'holds payloads, shows their bytes, and lets go or discards each or all',
};

/** Forms that `forms.ts` does not fill in. */
export const formsLeftOut: readonly LeftOut[] = [
  { route: 'POST /setup', why: 'is taken in the runs that set up' },
  {
    route: 'POST /admin/telemetry/:channel/mode',
    why: 'switches what the run is about, and is taken as it begins',
  },
  {
    route: 'POST /admin/telemetry/:channel/agree',
    why: 'needs a catalogue that grew',
    tested: {
      file: panel,
      name: 'are shown as the difference to what was agreed to, and covered by one click',
    },
  },
  {
    route: 'POST /admin/telemetry/:channel/test',
    why: 'sends where nothing may leave by itself',
    tested: { file: panel, name: 'sends one real request of each channel, and it is in the ledger' },
  },
  {
    route: 'POST /admin/telemetry/:channel/release',
    why: 'sends what a run in review holds',
    tested: held,
  },
  {
    route: 'POST /admin/telemetry/:channel/discard',
    why: 'drops what a run in review holds',
    tested: held,
  },
];

/** Pages that nobody is shown in a walk. */
export const pagesLeftOut: readonly LeftOut[] = [
  { route: 'GET /', why: 'leads on to the timer' },
  { route: 'GET /admin', why: 'leads on to the people' },
  {
    route: 'GET /admin/users/:id/link',
    why: 'leads back to the person: a link is shown once, in the answer to its form',
  },
  { route: 'GET /setup', why: 'is gone once there is an administrator; the run before setup is shown it' },
];

/**
 * What of the routes is missing in a walk, and what is left out for no reason.
 *
 * @param routes - method and pattern of each.
 * @param done - those that were taken or shown.
 */
export function missing(routes: string[], done: ReadonlySet<string>, leftOut: readonly LeftOut[]): string[] {
  const excused = new Set(leftOut.map(({ route }) => route));
  return [
    ...routes.filter((route) => !done.has(route) && !excused.has(route)),
    ...leftOut.filter(({ route }) => done.has(route)).map(({ route }) => `${route} need not be left out`),
    ...leftOut
      .filter(({ route }) => !routes.includes(route))
      .map(({ route }) => `${route} is left out, and is no route`),
  ];
}
