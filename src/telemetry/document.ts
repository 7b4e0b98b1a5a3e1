import type { EventName, Property } from './catalogue.ts';
import {
  catalogueHash,
  catalogueVersion,
  classOf,
  declarationOf,
  eventNames,
  surroundings,
} from './catalogue.ts';
import type { TelemetryChannel } from './channels.ts';
import { outwardEvent } from './outward.ts';

/** The text of docs/events.md. */
export function eventsPage(): string {
  return `# Events

Generated from \`src/telemetry/catalogue.ts\` by \`npm run docs\`; a test fails when it differs.

An event is named \`resource.action\` and recorded after the change has committed. Two sinks are on this server: a line
of the log (where "Logged" says so) and the counter \`tt_events_total\`. Whether an event also leaves is decided by its
channel, see [analytics](analytics.md) and [telemetry](telemetry.md); "never" in the column "Leaves by" means that no
channel carries it, whatever is switched on.

A property is a choice of listed values, a flag, a number cut down to a bucket, an id or a route pattern; free text
cannot be declared. When an event leaves, an id becomes a pseudonym, a property that is marked "stays here" is left out, a
value that is not listed becomes \`__other__\`, and a property that is not listed here is dropped and counted.

Classes: an id is *pseudonymous* (it stands for a person or a thing of theirs), everything about a server is *technical*,
everything else is *usage*. There is no class for content, because content cannot be declared.

Legal bases, as a suggestion to whoever runs a server: *legitimate interest* is Article 6(1)(f) GDPR, with a right to
object that every person exercises at \`/privacy\`; *consent* means that nothing is sent before an administrator said yes.

This is version ${catalogueVersion} of what may leave. A field that a later version adds, or lets say more, is not sent before an administrator
has agreed to it; the page \`/admin/telemetry\` shows the difference. SHA-256 of this version:
\`${catalogueHash()}\`

| Event | Why | Properties | Leaves by | Legal basis | Logged | Owner | Since | Expires |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${eventNames.map(eventRow).join('\n')}

## What surrounds a product event

${surroundingTable('analytics')}

The widest event has less than 350 bytes. One as it leaves, with made-up pseudonyms:

\`\`\`json
${JSON.stringify(sampleEvent(), null, 2)}
\`\`\`

## What surrounds a ping of the installation

${surroundingTable('installation')}

## What an error report and a trace hold

They are no events of this catalogue: reports are rebuilt field by field from this list, and whatever else the error
carries is left behind.

${surroundingTable('errors')}
`;
}

function eventRow(name: EventName): string {
  const { why, owner, since, expires, logged, properties, channels, basis } = declarationOf(name);
  const shown = Object.entries(properties).map(([key, property]) => shownProperty(name, key, property));
  const cells = [
    `\`${name}\``,
    why,
    shown.join('; '),
    channels.length === 0 ? 'never' : channels.join(', '),
    basis.replace('_', ' '),
    logged ? 'yes' : 'no',
    owner,
    since,
    expires,
  ];
  return `| ${cells.join(' | ')} |`;
}

function shownProperty(name: EventName, key: string, property: Property): string {
  const notes = [classOf(name, property), ...(property.stays ? ['stays here'] : [])];
  return `\`${key}\`: ${shapeOf(property)} (${notes.join(', ')})`;
}

function shapeOf(property: Property): string {
  if (property.kind === 'choice') return property.values.join(', ');
  return property.kind === 'bucket' ? `bucket of 0, ${property.edges.join(', ')}` : property.kind;
}

function surroundingTable(channel: TelemetryChannel): string {
  const rows = Object.entries(surroundings[channel]).map(
    ([field, declared]) => `| \`${field}\` | ${declared.why} | ${declared.class} |`,
  );
  return ['| Field | What it is | Class |', '| --- | --- | --- |', ...rows].join('\n');
}

/** By the code that builds the real ones. */
function sampleEvent() {
  return outwardEvent(
    {
      name: 'timer.stopped',
      user_id: 1,
      at: Date.UTC(2026, 2, 4, 9),
      uuid: '69a7f490-93c4-8a5e-9d0a-2f3f6f6a1c11',
      properties: { duration_seconds: 3600, project_id: 1 },
    },
    { secret: 'example', app_version: '0.1.0', covers: () => true },
  ).event;
}
