import { renderMetricsDoc } from '../observability/metrics-doc.ts';

process.stdout.write(renderMetricsDoc());
