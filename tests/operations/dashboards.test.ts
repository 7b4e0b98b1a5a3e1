import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles } from '../../grafana/build/dashboards.ts';
import { base } from './compose-file.ts';
import { dashboards, targets } from './dashboards.ts';
import type { Target } from './dashboards.ts';
import { logqlErrors, namesIn, promqlErrors, withoutMacros } from './expressions.ts';
import { alloyPipelines, logLabelsOf, promtailPipeline } from './log-pipelines.ts';
import { fileOf, knownSeries, root } from './rules.ts';
import { logqlOutcome, promqlOutcome } from './series-labels.ts';

interface DataSource {
  name: string;
  uid: string;
  type: string;
  url: string;
  editable: boolean;
  jsonData: {
    exemplarTraceIdDestinations?: { name: string; url: string }[];
    derivedFields?: { matcherType: string; matcherRegex: string; datasourceUid: string; url: string }[];
  };
}
const sources = ['prometheus', 'loki'].flatMap(
  (name) =>
    (parse(fileOf(`grafana/provisioning/datasources/${name}.yml`)) as { datasources: DataSource[] })
      .datasources,
);
const places = targets().map(({ place, target }) => [place, target] as const);
const promql = places.filter(([, { datasource }]) => datasource.type === 'prometheus');
const logql = places.filter(([, { datasource }]) => datasource.type === 'loki');

describe('a dashboard file', () => {
  it.each(dashboardFiles().map(({ path, text }) => [path, text] as const))(
    '%s is what grafana/build says (npm run dashboards)',
    (path, text) => {
      expect(fileOf(path)).toBe(text);
    },
  );

  it('has code behind it', () => {
    const written = readdirSync(join(root, 'grafana/dashboards')).map((name) => `grafana/dashboards/${name}`);
    expect(written.sort()).toEqual(
      dashboardFiles()
        .map(({ path }) => path)
        .sort(),
    );
  });
});

