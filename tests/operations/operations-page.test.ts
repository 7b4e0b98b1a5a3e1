import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { composeVariables } from '../../src/config/document.ts';
import { options } from '../../src/config/options.ts';
import { METRIC_FAMILIES } from '../../src/observability/metric-catalogue.ts';

/** docs/operations.md against what it talks about: options, metrics, headings and files. */

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const found = (pattern: RegExp): string[] => [
  ...new Set([...page.matchAll(pattern)].map(([, name = '']) => name)),
];

test('every option it names exists', () => {
  const known = Object.keys(options).flatMap((name) => [name, `${name}_FILE`]);
  // Of the compose file and of Node, not of the application.
  known.push('NODE_ENV', 'NAME_FILE', 'SOURCE_DATE_EPOCH', ...composeVariables.map(([name]) => name));
  const named = found(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('every variable of the compose files is named', () => {
  expect(composeVariables.filter(([name]) => !page.includes(`\`${name}`))).toEqual([]);
});

test('every metric it names exists', () => {
  const known = Object.values(METRIC_FAMILIES).map(({ name }) => name as string);
  expect(found(/\b(tt_[a-z_]+)\b/g).filter((name) => name !== 'tt_session' && !known.includes(name))).toEqual(
    [],
  );
});

test('every sentence of the log that it tells to look for is one that the code writes', () => {
  const code = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('');
  const sentences = found(/"(?:msg":")?([a-z]+(?: [a-z]+)+)"/g).filter((text) =>
    page.includes(`"${text}"\``),
  );
  expect(sentences.length).toBeGreaterThan(5);
  expect(sentences.filter((text) => !code.includes(`'${text}'`))).toEqual([]);
});

test('every command of a container names a file that is there, and no command needs a shell in it', () => {
  const files = found(/docker compose (?:exec|run --rm) app node (src\/\S+?\.ts)/g);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(found(/docker compose (?:exec|run --rm) app ((?!node )\S+)/g)).toEqual([]);
});

test('every place it links to exists', () => {
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(found(/\]\(#([^)]*)\)/g).filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  const files = found(/\]\((?!#|https?:)([^)#]*)/g);
  expect(files.filter((file) => !existsSync(join(root, 'docs', file)))).toEqual([]);
});
