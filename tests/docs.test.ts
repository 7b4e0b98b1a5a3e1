import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { generatedFiles } from '../src/cli/docs.ts';
import { loadConfig } from '../src/config/config.ts';
import { composeVariables, ownVariablesOfCompose } from '../src/config/document.ts';
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
      ...['HTTPS_PROXY', 'DATA_DIR', 'TEST_DATABASE_URL', 'COMPOSE_FILE', 'GET', 'POST', 'DNT', 'SIGHUP'],
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

describe('the Debian packages of the tests', () => {
  it('are all in docs/local-development.md, and installed by the workflow', () => {
    const installed = [...fileOf('.ci/run').matchAll(/packages\+=\(([^)]*)\)/g)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    // For letters on screenshots; no test is left out without it.
    const needed = installed.filter((name) => name !== 'fonts-liberation');
    expect(needed.length).toBeGreaterThan(6);
    const line = /`apt-get install ([^`]*)`/.exec(fileOf('docs/local-development.md'))?.[1] ?? '';
    expect(line.split(' ').sort()).toEqual(needed.toSorted());
    const jobs = [...fileOf('.github/workflows/tests.yml').matchAll(/^ +packages: (.*)$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    expect([...new Set(jobs)].sort()).toEqual(installed.toSorted());
  });
});

describe('secrets/README.md', () => {
  const [, lines = ''] = /```sh\n([\s\S]*?)```/.exec(fileOf('secrets/README.md')) ?? [];
  const make = (before: string) => {
    const folder = mkdtempSync(join(inject('folder'), 'secrets-'));
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets/empty'), '');
    const { stdout } = spawnSync('bash', ['-c', `${before}\n${lines}`], { cwd: folder, encoding: 'utf8' });
    return { stdout, names: readdirSync(join(folder, 'secrets')) };
  };

  it('makes every secret that the compose files look for, and says which of them are empty', () => {
    const { stdout, names } = make('');
    expect(stdout).toBe('');
    const composed = fileOf('docker-compose.yml') + fileOf('docker-compose.analytics.yml');
    const files = [...composed.matchAll(/:-\.\/secrets\/([\w-]+)\}/g)].map(([, name = '']) => name);
    for (const name of files) expect(names).toContain(name);
    // What is left where there is no openssl; Grafana would take it for no password, and have its own.
    expect(make('openssl() { return 127; }').stdout).toContain('secrets/grafana-admin-password\n');
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
      ...[...ownVariablesOfCompose, ...composeVariables].map(([name]) => name),
    ]);
    expect(loadConfig(environment)).toEqual(loadConfig({}));
  });
});