describe.each(dashboards().map((dashboard) => [dashboard.uid, dashboard] as const))(
  '%s',
  (uid, dashboard) => {
    it('is one of ours, and nobody edits it in the browser', () => {
      expect(uid).toMatch(/^timetracker-[a-z]+$/);
      expect(dashboard).toMatchObject({ editable: false, tags: ['timetracker'] });
    });

    it('explains every panel, and asks data sources that are provisioned', () => {
      for (const { title, description, datasource, targets: theirs } of dashboard.panels) {
        expect(title).not.toBe('');
        expect(description).toMatch(/\.$/);
        expect(theirs.length).toBeGreaterThan(0);
        for (const used of [datasource, ...theirs.map((target) => target.datasource)]) {
          expect(sources.map(({ uid: known, type }) => `${type} ${known}`)).toContain(
            `${used.type} ${used.uid}`,
          );
        }
      }
    });

    it('names columns that its tables have, and no label in another way', () => {
      for (const { targets: theirs, transformations = [], ...rest } of dashboard.panels) {
        const columns = [
          'Time',
          'Value',
          ...theirs.flatMap((one) => labelsThatComeOut(one).flatMap((set) => [...set])),
        ];
        for (const { options } of transformations) {
          const { excludeByName = {}, sort = [], ...more } = options;
          expect(more).toEqual({});
          for (const name of [...Object.keys(excludeByName), ...sort.map(({ field }) => field)])
            expect(columns).toContain(name);
        }
        expect(JSON.stringify(rest)).not.toMatch(/__field\.labels|displayName|byName/);
      }
    });

    it('lays its panels out without one on another', () => {
      const taken = new Set<string>();
      for (const { gridPos } of dashboard.panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x} ${y}`)).toBe(false);
            taken.add(`${x} ${y}`);
          }
        }
      }
    });
  },
);

/** By each shipper there is. */
const shipped = [promtailPipeline(), ...alloyPipelines()].map(logLabelsOf);
function labelsThatComeOut({ datasource, expr }: Target): Set<string>[] {
  const expression = withoutMacros(expr);
  if (datasource.type === 'prometheus') return [promqlOutcome(expression, knownSeries()).labels];
  return shipped.map((labels) => logqlOutcome(expression, labels).labels);
}

describe('the expression of', () => {
  it.each(promql)('%s can be read, and asks for metrics and labels that exist', (_place, { expr }) => {
    const expression = withoutMacros(expr);
    expect(promqlErrors(expression)).toEqual([]);
    expect(namesIn(expression).metrics).not.toEqual([]);
    expect(promqlOutcome(expression, knownSeries()).problems).toEqual([]);
  });

  it.each(logql)('%s can be read, and asks for what the pipelines set', (_place, { expr }) => {
    const expression = withoutMacros(expr);
    expect(logqlErrors(expression)).toEqual([]);
    for (const labels of shipped) expect(logqlOutcome(expression, labels).problems).toEqual([]);
  });

  it.each(places)('%s answers with the labels that its legend shows', (_place, target) => {
    const shown = [...(target.legendFormat ?? '').matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)];
    for (const [, label] of shown)
      for (const labels of labelsThatComeOut(target)) expect(labels).toContain(label);
  });

  it('each is refused when it is broken', () => {
    expect(promqlErrors('sum(rate(tt_requests_total[5m]')).not.toEqual([]);
    expect(logqlErrors('{app="timetracker" | event')).not.toEqual([]);
    expect(knownSeries().has('tt_request_total')).toBe(false);
  });

  it.each([
    'sum by (route) (tt_requests_total)',
    'sum without (route) (tt_requests_total)',
    'tt_requests_total{status="500"}',
    'sum(tt_requests_total{operation="select"}) + sum(tt_db_query_seconds_sum)',
    'rate(tt_requests_total{operation="select"}[5m]) + on () group_left () sum(rate(tt_db_query_seconds_sum[5m]))',
    'sum by (endpoint) (sum by (method) (tt_requests_total))',
    'tt_requests_total and on (operation) tt_db_query_seconds_count',
    'tt_requests_total / tt_db_query_seconds_count',
    'histogram_quantile(0.9, sum by (job) (rate(tt_request_latency_seconds_bucket[5m])))',
    'topk by (route) (3, tt_requests_total)',
  ])('%s would be refused for its labels', (expression) => {
    expect(promqlErrors(expression)).toEqual([]);
    expect(promqlOutcome(expression, knownSeries()).problems).not.toEqual([]);
  });

  it.each([
    '{app="timetracker", severity="error"}',
    '{level="error"}',
    '{app="timetracker", event="auth.login_failed"}',
    '{app="timetracker"} | user_id="7"',
    'sum by (severity) (count_over_time({app="timetracker"}[5m]))',
    'sum without (severity) (count_over_time({app="timetracker"}[5m]))',
    'sum by (event) (sum by (level) (count_over_time({app="timetracker"}[5m])))',
  ])('%s would be refused for its labels', (expression) => {
    expect(logqlErrors(expression)).toEqual([]);
    for (const labels of shipped) expect(logqlOutcome(expression, labels).problems).not.toEqual([]);
  });
});

describe('the box of the logs', () => {
  const expression = logql.map(([, { expr }]) => expr).find((expr) => expr.includes('search')) ?? '';

  // What Grafana makes of a text for ${name:doublequote}; without a format it escapes single quotes, as for a regular expression.
  const asked = (text: string): string =>
    expression
      .replace('${search:doublequote}', () => `"${text.replaceAll('"', String.raw`\"`)}"`)
      .replace('$search', () => text.replaceAll("'", String.raw`\\'`));

  it.each(['a `name` of a table', '"event":"project.created"', "can't be read", 'request-1234'])(
    'finds %s',
    (text) => {
      expect(logqlErrors(asked(text))).toEqual([]);
      const [, quoted = ''] = /\|= (["`][^]*["`])$/.exec(asked(text)) ?? [];
      expect(quoted.startsWith('"') ? JSON.parse(quoted) : quoted.slice(1, -1)).toBe(text);
    },
  );
});

describe('the data sources', () => {
  it('are where the containers are, under names that do not change', () => {
    const services = Object.keys(base().services);
    expect(sources.map(({ uid }) => uid)).toEqual(['timetracker-prometheus', 'timetracker-loki']);
    for (const { url, editable } of sources) {
      expect(services).toContain(new URL(url).hostname);
      expect(editable).toBe(false);
    }
  });

  it('lead from a request id to the lines of that request', () => {
    const [prometheus, loki] = sources;
    const [exemplar] = prometheus?.jsonData.exemplarTraceIdDestinations ?? [];
    const address = new URL(
      (exemplar?.url ?? '').replace('$${__value.raw}', 'abc'),
      'http://grafana.example.com',
    );
    expect(exemplar?.name).toBe('request_id');
    expect(dashboards().map(({ uid }) => `/d/${uid}`)).toContain(address.pathname);
    const logs = dashboards().find(({ uid }) => address.pathname.endsWith(uid));
    expect([...address.searchParams]).toEqual([['var-search', 'abc']]);
    expect(logs?.templating.list.map(({ name }) => name)).toContain('search');
    expect(base().services.prometheus?.command).toContain('--enable-feature=exemplar-storage');
    const shown = targets().filter(({ target }) => target.exemplar === true);
    expect(shown.map(({ target }) => namesIn(withoutMacros(target.expr)).metrics)).toEqual([
      ['tt_request_latency_seconds_bucket'],
    ]);
    const [link] = loki?.jsonData.derivedFields ?? [];
    expect(link).toMatchObject({ matcherType: 'label', matcherRegex: 'request_id' });
    expect(logqlErrors((link?.url ?? '').replace('$${__value.raw}', 'abc'))).toEqual([]);
  });
});

describe('the provider', () => {
  it('reads the folder that the container mounts, and takes no edits', () => {
    const { providers } = parse(fileOf('grafana/provisioning/dashboards/timetracker.yml')) as {
      providers: { allowUiUpdates: boolean; options: { path: string } }[];
    };
    expect(providers).toMatchObject([{ allowUiUpdates: false }]);
    const mounts = base().services.grafana?.volumes?.map((volume) => volume.split(':')[1]);
    expect(mounts).toContain(providers[0]?.options.path);
    expect(base().services.grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${providers[0]?.options.path}/overview.json`,
    );
  });
});
