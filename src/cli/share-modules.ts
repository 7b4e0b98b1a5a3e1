import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

/**
 * Rules that browsers run too: written once in TypeScript, committed once more without types, because stripping them
 * at every start would cost the server 15 MB and a warning. A test fails when the two differ.
 */
export const sharedModules = [
  { source: 'src/shared/duration.ts', target: 'public/js/shared/duration.js' },
] as const;

const root = join(import.meta.dirname, '..', '..');

/** The module as browsers get it. */
export function sharedModule(source: string): string {
  const javascript = stripTypeScriptTypes(readFileSync(join(root, source), 'utf8')).replace(/[ \t]+$/gm, '');
  return `// Made from ${source} by npm run docs; change it there.\n${javascript}`;
}
