import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPage, envExample } from '../config/document.ts';
import { renderMetricsDoc } from '../observability/metrics-doc.ts';
import { eventsPage } from '../telemetry/document.ts';
import { sharedModule, sharedModules } from './share-modules.ts';

/** Every file that repeats the code, by its path in the project, with the text it must have. */
export function generatedFiles(): { path: string; text: string }[] {
  return [
    { path: '.env.example', text: envExample() },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'docs/events.md', text: eventsPage() },
    { path: 'docs/metrics.md', text: renderMetricsDoc() },
    ...sharedModules.map(({ source, target }) => ({ path: target, text: sharedModule(source) })),
  ];
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..', '..');
  for (const { path, text } of generatedFiles()) writeFileSync(join(root, path), text);
}
