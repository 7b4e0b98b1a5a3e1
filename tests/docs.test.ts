import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../src/cli/docs.ts';
import { loadConfig } from '../src/config/config.ts';
import { composeVariables } from '../src/config/document.ts';
import { options } from '../src/config/options.ts';
import { METRIC_FAMILIES } from '../src/observability/metric-catalogue.ts';
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

describe.each(['README.md', 'docs/analytics.md', 'docs/privacy.md', 'docs/telemetry.md'])('%s', (path) => {
  const text = fileOf(path);
  const prose = text.replaceAll(/```[\s\S]*?```/g, '');
  const marked = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');

  it('names options, metrics, events and commands that exist', () => {
    const { scripts } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    const known = new Set<string>([
      ...Object.keys(options),
      ...Object.values(METRIC_FAMILIES).map(({ name }) => name),
      // Read by others: proxies that Node and curl know, and what decides where tests run.
      ...['HTTPS_PROXY', 'DATA_DIR', 'TEST_DATABASE_URL', 'GET', 'POST', 'DNT', 'SIGHUP'],
    ]);
    const words = marked.flatMap((code) => code.match(/(?<![\w-])(tt_[a-z_]+|[A-Z][A-Z_]{2,})\b/g) ?? []);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
    const commands = [...text.matchAll(/npm run (?:--silent )?([a-z0-9:-]+)/g)].map(([, name]) => name ?? '');
    expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
    const events = marked.filter((code) =>
      /^(auth|timer|entry|privacy|admin|telemetry)\.[a-z_]+$/.test(code),
    );
    expect(events.filter((name) => !(eventNames as string[]).includes(name))).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(root, path, '..', link)))).toEqual([]);
  });
});

const pages = ['README.md', 'audit/README.md', 'secrets/README.md'].concat(
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
);

describe.each(pages)('%s', (path) => {
  const text = fileOf(path);

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run (?:--silent |-s )?([a-z][a-z0-9:-]*)/g)].map(
      ([, name = '']) => name,
    );
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('names files of ours that exist', () => {
    const named = [
      ...text.matchAll(/(?<![\w./-])((?:src|tests|views|public|grafana|prometheus|\.github)\/[\w./-]*\w)/g),
    ];
    const missing = named.map(([, file = '']) => file).filter((file) => !existsSync(join(root, file)));
    expect(missing).toEqual([]);
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
    expect(Object.keys(environment)).toEqual([
      ...Object.keys(options),
      ...composeVariables.map(([name]) => name),
    ]);
    expect(loadConfig(environment)).toEqual(loadConfig({}));
  });
});
