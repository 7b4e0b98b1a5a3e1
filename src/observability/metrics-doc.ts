import { METRIC_FAMILIES } from './metric-catalogue.ts';
import type { LabelValues, MetricFamily } from './metric-catalogue.ts';

const INTRODUCTION = `# Metrics

<!-- Generated: node src/cli/print-metrics.ts > docs/metrics.md. Edit src/observability/metric-catalogue.ts instead. -->

\`GET /metrics\` answers with the Prometheus text format. Nothing is sent anywhere: whoever wants the figures fetches them.
It answers to loopback and private networks, and to \`Authorization: Bearer <METRICS_TOKEN>\`; to everyone else it is a 404.
Behind a reverse proxy the address it forwards counts; a proxy that forwards none makes everybody private, so let it
refuse \`/metrics\`.

Every label takes its values from a closed set. Anything else becomes \`other\` (\`OTHER\` for methods), so no request, URL or
name can add a series. The process's own figures (\`process_*\`, \`nodejs_*\`) come on top.

A figure that is read at scrape time (\`tt_active_timers\`, \`tt_users_active\`, \`tt_db_pool_connections\`) is at most 5 seconds
old. When it cannot be read within a second it is left out, and \`tt_collector_errors_total\` says so.
`;

function describeValues(values: LabelValues): string {
  return 'pattern' in values ? values.meaning : values.map((value) => `\`${value}\``).join(', ');
}

function describeFamily(family: MetricFamily): string {
  const labels = Object.entries(family.labels).map(
    ([label, values]) => `- \`${label}\`: ${describeValues(values)}`,
  );
  const buckets = family.buckets === undefined ? [] : [`- buckets, in seconds: ${family.buckets.join(', ')}`];
  return [`## ${family.name}`, '', `${family.type}. ${family.help}`, '', ...labels, ...buckets]
    .join('\n')
    .trimEnd();
}

/** The text of `docs/metrics.md`. */
export function renderMetricsDoc(): string {
  const families = Object.values(METRIC_FAMILIES).map(describeFamily);
  return `${[INTRODUCTION.trimEnd(), ...families].join('\n\n')}\n`;
}
