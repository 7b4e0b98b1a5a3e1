import { BigValueGraphMode, LogsSortOrder, VisibilityMode } from '@grafana/grafana-foundation-sdk/common';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as logs from '@grafana/grafana-foundation-sdk/logs';
import * as loki from '@grafana/grafana-foundation-sdk/loki';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** The uids of grafana/provisioning/datasources. */
export const prometheusSource: DataSourceRef = { type: 'prometheus', uid: 'timetracker-prometheus' };
export const lokiSource: DataSourceRef = { type: 'loki', uid: 'timetracker-loki' };

/** A line of a panel: an expression, and what the legend calls it. */
export type Line = readonly [expression: string, legend: string];

interface PanelOptions {
  title: string;
  /** What it tells and when to worry: shown beside the title. */
  description: string;
  lines: readonly Line[];
  unit?: string;
  /** Of 24. */
  width?: number;
  /** Green below the first, then yellow, red from the second; for more-is-better give them falling. */
  limits?: readonly [number, number];
  decimals?: number;
  /** Points of single requests, each a link to its log lines. */
  requests?: boolean;
}

const letters = 'ABCDEFGH';

const query = ([expression, legend]: Line, position: number): prometheus.DataqueryBuilder =>
  new prometheus.DataqueryBuilder()
    .refId(letters[position] ?? 'Z')
    .datasource(prometheusSource)
    .expr(expression)
    .legendFormat(legend);

function thresholds(limits: readonly [number, number] | undefined): ThresholdsConfigBuilder {
  const [first, second] = limits ?? [];
  const steps =
    first === undefined || second === undefined
      ? [{ value: null, color: 'text' }]
      : first <= second
        ? [
            { value: null, color: 'green' },
            { value: first, color: 'yellow' },
            { value: second, color: 'red' },
          ]
        : [
            { value: null, color: 'red' },
            { value: second, color: 'yellow' },
            { value: first, color: 'green' },
          ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** Lines over time. */
export function graph(options: PanelOptions) {
  const { title, description, lines, unit = 'short', width = 12, requests = false } = options;
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .targets(
      lines.map((line, position) =>
        requests ? query(line, position).exemplar(true) : query(line, position),
      ),
    )
    .unit(unit)
    .min(0)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .span(width)
    .height(8);
}

/** One figure, as it is now. */
export function figure(options: PanelOptions) {
  const { title, description, lines, unit = 'short', width = 4, limits, decimals } = options;
  const panel = new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .targets(lines.map((line, position) => query(line, position).instant()))
    .unit(unit)
    .thresholds(thresholds(limits))
    .graphMode(BigValueGraphMode.None)
    .span(width)
    .height(4);
  return decimals === undefined ? panel : panel.decimals(decimals);
}

/** A row for each series, as it is now. */
export function list({ title, description, lines, unit = 'short', width = 12 }: PanelOptions) {
  return new table.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .targets(
      lines.map((line, position) => query(line, position).instant().format(prometheus.PromQueryFormat.Table)),
    )
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true } } })
    .withTransformation({ id: 'sortBy', options: { sort: [{ field: 'Value', desc: true }] } })
    .unit(unit)
    .span(width)
    .height(8);
}

/** Lines of the log. */
export function logLines(title: string, description: string, expression: string) {
  return new logs.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(lokiSource)
    .withTarget(new loki.DataqueryBuilder().refId('A').datasource(lokiSource).expr(expression))
    .showTime(true)
    .wrapLogMessage(false)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .span(24)
    .height(14);
}

/** A count made from the log, over time. */
export function logGraph(title: string, description: string, expression: string, legend: string) {
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(lokiSource)
    .withTarget(
      new loki.DataqueryBuilder().refId('A').datasource(lokiSource).expr(expression).legendFormat(legend),
    )
    .min(0)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .span(12)
    .height(8);
}

/** An empty dashboard of ours: read-only, linked to the others. */
export function newDashboard(uid: string, title: string, description: string): DashboardBuilder {
  const others = new DashboardLinkBuilder('TimeTracker')
    .type(DashboardLinkType.Dashboards)
    .tags(['timetracker'])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(false);
  return new DashboardBuilder(title)
    .uid(`timetracker-${uid}`)
    .description(description)
    .tags(['timetracker'])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .link(others);
}
