import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { namesIn, promqlErrors } from './expressions.ts';
import { alerts, casesOfOneAlert, fileOf, knownSeries, recordingRules, root } from './rules.ts';
import { promqlOutcome } from './series-labels.ts';

interface TestFile {
  tests: { name: string; alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[];
}

const testFiles = readdirSync(join(root, 'prometheus/tests')).map((name) => `prometheus/tests/${name}`);
const cases = testFiles
  .flatMap((path) => (parse(fileOf(path)) as TestFile).tests)
  .flatMap(({ alert_rule_test }) => alert_rule_test ?? []);
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;
const promtool = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: root, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

describe.each(alerts().map((alert) => [alert.alert ?? '', alert] as const))('%s', (name, alert) => {
  it('says how bad it is, what happened and where to read on', () => {
    expect(name).toMatch(/^TimeTracker[A-Z][A-Za-z]+$/);
    expect(['page', 'ticket']).toContain(alert.labels?.severity);
    expect(alert.annotations?.summary).toMatch(/./);
    expect(alert.annotations?.description).toMatch(/\.$/);
    expect(alert.annotations?.runbook_url).toBe(`{{ $externalLabels.runbooks }}#${name.toLowerCase()}`);
    expect(fileOf('docs/operations.md')).toMatch(new RegExp(`^### ${name}$`, 'm'));
  });

  it('has a case in which it fires and one in which it is silent', () => {
    const own = cases.filter(({ alertname }) => alertname === name);
    expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });
});

describe('the runbooks', () => {
  it('are where the configuration says, which an operator makes an address', () => {
    const { global, alerting } = parse(fileOf('prometheus/prometheus.yml')) as {
      global: { external_labels: Record<string, string> };
      alerting: { alert_relabel_configs: unknown[] };
    };
    expect(fileOf(global.external_labels['runbooks'] ?? '')).toContain('### TimeTrackerDown');
    expect(alerting.alert_relabel_configs).toEqual([{ action: 'labeldrop', regex: 'runbooks' }]);
  });

  it('are about alerts that exist', () => {
    const headings = [...fileOf('docs/operations.md').matchAll(/^### (TimeTracker\w+)$/gm)].map(
      (match) => match[1],
    );
    expect(headings.sort()).toEqual(
      alerts()
        .map(({ alert }) => alert)
        .sort(),
    );
  });
});

describe.each(
  [...recordingRules(), ...alerts()].map((rule) => [rule.record ?? rule.alert ?? '', rule] as const),
)('the expression of %s', (name, { expr, record, annotations = {} }) => {
  it('can be read, and asks for metrics and labels that exist', () => {
    expect(promqlErrors(expr)).toEqual([]);
    expect(namesIn(expr).metrics).not.toEqual([]);
    const { labels, problems } = promqlOutcome(expr, knownSeries());
    expect(problems).toEqual([]);
    // A recorded rule is named after the labels it keeps, and an alert says labels that it has.
    if (record !== undefined) expect(labels).toEqual(knownSeries().get(name));
    for (const text of Object.values(annotations))
      for (const [, label] of text.matchAll(/\$labels\.(\w+)/g)) expect(labels).toContain(label);
  });
});

describe('promtool', () => {
  it('accepts the configuration', ({ skip }) => {
    if (!hasPromtool) skip('promtool is not installed');
    const folder = mkdtempSync(join(inject('folder'), 'promtool-'));
    const token = join(folder, 'token');
    writeFileSync(token, '');
    const shipped = fileOf('prometheus/prometheus.yml');
    expect(shipped).toContain('/run/secrets/metrics_token');
    const config = join(folder, 'prometheus.yml');
    writeFileSync(
      config,
      shipped
        .replace('/run/secrets/metrics_token', token)
        .replace('/etc/prometheus/rules', join(root, 'prometheus/rules')),
    );
    const { status, said } = promtool('check', 'config', config);
    expect(said).toContain(`${recordingRules().length} rules found`);
    expect({ status, said }).toMatchObject({ status: 0 });
  });

  it('is asked about every case: about those of one alert alone, by alert-mutations.test.ts', () => {
    const names = alerts().map(({ alert = '' }) => alert);
    for (const path of casesOfOneAlert) {
      const { tests } = parse(fileOf(path)) as TestFile;
      expect(tests.filter(({ name }) => !names.includes(name.split(' ')[0] ?? ''))).toEqual([]);
    }
  });

  it.concurrent.for(testFiles.filter((path) => !casesOfOneAlert.includes(path)))(
    'sees every alert fire and stay silent as %s says',
    { timeout: 300_000 },
    async (path, { skip, expect }) => {
      if (!hasPromtool) skip('promtool is not installed');
      const child = spawn('promtool', ['test', 'rules', path], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = (await once(child, 'exit')) as [number];
      expect((await said).join('')).toMatch(/^Unit Testing: .*\n {2}SUCCESS\n\n$/);
      expect(code).toBe(0);
    },
  );
});
