import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { composeVariables } from '../../src/config/document.ts';
import { options } from '../../src/config/options.ts';
import type { OptionName } from '../../src/config/options.ts';
import { allServices, base, overlay } from './compose-file.ts';
import type { Service } from './compose-file.ts';
import { alloyPipelines, promtailPipeline } from './log-pipelines.ts';
import { fileOf, root } from './rules.ts';

const declared = { ...base(), ...{ volumes: { ...base().volumes, ...overlay().volumes } } };
const secrets = { ...base().secrets, ...overlay().secrets };
const optionNames = Object.keys(options) as OptionName[];
/** What the container's own layout decides, and what the image says itself. */
const fixedByContainer = ['HOST', 'PORT', 'DATA_DIR', 'LOG_FILE', 'BACKUP_DIR', 'APP_VERSION', 'APP_COMMIT'];
const environmentOf = (service: Service | undefined): Record<string, string | number> =>
  service?.environment ?? {};

const mountsOf = ({ volumes = [] }: Service) =>
  volumes.map((volume) => {
    const [outside = '', inside = ''] = volume.split(':');
    return { outside, inside };
  });

/** Keys under which a configuration names files and folders of its machine. `metrics_path` is one of an address. */
const isPathKey = (key: string): boolean => /(_files?|_prefix|_directory|^filename|^path)$/.test(key);

/** Every path that a configuration names. */
function pathsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return isPathKey(key) && value.startsWith('/') ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, name));
}

/** The files of this repository that a container has, with the paths inside of it that they name. */
function configurationOf(service: Service): { file: string; paths: string[] }[] {
  return mountsOf(service)
    .filter(({ outside }) => outside.startsWith('./'))
    .flatMap(({ outside }) => {
      const path = outside.slice(2);
      const names = statSync(join(root, path)).isFile()
        ? ['']
        : readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).sort();
      return names.map((name) => join(path, name));
    })
    .filter((file) => /\.(yml|alloy)$/.test(file))
    .map((file) => ({
      file,
      paths: file.endsWith('.alloy')
        ? alloyPipelines().map(({ path }) => path)
        : pathsIn(parse(fileOf(file))),
    }));
}

/** Whether a container has a path: as a secret, in a volume or folder in memory, or as a file of this repository. */
function foundIn(service: Service, path: string): 'there' | 'not there' {
  if (service.secrets?.some((secret) => path === `/run/secrets/${secret}`)) return 'there';
  const [mount] = mountsOf(service)
    .filter(({ inside }) => path === inside || path.startsWith(`${inside}/`))
    .sort((one, other) => other.inside.length - one.inside.length);
  if (!mount) return 'not there';
  if (!mount.outside.startsWith('./')) return 'there';
  const file = join(root, mount.outside, path.slice(mount.inside.length));
  return existsSync(file) || globSync(file).length > 0 ? 'there' : 'not there';
}

describe.each(allServices())('the service %s', (name, service) => {
  it('has one exact version', () => {
    if (name === 'app') return expect(service.image).toBe('${TIMETRACKER_IMAGE:-timetracker:local}');
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    expect(service.image).not.toContain('latest');
  });

  it('can do little: no root, no capability, nothing to write but its volumes, no new privileges', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    for (const key of ['cap_add', 'privileged', 'network_mode'] as const)
      expect(service[key]).toBeUndefined();
    expect(service.volumes?.join()).not.toContain('docker.sock');
  });

  it('takes a bounded part of the machine', () => {
    expect(service.mem_limit).toMatch(/^\d+m$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(String(service.cpus)).toMatch(/^(0\.5|1|\$\{(APP|POSTGRES)_CPUS:-1\})$/);
    expect(service.logging?.options['max-size']).toMatch(/^\d+m$/);
    expect(service.logging?.options['max-file']).toMatch(/^\d$/);
  });

  it('comes back after a restart, and says whether it works', () => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.interval).toMatch(/s$/);
    expect(service.healthcheck?.timeout).toMatch(/s$/);
    expect(service.healthcheck?.retries).toBeGreaterThan(1);
    if (name === 'app') expect(fileOf('Dockerfile')).toMatch(/^HEALTHCHECK /m);
    else expect(service.healthcheck?.test?.[0]).toBe('CMD');
  });

  it('is reached from this machine only, or not at all', () => {
    for (const port of service.ports ?? []) {
      expect(port).toMatch(/^(127\.0\.0\.1|\$\{BIND_ADDRESS:-127\.0\.0\.1\}):\$\{[A-Z_]*PORT:-\d+\}:\d+$/);
    }
    if (service.ports === undefined) expect(service.networks).toEqual(['stack']);
    else expect(service.networks).toContain('web');
  });

  it('waits only for what is there with it', () => {
    const services = Object.fromEntries(allServices());
    for (const [needed, { required }] of Object.entries(service.depends_on ?? {})) {
      const theirs = services[needed]?.profiles;
      const always = theirs === undefined || service.profiles?.every((profile) => theirs.includes(profile));
      if (!always) expect({ needed, required }).toEqual({ needed, required: false });
    }
  });

  it('mounts what exists: named volumes, files of this repository read-only, declared secrets', () => {
    for (const volume of service.volumes ?? []) {
      const [source = '', , mode] = volume.split(':');
      if (!source.startsWith('./')) expect(Object.keys(declared.volumes ?? {})).toContain(source);
      else {
        expect(existsSync(join(root, source))).toBe(true);
        expect(mode).toBe('ro');
      }
    }
    for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
  });
});

