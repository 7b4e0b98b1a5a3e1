import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { namesIn, promqlErrors } from './expressions.ts';
import { alerts, fileOf, knownSeries, recordingRules, root } from './rules.ts';

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
  return { status, text: `${stdout}${stderr}` };
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

describe.each([...recordingRules(), ...alerts()].map((rule) => [rule.record ?? rule.alert ?? '', rule.expr]))(
  'the expression of %s',
  (_name, expression) => {
    it('can be read, and asks for metrics and labels that exist', () => {
      expect(promqlErrors(expression)).toEqual([]);
      const known = knownSeries();
      const { metrics, labels } = namesIn(expression);
      expect(metrics.length).toBeGreaterThan(0);
      expect(metrics.filter((metric) => !known.has(metric))).toEqual([]);
      const theirLabels = new Set(metrics.flatMap((metric) => [...(known.get(metric) ?? [])]));
      expect(labels.filter((label) => !theirLabels.has(label))).toEqual([]);
    });
  },
);

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
    const { status, text } = promtool('check', 'config', config);
    expect(text).toContain(`${recordingRules().length} rules found`);
    expect({ status, text }).toMatchObject({ status: 0 });
  });

  it('sees every alert fire and stay silent as it should', { timeout: 300_000 }, ({ skip }) => {
    if (!hasPromtool) skip('promtool is not installed');
    const { status, text } = promtool('test', 'rules', ...testFiles);
    expect(text.match(/SUCCESS/g)).toHaveLength(testFiles.length);
    expect(status).toBe(0);
  });
});
