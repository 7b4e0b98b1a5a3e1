import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes `public/icons.svg`: one symbol an icon that the pages use. Run by hand after the list changed
 * (`node src/cli/build-icons.ts`); the sprite is committed, so that an installation needs no icon package.
 */

/** Our name -> Lucide's, where they differ. */
const renamed: Record<string, string> = { chart: 'chart-column', more: 'ellipsis', money: 'banknote' };

const names = [
  ...['star', 'bell', 'merge'],
  ...[
    'timer',
    'chart',
    'folder',
    'briefcase',
    'tag',
    'user',
    'users',
    'shield',
    'settings',
    'log-out',
    'menu',
  ],
  ...['play', 'square', 'plus', 'pencil', 'copy', 'scissors', 'trash-2', 'more', 'undo-2', 'archive'],
  ...['archive-restore', 'chevron-left', 'chevron-right', 'arrow-left', 'x', 'check', 'circle-check'],
  ...['circle-alert', 'triangle-alert', 'info', 'circle-help', 'search', 'keyboard', 'clock', 'calendar'],
  ...['download', 'upload', 'money', 'lock', 'key', 'globe', 'file-text', 'list', 'filter', 'eye', 'history'],
  ...['refresh-cw', 'moon', 'sun', 'monitor', 'external-link', 'coffee', 'table', 'mail', 'sparkles'],
];

function symbolOf(name: string, folder: string): string {
  const source = readFileSync(join(folder, `${renamed[name] ?? name}.svg`), 'utf8');
  const shapes = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(source)?.[1];
  if (shapes === undefined) throw new Error(`not an icon: ${name}`);
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, '').trim()}</symbol>`;
}

function main(): void {
  const root = join(import.meta.dirname, '..', '..');
  const icons = join(root, 'node_modules', 'lucide-static', 'icons');
  const symbols = names.map((name) => symbolOf(name, icons)).join('\n');
  const license = '<!-- Lucide icons, ISC License, Copyright Lucide Contributors -->';
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${license}\n${symbols}\n</svg>\n`;
  writeFileSync(join(root, 'public', 'icons.svg'), sprite);
  console.log(`${names.length} icons, ${sprite.length} bytes`);
}

if (import.meta.main) main();
