// Refuses to make a version a second time: when its tag was moved, and when its release or its image is there already.
// Runs on any Node, without packages. Asks GitHub and the registry (REGISTRY), with the token of the job (TOKEN).
//
//   node .github/unpublished.mjs v1.2.3 [DIGEST...]
//
// The DIGESTs are what is about to get the version's name. Where it has it already, made of these very images, nothing is in the
// way: a run that failed half-way goes on.
import { readFileSync } from 'node:fs';

const [tag = '', ...digests] = process.argv.slice(2);
const version = tag.slice(1);
const {
  GITHUB_API_URL: api,
  GITHUB_REPOSITORY: repository = '',
  GITHUB_SHA: commit,
  GITHUB_ACTOR: actor,
  GITHUB_EVENT_PATH: eventFile = '',
  REGISTRY: registry = '',
  TOKEN: token,
} = process.env;
const registryAddress = registry.includes('://') ? registry : `https://${registry}`;
// A registry knows no capital letters.
const image = repository.toLowerCase();
const onceOnly = 'a version is made once: release the next one';

const ask = (path, accept) =>
  fetch(`${api}/repos/${repository}/${path}`, { headers: { accept, authorization: `Bearer ${token}` } });

function unexpected(answer) {
  return new Error(
    `${new URL(answer.url).host} answered ${answer.status}: whether ${tag} is published is not known`,
  );
}

async function problemsOfTag() {
  const { created } = JSON.parse(readFileSync(eventFile, 'utf8'));
  const problems = created === true ? [] : [`${tag} was moved: ${onceOnly}`];
  const answer = await ask(`commits/tags/${tag}`, 'application/vnd.github.sha');
  // GitHub says 422 of a name that it does not know.
  if (answer.status === 404 || answer.status === 422) return [...problems, `${tag} is gone`];
  if (!answer.ok) throw unexpected(answer);
  const named = (await answer.text()).trim();
  if (named !== commit) problems.push(`${tag} is of commit ${named} now, and this run of ${commit}`);
  return problems;
}

async function problemsOfRelease() {
  const answer = await ask(`releases/tags/${tag}`, 'application/vnd.github+json');
  if (answer.status === 404) return [];
  if (!answer.ok) throw unexpected(answer);
  return [`${tag} is released already: ${onceOnly}`];
}

/** Asks the registry for a manifest, and for a token first where it wants one. */
async function manifestAnswer(reference) {
  const kinds = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.list.v2'];
  const headers = { accept: kinds.map((kind) => `application/vnd.${kind}+json`).join(', ') };
  const address = `${registryAddress}/v2/${image}/manifests/${reference}`;
  const first = await fetch(address, { headers });
  const wanted = first.headers.get('www-authenticate') ?? '';
  if (first.status !== 401 || !wanted.startsWith('Bearer ')) return first;
  const { realm, ...rest } = Object.fromEntries(
    [...wanted.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  // The token is for the registry, and for nobody whom it names.
  if (new URL(realm).origin !== new URL(registryAddress).origin) throw unexpected(first);
  const authorization = `Basic ${Buffer.from(`${actor}:${token}`).toString('base64')}`;
  const signIn = await fetch(`${realm}?${new URLSearchParams(rest)}`, { headers: { authorization } });
  if (!signIn.ok) return signIn;
  const own = await signIn.json();
  return fetch(address, { headers: { ...headers, authorization: `Bearer ${own.token}` } });
}

/** Digests of what a name stands for: of each architecture's image and of what is told about it. Undefined where nothing is. */
async function contentOf(reference) {
  const answer = await manifestAnswer(reference);
  if (answer.status === 404) return undefined;
  // Before the first release there is no package, and of what is not there a registry may say that it must not be seen. Once
  // images wait for their name, there is one.
  if ([401, 403].includes(answer.status) && digests.length === 0) return undefined;
  if (!answer.ok) throw unexpected(answer);
  const { manifests } = await answer.json();
  return (manifests ?? []).map(({ digest }) => digest).sort();
}

async function problemsOfImage() {
  const there = await contentOf(version);
  if (there === undefined) return [];
  const planned = await Promise.all(digests.map(contentOf));
  if (digests.length > 0 && String(planned.flat().sort()) === String(there)) return [];
  return [`${registry}/${image}:${version} is there already: ${onceOnly}`];
}

try {
  const problems = [...(await problemsOfTag()), ...(await problemsOfRelease()), ...(await problemsOfImage())];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${version} is not published yet`);
} catch (error) {
  console.error(error.message, error.cause?.message ?? '');
  process.exitCode = 1;
}
