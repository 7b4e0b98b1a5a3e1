import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards.ts';

const root = join(import.meta.dirname, '..', '..');
for (const { path, text } of dashboardFiles()) writeFileSync(join(root, path), text);
