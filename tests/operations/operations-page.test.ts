import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { composeVariables, ownVariablesOfCompose } from '../../src/config/document.ts';
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
  const ofCompose = [...composeVariables, ...ownVariablesOfCompose].map(([name]) => name);
  known.push('NODE_ENV', 'NAME_FILE', 'SOURCE_DATE_EPOCH', ...ofCompose);
  const named = found(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('every variable of the compose files is named', () => {
  expect(
    [...composeVariables, ...ownVariablesOfCompose].filter(([name]) => !page.includes(`\`${name}`)),
  ).toEqual([]);
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

/** Their image has no shell, and their log is a file in a volume: a line that works in a checkout only helps nobody at night. */
describe('the folders that commands name', () => {
  const folders = ['DATA', 'LOGS', 'BACKUPS'];
  const section = page.slice(page.indexOf('### Where it keeps things'), page.indexOf('\n## Reverse proxy'));

  test('are named by variables wherever a command looks at files', () => {
    const commands = [...page.matchAll(/`((?:grep|zgrep|tail|df|ls|rm) [^`]*)`/g)].map(
      ([, line = '']) => line,
    );
    expect(commands.length).toBeGreaterThan(12);
    const elsewhere = commands.filter((line) => !/"\$(DATA|LOGS|BACKUPS)[/"]/.test(line));
    expect(elsewhere.filter((line) => !line.includes('/proc/'))).toEqual([]);
  });

  test('are set for systemd and for npm as the unit and the options have them', () => {
    const [unit = '', npm = ''] = section.split('\n').filter((line) => line.startsWith('DATA='));
    const environment = Object.fromEntries(
      block('`/etc/timetracker.env`, and not')
        .split('\n')
        .map((line) => line.split('=')),
    ) as Record<string, string>;
    expect(unit).toBe(
      `DATA=${environment['DATA_DIR']} LOGS=${dirname(environment['LOG_FILE'] ?? '')} BACKUPS=${environment['DATA_DIR']}/backups`,
    );
    const folder = options.DATA_DIR.default;
    expect(npm).toBe(`DATA=${folder} LOGS=${dirname(options.LOG_FILE.default)} BACKUPS=${folder}/backups`);
  });

  test('are mounted for Docker from the volumes that the compose file has, where they are said to be', () => {
    const command = /docker run --rm -it[\s\S]*?debian:12-slim/.exec(section)?.[0] ?? '';
    const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as ComposeOfApp;
    for (const [index, name] of folders.entries()) {
      const volume = compose.services.app.volumes[index] ?? '';
      const [, target = ''] = volume.split(':');
      expect(command).toContain(` -v ${compose.name}_${volume} `);
      expect(command).toContain(` -e ${name}=${target} `);
    }
  });

  test('hold what the commands of the runbooks look for: each runs as it is printed', () => {
    const folder = mkdtempSync(join(inject('folder'), 'runbooks-'));
    const texts = found(/`z?grep '([^']*)'/g).map((text) => text.replace('…', '1234'));
    const line = `{${texts.join(',')}}`;
    writeFileSync(join(folder, 'app.jsonl'), `${line}\n`);
    writeFileSync(join(folder, 'app-2026-03-04.jsonl.gz'), gzipSync(`${line}\n`));
    const commands = found(/`(z?grep '[^`]*)`/g).map((command) => command.replace('…', '1234'));
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) {
      const { stdout, stderr } = spawnSync('bash', ['-c', command], {
        ...{ encoding: 'utf8', env: { ...process.env, LOGS: folder } },
      });
      expect([command, stderr, stdout.trim()]).toEqual([command, '', line]);
    }
  });
});

interface ComposeOfApp {
  name: string;
  services: { app: { volumes: string[] } };
}

describe('an installation with the overlay', () => {
  const environment = block('With more than the application alone, name it in `.env`');

  test('is named in .env as it is told, and there only', () => {
    expect(environment).toMatch(/^COMPOSE_FILE=docker-compose\.yml:docker-compose\.analytics\.yml$/m);
    expect(environment).toMatch(/^DATABASE_URL_FILE=\.\/secrets\/database-url$/m);
    expect(environment).toMatch(/^COMPOSE_PROFILES=monitoring,logging$/m);
  });

  test('is upgraded with the files of its stack, from new source, and not left running on the old ones', () => {
    const upgrade = block('In Docker, in the project');
    const steps = ['backup.ts', 'git pull', 'compose build', 'compose pull', 'up -d --force-recreate'];
    const places = steps.map((step) => upgrade.indexOf(step));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
  });

  test('is restored onto a new machine from a file that its container can read', () => {
    const restore = block('Onto a **new machine**');
    const [create, put, start] = ['compose create app', 'install -o 1000 -g 1000 -m 600', 'restore.ts'].map(
      (step) => restore.indexOf(step),
    );
    expect([create, put, start]).toEqual(
      [create, put, start].toSorted((one, other) => Number(one) - Number(other)),
    );
    // A volume that something else made first would belong to root.
    expect(create).toBe('docker '.length);
    const names = [...restore.matchAll(/\/(timetracker-[\w.-]+gz)/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(1);
    // The user of the compose file.
    expect(readFileSync(join(root, 'docker-compose.yml'), 'utf8')).toContain("user: '1000:1000'");
  });
});

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
