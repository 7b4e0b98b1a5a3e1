import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { composeVariables } from '../../src/config/document.ts';
import { options } from '../../src/config/options.ts';
import { METRIC_FAMILIES } from '../../src/observability/metric-catalogue.ts';

/** docs/operations.md against what it talks about: options, metrics, headings and files. */

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const found = (pattern: RegExp): string[] => [
  ...new Set([...page.matchAll(pattern)].map(([, name = '']) => name)),
];

test('every option it names exists', () => {
  const known = Object.keys(options).flatMap((name) => [name, `${name}_FILE`]);
  // Of the compose file and of Node, not of the application.
  known.push('NODE_ENV', 'NAME_FILE', 'SOURCE_DATE_EPOCH', ...composeVariables.map(([name]) => name));
  const named = found(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('every variable of the compose files is named', () => {
  expect(composeVariables.filter(([name]) => !page.includes(`\`${name}`))).toEqual([]);
});

test('every metric it names exists', () => {
  const known = Object.values(METRIC_FAMILIES).map(({ name }) => name as string);
  expect(found(/\b(tt_[a-z_]+)\b/g).filter((name) => name !== 'tt_session' && !known.includes(name))).toEqual(
    [],
  );
});

test('every sentence of the log that it tells to look for is one that the code writes', () => {
  const code = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('');
  const sentences = found(/"(?:msg":")?([a-z]+(?: [a-z]+)+)"/g).filter((text) =>
    page.includes(`"${text}"\``),
  );
  expect(sentences.length).toBeGreaterThan(5);
  expect(sentences.filter((text) => !code.includes(`'${text}'`))).toEqual([]);
});

test('every command of a container names a file that is there, and no command needs a shell in it', () => {
  const files = found(/docker compose (?:exec|run --rm) app node (src\/\S+?\.ts)/g);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(found(/docker compose (?:exec|run --rm) app ((?!node )\S+)/g)).toEqual([]);
});

const block = (after: string): string =>
  page.slice(page.indexOf(after)).match(/```\w+\n([\s\S]*?)\n```/)?.[1] ?? '';

test('the unit keeps on starting it, and its options are where commands find them', () => {
  const unit = block('`/etc/systemd/system/timetracker.service`');
  const [, head = ''] = /\[Unit\]\n([\s\S]*?)\n\[Service\]/.exec(unit) ?? [];
  // Five starts within ten seconds are systemd's limit, and the end; in another section the line says nothing.
  expect(head).toMatch(/^StartLimitIntervalSec=0$/m);
  expect(Number(/^RestartSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(5);
  expect(unit).toMatch(/^EnvironmentFile=\/etc\/timetracker\.env$/m);
  expect(unit).not.toMatch(/^Environment=/m);
});

test('its command makes a backup of the database that the service has', async () => {
  const folder = mkdtempSync(join(inject('folder'), 'command-'));
  const paths = (text: string): string =>
    text
      .replaceAll('/etc/timetracker.env', join(folder, 'env'))
      .replaceAll('/opt/timetracker', root)
      .replaceAll('/var/l', join(folder, 'l'));
  writeFileSync(join(folder, 'env'), paths(block('`/etc/timetracker.env`, and not')));
  // Without the right to become somebody else, who runs the tests is the service's user.
  writeFileSync(
    join(folder, 'command'),
    paths(block('`/usr/local/bin/timetracker`')).replace('runuser -u timetracker -- ', ''),
  );
  const run = (...args: string[]) =>
    spawnSync('sh', [join(folder, 'command'), ...args], {
      ...{ encoding: 'utf8', cwd: folder },
      env: { PATH: process.env['PATH'] },
    });
  expect(run('migrate')).toMatchObject({ status: 0 });
  expect(run('backup')).toMatchObject({ status: 0 });
  const backups = join(folder, 'lib/timetracker/backups');
  const [name = ''] = readdirSync(backups);
  expect(run('restore', join(backups, name), '--force')).toMatchObject({ status: 0 });
}, 60_000);

test('an upgrade changes no file of a server that runs', () => {
  const upgrade = block('Under systemd. Stop it before');
  const places = ['systemctl stop', 'npm ci', 'systemctl start'].map((step) => upgrade.indexOf(step));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
  expect(page).not.toMatch(/systemctl restart timetracker/);
});

test('every place it links to exists', () => {
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(found(/\]\(#([^)]*)\)/g).filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  const files = found(/\]\((?!#|https?:)([^)#]*)/g);
  expect(files.filter((file) => !existsSync(join(root, 'docs', file)))).toEqual([]);
});