describe.each(allServices())('the container of %s', (name, service) => {
  const read = configurationOf(service);
  const pathsNamed = [
    // What it is started with: `--config.file=/etc/…`, or a path of its own.
    ...(service.command ?? []).flatMap((part) => /(?:^|=)(\/.+)$/.exec(part)?.[1] ?? []),
    ...(service.healthcheck?.test ?? []).flatMap((part) => /=(\/.+)$/.exec(part)?.[1] ?? []),
    ...Object.values(environmentOf(service)).flatMap((value) => /^\/.+/.exec(String(value))?.[0] ?? []),
    ...Object.values(environmentOf(service)).flatMap(
      (value) => /:\+(\/.+)\}$/.exec(String(value))?.[1] ?? [],
    ),
    ...read.flatMap(({ paths }) => paths),
  ];

  it('has every file, folder and secret that it is told of', () => {
    for (const path of pathsNamed) expect([path, foundIn(service, path)]).toEqual([path, 'there']);
  });

  it('is told of every file that it gets', () => {
    // Where Grafana looks for them unless it is told otherwise.
    const known = name === 'grafana' ? ['/etc/grafana/provisioning', ...pathsNamed] : pathsNamed;
    for (const { inside } of mountsOf(service).filter(({ outside }) => outside.startsWith('./')))
      expect([inside, known.some((path) => path === inside || path.startsWith(`${inside}/`))]).toEqual([
        inside,
        true,
      ]);
  });
});

describe('what components are configured with', () => {
  it('reaches each of them', () => {
    const told = Object.fromEntries(
      allServices().map(([name, service]) => [name, configurationOf(service).map(({ file }) => file)]),
    );
    expect(told).toMatchObject({
      prometheus: [
        'prometheus/prometheus.yml',
        'prometheus/rules/alerts.yml',
        'prometheus/rules/recording.yml',
      ],
      alertmanager: ['alertmanager/alertmanager.yml'],
      grafana: expect.arrayContaining([
        'grafana/provisioning/dashboards/timetracker.yml',
        'grafana/provisioning/datasources/loki.yml',
        'grafana/provisioning/datasources/prometheus.yml',
      ]) as string[],
      loki: ['loki/loki-config.yml'],
      alloy: ['alloy/config.alloy'],
    });
  });
});

describe('the networks', () => {
  it('are two, and the inner one has no way out', () => {
    expect(base().networks).toEqual({ web: {}, stack: { internal: true } });
  });
});

describe('a container that is not running', () => {
  // Docker's resolver asks the name servers of the machine for what it does not know, unless "ndots" is set; on the inner network alone
  // it asks nobody.
  it('is asked of no name server outside by those who look for it', () => {
    const asking = allServices().filter(
      ([name, { networks }]) => name !== 'app' && networks?.includes('web'),
    );
    const looking = asking.filter(([name]) => name !== 'alertmanager');
    expect(looking.map(([name]) => name)).toEqual(['prometheus', 'grafana']);
    for (const [, service] of looking)
      expect(service).toMatchObject({ dns_search: ['.'], dns_opt: ['ndots:1'] });
    const names = [...fileOf('prometheus/prometheus.yml').matchAll(/^ +- names: \['(.*)'\]$/gm)];
    expect(names.map(([, name]) => name)).toEqual(['loki.', 'alloy.']);
  });
});

