// Starts an image as docker-compose.yml ships it and asks it everything that must be true of it before somebody gets it.
// Runs on any Node, without packages, wherever Docker is; beside a stack that is running, and removes all it made.
//
//   node .github/check-image.mjs IMAGE VERSION COMMIT
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';

const [image = '', version = '', commit = ''] = process.argv.slice(2);
const project = `timetracker-check-${process.pid}`;

const docker = (...args) => execFileSync('docker', args, { encoding: 'utf8', env: process.env }).trim();
// Without the .env of whoever runs it.
const compose = (...args) =>
  docker(
    'compose',
    '--project-name',
    project,
    '--file',
    'docker-compose.yml',
    '--env-file',
    '/dev/null',
    ...args,
  );

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Asked inside, of the process that serves: the engine could say what it was told, and not do it. */
const inside = String.raw`
  const { readFileSync, writeFileSync } = require('node:fs');
  const status = readFileSync('/proc/1/status', 'utf8');
  const field = (name) => new RegExp('^' + name + ':\\s+(\\S+)', 'm').exec(status)[1];
  const root = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')).find(([, path]) => path === '/');
  const canWrite = (path) => { try { writeFileSync(path, ''); return true; } catch { return false; } };
  console.log(JSON.stringify({
    uid: field('Uid'), capabilities: field('CapEff'), noNewPrivileges: field('NoNewPrivs'), root: root[3].split(',')[0],
    writes: ['/app', '/data', '/logs', '/backups'].map((path) => path + '/.check').filter(canWrite),
  }));
`;

async function ask(address) {
  const [answer] = await once(get(address), 'response');
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return { status: answer.statusCode, text };
}

async function checkRunning(address) {
  const ready = await ask(`${address}/readyz`);
  deepStrictEqual([ready.status, JSON.parse(ready.text).status], [200, 'ok']);
  // A page needs the views, the styles and the texts: what a forgotten COPY would miss.
  const setup = await ask(`${address}/setup`);
  strictEqual(setup.status, 200);
  const [, stylesheet = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(setup.text) ?? [];
  strictEqual((await ask(`${address}${stylesheet}`)).status, 200);
  deepStrictEqual(JSON.parse(compose('exec', '-T', 'app', 'node', '-e', inside)), {
    uid: '1000',
    capabilities: '0000000000000000',
    noNewPrivileges: '1',
    root: 'ro',
    writes: ['/data/.check', '/logs/.check', '/backups/.check'],
  });
}

function checkImage() {
  const [{ Config: config }] = JSON.parse(docker('image', 'inspect', image));
  strictEqual(config.Labels['org.opencontainers.image.version'], version);
  strictEqual(config.Labels['org.opencontainers.image.revision'], commit);
  for (const said of [`APP_VERSION=${version}`, `APP_COMMIT=${commit}`]) ok(config.Env.includes(said));
  strictEqual(config.User, '1000:1000');
}

const port = await freePort();
Object.assign(process.env, { TIMETRACKER_IMAGE: image, PORT: String(port), BIND_ADDRESS: '127.0.0.1' });
try {
  checkImage();
  compose('up', '--detach', '--wait', '--wait-timeout', '90', '--no-build', '--pull', 'never', 'app');
  await checkRunning(`http://127.0.0.1:${port}`);
  const container = compose('ps', '--quiet', 'app');
  compose('stop', 'app');
  strictEqual(docker('inspect', '--format', '{{.State.ExitCode}}', container), '0');
  console.log(
    `${image} (${version}) is ready, as a user, on a read-only root, without capabilities, and stops cleanly`,
  );
} catch (error) {
  console.error(error);
  console.error(compose('logs', '--no-color', 'app'));
  process.exitCode = 1;
} finally {
  compose('down', '--volumes', '--timeout', '5');
}
