import type { EventName } from './catalogue.ts';
import { declarationOf, eventNames } from './catalogue.ts';

/** The text of docs/events.md. */
export function eventsPage(): string {
  return `# Events

Generated from \`src/telemetry/catalogue.ts\` by \`npm run docs\`; a test fails when it differs.

An event is named \`resource.action\` and recorded after the change has committed. In this version events have two
sinks, both on this server: a line of the log (where "Logged" says so) and the counter \`tt_events_total\`. Nothing is
sent anywhere. A property is a choice of listed values, a flag, a number cut down to a bucket, an id or a route pattern;
free text cannot be declared.

| Event | Why | Properties | Logged | Owner | Since | Expires |
| --- | --- | --- | --- | --- | --- | --- |
${eventNames.map(row).join('\n')}
`;
}

function row(name: EventName): string {
  const { why, owner, since, expires, logged, properties } = declarationOf(name);
  const shown = Object.entries(properties).map(([key, property]) => {
    switch (property.kind) {
      case 'choice':
        return `\`${key}\`: ${property.values.join(', ')}`;
      case 'bucket':
        return `\`${key}\`: bucket of 0, ${property.edges.join(', ')}`;
      default:
        return `\`${key}\`: ${property.kind}`;
    }
  });
  return `| \`${name}\` | ${why} | ${shown.join('; ')} | ${logged ? 'yes' : 'no'} | ${owner} | ${since} | ${expires} |`;
}
