import { figure, graph, newDashboard } from './panels.ts';

/** Statements and connections. */
export const database = () =>
  newDashboard('database', 'TimeTracker database', 'Statements by kind, their time, and connections.')
    .withPanel(
      figure({
        title: 'Statements',
        description: 'Per second.',
        lines: [['sum(job_operation:tt_db_query_seconds:rate5m)', 'statements']],
        unit: 'ops',
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: '95th percentile',
        description: 'Of all statements.',
        lines: [['job:tt_db_query_seconds:p95_5m', 'p95']],
        unit: 's',
        limits: [0.05, 0.1],
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: 'Waiting for a connection',
        description: 'More than none for minutes: the pool is too small, or something holds its connections.',
        lines: [['sum(tt_db_pool_connections{job="timetracker",state="waiting"})', 'waiting']],
        limits: [1, 5],
        width: 8,
      }),
    )
    .withPanel(
      graph({
        title: 'Statements by kind',
        description: 'Per second.',
        lines: [['job_operation:tt_db_query_seconds:rate5m', '{{operation}}']],
        unit: 'ops',
      }),
    )
    .withPanel(
      graph({
        title: '95th percentile by kind',
        description: 'Writes wait for the disk, reads do not.',
        lines: [['job_operation:tt_db_query_seconds:p95_5m', '{{operation}}']],
        unit: 's',
      }),
    )
    .withPanel(
      graph({
        title: 'Connections',
        description: 'SQLite has one.',
        lines: [['sum by (state) (tt_db_pool_connections{job="timetracker"})', '{{state}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Time in the database per second',
        description: 'How many statements are being answered at a time, on average.',
        lines: [
          [
            'sum by (operation) (rate(tt_db_query_seconds_sum{job="timetracker"}[$__rate_interval]))',
            '{{operation}}',
          ],
        ],
      }),
    );