describe('the options of the application', () => {
  const inBase = environmentOf(base().services.app);
  const inOverlay = environmentOf(overlay().services.app);

  it('are passed by names that exist', () => {
    const names = [...Object.keys(inBase), ...Object.keys(inOverlay)].map((name) =>
      name.replace(/_FILE$/, ''),
    );
    expect(names.filter((name) => !(optionNames as string[]).includes(name) && name !== 'LOG')).toEqual([]);
  });

  it('can all be set in .env, and secrets by a file as well', () => {
    const passed = { ...inBase, ...inOverlay };
    for (const [name, option] of Object.entries(options)) {
      if (fixedByContainer.includes(name)) continue;
      // The overlay brings a database of its own.
      expect([name, inBase[name] ?? inOverlay[name]]).toEqual([name, `\${${name}:-}`]);
      if (!('secret' in option)) continue;
      const secret = name.toLowerCase();
      expect((inBase[`${name}_FILE`] ?? passed[`${name}_FILE`]) as string).toBe(
        `\${${name}_FILE:+/run/secrets/${secret}}`,
      );
      expect(secrets[secret]?.file).toMatch(new RegExp(`^\\$\\{${name}_FILE:-\\./secrets/`));
      const mounted = [...(base().services.app?.secrets ?? []), ...(overlay().services.app?.secrets ?? [])];
      expect(mounted).toContain(secret);
    }
  });

  it('are in .env.example beside all that only the compose files read, with its default', () => {
    const text = `${fileOf('docker-compose.yml')}${fileOf('docker-compose.analytics.yml')}`;
    const read = new Set([...text.matchAll(/\$\{([A-Z_]+):/g)].map(([, name = '']) => name));
    const ofOptions = optionNames.flatMap((name) => [name, `${name}_FILE`]);
    const names = composeVariables.map(([name]) => name);
    expect([...read].filter((name) => !ofOptions.includes(name)).sort()).toEqual([...names].sort());
    for (const [name, value] of composeVariables) {
      if (value !== '') expect(text).toContain(`\${${name}:-${value}}`);
    }
  });

  it('of analytics come with the overlay only', () => {
    for (const name of ['SENTRY_DSN', 'POSTHOG_API_KEY', 'POSTHOG_HOST', 'ENABLE_TELEMETRY', 'TELE_URL']) {
      expect(inBase).not.toHaveProperty(name);
      expect(inOverlay).toHaveProperty(name);
    }
  });

  it('hold no secret, and have no default that would switch something on', () => {
    for (const value of [...Object.values(inBase), ...Object.values(inOverlay)].map(String)) {
      expect(value).toMatch(/^(\$\{[A-Z_]+:-\}|\$\{[A-Z_]+:\+\/run\/secrets\/\w+\}|\/\S+|0\.0\.0\.0|8000|)$/);
    }
  });
});

describe('the components', () => {
  const services = Object.fromEntries(allServices());

  it('report to nobody', () => {
    expect(services.alloy?.command).toContain('--disable-reporting');
    expect(parse(fileOf('loki/loki-config.yml'))).toMatchObject({ analytics: { reporting_enabled: false } });
    expect(environmentOf(services.grafana)).toMatchObject({
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
      GF_NEWS_NEWS_FEED_ENABLED: 'false',
      GF_SECURITY_DISABLE_GRAVATAR: 'true',
      GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
      GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
    });
    expect(fileOf('prometheus/prometheus.yml')).not.toMatch(/^remote_write/m);
  });

  it('start Grafana with a password of the operator only', () => {
    const environment = environmentOf(services.grafana);
    expect(environment).not.toHaveProperty('GF_SECURITY_ADMIN_PASSWORD');
    expect(environment.GF_SECURITY_ADMIN_PASSWORD__FILE).toBe('/run/secrets/grafana_admin_password');
    expect(environment.GF_SECURITY_SECRET_KEY__FILE).toBe('/run/secrets/grafana_secret_key');
    expect(existsSync(join(root, 'secrets/grafana-admin-password'))).toBe(false);
  });

  it('keep what they know in volumes', () => {
    const kept = {
      app: ['data:/data', 'logs:/logs', 'backups:/backups'],
      prometheus: ['prometheus:/prometheus'],
      alertmanager: ['alertmanager:/alertmanager'],
      grafana: ['grafana:/var/lib/grafana'],
      loki: ['loki:/loki'],
      alloy: ['alloy:/var/lib/alloy/data'],
      postgres: ['postgres:/var/lib/postgresql'],
    };
    for (const [name, volumes] of Object.entries(kept)) {
      expect(services[name]?.volumes).toEqual(expect.arrayContaining(volumes));
    }
  });

  it('find each other by the names that are there', () => {
    const targets = [...fileOf('prometheus/prometheus.yml').matchAll(/'(\w+):(\d+)'/g)].map(
      (match) => match[1],
    );
    for (const host of targets) if (host !== 'localhost') expect(Object.keys(services)).toContain(host);
    const { server } = parse(fileOf('loki/loki-config.yml')) as { server: { http_listen_port: number } };
    for (const { push } of [promtailPipeline(), ...alloyPipelines()])
      expect(push).toBe(`http://loki:${server.http_listen_port}/loki/api/v1/push`);
    expect(services.app?.ports?.[0]).toMatch(/:8000$/);
  });
});

/** Docker's plugin, or the same program alone, from version 2.20.2 on: older ones do not know an optional `depends_on`. */
const composePrograms = [['docker', 'compose'], ['docker-compose']];
const run = ([program = '', ...first]: string[], ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DOCKER_CONFIG: process.env.DOCKER_CONFIG },
  });
  return { status, stdout, stderr };
};
const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.trim().replace(/^v/, '').split(/[.-]/).map(Number);
  return major > 2 || (major === 2 && (minor > 20 || (minor === 20 && patch >= 2)));
};
const program = composePrograms.find((one) => {
  const { status, stdout } = run(one, 'version', '--short');
  return status === 0 && isNewEnough(stdout);
});

