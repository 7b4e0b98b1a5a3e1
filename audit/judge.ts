import { declarationOf, eventNames } from '../src/telemetry/catalogue.ts';
import { telemetryChannels } from '../src/telemetry/channels.ts';
import type { Canary, Leak } from './canaries.ts';
import { createSearch } from './canaries.ts';
import { compareWithLedger, linesOf, readBatch, readEnvelope, readingsOf } from './evidence.ts';
import type { Destination } from './internet.ts';
import type { Evidence } from './runs.ts';
import { formsLeftOut, missing, pagesLeftOut } from './left-out.ts';
import { openDatabase, roles } from './seed.ts';
import type { Target } from './targets.ts';

/** Something that must hold of a run, and what speaks against it. */
export interface Check {
  name: string;
  problems: string[];
}

/**
 * A mail to somebody has their address and names, and the address of the server that they follow; one about a project or
 * a task has its name and the link to it.
 */
const meantForMail =
  /(^row (projects|tasks)\.name|^row id|users\.(name|email)|POST \/.* (name|email)|POST \/setup name|MAIL_FROM|PUBLIC_URL|header host)\b/;

/** Everything that left in a run, searched for everything that was planted in any. */
export function leaksOf({ world }: Evidence, canaries: Canary[]): Leak[] {
  const search = createSearch(canaries);
  return (Object.values(world) as Destination[]).flatMap((destination) => {
    const readings = new Set(destination.connections.flatMap(readingsOf));
    const found = [...readings].flatMap((text) => search(text, destination.name));
    return destination.name === 'mail' ? found.filter(({ kind }) => !meantForMail.test(kind)) : found;
  });
}

export async function judge(evidence: Evidence, leaks: Leak[], targets: Target[]): Promise<Check[]> {
  const { world, modes, prints } = evidence;
  const came = (destination: Destination): number => destination.connections.length;
  const checks: Check[] = [];
  const check = (name: string, problems: string[]): void => void checks.push({ name, problems });

  check('no canary left', linesOf(leaks));
  for (const channel of telemetryChannels) {
    const count = came(world[channel]);
    if (modes[channel] !== 'auto')
      check(`${channel} is ${modes[channel]}: nothing came`, count > 0 ? [`${count} connections`] : []);
    else if (prints) check(`${channel} is on: something came`, count === 0 ? ['nothing'] : []);
  }
  check(
    'nobody was called that no channel names',
    came(world.trap) > 0 ? [`${came(world.trap)} connections`] : [],
  );
  check('every connection of the process is one that arrived', unattributed(evidence));
  check('the guard had nothing to stop', evidence.blocked === 0 ? [] : [`${evidence.blocked} connections`]);
  check('reports are what the documentation says', readAll(world.errors, readEnvelope));
  check('events are what the documentation says', readAll(world.analytics, readBatch));
  const { errors, analytics, installation, mail } = world;
  const database = await openDatabase(evidence.folder);
  check(
    'the ledger has what arrived',
    await compareWithLedger(database, { errors, analytics, installation, mail }, evidence.ledger_from),
  );
  await database.db.destroy();
  if (prints) checks.push(...checksOfWalk(evidence, targets));
  return checks;
}

/** Connections that the process made and nobody we know received; look-ups of names, child processes and threads. */
function unattributed({ counts, world }: Evidence): string[] {
  const { TCPCONNECTWRAP: opened = 0, ...others } = counts;
  const arrived = (Object.values(world) as Destination[]).reduce(
    (sum, { connections }) => sum + connections.length,
    0,
  );
  const problems = Object.entries(others).map(([kind, count]) => `${count} ${kind}`);
  return opened === arrived ? problems : [`${opened} were opened, ${arrived} arrived`, ...problems];
}

function readAll(destination: Destination, read: (body: Buffer) => { problems: string[] }): string[] {
  return destination.connections.flatMap(({ body }) => {
    try {
      return read(body).problems;
    } catch (error) {
      return [String(error)];
    }
  });
}

const routesOf = (targets: Target[], method: string): string[] =>
  targets.filter((target) => target.method === method).map(({ pattern }) => `${method} ${pattern}`);

const eventsNotSent = (sent: Set<string>): string[] =>
  eventNames.filter(
    (name) => (declarationOf(name).channels as readonly string[]).includes('analytics') && !sent.has(name),
  );

/** A walk that does not get anywhere proves nothing. */
function checksOfWalk({ prints, modes, world, held }: Evidence, targets: Target[]): Check[] {
  if (!prints) return [];
  const { asked, failedFor, forms } = prints;
  const unasked = roles.flatMap((role) =>
    targets
      .map(({ method, pattern }) => `${role} ${method} ${pattern}`)
      .filter((one) => !asked.has(one) && !/^admin POST \/admin\/telemetry\/:channel/.test(one)),
  );
  const purposes = new Set(world.errors.connections.flatMap(({ body }) => readEnvelope(body).purposes));
  const both = modes.errors === 'auto' && !(purposes.has('event') && purposes.has('transaction'));
  const events = new Set(world.analytics.connections.flatMap(({ body }) => readBatch(body).purposes));
  return [
    { name: 'every route was found', problems: targets.length < 100 ? [`${targets.length} were`] : [] },
    { name: 'every route was asked for as every role', problems: unasked },
    {
      name: 'handlers failed for everybody who is signed in',
      problems: roles.filter((role) => role !== 'signed out' && !failedFor.has(role)),
    },
    {
      name: 'every page was shown to somebody',
      problems: missing(routesOf(targets, 'GET'), prints.shown, pagesLeftOut),
    },
    {
      name: 'every form was taken',
      problems: [...forms.refused, ...missing(routesOf(targets, 'POST'), forms.taken, formsLeftOut)],
    },
    { name: 'errors and traces were reported', problems: both ? [[...purposes].join(', ')] : [] },
    {
      name: 'every event of the catalogue was sent',
      problems: modes.analytics === 'auto' ? eventsNotSent(events) : [],
    },
    {
      name: 'what needs a review was held',
      problems: Object.values(modes).includes('review') && held === 0 ? ['nothing was'] : [],
    },
  ];
}
