import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintWorkflow } from './actionlint.ts';
import { fileOf, root } from './rules.ts';

/** `.github/`: what its files may do, and that what they name is there. docs/ci-cd.md says what they are for. */

interface Step {
  name?: string;
  id?: string;
  if?: string;
  uses?: string;
  run?: string;
  shell?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
}
interface Job {
  'runs-on'?: string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  container?: { image: string };
  strategy?: { matrix: { include: Record<string, string>[] } };
  needs?: string | string[];
  uses?: string;
  secrets?: unknown;
  with?: Record<string, string>;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  defaults?: { run: { shell: string } };
  concurrency?: { group: string; 'cancel-in-progress': boolean | string };
  jobs: Record<string, Job>;
}

const paths = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const workflowOf = (path: string): Workflow => parse(fileOf(path)) as Workflow;
const workflows = paths.map((path) => [path, workflowOf(path)] as const);
const jobs = workflows.flatMap(([path, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => [`${path} ${name}`, job] as const),
);
const action = '.github/actions/prepare/action.yml';
const actionSteps = (parse(fileOf(action)) as { runs: { steps: Step[] } }).runs.steps;
const steps = [...jobs.flatMap(([name, job]) => (job.steps ?? []).map((step) => [name, step] as const))];
const everyStep = [...steps, ...actionSteps.map((step) => [action, step] as const)];
const scripts = everyStep.flatMap(([, { run }]) => run ?? []);
const called = ['.github/workflows/image.yml'];
const listOf = (value: string | string[] | undefined): string[] => [value ?? []].flat();

it('there is one for tests, for images, for development and for releases', () => {
  expect(paths.map((path) => path.split('/').at(-1))).toEqual([
    'development.yml',
    'image.yml',
    'release.yml',
    'tests.yml',
  ]);
});

describe('actionlint', () => {
  it.each(paths)('has nothing to say about %s', async (path) => {
    expect(await lintWorkflow(fileOf(path), path)).toEqual([]);
  });

  it('would have: it is asked, and it answers', async () => {
    const broken = fileOf('.github/workflows/tests.yml').replace('needs: [sqlite, ', 'needs: [nobody, ');
    const [problem] = await lintWorkflow(broken, 'broken.yml');
    expect(problem).toContain('nobody');
  });
});

describe('shellcheck', () => {
  const isThere = spawnSync('shellcheck', ['--version']).error === undefined;
  const check = (script: string, start = '') => {
    const { stdout } = spawnSync('shellcheck', ['--shell=bash', '--format=gcc', '-'], {
      ...{ input: `${start}${script}`, encoding: 'utf8' },
    });
    return stdout;
  };
  // As the runner starts it.
  const inStep = 'set -eo pipefail\n';

  // actionlint would start it, and cannot: it runs inside of Node.
  it.skipIf(!isThere)('has nothing to say about any script of a step, nor about those of .ci', () => {
    for (const [name, { run }] of everyStep) if (run) expect([name, check(run, inStep)]).toEqual([name, '']);
    for (const file of ['.ci/run', '.ci/compose']) expect([file, check(fileOf(file))]).toEqual([file, '']);
  });

  it.skipIf(!isThere)('would have: it is asked, and it answers', () => {
    expect(check('rm -r $HOME/$1/x', inStep)).toContain('SC2086');
  });
});

describe('what may be done', () => {
  it.each(workflows)('%s gives no permission to all', (_path, { permissions }) => {
    expect(permissions).toEqual({});
  });

  it('each job names what it needs, and only these write', () => {
    for (const [name, { permissions }] of jobs)
      expect([name, permissions]).toEqual([name, expect.any(Object)]);
    const writing = jobs.flatMap(([name, { permissions }]) => {
      const written = Object.entries(permissions ?? {}).filter(([, access]) => access !== 'read');
      return written.length === 0 ? [] : [[name.split('/').at(-1), Object.fromEntries(written)] as const];
    });
    expect(Object.fromEntries(writing)).toEqual({
      'development.yml image': { packages: 'write' },
      'image.yml publish': { packages: 'write' },
      'release.yml image': { packages: 'write' },
      'release.yml sign': { packages: 'write', 'id-token': 'write', attestations: 'write' },
      'release.yml publish': { contents: 'write' },
    });
  });

  it('nothing is run for a stranger with more than reading, and no secret is known here at all', () => {
    const triggers = workflows.flatMap(([, { on }]) => Object.keys(on));
    expect([...new Set(triggers)].sort()).toEqual([
      'pull_request',
      'push',
      'workflow_call',
      'workflow_dispatch',
    ]);
    for (const [path, workflow] of workflows) {
      if ('pull_request' in workflow.on) {
        const all = Object.values(workflow.jobs).map(({ permissions }) => permissions);
        expect([path, all]).toEqual([path, all.map(() => ({ contents: 'read' }))]);
      }
      expect(fileOf(path)).not.toMatch(/\bsecrets\b/);
    }
  });

  it('the token is not left in the work tree, and goes to the registry and to GitHub only', () => {
    const checkouts = everyStep.filter(([, { uses }]) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(8);
    for (const [name, step] of checkouts)
      expect([name, step.with]).toEqual([name, expect.objectContaining({ 'persist-credentials': false })]);
    for (const [name, { env, run = '' }] of everyStep) {
      if (!Object.values(env ?? {}).some((value) => value.includes('github.token'))) continue;
      expect([name, run]).toEqual([
        name,
        expect.stringMatching(
          /^(printf '%s' "\$TOKEN" \| docker login|gh release create|node \.github\/unpublished\.mjs) /,
        ),
      ]);
    }
  });

  it('no script is put together from what somebody may have typed: values come by the environment', () => {
    for (const script of scripts) expect(script).not.toContain('${{');
  });
});

describe('what runs', () => {
  const used = everyStep.flatMap(([, { uses }]) => uses ?? []).filter((uses) => !uses.startsWith('./'));

  it('is pinned by commit, of GitHub itself, and listed with its version in docs/ci-cd.md', () => {
    const listed = new Map<string, string>(
      [
        ...fileOf('docs/ci-cd.md').matchAll(/^\| `(actions\/[\w-]+)` \| (v[\d.]+) \| `([0-9a-f]{40})` \|/gm),
      ].map(([, name = '', version = '', commit = '']) => [`${name}@${commit}`, version] as const),
    );
    expect([...new Set(used)].sort()).toEqual([...listed.keys()].sort());
    const lines = [...paths, action].flatMap((path) => fileOf(path).split('\n'));
    for (const line of lines) {
      const [, uses = '', version = ''] = /uses: (actions\/\S+)(?: # (\S+))?$/.exec(line) ?? [];
      if (uses !== '') expect([uses, version]).toEqual([uses, listed.get(uses)]);
    }
  });

  it('is there, when it is ours', () => {
    const local = [
      ...jobs.flatMap(([, { uses }]) => uses ?? []),
      ...everyStep.flatMap(([, { uses }]) => uses ?? []),
    ];
    for (const uses of local.filter((path) => path.startsWith('./'))) {
      expect(existsSync(join(root, uses.endsWith('.yml') ? uses : `${uses}/action.yml`))).toBe(true);
    }
    for (const script of scripts) {
      for (const [, file = ''] of script.matchAll(/\bnode (\S+)/g))
        expect(existsSync(join(root, file))).toBe(true);
      for (const [, file = ''] of script.matchAll(/vitest run (\S+)/g))
        expect(existsSync(join(root, file))).toBe(true);
    }
  });

  it('names npm scripts that exist', () => {
    const { scripts: known } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    const named = scripts.flatMap((script) =>
      [...script.matchAll(/\bnpm (?:run (\S+)|(test)\b)/g)].map(([, run, test]) => run ?? test ?? ''),
    );
    expect(named.filter((name) => known[name] === undefined)).toEqual([]);
    expect(named).toEqual(['test', 'test:postgres', 'test:e2e', 'privacy-audit', 'bench:crash']);
  });

  it.each(jobs.filter(([, { uses }]) => uses === undefined))(
    '%s ends, and on a named system',
    (_name, job) => {
      expect(job['timeout-minutes']).toBeLessThanOrEqual(45);
      const runners = job.strategy?.matrix.include.map(({ runner = '' }) => runner) ?? [job['runs-on']];
      for (const runner of runners) expect(runner).toMatch(/^ubuntu-24\.04(-arm)?$/);
    },
  );

  it.each(workflows)(
    '%s has a shell that ends at the first failure, and one run at a time',
    (path, workflow) => {
      expect(workflow.defaults?.run.shell).toBe('bash');
      if (called.includes(path)) expect(workflow.concurrency).toBeUndefined();
      else expect(workflow.concurrency?.group).toContain('${{ github.ref }}');
    },
  );

  it('tests every commit of main to the end, and of other branches the newest', () => {
    const { concurrency } = workflowOf('.github/workflows/tests.yml');
    expect(concurrency).toEqual({
      // Runs of one group also push each other out of the queue, so there each commit has its own.
      group: "tests-${{ github.ref }}${{ github.ref == 'refs/heads/main' && github.sha || '' }}",
      'cancel-in-progress': "${{ github.ref != 'refs/heads/main' }}",
    });
  });

  it('has the Node and the Debian packages that CI and the image have', () => {
    const [, node = ''] = /^ARG NODE_IMAGE=(\S+)-slim@sha256:/m.exec(fileOf('Dockerfile')) ?? [];
    const { jobs: tests } = workflowOf('.github/workflows/tests.yml');
    const containers = Object.values(tests).flatMap(({ container }) => container?.image ?? []);
    expect(new Set(containers)).toEqual(new Set([node]));
    const asked = Object.values(tests).flatMap((job) =>
      (job.steps ?? []).flatMap(({ with: inputs }) => String(inputs?.['packages'] ?? '').split(' ')),
    );
    const needed = [...fileOf('.ci/run').matchAll(/packages\+=\(([^)]+)\)/g)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(needed.length).toBeGreaterThan(4);
    expect([...new Set(asked.filter((name) => name !== ''))].sort()).toEqual(needed.sort());
  });

  it('waits for all of it before it says that all is well', () => {
    const { verdict, ...others } = workflowOf('.github/workflows/tests.yml').jobs;
    expect(listOf(verdict?.needs).sort()).toEqual(Object.keys(others).sort());
    const reports = Object.values(others).flatMap(({ steps: theirs = [] }) =>
      theirs.flatMap(({ env }) => env?.['TEST_REPORT'] ?? []),
    );
    const counting = verdict?.steps?.find(({ run }) => run?.includes('count.mjs'))?.run ?? '';
    expect(counting.split(' 0 ')[1]?.trim().split(' ')).toEqual(reports);
  });
});

describe('the image', () => {
  const { on, jobs: imageJobs } = workflowOf('.github/workflows/image.yml');
  const scriptsOf = (job: string) => (imageJobs[job]?.steps ?? []).flatMap(({ run }) => run ?? []);
  const build = scriptsOf('build');
  const placesOf = (all: string[], parts: string[]) =>
    parts.map((part) => all.findIndex((script) => script.includes(part)));
  const building = scripts.filter((script) => /docker (buildx )?build /.test(script));

  it('is given the build arguments that the Dockerfile takes', () => {
    const known = [...fileOf('Dockerfile').matchAll(/^ARG (\w+)=$/gm)].map(([, name]) => name);
    expect(building).toHaveLength(3);
    for (const script of building) {
      const given = [...script.matchAll(/--build-arg "?(\w+)=/g)].map(([, name]) => name);
      expect(given).toEqual(known);
    }
  });

  it('is built on a machine of each architecture, and started before anything leaves', () => {
    const architectures = imageJobs.build?.strategy?.matrix.include.map(({ architecture }) => architecture);
    expect(architectures).toEqual(['amd64', 'arm64']);
    expect(placesOf(build, ['--load', 'check-image.mjs', '--output "type=oci'])).toEqual([1, 2, 3]);
    const publish = scriptsOf('publish');
    const parts = ['docker login', 'skopeo copy', 'unpublished.mjs', '--tag='];
    expect(placesOf(publish, parts)).toEqual([0, 1, 2, 3]);
    // What is pushed is the file that was checked, and not another one.
    expect(build[3]).toContain('dest=/tmp/images/$ARCHITECTURE.tar');
    expect(publish[1]).toContain('--preserve-digests "oci-archive:/tmp/images/$architecture.tar"');
  });

  it('cannot be published by the job that builds it, and has an SBOM and its provenance', () => {
    expect(imageJobs.build?.permissions).toEqual({ contents: 'read' });
    expect(build.join()).not.toMatch(/docker login|push/);
    const keeping = imageJobs.build?.steps?.find(({ run }) => run?.includes('type=oci'));
    expect(keeping?.run).toContain('--sbom=true');
    expect(keeping?.run).toContain('--provenance="mode=max,');
    const afterwards = imageJobs.build?.steps?.slice(-2) ?? [];
    expect(afterwards.map((step) => step.if)).toEqual(afterwards.map(() => "inputs.tags != ''"));
    expect(imageJobs.publish).toMatchObject({ if: "inputs.tags != ''", needs: 'build' });
    expect(on).toMatchObject({ workflow_call: { inputs: { tags: { default: '' } } } });
  });

  it('goes to the registry of the repository it is in, whatever that is called', () => {
    for (const [path] of workflows) {
      const registries = fileOf(path).match(/\b[a-z0-9.-]+\.(io|com|org|dev)\b/g) ?? [];
      expect(new Set(registries)).toEqual(new Set(registries.length === 0 ? [] : ['ghcr.io']));
    }
    expect(scriptsOf('publish').join()).toContain('$REGISTRY/${GITHUB_REPOSITORY,,}');
  });

  it('of a commit is published only where somebody said so', () => {
    const { image } = workflowOf('.github/workflows/development.yml').jobs;
    expect(image?.with?.['tags']).toMatch(/^\$\{\{ vars\.PUBLISH_DEVELOPMENT_IMAGES == 'true' && /);
  });
});

describe('a release', () => {
  const { on, concurrency, jobs: parts } = workflowOf('.github/workflows/release.yml');

  it('is made of a tag, once, and never left half done for a newer one', () => {
    expect(on).toEqual({ push: { tags: ['v*'] } });
    expect(concurrency?.['cancel-in-progress']).toBe(false);
  });

  it('checks, tests, builds, signs and publishes in this order', () => {
    const before = (name: string): string[] => {
      const direct = listOf(parts[name]?.needs);
      return [...new Set([...direct.flatMap(before), ...direct])];
    };
    expect(before('publish')).toEqual(['check', 'tests', 'image', 'sign']);
    expect(before('image')).toEqual(['check', 'tests']);
    expect(parts.tests?.uses).toBe('./.github/workflows/tests.yml');
  });

  it('looks before the tests, before the image gets its name and at the end whether the version is there already', () => {
    const asking = (path: string) =>
      Object.entries(workflowOf(path).jobs).flatMap(([name, { steps: theirs = [] }]) =>
        theirs.flatMap(({ run = '', if: when }) =>
          run.includes('unpublished.mjs') ? [[name, run.split(' ').slice(2).join(' '), when]] : [],
        ),
      );
    expect(asking('.github/workflows/release.yml')).toEqual([
      ['check', '"$GITHUB_REF_NAME"', undefined],
      ['publish', '"$GITHUB_REF_NAME" "$DIGEST"', undefined],
    ]);
    expect(asking('.github/workflows/image.yml')).toEqual([
      ['publish', '"$GITHUB_REF_NAME" "$AMD64" "$ARM64"', 'inputs.once'],
    ]);
    expect(parts.image?.with).toMatchObject({ once: true });
  });

  it('signs the digest that was published and the sums of all files', () => {
    const signing = (parts.sign?.steps ?? []).filter(({ uses }) => uses?.startsWith('actions/attest@'));
    expect(signing.map((step) => step.with)).toEqual([
      expect.objectContaining({
        'subject-digest': '${{ needs.image.outputs.digest }}',
        'push-to-registry': true,
      }),
      { 'subject-checksums': 'files/SHA256SUMS' },
    ]);
  });
});

it('a new Node is told in one pull request: dependabot takes all of its packages together, before others do', () => {
  const { updates } = parse(fileOf('.github/dependabot.yml')) as {
    updates: {
      'package-ecosystem': string;
      ignore?: unknown;
      groups: Record<string, { patterns?: string[] }>;
    }[];
  };
  const npm = updates.find((update) => update['package-ecosystem'] === 'npm');
  expect(npm).not.toHaveProperty('ignore');
  const [[name, { patterns = [] }] = ['', {}]] = Object.entries(npm?.groups ?? {});
  const { optionalDependencies, dependencies } = JSON.parse(fileOf('package.json')) as Record<
    'optionalDependencies' | 'dependencies',
    Record<string, string>
  >;
  const isTaken = (dependency: string) => patterns.some((pattern) => matchesGlob(dependency, pattern));
  expect(name).toBe('node');
  expect(Object.keys(optionalDependencies).filter((dependency) => !isTaken(dependency))).toEqual([]);
  expect(Object.keys(dependencies).filter(isTaken)).toEqual([]);
});

describe('docs/ci-cd.md', () => {
  const page = fileOf('docs/ci-cd.md');

  it('names every variable that can be set, and no other', () => {
    const read = new Set(
      paths.flatMap((path) => [...fileOf(path).matchAll(/\bvars\.(\w+)/g)].map(([, name]) => name)),
    );
    const named = new Set([...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name]) => name));
    expect(named).toEqual(read);
  });

  it('has a section for every workflow', () => {
    for (const path of paths) expect(page).toContain(`(../${path})`);
  });
});
