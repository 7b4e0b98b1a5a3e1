import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { root } from './rules.ts';

/** `.github/release.mjs` and `unpublished.mjs`, run as the workflows run them, in repositories made for it. */

const changelog = `# Changelog

The format is [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).

## Unreleased

## 1.4.0 - 2026-12-24

### Added

- Snow, with ## inside a line.

## [1.3.9] - 2026-11-30

### Fixed

- Rain.

[1.3.9]: https://example.com/compare/1.3.8...1.3.9
`;

interface Files {
  changelog?: string;
  version?: string;
  locked?: string;
  rootLocked?: string;
  tags?: string[];
}

function repository({
  version = '1.4.0',
  locked = version,
  rootLocked = locked,
  ...more
}: Files = {}): string {
  const folder = mkdtempSync(join(inject('folder'), 'release-'));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const text = more.changelog ?? changelog;
  write('CHANGELOG.md', text);
  mkdirSync(join(folder, 'tests/operations/schemas'), { recursive: true });
  // A pre-release has none.
  for (const [, released = ''] of text.matchAll(/^## \[?(\d+\.\d+\.\d+)(?=[\] ])/gm))
    write(`tests/operations/schemas/${released}.jsonl.gz`, '');
  write('package.json', JSON.stringify({ version }));
  write('package-lock.json', JSON.stringify({ version: locked, packages: { '': { version: rootLocked } } }));
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'first');
  for (const tag of more.tags ?? []) git('tag', tag);
  return folder;
}

function release(folder: string, ...args: string[]) {
  const script = join(root, '.github/release.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return {
    status,
    lines: stdout.split('\n').filter((line) => line !== ''),
    problems: stderr.trim().split('\n'),
  };
}

const tagsOf = (version: string, tags: string[]): string | undefined => {
  const text = `## ${version} - 2026-12-24\n\n- x\n`;
  const { lines } = release(repository({ version, changelog: text, tags }), 'check', `v${version}`);
  return lines.find((line) => line.startsWith('tags='))?.slice('tags='.length);
};

describe('checking a tag', () => {
  it('passes on what the files agree about', () => {
    const { status, lines } = release(repository({ tags: ['v1.3.9', 'v1.4.0'] }), 'check', 'v1.4.0');
    expect({ status, lines }).toEqual({
      status: 0,
      lines: ['version=1.4.0', 'tags=1.4.0 1.4 1 latest', 'prerelease=false', 'latest=true'],
    });
  });

  it('names everything that stands in the way, at once', () => {
    const text = '## Unreleased\n\n- left\n\n## 1.5.0 - 2026-12-31\n\n- x\n\n## 1.4.0 - soon\n';
    const folder = repository({ version: '1.3.9', rootLocked: '1.3.8', changelog: text });
    const { status, lines, problems } = release(folder, 'check', 'v1.4.0');
    expect({ status, lines }).toEqual({ status: 1, lines: [] });
    expect(problems).toEqual([
      'CHANGELOG.md has 1.5.0 above 1.4.0',
      'CHANGELOG.md does not say on which day 1.4.0 was released',
      'CHANGELOG.md says nothing about 1.4.0',
      'CHANGELOG.md still has something under "Unreleased"',
      'package.json says 1.3.9, the tag 1.4.0',
      'package-lock.json says 1.3.9, the tag 1.4.0',
      'the root package of package-lock.json says 1.3.8, the tag 1.4.0',
    ]);
  });

  it('wants the database that upgrades are tested from', () => {
    const folder = repository();
    const file = 'tests/operations/schemas/1.4.0.jsonl.gz';
    rmSync(join(folder, file));
    const { status, problems } = release(folder, 'check', 'v1.4.0');
    expect({ status, problems }).toEqual({
      status: 1,
      problems: [`${file} is missing, which upgrades are tested from: its README says how to make it`],
    });
  });

  it('wants a section', () => {
    const { status, problems } = release(repository({ version: '1.6.0' }), 'check', 'v1.6.0');
    expect({ status, problems }).toEqual({
      status: 1,
      problems: [
        'CHANGELOG.md has no section "## 1.6.0 - YYYY-MM-DD"',
        expect.stringContaining('schemas/1.6.0.jsonl.gz is missing'),
      ],
    });
  });

  it.each(['1.4.0', 'v1.4', 'v1.4.0+a', 'v01.4.0', 'version', 'v1.4.0-', 'v1.4.0\nlatest=true', ''])(
    'takes %j for no tag of a version',
    (tag) => {
      expect(release(repository(), 'check', tag)).toMatchObject({ status: 1, lines: [] });
    },
  );

  it.each(['2026-13-01', '2026-02-30', '24.12.2026'])('takes %s for no day', (day) => {
    const text = changelog.replace('2026-12-24', day);
    const { problems } = release(repository({ changelog: text }), 'check', 'v1.4.0');
    expect(problems).toEqual(['CHANGELOG.md does not say on which day 1.4.0 was released']);
  });

  it('refuses a version that the application itself would refuse', () => {
    const version = '1.4.0-candidate.12345';
    expect(() => loadConfig({ APP_VERSION: version })).toThrow();
    const text = `## ${version} - 2026-12-24\n\n- x\n`;
    const { problems } = release(repository({ version, changelog: text }), 'check', `v${version}`);
    expect(problems).toEqual([`${version} is longer than 20 characters`]);
  });
});

describe('the tags of an image', () => {
  it.each([
    ['1.4.0', [], '1.4.0 1.4 1 latest'],
    ['1.10.0', ['v1.9.9'], '1.10.0 1.10 1 latest'],
    ['0.2.0', ['v0.1.0'], '0.2.0 0.2 latest'],
    // A repair of an old line.
    ['1.3.10', ['v1.4.0', 'v1.3.9'], '1.3.10 1.3'],
    ['1.3.10', ['v2.0.0'], '1.3.10 1.3 1'],
    ['1.3.1', ['v1.3.2'], '1.3.1'],
    // What is not finished is newer than nothing.
    ['1.3.1', ['v1.4.0-rc.1', 'v2', 'vacation'], '1.3.1 1.3 1 latest'],
    ['1.4.0-rc.1', ['v1.3.9'], '1.4.0-rc.1'],
  ])('of %s beside %j are %s', (version, tags, expected) => {
    expect(tagsOf(version, tags)).toBe(expected);
  });

  it('of a pre-release say so', () => {
    const version = '1.4.0-rc.1';
    const folder = repository({ version, changelog: `## ${version} - 2026-12-24\n\n- x\n` });
    expect(release(folder, 'check', `v${version}`).lines.slice(2)).toEqual([
      'prerelease=true',
      'latest=false',
    ]);
  });
});

describe('the notes', () => {
  it('are the section of the changelog and nothing around it', () => {
    expect(release(repository(), 'notes', '1.4.0').lines).toEqual([
      '### Added',
      '- Snow, with ## inside a line.',
    ]);
    expect(release(repository(), 'notes', '1.3.9').lines).toEqual(['### Fixed', '- Rain.']);
  });

  it('say which image it is, and how to verify it where it is signed', () => {
    const image = 'ghcr.io/example/timetracker@sha256:abc';
    const about = ['--image', image, '--repository', 'example/timetracker'];
    const unsigned = release(repository(), 'notes', '1.4.0', ...about).lines;
    expect(unsigned).toContain(`docker pull ${image}`);
    expect(unsigned.join()).not.toContain('attestation');
    expect(release(repository(), 'notes', '1.4.0', ...about, '--signed').lines).toContain(
      `gh attestation verify oci://${image} --repo example/timetracker`,
    );
  });

  it('of an unknown version are a failure and not empty', () => {
    expect(release(repository(), 'notes', '9.9.9')).toMatchObject({ status: 1, lines: [] });
  });
});

/** What GitHub and a registry have, and how they answer about it. */
interface Published {
  /** Commit that the tag is of; none where it is gone. */
  tag?: string;
  release?: boolean;
  /** Manifests by tag or digest: digests of what they list. */
  images?: Record<string, string[]>;
  /** What the registry says to a token that it gave out, of what it does not have. */
  missing?: number;
  /** Where the registry sends for a token; itself, unless said. */
  realm?: string;
}

/** Both in one server; the registry wants a token of its own, as those of containers do. */
async function withPublished<Result>(
  { tag, release: isReleased = false, images = {}, missing = 404, realm }: Published,
  work: (address: string) => Promise<Result>,
): Promise<Result> {
  const server = createServer((request, response) => {
    const answer = (status: number, content: unknown, headers = {}) =>
      response
        .writeHead(status, headers)
        .end(typeof content === 'string' ? content : JSON.stringify(content));
    const { pathname, searchParams } = new URL(request.url ?? '', own);
    const { authorization } = request.headers;
    if (pathname.startsWith('/repos/') && authorization !== 'Bearer of-the-job') return answer(401, {});
    if (pathname === '/repos/Example/Tracker/commits/tags/v1.4.0')
      return tag === undefined ? answer(422, {}) : answer(200, tag);
    if (pathname === '/repos/Example/Tracker/releases/tags/v1.4.0') return answer(isReleased ? 200 : 404, {});
    if (pathname === '/token') {
      const isAsked = searchParams.get('scope') === 'repository:example/tracker:pull';
      const isOurs = authorization === `Basic ${Buffer.from('ada:of-the-job').toString('base64')}`;
      return answer(isAsked && isOurs ? 200 : 403, { token: 'of-the-registry' });
    }
    if (authorization !== 'Bearer of-the-registry') {
      const scope = 'scope="repository:example/tracker:pull"';
      const wanted = `Bearer realm="${realm ?? `${own}/token`}",service="registry",${scope}`;
      return answer(401, {}, { 'www-authenticate': wanted });
    }
    const listed = images[pathname.slice('/v2/example/tracker/manifests/'.length)];
    if (!listed || !request.headers.accept?.includes('oci.image.index')) return answer(missing, {});
    return answer(200, { manifests: listed.map((digest) => ({ digest })) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await work(own);
  } finally {
    server.close();
  }
}

/** What `.github/unpublished.mjs` says about v1.4.0 in a run for commit "c1". */
function publishedBefore(state: Published, digests: string[] = [], event: object = { created: true }) {
  const eventFile = join(mkdtempSync(join(inject('folder'), 'event-')), 'event.json');
  writeFileSync(eventFile, JSON.stringify(event));
  return withPublished(state, async (address) => {
    const env = {
      ...{ GITHUB_API_URL: address, GITHUB_REPOSITORY: 'Example/Tracker', GITHUB_SHA: 'c1' },
      ...{ GITHUB_ACTOR: 'ada', GITHUB_EVENT_PATH: eventFile, REGISTRY: address, TOKEN: 'of-the-job' },
    };
    const script = join(root, '.github/unpublished.mjs');
    const asked = promisify(execFile)(process.execPath, [script, 'v1.4.0', ...digests], { env });
    const { stdout, stderr } = await asked.catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    expect(stderr).not.toContain('of-the-job');
    expect(stderr === '').toBe(stdout === '1.4.0 is not published yet\n');
    return stderr.replaceAll(address, '').trim().split('\n');
  });
}

describe('a version is made once', () => {
  const free = [''];
  const once = 'a version is made once: release the next one';
  const there = [`/example/tracker:1.4.0 is there already: ${once}`];
  const images = { 'sha256:a': ['a1', 'a2'], 'sha256:b': ['b1', 'b2'] };

  it('which is free where neither its release nor its image is', async () => {
    expect(await publishedBefore({ tag: 'c1' })).toEqual(free);
    expect(await publishedBefore({ tag: 'c1', images: { '1.3.9': ['a1'] } })).toEqual(free);
    expect(await publishedBefore({ tag: 'c1', images }, ['sha256:a', 'sha256:b'])).toEqual(free);
  });

  it('and refused where there is one', async () => {
    expect(await publishedBefore({ tag: 'c1', release: true })).toEqual([
      `v1.4.0 is released already: ${once}`,
    ]);
    expect(await publishedBefore({ tag: 'c1', images: { '1.4.0': ['a1'] } })).toEqual(there);
    const other = { ...images, '1.4.0': ['a1', 'a2', 'b1', 'b3'] };
    expect(await publishedBefore({ tag: 'c1', images: other }, ['sha256:a', 'sha256:b'])).toEqual(there);
  });

  it('though a run that broke off after its image got the name goes on', async () => {
    const named = { ...images, '1.4.0': ['b1', 'a1', 'a2', 'b2'] };
    expect(await publishedBefore({ tag: 'c1', images: named }, ['sha256:a', 'sha256:b'])).toEqual(free);
    expect(await publishedBefore({ tag: 'c1', images: named }, ['1.4.0'])).toEqual(free);
  });

  it('of the commit that its tag was made for', async () => {
    const moved = `v1.4.0 was moved: ${once}`;
    expect(await publishedBefore({ tag: 'c1' }, [], { created: false, forced: true })).toEqual([moved]);
    expect(await publishedBefore({ tag: 'c2' })).toEqual(['v1.4.0 is of commit c2 now, and this run of c1']);
    expect(await publishedBefore({})).toEqual(['v1.4.0 is gone']);
  });

  it('and what cannot be known is no yes', async () => {
    const unknown = ['127.0.0.1: whether v1.4.0 is published is not known'];
    const told = async (...given: Parameters<typeof publishedBefore>) =>
      (await publishedBefore(...given)).map((line) => line.replace(/:\d+ answered \d+/, '').trim());
    expect(await told({ tag: 'c1', missing: 500 })).toEqual(unknown);
    // Where there is no package yet, it must not be seen; one that an image was just pushed to must be.
    expect(await told({ tag: 'c1', missing: 403 })).toEqual(free);
    expect(await told({ tag: 'c1', missing: 403 }, ['sha256:a'])).toEqual(unknown);
    expect(await told({ tag: 'c1', realm: 'http://127.0.0.2/token' })).toEqual(unknown);
  });
});

it('between releases an image has a version that the application takes', () => {
  const { lines } = release(repository(), 'development', '0123456789abcdef0123456789abcdef01234567');
  expect(lines).toEqual(['version=1.4.0-dev.0123456', 'tags=development 1.4.0-dev.0123456']);
  expect(loadConfig({ APP_VERSION: '1.4.0-dev.0123456' }).version).toBe('1.4.0-dev.0123456');
});

it('this repository could be released: its changelog is read, and only what is unfinished stands in the way', () => {
  const { problems } = release(root, 'check', 'v999.0.0');
  expect(problems[0]).toBe('CHANGELOG.md has no section "## 999.0.0 - YYYY-MM-DD"');
  expect(release(root, 'development', 'a'.repeat(40)).lines).toHaveLength(2);
});
