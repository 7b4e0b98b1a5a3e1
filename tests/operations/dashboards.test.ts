import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles } from '../../grafana/build/dashboards.ts';
import { base } from './compose-file.ts';
import { dashboards, targets } from './dashboards.ts';
import { logqlErrors, namesIn, promqlErrors, withoutMacros } from './expressions.ts';
import { fileOf, knownSeries, root } from './rules.ts';

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

describe('the expression of', () => {
  it.each(promql)('%s can be read, and asks for metrics and labels that exist', (_place, { expr }) => {
    const expression = withoutMacros(expr);
    expect(promqlErrors(expression)).toEqual([]);
    const known = knownSeries();
    const { metrics, labels } = namesIn(expression);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((metric) => !known.has(metric))).toEqual([]);
    const theirs = new Set(metrics.flatMap((metric) => [...(known.get(metric) ?? [])]));
    expect(labels.filter((label) => !theirs.has(label))).toEqual([]);
  });

  it.each(logql)('%s can be read, and asks for what the pipeline sets', (_place, { expr }) => {
    const expression = withoutMacros(expr);
    expect(logqlErrors(expression)).toEqual([]);
    const selector = /\{([^}]*)\}/.exec(expression)?.[1] ?? '';
    const labels = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1]);
    expect(labels).toContain('app');
    for (const label of labels) expect(['app', 'env', 'level']).toContain(label);
    for (const [, field] of expression.matchAll(/\|\s*(\w+)\s*(?:=|!=)/g)) {
      expect(['event', 'request_id']).toContain(field);
    }
  });

  it('each is refused when it is broken', () => {
    expect(promqlErrors('sum(rate(tt_requests_total[5m]')).not.toEqual([]);
    expect(logqlErrors('{app="timetracker" | event')).not.toEqual([]);
    expect(knownSeries().has('tt_request_total')).toBe(false);
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
