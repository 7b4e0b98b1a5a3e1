// What a release takes from the repository's own files. Runs on any Node, without packages.
//
//   node .github/release.mjs check v1.2.3         refuses a tag that the files do not agree with; prints the outputs of a step
//   node .github/release.mjs development COMMIT   the same for an image between two releases
//   node .github/release.mjs notes 1.2.3 [--image NAME@DIGEST] [--repository OWNER/NAME] [--signed]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const versionPattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
/** What the option APP_VERSION takes. */
const longestVersion = 20;

/** Every `## ` section of the changelog, newest first: `## Unreleased` or `## 1.2.3 - 2026-12-24`, brackets allowed. */
function sectionsOf(changelog) {
  const [, ...parts] = changelog.split(/^## /m);
  return parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n');
    const [, name = heading, date] = /^\[?([^\]\s]+)\]?(?: - (\S+))?\s*$/.exec(heading) ?? [];
    const text = lines.filter((line) => !/^\[[^\]]+\]: /.test(line)).join('\n');
    return { name, date, text: text.trim() };
  });
}

function isDay(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? '')) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function problemsOfChangelog(version) {
  const sections = sectionsOf(readFileSync('CHANGELOG.md', 'utf8'));
  const unreleased = sections.find(({ name }) => name.toLowerCase() === 'unreleased');
  const released = sections.filter((section) => section !== unreleased);
  const section = released.find(({ name }) => name === version);
  if (section === undefined) return [`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD"`];
  const problems = [];
  if (section !== released[0]) problems.push(`CHANGELOG.md has ${released[0].name} above ${version}`);
  if (!isDay(section.date)) problems.push(`CHANGELOG.md does not say on which day ${version} was released`);
  if (section.text === '') problems.push(`CHANGELOG.md says nothing about ${version}`);
  if (unreleased && unreleased.text !== '')
    problems.push('CHANGELOG.md still has something under "Unreleased"');
  return problems;
}

/** The schema of a pre-release may change until the release, so nothing holds on to it. */
function problemsOfSchema(version) {
  const file = `tests/operations/schemas/${version}.jsonl.gz`;
  if (version.includes('-') || existsSync(file)) return [];
  return [`${file} is missing, which upgrades are tested from: its README says how to make it`];
}

function problemsOf(tag, version) {
  if (!tag.startsWith('v') || !versionPattern.test(version))
    return [`${tag} is no tag of a version like v1.2.3`];
  const problems = [...problemsOfChangelog(version), ...problemsOfSchema(version)];
  if (version.length > longestVersion)
    problems.push(`${version} is longer than ${longestVersion} characters`);
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const written = {
    'package.json': JSON.parse(readFileSync('package.json', 'utf8')).version,
    'package-lock.json': lock.version,
    'the root package of package-lock.json': lock.packages?.['']?.version,
  };
  for (const [file, theirs] of Object.entries(written)) {
    if (theirs !== version) problems.push(`${file} says ${theirs}, the tag ${version}`);
  }
  return problems;
}

const numbersOf = (version) => version.split('.').map(Number);
const isNewer = (one, other) => {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  const place = a.findIndex((number, index) => number !== b[index]);
  return place >= 0 && a[place] > b[place];
};

/**
 * Tags of the image: the version, and the shorter ones that it is now the newest of. A late patch of an old line moves neither
 * `latest` nor the line above; a pre-release moves nothing; before 1.0.0 the major says nothing.
 */
function imageTags(version) {
  if (version.includes('-')) return { tags: [version], latest: false };
  const tagged = execFileSync('git', ['tag', '--list', 'v*'], { encoding: 'utf8' }).split('\n');
  const newer = tagged
    .map((name) => name.slice(1))
    .filter((name) => versionPattern.test(name) && !name.includes('-') && isNewer(name, version));
  const [major, minor] = version.split('.');
  const tags = [version];
  if (!newer.some((name) => name.startsWith(`${major}.${minor}.`))) tags.push(`${major}.${minor}`);
  if (major !== '0' && !newer.some((name) => name.startsWith(`${major}.`))) tags.push(major);
  if (newer.length === 0) tags.push('latest');
  return { tags, latest: newer.length === 0 };
}

function check(tag) {
  const version = tag.slice(1);
  const problems = problemsOf(tag, version);
  if (problems.length > 0) return fail(problems);
  const { tags, latest } = imageTags(version);
  const prerelease = version.includes('-');
  console.log(`version=${version}\ntags=${tags.join(' ')}\nprerelease=${prerelease}\nlatest=${latest}`);
}

function development(commit) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  // No "+": a tag of an image cannot have it.
  const own = `${version}-dev.${commit.slice(0, 7)}`;
  console.log(`version=${own}\ntags=development ${own}`);
}

function notes(version, { image, repository, signed }) {
  const section = sectionsOf(readFileSync('CHANGELOG.md', 'utf8')).find(({ name }) => name === version);
  if (section === undefined) return fail([`CHANGELOG.md has no section about ${version}`]);
  const lines = [section.text];
  if (image !== undefined) {
    lines.push('', '### Image', '', 'For amd64 and arm64, with an SBOM and its provenance:', '');
    lines.push('```sh', `docker pull ${image}`);
    if (signed) lines.push(`gh attestation verify oci://${image} --repo ${repository}`);
    lines.push('sha256sum --check SHA256SUMS    # the files below', '```');
  }
  console.log(lines.join('\n'));
}

function fail(problems) {
  for (const problem of problems) console.error(problem);
  process.exitCode = 1;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { image: { type: 'string' }, repository: { type: 'string' }, signed: { type: 'boolean' } },
});
const [command, subject = ''] = positionals;
if (command === 'check') check(subject);
else if (command === 'development') development(subject);
else if (command === 'notes') notes(subject, values);
else fail(['usage: node .github/release.mjs check TAG | development COMMIT | notes VERSION']);
