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
    // A tag moves; the digest does not.
    expect(base).toMatch(/^NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    const { optionalDependencies } = JSON.parse(fileOf('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const versions = new Set(Object.values(optionalDependencies));
    expect([...versions].map((version) => base.includes(`node:${version}-`))).toEqual([true]);
    expect(of('FROM')).toEqual(['${NODE_IMAGE} AS dependencies', '${NODE_IMAGE} AS system', 'scratch']);
    // It would have the builder fetch a frontend from somewhere first.
    expect(fileOf('Dockerfile')).not.toContain('syntax=');
  });

  it('takes what the lock file says, without tools and without a second Node, and runs no package script', () => {
    expect(of('RUN').join()).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
    // Sentry's uploader: nothing here imports it, its licence is not ours, and it exists to send.
    expect(of('RUN').join()).toContain('rm -rf node_modules/sentry ');
  });

  it('runs as a user of its own and without a shell, with the flags of npm start', () => {
    // As a number, so that an orchestrator can see that it is not root.
    expect(of('USER')).toEqual(['1000:1000']);
    const last = lines.slice(lines.indexOf('FROM scratch'));
    const shells = last.filter((line) => /^(RUN|CMD|ENTRYPOINT) (?!\[)/.test(line));
    expect(shells).toEqual([]);
    const { scripts } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    const [command = '[]'] = of('CMD');
    expect((JSON.parse(command) as string[]).join(' ')).toBe(scripts.start);
    const [warm = '[]'] = of('RUN').filter((run) => run.includes('warm-image'));
    const flags = (JSON.parse(warm) as string[]).slice(2);
    expect(['node', ...flags].join(' ')).toBe(scripts.start);
    expect(of('HEALTHCHECK')[0]).toContain('CMD ["node", "docker/healthcheck.mjs"]');
  });

  it('says which version and commit it is, and holds nothing else of its builder', () => {
    expect(of('ARG').slice(1)).toEqual(['VERSION=', 'COMMIT=']);
    // One that would be refused at the start is refused here.
    const told = lines.indexOf('ENV APP_VERSION=${VERSION} APP_COMMIT=${COMMIT}');
    expect(lines[told + 1]).toMatch(/^RUN \["node", .*"src\/cli\/print-config\.ts"\]$/);
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
    // From the last stage on, modes are said: those of a checkout are the umask of whoever checked out.
    expect(copied.slice(1).filter((line) => !line.startsWith('COPY --chmod=755 '))).toEqual([]);
    const sources = copied.flatMap((line) =>
      line
        .replace(/--\S+ /, '')
        .split(' ')
        .slice(1, -1),
    );
    expect(sources.every((source) => allowed.includes(`!${source}`))).toBe(true);
  });
});