describe('docker compose config', () => {
  const files = [['docker-compose.yml'], ['docker-compose.yml', 'docker-compose.analytics.yml']];
  const profiles = [[], ['monitoring'], ['logging'], ['monitoring', 'logging']];
  const combinations = files.flatMap((names) => profiles.map((chosen) => ({ names, chosen })));

  // Without the .env of whoever runs it: as it is shipped, or with one of the test's own.
  const render = (names: string[], chosen: string[], environmentFile = '/dev/null') => {
    const chosenFiles = names.flatMap((name) => ['--file', name]);
    const parts = [...chosenFiles, ...chosen.flatMap((one) => ['--profile', one])];
    return run(program ?? [], '--env-file', environmentFile, ...parts, 'config', '--format', 'json');
  };

  it.for(combinations)('renders $names with profiles $chosen', ({ names, chosen }, { skip }) => {
    if (!program) return skip('no docker compose here, or one older than 2.20.2; .ci/compose fetches one');
    const expected = allServices()
      .filter(([name]) => name !== 'postgres' || names.length > 1)
      .filter(
        ([, { profiles: theirs }]) => theirs === undefined || theirs.some((one) => chosen.includes(one)),
      )
      .map(([name]) => name);
    const { status, stdout, stderr } = render(names, chosen);
    // A variable without a default is a warning there, and an empty text in the container.
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { services } = JSON.parse(stdout) as { services: Record<string, RenderedService> };
    expect(Object.keys(services).sort()).toEqual(expected.sort());
    for (const [name, service] of Object.entries(services)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({ read_only: true, cap_drop: ['ALL'] }),
      ]);
      for (const { host_ip } of service.ports ?? []) expect([name, host_ip]).toEqual([name, '127.0.0.1']);
    }
  });

  it('is about what docs/operations.md puts into .env, with nothing on the command line', ({ skip }) => {
    if (!program) return skip('no docker compose here, or one older than 2.20.2; .ci/compose fetches one');
    const [, lines = ''] = /^```sh\n([^`]*^COMPOSE_FILE=[^`]*)```$/m.exec(fileOf('docs/operations.md')) ?? [];
    const own = join(mkdtempSync(join(inject('folder'), 'compose-')), 'own.env');
    writeFileSync(own, lines);
    const services = run(program, '--env-file', own, 'config', '--services').stdout.trim().split('\n');
    expect(services.sort()).toEqual(
      allServices()
        .map(([name]) => name)
        .sort(),
    );
    // And a command that lost the overlay takes no other database.
    const { stdout } = run(
      program,
      '--env-file',
      own,
      '--file',
      'docker-compose.yml',
      'config',
      '--format',
      'json',
    );
    const lost = JSON.parse(stdout) as {
      services: Record<string, RenderedService>;
      secrets: Record<string, { file: string }>;
    };
    expect(lost.services.app?.environment?.['DATABASE_URL_FILE']).toBe('/run/secrets/database_url');
    expect(lost.secrets['database_url']?.file).toBe(join(root, 'secrets/database-url'));
  });

  it('brings what .env says to who shall have it, secrets as files', ({ skip }) => {
    if (!program) return skip('no docker compose here, or one older than 2.20.2; .ci/compose fetches one');
    const secretNames = optionNames.filter((name) => 'secret' in options[name]);
    const own = join(mkdtempSync(join(inject('folder'), 'compose-')), 'own.env');
    const lines = [...secretNames.map((name) => `${name}_FILE=/etc/own/${name}`), 'GRAFANA_PORT=3333'];
    writeFileSync(own, lines.join('\n'));
    const rendered = render(files[1] ?? [], ['monitoring'], own);
    const { services, secrets: mounted } = JSON.parse(rendered.stdout) as {
      services: Record<string, RenderedService>;
      secrets: Record<string, { file: string }>;
    };
    for (const name of secretNames) {
      const secret = name.toLowerCase();
      expect(services.app?.environment?.[`${name}_FILE`]).toBe(`/run/secrets/${secret}`);
      expect(services.app?.environment?.[name]).toBe('');
      expect(mounted[secret]?.file).toBe(`/etc/own/${name}`);
    }
    expect(services.grafana?.environment?.['GF_SERVER_ROOT_URL']).toBe('http://localhost:3333');
  });
});

interface RenderedService {
  ports?: { host_ip: string }[];
  environment?: Record<string, string>;
}
