import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../src/cli/docs.ts';
import { loadConfig } from '../src/config/config.ts';
import { options } from '../src/config/options.ts';
import { eventNames } from '../src/telemetry/catalogue.ts';

const root = join(import.meta.dirname, '..');
const fileOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('a generated file', () => {
  const files = generatedFiles();

  it.each(files.map(({ path, text }) => [path, text]))(
    '%s is what the code says (npm run docs)',
    (path, text) => {
      expect(fileOf(path)).toBe(text);
    },
  );

  it('names every option, and every event', () => {
    for (const name of Object.keys(options)) {
      expect(fileOf('.env.example')).toMatch(new RegExp(`^#${name}=`, 'm'));
      expect(fileOf('docs/configuration.md')).toContain(`| \`${name}\` |`);
    }
    for (const name of eventNames) expect(fileOf('docs/events.md')).toContain(`| \`${name}\` |`);
  });
});

describe('.env.example', () => {
  it('can be taken as it is: with every # removed it is the default configuration', () => {
    const lines = fileOf('.env.example')
      .split('\n')
      .flatMap((line) => /^#([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)?.slice(1, 3) ?? []);
    const environment: Record<string, string> = {};
    for (let index = 0; index < lines.length; index += 2)
      environment[lines[index] ?? ''] = lines[index + 1] ?? '';
    expect(Object.keys(environment)).toEqual(Object.keys(options));
    expect(loadConfig(environment)).toEqual(loadConfig({}));
  });
});
